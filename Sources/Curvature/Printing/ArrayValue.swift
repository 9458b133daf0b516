import TensorGraph

/// Evaluated elements with their shape: what files hold and what commands print.
package struct ArrayValue: Sendable {
  package let shape: [Int]
  /// Row-major.
  package let storage: Storage

  package init(shape: [Int], storage: Storage) {
    precondition(storage.count == shape.reduce(1, *), "\(storage.count) elements for shape \(shape)")
    self.shape = shape
    self.storage = storage
  }

  package init(shape: [Int], _ elements: [Double]) {
    self.init(shape: shape, storage: Storage(elements))
  }

  package var count: Int { storage.count }

  /// Element `i` in row-major order as a double; a whole number beyond 2^53 is rounded, a mask is 0 or 1.
  package subscript(i: Int) -> Double {
    switch storage.scalarType {
    case .float32: Double(storage.element(i, of: Float.self))
    case .float64: storage.element(i, of: Double.self)
    case .bool: storage.element(i, of: Bool.self) ? 1 : 0
    case .int32: Double(storage.element(i, of: Int32.self))
    case .int64: Double(storage.element(i, of: Int64.self))
    }
  }
}

extension Tensor: CustomStringConvertible {
  /// The elements as NumPy prints them. Evaluates the tensor; one that cannot be evaluated (an argument inside a function
  /// that is being traced, for example) is described by its shape, its type and the reason.
  public var description: String {
    do {
      return NumPyText.text(of: ArrayValue(shape: shape, storage: try Evaluation.storage(node)))
    } catch {
      return "Tensor<\(Scalar.self)>(shape: \(shape), without elements: \(error.message))"
    }
  }
}
