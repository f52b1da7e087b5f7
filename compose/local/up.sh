# shellcheck shell=bash
# The command up: from a clone to a running instance. Sourced by ./orderflow.

command_up() {
  local chosen='' detach=no
  while [ $# -gt 0 ]; do
    case $1 in
      --broker) [ $# -ge 2 ] || usage_error "--broker needs embedded or kafka"; chosen=$2; shift ;;
      --broker=*) chosen=${1#*=} ;;
      --detach | -d) detach=yes ;;
      *) usage_error "up does not know '$1'" ;;
    esac
    shift
  done
  case $chosen in
    '' | embedded | kafka) ;;
    *) usage_error "--broker is embedded or kafka, not '$chosen'" ;;
  esac
  prepare_state_dir "$state_dir"
  exec 9>"$state_dir/up.lock"
  flock -n 9 || die "another './orderflow up' is starting this instance; wait for it"
  if is_running; then
    already_running "$chosen"
    return
  fi
  start_instance "$chosen" "$([ $detach = yes ] && echo detached || echo attached)"
  exec 9>&-
  print_summary
  if [ $detach = yes ]; then
    supervisor_pid=
    printf 'Running in the background; %s down stops it.\n' "$self"
  else
    printf 'Running in the foreground; Ctrl-C stops everything.\n'
    stay_in_foreground
  fi
}

start_instance() { # BROKER attached|detached: what is missing first, and returns when all is ready
  ensure_packages build
  build_program
  load_settings
  choose_broker "$1"
  require_free_ports
  require_free_metrics_ports
  local groups=()
  [ -n "$outside_database" ] || groups+=(postgres)
  [ "$broker" != kafka ] || groups+=(kafka)
  ensure_packages "${groups[@]}"
  [ "$broker" != kafka ] || fetch_kafka
  [ -n "$outside_database" ] || prepare_postgres "$state_dir" "$pg_port"
  export_settings
  save_settings
  write_table >"$state_dir/table"
  phase start
  start_supervisor "$state_dir" "$2"
  wait_until_up "$state_dir"
  phase_done "$outcome"
}

prepare_state_dir() { # DIR
  case $repo$1 in
    *[$'\t\n']*) die "the folder '$1' has a tab or newline in its name; use another" ;;
  esac
  local refusal
  [ ! -e "$1" ] || [ -d "$1" ] || die "$1 is no folder; set ORDERFLOW_STATE_DIR to another name"
  refusal=$(mkdir -p -- "$1/log" 2>&1 && touch -- "$1/up.lock" "$1/log" 2>&1) ||
    die "cannot write $1, which belongs to $(owner_of "$1") (${refusal##*: });" \
      "run as that user, mend the folder, or set ORDERFLOW_STATE_DIR to another"
}

choose_broker() { # CHOSEN: sets broker to embedded, kafka or outside
  broker=${1:-embedded}
  [ -n "$outside_broker" ] || return 0
  [ "$1" != embedded ] ||
    die "--broker embedded and KAFKA_BOOTSTRAP_SERVERS=$outside_broker contradict; leave one out"
  broker=outside
}

already_running() { # CHOSEN BROKER: tells what runs, which other settings now do not change
  unset ORDERFLOW_HTTP_HOST ORDERFLOW_HTTP_PORT ORDERFLOW_BROKER_PORT ORDERFLOW_PG_PORT ORDERFLOW_METRICS_PORT_BASE \
    DATABASE_URL DATABASE_URL_FILE KAFKA_BOOTSTRAP_SERVERS KAFKA_BOOTSTRAP_SERVERS_FILE
  load_settings
  [ -z "$1" ] || [ "$1" = "$broker" ] ||
    die "already running with the broker '$broker'; ./orderflow down first, then up --broker $1"
  printf 'Already running (pid %s).\n' "$(cat "$state_dir/supervisor.lock")"
  print_summary
}

require_free_ports() { # each one free, and no two the same
  instance_ports=("$http_port the HTTP API" "$broker_port the broker" "$pg_port PostgreSQL")
  require_distinct_ports "${instance_ports[@]}"
  # Right after a kill -9 of the supervisor its processes are still on their way out.
  ! any_port_taken "$http_port" "$broker_port" "$pg_port" || stop_supervisor "$state_dir"
  require_free_port "$http_port" ORDERFLOW_HTTP_PORT "the HTTP API" "$http_host"
  case $broker in
    embedded) require_free_port "$broker_port" ORDERFLOW_BROKER_PORT "the broker" ;;
    kafka)
      require_free_port "$broker_port" ORDERFLOW_BROKER_PORT "Kafka"
      require_free_port $((broker_port + 1)) ORDERFLOW_BROKER_PORT \
        "Kafka's controller (the broker's port + 1)"
      ;;
  esac
  [ -n "$outside_database" ] || require_free_port "$pg_port" ORDERFLOW_PG_PORT PostgreSQL
}

