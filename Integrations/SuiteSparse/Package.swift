// swift-tools-version: 6.2
import PackageDescription

/// Factors of sparse Hessians by SuiteSparse, in a package of its own: who does not ask for it does not inherit it.
let package = Package(
  name: "CurvatureSuiteSparse",
  platforms: [.macOS(.v15)],
  products: [.library(name: "CurvatureSuiteSparse", targets: ["CurvatureSuiteSparse"])],
  dependencies: [.package(name: "Curvature", path: "../..")],
  targets: [
    .systemLibrary(name: "CSuiteSparse", providers: [.apt(["libsuitesparse-dev"]), .brew(["suite-sparse"])]),
    .target(
      name: "CurvatureSuiteSparse",
      dependencies: ["CSuiteSparse", .product(name: "Curvature", package: "Curvature")]),
    .testTarget(name: "CurvatureSuiteSparseTests", dependencies: ["CurvatureSuiteSparse"]),
    // A measurement: the variances of a million neighbours.
    .executableTarget(name: "GridPrecision", dependencies: ["CurvatureSuiteSparse"]),
  ],
  swiftLanguageModes: [.v6]
)
