import TensorGraph

extension Node {
  /// An input that holds the elements, rounded to the type.
  package static func input(_ elements: [Double], _ shape: Shape, _ type: ScalarType = .float64) -> Node {
    Node(storage(elements, type), shape: shape)
  }

  /// A vector input.
  package static func vector(_ elements: [Double], _ type: ScalarType = .float64) -> Node {
    input(elements, Shape([elements.count]), type)
  }

  /// An identity matrix as an input.
  package static func identity(_ count: Int, _ type: ScalarType = .float64) -> Node {
    input((0..<(count * count)).map { $0 / count == $0 % count ? 1 : 0 }, [count, count], type)
  }

  private static func storage(_ elements: [Double], _ type: ScalarType) -> Storage {
    switch type {
    case .float32: Storage(elements.map { Float($0) })
    case .float64: Storage(elements)
    case .bool: Storage(elements.map { $0 != 0 })
    case .int32: Storage(elements.map { Int32($0) })
    case .int64: Storage(elements.map { Int64($0) })
    }
  }

  /// The elements by the reference semantics.
  package var interpreted: [Double] { Interpreter.evaluate([self])[0] }
}

extension Storage {
  /// The elements as doubles, whatever the type.
  package var doubles: [Double] { (0..<count).map { literal(at: $0).double } }
}
