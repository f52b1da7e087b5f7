# shellcheck shell=bash
# A private PostgreSQL cluster in the state folder: loopback only, password by SCRAM, checksums,
# every commit durable. The supervisor runs it. Sourced by ./orderflow.

# libpq must not pick up a person's own defaults.
unset "${!PG@}"

postgres_bin() { # [MAJOR]: the folder of the server's programs: the given version, or 15, or newer
  local major candidates=15
  if [ -n "${1:-}" ]; then
    candidates=$1
  else
    candidates+=" $(find /usr/lib/postgresql -mindepth 1 -maxdepth 1 -printf '%f\n' 2>/dev/null |
      grep -E '^[0-9]+$' | sort -rn | tr '\n' ' ')"
  fi
  for major in $candidates; do
    if [ "$major" -ge 15 ] && [ -x "/usr/lib/postgresql/$major/bin/initdb" ]; then
      echo "/usr/lib/postgresql/$major/bin"
      return 0
    fi
  done
  return 1
}

# Sets pg_bin, of the version that a new cluster is made with.
find_postgres() {
  pg_bin=$(postgres_bin) || die "no PostgreSQL 15 or newer in /usr/lib/postgresql; install one"
}

as_postgres() { # COMMAND…
  if [ "$(id -u)" -ne 0 ]; then
    "$@"
  else
    (cd / && setpriv --reuid="$pg_user" --regid="$(id -g "$pg_user")" --init-groups -- "$@")
  fi
}

