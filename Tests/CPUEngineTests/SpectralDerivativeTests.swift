import CPUEngine
import Foundation
import TensorGraph
import TestSupport
import Testing

/// Eigenvalues and singular values where they repeat, nearly do, or are zero, written once or several times.
@Suite struct SpectralDerivativeTests {
  typealias Function = @Sendable (Node) throws -> Node

  private static func eigenvalues(_ a: Node) throws -> Node { try Operations.symmetricEigen(a).values }
  private static func singularValues(_ a: Node) throws -> Node {
    try Operations.singularValueDecomposition(a).values
  }
  private static func sum(_ a: Node) -> Node { a.summed(over: Array(0..<a.shape.rank)) }
  private static func squares(_ a: Node) -> Node { sum(.elementwise(.square, a)) }
  private static func symmetric(_ a: Node) -> Node { 0.5 * (a + a.matrixTransposed) }
  private static func element(_ values: Node, _ i: Int) -> Node {
    values.sliced([AxisSlice(start: i, step: 1, count: 1)]).reshaped(to: [])
  }

  /// [m, n, m, n], row after row.
  private func hessian(_ function: Function, _ elements: [Double], _ shape: Shape) throws -> [Double] {
    let a = Node.input(elements, shape, .float64)
    let slope = try #require(gradient(of: function(a), to: [a])[0])
    let seeds = Node.identity(shape.count).reshaped(to: Shape([shape.count]) + shape)
    let result = pushforward(of: [slope], seeds: [(a, seeds)], lift: 1)[0] ?? .zeros(seeds.shape, .float64)
    return try evaluated([result])[0]
  }

  /// Q diag Qᵀ for a Householder reflection Q.
  private func reflected(_ diagonal: [Double]) -> [Double] {
    let v = [0.6, 0, 0.8]
    func q(_ i: Int, _ j: Int) -> Double { (i == j ? 1 : 0) - 2 * v[i] * v[j] }
    return (0..<9).map { place in
      (0..<3).reduce(0.0) { $0 + q(place / 3, $1) * diagonal[$1] * q(place % 3, $1) }
    }
  }

  /// Functions of eigenvalues that are written several times, and the same with one node or none.
  private static let several: [(name: String, of: Function, other: Function)] = [
    ("w · w", { try sum(eigenvalues($0) * eigenvalues($0)) }, { squares(symmetric($0)) }),
    (
      "w · log w", { try sum(eigenvalues($0) * .elementwise(.log, eigenvalues($0))) },
      {
        let values = try eigenvalues($0)
        return sum(values * .elementwise(.log, values))
      }
    ),
    ("multiples", { try sum(eigenvalues($0) * eigenvalues(3 * $0)) }, { 3 * squares(symmetric($0)) }),
    (
      "quotients", { try sum(eigenvalues(3 * $0) * eigenvalues($0 / $0.filled(with: 7))) },
      { (3 / 7.0) * squares(symmetric($0)) }
    ),
    ("transposes", { try sum(eigenvalues($0) * eigenvalues($0.matrixTransposed)) }, { squares(symmetric($0)) }),
    (
      "negatives",
      {
        let reversed = try eigenvalues(-$0).sliced([AxisSlice(start: 2, step: -1, count: 3)])
        return try sum(eigenvalues($0) * reversed)
      }, { -squares(symmetric($0)) }
    ),
    (
      "products written twice",
      {
        try sum(
          eigenvalues(.product($0, $0.matrixTransposed))
            * .elementwise(.exp, 0.1 * eigenvalues(.product($0, $0.matrixTransposed))))
      },
      {
        let values = try eigenvalues(.product($0, $0.matrixTransposed))
        return sum(values * .elementwise(.exp, 0.1 * values))
      }
    ),
    (
      "one after another",
      { try element(eigenvalues($0), 0) * element(eigenvalues($0), 1) * element(eigenvalues($0), 2) },
      { try Operations.determinant(symmetric($0)) }
    ),
    (
      "two functions of matrices that move by themselves",
      { try sum(.elementwise(.exp, eigenvalues($0))) * squares(eigenvalues(.product($0, $0))) },
      {
        try Operations.trace(Operations.matrixExponential(symmetric($0))) * squares(symmetric(.product($0, $0)))
      }
    ),
  ]

  @Test("Values that are written several times", arguments: [0, 1e-15, 1e-12, 1e-8, 1e-3])
  func several(gap: Double) throws {
    for diagonal in [[2, 2 + gap, 2], [1, 2, 2 + gap], [3, 1, 1 - gap]] {
      for function in Self.several {
        let (found, expected) = try (
          hessian(function.of, reflected(diagonal), [3, 3]), hessian(function.other, reflected(diagonal), [3, 3])
        )
        let size = expected.reduce(0) { max($0, abs($1)) }
        let problem = mismatch(found, expected, relative: 0, absolute: 1e-9 * size)
        #expect(problem == nil, "\(function.name) at \(diagonal)")
      }
    }
  }

