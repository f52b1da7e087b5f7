# shellcheck shell=bash
# The command bench peers: the same saga on Orderflow, on Restate and on PostgreSQL alone, one after the
# other on this machine; see bench/peers/README.md. Sourced by ./orderflow.

readonly peer_names=(orderflow restate naive)
# Packages belong to the clone, as builds and Kafka's jars do.
readonly restate_home=$repo/.orderflow/peers/npm

bench_peers() {
  local seconds=20 warm_up=5 levels=256,64,16,1 names=("${peer_names[@]}") name code=0
  while [ $# -gt 0 ]; do
    [ $# -ge 2 ] || usage_error "bench peers knows --seconds, --warm-up, --levels, --only, each with a value"
    case $1 in
      --seconds) seconds=$2 ;;
      --warm-up) warm_up=$2 ;;
      --levels) levels=$2 ;;
      --only) names=("$2") ;;
      *) usage_error "bench peers does not know '$1'" ;;
    esac
    shift 2
  done
  [[ " ${peer_names[*]} " == *" ${names[0]} "* ]] || usage_error "--only is one of: ${peer_names[*]}"
  [[ $seconds =~ ^[1-9][0-9]{0,3}$ ]] || usage_error "--seconds is a number from 1 to 9999"
  [[ $warm_up =~ ^[0-9]{1,4}$ ]] || usage_error "--warm-up is a number of seconds"
  [[ $levels =~ ^[1-9][0-9]{0,3}(,[1-9][0-9]{0,3})*$ ]] ||
    usage_error "--levels are numbers of sagas in flight, like 256,64,16,1"
  # Everyone gets servers of their own.
  unset DATABASE_URL KAFKA_BOOTSTRAP_SERVERS ORDERFLOW_CONFIG
  prepare_peers
  for name in "${names[@]}"; do
    printf '\n%s\n' "$name"
    # In a shell of its own, whose end stops what it started.
    (
      trap finish EXIT
      "run_$name" "$state_dir/log/peers-$name.json"
    ) || code=1
  done
  print_peers
  return $code
}

# All that is missing, before the first is measured.
prepare_peers() {
  local groups=(build) targets=() name
  prepare_state_dir "$state_dir"
  for name in "${names[@]}"; do
    rm -f -- "$state_dir/log/peers-$name.json"
    case $name in
      orderflow) groups+=(postgres kafka) ;;
      restate) groups+=(npm) targets+=(restate-load) ;;
      naive) groups+=(postgres) targets+=(naive-peer) ;;
    esac
  done
  ensure_packages "${groups[@]}"
  build_program "${targets[@]}"
  [[ " ${names[*]} " != *' restate '* ]] || fetch_restate
}

run_orderflow() { # JSON
  start_bench_instance kafka
  "$binary" bench sagas --clients "${levels%%,*}" --levels "$levels" --seconds "$seconds" \
    --warm-up "$warm_up" --json "$1"
}

run_naive() { # JSON
  prepare_peer naive
  free_ports 1
  local port=$REPLY
  prepare_postgres "$peer_dir" "$port"
  # As Orderflow's own, but with a connection for every client and some for the server itself.
  as_postgres tee -a "$pg_data/orderflow.conf" >/dev/null \
    <<<"max_connections = $((10 + $(tr ',' '\n' <<<"$levels" | sort -n | tail -n 1)))"
  postgres_entry "$port" >"$peer_dir/table"
  start_peer PostgreSQL
  DATABASE_URL=$(private_database_url "$peer_dir" "$port") run_load naive-peer "$1"
}

run_restate() { # JSON
  prepare_peer restate
  free_ports 4
  local ingress=$REPLY admin=$((REPLY + 1)) fabric=$((REPLY + 2)) service=$((REPLY + 3))
  local server=("$restate_home"/node_modules/@restatedev/restate-server-linux-*/bin/restate-server)
  # A person's own settings of Restate are not what is measured.
  unset "${!RESTATE_@}"
  write_restate_settings
  {
    entry service daemon "tcp:$service" - - "$(command -v env)" NODE_ENV=production \
      RESTATE_LOGGING=WARN "$restate_home/node_modules/.bin/node" "$restate_home/service.js" "$service"
    entry restate daemon "http:$admin/health" - - "${server[0]}" --no-logo \
      --config-file "$peer_dir/restate-peer/settings.toml"
    entry register oneshot - - - "$(command -v curl)" -sS --fail-with-body --max-time 20 \
      -H 'Content-Type: application/json' -d "{\"uri\":\"http://127.0.0.1:$service\"}" \
      "http://127.0.0.1:$admin/deployments"
  } >"$peer_dir/table"
  start_peer "Restate and its service"
  run_load restate-load "$1" --url "http://127.0.0.1:$ingress"
}

