import Curvature
import CurvatureCommands
import TensorGraph
import TestSupport
import Testing

/// Derivatives of functions whose second derivatives scale: those far out in the range of numbers are those in the middle, times
/// a power of two.
@Suite("Scaling") struct ScalingTests {
  /// Functions of a and b that are homogeneous, but for what has no second derivative, and the degree of the second derivatives.
  static let functions: [(formula: String, degree: Double)] = [
    ("a*log(a/3)", -1), ("a*log(2*a/3)", -1), ("-2*a*log(a*5)/7", -1), ("a*log(a/b)", -1),
    ("a*log(b/a)", -1),
    ("(a + b)*log(a/b)", -1), ("a*log(a + b)", -1), ("a*log2(a/b)", -1), ("b*log10(a/3)", -1), ("a*log2(a)", -1),
    ("rel_entr(a, b)", -1), ("rel_entr(a/3, b)", -1), ("entr(a)", -1), ("entr(a/3)", -1), ("xlogy(a, b)", -1),
    ("xlogy(a, b/3)", -1),
    ("a*a/b", -1), ("a**2*b**-1", -1), ("a/b*a", -1), ("a*b/(a + b)", -1), ("a**1.5/sqrt(b)", -1),
    ("sqrt(a)*sqrt(b)", -1),
    ("a*rsqrt(b)*sqrt(a)", -1), ("cbrt(a)*cbrt(b)*cbrt(a + b)", -1), ("power(a, 0.25)*power(b, 0.75)", -1),
    ("a*sqrt(a/b)", -1),
    ("hypot(a, b)", -1), ("a*hypot(a, b)/b", -1), ("a*arctan2(a, b)", -1), ("b*arctan2(b, a)", -1),
    ("hypot(a, b)*arctan2(b, a)", -1),
    ("a*tanh(a/b)", -1), ("a*exp(b/a)", -1), ("a*sin(a/b)", -1), ("a*arctan(b/a)", -1), ("a*softsign(b/a)", -1),
    ("a*log1p(b/a)", -1), ("logaddexp(a/b, b/a)*a", -1), ("maximum(a, b)*log(a/b)", -1),
    ("where(a > b, a*a/b, b*b/a)", -1), ("a*log(a/3)*2", -1), ("3*(a/7*log(2*(a/3)))", -1),
    ("a*sqrt(b)", -0.5), ("a**1.5", -0.5), ("a**2/sqrt(b)", -0.5), ("cbrt(a)**4", -2.0 / 3),
    ("sqrt(a)", -1.5), ("sqrt(a + b)", -1.5), ("a/sqrt(b)", -1.5), ("cbrt(a)", -5.0 / 3), ("rsqrt(a)*b", -1.5),
  ]

  private struct Derivatives {
    var gradient: [Double]
    var whole: [Double]
    var entries: [Double]
    var sparse: [Double]
    var products: [Double]
  }

  private static func derivatives(
    _ formula: String, at point: [Double], _ type: ScalarType
  ) throws -> Derivatives {
    let x = Node.input(point, [point.count], type)
    let text = "a = x[0::2]; b = x[1::2]; sum(\(formula))"
    let y = try FormulaEvaluator(names: ["x": .tensor(x)], variables: [x], real: type).tensor(Parser.parse(text))
    func read<S: DifferentiableScalar>(_ type: S.Type) throws -> Derivatives {
      let (y, x) = (Tensor<S>(y), Tensor<S>(x))
      func hessian() throws -> Hessian<S> { try Hessian(of: y, withRespectTo: x) }
      func doubles(_ values: [S]) -> [Double] { values.map { Double($0) } }
      let n = point.count
      let entries = try hessian()
      return Derivatives(
        gradient: doubles(gradient(y, x).scalars), whole: doubles(try hessian()[...].scalars),
        entries: [entries[0, 0], entries[0, 1], entries[n - 1, n - 1]].map { Double($0.item()) },
        sparse: doubles(try hessian().sparse().dense()),
        products: doubles(try hessian().product(.ones([n])).scalars))
    }
    return try type == .float32 ? read(Float.self) : read(Double.self)
  }

