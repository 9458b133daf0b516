import TensorGraph

private func f(_ function: ScalarFunction, _ operands: Node...) -> Node { .elementwise(function, operands) }

private func total(_ x: Node) throws(TensorError) -> Node { try Operations.sum(x) }

/// a where x compares with the bound, b elsewhere; summed.
private func chosen(
  _ x: Node, _ comparison: Comparison, _ bound: Double, _ a: Node, _ b: Node
) throws(TensorError) -> Node {
  try total(Operations.select(Operations.compare(comparison, x, x.filled(with: bound)), a, b))
}

private func diagonal(_ elements: [Double]) -> [Double] {
  elements.indices.flatMap { i in elements.indices.map { i == $0 ? elements[i] : 0 } }
}

/// Third derivatives that are not zero only where all three indices are equal.
private func cubicDiagonal(_ elements: [Double]) -> [Double] {
  elements.indices.flatMap { i in
    elements.indices.flatMap { j in elements.indices.map { k in i == j && j == k ? elements[i] : 0 } }
  }
}

/// The third derivatives of x y z.
private let oneOfEach: [Double] = (0..<27).map { Set([$0 / 9, $0 / 3 % 3, $0 % 3]).count == 3 ? 1 : 0 }

private let p = 0.7310585786300049  // 1 / (1 + 1/e)
private let q = 0.2689414213699951

