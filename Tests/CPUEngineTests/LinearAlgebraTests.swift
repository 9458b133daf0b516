import CPUEngine
import Foundation
import TensorGraph
import TestSupport
import Testing

/// What JAX gives for a weighted sum of a matrix function's elements, as a function of all elements of its operands.
struct LinearAlgebraRow: Decodable, Sendable, CustomTestStringConvertible {
  struct Array: Decodable, Sendable {
    let shape: [Int]
    let elements: [Double]
  }

  let name: String
  let inputs: [Array]
  let weights: [Double]
  let value: [Double]
  let gradient: [Double]
  /// The first rows.
  let hessian: [Double]

  var testDescription: String { name }

  /// The table of `Tests/Reference`, which its script describes.
  static let all: [LinearAlgebraRow] = {
    let file = ReferenceFiles.url("linear_algebra.json")
    do {
      return try JSONDecoder().decode([LinearAlgebraRow].self, from: Data(contentsOf: file))
    } catch { fatalError("cannot read \(file.path): \(error)") }
  }()

  func result(_ x: [Node]) throws -> Node {
    switch String(name.prefix { $0 != "," }) {
    case "solve": try Operations.solve(x[0], x[1])
    case "inv", "inv of a batch": try Operations.inverse(x[0])
    case "solve_triangular": try Operations.solveTriangular(x[0], x[1], isLower: true)
    case "det", "det of 9 rows": try Operations.determinant(x[0])
    case "slogdet": try Operations.signAndLogDeterminant(x[0]).logarithm
    case "cholesky": try Operations.cholesky(x[0])
    case "logdet": try Operations.logDeterminant(x[0].symmetrised)
    case "qr": Node.concatenate([try Operations.qr(x[0]).q, try Operations.qr(x[0]).r], axis: 0)
    case "lu":
      Node.concatenate([try Operations.lu(x[0]).p, try Operations.lu(x[0]).l, try Operations.lu(x[0]).u], axis: 0)
    case "lstsq": try Operations.leastSquares(x[0], x[1])
    case "pinv": try Operations.pseudoInverse(x[0])
    case "eigvalsh": try Operations.symmetricEigen(x[0]).values
    case "squares of eigenvectors": Node.elementwise(.square, try Operations.symmetricEigen(x[0]).vectors)
    case "svdvals": try Operations.singularValueDecomposition(x[0]).values
    case "squares of singular vectors":
      Node.concatenate(
        [
          .elementwise(.square, try Operations.singularValueDecomposition(x[0]).u),
          .elementwise(.square, try Operations.singularValueDecomposition(x[0]).vt),
        ], axis: 0)
    case "nuclear norm": try Operations.spectralNorm(x[0], isNuclear: true)
    case "expm": try Operations.matrixExponential(x[0])
    case "matrix_power": try Operations.matrixPower(x[0], -3)
    case "sqrtm": try Operations.matrixSquareRoot(x[0].symmetrised)
    case "logm": try Operations.matrixLogarithm(x[0].symmetrised)
    default: fatalError("no operation for \(name)")
    }
  }
}

extension Node {
  fileprivate var symmetrised: Node { 0.5 * (self + matrixTransposed) }
}

@Suite struct LinearAlgebraTests {
  @Test("Values, gradients and Hessians are JAX's", arguments: LinearAlgebraRow.all)
  func references(row: LinearAlgebraRow) throws {
    let count = row.gradient.count
    let x = Node.vector(row.inputs.flatMap(\.elements))
    var start = 0
    let parts = row.inputs.map { input in
      defer { start += input.elements.count }
      return x.sliced([AxisSlice(start: start, step: 1, count: input.elements.count)]).reshaped(to: Shape(input.shape))
    }
    let result = try row.result(parts)
    let weights = Node.input(row.weights, result.shape, .float64)
    let total = (weights * result).summed(over: Array(0..<result.shape.rank))
    let gradient = try #require(gradient(of: total, to: [x])[0])
    let seeds = Node.input((0..<count * count).map { $0 / count == $0 % count ? 1 : 0 }, [count, count], .float64)
    let hessian = try #require(pushforward(of: [gradient], seeds: [(x, seeds)], lift: 1)[0])
    let found = try evaluated([result, gradient, hessian])
    for (found, expected) in zip(found, [row.value, row.gradient, row.hessian]) {
      // What cancels within a matrix is right to the size of the matrix.
      let size = expected.reduce(0) { max($0, abs($1)) }
      #expect(mismatch(Array(found[..<expected.count]), expected, relative: 0, absolute: 1e-10 * max(size, 1)) == nil)
    }
  }

