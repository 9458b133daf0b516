// swift-tools-version: 6.1
import PackageDescription

/// The targets as data: what each may import is the architecture, and the compiler enforces it.
let package = Package(
  name: "Curvature",
  platforms: [.macOS(.v15), .iOS(.v18)],
  targets: [
    .target(name: "TensorGraph")
  ],
  swiftLanguageModes: [.v6]
)
