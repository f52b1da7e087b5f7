# shellcheck shell=bash
# The command bench peers: the same saga on Orderflow, on Restate, on Temporal and on PostgreSQL alone,
# one after the other on this machine; see bench/peers/README.md. Sourced by ./orderflow.

readonly peer_names=(orderflow orderflow-tuned restate temporal naive)
# Packages belong to the clone, as builds and Kafka's jars do.
readonly restate_home=$repo/.orderflow/peers/npm
readonly temporal_home=$repo/.orderflow/peers/go
readonly temporal_source=$repo/bench/peers/temporal

bench_peers() {
  local seconds=20 warm_up=25 levels=256,64,16,1 names=("${peer_names[@]}") unready=() name code=0
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
  env_file=''
  unset DATABASE_URL DATABASE_URL_FILE KAFKA_BOOTSTRAP_SERVERS KAFKA_BOOTSTRAP_SERVERS_FILE \
    ORDERFLOW_CONFIG
  prepare_peers
  for name in "${names[@]}"; do
    printf '\n%s\n' "$name"
    if [[ " ${unready[*]} " == *" $name "* ]]; then
      echo "left out: it could not be made ready, as said above"
      code=1
      continue
    fi
    # In a shell of its own, whose end stops what it started.
    (
      trap finish EXIT
      "run_${name//-/_}" "$state_dir/log/peers-$name.json"
    ) || code=1
  done
  print_peers
  return $code
}