  @Test("Systems and factors agree with their meaning", arguments: [ScalarType.float64, .float32])
  func meaning(type: ScalarType) throws {
    let builder = SampleBuilder(seed: 5, type: type)
    for kind in [PrimitiveKind.solve, .matrix] {
      for _ in 0..<120 {
        let node = builder.node(kind)
        let tolerance = type == .float64 ? 1e-12 : 1e-4
        let problem = mismatch(
          try evaluated([node])[0], Interpreter.evaluate([node])[0], relative: tolerance, absolute: tolerance)
        #expect(problem == nil, "\(node.primitive) of \(node.operands.map(\.shape))")
      }
    }
  }

  @Test("Special functions are the interpreter's", arguments: [ScalarType.float64, .float32])
  func special(type: ScalarType) throws {
    let builder = SampleBuilder(seed: 11, type: type)
    for _ in 0..<150 {
      let node = builder.node(.special)
      #expect(try evaluated([node])[0] == Interpreter.evaluate([node])[0], "\(node.primitive)")
    }
    let many = Node.vector((0..<5000).map { 0.5 + 0.001 * Double($0) }, type)
    let gammas = Node.special(.logGamma, many.reshaped(to: [50, 100]).permuted([1, 0]))
    #expect(try evaluated([gammas])[0] == Interpreter.evaluate([gammas])[0])
  }

  @Test("Parts of a diagonal lie where the diagonal has them") func partsOfDiagonals() throws {
    let x = Node.vector([2, 3, 5, 7])
    let diagonals = try [Operations.eye(4, nil, .float64), Operations.diagonalMatrix(x)]
    for matrix in diagonals {
      for start in 0..<4 {
        for count in 1...(4 - start) {
          let rows = matrix.sliced([AxisSlice(start: start, step: 1, count: count), .all(4)])
          let columns = matrix.sliced([.all(4), AxisSlice(start: start, step: 1, count: count)])
          for part in [rows, columns] {
            let found = try evaluated([part])[0]
            #expect(found == Interpreter.evaluate([part])[0], "\(start) \(count)")
          }
        }
      }
    }
  }

  @Test("Moved operands, and one elimination for several systems") func views() throws {
    var generator = RepeatableGenerator(seed: 6)
    let shape: Shape = [3, 4, 4]
    let a = Node.input(SampleBuilder.dominant(generator.reals(shape.count), shape), shape, .float64)
    let b = Node.input(generator.reals(40), [2, 4, 5], .float64)
    let one = a.sliced([AxisSlice(start: 2, step: -1, count: 1), .all(4), .all(4)]).reshaped(to: [4, 4])
    let transposed = one.permuted([1, 0])
    let nodes = [
      Node.solve(.general, b, one), .solve(MatrixForm(.general, isTransposed: true), b, one),
      .solve(.general, b, transposed), .solve(.upper, b.permuted([0, 1, 2]), transposed),
      Node(.matrix(.logDeterminant), [one]), Node(.matrix(.cholesky), [a.permuted([0, 2, 1])]),
    ]
    let program = try Program(outputs: Array(nodes[..<2]) + [nodes[4]], inputs: [a, b])
    #expect(program.description.split(separator: "\n").count { $0.contains("elimination") } == 1)
    for (found, expected) in zip(try evaluated(nodes), Interpreter.evaluate(nodes)) {
      #expect(mismatch(found, expected, relative: 1e-12, absolute: 1e-13) == nil)
    }
  }

  @Test("Many right-hand sides are shared between workers, with the same bits for any number of them")
  func manyRightHandSides() throws {
    var generator = RepeatableGenerator(seed: 9)
    let shape: Shape = [2, 40, 40]
    let a = Node.input(SampleBuilder.dominant(generator.reals(shape.count), shape), shape, .float64)
    let before = Engine.workerLimit
    defer { Engine.workerLimit = before }
    for columns in [1, 31, 64, 65, 300] {
      let b = Node.input(generator.reals(80 * columns), [2, 40, columns], .float64)
      for kind in MatrixForm.Kind.dense {
        for isTransposed in [false, true] {
          let form = MatrixForm(kind, isTransposed: isTransposed)
          Engine.workerLimit = before
          let found = try evaluated([.solve(form, b, a)])[0]
          let expected = Interpreter.evaluate([.solve(form, b, a)])[0]
          #expect(mismatch(found, expected, relative: 1e-11, absolute: 1e-12) == nil, "\(form), \(columns) columns")
          Engine.workerLimit = 1
          #expect(try evaluated([.solve(form, b, a)])[0] == found, "\(form), \(columns) columns")
        }
      }
    }
  }