  @Test("Second derivatives far out are those in the middle", arguments: functions.indices, [2, 120])
  func scaling(index: Int, count: Int) throws {
    let (formula, degree) = Self.functions[index]
    let middle: [Double] = (0..<count).map { i in 1 + 0.046875 * Double((i * 7) % 11) }
    let ranges: [(ScalarType, [Int], Double, Double)] = [
      (.float64, [-600, -500, 40, 550, 600], 1000, 1e-12), (.float32, [-70, -50, 20, 60, 70], 110, 1e-4),
    ]
    for (type, exponents, limit, tolerance) in ranges {
      let expected = try Self.derivatives(formula, at: middle, type)
      for exponent in exponents where abs(degree * Double(exponent)) < limit {
        let scale = Double(sign: .plus, exponent: exponent, significand: 1)
        let factor = exp2(degree * Double(exponent))
        let found = try Self.derivatives(formula, at: middle.map { scale * $0 }, type)
        func check(_ name: String, _ path: KeyPath<Derivatives, [Double]>, _ factor: Double) {
          let reference = expected[keyPath: path].map { factor * $0 }
          let fault = mismatch(
            found[keyPath: path], reference, relative: tolerance,
            absolute: tolerance * (reference.map { abs($0) }.max() ?? 0))
          #expect(fault == nil, "\(formula) of \(type), 2^\(exponent), \(name): \(fault ?? "")")
        }
        check("whole", \.whole, factor)
        check("entries", \.entries, factor)
        check("sparse", \.sparse, factor)
        check("products", \.products, factor)
        // Those of logarithms grow.
        if !["log", "entr"].contains(where: { formula.contains($0) }) { check("gradient", \.gradient, factor * scale) }
      }
    }
  }

  @Test(
    "Slopes of what does not change with the scale",
    arguments: ["arctan2(a, b)", "arctan2(b, a)", "a/b", "log(a/b)", "log(a)", "log2(a)", "hypot(a, b)/b", "a/(a + b)"])
  func slopes(formula: String) throws {
    let middle = [1.25, 2.5]
    let ranges: [(ScalarType, [Int])] = [(.float64, [-990, -600, 600, 990]), (.float32, [-110, -70, 70, 110])]
    for (type, exponents) in ranges {
      let expected = try Self.derivatives(formula, at: middle, type).gradient
      for exponent in exponents {
        let scale = Double(sign: .plus, exponent: exponent, significand: 1)
        let found = try Self.derivatives(formula, at: middle.map { scale * $0 }, type).gradient
        let fault = mismatch(found.map { scale * $0 }, expected, relative: type == .float32 ? 1e-5 : 1e-13)
        #expect(fault == nil, "\(formula) of \(type), 2^\(exponent): \(fault ?? "")")
      }
    }
  }

  @Test("A norm whose squares are beyond all numbers has no slope that is one", arguments: ["norm(x)", "std(x)"])
  func overflow(formula: String) throws {
    let x = Node.vector([1e200, 2e200])
    let y = try FormulaEvaluator(names: ["x": .tensor(x)], variables: [x]).tensor(Parser.parse(formula))
    let slopes = gradient(Tensor<Double>(y), Tensor<Double>(x)).scalars
    let areUnknown = slopes.allSatisfy { $0.isNaN }
    #expect(areUnknown, "\(formula): \(slopes)")
  }

  @Test(
    "Slopes and second derivatives far out",
    arguments: [
      ("arcsinh(x)", 1e200, 1e-200, nil), ("arcsinh(x)", 1e100, 1e-100, -1e-200), ("arcsinh(x)", -1e200, 1e-200, nil),
      ("arccosh(x)", 1e200, 1e-200, nil), ("digamma(x)", 1e200, 1e-200, nil),
      ("gammaln(x)", 1e200, nil, 1e-200), ("log1p(x)", 1e200, 1e-200, nil),
      ("x**-2", 1e-200, -.infinity, .infinity), ("x**-2", -1e-200, .infinity, .infinity),
      ("x**-2", 1e-60, -2e180, 6e240),
      ("x**-2", 1e70, -2e-210, 6e-280), ("1/x**2", 1e70, -2e-210, 6e-280), ("1/(x*x)", 1e-60, -2e180, 6e240),
      ("1/x**4", 1e40, -4e-200, 2e-239),
    ] as [(String, Double, Double?, Double?)])
  func farOut(formula: String, point: Double, slope: Double?, curvature: Double?) throws {
    let text = formula.replacing("x", with: "a") + " + 0*b"
    let found = try Self.derivatives(text, at: [point, 1], .float64)
    if let slope { #expect(isClose(found.gradient[0], slope, relative: 1e-13), "\(formula): \(found.gradient[0])") }
    if let curvature { #expect(isClose(found.whole[0], curvature, relative: 1e-13), "\(formula): \(found.whole[0])") }
  }
}
