# shellcheck shell=bash
# The commands fuzz and mutate: proof that takes longer than a test may. Sourced by ./orderflow.

readonly fuzz_input_bytes_max=4096

# --- fuzz ---------------------------------------------------------------------------------------

command_fuzz() {
  local seconds=60 wanted='' targets found=() i at_once=$(($(nproc) + 1))
  while [ $# -gt 0 ]; do
    case $1 in
      --seconds) seconds=${2:-}; shift; [ $# -eq 0 ] || shift ;;
      --seconds=*) seconds=${1#*=}; shift ;;
      -*) usage_error "fuzz does not know '$1'" ;;
      *) [ -z "$wanted" ] || usage_error "fuzz takes one target"; wanted=$1; shift ;;
    esac
  done
  [[ $seconds =~ ^[1-9][0-9]{0,6}$ ]] || usage_error "--seconds needs a whole number"
  [ -z "$wanted" ] || [ -f "$repo/tests/fuzz/${wanted}_fuzz.cpp" ] ||
    usage_error "there is no fuzz target '$wanted'; there are: $(fuzz_targets | tr '\n' ' ')"
  prepare_state_dir "$state_dir"
  ensure_packages build sanitizers
  build_sanitized address fuzz_all
  "$build_dir/asan/tests/fuzz/fuzz_seeds" "$state_dir/fuzz/seeds" || die "the seeds could not be made"
  mapfile -t targets < <(if [ -n "$wanted" ]; then echo "$wanted"; else fuzz_targets; fi)
  # One more at once than there are cores: so the five take two rounds on two.
  for ((i = 0; i < ${#targets[@]}; i += at_once)); do
    fuzz_together "$seconds" "${targets[@]:i:at_once}"
  done
  [ ${#found[@]} -eq 0 ] || die "fuzzing found something in: ${found[*]}"
}

fuzz_together() { # SECONDS TARGET…
  local seconds=$1 target pids=() ticker
  shift
  phase fuzz
  ticker /dev/null "$seconds s: $*" &
  ticker=$!
  helpers+=("$ticker")
  for target in "$@"; do
    fuzz_one "$target" "$seconds" >"$log_dir/fuzz-$target.log" 2>&1 </dev/null &
    pids+=($!)
    helpers+=($!)
  done
  local failed=()
  for target in "$@"; do
    wait "${pids[0]}" || failed+=("$target")
    pids=("${pids[@]:1}")
  done
  end_helper "$ticker"
  phase_done "$seconds s: $*"
  for target in "$@"; do printf '  %-20s %s\n' "$target" "$(fuzz_summary "$log_dir/fuzz-$target.log")"; done
  for target in "${failed[@]}"; do tell_finding "$target"; done
  found+=("${failed[@]}")
}

fuzz_targets() {
  local file
  for file in "$repo"/tests/fuzz/*_fuzz.cpp; do
    file=${file##*/}
    echo "${file%_fuzz.cpp}"
  done
}

# What a run finds interesting stays in the state folder, so that the next one starts there.
fuzz_one() { # TARGET SECONDS
  local target=$1 seconds=$2 dir=$state_dir/fuzz/$1 options=() seeds=() folder
  mkdir -p "$dir/corpus" "$dir/findings"
  for folder in "$repo/tests/fuzz/corpus/$target" "$state_dir/fuzz/seeds/$target"; do
    [ ! -d "$folder" ] || seeds+=("$folder")
  done
  [ ! -f "$repo/tests/fuzz/$target.dict" ] || options+=("-dict=$repo/tests/fuzz/$target.dict")
  exec "$build_dir/asan/tests/fuzz/${target}_fuzz" "-max_total_time=$seconds" \
    "-max_len=$fuzz_input_bytes_max" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    "-artifact_prefix=$dir/findings/" "${options[@]}" "$dir/corpus" "${seeds[@]}"
}

tell_finding() { # TARGET
  local target=$1 log=$log_dir/fuzz-$1.log input
  printf -- '--- from %s\n' "$log" >&2
  grep -aE 'finding:|ERROR:|runtime error:|SUMMARY:|^    #[0-9] ' "$log" | head -n 25 >&2
  printf -- '---\n' >&2
  input=$(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1)
  printf "%s: a finding; again with: '%s' '%s'\n" "$target" \
    "$build_dir/asan/tests/fuzz/${target}_fuzz" "${input:-$state_dir/fuzz/$target/corpus}" >&2
}

fuzz_summary() { # LOG: "123456 executions, 789 edges covered"
  local executions edges
  executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$1")
  edges=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$1" | tail -n 1)
  echo "$executions executions, $edges edges covered"
}

# --- mutate -------------------------------------------------------------------------------------

# The servers are there for patches that only tests of a whole system notice.
command_mutate() {
  local argument code=0
  for argument in "$@"; do
    [ "$argument" != --unit ] || exec "$repo/tests/mutation/run" "$@"
  done
  prepare_state_dir "$state_dir"
  test_dir=$state_dir/test
  exec 9>"$state_dir/test.lock"
  flock -n 9 || die "'./orderflow test' runs in $state_dir; wait for it"
  ensure_packages build postgres kafka mutate
  build_program
  fetch_kafka
  start_test_servers
  "$repo/tests/mutation/run" "$@" || code=$?
  stop_test_servers
  return "$code"
}