  @Test("Five hundred rows") func large() throws {
    var generator = RepeatableGenerator(seed: 7)
    let shape: Shape = [500, 500]
    let a = Node.input(generator.reals(shape.count), shape, .float64)
    let positive = Node.product(a, a.matrixTransposed) + (try Operations.eye(500, nil, .float64))
    let b = Node.input(generator.reals(500), [500], .float64)
    let x = try Operations.solve(a, b)
    let residual = try Operations.subtract(Operations.matmul(a, x), b)
    let factor = try Operations.cholesky(positive)
    let rest = Node.product(factor, factor.matrixTransposed) - positive
    let values = try evaluated([residual, rest, Operations.logDeterminant(positive)])
    #expect(values[0].allSatisfy { abs($0) < 1e-8 })
    #expect(values[1].allSatisfy { abs($0) < 1e-9 })
    let logarithm = try Operations.signAndLogDeterminant(positive).logarithm
    let other = try evaluated([logarithm])
    #expect(isClose(values[2][0], other[0][0], relative: 1e-12))
  }

  @Test("The logarithm of a determinant is that of any matrix") func logarithms() throws {
    // Determinants 10, 3, -2 and 0.
    let a = Node.input([1, 2, -3, 4, -2, 1, 1, -2, 1, 2, 2, 2, 1, 2, 2, 4], [4, 2, 2], .float64)
    let values = try evaluated([Operations.logDeterminant(a)])[0]
    #expect(
      isClose(values[0], 2.302585092994046, relative: 1e-14) && isClose(values[1], 1.0986122886681098, relative: 1e-14))
    #expect(values[2].isNaN && values[3] == -.infinity)
  }

  @Test("What does not exist is NaN, and stays in its matrix") func undefined() throws {
    let a = Node.input([1, 2, 2, 1, 2, 1, 1, 3], [2, 2, 2], .float64)
    let factor = try evaluated([Operations.cholesky(a)])[0]
    #expect(factor[..<4].allSatisfy(\.isNaN) && factor[4...].allSatisfy(\.isFinite))
    let broken = Node.input([.nan, 2, 2, 1, 2, 1, 1, 3], [2, 2, 2], .float64)
    for function in [MatrixFunction.symmetricEigen, .singularValues, .cholesky] {
      let found = try evaluated([Node(.matrix(function), [broken])])[0]
      #expect(found[..<(found.count / 2)].allSatisfy(\.isNaN) && found[(found.count / 2)...].allSatisfy(\.isFinite))
    }
    let singular = Node.input([1, 2, 2, 4], [2, 2], .float64)
    let (sign, logarithm) = try Operations.signAndLogDeterminant(singular)
    #expect(try evaluated([sign, logarithm]) == [[0], [-.infinity]])
    #expect(try evaluated([Operations.inverse(singular)])[0].allSatisfy { !$0.isFinite })
  }

  @Test("First derivatives of symmetric functions hold where eigenvalues repeat") func repeated() throws {
    let a = Node.input([2, 0, 0, 0, 2, 0, 0, 0, 2], [3, 3], .float64)
    let values = try Operations.symmetricEigen(a).values
    let total = Node.elementwise(.exp, values).summed(over: [0])
    let slope = try evaluated([try #require(gradient(of: total, to: [a])[0])])[0]
    let e = Foundation.exp(2.0)
    #expect(mismatch(slope, [e, 0, 0, 0, e, 0, 0, 0, e], relative: 1e-14, absolute: 1e-14) == nil)
  }

  /// Symmetric functions of eigenvalues, and the same without eigenvalues.
  private typealias Function = @Sendable (Node) throws -> Node
  private static let symmetricFunctions: [(name: String, of: Function, without: Function)] = [
    ("sum", { $0.summed(over: [0]) }, { try Operations.trace($0) }),
    (
      "sum of squares", { Node.elementwise(.square, $0).summed(over: [0]) },
      { Node.elementwise(.square, $0).summed(over: [0, 1]) }
    ),
    (
      "sum of exponentials", { Node.elementwise(.exp, $0).summed(over: [0]) },
      { try Operations.trace(Operations.matrixExponential($0)) }
    ),
    ("product", { try Operations.product($0) }, { try Operations.determinant($0) }),
    (
      "sum of the logarithms squared", { .elementwise(.square, Node.elementwise(.log, $0).summed(over: [0])) },
      { .elementwise(.square, try Operations.signAndLogDeterminant($0).logarithm) }
    ),
    (
      "sum of pairs",
      { values in
        let squares = Node.elementwise(.square, values).summed(over: [0])
        return Node.elementwise(.square, values.summed(over: [0])) - squares
      },
      { a in
        Node.elementwise(.square, try Operations.trace(a)) - Node.elementwise(.square, a).summed(over: [0, 1])
      }
    ),
  ]

  @Test(
    "Second derivatives of symmetric functions hold where eigenvalues repeat, and nearly do",
    arguments: [0, 1e-12, 1e-7, 1e-3])
  func repeatedHessian(gap: Double) throws {
    for diagonal in [[2, 2 + gap, 2], [1, 2, 2 + gap], [3, 1, 1 - gap]] {
      // Q diag Qᵀ for a Householder reflection Q.
      let v = [0.6, 0, 0.8]
      func q(_ i: Int, _ j: Int) -> Double { (i == j ? 1 : 0) - 2 * v[i] * v[j] }
      let elements = (0..<9).map { place in
        (0..<3).reduce(0.0) { $0 + q(place / 3, $1) * diagonal[$1] * q(place % 3, $1) }
      }
      for function in Self.symmetricFunctions {
        let a = Node.input(elements, [3, 3], .float64)
        let symmetric = 0.5 * (a + a.matrixTransposed)
        let hessians = try [
          function.of(Operations.symmetricEigen(a).values), function.without(symmetric),
        ].map { total in
          let slope = try #require(gradient(of: total, to: [a])[0])
          return pushforward(
            of: [slope], seeds: [(a, Node.identity(9).reshaped(to: [9, 3, 3]))], lift: 1)[0]
            ?? .zeros([9, 3, 3], .float64)
        }
        let found = try evaluated(hessians)
        let problem = mismatch(found[0], found[1], relative: 1e-8, absolute: 1e-8)
        #expect(problem == nil, "\(function.name) at \(diagonal)")
      }
    }
  }

  @Test("Second derivatives of symmetric functions hold where singular values repeat") func repeatedSingular() throws {
    // Columns of equal length at right angles.
    for (m, elements) in [(2, [1.2, -1.6, 1.6, 1.2]), (3, [2, 0, 0, 1.2, 0, -1.6])] {
      let a = Node.input(elements, [m, 2], .float64)
      let values = try Operations.singularValueDecomposition(a).values
      let gram = Node.product(a.matrixTransposed, a)
      let pairs = try [
        (values.summed(over: [0]), Operations.trace(Operations.matrixSquareRoot(gram))),
        (
          Node.elementwise(.exp, Node.elementwise(.square, values)).summed(over: [0]),
          Operations.trace(Operations.matrixExponential(gram))
        ),
      ]
      for (one, other) in pairs {
        let found = try evaluated(
          [one, other].map { total in
            jacobianOfGradient(total, a)
          })
        #expect(mismatch(found[0], found[1], relative: 1e-9, absolute: 1e-9) == nil)
      }
    }
  }

  private func jacobianOfGradient(_ total: Node, _ a: Node) -> Node {
    let slope = gradient(of: total, to: [a])[0]!
    let count = a.shape.count
    return pushforward(
      of: [slope], seeds: [(a, Node.identity(count).reshaped(to: Shape([count]) + a.shape))], lift: 1)[0]!
  }

  @Test("Batches of eigenvalues stay apart, found by axis and by element") func batches() throws {
    let a = Node.input((0..<12).map { sin(Double($0)) }, [3, 2, 2], .float64)
    for values in try [Operations.symmetricEigen(a).values, Operations.singularValueDecomposition(a).values] {
      try BatchIndependence.check(values, outputAxis: 0, variable: a, axis: 0, indices: { $0.value! })
    }
  }

  @Test("A single eigenvalue has no second derivative where it repeats, and one where it does not") func single() throws
  {
    func hessian(_ diagonal: [Double]) throws -> [Double] {
      let a = Node.input([diagonal[0], 0, 0, diagonal[1]], [2, 2], .float64)
      let first = try Operations.symmetricEigen(a).values.sliced([AxisSlice(start: 0, step: 1, count: 1)])
      return try evaluated([jacobianOfGradient(first.reshaped(to: []), a)])[0]
    }
    #expect(try hessian([1, 1]).contains { $0.isNaN })
    let expected = [0, 0, 0, 0, 0, -0.25, -0.25, 0, 0, -0.25, -0.25, 0, 0, 0, 0, 0]
    #expect(try mismatch(hessian([1, 3]), expected, absolute: 1e-14) == nil)
  }

  @Test("Empty and one-element matrices") func small() throws {
    let empty = Node.input([], [0, 0], .float64)
    #expect(try evaluated([Operations.determinant(empty)]) == [[1]])
    #expect(try Operations.inverse(empty).shape == [0, 0] && Operations.cholesky(empty).shape == [0, 0])
    #expect(try evaluated([Operations.signAndLogDeterminant(empty).logarithm]) == [[0]])
    let one = Node.input([4], [1, 1], .float64)
    #expect(
      try evaluated([Operations.cholesky(one), Operations.inverse(one), Operations.matrixSquareRoot(one)]) == [
        [2], [0.25], [2],
      ])
  }
}
