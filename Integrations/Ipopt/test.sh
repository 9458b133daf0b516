#!/usr/bin/env bash
# Builds and tests the package; installs Ipopt on Debian if it is missing.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../../Scripts/setup.sh"

require_everything
# Debian before Ipopt 3.14 has its headers in another folder.
has_header coin-or/IpStdCInterface.h || require_package coinor-libipopt-dev coin/IpStdCInterface.h
swift_package Integrations/Ipopt test --disable-testable-imports "$@"
