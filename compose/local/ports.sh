# shellcheck shell=bash
# Which ports are taken, as the supervisor's program finds by trying to bind them, and by whom, which is
# read from /proc so that nothing need be installed. Sourced by ./orderflow.

check_port_number() { # NAME VALUE
  [[ $2 =~ ^[0-9]+$ ]] && [ "$2" -ge 1024 ] && [ "$2" -le 65500 ] ||
    die "$1 is '$2'; give it a port from 1024 to 65500"
}

# Those that a server could not bind, a line each in REPLY: also where nobody listens, since an outgoing
# connection has the port.
find_taken_ports() { # ADDRESS PORT…
  REPLY=$("$supervisor" taken-ports --host "$1" "${@:2}") || exit
}

# The socket in whose way one on that address would be: "INODE 1" in REPLY when it listens, "INODE 0" when
# it is a connection; empty when the kernel shows none.
socket_on_port() { # PORT ADDRESS
  local port a b c d address='[0-9A-F]+' tables=(/proc/net/tcp)
  [ ! -r /proc/net/tcp6 ] || tables+=(/proc/net/tcp6)
  printf -v port '%04X' "$1"
  # An IPv4 address stands there with its last byte first, behind a prefix where the socket takes IPv6 too;
  # who listens on all has nothing but zeros.
  if [[ $2 == *.* && $2 != 0.0.0.0 ]]; then
    IFS=. read -r a b c d <<<"$2"
    printf -v address '(0+|(0000000000000000FFFF0000)?%02X%02X%02X%02X)' "$d" "$c" "$b" "$a"
  fi
  # Local address is field 2, state 4 (0A listens), inode 10, which is 0 when no process has it any more.
  REPLY=$(awk -v socket="^$address:$port\$" '
    $2 ~ socket && $10 > 0 && !listens { found = $10; listens = $4 == "0A" }
    END { if (found) print found, listens }' "${tables[@]}")
}

port_holder() { # PORT ADDRESS: " (held by NAME, pid N)" in REPLY, or nothing when that is hidden from us
  local link pid name
  socket_on_port "$1" "$2"
  [ -n "$REPLY" ] || return 0
  link=$(find /proc/[0-9]*/fd -lname "socket:\[${REPLY% *}\]" -print -quit 2>/dev/null || true)
  [ -n "$link" ] || { REPLY=''; return 0; }
  pid=${link#/proc/}
  pid=${pid%%/*}
  name=$(cat "/proc/$pid/comm" 2>/dev/null) || name='a process'
  [ "${REPLY#* }" = 1 ] || name="a connection of $name"
  REPLY=" (held by $name, pid $pid)"
}

require_free_port() { # PORT VARIABLE WHAT [ADDRESS]
  local address=${4:-127.0.0.1}
  find_taken_ports "$address" "$1"
  [ -n "$REPLY" ] || return 0
  port_holder "$1" "$address"
  die "port $1 for $3 is taken$REPLY; free it or choose another with $2=PORT"
}

any_port_taken() { # PORT…: on any address
  find_taken_ports :: "$@"
  [ -n "$REPLY" ]
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
