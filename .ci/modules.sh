# Sourced by scripts that compile against the modules of the release build, in the root of the package: `built` is its folder,
# `includes` what finds the modules, `objects` what links them.
# shellcheck disable=SC2034  # used by who sources this
built=$(swift build -c release --show-bin-path)
includes=(-I "$built/Modules" -I "$built/CKernels.build") # the build writes the module map of C sources
while IFS= read -r folder; do includes+=(-I "$folder"); done < <(
  find Sources .build/checkouts -name module.modulemap -exec dirname {} \; | sort -u)

# The objects of the library products and of what they depend on, and the system libraries.
library_objects() {
  local module
  for module in SparseStructure SpyPlotPNG TensorGraph CKernels CPUEngine Curvature CurvatureFiles Algorithms RealModule; do
    find "$built/$module.build" -name '*.o'
  done
}
library_flags() {
  if [ "$(uname -s)" = Darwin ]; then
    echo -framework Accelerate -lz
  else
    pkg-config --libs openblas zlib 2>/dev/null || echo -lopenblas -lz
  fi
}
