# shellcheck shell=bash
# The command bench: the load generator, by default against an instance of its own. Sourced by
# ./orderflow.

command_bench() {
  local chosen='' running=no arguments=()
  while [ $# -gt 0 ]; do
    case $1 in
      --broker) [ $# -ge 2 ] || usage_error "--broker needs embedded or kafka"; chosen=$2; shift ;;
      --broker=*) chosen=${1#*=} ;;
      --url | --url=* | --help | -h) running=yes; arguments+=("$1") ;;
      *) arguments+=("$1") ;;
    esac
    shift
  done
  case $chosen in
    '' | embedded | kafka) ;;
    *) usage_error "--broker is embedded or kafka, not '$chosen'" ;;
  esac
  if [ $running = yes ]; then
    [ -z "$chosen" ] || usage_error "--broker is for an instance of bench's own, --url for another"
    command_program bench "${arguments[@]}"
  fi
  prepare_state_dir "$state_dir"
  ensure_packages build
  build_program
  # Before minutes go by.
  "$binary" bench --check "${arguments[@]}"
  start_bench_instance "$chosen"
  export_settings
  local code=0
  "$binary" bench "${arguments[@]}" || code=$?
  exit "$code"
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
  free_ports 8
  # Kafka's controller takes the port after the broker's, the roles' metrics those after their base.
  ORDERFLOW_HTTP_PORT=$REPLY
  ORDERFLOW_PG_PORT=$((REPLY + 1))
  ORDERFLOW_BROKER_PORT=$((REPLY + 2))
  ORDERFLOW_METRICS_PORT_BASE=$((REPLY + 3))
  # A line an order in the log would be measured too. The carrier delivers within the run, so that
  # the figures hold the whole of an order's life.
  export LOG_LEVEL=${LOG_LEVEL:-warning} ORDERFLOW_CARRIER_TIME=${ORDERFLOW_CARRIER_TIME:-2s}
  start_instance "$1" attached
}