extension SpecialPoint {
  /// Points at which exact derivatives are lost easily, and conventions.
  package static let all: [SpecialPoint] = [
    SpecialPoint(
      name: "|x|", function: { x throws(TensorError) in try total(f(.abs, x)) },
      point: [0], value: 0, gradient: [0], hessian: [0], third: [0]),
    SpecialPoint(
      name: "√x squared", function: { x throws(TensorError) in try total(f(.square, f(.sqrt, x))) },
      point: [0, 4], value: 4, gradient: [1, 1], hessian: diagonal([0, 0]), third: cubicDiagonal([0, 0])),
    SpecialPoint(
      name: "√x √x",
      function: { x throws(TensorError) in
        let root = f(.sqrt, x)
        return try total(Operations.multiply(root, root))
      }, point: [0, 4], value: 4, gradient: [1, 1], hessian: diagonal([0, 0]), third: cubicDiagonal([0, 0])),
    SpecialPoint(
      name: "(√x)^2.0",
      function: { x throws(TensorError) in try total(Operations.apply(.pow, f(.sqrt, x), x.filled(with: 2))) },
      point: [0], value: 0, gradient: [1], hessian: [0], third: [0]),
    SpecialPoint(
      name: "x^1.0 + x^0.0",
      function: { x throws(TensorError) in
        let powers = try Operations.add(
          Operations.apply(.pow, x, x.filled(with: 1)), Operations.apply(.pow, x, x.filled(with: 0)))
        return try total(powers)
      }, point: [0], value: 1, gradient: [1], hessian: [0], third: [0]),
    SpecialPoint(
      name: "x^5.0", function: { x throws(TensorError) in try total(Operations.apply(.pow, x, x.filled(with: 5))) },
      point: [0, -2], value: -32, gradient: [0, 80], hessian: diagonal([0, -160]), third: cubicDiagonal([0, 240])),
    SpecialPoint(
      name: "where(x > 0, √x, 0)",
      function: { x throws(TensorError) in try chosen(x, .greater, 0, f(.sqrt, x), x.filled(with: 0)) },
      point: [-1, 0, 4], value: 2, gradient: [0, 0, 0.25], hessian: diagonal([0, 0, -1.0 / 32]),
      third: cubicDiagonal([0, 0, 3.0 / 256])),
    SpecialPoint(
      name: "where(x ≤ 0, exp x, 1 + x)",
      function: { x throws(TensorError) in try chosen(x, .lessOrEqual, 0, f(.exp, x), 1 + x) },
      point: [1000, 0], value: 1002, gradient: [1, 1], hessian: diagonal([0, 1]), third: cubicDiagonal([0, 1])),
    SpecialPoint(
      name: "where(x ≠ 0, sin x / x, 1)",
      function: { x throws(TensorError) in try chosen(x, .notEqual, 0, f(.sin, x) / x, x.filled(with: 1)) },
      point: [0], value: 1, gradient: [0], hessian: [0], third: [0]),
    SpecialPoint(
      name: "where(x > 0, x log x, 0)",
      function: { x throws(TensorError) in try chosen(x, .greater, 0, x * f(.log, x), x.filled(with: 0)) },
      point: [0, -1, 1], value: 0, gradient: [0, 0, 1], hessian: diagonal([0, 0, 1]),
      third: cubicDiagonal([0, 0, -1])),
    SpecialPoint(
      name: "where(x > 0, where(x > 1, log(x - 1), -x), 0)",
      function: { x throws(TensorError) in
        let one = x.filled(with: 1)
        let inner = try Operations.select(Operations.compare(.greater, x, one), f(.log, x - one), -x)
        return try chosen(x, .greater, 0, inner, x.filled(with: 0))
      }, point: [0, 1, 3], value: 0.6931471805599453 - 1, gradient: [0, -1, 0.5], hessian: diagonal([0, 0, -0.25]),
      third: cubicDiagonal([0, 0, 0.25])),
    SpecialPoint(
      name: "where(x·x > 0, log √(x·x), 0)",
      function: { x throws(TensorError) in
        let square = try Operations.dot(x, x)
        return try chosen(square, .greater, 0, f(.log, f(.sqrt, square)), square.filled(with: 0))
      }, point: [0, 0], value: 0, gradient: [0, 0], hessian: diagonal([0, 0]), third: cubicDiagonal([0, 0])),
    SpecialPoint(
      name: "product", function: { x throws(TensorError) in try Operations.product(x) },
      point: [0, 2, 3], value: 0, gradient: [6, 0, 0], hessian: [0, 3, 2, 3, 0, 0, 2, 0, 0], third: oneOfEach),
    SpecialPoint(
      name: "product", function: { x throws(TensorError) in try Operations.product(x) },
      point: [0, 0, 3], value: 0, gradient: [0, 0, 0], hessian: [0, 3, 0, 3, 0, 0, 0, 0, 0], third: oneOfEach),
    SpecialPoint(
      name: "sum of running products",
      function: { x throws(TensorError) in
        try total(Operations.cumulative(.multiply, x, axis: 0, operation: "cumprod"))
      }, point: [2, 0, 3], value: 2, gradient: [1, 8, 0], hessian: [0, 4, 0, 4, 0, 2, 0, 2, 0], third: oneOfEach),
    SpecialPoint(
      name: "logsumexp", function: { x throws(TensorError) in try Operations.logSumExp(x) },
      point: [-.infinity, 0, 1], value: 1.3132616875182228, gradient: [0, q, p],
      hessian: [0, 0, 0, 0, p * q, -p * q, 0, -p * q, p * q], third: nil),
    SpecialPoint(
      name: "logsumexp", function: { x throws(TensorError) in try Operations.logSumExp(x) },
      point: [-.infinity, -.infinity], value: -.infinity, gradient: [0, 0], hessian: [0, 0, 0, 0], third: nil),
    SpecialPoint(
      name: "logsumexp", function: { x throws(TensorError) in try Operations.logSumExp(x) },
      point: [1000, 1000], value: 1000.6931471805599, gradient: [0.5, 0.5], hessian: [0.25, -0.25, -0.25, 0.25],
      third: [Double](repeating: 0, count: 8)),
    SpecialPoint(
      name: "log softmax of the smaller",
      function: { x throws(TensorError) in
        try total(Operations.logSoftmax(x).sliced([.init(start: 0, step: 1, count: 1)]))
      },
      point: [0, 1000], value: -1000, gradient: [1, -1], hessian: [0, 0, 0, 0], third: [Double](repeating: 0, count: 8)),
    SpecialPoint(
      name: "clip to ±1, squared",
      function: { x throws(TensorError) in
        try total(f(.square, Operations.clip(x, x.filled(with: -1), x.filled(with: 1))))
      }, point: [-1, 1, 2, 0.5], value: 3.25, gradient: [-2, 2, 0, 1], hessian: diagonal([2, 2, 0, 2]),
      third: cubicDiagonal([0, 0, 0, 0])),
    SpecialPoint(
      name: "max(x, 0)",
      function: { x throws(TensorError) in try total(Operations.maximum(x, constant: x.filled(with: 0))) },
      point: [0, 1], value: 1, gradient: [0, 1], hessian: diagonal([0, 0]), third: nil),
    SpecialPoint(
      name: "norm", function: { x throws(TensorError) in try Operations.norm(x) },
      point: [3, 4], value: 5, gradient: [0.6, 0.8], hessian: [0.128, -0.096, -0.096, 0.072],
      third: [-0.04608, 0.00256, 0.00256, 0.02208, 0.00256, 0.02208, 0.02208, -0.03456]),
    SpecialPoint(
      name: "norm", function: { x throws(TensorError) in try Operations.norm(x) },
      point: [0, 0], value: 0, gradient: [0, 0], hessian: nil, third: nil),
    SpecialPoint(
      name: "norm squared", function: { x throws(TensorError) in f(.square, try Operations.norm(x)) },
      point: [0, 0], value: 0, gradient: [0, 0], hessian: diagonal([2, 2]), third: cubicDiagonal([0, 0])),
    SpecialPoint(
      name: "1-norm", function: { x throws(TensorError) in try Operations.norm(x, order: 1) },
      point: [0, -2], value: 2, gradient: [0, -1], hessian: diagonal([0, 0]), third: cubicDiagonal([0, 0])),
    SpecialPoint(
      name: "maximum norm", function: { x throws(TensorError) in try Operations.norm(x, order: .infinity) },
      point: [-3, 3], value: 3, gradient: [-0.5, 0.5], hessian: diagonal([0, 0]), third: cubicDiagonal([0, 0])),
    SpecialPoint(
      name: "variance", function: { x throws(TensorError) in try Operations.variance(x) },
      point: [2, 2, 2], value: 0, gradient: [0, 0, 0],
      hessian: (0..<9).map { $0 % 4 == 0 ? 4.0 / 9 : -2.0 / 9 }, third: cubicDiagonal([0, 0, 0])),
    SpecialPoint(
      name: "standard deviation", function: { x throws(TensorError) in try Operations.standardDeviation(x) },
      point: [2, 2, 2], value: 0, gradient: [0, 0, 0], hessian: nil, third: nil),
    SpecialPoint(
      name: "maximum squared", function: { x throws(TensorError) in f(.square, try Operations.maximum(x)) },
      point: [1, 1], value: 1, gradient: [1, 1], hessian: [0.5, 0.5, 0.5, 0.5], third: [Double](repeating: 0, count: 8)),
    SpecialPoint(
      name: "minimum", function: { x throws(TensorError) in try Operations.minimum(x) },
      point: [2, 5, 2], value: 2, gradient: [0.5, 0, 0.5], hessian: diagonal([0, 0, 0]), third: nil),
    SpecialPoint(
      name: "median", function: { x throws(TensorError) in try Operations.quantile(x, 0.5) },
      point: [4, 1, 3, 2], value: 2.5, gradient: [0, 0, 0.5, 0.5], hessian: diagonal([0, 0, 0, 0]), third: nil),
    SpecialPoint(
      name: "first of the sorted, cubed",
      function: { x throws(TensorError) in
        let first = try Operations.sort(x).sliced([.init(start: 0, step: 1, count: 1)])
        return try total(Operations.apply(.pow, first, first.filled(with: 3)))
      }, point: [2, 1, 1], value: 1, gradient: [0, 3, 0], hessian: diagonal([0, 6, 0]), third: cubicDiagonal([0, 6, 0])),
    SpecialPoint(
      name: "sinc", function: { x throws(TensorError) in try total(Operations.sinc(x)) },
      point: [0, 1e-9, 1], value: 2, gradient: [0, -3.2898681336964528e-9, -1],
      hessian: diagonal([-3.2898681336964528, -3.2898681336964528, 2]), third: nil),
    SpecialPoint(
      name: "x log(1 + x)", function: { x throws(TensorError) in try total(Operations.xLogY(x, 1 + x)) },
      point: [0, 1], value: 0.6931471805599453, gradient: [0, 1.1931471805599454],
      hessian: diagonal([2, 0.75]), third: cubicDiagonal([-3, -0.5])),
    SpecialPoint(
      name: "xlogy of two halves",
      function: { x throws(TensorError) in
        let parts = try Operations.split(x, parts: 2)
        return try total(Operations.xLogY(parts[0], parts[1]))
      }, point: [0, 2], value: 0, gradient: [0.6931471805599453, 0], hessian: [0, 0.5, 0.5, 0],
      third: [0, 0, 0, -0.25, 0, -0.25, -0.25, 0]),
    SpecialPoint(
      name: "powers of negative bases",
      function: { x throws(TensorError) in try total(Operations.apply(.pow, x, x.filled(with: 2))) },
      point: [-2, 0], value: 4, gradient: [-4, 0], hessian: diagonal([2, 2]), third: cubicDiagonal([0, 0])),
    SpecialPoint(
      name: "determinant of a singular matrix",
      function: { x throws(TensorError) in try Operations.determinant(x.reshaped(to: [2, 2])) },
      point: [1, 2, 2, 4], value: 0, gradient: [4, -2, -2, 1],
      hessian: [0, 0, 0, 1, 0, 0, -1, 0, 0, -1, 0, 0, 1, 0, 0, 0], third: [Double](repeating: 0, count: 64)),
    SpecialPoint(
      name: "logarithm of a determinant",
      function: { x throws(TensorError) in
        try Operations.signAndLogDeterminant(x.reshaped(to: [2, 2])).logarithm.reshaped(to: [])
      }, point: [2, 1, 1, 3], value: 1.6094379124341003, gradient: [0.6, -0.2, -0.2, 0.4],
      hessian: [
        -0.36, 0.12, 0.12, -0.04, 0.12, -0.04, -0.24, 0.08, 0.12, -0.24, -0.04, 0.08, -0.04, 0.08, 0.08, -0.16,
      ], third: nil),
    SpecialPoint(
      name: "heaviside times a square",
      function: { x throws(TensorError) in
        try total(Operations.heaviside(x, at0: x.filled(with: 0.5)) * f(.square, x))
      }, point: [0, -1, 2], value: 4, gradient: [0, 0, 4], hessian: diagonal([1, 0, 2]), third: nil),
    SpecialPoint(
      name: "sum of the eigenvalues' squares where they repeat",
      function: { x throws(TensorError) in
        try total(f(.square, Operations.symmetricEigen(x.reshaped(to: [2, 2])).values))
      }, point: [3, 0, 0, 3], value: 18, gradient: [6, 0, 0, 6],
      hessian: [2, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 2], third: nil),
    SpecialPoint(
      name: "spence", function: { x throws(TensorError) in try total(Operations.special(.spence, x)) },
      point: [1, 2], value: -0.8224670334241132, gradient: [-1, -0.6931471805599453],
      hessian: diagonal([0.5, 0.1931471805599453]), third: nil),
    SpecialPoint(
      name: "i0 + i1",
      function: { x throws(TensorError) in
        try total(Operations.special(.besselI(0), x) + Operations.special(.besselI(1), x))
      }, point: [0], value: 1, gradient: [0.5], hessian: [0.5], third: [0.375]),
    SpecialPoint(
      name: "logarithm of gamma, digamma",
      function: { x throws(TensorError) in
        try total(Operations.special(.logGamma, x) + Operations.special(.polygamma(0), x))
      }, point: [1], value: -0.5772156649015329, gradient: [1.0677184019466936],
      hessian: [-0.7591797394709621], third: nil),
    SpecialPoint(
      name: "ln B of two halves",
      function: { x throws(TensorError) in
        let parts = try Operations.split(x, parts: 2)
        return try total(Operations.logBeta(parts[0], parts[1]))
      }, point: [1, 2], value: -0.6931471805599453, gradient: [-1.5, -0.5],
      hessian: [1.25, -0.3949340668482264, -0.3949340668482264, 0.25], third: nil),
    SpecialPoint(
      name: "hypot of the halves",
      function: { x throws(TensorError) in
        let parts = try Operations.split(x, parts: 2)
        return try total(f(.hypot, parts[0], parts[1]))
      }, point: [0, 3, 0, 4], value: 5, gradient: [0, 0.6, 0, 0.8],
      hessian: [.nan, 0, .nan, 0, 0, 0.128, 0, -0.096, .nan, 0, .nan, 0, 0, -0.096, 0, 0.072], third: nil),
  ]
}
