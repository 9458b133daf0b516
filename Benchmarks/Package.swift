// swift-tools-version: 6.2
import PackageDescription

/// Measurements, in a package of their own: users of Curvature build none of it. The program sees what they see.
let package = Package(
  name: "CurvatureBenchmarks",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(name: "Curvature", path: "..")
  ],
  targets: [
    .executableTarget(
      name: "curvature-bench", dependencies: [.product(name: "Curvature", package: "Curvature")],
      path: "Sources/CurvatureBench")
  ],
  swiftLanguageModes: [.v6]
)
