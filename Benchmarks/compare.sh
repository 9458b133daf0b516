#!/usr/bin/env bash
# Runs the same workloads in Curvature and in other systems, on the same inputs, and prints one table.
#
#   Benchmarks/compare.sh [--only W2 W5 ...] [--systems curvature jax ...] [--format table|json]
#   Benchmarks/compare.sh first-hessian [NAME]           # time to the first Hessian, beside JAX's first call
#   Benchmarks/compare.sh solvers [nist] [mgh]           # minima and least squares, beside SciPy's
#   Benchmarks/compare.sh --help
#
# The other systems are installed from PyPI into a virtual environment in Benchmarks/.build-compare; one that cannot be
# installed is reported and left out. Everything made here lives in that folder and may be deleted.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../Scripts/setup.sh"

benchmarks=$root/Benchmarks
export CURVATURE_BENCH_BUILD=$benchmarks/.build-compare
python=$CURVATURE_BENCH_BUILD/venv/bin/python

command -v python3 >/dev/null 2>&1 || fail "Python 3 is needed for the other systems; 'python3' is not in PATH"
mkdir -p "$CURVATURE_BENCH_BUILD"
"$python" -c 'import pip' 2>/dev/null || {
  say "making a virtual environment in $CURVATURE_BENCH_BUILD/venv"
  python3 -m venv "$CURVATURE_BENCH_BUILD/venv" ||
    fail "python3 could not make a virtual environment (on Debian, install python3-venv)"
}

case " $* " in
*" --help "* | *" -h "*) ;;
*)
  require_everything
  if [ "${1:-}" = solvers ]; then
    say "building curvature (release)"
    swift_package . build --product curvature >&2
    CURVATURE=$(swift_package . build --show-bin-path)/curvature
    export CURVATURE
    exec "$python" -B "$benchmarks/Compare/solvers.py" "${@:2}"
  fi
  say "building curvature-bench (release)"
  swift_package Benchmarks build --product curvature-bench >&2
  CURVATURE_BENCH=$(swift_package Benchmarks build --show-bin-path)/curvature-bench
  export CURVATURE_BENCH
  ;;
esac
if [ "${1:-}" = first-hessian ]; then
  exec "$python" -B "$benchmarks/Compare/first_hessian.py" "${@:2}"
fi
exec "$python" -B "$benchmarks/Compare/compare.py" "$@"