# Sets pg_user and pg_home (holds the cluster in data/). When PostgreSQL's account cannot enter the
# state folder, e.g. below /root, the cluster lies in /var/lib/orderflow and a link leads to it.
locate_postgres() { # STATE_DIR
  pg_home=$1/postgres
  pg_real=$pg_home
  # PostgreSQL refuses to run as root: it is the account that has the cluster, or Debian's own.
  pg_user=postgres
  [ ! -d "$pg_home/data" ] || pg_user=$(stat -c %U "$pg_home/data")
  if [ "$(id -u)" -ne 0 ] || as_postgres test -x "$1"; then return; fi
  local name=${repo##*/}
  pg_real=/var/lib/orderflow/${name//[^A-Za-z0-9_.]/_}-$(printf %s "$1" | sha256sum | cut -c1-12)
}

prepare_postgres() { # STATE_DIR PORT: makes the cluster when there is none; sets pg_bin, pg_data
  local state=$1 port=$2
  phase postgres
  locate_postgres "$state"
  [ "$(id -u)" -ne 0 ] || getent passwd postgres >/dev/null ||
    die "started by root, PostgreSQL runs as the account 'postgres', which does not exist;" \
      "add it with: adduser --system --group postgres"
  place_postgres
  printf '%s\n' "$state" >"$pg_real/state-folder"
  pg_data=$(readlink -f -- "$pg_real")/data
  if [ -f "$pg_data/PG_VERSION" ]; then
    local major
    major=$(<"$pg_data/PG_VERSION")
    pg_bin=$(postgres_bin "$major") ||
      die "the data in $pg_home is of PostgreSQL $major;" \
        "install postgresql-$major, or start anew with ./orderflow wipe"
    clear_stale_postgres
    write_postgres_settings "$port"
    phase_done "cluster of version $major in $(display_path "$pg_home")"
    return
  fi
  find_postgres
  run_logged "$log_dir/postgres-init.log" "making a cluster" make_cluster "$state" ||
    die_with_log "$log_dir/postgres-init.log" "making the PostgreSQL cluster failed;" \
      "mend what the lines above name (disk, permissions), then again"
  write_postgres_settings "$port"
  phase_done "new cluster in $(display_path "$pg_home")"
}

# Makes pg_real, following a clone that was moved.
place_postgres() {
  if [ "$pg_real" != "$pg_home" ]; then
    mkdir -p /var/lib/orderflow
    chmod 755 /var/lib/orderflow
    local old
    old=$(readlink -f -- "$pg_home" || true)
    if [ -d "$old" ] && [ "$old" != "$pg_real" ] && [ ! -e "$pg_real" ]; then
      # Data of a clone that still stands where it was, belongs to that one: this is its copy.
      [ -L "$pg_home" ] && [ -d "$(cat "$old/state-folder")" ] || mv -T -- "$old" "$pg_real"
    fi
    ln -sfnT "$pg_real" "$pg_home"
  elif [ -L "$pg_home" ] && [ ! -e "$pg_home" ]; then
    rm -f -- "$pg_home"
  fi
  mkdir -p "$pg_real"
  chmod 755 "$pg_real"
}

# Made beside its final place and renamed at the end, so that an interrupted start leaves nothing.
make_cluster() { # STATE_DIR
  local fresh=$pg_real/data.new password
  rm -rf -- "$fresh" "$pg_data"
  install -d -m 700 "$fresh" || return 1
  [ "$(id -u)" -ne 0 ] || chown "$pg_user:" "$fresh" || return 1
  as_postgres "$pg_bin/initdb" --pgdata="$fresh" --username=orderflow --auth=trust \
    --data-checksums --encoding=UTF8 --locale=C.UTF-8 --lc-collate=C || return 1
  [ -s "$1/postgres.password" ] || new_password "$1/postgres.password" || return 1
  password=$(cat "$1/postgres.password")
  single_user "$fresh" postgres "ALTER ROLE orderflow PASSWORD '$password'" &&
    single_user "$fresh" postgres "CREATE DATABASE orderflow" || return 1
  ! has_statement_statistics ||
    single_user "$fresh" orderflow "CREATE EXTENSION pg_stat_statements" || return 1
  as_postgres tee "$fresh/pg_hba.conf" <<<'host all all 127.0.0.1/32 scram-sha-256' || return 1
  as_postgres tee -a "$fresh/postgresql.conf" <<<"include_if_exists = 'orderflow.conf'" || return 1
  mv -- "$fresh" "$pg_data"
}

new_password() { # FILE
  od -An -N24 -tx1 /dev/urandom | tr -d ' \n' | write_private "$1" && [ -s "$1" ]
}

# A statement without a server, so without any time in which a server would trust everybody.
single_user() { # DATA DATABASE STATEMENT; the statement is not echoed, it may hold the password
  local answer
  answer=$(as_postgres "$pg_bin/postgres" --single -D "$1" "$2" 2>&1 >/dev/null <<<"$3;") &&
    ! grep -E 'ERROR|FATAL|PANIC' <<<"$answer"
}

has_statement_statistics() { [ -e "$pg_bin/../lib/pg_stat_statements.so" ]; }

# What is not in memory is written and read again: an eighth of what the machine has, at most 1 GiB.
shared_buffers_mib() {
  local mib
  mib=$(awk '/^MemTotal:/ { print int($2 / 1024 / 8) }' /proc/meminfo)
  echo $((mib < 128 ? 128 : mib > 1024 ? 1024 : mib))
}

write_postgres_settings() { # PORT
  # What the settings ask for (load_settings) or the tests need, and room for people.
  local libraries='' sessions=$((${database_sessions:-0} > 200 ? database_sessions : 200))
  has_statement_statistics && libraries=pg_stat_statements
  as_postgres tee "$pg_data/orderflow.conf" >/dev/null <<EOF
# Written by ./orderflow at every start.
listen_addresses = '127.0.0.1'
port = $1
unix_socket_directories = ''
max_connections = $sessions
shared_preload_libraries = '$libraries'

# An answered order is on disk.
fsync = on
synchronous_commit = on
full_page_writes = on
wal_compression = lz4
max_wal_size = 4GB
min_wal_size = 256MB
checkpoint_timeout = 15min

shared_buffers = $(shared_buffers_mib)MB
work_mem = 16MB
maintenance_work_mem = 128MB
random_page_cost = 1.1
# Every statement here is short; compiling one costs more than running it.
jit = off

timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] %q%u@%d '
log_lock_waits = on
EOF
}

# After a kill -9 of everything there may be a server that nobody watches, sessions of a dead one
# that still hold its shared memory, or a pid file that names a process which is not PostgreSQL.
# All of PostgreSQL's processes work in the data folder, which tells them from others.
clear_stale_postgres() {
  local file=$pg_data/postmaster.pid pid i
  [ -f "$file" ] || return 0
  pid=$(head -n 1 "$file")
  if postgres_processes | grep -qx "$pid"; then
    kill -INT "$pid" 2>/dev/null ||
      die "PostgreSQL (pid $pid) runs on $pg_data as another user; stop it there"
    for ((i = 0; i < 150; i++)); do
      [ -d "/proc/$pid" ] || return 0
      pause 0.1
    done
  fi
  postgres_processes | xargs -r kill -KILL 2>/dev/null || true
  rm -f -- "$file"
}

postgres_processes() {
  find /proc -mindepth 2 -maxdepth 2 -name cwd -lname "$pg_data" 2>/dev/null | cut -d/ -f3
}

private_database_url() { # STATE_DIR PORT
  echo "postgresql://orderflow:$(cat "$1/postgres.password")@127.0.0.1:$2/orderflow"
}

postgres_entry() { # PORT: the supervisor's table line
  local account=-
  [ "$(id -u)" -ne 0 ] || account=$pg_user
  # Each batch brings arrays of some hundred kilobytes: a session keeps the memory for the next one
  # instead of handing its pages back to the kernel.
  entry postgres daemon "postgres:$1" "$account" INT/QUIT "$(command -v env)" \
    MALLOC_MMAP_THRESHOLD_=33554432 MALLOC_TRIM_THRESHOLD_=33554432 MALLOC_TOP_PAD_=1048576 \
    "$pg_bin/postgres" -D "$pg_data"
}

remove_postgres() { # STATE_DIR
  locate_postgres "$1"
  local target
  target=$(readlink -f -- "$pg_home" 2>/dev/null) || target=
  # Outside the state folder only what this very state folder made is removed.
  if [ -L "$pg_home" ] && [[ $target == /var/lib/orderflow/* ]] &&
    [ "$(cat "$target/state-folder" 2>/dev/null)" = "$1" ]; then
    rm -rf -- "$target"
    rmdir /var/lib/orderflow 2>/dev/null || true
  fi
  rm -rf -- "$pg_home"
  rm -f -- "$1"/postgres.password{,.new}
}
