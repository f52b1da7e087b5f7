# shellcheck shell=bash
# The commands test and lint. Sourced by ./orderflow.

# --- test ---------------------------------------------------------------------------------------

# What runs under the sanitizers is neither built nor run a second time without them: that would cost
# minutes and prove nothing. The integration tests are built there too, but look at the program as people
# build it; the rest is too slow under sanitizers.
readonly sanitized_labels='unit|contract|saga' plain_labels='simulation|e2e|chaos'
readonly sanitized_targets='orderflow orderflow-supervisor unit_tests contract_tests saga_tests integration_tests'
readonly plain_targets='orderflow orderflow-supervisor simulation_tests e2e_tests orderflow-simulate orderflow-chaos'

command_test() {
  local label='' sanitizer='' instrumented='' failed=''
  while [ $# -gt 0 ]; do
    case $1 in
      --sanitize | --sanitize=address) sanitizer=address ;;
      --sanitize=thread) sanitizer=thread ;;
      -*) usage_error "test does not know '$1'" ;;
      *) [ -z "$label" ] || usage_error "test takes one label"; label=$1 ;;
    esac
    shift
  done
  [ -z "${CI:-}" ] || [ -n "$label" ] || sanitizer=${sanitizer:-address}
  case $sanitizer in address) instrumented=asan ;; thread) instrumented=tsan ;; esac
  [ -z "$instrumented" ] || [[ -z $label || $label =~ ^($sanitized_labels|integration)$ ]] ||
    usage_error "under sanitizers run: ${sanitized_labels//|/, }, integration"
  prepare_state_dir "$state_dir"
  test_dir=$state_dir/test
  exec 9>"$state_dir/test.lock"
  flock -n 9 || die "another './orderflow test' runs in $state_dir; wait for it"
  local groups=(build postgres kafka)
  [ -z "$instrumented" ] || groups+=(sanitizers)
  ensure_packages "${groups[@]}"
  build_tests
  fetch_kafka
  start_test_servers
  run_tests
  stop_test_servers
  # The runner's closing lines come last, those of a failed run at the very end.
  local run
  for run in asan tsan integration release; do [ "$run" = "$failed" ] || closing_lines "$run"; done
  [ -z "$failed" ] || closing_lines "$failed"
  [ -z "$failed" ]
}

build_tests() {
  if [ -z "$instrumented" ]; then
    build release build all CMAKE_BUILD_TYPE=Release ORDERFLOW_TESTS=ON
    return
  fi
  local targets=$plain_targets
  # The tests' servers have a supervisor too.
  [ -z "$label" ] || targets='orderflow orderflow-supervisor'
  build release build "$targets" CMAKE_BUILD_TYPE=Release ORDERFLOW_TESTS=ON
  build_sanitized "$sanitizer" "$sanitized_targets"
}

run_tests() {
  rm -f -- "$state_dir/log"/test-*.log
  if [ -z "$instrumented" ]; then
    local only=()
    [ -z "$label" ] || only=(-L "^$label\$")
    run_ctest release release release "${only[@]}" || failed=release
    return 0
  fi
  run_instrumented "^(${label:-$sanitized_labels})\$" || failed=$instrumented
  [ -z "$label" ] || return 0
  run_ctest integration "$instrumented" release -L '^integration$' || failed=integration
  run_ctest release release release -L "^($plain_labels)\$" || failed=release
}

# ThreadSanitizer writes what it finds in a process, ours or one that a test started, to files of
# their own: a race fails the run even where nothing else went wrong.
run_instrumented() { # LABELS
  local reports=$log_dir/race code=0
  rm -f -- "$reports".*
  TSAN_OPTIONS="suppressions=$repo/tests/tsan.supp log_path=$reports second_deadlock_stack=1" \
    run_ctest "$instrumented" "$instrumented" "$instrumented" -L "$1" || code=1
  compgen -G "$reports.*" >/dev/null || return "$code"
  grep -ah '^SUMMARY' "$reports".* | sort | uniq -c >&2
  echo "orderflow: ThreadSanitizer found the above; see $reports.*" >&2
  return 1
}

start_test_servers() {
  ! is_running "$test_dir" || die "the test servers of another run still work;" \
    "stop them with: kill $(cat "$test_dir/supervisor.lock")"
  remove_test_data
  prepare_state_dir "$test_dir"
  log_dir=$test_dir/log
  # Of as many installations as ctest runs at a time, some with several processes of a role.
  local database_sessions=600
  local test_pg_port test_broker_port
  free_ports 3
  # Kafka's controller takes the one after the broker's.
  test_pg_port=$REPLY
  test_broker_port=$((REPLY + 1))
  prepare_postgres "$test_dir" "$test_pg_port"
  write_kafka_settings "$test_dir" "$test_broker_port"
  {
    postgres_entry "$test_pg_port"
    kafka_entry "$test_dir" "$test_broker_port"
  } >"$test_dir/table"
  phase servers
  supervised_dir=$test_dir outside_database='' outside_broker=''
  start_supervisor "$test_dir" attached
  wait_until_up "$test_dir"
  phase_done "PostgreSQL and Kafka for the tests"
  # The tests see these servers and nothing of the person's own instance.
  unset DATABASE_URL KAFKA_BOOTSTRAP_SERVERS ORDERFLOW_CONFIG ORDERFLOW_STATE_DIR ORDERFLOW_ENV_FILE \
    ORDERFLOW_HTTP_PORT ORDERFLOW_BROKER_PORT ORDERFLOW_PG_PORT ORDERFLOW_METRICS_PORT_BASE
  ORDERFLOW_TEST_DATABASE_URL=$(private_database_url "$test_dir" "$test_pg_port")
  export ORDERFLOW_TEST_DATABASE_URL ORDERFLOW_TEST_KAFKA=127.0.0.1:$test_broker_port
  export ORDERFLOW_TEST_KAFKA_LIBS=$kafka_libs ORDERFLOW_TEST_PG_BIN=$pg_bin
  export ORDERFLOW_TEST_REPO=$repo
}

