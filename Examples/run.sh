#!/usr/bin/env bash
# Builds the examples and runs them, or those that are named; each compares what it finds with figures of other systems.
# Prints a line for each with its time, and all that a program says if a figure differs.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../Scripts/setup.sh"

require_everything
cd "$root/Examples"
say "examples: build"
swift_package Examples build
names=("$@")
if [ ${#names[@]} -eq 0 ]; then
  while IFS= read -r folder; do
    name=$(basename "$folder")
    [ "$name" = ExampleSupport ] || names+=("$name")
  done < <(find Sources -mindepth 1 -maxdepth 1 -type d | sort)
fi
failed=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT
for name in "${names[@]}"; do
  started=$SECONDS
  if ../.build/release/"$name" >"$log" 2>&1; then
    printf '%-20s %3d figures hold (%d s)\n' "$name" "$(grep -c '^  [^ ]' "$log")" $((SECONDS - started))
  else
    cat "$log"
    printf '%-20s FAILED\n' "$name"
    failed=$((failed + 1))
  fi
done
[ "$failed" -eq 0 ]
