// swift-tools-version: 6.2
import PackageDescription

/// Derivatives shared by the processes of an MPI job, in a package of its own: users of Curvature alone need no MPI.
let package = Package(
  name: "CurvatureMPI",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "CurvatureMPI", targets: ["CurvatureMPI"]),
    .executable(name: "curvature-mpi", targets: ["curvature-mpi"]),
  ],
  // The tool's part of Curvature is for `curvature-mpi` alone; who takes the library builds none of it.
  dependencies: [.package(name: "Curvature", path: "../..")],
  targets: [
    .systemLibrary(
      name: "COpenMPI", pkgConfig: "mpi-c", providers: [.apt(["libopenmpi-dev", "openmpi-bin"]), .brew(["open-mpi"])]),
    .target(
      name: "CurvatureMPI",
      dependencies: [
        "COpenMPI", .product(name: "Curvature", package: "Curvature"),
        .product(name: "CurvatureFiles", package: "Curvature"),
      ]),
    .executableTarget(
      name: "curvature-mpi",
      dependencies: ["CurvatureMPI", .product(name: "CurvatureCommands", package: "Curvature")],
      path: "Sources/MPITool"),
    // What the tests run under `mpirun`.
    .executableTarget(name: "MPISamples", dependencies: ["CurvatureMPI"]),
    .testTarget(name: "CurvatureMPITests", dependencies: ["curvature-mpi", "MPISamples"]),
  ],
  swiftLanguageModes: [.v6]
)
