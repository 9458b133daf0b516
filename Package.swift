// swift-tools-version: 6.1
import PackageDescription

/// The targets as data: what each may import is the architecture, and the compiler enforces it.
let package = Package(
  name: "Curvature",
  platforms: [.macOS(.v15), .iOS(.v18)],
  targets: [
    .target(name: "TensorGraph"),
    .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .target(
      name: "Curvature",
      dependencies: ["TensorGraph", .target(name: "COpenBLAS", condition: .when(platforms: [.linux]))]),
    .testTarget(name: "CurvatureTests", dependencies: ["Curvature"]),
  ],
  swiftLanguageModes: [.v6]
)
