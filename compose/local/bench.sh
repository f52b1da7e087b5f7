# shellcheck shell=bash
# The command bench: the load generator, by default against an instance of its own. Sourced by
# ./orderflow.

command_bench() {
  local chosen='' running=no scaling=no tuned=no arguments=()
  if [ "${1:-}" = plot ]; then
    ensure_packages plot
    # Debian's own, which has the package; another one may come first on the path.
    exec /usr/bin/python3 "$repo/bench/plot.py" "${@:2}"
  fi
  if [ "${1:-}" = peers ]; then
    bench_peers "${@:2}"
    return
  fi
  if [ "${1:-}" = profile ]; then
    bench_profile "${@:2}"
    return
  fi
  if [ "${1:-}" = instructions ]; then
    bench_instructions "${@:2}"
    return
  fi
  while [ $# -gt 0 ]; do
    case $1 in
      --broker) [ $# -ge 2 ] || usage_error "--broker needs embedded or kafka"; chosen=$2; shift ;;
      --broker=*) chosen=${1#*=} ;;
      --url | --url=* | --help | -h) running=yes; arguments+=("$1") ;;
      --tuned) tuned=yes; tune_for_bench ;;
      scaling) scaling=yes ;;
      failures) failures_of_participants; arguments+=("$1") ;;
      *) arguments+=("$1") ;;
    esac
    shift
  done
  case $chosen in
    '' | embedded | kafka) ;;
    *) usage_error "--broker is embedded or kafka, not '$chosen'" ;;
  esac
  if [ $running = yes ]; then
    [ "$chosen$scaling$tuned" = nono ] ||
      usage_error "--broker, --tuned and scaling are for an instance of bench's own, --url for another"
    command_program bench "${arguments[@]}"
  fi
  prepare_state_dir "$state_dir"
  ensure_packages build
  build_program
  # Before minutes go by.
  "$binary" bench --check "${arguments[@]}"
  ORDERFLOW_BENCH_COMMIT=$(git -C "$repo" describe --always --dirty 2>/dev/null || echo unknown)
  export ORDERFLOW_BENCH_COMMIT
  if [ $scaling = yes ]; then
    bench_scaling "$chosen" "${arguments[@]}"
    return
  fi
  start_bench_instance "$chosen"
  local code=0
  "$binary" bench "${arguments[@]}" || code=$?
  exit "$code"
}

# The best that is known for two cores. Without it bench measures what a user gets who sets nothing.
tune_for_bench() {
  export ORDERFLOW_PARTITIONS=${ORDERFLOW_PARTITIONS:-1}
  # A line an order in the log is work too.
  export LOG_LEVEL=${LOG_LEVEL:-warning}
}

# A fifth of the payments declined, one in twenty commands never answered.
failures_of_participants() {
  export PAYMENT_SUCCESS_RATE=${PAYMENT_SUCCESS_RATE:-0.8}
  export ORDERFLOW_PAYMENT_SILENCE_RATE=${ORDERFLOW_PAYMENT_SILENCE_RATE:-0.05}
  export ORDERFLOW_CARRIER_SILENCE_RATE=${ORDERFLOW_CARRIER_SILENCE_RATE:-0.05}
}

# The same load on instances of different size, each new.
bench_scaling() { # BROKER BENCH_ARGUMENT…
  local broker_choice=$1 base=$state_dir partitions processes json table='' rate code=0
  shift
  for partitions in 4 8 32; do
    for processes in 1 2 4; do
      state_dir=$base
      json=$base/log/bench-scaling-$partitions-$processes.json
      ORDERFLOW_PARTITIONS=$partitions ORDERFLOW_PROCESSES=$processes \
        bench_once "$broker_choice" --json "$json" "$@" || code=1
      read -r _ rate _ < <("$binary" bench figures "$json" 2>/dev/null) || rate=-
      table+=$(printf '%10s %22s %10s' "$partitions" "$processes" "$rate")$'\n'
    done
  done
  printf '\n%10s %22s %10s\n%s' partitions 'processes of each role' sagas/s "$table"
  return $code
}

# In a shell of its own, whose end stops the instance.
bench_once() { # BROKER BENCH_ARGUMENT…
  local broker_choice=$1
  shift
  (
    trap finish EXIT
    start_bench_instance "$broker_choice"
    "$binary" bench "$@"
  )
}

# Empty at the start, so that runs compare; stopped by whatever ends this script. Its data stays for
# whoever wants to look at it, until the next run.
start_bench_instance() { # BROKER
  state_dir=$state_dir/bench
  log_dir=$state_dir/log
  supervised_dir=$state_dir
  ! is_running || die "another benchmark works in $state_dir; wait for it"
  command_wipe --yes >/dev/null
  prepare_state_dir "$state_dir"
  # Kafka's controller takes the port after the broker's, the roles' metrics those after their base.
  local ports names
  load_settings quiet
  read_metrics_ports 1 "$processes"
  free_ports $((3 + ports[-1]))
  export ORDERFLOW_HTTP_PORT=$REPLY ORDERFLOW_PG_PORT=$((REPLY + 1))
  export ORDERFLOW_BROKER_PORT=$((REPLY + 2)) ORDERFLOW_METRICS_PORT_BASE=$((REPLY + 3))
  # The simulated carrier delivers within the run, so that the figures hold the whole of an order's
  # life. Everything else is as a user has it who sets nothing.
  export ORDERFLOW_CARRIER_TIME=${ORDERFLOW_CARRIER_TIME:-2s}
  start_instance "$1" attached
  # Some scenarios kill processes and write into tables: only ever here.
  export ORDERFLOW_BENCH_OWN_INSTANCE=yes
  export_settings
}
