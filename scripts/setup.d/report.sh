# What setup says while it works. Sourced by scripts/setup.

logs=$cache/logs
did_something=
running=

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
  green=$'\e[32m' red=$'\e[31m' dim=$'\e[2m' plain=$'\e[0m'
else
  green='' red='' dim='' plain=''
fi

fail() { # message line…
  printf '%ssetup: %s%s\n' "$red" "$1" "$plain" >&2
  shift
  [ $# -eq 0 ] || printf '       %s\n' "$@" >&2
  exit 1
}

# A long step runs in a process group of its own, or the compilers below cargo would outlive an interrupted setup.
stop_running() {
  [ -z "$running" ] || kill -TERM -- "-$running" 2>/dev/null || true
}
trap stop_running EXIT
trap 'exit 130' INT TERM HUP

elapsed() { # seconds: as text
  if [ "$1" -ge 60 ]; then printf '%d min %02d s' $(($1 / 60)) $(($1 % 60)); else printf '%d s' "$1"; fi
}

long_step() { # title, log name, command…: runs it into a log, showing the time it takes
  local title=$1 log=$logs/$2.log began=$SECONDS told=$SECONDS code=0
  shift 2
  did_something=yes
  mkdir -p "$logs"
  [ -t 1 ] || printf '  …  %s\n' "$title"
  set -m
  "$@" >"$log" 2>&1 </dev/null &
  running=$!
  set +m
  while kill -0 "$running" 2>/dev/null; do
    if [ -t 1 ]; then
      printf '\r  …  %s  %s%s%s ' "$title" "$dim" "$(elapsed $((SECONDS - began)))" "$plain"
    elif [ $((SECONDS - told)) -ge 30 ]; then
      told=$SECONDS
      printf '  …  %s  %s\n' "$title" "$(elapsed $((SECONDS - began)))"
    fi
    sleep 0.3
  done
  wait "$running" || code=$?
  running=
  [ ! -t 1 ] || printf '\r\e[K'
  if [ "$code" -eq 0 ]; then
    printf '  %sok%s %s  %s%s%s\n' "$green" "$plain" "${title% (*}" "$dim" "$(elapsed $((SECONDS - began)))" "$plain"
  else
    printf '  -- %s  did not work, %s\n' "${title% (*}" "$(elapsed $((SECONDS - began)))"
  fi
  return "$code"
}

must() { # like long_step, and the end of setup where the step fails
  long_step "$@" && return
  tail -n 30 "$logs/$2.log" >&2
  fail "$1 did not work; the whole log: $logs/$2.log" "Running the same command again continues where it stopped."
}

summary() {
  if [ -n "$did_something" ]; then
    printf '%sready for %s%s, %s; logs: %s\n' "$green" "$group" "$plain" "$(elapsed "$SECONDS")" "$logs"
  else
    printf 'ready for %s\n' "$group"
  fi
}

lock_machine() { # two setups at once would build the same tool in the same folder
  mkdir -p "$cache"
  command -v flock >/dev/null || return 0
  exec 9>"$cache/lock"
  flock -n 9 && return
  printf '  …  waiting for another setup on this machine\n'
  flock 9
}
