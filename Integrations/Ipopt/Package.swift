// swift-tools-version: 6.2
import PackageDescription

// On Debian the header is found without, and pkg-config gives a flag that SwiftPM warns of.
#if os(Linux)
  let pkgConfig: String? = nil
#else
  let pkgConfig: String? = "ipopt"
#endif

/// Constrained optimization by Ipopt, in a package of its own: users of Curvature alone need no Ipopt.
let package = Package(
  name: "CurvatureIpopt",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "CurvatureIpopt", targets: ["CurvatureIpopt"]),
    .executable(name: "curvature-ipopt", targets: ["curvature-ipopt"]),
    .executable(name: "power-flow", targets: ["PowerFlow"]),
  ],
  // The tool's part of Curvature is for `curvature-ipopt` alone; who takes the library builds none of it.
  dependencies: [.package(name: "Curvature", path: "../..")],
  targets: [
    .systemLibrary(name: "CIpopt", pkgConfig: pkgConfig, providers: [.apt(["coinor-libipopt-dev"]), .brew(["ipopt"])]),
    .target(name: "CurvatureIpopt", dependencies: ["CIpopt", .product(name: "Curvature", package: "Curvature")]),
    .executableTarget(
      name: "curvature-ipopt",
      dependencies: ["CurvatureIpopt", .product(name: "CurvatureCommands", package: "Curvature")],
      path: "Sources/IpoptTool"),
    .target(name: "OptimalPowerFlow", dependencies: ["CurvatureIpopt"]),
    .executableTarget(name: "PowerFlow", dependencies: ["OptimalPowerFlow"]),
    .testTarget(
      name: "CurvatureIpoptTests",
      dependencies: [
        "CurvatureIpopt", "OptimalPowerFlow", "curvature-ipopt",
      ], resources: [.copy("Fixtures")]),
  ],
  swiftLanguageModes: [.v6]
)
