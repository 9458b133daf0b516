// swift-tools-version: 6.2
import PackageDescription

/// Constrained optimization by Ipopt, in a package of its own: users of Curvature alone need no Ipopt.
let package = Package(
  name: "CurvatureIpopt",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "CurvatureIpopt", targets: ["CurvatureIpopt"]),
    .executable(name: "curvature-ipopt", targets: ["IpoptTool"]),
    .executable(name: "power-flow", targets: ["PowerFlow"]),
  ],
  // The tool's part of Curvature is for `curvature-ipopt` alone; who takes the library builds none of it.
  dependencies: [.package(name: "Curvature", path: "../..")],
  targets: [
    .systemLibrary(name: "CIpopt", pkgConfig: "ipopt", providers: [.apt(["coinor-libipopt-dev"]), .brew(["ipopt"])]),
    .target(name: "CurvatureIpopt", dependencies: ["CIpopt", .product(name: "Curvature", package: "Curvature")]),
    .executableTarget(
      name: "IpoptTool", dependencies: ["CurvatureIpopt", .product(name: "CurvatureCommands", package: "Curvature")]),
    .target(name: "OptimalPowerFlow", dependencies: ["CurvatureIpopt"]),
    .executableTarget(name: "PowerFlow", dependencies: ["OptimalPowerFlow"]),
    .testTarget(
      name: "CurvatureIpoptTests",
      dependencies: [
        "CurvatureIpopt", "OptimalPowerFlow", .product(name: "CurvatureCommands", package: "Curvature"),
      ], resources: [.copy("Fixtures")]),
  ],
  swiftLanguageModes: [.v6]
)
