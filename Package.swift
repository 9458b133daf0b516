// swift-tools-version: 6.2
import PackageDescription

/// The targets as data: what each may import is the architecture, and the compiler enforces it.
let package = Package(
  name: "Curvature",
  platforms: [.macOS(.v15), .iOS(.v18)],
  products: [
    .library(name: "Curvature", targets: ["Curvature"]),
    .library(name: "CurvatureFiles", targets: ["CurvatureFiles"]),
    .library(name: "SpyPlotPNG", targets: ["SpyPlotPNG"]),
    // The tool as a library, for tools that bring a solver with them.
    .library(name: "CurvatureCommands", targets: ["CurvatureCommands"]),
    .executable(name: "curvature", targets: ["CurvatureTool"]),
  ],
  // A package that wants the library alone says `traits: []`, and fetches no parser of arguments.
  traits: [
    .trait(name: "CommandLine", description: "The tool `curvature`, which needs swift-argument-parser."),
    .default(enabledTraits: ["CommandLine"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-algorithms", from: "1.2.1"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-numerics", from: "1.1.1"),
  ],
  targets: [
    .target(name: "SparseStructure"),
    .testTarget(name: "SparseStructureTests", dependencies: ["SparseStructure", "SpyPlotPNG", "CZlib"]),
    // Pictures in a product of their own: the library needs no zlib.
    .target(name: "SpyPlotPNG", dependencies: ["SparseStructure", "CZlib"]),
    .target(
      name: "TensorGraph",
      dependencies: ["SparseStructure", .product(name: "RealModule", package: "swift-numerics")]),
    .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .target(name: "CKernels"),
    .target(
      name: "CPUEngine",
      dependencies: ["TensorGraph", "CKernels", .target(name: "COpenBLAS", condition: .when(platforms: [.linux]))]),
    .testTarget(name: "CPUEngineTests", dependencies: ["CPUEngine", "TensorGraph", "CKernels", "TestSupport"]),
    .target(
      name: "Curvature",
      dependencies: [
        "SparseStructure", "TensorGraph", "CPUEngine", .product(name: "Algorithms", package: "swift-algorithms"),
        .target(name: "COpenBLAS", condition: .when(platforms: [.linux])),
      ]),
    .target(name: "AllocationCounter", path: "Tests/_AllocationCounter"),
    .testTarget(
      name: "CurvatureTests",
      dependencies: ["Curvature", "SparseStructure", "TensorGraph", "TestSupport", "AllocationCounter"]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    // Files of arrays in a product of their own, for the same reason.
    .target(
      name: "CurvatureFiles",
      dependencies: [
        "TensorGraph", "SparseStructure", "Curvature", "CZlib",
        .product(name: "Algorithms", package: "swift-algorithms"),
      ]),
    .testTarget(
      name: "CurvatureFilesTests", dependencies: ["CurvatureFiles", "Curvature", "TensorGraph", "TestSupport"],
      exclude: ["Fixtures"]),
    .target(
      name: "CurvatureCommands",
      dependencies: [
        "TensorGraph", "Curvature", "CurvatureFiles", "SpyPlotPNG",
        .product(name: "Algorithms", package: "swift-algorithms"),
        .product(
          name: "ArgumentParser", package: "swift-argument-parser", condition: .when(traits: ["CommandLine"])),
      ], resources: [.copy("Resources/NIST")]),
    .executableTarget(name: "CurvatureTool", dependencies: ["Curvature", "CurvatureCommands"]),
    .testTarget(
      name: "CurvatureCommandsTests",
      dependencies: ["CurvatureCommands", "CurvatureFiles", "Curvature", "TensorGraph", "TestSupport"],
      resources: [.copy("Fixtures")]),
    .target(name: "TestSupport", dependencies: ["TensorGraph", "Curvature"], path: "Tests/_TestSupport"),
    .testTarget(name: "TensorGraphTests", dependencies: ["SparseStructure", "TensorGraph", "TestSupport"]),
  ],
  swiftLanguageModes: [.v6]
)