# Everything but the closing lines is shown as it comes.
run_ctest() { # RUN BUILD_OF_THE_TESTS BUILD_OF_THE_PROGRAM CTEST_ARGUMENT...
  local log=$state_dir/log/test-$1.log code=0
  printf '\n'
  ORDERFLOW_TEST_BINARY=$build_dir/$3/orderflow UBSAN_OPTIONS=print_stacktrace=1 \
    LSAN_OPTIONS="suppressions=$repo/tests/lsan.supp:print_suppressions=0" \
    ctest --test-dir "$build_dir/$2" --parallel $(($(nproc) * 2)) --output-on-failure \
      --no-tests=error "${@:4}" 2>&1 |
    tee "$log" | sed -u '/% tests passed/,$d' || code=1
  if [ $code -ne 0 ] && grep -q 'No tests were found' "$log"; then
    printf 'no test has the label; there are: %s\n' \
      "$(ctest --test-dir "$build_dir/$2" --print-labels | sed -n 's/^  //p' | tr '\n' ' ')" >&2
  fi
  return $code
}

closing_lines() { # RUN: nothing when there was none
  local log=$state_dir/log/test-$1.log
  [ -f "$log" ] || return 0
  case $1 in
    asan) printf '\nunder AddressSanitizer and UBSan:\n' ;;
    tsan) printf '\nunder ThreadSanitizer:\n' ;;
    integration) printf '\non real Kafka:\n' ;;
  esac
  sed -n '/% tests passed/,$p' "$log"
}

stop_test_servers() {
  phase stop
  stop_supervisor "$test_dir" "$supervisor_pid"
  supervisor_pid=
  remove_test_data
  phase_done "the test servers"
}

# The logs stay for whoever asks why a test failed.
remove_test_data() {
  remove_postgres "$test_dir"
  rm -rf -- "$test_dir/kafka"
}

# --- lint ---------------------------------------------------------------------------------------

command_lint() {
  local recent=all
  case "${1:-}" in
    '') ;;
    --format) recent=0 ;;
    --recent)
      recent=${2:-}
      [[ $recent =~ ^[0-9]+$ ]] || usage_error "--recent needs a number of files"
      ;;
    *) usage_error "lint does not know '$1'" ;;
  esac
  prepare_state_dir "$state_dir"
  ensure_packages build lint
  local failed=no
  lint_layout || failed=yes
  lint_scripts || failed=yes
  [ "$recent" = 0 ] || lint_code "$recent" || failed=yes
  [ $failed = no ]
}

cpp_files() { git -C "$repo" ls-files -z -- '*.cpp' '*.hpp'; }

lint_layout() {
  local log=$log_dir/lint-format.log
  phase layout
  # In the clone's folder, where clang-format finds its configuration.
  if (cd "$repo" && cpp_files | xargs -0 -r clang-format-19 --dry-run -Werror) >"$log" 2>&1; then
    phase_done "clang-format is content"
  else
    clear_line
    grep -a 'error:' "$log" | sed 's/: error:.*//' | cut -d: -f1 | sort | uniq -c >&2
    echo "orderflow: the files above (with a count) are laid out differently;" \
      "mend them with: clang-format-19 -i FILE" >&2
    return 1
  fi
}

lint_scripts() {
  local log=$log_dir/lint-scripts.log
  phase scripts
  if (cd "$repo" && git ls-files -z -- orderflow 'compose/local/*.sh' compose/local/kafka-run .ci/run \
    tests/mutation/run |
    xargs -0 shellcheck -x) >"$log" 2>&1; then
    phase_done "shellcheck is content"
  else
    die_with_log "$log" "shellcheck found the above"
  fi
}

# A folder that is configured but never built: clang cannot read GCC's precompiled headers.
lint_code() { # all|COUNT: every source, or those that were changed last
  local log=$log_dir/lint-tidy.log dir=$build_dir/lint files
  # Generated sources lie in the build folder and are nobody's to mend.
  files=("^$repo/(?!\.orderflow/)")
  [ "$1" = all ] || mapfile -t files < <(recent_sources "$1")
  phase code
  mkdir -p "$dir"
  configure "$dir" "$log" \
    CMAKE_BUILD_TYPE=Release ORDERFLOW_TESTS=ON CMAKE_DISABLE_PRECOMPILE_HEADERS=ON \
    CMAKE_UNITY_BUILD=OFF ||
    die_with_log "$log" "configuring for clang-tidy failed; mend what the lines above name"
  if run_logged "$log" clang-tidy \
    run-clang-tidy-19 -quiet -j "$(nproc)" -p "$dir" "${files[@]}"; then
    phase_done "clang-tidy is content"
  else
    clear_line
    grep -aE '(error|warning):' "$log" | sort -u | head -n 60 >&2
    printf 'orderflow: clang-tidy found the above; the whole of it: %s\n' "$log" >&2
    return 1
  fi
}

recent_sources() { # COUNT: as patterns for run-clang-tidy
  local file
  git -C "$repo" log --format= --name-only -- '*.cpp' | awk '!seen[$0]++' | while read -r file; do
    [ ! -f "$repo/$file" ] || printf '^%s$\n' "$repo/$file"
  done | head -n "$1"
}
