import Foundation

/// The tables of `Tests/Reference`, which the scripts beside them have made.
package enum ReferenceFiles {
  /// Where a table is.
  package static func url(_ name: String) -> URL {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Reference").appendingPathComponent(name)
  }
}
