import CPUEngine
import TensorGraph
import TestSupport
import Testing

@Suite("Pseudoinverses and least squares of any rank") struct PseudoInverseTests {
  /// A matrix of the given rank as a product of parts of a vector, with a right-hand side, and its pseudoinverse by a
  /// formula that needs the parts: with A = L R it is Rᵀ (R Rᵀ)⁻¹ (Lᵀ L)⁻¹ Lᵀ.
  private struct Problem {
    let x: Node
    let matrix: Node
    let right: Node
    let expected: Node

    init(_ rows: Int, _ columns: Int, rank: Int, seed: UInt64) throws {
      var generator = RepeatableGenerator(seed: seed)
      let count = rows * rank + rank * columns + 2 * rows
      let numbers = (0..<count).map { _ in
        Double.random(in: 0.5...1.5, using: &generator) * (Bool.random(using: &generator) ? 1 : -1)
      }
      let x = Node.vector(numbers)
      var start = 0
      func part(_ shape: Shape) -> Node {
        defer { start += shape.count }
        return x.sliced([AxisSlice(start: start, step: 1, count: shape.count)]).reshaped(to: shape)
      }
      let (first, second) = (part([rows, rank]), part([rank, columns]))
      self.x = x
      right = part([rows, 2])
      matrix = .product(first, second)
      let inner = try Operations.solve(.product(first.matrixTransposed, first), first.matrixTransposed)
      let outer = try Operations.solve(.product(second, second.matrixTransposed), inner)
      expected = .product(second.matrixTransposed, outer)
    }

    /// Value, gradient and Hessian of a weighted sum of squares.
    func derivatives(of result: Node) throws -> [[Double]] {
      let weights = Node.vector((0..<result.shape.count).map { 0.3 + 0.1 * Double($0 % 7) }, x.scalarType)
      let total = (weights.reshaped(to: result.shape) * .elementwise(.square, result))
        .summed(over: Array(0..<result.shape.rank))
      let gradient = try #require(TensorGraph.gradient(of: total, to: [x])[0])
      let hessian = jacobian(of: gradient, to: x)
      return try evaluated([result, gradient, hessian])
    }
  }

  private static let shapes = [(2, 2, 1), (3, 2, 1), (2, 3, 1), (4, 3, 2), (3, 4, 2), (4, 4, 3), (4, 2, 2), (2, 4, 2)]

  @Test("Derivatives along changes that keep the rank", arguments: shapes)
  func constantRank(rows: Int, columns: Int, rank: Int) throws {
    let problem = try Problem(rows, columns, rank: rank, seed: UInt64(rows * 100 + columns * 10 + rank))
    let pairs = [
      (try Operations.pseudoInverse(problem.matrix), problem.expected),
      (try Operations.leastSquares(problem.matrix, problem.right), .product(problem.expected, problem.right)),
    ]
    for (node, formula) in pairs {
      for (found, expected) in zip(try problem.derivatives(of: node), try problem.derivatives(of: formula)) {
        let size = expected.reduce(0) { max($0, abs($1)) }
        #expect(mismatch(found, expected, relative: 0, absolute: 1e-10 * max(size, 1)) == nil)
      }
    }
  }

  @Test("Singular values up to the cutoff count as zero", arguments: [ScalarType.float64, .float32])
  func cutoff(type: ScalarType) throws {
    func value(_ matrix: [Double], _ shape: Shape, cutoff: Double? = nil) throws -> [Double] {
      try evaluated([Operations.pseudoInverse(.input(matrix, shape, type), cutoff: cutoff)])[0]
    }
    let tolerance = type == .float64 ? 1e-14 : 1e-6
    func agrees(_ found: [Double], _ expected: [Double]) -> Bool {
      mismatch(found, expected, relative: tolerance, absolute: tolerance) == nil
    }
    #expect(try agrees(value([1, 1, 1, 1], [2, 2]), [0.25, 0.25, 0.25, 0.25]))
    #expect(try agrees(value([1, 0, 0, 0.125], [2, 2]), [1, 0, 0, 8]))
    #expect(try agrees(value([1, 0, 0, 0.125], [2, 2], cutoff: 0.2), [1, 0, 0, 0]))
    #expect(try agrees(value([0, 0, 0, 0, 0, 0], [3, 2]), [0, 0, 0, 0, 0, 0]))
    #expect(try value([1, .nan, 0, 1], [2, 2]).contains { $0.isNaN })
    #expect(try value([], [0, 3]).isEmpty)
    // The shortest solution, of an undetermined system too.
    let short = try Operations.leastSquares(.input([1, 1], [1, 2], type), .input([2], [1], type))
    #expect(try agrees(evaluated([short])[0], [1, 1]))
  }

