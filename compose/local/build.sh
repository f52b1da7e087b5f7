# shellcheck shell=bash
# Building the program and its tests. Build folders belong to the clone, not to an instance, so
# instances with other state folders share them. Sourced by ./orderflow.

# Clones in different folders (a second one, CI's fresh one) share what was compiled before.
export CCACHE_BASEDIR=$repo CCACHE_NOHASHDIR=1

# One compiler process a core, fewer when memory is short: a large file takes 1.5 GB.
build_jobs() {
  local memory_kb jobs
  memory_kb=$(awk '/^MemAvailable:/ { print $2 }' /proc/meminfo 2>/dev/null)
  jobs=$(nproc)
  [ -z "$memory_kb" ] || [ $((memory_kb / 1500000)) -ge "$jobs" ] || jobs=$((memory_kb / 1500000))
  echo $((jobs > 0 ? jobs : 1))
}

build() { # FOLDER PHASE "TARGET…" CMAKE_OPTION…
  local dir=$build_dir/$1 log=$log_dir/build-$1.log targets options=("${@:4}")
  read -ra targets <<<"$3"
  phase "$2"
  mkdir -p "$dir"
  exec 8>"$build_dir/$1.lock"
  # Two builds in one folder would break each other; the second one waits and then has little to do.
  if ! flock -n 8; then
    phase_progress "waiting for another build of $1"
    flock 8
  fi
  configure "$dir" "$log" "${options[@]}" ||
    die_with_log "$log" "configuring the build failed; mend what the lines above name, then again"
  run_logged "$log" "building $3" \
    cmake --build "$dir" --parallel "$(build_jobs)" --target "${targets[@]}" || build_failed "$log"
  exec 8>&-
  if grep -q 'ninja: no work to do' "$log"; then
    phase_done "up to date"
  else
    phase_done "built in $(display_path "$dir")"
  fi
}

# CMake looks after its own inputs once the folder is configured; here only new options count.
configure() { # FOLDER LOG CMAKE_OPTION…
  local dir=$1 log=$2 cache=$1/CMakeCache.txt option
  shift 2
  if [ -f "$cache" ] && ! fits_cache "$cache" "$@"; then
    rm -rf -- "$dir"
    mkdir -p "$dir"
  fi
  if [ -f "$dir/build.ninja" ]; then
    for option in "$@"; do
      in_cache "$cache" "$option" || break
      option=
    done
    [ -n "${option:-}" ] || return 0
  fi
  run_logged "$log" configuring cmake -S "$repo" -B "$dir" -G Ninja "${@/#/-D}"
}

# No more optimisation than keeps the tests' deadlines.
readonly sanitizer_flags='CMAKE_CXX_FLAGS_RELWITHDEBINFO=-O1 -g1'

# CMake moves a folder neither to another place nor to another compiler.
fits_cache() { # CACHE CMAKE_OPTION…
  local cache=$1 option
  grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$repo" "$cache" || return 1
  for option in "${@:2}"; do
    [ "${option%%=*}" != CMAKE_CXX_COMPILER ] || in_cache "$cache" "$option" || return 1
  done
}

in_cache() { # CACHE NAME=VALUE
  local line
  line=$(grep -m 1 "^${2%%=*}:" "$1") && [ "${line#*=}" = "${2#*=}" ]
}

build_failed() { # LOG
  local log=$1
  clear_line
  if grep -qE 'Killed signal|Subprocess killed|Cannot allocate memory' "$log"; then
    die_with_log "$log" "the build was killed, as happens when memory runs out;" \
      "close other programs and run the same again"
  fi
  # The first error is the one that counts; what follows it is mostly its echo.
  printf -- '--- the first errors of %s\n' "$log" >&2
  grep -aE -A6 'error:|^FAILED:|undefined reference|CMake Error' "$log" | head -n 40 >&2
  printf -- '---\n' >&2
  die "the build failed; mend the first error above (whole log: $log)"
}

# Clang compiles what is instrumented in less than two thirds of GCC's time, and libFuzzer is its own.
build_sanitized() { # address|thread "TARGET…"
  local folder=asan fuzz=ON compiler
  compiler=$(command -v clang++-19) || die "clang++-19 is missing; install the package clang-19"
  [ "$1" = address ] || folder=tsan fuzz=OFF
  build $folder sanitizers "$2" "CMAKE_CXX_COMPILER=$compiler" CMAKE_BUILD_TYPE=RelWithDebInfo \
    "ORDERFLOW_SANITIZE=$1" ORDERFLOW_FUZZ=$fuzz ORDERFLOW_TESTS=ON "$sanitizer_flags"
}

build_program() { # [TARGET…]: and these
  # ORDERFLOW_TESTS is not named here: a folder that also builds the tests stays as it is.
  local tests=()
  [ -f "$build_dir/release/build.ninja" ] || tests=(ORDERFLOW_TESTS=OFF)
  build release build "orderflow orderflow-supervisor $*" CMAKE_BUILD_TYPE=Release "${tests[@]}"
}