# Those of health and metrics, a process each; which there are the program knows.
require_free_metrics_ports() {
  local ports names port wanted=("${instance_ports[@]}")
  choose_metrics_base
  read_metrics_ports "$metrics_base" "$processes"
  for port in "${!ports[@]}"; do
    wanted+=("${ports[port]} health and metrics of ${names[port]}")
  done
  require_distinct_ports "${wanted[@]}"
  for port in "${!ports[@]}"; do
    require_free_port "${ports[port]}" ORDERFLOW_METRICS_PORT_BASE \
      "health and metrics of ${names[port]}" "$http_host"
  done
}

require_distinct_ports() { # "PORT WHAT"…
  local one port
  local -A uses
  for one; do
    port=${one%% *}
    [ -z "${uses[$port]:-}" ] || die "port $port is meant for ${uses[$port]} and for ${one#* };" \
      "choose ORDERFLOW_HTTP_PORT, ORDERFLOW_BROKER_PORT, ORDERFLOW_PG_PORT and" \
      "ORDERFLOW_METRICS_PORT_BASE apart"
    uses[$port]=${one#* }
  done
}

write_table() {
  local embedded=()
  [ -n "$outside_database" ] || postgres_entry "$pg_port"
  case $broker in
    embedded) embedded=(--broker-port "$broker_port") ;;
    kafka)
      write_kafka_settings "$state_dir" "$broker_port"
      kafka_entry "$state_dir" "$broker_port"
      ;;
  esac
  "$supervisor" entries --program "$binary" --http-port "$http_port" \
    --http-host "$http_host" --metrics-port-base "$metrics_base" "${embedded[@]}" --processes "$processes"
}

# Where a browser on this machine finds the API, in REPLY; and in everywhere what else is to be said.
public_url() {
  local host=$http_host
  case $host in
    0.0.0.0) host=127.0.0.1 ;;
    ::) host=::1 ;;
  esac
  everywhere=''
  [ "$host" = "$http_host" ] || everywhere="   (on $http_host: every address of this machine)"
  [[ $host != *:* ]] || host=[$host]
  REPLY=http://$host:$http_port
}

print_summary() {
  local url everywhere database="$self psql" body
  public_url
  url=$REPLY
  [ -z "$outside_database" ] || database="DATABASE_URL as given; $self psql"
  # Alice buys one coffee grinder; both ids are fixed by the seed data.
  body='{"user_id":"018f0000-0000-7000-8000-00000000a11c",'
  body+='"items":[{"product_id":"018f0000-0000-7000-8000-000000000101","quantity":1}],'
  body+='"delivery_address":{"name":"Alice","line1":"1 Main Street","city":"Springfield",'
  body+='"postal_code":"12345","country":"US"}}'
  local location="sed -n 's|^[Ll]ocation: */orders/\([0-9a-f-]*\).*|\1|p'"
  cat <<EOF

  HTTP API    $url$everywhere
  API page    $url/docs   (OpenAPI: $url/openapi.json)
  Health      $url/health
  Metrics     $url/metrics
  Broker      ${outside_broker:-127.0.0.1:$broker_port} ($broker)
  PostgreSQL  $database
  Logs        $self logs [ROLE]

Place an order, read its status, follow its events:

  ORDER=\$(curl -si "$url/orders" -H 'Content-Type: application/json' -d '$body' | $location); echo "\$ORDER"
  curl -sw '\\n' "$url/orders/\$ORDER/status?wait=10"
  curl -sN -H 'Accept: text/event-stream' "$url/orders/\$ORDER/events"

EOF
}

stay_in_foreground() {
  local code=0
  # Deaths and restarts are worth seeing; everything else is in the logs.
  tail -n 0 -f --pid="$supervisor_pid" -- "$log_dir/supervisor.log" &
  helpers+=("$!")
  wait "$supervisor_pid" || code=$?
  supervisor_pid=
  [ "$code" -eq 0 ] || die "the supervisor ended unexpectedly (exit code $code) and everything" \
    "stopped with it; ./orderflow up starts it again"
}