  /// Functions that have no second derivative at twice the identity, or of which it is not seen.
  private static let undefined: [(name: String, of: Function)] = [
    ("in opposite order", { try sum(eigenvalues($0) * eigenvalues(-$0)) }),
    ("of other matrices", { try sum(eigenvalues($0) * eigenvalues(.product($0, $0))) }),
    ("beside singular values", { try sum(eigenvalues($0) * singularValues($0)) }),
    ("largest", { try Operations.maximum(eigenvalues($0)) }),
    ("smallest", { try Operations.minimum(eigenvalues($0)) }),
    ("spectral norm", { try Operations.spectralNorm($0, isNuclear: false) }),
    ("condition number", { try Operations.conditionNumber($0) }),
    (
      "kink times zero",
      {
        let w = try eigenvalues($0)
        return (element(w, 1) - element(w, 0)) * (element(w, 2) - Node.fill(.real(2), shape: [], scalarType: .float64))
      }
    ),
  ]

  @Test("What is not symmetric in values that repeat has no second derivative") func undefined() throws {
    for function in Self.undefined {
      for gap in [0, 1e-16] {
        let found = try hessian(function.of, [2, 0, 0, 0, 2 + gap, 0, 0, 0, 2], [3, 3])
        #expect(found.contains { $0.isNaN }, "\(function.name)")
      }
    }
  }

  @Test("Values that are written several times lose no digits silently", arguments: [1e-6, 1e-8, 1e-10, 1e-13])
  func losses(gap: Double) throws {
    let elements = [2, 0, 0, 0, 2 + gap, 0, 0, 0, 5]
    for function in Self.undefined[1...2] {
      let found = try hessian(function.of, elements, [3, 3])
      // The same to second order, along matrices that commute with this one.
      #expect(found.contains { $0.isNaN } || gap > 1e-9, "\(function.name)")
    }
    let norm = try hessian({ try Operations.spectralNorm($0, isNuclear: false) }, elements, [3, 3])
    #expect(norm.allSatisfy { $0.isFinite })
  }

  /// Functions of singular values, and the same without.
  private static let ofSingular: [(name: String, of: Function, other: Function)] = [
    ("sum of squares", { try squares(singularValues($0)) }, { squares($0) }),
    ("written twice", { try sum(singularValues($0) * singularValues($0.matrixTransposed)) }, { squares($0) }),
    (
      "hyperbolic cosines", { try sum(.elementwise(.cosh, singularValues($0))) },
      { a in
        // Of the smaller product of the matrix and its transpose.
        let isWide = a.shape[0] < a.shape[1]
        let gram = isWide ? Node.product(a, a.matrixTransposed) : Node.product(a.matrixTransposed, a)
        var power = gram
        var (total, factorial) = (Node.zeros([], .float64), 1.0)
        for k in 1...40 {
          factorial *= Double(2 * k * (2 * k - 1))
          total = total + (1 / factorial) * (try Operations.trace(power))
          power = .product(power, gram)
        }
        return total
      }
    ),
    (
      "fourth powers", { try squares(.elementwise(.square, singularValues($0))) },
      { squares(.product($0, $0.matrixTransposed)) }
    ),
    (
      "a sum times a sum", { try squares(singularValues($0)) * sum(.elementwise(.cosh, 0 * singularValues($0))) },
      { Double(min($0.shape[0], $0.shape[1])) * squares($0) }
    ),
  ]

  @Test("Even functions of singular values that are 0, of matrices of every form") func zeroValues() throws {
    let matrices: [(Shape, [Double])] = [
      ([3, 2], [0, 0, 0, 0, 0, 0]), ([2, 3], [0, 0, 0, 0, 0, 0]), ([2, 3], [1, 0, 0, 0, 0, 0]), ([1, 2], [0, 0]),
      ([2, 3], [1, 1, 1, 1, 1, 1]), ([4, 2], [1, 2, 2, 4, 3, 6, 0, 0]), ([2, 2], [1, 1, 1, 1]),
      ([3, 2], [1, 0, 0, 1e-9, 0, 0]), ([3, 2], [1, 0, 0, 1e-13, 0, 0]), ([3, 2], [1, 0, 0, 1e-15, 0, 0]),
      ([3, 2], [1, 0, 0, 1, 0, 0]), ([3, 2], [1, 2, 3, 4, 5, 6]), ([3, 3], [1, 2, 3, 2, 4, 6, 3, 6, 9]),
    ]
    for (shape, elements) in matrices {
      for function in Self.ofSingular {
        let (found, expected) = try (
          hessian(function.of, elements, shape), hessian(function.other, elements, shape)
        )
        let size = expected.reduce(1) { max($0, abs($1)) }
        let problem = mismatch(found, expected, relative: 0, absolute: 1e-9 * size)
        #expect(problem == nil, "\(function.name) of \(elements) \(shape)")
      }
    }
  }

  @Test("What is not even in singular values that are 0 has no second derivative") func oddValues() throws {
    let functions: [Function] = [
      { try Operations.product(Self.singularValues($0)) },
      { .elementwise(.square, try Operations.spectralNorm($0, isNuclear: true)) },
      { try Operations.spectralNorm($0, isNuclear: true) },
      { try Operations.spectralNorm($0, isNuclear: false) },
    ]
    for function in functions {
      for shape in [[2, 2], [3, 2], [2, 4]] as [Shape] {
        let found = try hessian(function, [Double](repeating: 0, count: shape.count), shape)
        #expect(found.contains { $0.isNaN })
      }
    }
  }
}
