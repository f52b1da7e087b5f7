# shellcheck shell=bash
# What a person sees: one line a phase with its time, noise in log files, and on a failure the end
# of the right log plus one line that says what to do. Sourced by ./orderflow.

terminal=no
[ -t 1 ] && terminal=yes
helpers=() # process ids of tickers and tails, ended with the script

# Waits without a process of its own: a `sleep` would outlive a script that is interrupted, and keep
# its locks and pipes for so long.
exec {silence}<> <(:)
pause() { read -rt "$1" -u "$silence" || true; } # SECONDS

now_ms() { REPLY=$((${EPOCHREALTIME/[.,]/} / 1000)); }

seconds_since() { # START_MS: the elapsed time as "3.2 s" in REPLY
  now_ms
  local elapsed=$((REPLY - $1))
  REPLY="$((elapsed / 1000)).$((elapsed % 1000 / 100)) s"
}

die() { # one line: what is wrong and how to mend it
  clear_line
  printf 'orderflow: %s\n' "$*" >&2
  exit 1
}

die_with_log() { # LOG MESSAGE
  local log=$1
  shift
  clear_line
  if [ -s "$log" ]; then
    printf -- '--- the end of %s\n' "$log" >&2
    tail -n 25 -- "$log" >&2
    printf -- '---\n' >&2
  fi
  die "$@"
}

clear_line() { if [ "$terminal" = yes ]; then printf '\r\033[K'; fi; }

phase() { # NAME: begins a phase
  phase_name=$1
  now_ms
  phase_start=$REPLY
  if [ "$terminal" = yes ]; then printf '%-11s …' "$1"; fi
}

phase_progress() { # TEXT: refreshed on a terminal, elsewhere a line every 15 s
  seconds_since "$phase_start"
  if [ "$terminal" = yes ]; then
    printf '\r\033[K%-11s %-56s %8s' "$phase_name" "${1:0:56}" "$REPLY"
  elif [ "${REPLY%%.*}" -ge $((${phase_told:-0} + 15)) ]; then
    phase_told=${REPLY%%.*}
    printf '%-11s %-56s %8s\n' "$phase_name" "$1" "$REPLY"
  fi
}

phase_done() { # TEXT
  clear_line
  seconds_since "$phase_start"
  printf '%-11s %-56s %8s\n' "$phase_name" "$1" "$REPLY"
}

ticker() { # LOG TEXT: shows the last [done/total] of the log, or else the text
  local step
  # Not longer than the script, whose locks it holds: that may have been killed.
  while pause 0.5 && kill -0 $$ 2>/dev/null; do
    step=$(tail -c 4000 -- "$1" 2>/dev/null | grep -ao '^\[[0-9]*/[0-9]*\]' | tail -n 1)
    phase_progress "${step:+$step }$2"
  done
}

run_logged() { # LOG TEXT COMMAND…: the command's noise goes to the log while its time is shown
  local log=$1 text=$2 code=0
  shift 2
  mkdir -p -- "${log%/*}"
  : >"$log"
  ticker "$log" "$text" &
  local ticker=$!
  helpers+=("$ticker")
  "$@" >>"$log" 2>&1 </dev/null || code=$?
  end_helper "$ticker"
  return "$code"
}

# At once: a signal that can be trapped would run the script's traps in a helper that has just forked.
end_helper() { # PID
  kill -KILL "$1" 2>/dev/null || true
  wait "$1" 2>/dev/null || true
}

end_helpers() {
  local pid
  for pid in "${helpers[@]}"; do end_helper "$pid"; done
  helpers=()
}
