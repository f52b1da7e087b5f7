# shellcheck shell=bash
# Which loopback ports are taken, and by whom; read from /proc so that nothing need be installed.
# Sourced by ./orderflow.

check_port_number() { # NAME VALUE
  [[ $2 =~ ^[0-9]+$ ]] && [ "$2" -ge 1024 ] && [ "$2" -le 65500 ] ||
    die "$1 is '$2'; give it a port from 1024 to 65500"
}

listening_inode() { # PORT: the socket that listens on it, in REPLY; fails when it is free
  local hex line tables=(/proc/net/tcp)
  [ ! -r /proc/net/tcp6 ] || tables+=(/proc/net/tcp6)
  printf -v hex ':%04X' "$1"
  # Local address is field 2, state 4 (0A listens), inode 10.
  line=$(awk -v port="$hex" '$4 == "0A" && $2 ~ port "$" { print $10; exit }' "${tables[@]}")
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

require_free_port() { # PORT VARIABLE WHAT
  listening_inode "$1" || return 0
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

read_metrics_ports() { # BASE: sets ports[] and roles[]
  mapfile -t ports < <("$supervisor" ports --metrics-port-base "$1")
  roles=("${ports[@]#* }")
  ports=("${ports[@]%% *}")
}

# The metrics ports follow from the HTTP port unless the person chose them, so when a neighbouring
# instance has them, the next free block does as well.
choose_metrics_base() {
  local ports roles
  [ "$metrics_base" -eq $((http_port + 1000)) ] || return 0
  while read_metrics_ports "$metrics_base" && any_port_taken "${ports[@]}"; do
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
