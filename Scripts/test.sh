#!/usr/bin/env bash
# Runs the tests in release mode. Arguments go to `swift test`, for example: Scripts/test.sh --filter Fit
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

require_everything
say "swift test -c release $*"
# No test imports with `@testable`, without which the same build serves tests and programs.
exec swift test --package-path "$root" -c release --disable-testable-imports "$@"
