# Sourced by the other scripts: finds the package, checks for Swift, installs the system libraries that are missing.
# Works as root, with sudo, and on systems that have everything already; installs nothing that is there.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# The packages beside the library build into its folder, so that what they share with it is compiled once. SwiftPM would
# go on with the plan of whoever was there before: it is removed before and afterwards.
# Usage: swift_package FOLDER COMMAND arguments
swift_package() {
  local status=0
  rm -f "$root/.build/release.yaml"
  swift "$2" --package-path "$root/$1" --scratch-path "$root/.build" -c release "${@:3}" || status=$?
  rm -f "$root/.build/release.yaml"
  return $status
}

say() { printf '==> %s\n' "$*" >&2; }

fail() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# Runs a command as root: directly, or through sudo.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null 2>&1; then
    sudo "$@"
  else
    fail "'$*' needs root, and sudo is not installed; run it as root, then repeat this script"
  fi
}

has_header() { printf '#include <%s>\n' "$1" | clang -E -x c - >/dev/null 2>&1; }

# The Debian packages that the build needs and this machine lacks, one a line.
missing_packages() {
  ls /usr/lib/gcc/*/*/crtbeginS.o >/dev/null 2>&1 || echo g++
  has_header stdlib.h || echo libc6-dev
  command -v pkg-config >/dev/null 2>&1 || echo pkg-config
  { has_header cblas.h || has_header openblas/cblas.h || pkg-config --exists openblas 2>/dev/null; } ||
    echo libopenblas-dev
  has_header zlib.h || echo zlib1g-dev
}

require_everything() {
  command -v swift >/dev/null 2>&1 || fail "Swift 6.2 or newer is needed (https://swift.org/install); 'swift' is not in PATH"
  [ "$(uname -s)" = Linux ] || return 0
  local missing
  missing=$(missing_packages | tr '\n' ' ')
  missing=${missing% }
  [ -z "$missing" ] || install_packages "$missing"
}

# Installs a Debian package unless a header of it is there: require_package NAME HEADER.
require_package() {
  [ "$(uname -s)" = Linux ] || return 0
  has_header "$2" || install_packages "$1"
}

# Installs Debian packages: a list of names in one word.
install_packages() {
  command -v apt-get >/dev/null 2>&1 ||
    fail "these libraries are missing: $1 (their Debian names); install them with your package manager"
  say "installing $1"
  # shellcheck disable=SC2086  # a list of words
  {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q >&2 || say "apt-get update failed; trying with the lists there are"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $1 >&2 ||
      fail "apt-get could not install $1"
  }
}