prepare_peer() { # NAME: sets peer_dir, which is empty then
  peer_dir=$state_dir/peers/$1
  ! is_running "$peer_dir" || die "another benchmark works in $peer_dir; wait for it"
  remove_instance_data "$peer_dir"
  prepare_state_dir "$peer_dir"
  log_dir=$peer_dir/log
  supervised_dir=$peer_dir outside_database='' outside_broker=''
}

start_peer() { # WHAT: runs the table in peer_dir
  phase start
  start_supervisor "$peer_dir" attached
  wait_until_up "$peer_dir" || start_failed
  phase_done "$1"
}

run_load() { # PROGRAM JSON ARGUMENT…
  "$build_dir/release/bench/peers/$1" --levels "$levels" --seconds "$seconds" --warm-up "$warm_up" \
    --json "$2" "${@:3}"
}

# --- Restate ------------------------------------------------------------------------------------

# The lock file pins every package and its hash, Node among them: the SDK wants a newer one than Debian
# 12 has. No install script runs: the only one there is reports who installs.
fetch_restate() {
  local source=$repo/bench/peers/restate log=$log_dir/peers-npm.log fresh=$restate_home.new
  phase restate
  mkdir -p "${restate_home%/*}"
  exec 8>"$restate_home.lock"
  flock 8
  if ! cmp -s "$source/package-lock.json" "$restate_home/package-lock.json"; then
    rm -rf -- "$fresh"
    mkdir "$fresh"
    cp -- "$source"/package{,-lock}.json "$fresh"
    run_logged "$log" "fetching Restate from npm" npm ci --prefix "$fresh" --ignore-scripts \
      --no-audit --no-fund ||
      die_with_log "$log" "fetching Restate's npm packages failed; check the network, then again"
    # Renamed when complete, so that an interrupted download is never taken for the whole.
    rm -rf -- "$restate_home"
    mv -T -- "$fresh" "$restate_home"
  fi
  cp -- "$source"/{service.ts,tsconfig.json} "$restate_home"
  run_logged "$log" "compiling the service" \
    "$restate_home"/node_modules/.bin/{node,tsc} -p "$restate_home" ||
    die_with_log "$log" "the service for Restate does not compile; mend what the lines above name"
  exec 8>&-
  phase_done "npm packages and the service"
}

write_restate_settings() {
  mkdir -p "$peer_dir/restate-peer"
  cat >"$peer_dir/restate-peer/settings.toml" <<EOF
# Written by ./orderflow at every start. What is not here is as Restate is shipped, so every write of
# its log is synced to disk.
cluster-name = "peer"
node-name = "peer"
base-dir = "$peer_dir/restate-peer/data"
listen-mode = "tcp"
bind-address = "127.0.0.1:$fabric"
advertised-address = "http://127.0.0.1:$fabric"
# Its best on two cores.
default-num-partitions = 2
log-filter = "warn"
disable-telemetry = true

[admin]
bind-address = "127.0.0.1:$admin"
disable-web-ui = true

[ingress]
bind-address = "127.0.0.1:$ingress"
EOF
}

# --- the table ----------------------------------------------------------------------------------

print_peers() {
  local level name rate p50 p99
  printf '\n%9s  %-10s %9s %9s %9s\n' 'in flight' name sagas/s 'p50 ms' 'p99 ms'
  for level in ${levels//,/ }; do
    for name in "${names[@]}"; do
      read -r rate p50 p99 < <(figures_of "$name" "$level") || rate=- p50=- p99=-
      printf '%9s  %-10s %9s %9s %9s\n' "$level" "$name" "$rate" "$p50" "$p99"
    done
  done
  printf '\nwhat is durable when a saga is counted\n'
  for name in "${names[@]}"; do printf '  %-10s %s\n' "$name" "$(durable_in "$name")"; done
  printf '\nfigures: %s\n' "$(display_path "$state_dir/log")/peers-*.json"
}

figures_of() { # NAME LEVEL: "sagas/s p50 p99", of the JSON that bench and the peers' programs write
  local file=$state_dir/log/peers-$1.json
  [ -s "$file" ] || return 0
  awk -F '[":, ]+' -v level="$2" '
    $2 == "clients" { clients = $3 }
    $2 == "per_second" { rate = $3 }
    $2 ~ /^latency_/ { latency = $2 }
    latency == "latency_outcome" && $2 == "p50_ms" { p50 = $3 }
    latency == "latency_outcome" && $2 == "p99_ms" && clients == level {
      printf "%.0f %.2f %.2f\n", rate, p50, $3
      exit
    }' "$file"
}

durable_in() { # NAME
  case $1 in
    orderflow) echo "order, payment, delivery, the saga's state and what must still be sent are in" \
      "PostgreSQL (fsync); messages are in Kafka (acks=all); what a crash interrupts is finished" ;;
    restate) echo "the journal of the three steps is in Restate's log (fsync), and nothing else:" \
      "the steps write to no database; what a crash interrupts is finished" ;;
    naive) echo "order, payment and delivery are in PostgreSQL (fsync), a transaction each;" \
      "what a crash interrupts stays as it is" ;;
  esac
}
