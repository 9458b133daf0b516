#!/usr/bin/env bash
# Compiles every Swift block of the README, CONTRIBUTING, the articles and the doc comments against the release build, runs
# them, and compares the values that their comments state. CONTRIBUTING.md says how a block is written.
# Usage: .ci/CodeBlocks.sh [files]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. .ci/modules.sh

[ $# -gt 0 ] || set -- README.md CONTRIBUTING.md Sources/Curvature/Curvature.docc/*.md $(grep -rlE '^ *///.*```swift' Sources | sort)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/sources" "$work/place"

swiftc -swift-version 6 .ci/CodeBlocks/Extract.swift -o "$work/extract"
"$work/extract" "$work/sources" "$@"
library_objects | sed 's/.*/"&"/' >"$work/objects" # paths may have blanks
# shellcheck disable=SC2046  # a list of flags
swiftc -swift-version 6 -suppress-warnings -Onone -module-name CodeBlocks "${includes[@]}" .ci/CodeBlocks/Expect.swift \
  "$work"/sources/*.swift "@$work/objects" $(library_flags) -o "$work/blocks"

# Code that must be refused: an error for each piece.
for places in "$work"/sources/places*; do
  [ -e "$places" ] || continue
  cp "${places/places/refused}" "$work/refused.swift"
  swiftc -typecheck -swift-version 6 "${includes[@]}" "$work/refused.swift" 2>&1 |
    sed -nE 's/^refused:([0-9]+):.*error: .*/\1/p' | sort -un >"$work/lines" || true
  taken=$(awk 'FILENAME == ARGV[1] { isRefused[$1] = 1; next } !(FNR in isRefused)' "$work/lines" "$places")
  [ -z "$taken" ] || {
    printf 'error: the compiler takes what a table says it refuses:\n%s\n' "$taken" >&2
    exit 1
  }
done

# What blocks read and write lies in a folder of its own.
cd "$work/place"
"$work/blocks" >"$work/printed" || {
  [ ! -e last-document ] || printf 'error: the code of %s did not come to its end\n' "$(cat last-document)" >&2
  exit 1
}
