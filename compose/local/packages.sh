# shellcheck shell=bash
# The Debian packages Orderflow is built and run with. Nothing missing: one dpkg query, no apt.
# Sourced by ./orderflow.

readonly build_packages=(
  cmake g++ ninja-build pkg-config ccache mold curl
  librdkafka-dev libmimalloc-dev libpqxx-dev libpq-dev prometheus-cpp-dev nlohmann-json3-dev
  libsimdjson-dev libvalijson-dev libfmt-dev libcli11-dev libexpected-dev
  libssl-dev zlib1g-dev)
# Newer than Debian 12 has them; on Debian 13 they are the release's own.
readonly newer_packages=(libboost1.83-dev libboost-url1.83-dev catch2)
readonly catch2_version_min=3.5

debian_codename() { (. /etc/os-release 2>/dev/null && echo "${VERSION_CODENAME:-unknown}"); }

is_installed() { # PACKAGE
  local status
  # ${…} is dpkg-query's, not the shell's.
  # shellcheck disable=SC2016
  status=$(dpkg-query -W -f '${db:Status-Status} ${Version}' "$1" 2>/dev/null) || return 1
  [ "${status%% *}" = installed ] || return 1
  [ "$1" != catch2 ] || dpkg --compare-versions "${status#* }" ge "$catch2_version_min"
}

java_is_new_enough() {
  local version
  version=$(java -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p')
  [ "${version:-0}" -ge 17 ]
}

for_release() { # BOOKWORM_PACKAGE LATER_PACKAGE
  if [ "$(debian_codename)" = bookworm ]; then echo "$1"; else echo "$2"; fi
}

wanted_packages() { # GROUP…: the groups' packages, one a line
  local group
  for group in "$@"; do
    case $group in
      build) printf '%s\n' "${build_packages[@]}" "${newer_packages[@]}" ;;
      postgres) postgres_bin >/dev/null || for_release postgresql-15 postgresql ;;
      kafka)
        java_is_new_enough || for_release openjdk-17-jre-headless default-jre-headless
        command -v mvn >/dev/null || echo maven
        ;;
      npm) command -v npm >/dev/null || echo npm ;;
      # With llvm-19, whose symbolizer the runtimes ask: suppressions name libraries by their frames.
      sanitizers) printf '%s\n' clang-19 libclang-rt-19-dev llvm-19 ;;
      mutate) echo patch ;;
      instructions) echo valgrind ;;
      plot) echo python3-matplotlib ;;
      profile) printf '%s\n' linux-perf python3 ;;
      lint) printf '%s\n' git clang-format-19 clang-tidy-19 shellcheck ;;
    esac
  done
}

