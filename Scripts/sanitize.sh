#!/usr/bin/env bash
# Runs the tests under the address sanitizer and the thread sanitizer, each in its own build directory.
# Usage: Scripts/sanitize.sh [address|thread|both] [arguments for `swift test`]
# The test of random programs runs over 100 000 of them here, which takes hours; CURVATURE_RANDOM_PROGRAMS says how many.
# Derivatives at singular points are compared with 10 000 rows that Tests/Reference/singular_points.py makes anew if Python has
# mpmath; CURVATURE_SINGULAR_POINTS names another table, CURVATURE_SINGULAR_SEED another beginning.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

which=both
case "${1:-}" in address | thread | both)
  which=$1
  shift
  ;;
esac
require_everything

# The thread sanitizer wants its shadow at fixed addresses, which a large address-space randomisation can take away.
fixed_addresses=()
if command -v setarch >/dev/null 2>&1 && setarch "$(uname -m)" -R true 2>/dev/null; then
  fixed_addresses=(setarch "$(uname -m)" -R)
fi
# BLAS is not instrumented: its own threads would be reported although they are in order.
export OPENBLAS_NUM_THREADS=1
# Types' metadata live until the end of the process by design and would be listed as leaks.
export ASAN_OPTIONS="${ASAN_OPTIONS:-detect_leaks=0}"
export TSAN_OPTIONS="${TSAN_OPTIONS:-halt_on_error=1}"

export CURVATURE_RANDOM_PROGRAMS="${CURVATURE_RANDOM_PROGRAMS:-100000}"

if [ -z "${CURVATURE_SINGULAR_POINTS:-}" ]; then
  if python3 -c 'import mpmath' 2>/dev/null; then
    say "10 000 formulas at singular points by mpmath"
    table="$(mktemp)"
    trap 'rm -f "$table"' EXIT
    python3 "$root/Tests/Reference/singular_points.py" 10000 "${CURVATURE_SINGULAR_SEED:-1000000}" "$table"
    export CURVATURE_SINGULAR_POINTS="$table"
  else
    say "python3 has no mpmath: derivatives at singular points are compared with the table of Tests/Reference alone"
  fi
fi

status=0
for sanitizer in address thread; do
  [ "$which" = both ] || [ "$which" = "$sanitizer" ] || continue
  say "tests under the $sanitizer sanitizer"
  ${fixed_addresses[@]+"${fixed_addresses[@]}"} swift test --package-path "$root" -c release \
    --scratch-path "$root/.build-$sanitizer" --sanitize "$sanitizer" "$@" || {
    say "the $sanitizer sanitizer run failed"
    status=1
  }
done
exit $status
