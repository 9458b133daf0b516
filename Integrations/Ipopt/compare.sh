#!/usr/bin/env bash
# AC optimal power flow in Curvature, CasADi and PyOptInterface, on the same cases, in one run.
#
#   Integrations/Ipopt/compare.sh [--rounds 3] CASE.m ...     # files in MATPOWER's format, as those of PGLib-OPF
#
# The other systems are installed from PyPI into a virtual environment in .build-compare. All three use the same library of
# Ipopt with MUMPS, the one that comes with CasADi, so that they differ in functions and derivatives alone. Everything made
# here lies in .build-compare and may be deleted.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../../Scripts/setup.sh"

package=$root/Integrations/Ipopt
build=$package/.build-compare
python=$build/venv/bin/python
require_everything
command -v python3 >/dev/null 2>&1 || fail "Python 3 is needed for the other systems; 'python3' is not in PATH"
"$python" -c 'import casadi, pyoptinterface, numpy' 2>/dev/null || {
  say "making a virtual environment in $build/venv"
  python3 -m venv "$build/venv" || fail "python3 could not make a virtual environment (on Debian, install python3-venv)"
  "$python" -m pip install --quiet casadi 'pyoptinterface[nlp]' numpy
}
casadi=$("$python" -c 'import casadi, os; print(os.path.dirname(casadi.__file__))')
say "building power-flow (release) with CasADi's Ipopt"
flags=(--package-path "$package" --scratch-path "$build/swift" -c release -Xcc "-I$casadi/include" -Xlinker "-L$casadi")
swift build "${flags[@]}" --product power-flow >&2
program=$(swift build "${flags[@]}" --show-bin-path)/power-flow
exec "$python" -B "$package/Compare/compare.py" "$program" "$casadi" "$@"
