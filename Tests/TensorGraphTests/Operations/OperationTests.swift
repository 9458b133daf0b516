import TensorGraph
import TestSupport
import Testing

@Suite("Operations against NumPy") struct OperationTests {
  @Test("The table and the samples have the same names") func names() {
    #expect(Set(OperationTable.rows.map(\.name)) == Set(OperationSample.all.map(\.name)))
    #expect(OperationSample.all.count == OperationTable.rows.count)
  }

  @Test("Values", arguments: [ScalarType.float64, .float32]) func values(type: ScalarType) throws {
    let rows = Dictionary(uniqueKeysWithValues: OperationTable.rows.map { ($0.name, $0) })
    for sample in OperationSample.all {
      let row = try #require(rows[sample.name])
      let result = try sample.function(row.inputs.map { $0.node(type) })
      #expect(result.shape.dimensions == row.result.shape, "\(sample.name)")
      let tolerance = type == .float64 ? 1e-13 : 1e-5
      let problem = mismatch(result.interpreted, row.result.elements, relative: tolerance, absolute: tolerance)
      #expect(problem == nil, "\(sample.name)")
    }
  }

  @Test("First to third derivatives equal central differences") func derivatives() throws {
    let rows = Dictionary(uniqueKeysWithValues: OperationTable.rows.map { ($0.name, $0) })
    var generator = RepeatableGenerator(seed: 8)
    var constants: [String] = []
    for sample in OperationSample.all {
      let inputs = try #require(rows[sample.name]).inputs.map { $0.node() }
      let result = try sample.function(inputs)
      let variables = inputs.filter(\.scalarType.isDifferentiable)
      guard result.scalarType.isDifferentiable, !variables.isEmpty else {
        constants.append(sample.name)
        continue
      }
      let problems = differenceMismatches(
        of: result, in: variables, at: Dictionary(uniqueKeysWithValues: variables.map { ($0, $0.interpreted) }),
        &generator)
      #expect(problems == [], "\(sample.name)")
    }
    // Masks, indices and what is made of nothing.
    #expect(
      constants == [
        "any", "all", "argmax of axis 1", "argmin of everything", "argsort", "argsort descending", "eye", "one hot",
      ])
  }

  @Test(
    "Collapsed second-order forward mode gives the sum of second derivatives",
    arguments: PrimitiveRuleTests.realKinds)
  func collapsed(kind: PrimitiveKind) {
    var generator = RepeatableGenerator(seed: 9)
    var tested = 0
    for node in PrimitiveRuleTests.samples(kind) {
      for variable in distinct(node.operands.filter { $0.scalarType == .float64 }) {
        let directions = randomNode([3] + variable.shape, .float64, &generator)
        // A nonlinear function of the variable below the node, so that tangents carry second derivatives as well.
        let inner = 0.5 * Node.elementwise(.exp, 0.3 * variable)
        let y = node.rebuilt(replacing: [variable: inner])
        let result = collapsedSecondOrder(of: [y], variable: variable, directions: directions)[0]
        var expected = [Double](repeating: 0, count: y.shape.count)
        for k in 0..<3 {
          let direction = directions.sliced(
            [AxisSlice(start: k, step: 1, count: 1)] + variable.shape.dimensions.map(AxisSlice.all)
          ).reshaped(to: variable.shape)
          let first = pushforward(of: [y], seeds: [(variable, direction)])[0]
          let second = first.flatMap { pushforward(of: [$0], seeds: [(variable, direction)])[0] }
          if let second { expected = zip(expected, second.interpreted).map(+) }
        }
        let sum = result.sum?.interpreted ?? [Double](repeating: 0, count: y.shape.count)
        #expect(mismatch(sum, expected, relative: 1e-11, absolute: 1e-11) == nil, "\(node.primitive)")
        tested += 1
      }
    }
    #expect(tested >= PrimitiveRuleTests.samplesPerKind)
  }

  @Test("Quantiles of what has a NaN are NaN, others are as they are") func quantilesOfNaN() throws {
    let x = Node.input([1, .nan, 2, 3, 5, 4], [2, 3], .float64)
    for q in [0, 0.3, 0.5, 1] {
      let values = try Interpreter.values(of: [Operations.quantile(x, q, [1]), Operations.quantile(x, q)])
      #expect(values[0][0].isNaN && values[0][1] == 3 + 2 * q && values[1][0].isNaN, "\(q): \(values)")
    }
  }
}
