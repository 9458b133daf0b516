// swift-tools-version: 6.2
import PackageDescription

let programs = [
  "CountRegression", "Epidemic", "GaussianProcess", "HeatEquation", "Humanoid", "LogisticRegression", "Molecule",
  "NeuralNetwork",
  "OptimalControl", "StateSpace", "Survival",
]

/// Programs as a user of the library would write them, in a package that depends on it as a user's would.
let package = Package(
  name: "CurvatureExamples",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(name: "Curvature", path: ".."),
    .package(url: "https://github.com/swhitty/FlyingFox", from: "0.27.1"),
  ],
  targets: [
    .target(
      name: "ExampleSupport",
      dependencies: [
        .product(name: "Curvature", package: "Curvature"), .product(name: "CurvatureFiles", package: "Curvature"),
      ], resources: [.copy("Data")]),
    .executableTarget(
      name: "OptionServer", dependencies: ["ExampleSupport", .product(name: "FlyingFox", package: "FlyingFox")]),
  ] + programs.map { .executableTarget(name: $0, dependencies: ["ExampleSupport"]) },
  swiftLanguageModes: [.v6]
)
