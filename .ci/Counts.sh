#!/usr/bin/env bash
# Counts what must not grow unnoticed, and fails where a count exceeds its limit. The limits stand in CONTRIBUTING.md, in
# the table below "Counts"; a count that became smaller is an occasion to lower its limit there.
# With --lines: the lines of each target, as a table.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

sources() { find Sources -type f \( -name '*.swift' -o -name '*.c' -o -name '*.h' -o -name '*.inc' \) | sort; }
swift_sources() { find Sources -name '*.swift' | sort; }

if [ "${1:-}" = --lines ]; then
  printf '| target | files | lines |\n|---|---|---|\n'
  for target in Sources/*/; do
    files=$(find "$target" -type f \( -name '*.swift' -o -name '*.c' -o -name '*.h' -o -name '*.inc' \))
    printf '| `%s` | %d | %d |\n' "$(basename "$target")" "$(grep -c . <<<"$files")" "$(xargs cat <<<"$files" | wc -l)"
  done
  exit
fi

primitives=$(awk '/^package enum Primitive/ { inside = 1 } inside && /^}/ { exit }
  inside && /^  case [a-z]/ { sub(/^  case /, ""); sub(/[^A-Za-z].*/, ""); print }' Sources/TensorGraph/Graph/Primitive.swift | tr "\n" " ")

# Switches whose patterns are primitives: two or more, and more than patterns of another kind.
primitive_switches() {
  swift_sources | xargs awk -v names="$primitives" '
    BEGIN { split(names, list, " "); for (i in list) isPrimitive[list[i]] = 1 }
    FNR == 1 { depth = 0 }
    { match($0, /^ */); indent = RLENGTH }
    depth > 0 && indent == at[depth] && /^ *}/ {
      if (own[depth] >= 2 && own[depth] > other[depth]) print FILENAME ":" line[depth]
      depth--
    }
    /(^|[^A-Za-z.])switch .*\{$/ { depth++; at[depth] = indent; line[depth] = FNR; own[depth] = other[depth] = open[depth] = 0 }
    depth > 0 && (indent == at[depth] && /^ *case / || open[depth]) {
      text = $0
      while (gsub(/\([^()]*\)/, "", text)) { }  # what a pattern binds is no pattern of the switch
      open[depth] = text !~ /:/
      sub(/:.*/, "", text)
      while (match(text, /\.[a-z][A-Za-z0-9]*/)) {
        name = substr(text, RSTART + 1, RLENGTH - 1)
        if (name in isPrimitive) own[depth]++; else other[depth]++
        text = substr(text, RSTART + RLENGTH)
      }
    }'
}

alternatives=$(sed "s/ *$//; s/ /|/g" <<<"$primitives")

# Each count prints the places, one a line.
long_files() { sources | xargs wc -l | awk '$2 != "total" && $1 > 400 { print $2 ": " $1 }'; }
primitive_conditions() {
  swift_sources | xargs grep -nE "(if|guard|while|,) case (let )?\.($alternatives)\b[^:]* = [^=]*primitive" || true
}
# Keys of dictionaries and caches that are types of this package, other than nodes: a structure that is looked up.
table_keys() {
  local types
  types=$(swift_sources | xargs sed -nE 's/.*(struct|enum|class) ([A-Z][A-Za-z]*)\b[^{]*Hashable.*/\2/p' | sort -u |
    grep -vxE 'Scalar[A-Za-z]*|BinaryOperator' | tr '\n' '|' | sed 's/|$//')
  swift_sources | xargs grep -oE "(\[|Cache<)([A-Z][A-Za-z]*\.)?($types)(: |, )" | sed -E 's/[[<]/ /; s/(: |, )$//' | sort -u
}
shared_state() { swift_sources | xargs grep -nE "(let|var) .*(Mutex|AtomicLazyReference)[<(]" || true; }
shared_tables() { swift_sources | xargs grep -nE "static let shared\b|static let .*(Mutex|AtomicLazyReference)[<(]" || true; }
cost_comparisons() {
  swift_sources | xargs grep -nE "([cC]ost[A-Za-z]*(\([^()]*\))?(\.nanoseconds)?|nanoseconds) [<>]=? " || true
}
scalar_function() { sources | xargs grep -nw expMinusOne; }

failures=0
check() { # what stands in the table, and the places
  local limit count
  limit=$(grep -F "| $1 |" CONTRIBUTING.md | awk -F'|' '{ gsub(/ /, "", $3); print $3 }' || true)
  count=$(grep -c . <<<"$2" || true)
  printf '%5d (at most %s)  %s\n' "$count" "${limit:-?}" "$1"
  if [ -z "$limit" ] || [ "$count" -gt "$limit" ]; then
    printf '%s\n' "$2" >&2
    failures=$((failures + 1))
  fi
}

check "files of more than 400 lines" "$(long_files)"
check "switches over \`Primitive\`" "$(primitive_switches)"
check "conditions on a primitive outside of switches" "$(primitive_conditions)"
check "types that are keys of tables, by file" "$(table_keys)"
check "properties that several tasks change (\`Mutex\`, \`AtomicLazyReference\`)" "$(shared_state)"
check "tables of the whole process" "$(shared_tables)"
check "comparisons of expected costs" "$(cost_comparisons)"
check "lines that name a scalar function (\`expMinusOne\`)" "$(scalar_function)"
check "files that name it" "$(scalar_function | cut -d: -f1 | sort -u)"
[ "$failures" -eq 0 ] || {
  printf 'error: %d counts exceed their limits in CONTRIBUTING.md\n' "$failures" >&2
  exit 1
}
