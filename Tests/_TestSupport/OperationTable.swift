import Foundation
import TensorGraph

/// What another system gives for an operation on small arrays.
package struct OperationRow: Decodable, Sendable {
  package struct Array: Decodable, Sendable {
    package let shape: [Int]
    package let type: String
    package let elements: [Double]

    /// An input with these elements; real ones in the given type.
    package func node(_ real: ScalarType = .float64) -> Node {
      let type = ScalarType(rawValue: self.type)!
      return .input(elements, Shape(shape), type.isDifferentiable ? real : type)
    }
  }

  package let name: String
  package let inputs: [Array]
  package let result: Array
}

/// The table of operations in `Tests/Reference`, which its script describes.
package enum OperationTable {
  package static let rows: [OperationRow] = {
    let file = ReferenceFiles.url("operations.json")
    do {
      return try JSONDecoder().decode([OperationRow].self, from: Data(contentsOf: file))
    } catch { fatalError("cannot read \(file.path): \(error)") }
  }()
}
