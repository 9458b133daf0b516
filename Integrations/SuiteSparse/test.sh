#!/usr/bin/env bash
# Builds and tests the package; installs SuiteSparse on Debian if it is missing.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../../Scripts/setup.sh"

require_everything
require_package libsuitesparse-dev suitesparse/cholmod.h
swift_package Integrations/SuiteSparse test --disable-testable-imports "$@"
