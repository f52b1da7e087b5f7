# shellcheck shell=bash
# The commands fuzz and mutate: proof that takes longer than a test may. Sourced by ./orderflow.

readonly fuzz_input_bytes_max=4096

# --- fuzz ---------------------------------------------------------------------------------------

command_fuzz() {
  local seconds=60 wanted='' target found=()
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
  ensure_packages build fuzz
  build fuzz build fuzz_all CMAKE_CXX_COMPILER=clang++-19 ORDERFLOW_FUZZ=ON ORDERFLOW_TESTS=OFF \
    CMAKE_BUILD_TYPE=RelWithDebInfo "$sanitizer_flags"
  "$build_dir/fuzz/tests/fuzz/fuzz_seeds" "$state_dir/fuzz/seeds" || die "the seeds could not be made"
  while read -r target; do
    [ -z "$wanted" ] || [ "$wanted" = "$target" ] || continue
    fuzz_one "$target" "$seconds" || found+=("$target")
  done < <(fuzz_targets)
  [ ${#found[@]} -eq 0 ] || die "fuzzing found something in: ${found[*]}"
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
  local target=$1 seconds=$2 dir=$state_dir/fuzz/$1 log=$log_dir/fuzz-$1.log options=()
  local binary=$build_dir/fuzz/tests/fuzz/${target}_fuzz seeds=()
  mkdir -p "$dir/corpus" "$dir/findings"
  local folder
  for folder in "$repo/tests/fuzz/corpus/$target" "$state_dir/fuzz/seeds/$target"; do
    [ ! -d "$folder" ] || seeds+=("$folder")
  done
  [ ! -f "$repo/tests/fuzz/$target.dict" ] || options+=("-dict=$repo/tests/fuzz/$target.dict")
  phase "$target"
  if run_logged "$log" "fuzzing for $seconds s" "$binary" "-max_total_time=$seconds" \
    "-max_len=$fuzz_input_bytes_max" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    "-artifact_prefix=$dir/findings/" "${options[@]}" "$dir/corpus" "${seeds[@]}"; then
    phase_done "$(fuzz_summary "$log")"
    return
  fi
  clear_line
  printf -- '--- the end of %s\n' "$log" >&2
  grep -aE 'finding:|ERROR:|runtime error:|SUMMARY:|^    #[0-9] ' "$log" | head -n 25 >&2
  printf -- '---\n' >&2
  local input
  input=$(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1)
  printf "%s: a finding; again with: '%s' '%s'\n" "$target" "$binary" "${input:-$dir/corpus}" >&2
  return 1
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