  @Test("Right-hand sides in a batch, with one matrix and with several") func batches() throws {
    let matrix = Node.input([1, 2, 3, 4, 5, 6], [3, 2], .float64)
    let sides = Node.input((0..<12).map { Double($0 * $0 % 7) }, [2, 3, 2], .float64)
    let matrices = try Operations.stack([matrix, 2 * matrix])
    func slice(_ node: Node, _ i: Int) -> Node {
      node.sliced([AxisSlice(start: i, step: 1, count: 1)] + node.shape.dimensions.dropFirst().map(AxisSlice.all))
        .reshaped(to: Shape(Array(node.shape.dimensions.dropFirst())))
    }
    for a in [matrix, matrices] {
      let whole = try Operations.leastSquares(a, sides)
      #expect(whole.shape == [2, 2, 2])
      for i in 0..<2 {
        let single = try Operations.leastSquares(a.shape.rank == 2 ? a : slice(a, i), slice(sides, i))
        let values = try evaluated([slice(whole, i), single])
        #expect(mismatch(values[0], values[1], relative: 1e-13, absolute: 1e-13) == nil)
      }
    }
  }

  @Test("There are no derivatives where a small change makes the rank larger") func changingRanks() throws {
    let (thin, wide): ([Double], [Double]) = ([1, 2, -1, 3, 0.5, 1], [1, 2, 2, 4, -1, -2])
    // Of rank 1 where nearly all have 2, or of the rank that all have.
    let cases: [(isDefined: Bool, values: [Double], (Node) -> Node)] = [
      (false, wide, { $0.reshaped(to: [3, 2]) }), (false, wide, { $0.reshaped(to: [3, 2]).matrixTransposed }),
      (false, wide, { 2 * -$0.reshaped(to: [3, 2]) }),
      (false, wide, { .product($0.reshaped(to: [3, 2]), $0.reshaped(to: [3, 2]).matrixTransposed) }),
      (true, thin, { .product($0.reshaped(to: [3, 2]), $0.reshaped(to: [3, 2]).matrixTransposed) }),
      (true, wide, { .product($0.reshaped(to: [6, 1]), $0.reshaped(to: [1, 6])) }),
      (true, thin, { $0.reshaped(to: [3, 2]) }),
    ]
    for (isDefined, values, make) in cases {
      let x = Node.vector(values)
      let matrix = make(x)
      let right = Node.input((0..<matrix.shape[0]).map { 1 + Double($0) }, [matrix.shape[0]])
      for result in [try Operations.pseudoInverse(matrix), try Operations.leastSquares(matrix, right)] {
        let gradient = try #require(TensorGraph.gradient(of: Operations.sum(result), to: [x])[0])
        let found = try evaluated([gradient, jacobian(of: gradient, to: x)]).flatMap { $0 }
        #expect(found.allSatisfy { isDefined ? $0.isFinite : $0.isNaN }, "\(matrix.shape)")
      }
    }
  }

  @Test("A variable of less than full rank has no derivative, in a batch its slice alone") func undefined() throws {
    let a = Node.input([1, 1, 1, 1, 2, 0, 0, 4], [2, 2, 2], .float64)
    let total = try Operations.sum(Operations.pseudoInverse(a))
    let gradient = try evaluated([try #require(TensorGraph.gradient(of: total, to: [a])[0])])[0]
    #expect(gradient[..<4].allSatisfy { $0.isNaN })
    #expect(mismatch(Array(gradient[4...]), [-0.25, -0.125, -0.125, -0.0625], relative: 1e-14, absolute: 1e-14) == nil)
  }
}
