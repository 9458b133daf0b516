import Curvature
import Foundation
import TensorGraph

/// An array value from its elements, for short test tables.
package func array(_ shape: [Int], _ elements: [some TensorScalar]) -> ArrayValue {
  ArrayValue(shape: shape, storage: Storage(elements))
}

extension ArrayValue {
  /// All elements as doubles.
  package var doubles: [Double] { (0..<count).map { self[$0] } }
}

/// A file among the fixtures of arrays, which NumPy has written.
package func arrayFixture(_ name: String) -> String {
  URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().path
    + "/CurvatureFilesTests/Fixtures/" + name
}

/// A folder for one test, removed when the test ends.
package final class Scratch {
  package let path: String

  package init() throws {
    path = NSTemporaryDirectory() + "curvature-tests-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// A file in the folder.
  package func file(_ name: String, _ text: String? = nil) throws -> String {
    let file = path + "/" + name
    if let text { try Data(text.utf8).write(to: URL(fileURLWithPath: file)) }
    return file
  }

  /// What is in the folder.
  package var contents: [String] { (try? FileManager.default.contentsOfDirectory(atPath: path).sorted()) ?? [] }
}
