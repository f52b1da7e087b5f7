# shellcheck shell=bash
# One instance: its settings, its supervisor seen from outside, and the commands down, wipe, status
# and logs. Sourced by ./orderflow.

supervisor_pid=

# --- settings -----------------------------------------------------------------------------------

# What the scripts need to know. The program alone knows names, defaults, bounds and the configuration
# file; before it is built only the clone's folder and ORDERFLOW_STATE_DIR count, where its log goes.
readonly script_settings=(ORDERFLOW_HTTP_HOST ORDERFLOW_HTTP_PORT ORDERFLOW_BROKER_PORT ORDERFLOW_PG_PORT
  ORDERFLOW_METRICS_PORT_BASE ORDERFLOW_PROCESSES ORDERFLOW_FETCH_WAIT
  ORDERFLOW_DATABASE_START_TIMEOUT DATABASE_URL KAFKA_BOOTSTRAP_SERVERS)

# Asks the program, which must be built. What `up` was given holds for the instance that runs, so that
# a second shell need not repeat it: it stands before the clone's own env file, and the caller's
# environment before both.
load_settings() { # [quiet|loud [FLAG…]]: quiet leaves out what is only told
  local settings settings_warnings
  export ORDERFLOW_ENV_FILES=$env_file
  broker=embedded saved_metrics_base=''
  if is_running && [ -r "$state_dir/instance.env" ]; then
    ORDERFLOW_ENV_FILES=$state_dir/instance.env$'\n'$env_file
    broker=$(sed -n 's/^saved_broker=//p' "$state_dir/instance.env")
    saved_metrics_base=$(sed -n 's/^saved_metrics_base=//p' "$state_dir/instance.env")
  fi
  # The processes may be started from another folder than the one the name was meant for.
  [ -z "${ORDERFLOW_CONFIG:-}" ] || ORDERFLOW_CONFIG=$(realpath -m -- "$ORDERFLOW_CONFIG")
  settings=$("$binary" check-config "${@:2}" --shell "${script_settings[@]}") ||
    exit
  settings_given='' settings_warnings=''
  eval "$settings"
  [ -z "$settings_warnings" ] || [ "${1:-}" = quiet ] ||
    printf 'orderflow: %s\n' "$settings_warnings" >&2
  http_host=$setting_ORDERFLOW_HTTP_HOST
  http_port=$setting_ORDERFLOW_HTTP_PORT broker_port=$setting_ORDERFLOW_BROKER_PORT pg_port=$setting_ORDERFLOW_PG_PORT
  processes=$setting_ORDERFLOW_PROCESSES metrics_base=$setting_ORDERFLOW_METRICS_PORT_BASE
  check_port_number ORDERFLOW_HTTP_PORT "$http_port"
  check_port_number ORDERFLOW_BROKER_PORT "$broker_port"
  check_port_number ORDERFLOW_PG_PORT "$pg_port"
  [ "$metrics_base" != 0 ] || metrics_base=$((10#$http_port + 1000))
  check_port_number ORDERFLOW_METRICS_PORT_BASE "$metrics_base"
  # The shell would take a leading zero for octal.
  http_port=$((10#$http_port)) broker_port=$((10#$broker_port)) pg_port=$((10#$pg_port))
  metrics_base=$((10#$metrics_base)) processes=$((10#$processes))
  # Empty: the private cluster, the broker started here.
  outside_database='' outside_broker=''
  ! given DATABASE_URL || outside_database=$setting_DATABASE_URL
  ! given KAFKA_BOOTSTRAP_SERVERS || outside_broker=$setting_KAFKA_BOOTSTRAP_SERVERS
}

given() { [[ $settings_given == *" $1 "* ]]; } # NAME: somebody has set it

# The env file beside this script, or the one that ORDERFLOW_ENV_FILE names (empty: none), in env_file.
find_env_file() {
  env_file=${ORDERFLOW_ENV_FILE-$repo/.env}
  [ -n "${ORDERFLOW_ENV_FILE:-}" ] || [ -e "$env_file" ] || env_file=''
  [ -n "$env_file" ] || return 0
  [ ! -d "$env_file" ] && [ -r "$env_file" ] ||
    die "the env file '$env_file' cannot be read; correct it, or set ORDERFLOW_ENV_FILE= for none"
  env_file=$(realpath -m -- "$env_file")
}

# What the env file says of a name, in REPLY. The program reads that file for all settings; this is for
# what must be known before the program is built.
read_from_env_file() { # NAME
  local line text
  REPLY=''
  [ -r "$env_file" ] || return 0
  while IFS= read -r line || [ -n "$line" ]; do
    line=${line#$'\xef\xbb\xbf'}
    [[ $line =~ ^[[:space:]]*(export[[:space:]]+)?"$1"[[:space:]]*=[[:space:]]*(.*)$ ]] || continue
    text=${BASH_REMATCH[2]}
    if [[ $text =~ ^\'([^\']*)\' || $text =~ ^\"([^\"]*)\" ]]; then
      REPLY=${BASH_REMATCH[1]}
    else
      text=${text%%[[:space:]]#*}
      REPLY=${text%"${text##*[![:space:]]}"}
    fi
  done <"$env_file"
}

# Sets state_dir.
find_state_dir() {
  state_dir=${ORDERFLOW_STATE_DIR:-}
  if [ -z "$state_dir" ]; then
    read_from_env_file ORDERFLOW_STATE_DIR
    case $REPLY in
      '') state_dir=$repo/.orderflow ;;
      /*) state_dir=$REPLY ;;
      *) state_dir=${env_file%/*}/$REPLY ;;
    esac
  fi
  state_dir=$(realpath -m -- "$state_dir")
}

# What is given to `up`, for load_settings, as long as the instance runs: as an env file, which the program
# reads. It may hold the password of a database.
save_settings() { print_settings | write_private "$state_dir/instance.env"; }
forget_settings() { rm -f -- "$1/instance.env"; } # STATE_DIR

print_settings() {
  printf 'saved_broker=%s\nsaved_metrics_base=%s\n' "$broker" "$metrics_base"
  print_setting ORDERFLOW_HTTP_HOST "$http_host"
  print_setting ORDERFLOW_HTTP_PORT "$http_port"
  print_setting ORDERFLOW_BROKER_PORT "$broker_port"
  print_setting ORDERFLOW_PG_PORT "$pg_port"
  print_setting ORDERFLOW_METRICS_PORT_BASE "$metrics_base"
  if [ -n "${DATABASE_URL_FILE:-}" ]; then
    print_setting DATABASE_URL_FILE "$(realpath -m -- "$DATABASE_URL_FILE")"
  elif [ -n "$outside_database" ]; then
    print_setting DATABASE_URL "$outside_database"
  fi
  [ -z "$outside_broker" ] || print_setting KAFKA_BOOTSTRAP_SERVERS "$outside_broker"
}

print_setting() { # NAME VALUE
  local text=${2//\\/\\\\}
  printf '%s="%s"\n' "$1" "${text//\"/\\\"}"
}

# Standard input becomes a file that only its owner can read, from its first byte on: the umask counts
# when a file is made, so it is made anew, by a process that has the umask already, beside one that may
# lie there for everybody to read.
write_private() { # FILE
  rm -f -- "$1.new"
  (umask 077 && cat >"$1.new") && mv -T -- "$1.new" "$1"
}

# What the program cannot find by itself; everything else it reads where this script did.
export_settings() {
  export ORDERFLOW_STATE_DIR=$state_dir ORDERFLOW_INSTANCE_SETTINGS=''
  given ORDERFLOW_METRICS_PORT_BASE ||
    export_instance_setting ORDERFLOW_METRICS_PORT_BASE "$metrics_base"
  [ -n "$outside_broker" ] ||
    export_instance_setting KAFKA_BOOTSTRAP_SERVERS "127.0.0.1:$broker_port"
  # The embedded broker holds an empty fetch to its end, so that wait is the latency of every hop.
  if [ "$broker" = embedded ] && [ -z "$outside_broker" ] && ! given ORDERFLOW_FETCH_WAIT; then
    export_instance_setting ORDERFLOW_FETCH_WAIT 5ms
  fi
  if [ -n "$outside_database" ]; then
    given ORDERFLOW_DATABASE_START_TIMEOUT ||
      export_instance_setting ORDERFLOW_DATABASE_START_TIMEOUT 8s
  elif [ -s "$state_dir/postgres.password" ]; then
    export_instance_setting DATABASE_URL "$(private_database_url "$state_dir" "$pg_port")"
  fi
}

export_instance_setting() { # NAME VALUE
  export "$1=$2"
  ORDERFLOW_INSTANCE_SETTINGS+="$1 "
}

# --- the supervisor, seen from outside ----------------------------------------------------------

is_running() { # [STATE_DIR]: the supervisor holds this lock as long as it lives
  local lock=${1:-$state_dir}/supervisor.lock
  [ -r "$lock" ] && ! flock -s -n "$lock" true
}

# A running instance outlives a build folder that was removed.
supervisor_program() {
  if [ -x "$supervisor" ]; then echo "$supervisor"
  else echo "/proc/$(cat "$state_dir/supervisor.lock")/exe"; fi
}

# Runs a command of the supervisor's program and shows the progress it reports. Leaves in outcome what
# came of it; or fails and leaves there why, and in outcome_log the log whose end says more. In answered
# stands whether that is its own word, and not that it died or was not understood.
ask_supervisor() { # COMMAND ARGUMENT…
  local what text log failed=yes
  outcome="'orderflow-supervisor $1' ended without an answer" outcome_log='' answered=no
  # From a descriptor of its own: standard input stays the person's.
  while IFS=$'\t' read -r what text log <&7; do
    case $what in
      progress) phase_progress "$text" ;;
      done) outcome=$text failed=no answered=yes ;;
      failed) outcome=$text outcome_log=$log answered=yes ;;
    esac
  done 7< <("$(supervisor_program)" "$@")
  [ $failed = no ]
}

entry() { # NAME KIND READY USER STOP COMMAND…: one line of the supervisor's table
  local IFS=$'\t'
  printf '%s\n' "$*"
}

start_supervisor() { # STATE_DIR attached|detached: sets supervisor_pid
  local state=$1 command
  command=("$supervisor" run --state-dir "$state")
  # A server of the person's own either answers soon or is named wrongly; ours may have to recover.
  [ -z "$outside_database$outside_broker" ] ||
    command+=(--start-deadline 30 --oneshot-attempts 1)
  rm -f -- "$state/status.json"
  [ ! -f "$log_dir/supervisor.log" ] || mv -- "$log_dir/supervisor.log" "$log_dir/supervisor.log.1"
  # Attached, it stops when this script dies, however that happens.
  if [ "$2" = attached ]; then command+=(--parent "$BASHPID"); else command=(setsid "${command[@]}"); fi
  "${command[@]}" >"$log_dir/supervisor.log" 2>&1 </dev/null &
  supervisor_pid=$!
}

wait_until_up() { # STATE_DIR: shows what starts; leaves in outcome how many processes are up
  ! ask_supervisor wait --state-dir "$1" --supervisor "$supervisor_pid" || return 0
  # Without an answer it may go on; then the end of this script stops it.
  if [ $answered = yes ]; then
    supervisor_pid=
    forget_settings "$1"
  fi
  die_with_log "$outcome_log" "$outcome"
}

stop_supervisor() { # STATE_DIR [PID]: its processes stop, or die with it at last
  local which=()
  [ -z "${2:-}" ] || which=(--supervisor "$2")
  ask_supervisor stop --state-dir "$1" "${which[@]}" || die_with_log "$outcome_log" "$outcome"
  forget_settings "$1"
}

owner_of() { stat -c %U -- "$1" 2>/dev/null || echo 'another user'; } # FILE

# --- down, wipe, status, logs -------------------------------------------------------------------

command_down() {
  [ $# -eq 0 ] || usage_error "down takes no arguments"
  if ! is_running; then
    echo "not running"
    return
  fi
  phase stop
  stop_supervisor "$state_dir"
  phase_done "$outcome"
}

command_wipe() {
  case "$*" in '' | --yes | -y) ;; *) usage_error "wipe knows only --yes" ;; esac
  if [ $# -eq 0 ]; then
    [ -t 0 ] || die "wipe removes the database and asks before it does; without a terminal: wipe --yes"
    printf 'Stop everything and remove database, broker data and logs in %s? [y/N] ' "$state_dir"
    local answer
    read -r answer
    case $answer in [yY] | [yY][eE][sS]) ;; *) die "nothing removed" ;; esac
  fi
  command_down
  local dir
  # Those of ./orderflow test and bench lie inside.
  for dir in "$state_dir"/{test,bench,peers/naive,peers/restate,peers/temporal} "$state_dir"; do
    [ ! -d "$dir" ] || is_running "$dir" || remove_instance_data "$dir"
  done
  echo "removed the data in $(display_path "$state_dir")"
}

# Only what an instance writes: the folder may hold builds, downloads, or be a person's own.
remove_instance_data() { # STATE_DIR
  remove_postgres "$1"
  rm -rf -- "$1"/{kafka/data,kafka/server.properties,restate-peer,log,joined}
  rm -f -- "$1"/{status.json,status.json.new,targets.json,targets.json.new,table,instance.env,instance.env.new}
  rm -f -- "$1"/{supervisor.lock,up.lock,test.lock}
  rmdir -- "$1/kafka" "$1/peers" "$1" 2>/dev/null || true
}

command_status() {
  case "$*" in '' | --json) ;; *) usage_error "status knows only --json" ;; esac
  if ! is_running; then
    if [ "${1:-}" = --json ]; then echo '{"running":false,"roles":[]}'
    else echo "not running; start it with ./orderflow up"; fi
    return 1
  fi
  exec "$(supervisor_program)" status --state-dir "$state_dir" "$@"
}

command_logs() {
  local role='' follow=() files=()
  while [ $# -gt 0 ]; do
    case $1 in
      -f | --follow) follow=(-F) ;;
      -*) usage_error "logs does not know '$1'" ;;
      *) role=$1 ;;
    esac
    shift
  done
  if [ -n "$role" ]; then
    [ -f "$log_dir/$role.log" ] || die "no log of '$role'; there are:" \
      "$(find "$log_dir" -name '*.log' -printf '%f ' 2>/dev/null | sed 's/\.log//g')"
    exec tail -n 200 "${follow[@]}" -- "$log_dir/$role.log"
  fi
  mapfile -t files < <(find "$log_dir" -name '*.log' -size +0 2>/dev/null | sort)
  [ ${#files[@]} -gt 0 ] || die "no logs in $log_dir; start with ./orderflow up"
  exec tail -n 20 "${follow[@]}" -- "${files[@]}"
}
