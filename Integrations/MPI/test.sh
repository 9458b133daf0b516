#!/usr/bin/env bash
# Builds and tests the package; installs Open MPI on Debian if it is missing.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../../Scripts/setup.sh"

require_everything
# Debian has the header in a folder that only pkg-config tells.
{ pkg-config --exists mpi-c && command -v mpirun >/dev/null; } || install_packages "libopenmpi-dev openmpi-bin"
swift_package Integrations/MPI build --build-tests
swift_package Integrations/MPI test --skip-build "$@"
