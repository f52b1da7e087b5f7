# shellcheck shell=bash
# The command bench profile: flame graphs of every process under load, sampled by perf. Sourced by
# ./orderflow.

bench_profile() {
  local clients=1024 warm_up=30 broker_choice=kafka dir=$state_dir/profile load
  while [ $# -gt 0 ]; do
    [ $# -ge 2 ] || usage_error "bench profile knows --clients, --warm-up, --broker, each with a value"
    case $1 in
      --clients) clients=$2 ;;
      --warm-up) warm_up=$2 ;;
      --broker) broker_choice=$2 ;;
      *) usage_error "bench profile does not know '$1'" ;;
    esac
    shift 2
  done
  [[ $clients =~ ^[1-9][0-9]{0,4}$ ]] || usage_error "--clients is a number of orders in flight"
  [[ $warm_up =~ ^[0-9]{1,4}$ ]] || usage_error "--warm-up is a number of seconds"
  [[ $broker_choice =~ ^(kafka|embedded)$ ]] || usage_error "--broker is embedded or kafka"
  prepare_state_dir "$state_dir"
  mkdir -p "$dir"
  ensure_packages build profile
  build_program
  start_bench_instance "$broker_choice"
  phase profile
  # Far longer than it takes; it ends with this script.
  "$binary" bench sagas --clients "$clients" --levels 1 --seconds 3600 --no-audit >"$dir/load.log" 2>&1 &
  load=$!
  pause "$warm_up"
  kill -0 "$load" 2>/dev/null || die_with_log "$dir/load.log" "the load ended too early"
  run_logged "$dir/perf.log" "sampling" perf record -a -F 499 --call-graph dwarf,8192 \
    -o "$dir/perf.data" -- sleep 5 ||
    die_with_log "$dir/perf.log" "perf cannot sample; as root run: sysctl kernel.perf_event_paranoid=-1"
  names_of_processes "$load" >"$dir/names"
  kill "$load"
  wait "$load" || true
  phase_done "5 s with $clients orders in flight"
  printf '\n'
  perf script --no-inline -F comm,pid,tid,time,ip,sym,dso -i "$dir/perf.data" 2>>"$dir/perf.log" |
    /usr/bin/python3 "$repo/bench/flamegraph.py" --names "$dir/names" --folder "$dir"
  rm -f -- "$dir"/perf.data*
}

# Of the instance's processes, those they have started, and of the load.
names_of_processes() { # LOAD: lines "PID NAME"
  echo "$1 load"
  "$supervisor" processes --state-dir "$state_dir"
}
