import TensorGraph
import TestSupport
import Testing

@Suite("Vectorization") struct VectorizationTests {
  private static let rowCount = 3

  /// Other elements for an operand, of the same kind: floats shrunk, indices and masks in another order.
  private static func row(_ r: Int, of operand: Node) -> [Double] {
    let elements = Interpreter.evaluate([operand])[0]
    if operand.scalarType.isDifferentiable { return elements.map { $0 * (1 - 0.1 * Double(r)) } }
    return elements.indices.map { elements[($0 + r) % elements.count] }
  }

  @Test(
    "Every operation on all rows at once is the operation on each row",
    arguments: PrimitiveKind.allCases.filter { !PrimitiveRuleTests.leafKinds.contains($0) })
  func rows(kind: PrimitiveKind) throws {
    let builder = SampleBuilder(seed: 11)
    for sample in 0..<40 {
      let node = builder.node(kind)
      // The value of a rule is a graph of its own, so what it is made of comes from outside, too.
      let leaves = Node.topologicalOrder([node]).filter { $0.isInput }
      let hasRows = leaves.indices.map { $0 == sample % leaves.count || builder.generator.chance(0.4) }
      let given = leaves.indices.filter { hasRows[$0] }.map { leaves[$0] }
      let inputs = given.map { leaf in
        Node.input(
          (0..<Self.rowCount).flatMap { Self.row($0, of: leaf) }, [Self.rowCount] + leaf.shape, leaf.scalarType)
      }
      let result = try Operations.vmap(over: inputs) { rows in
        Node.substituting(Dictionary(uniqueKeysWithValues: zip(given, rows)), in: [node])
      }[0]
      #expect(result.shape == [Self.rowCount] + node.shape && result.scalarType == node.scalarType)
      let expected = (0..<Self.rowCount).flatMap { r in
        Interpreter.evaluate(
          [node], inputs: Dictionary(uniqueKeysWithValues: given.map { ($0, Self.row(r, of: $0)) }))[0]
      }
      let problem = mismatch(Interpreter.evaluate([result])[0], expected, relative: 1e-12, absolute: 1e-13)
      #expect(problem == nil, "sample \(sample), \(node.primitive), rows of \(hasRows)")
    }
  }

  @Test("Inputs must have leading axes of one extent") func errors() {
    func message(_ inputs: [Node]) -> String {
      do {
        _ = try Operations.vmap(over: inputs) { $0 }
        return ""
      } catch { return "\(error)" }
    }
    #expect(message([.zeros([], .float64)]).contains("leading axis"))
    #expect(message([.zeros([2], .float64), .zeros([3, 1], .float64)]).contains("[2], [3, 1]"))
  }

  @Test("No rows give no results, of the right shape") func empty() throws {
    let result = try Operations.vmap(over: [.zeros([0, 4], .float64)]) { [$0[0].summed(over: [0])] }
    #expect(result[0].shape == [0])
  }

  @Test("A slice past a transposition and a reshape is the slice") func slices() {
    var generator = RepeatableGenerator(seed: 5)
    for _ in 0..<200 {
      let dimensions = (0..<3).map { _ in generator.integer(in: 1...4) }
      let order = [0, 1, 2].shuffled(using: &generator)
      let x = Node.input(generator.reals(dimensions.reduce(1, *)), Shape(dimensions), .float64)
      let moved = x.permuted(order)
      let (a, b) = (moved.shape[0], moved.shape[1] * moved.shape[2])
      for shape: Shape in [[a, b], [a * moved.shape[1], moved.shape[2]], [a * b], [1, a, b]] {
        let flat = Node(.reshape(shape), [moved])
        let slices = shape.dimensions.map { extent in
          let start = generator.integer(in: 0...(extent - 1))
          return AxisSlice(start: start, step: 1, count: generator.integer(in: 1...(extent - start)))
        }
        let values = Interpreter.evaluate([flat.sliced(slices), Node(.slice(slices), [flat])])
        #expect(values[0] == values[1], "\(dimensions) \(order) \(shape) \(slices)")
      }
      let parts = Node.concatenate([moved, moved.filled(with: 2), moved], axis: 1)
      let start = generator.integer(in: 0...(parts.shape[1] - 1))
      let slice = AxisSlice(start: start, step: 1, count: generator.integer(in: 1...(parts.shape[1] - start)))
      let slices = [AxisSlice.all(a), slice, AxisSlice.all(moved.shape[2])]
      let values = Interpreter.evaluate([parts.sliced(slices), Node(.slice(slices), [parts])])
      #expect(values[0] == values[1])
    }
  }
}
