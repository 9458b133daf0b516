import TensorGraph
import TestSupport
import Testing

/// Boxes of tensors as expressions of their own.
@Suite struct PartTests {
  private static func box(_ shape: Shape, _ generator: inout RepeatableGenerator) -> [Range<Int>] {
    shape.dimensions.map { extent in
      let start = extent == 0 ? 0 : generator.integer(in: 0...(extent - 1))
      return start..<(extent == 0 ? 0 : generator.integer(in: (start + 1)...extent))
    }
  }

  private static func sliced(_ node: Node, _ box: [Range<Int>]) -> Node {
    node.sliced(box.map { AxisSlice(start: $0.lowerBound, step: 1, count: $0.count) })
  }

  @Test(
    "A box of every operation is the box of its result",
    arguments: PrimitiveKind.allCases.filter { !PrimitiveRuleTests.leafKinds.contains($0) })
  func boxes(kind: PrimitiveKind) {
    let builder = SampleBuilder(seed: 12)
    var generator = RepeatableGenerator(seed: 13)
    for sample in 0..<40 {
      let node = builder.node(kind)
      guard let variable = node.operands.first(where: { $0.scalarType.isDifferentiable && $0.isInput }) else {
        continue
      }
      let box = Self.box(node.shape, &generator)
      let part = node.part(box, of: variable)
      #expect(part.shape.dimensions == box.map(\.count) && part.scalarType == node.scalarType)
      let (found, expected) = (Interpreter.evaluate([part])[0], Interpreter.evaluate([Self.sliced(node, box)])[0])
      let problem = mismatch(found, expected, relative: 1e-12, absolute: 1e-13)
      #expect(problem == nil, "sample \(sample), \(node.primitive), box \(box)")
    }
  }

  @Test("A box of a gradient on a grid computes no more than the box and its neighbours") func grid() {
    let u = Tensor<Double>(Node.input((0..<600).map { Double($0 * 7 % 11) / 11 }, [30, 20], .float64))
    let corner = u[..<(-1), ..<(-1)]
    let area = sqrt(1 + square(u[1..., ..<(-1)] - corner) + square(u[..<(-1), 1...] - corner)).sum()
    let gradient = TensorGraph.gradient(of: area.node, to: [u.node])[0]!
    let box = [10..<14, 0..<20]
    let part = gradient.part(box, of: u.node)
    var dependents: Set<Node> = [u.node]
    for node in Node.topologicalOrder([part]) where node.operands.contains(where: dependents.contains) {
      dependents.insert(node)
    }
    let largest = dependents.filter { $0 !== u.node }.map(\.shape.count).max()!
    // Four rows, one above and one below.
    #expect(largest <= 6 * 20)
    let expected = Interpreter.evaluate([Self.sliced(gradient, box)])[0]
    #expect(mismatch(Interpreter.evaluate([part])[0], expected, relative: 1e-14, absolute: 1e-15) == nil)
  }
}
