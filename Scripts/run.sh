#!/usr/bin/env bash
# Builds the command-line tool in release mode and runs it with the arguments given.
# Without arguments it fits the 27 nonlinear regression problems of NIST: `curvature fit`.
# File names among the arguments are relative to the directory from which this is called.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

require_everything
[ $# -gt 0 ] || set -- fit
say "building the tool (release)"
swift build --package-path "$root" -c release --product curvature >&2
binary=$(swift build --package-path "$root" -c release --show-bin-path)/curvature
say "curvature $*"
exec "$binary" "$@"
