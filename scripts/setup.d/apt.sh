# System packages and the commands that have to be there already. Sourced by scripts/setup.

oldest_node=20.19

apt_install() { # what for, package…
  local reason=$1 as_root=()
  shift
  command -v apt-get >/dev/null || fail "$reason is missing" "Install it by hand (on Debian: $*), then run setup again."
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || fail "$reason is missing, and installing it needs root" "Run this as root, then setup again: apt-get install --no-install-recommends $*"
    printf '  …  sudo for: apt-get install %s\n' "$*"
    # Asked for here: a long step has no terminal to type a password into.
    sudo -v || fail "sudo was refused" "Run this as root, then setup again: apt-get install --no-install-recommends $*"
    as_root=(sudo)
  fi
  must "apt: $reason" "apt-$1" apt_commands "$@"
}

apt_commands() { # package…; as_root is from apt_install
  # An interrupted dpkg is finished first; one dead third-party source fails an update although the packages are to be had.
  "${as_root[@]}" dpkg --configure -a
  "${as_root[@]}" apt-get -o DPkg::Lock::Timeout=300 update || true
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "$@"
}

require_commands() {
  local version
  command -v git >/dev/null || apt_install git git ca-certificates
  command -v cc >/dev/null || apt_install "a C compiler" gcc libc6-dev
  for command in rustup cargo rustc; do
    command -v "$command" >/dev/null || fail "$command is missing" "Install Rust with rustup: https://rustup.rs (or put ~/.cargo/bin on PATH)."
  done
  for command in node npm; do
    command -v "$command" >/dev/null || fail "$command is missing" "Install Node $oldest_node or later with npm: https://nodejs.org/en/download"
  done
  version=$(node --version)
  version=${version#v}
  if [ "$(printf '%s\n' "$oldest_node" "$version" | sort -V | head -n 1)" != "$oldest_node" ]; then
    fail "Node $oldest_node or later is needed, this is $version" "See https://nodejs.org/en/download"
  fi
}

provide_cxx() {
  command -v c++ >/dev/null || apt_install "a C++ compiler, for libFuzzer" g++
}

find_browser() { # sets browser; CHROMIUM names another one than the first found
  local name
  for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome-stable google-chrome; do
    [ -n "$name" ] && browser=$(command -v "$name") && return
  done
  return 1
}

provide_browser() {
  find_browser || apt_install "Chromium, for the browser tests (or set CHROMIUM to a Chrome)" chromium
}

provide_databases() {
  command -v redis-server >/dev/null || apt_install "Redis, for the tests of stores" redis-server
  ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null || apt_install "PostgreSQL, for the tests of stores" postgresql
}
