#!/usr/bin/env bash
# Builds and tests the package; installs Open MPI on Debian if it is missing.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../../Scripts/setup.sh"

require_everything
# Debian has the header in a folder that only pkg-config tells.
{ pkg-config --exists mpi-c && command -v mpirun >/dev/null; } || install_packages "libopenmpi-dev openmpi-bin"
cd "$root/Integrations/MPI"
swift build -c release --build-tests
swift test -c release --skip-build "$@"