ensure_packages() { # GROUP…: said once when nothing is missing
  phase packages
  if ! command -v dpkg-query >/dev/null; then
    phase_done "not Debian: not checked"
    return
  fi
  local package missing=()
  while read -r package; do
    is_installed "$package" || missing+=("$package")
  done < <(wanted_packages "$@")
  if [ ${#missing[@]} -eq 0 ]; then
    if [ -n "${packages_told:-}" ]; then clear_line; else phase_done "all there"; fi
    packages_told=yes
    return
  fi
  become_root "${missing[@]}"
  clear_line
  printf '%-11s missing: %s\n' packages "${missing[*]}" | fold -s -w 100
  run_logged "$log_dir/packages.log" "installing ${#missing[@]} Debian packages" \
    install_packages "${missing[@]}" ||
    die_with_log "$log_dir/packages.log" "installing failed; mend what the lines above name" \
      "(network, mirror, disk, another apt at work), then run the same command again"
  phase_done "installed ${#missing[@]} Debian packages"
}

become_root() { # PACKAGE…: sets as_root, or says what to run as root
  as_root=()
  [ "$(id -u)" -ne 0 ] || return 0
  as_root=(sudo)
  if command -v sudo >/dev/null; then
    sudo -n true 2>/dev/null && return 0
    # The person is asked once, here, where it is clear what for.
    if [ -t 0 ]; then
      clear_line
      echo "packages    root is needed to install: $*"
      sudo -v && return 0
    fi
  fi
  die "missing packages; as root run: $(apt_command "$@")"
}

split_packages() { # PACKAGE…: into ours_newer (from backports) and ours_release
  ours_newer=()
  ours_release=()
  local package
  for package in "$@"; do
    if [ "$(debian_codename)" = bookworm ] && [[ " ${newer_packages[*]} " == *" $package "* ]]; then
      ours_newer+=("$package")
    else
      ours_release+=("$package")
    fi
  done
}

apt_command() { # PACKAGE…: what a person can paste
  local ours_newer ours_release command="apt-get update"
  split_packages "$@"
  if [ ${#ours_newer[@]} -gt 0 ]; then
    backports_enabled || command="'$repo/orderflow' enable-backports && $command"
    command+=" && apt-get install -y -t bookworm-backports ${ours_newer[*]}"
  fi
  [ ${#ours_release[@]} -eq 0 ] ||
    command+=" && apt-get install -y --no-install-recommends ${ours_release[*]}"
  echo "$command"
}

install_packages() { # PACKAGE…
  local ours_newer ours_release
  split_packages "$@"
  [ ${#ours_newer[@]} -eq 0 ] || backports_enabled || enable_backports || return 1
  # An unrelated source that is down must not stop us; a missing package will.
  apt_get update || echo "apt-get update failed in part, going on"
  [ ${#ours_newer[@]} -eq 0 ] ||
    apt_get install -t bookworm-backports "${ours_newer[@]}" || return 1
  [ ${#ours_release[@]} -eq 0 ] || without_main_cluster apt_get install "${ours_release[@]}"
}

apt_get() { # COMMAND ARGUMENT…; a service that a package starts must not inherit our lock
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends \
    -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 "$@" 9>&-
}

# Debian starts a system-wide cluster with the package; Orderflow wants only its own.
without_main_cluster() { # COMMAND…
  local settings=/etc/postgresql-common/createcluster.conf code=0
  if [ -e "$settings" ] || is_installed postgresql-common; then
    "$@"
    return
  fi
  "${as_root[@]}" mkdir -p /etc/postgresql-common
  echo 'create_main_cluster = false' | "${as_root[@]}" tee "$settings" >/dev/null
  "$@" || code=$?
  local default=/usr/share/postgresql-common/createcluster.conf
  if [ -e "$default" ]; then
    "${as_root[@]}" cp "$default" "$settings"
  else
    "${as_root[@]}" rm -f "$settings"
  fi
  return "$code"
}

apt_dir=/etc/apt

backports_enabled() {
  grep -rqs --include='*.sources' --include='*.list' '^[^#]*bookworm-backports' \
    "$apt_dir/sources.list" "$apt_dir/sources.list.d"
}

# Copies the machine's own Debian source with the suite changed, so that the mirror, its key and
# its options stay the machine's. The security archive has no backports, so it is passed over.
enable_backports() {
  local entry list="$apt_dir/sources.list.d/orderflow-backports"
  if entry=$(debian_stanza) && [ -n "$entry" ]; then
    list+=.sources
  elif entry=$(debian_line) && [ -n "$entry" ]; then
    list+=.list
  else
    echo "no Debian source for $(debian_codename) in $apt_dir: add bookworm-backports by hand"
    return 1
  fi
  printf '%s\n' "$entry" | "${as_root[@]}" tee "$list" >/dev/null
}

# The first enabled deb822 stanza of the release itself, e.g. "Suites: bookworm bookworm-updates".
debian_stanza() {
  local files=()
  mapfile -t files < <(find "$apt_dir/sources.list.d" -name '*.sources' 2>/dev/null | sort)
  [ ${#files[@]} -gt 0 ] || return 1
  awk '
    function finish() {
      if (!found && types && suite && debian && main && !off) { printf "%s", text; found = 1 }
      text = ""; types = suite = debian = main = off = skip = 0
    }
    FNR == 1 { finish() }
    /^[ \t]*$/ { finish(); next }
    /^#/ { next }
    skip && /^[ \t]/ { next }
    { skip = 0; field = tolower($1) }
    field == "types:" { types = / deb( |$)/; $0 = "Types: deb" }
    field == "uris:" { debian = /\/debian(\/|[ \t]|$)/ && !/security/ }
    field == "components:" { main = / main([ \t]|$)/ }
    field == "enabled:" { off = /no/ }
    field == "suites:" {
      suite = / (bookworm|oldstable)([ \t]|$)/; $0 = "Suites: bookworm-backports"; skip = 1
    }
    { text = text $0 "\n" }
    END { finish(); exit !found }' "${files[@]}"
}

# The same from one-line entries: deb [options] URI suite components.
debian_line() {
  local files=("$apt_dir/sources.list")
  mapfile -t -O 1 files < <(find "$apt_dir/sources.list.d" -name '*.list' 2>/dev/null | sort)
  local options='(\[[^]]*\][ \t]+)?' uri='[^ \t]*/debian/?[^ \t]*' suite='(bookworm|oldstable)'
  sed -nE "s#^deb[ \t]+($options$uri)[ \t]+$suite([ \t]+main.*)\$#deb \1 bookworm-backports\4#p" \
    "${files[@]}" 2>/dev/null | grep -v security | head -n 1
}
