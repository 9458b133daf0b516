#!/usr/bin/env bash
# Builds the documentation of the three libraries, with warnings as errors, into .build/documentation, and fails where a public
# symbol has no doc comment. It is made from the release build, which comes first unless it is skipped.
# Usage: Scripts/documentation.sh [--skip-build] [--preview]
#   --preview: shows the documentation of the library Curvature in a local web server afterwards, until it is interrupted.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

builds=true
previews=false
for argument in "$@"; do
  case "$argument" in
  --skip-build) builds=false ;;
  --preview) previews=true ;;
  *) fail "unknown argument '$argument'; usage: Scripts/documentation.sh [--skip-build] [--preview]" ;;
  esac
done

require_everything
command -v docc >/dev/null 2>&1 || fail "'docc', which comes with Swift, is not in PATH"
cd "$root"
if [ $builds = true ]; then
  say "building the libraries (release)"
  swift build -c release >&2
fi
. .ci/modules.sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
output=.build/documentation
mkdir -p "$output"

# On a Mac the libraries of the system are named to the compiler.
platform=()
[ "$(uname -s)" != Darwin ] || platform=(-sdk "$(xcrun --show-sdk-path)")
target=$(swift -print-target-info | sed -n 's/.*"triple": "\(.*\)".*/\1/p' | head -n 1)
extract() { # module, further options: its public symbols
  mkdir -p "$work/$1"
  swift symbolgraph-extract -module-name "$1" -target "$target" ${platform[@]+"${platform[@]}"} "${includes[@]}" -minimum-access-level public \
    -skip-synthesized-members -output-dir "$work/$1" "${@:2}"
}
document() { # command of docc, module, further arguments
  docc "$1" "${@:3}" --additional-symbol-graph-dir "$work/$2" --fallback-display-name "$2" \
    --fallback-bundle-identifier "documentation.$2" --output-path "$output/$2.doccarchive"
}
convert() { # module, its catalogue if it has one
  say "documentation of $1"
  document convert "$1" "${@:2}" --warnings-as-errors >&2
}

# What Curvature re-exports is part of its documentation.
extract Curvature -experimental-allowed-reexported-modules=TensorGraph,SparseStructure
extract CurvatureFiles
extract SpyPlotPNG
failures=0
convert Curvature Sources/Curvature/Curvature.docc || failures=1
convert CurvatureFiles || failures=1
convert SpyPlotPNG || failures=1

say "doc comments of public symbols"
swiftc -swift-version 6 .ci/DocumentedSymbols.swift -o "$work/documented"
"$work/documented" Sources/Curvature/Curvature.docc/Names.md "$work"/*/*.symbols.json || failures=1
[ $failures -eq 0 ] || fail "the documentation is not complete"
say "$output/Curvature.doccarchive"

if [ $previews = true ]; then
  document preview Curvature Sources/Curvature/Curvature.docc
fi