# All that is missing, before the first is measured. Sets unready: those that could not be had.
prepare_peers() {
  local groups=(build) targets=() name
  prepare_state_dir "$state_dir"
  for name in "${names[@]}"; do
    rm -f -- "$state_dir/log/peers-$name.json"
    case $name in
      orderflow*) groups+=(postgres kafka) ;;
      restate) groups+=(npm) targets+=(restate-load) ;;
      temporal) groups+=(postgres) ;;
      naive) groups+=(postgres) targets+=(naive-peer) ;;
    esac
  done
  ensure_packages "${groups[@]}"
  for name in restate temporal; do
    [[ " ${names[*]} " == *" $name "* ]] || continue
    # In a shell of its own, whose failure leaves the others to be measured.
    (
      trap finish EXIT
      "fetch_$name"
    ) || unready+=("$name")
  done
  [ ${#unready[@]} -lt ${#names[@]} ] || exit 1
  build_program "${targets[@]}"
}

# As a user has it who sets nothing.
run_orderflow() { # JSON
  start_bench_instance kafka
  "$binary" bench sagas --clients "${levels%%,*}" --levels "$levels" --seconds "$seconds" \
    --warm-up "$warm_up" --json "$1"
}

# Its best on two cores, as Restate and Temporal are given theirs.
run_orderflow_tuned() { # JSON
  tune_for_bench
  run_orderflow "$1"
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
  DATABASE_URL=$(private_database_url "$peer_dir" "$port") \
    run_load "$build_dir/release/bench/peers/naive-peer" "$1"
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
  run_load "$build_dir/release/bench/peers/restate-load" "$1" --url "http://127.0.0.1:$ingress"
}

run_temporal() { # JSON
  prepare_peer temporal
  free_ports 10
  local port=$REPLY ready=$((REPLY + 8)) postgres=$((REPLY + 9)) part
  prepare_postgres "$peer_dir" "$postgres"
  # A person's own settings of Temporal are not what is measured; a newer release is not asked for.
  unset "${!TEMPORAL_@}" "${!SQL_@}"
  SQL_PASSWORD=$(cat "$peer_dir/postgres.password")
  export TEMPORAL_VERSION_CHECK_DISABLED=1 TEMPORAL_PEER_PORT=$port
  export TEMPORAL_PEER_LIMITS=$temporal_source/limits.yaml
  export SQL_PLUGIN=postgres12_pgx SQL_HOST=127.0.0.1 SQL_PORT=$postgres SQL_USER=orderflow SQL_PASSWORD
  {
    postgres_entry "$postgres"
    for part in temporal visibility; do
      temporal_schema "$part" create create-database
      temporal_schema "$part" setup setup-schema --version 0.0
      temporal_schema "$part" update update-schema --schema-name "postgresql/v12/$part"
    done
    entry temporal daemon "tcp:$port" - - "$temporal_home/server" \
      --config-file "$temporal_source/server.yaml" --allow-no-auth start
    entry worker daemon "tcp:$ready" - - "$temporal_home/worker" "127.0.0.1:$port" "$ready"
  } >"$peer_dir/table"
  start_peer "PostgreSQL, Temporal and its worker"
  run_load "$temporal_home/load" "$1" --server "127.0.0.1:$port"
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
  wait_until_up "$peer_dir"
  phase_done "$1"
}

run_load() { # PROGRAM JSON ARGUMENT…
  "$1" --levels "$levels" --seconds "$seconds" --warm-up "$warm_up" \
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

# --- Temporal -----------------------------------------------------------------------------------

# The module's files pin every source and its hash. Temporal's command line cannot be had by `go
# install`, and no release is needed: its server and its schema tool are packages like any other.
fetch_temporal() {
  local log=$log_dir/peers-go.log
  phase temporal
  require_go "$(awk '$1 == "go" { print $2 }' "$temporal_source/go.mod")"
  mkdir -p "${temporal_home%/*}"
  exec 8>"$temporal_home.lock"
  flock 8
  # Go takes a program for up to date though its writing was interrupted, and leaves its scratch files.
  rm -- "$temporal_home/complete" 2>/dev/null || rm -rf -- "$temporal_home"
  mkdir -p "$temporal_home"
  run_logged "$log" "compiling Temporal, minutes the first time" \
    env CGO_ENABLED=0 GOWORK=off GOTMPDIR="$temporal_home" \
    go build -C "$temporal_source" -mod=readonly -o "$temporal_home/" ./worker ./load \
    go.temporal.io/server/cmd/server go.temporal.io/server/cmd/tools/sql ||
    die_with_log "$log" "building Temporal failed; mend what the lines above name, then again"
  touch "$temporal_home/complete"
  exec 8>&-
  phase_done "server, schema tool, worker and load"
}

# Debian's own is older than what Temporal's server asks for, so a person's is used.
require_go() { # VERSION
  local found
  # Asked where the module is: a Go that may fetch the version it needs does so here.
  found=$(cd "$temporal_source" && go env GOVERSION 2>/dev/null) || found=
  [ -n "$found" ] || die "Temporal needs Go $1 or newer, and there is no go on the PATH; install it"
  found=${found#go}
  [ "$(printf '%s\n' "$1" "$found" | sort -V | head -n 1)" = "$1" ] ||
    die "Temporal needs Go $1 or newer, this is $found; install it, or let Go fetch it itself" \
      "(from 1.21 on) with GOTOOLCHAIN=auto"
}

temporal_schema() { # DATABASE STEP COMMAND ARGUMENT…
  entry "$1-$2" oneshot - - - "$temporal_home/sql" --database "$1" "${@:3}"
}

# --- the table ----------------------------------------------------------------------------------

print_peers() {
  local level name rate p50 p99
  printf '\n%9s  %-15s %9s %9s %9s\n' 'in flight' name sagas/s 'p50 ms' 'p99 ms'
  for level in ${levels//,/ }; do
    for name in "${names[@]}"; do
      read -r _ rate p50 p99 < <(figures_of "$name" | grep "^$level ") || rate=- p50=- p99=-
      printf '%9s  %-15s %9s %9s %9s\n' "$level" "$name" "$rate" "$p50" "$p99"
    done
  done
  printf '\nwhat is durable when a saga is counted\n'
  for name in "${names[@]}"; do printf '  %-15s %s\n' "$name" "$(durable_in "$name")"; done
  printf '\nfigures: %s\n' "$(display_path "$state_dir/log")/peers-*.json"
}

figures_of() { # NAME: "clients sagas/s p50 p99", a line a level; nothing for one that did not run
  "$binary" bench figures "$state_dir/log/peers-$1.json" 2>/dev/null || true
}

durable_in() { # NAME
  case $1 in
    orderflow*) echo "order, payment, delivery, the saga's state and what must still be sent are in" \
      "PostgreSQL (fsync); messages are in Kafka (acks=all); what a crash interrupts is finished" ;;
    restate) echo "the journal of the three steps is in Restate's log (fsync), and nothing else:" \
      "the steps write to no database; what a crash interrupts is finished" ;;
    temporal) echo "the history of the workflow with its three steps is in PostgreSQL (fsync), and" \
      "nothing else: the steps write to no database; what a crash interrupts is finished" ;;
    naive) echo "order, payment and delivery are in PostgreSQL (fsync), a transaction each;" \
      "what a crash interrupts stays as it is" ;;
  esac
}
