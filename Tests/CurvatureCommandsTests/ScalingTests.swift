import Curvature
import CurvatureCommands
import TensorGraph
import TestSupport
import Testing

/// Derivatives of functions that scale: those far out in the range of numbers are those in the middle, times a power of two.
@Suite("Scaling") struct ScalingTests {
  /// Functions of one variable whose second derivatives are multiples of 1/x.
  static let functions = [
    "x*log(x)", "x*log(x/3)", "x*log(2*x/3)", "-2*x*log(x*5)/7", "3*(x/7*log(2*(x/3)))", "x*log2(x)", "x*log2(x/3)",
    "x*log10(x/3)", "x*log(x/3)*2", "rel_entr(x, 3)", "rel_entr(x/3, 2)", "entr(x)", "entr(x/3)", "xlogy(x, x/3)",
    "x*xlogy(2, x/3)", "x*log(5*x/3)/7", "sum(x*log(x/3))",
  ]

  /// The gradient of a formula, and its second derivatives by the whole matrix, an entry and a product.
  private static func derivatives(
    _ formula: String, at point: [Double], _ type: ScalarType, slopesAlone: Bool = false
  ) throws -> [[Double]] {
    let x = Node.input(point, [point.count], type)
    let y = try FormulaEvaluator(names: ["x": .tensor(x)], variables: [x], real: type)
      .tensor(Parser.parse("sum(\(formula))"))
    func read<S: DifferentiableScalar>(_ type: S.Type) throws -> [[Double]] {
      let (y, x) = (Tensor<S>(y), Tensor<S>(x))
      func doubles(_ tensor: Tensor<S>) -> [Double] { tensor.scalars.map { Double($0) } }
      let slopes = doubles(gradient(y, x))
      if slopesAlone { return [slopes] }
      func hessian() throws -> Hessian<S> { try Hessian(of: y, withRespectTo: x) }
      return [
        slopes, doubles(try hessian()[...]), doubles(try hessian()[0, 0]),
        doubles(try hessian().product(.ones([point.count]))),
      ]
    }
    return try type == .float32 ? read(Float.self) : read(Double.self)
  }

  @Test("Second derivatives far out are those in the middle", arguments: functions) func scaling(formula: String) throws
  {
    let ranges: [(ScalarType, [Int], Double)] = [
      (.float64, [-990, -600, -500, 40, 550, 600, 990], 1e-12), (.float32, [-110, -70, -50, 20, 60, 70, 110], 1e-5),
    ]
    for (type, exponents, tolerance) in ranges {
      let expected = try Self.derivatives(formula, at: [1.375], type)[1][0]
      for exponent in exponents {
        let scale = Double(sign: .plus, exponent: exponent, significand: 1)
        let found = try Self.derivatives(formula, at: [1.375 * scale], type)
        for (name, value) in zip(["whole", "entry", "product"], found.dropFirst().map { $0[0] }) {
          #expect(
            isClose(scale * value, expected, relative: tolerance),
            "\(formula) of \(type), 2^\(exponent), \(name): \(value)")
        }
      }
    }
  }

  @Test(
    "Slopes of what does not change with the scale",
    arguments: [
      "arctan2(x[0], x[1])", "arctan2(x[1], x[0])", "x[0]/x[1]", "log(x[0]/x[1])", "log(x[0])", "log2(x[0])",
      "x[0]/(x[0] + x[1])",
    ])
  func slopes(formula: String) throws {
    let middle = [1.25, 2.5]
    let ranges: [(ScalarType, [Int])] = [(.float64, [-990, -600, 600, 990]), (.float32, [-110, -70, 70, 110])]
    for (type, exponents) in ranges {
      let expected = try Self.derivatives(formula, at: middle, type, slopesAlone: true)[0]
      for exponent in exponents {
        let scale = Double(sign: .plus, exponent: exponent, significand: 1)
        let found = try Self.derivatives(formula, at: middle.map { scale * $0 }, type, slopesAlone: true)[0]
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
    let found = try Self.derivatives(formula, at: [point], .float64, slopesAlone: curvature == nil)
    if let slope { #expect(isClose(found[0][0], slope, relative: 1e-13), "\(formula): \(found[0][0])") }
    if let curvature { #expect(isClose(found[1][0], curvature, relative: 1e-13), "\(formula): \(found[1][0])") }
  }
}
