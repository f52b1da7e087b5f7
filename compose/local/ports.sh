# shellcheck shell=bash
# Which ports are taken, and by whom; read from /proc so that nothing need be installed.
# Sourced by ./orderflow.

check_port_number() { # NAME VALUE
  [[ $2 =~ ^[0-9]+$ ]] && [ "$2" -ge 1024 ] && [ "$2" -le 65500 ] ||
    die "$1 is '$2'; give it a port from 1024 to 65500"
}

# The socket in whose way one on that address would be, in REPLY; fails when the port is free.
listening_inode() { # PORT [ADDRESS]
  local port line a b c d address='[0-9A-F]+' tables=(/proc/net/tcp)
  [ ! -r /proc/net/tcp6 ] || tables+=(/proc/net/tcp6)
  printf -v port '%04X' "$1"
  # An IPv4 address stands there with its last byte first; who listens on all has nothing but zeros.
  if [[ ${2:-} == *.* && $2 != 0.0.0.0 ]]; then
    IFS=. read -r a b c d <<<"$2"
    printf -v address '(0+|%02X%02X%02X%02X)' "$d" "$c" "$b" "$a"
  fi
  # Local address is field 2, state 4 (0A listens), inode 10.
  line=$(awk -v socket="^$address:$port\$" '$4 == "0A" && $2 ~ socket { print $10; exit }' \
    "${tables[@]}")
  REPLY=$line
  [ -n "$line" ]
}

port_holder() { # INODE: " (held by NAME, pid N)" in REPLY, or nothing when that is hidden from us
  local link pid
  REPLY=
  link=$(find /proc/[0-9]*/fd -lname "socket:\[$1\]" -print -quit 2>/dev/null || true)
  [ -n "$link" ] || return 0
  pid=${link#/proc/}
  pid=${pid%%/*}
  REPLY=" (held by $(cat "/proc/$pid/comm" 2>/dev/null), pid $pid)"
}

require_free_port() { # PORT VARIABLE WHAT [ADDRESS]
  listening_inode "$1" "${4:-127.0.0.1}" || return 0
  port_holder "$REPLY"
  die "port $1 for $3 is taken$REPLY; free it or choose another with $2=PORT"
}

any_port_taken() { # PORT…
  local port
  for port in "$@"; do
    ! listening_inode "$port" || return 0
  done
  return 1
}

read_metrics_ports() { # BASE PROCESSES: sets ports[] and names[]
  local lines
  lines=$("$supervisor" ports --metrics-port-base "$1" --processes "$2") || exit
  mapfile -t ports <<<"$lines"
  names=("${ports[@]#* }")
  ports=("${ports[@]%% *}")
}

# The metrics ports follow from the HTTP port unless the person chose them, so when a neighbouring
# instance has them, the next free block does as well.
choose_metrics_base() {
  local ports names
  ! given ORDERFLOW_METRICS_PORT_BASE || return 0
  while read_metrics_ports "$metrics_base" "$processes" && any_port_taken "${ports[@]}"; do
    metrics_base=$((metrics_base + 10))
    [ $metrics_base -lt 65500 ] || die "no free ports for metrics; set ORDERFLOW_METRICS_PORT_BASE"
  done
}

free_ports() { # COUNT: the first of so many neighbours, below the range of outgoing connections
  local port ports tries
  for ((tries = 0; tries < 200; tries++)); do
    port=$((20000 + RANDOM % 12000))
    mapfile -t ports < <(seq "$port" $((port + $1 - 1)))
    any_port_taken "${ports[@]}" || {
      REPLY=$port
      return 0
    }
  done
  die "found no $1 free neighbouring ports between 20000 and 32000"
}
