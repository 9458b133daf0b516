import CPUEngine
import TensorGraph
import TestSupport
import Testing

/// An input of a type with random elements: reals in -2...2, whole numbers in -9...9.
func randomInput(_ shape: Shape, _ type: ScalarType, using generator: inout RepeatableGenerator) -> Node {
  func storage<Scalar: TensorScalar>(_ element: () -> Scalar) -> Storage {
    Storage((0..<shape.count).map { _ in element() })
  }
  let storage =
    switch type {
    case .float32: storage { Float.random(in: -2...2, using: &generator) }
    case .float64: storage { Double.random(in: -2...2, using: &generator) }
    case .bool: storage { Bool.random(using: &generator) }
    case .int32: storage { Int32.random(in: -9...9, using: &generator) }
    case .int64: storage { Int64.random(in: -9...9, using: &generator) }
    }
  return Node(storage, shape: shape)
}

/// An int64 input with the given elements.
func indices(_ elements: [Int64], _ shape: Shape) -> Node { Node(Storage(elements), shape: shape) }

/// Whether the engine gives nodes the elements that their meaning gives them.
///
/// - Parameters:
///   - tolerance: relative to 1 + |element|, for what is computed in double precision throughout.
///   - single: the same where something is computed in single precision; 2^29 times as much by default.
func agrees(
  _ nodes: [Node], tolerance: Double = 1e-13, single: Double? = nil,
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let expected = Interpreter.evaluate(nodes)
  try Engine.evaluate(nodes)
  for (node, expected) in zip(nodes, expected) {
    let value = try #require(node.value)
    #expect(value.count == node.shape.count && value.scalarType == node.scalarType, sourceLocation: sourceLocation)
    let isSingle = Node.topologicalOrder([node]).contains { $0.scalarType == .float32 }
    let slack = !node.scalarType.isDifferentiable ? 0 : isSingle ? single ?? tolerance * 0x1p29 : tolerance
    for i in 0..<value.count {
      let (x, y) = (value.literal(at: i).double, expected[i])
      let close = x == y || (x.isNaN && y.isNaN) || abs(x - y) <= slack * (1 + abs(y))
      if !close {
        Issue.record(
          "\(node.primitive) \(node.scalarType) element \(i): \(x), not \(y)", sourceLocation: sourceLocation)
        break
      }
    }
  }
}
