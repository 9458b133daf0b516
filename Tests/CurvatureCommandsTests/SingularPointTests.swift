import Curvature
import CurvatureCommands
import Foundation
import TensorGraph
import TestSupport
import Testing

/// Smooth functions that are written through pieces which are singular at the point: the right number in every way of
/// reading, or an error.
@Suite("Singular points") struct SingularPointTests {
  /// Functions of a distance that are smooth in its square, and their second derivatives at 0, by their Taylor series.
  static let evenFunctions: [(formula: String, curvature: Double)] = [
    ("cos(r)", -1), ("cosh(r)", 1), ("r*sin(r)", 2), ("exp(-r**2)", -2), ("log(cosh(r))", 1), ("sqrt(1 + r**2)", 1),
    ("(1 + r + r**2/3)*exp(-r)", -1.0 / 3), ("(1 + sqrt(3)*r)*exp(-sqrt(3)*r)", -3), ("i0(r)", 0.5), ("r*tanh(r)", 2),
    ("r*arctan(r)", 2), ("r*erf(r)", 4 / Double.pi.squareRoot()), ("log1p(r*r)", 2), ("r*arcsinh(r)", 2),
    ("1/(1 + r**2)", -2), ("r*log1p(r)*2 - 2*r*r + r*sin(r)", 2), ("gamma(1 + r*r)", -2 * 0.57721566490153286),
  ]

  /// Distances from the point, which is 0.
  static let distances = [
    "norm(x)", "sqrt(sum(x**2))", "hypot(x[0], x[1])", "cdist(x.reshape((1, 2)), zeros((1, 2)))[0, 0]",
    "sqrt(x[0]*x[0] + x[1]*x[1])", "norm(x, ord=2)",
  ]

  private static func hessian(_ formula: String, at point: [Double]) throws -> Hessian<Double> {
    let x = Node.input(point, [point.count], .float64)
    let y = try FormulaEvaluator(names: ["x": .tensor(x)], variables: [x]).tensor(Parser.parse(formula))
    return try Hessian(of: Tensor<Double>(y), withRespectTo: Tensor<Double>(x))
  }

  private static func isClose(_ found: [Double], _ expected: [Double]) -> Bool {
    found.count == expected.count
      && zip(found, expected).allSatisfy { abs($0 - $1) <= 1e-9 * max(1, abs($1)) }
  }

  @Test("Even functions of distances", arguments: evenFunctions.indices) func evenFunctionsOfDistances(index: Int)
    throws
  {
    let (function, curvature) = Self.evenFunctions[index]
    for distance in Self.distances {
      let formula = "r = \(distance); \(function)"
      let expected = [curvature, 0, 0, curvature]
      let whole = try Self.hessian(formula, at: [0, 0])[...].scalars
      #expect(Self.isClose(whole, expected), "\(formula): \(whole)")
      let rows = try Self.hessian(formula, at: [0, 0])
      #expect(Self.isClose(rows[1].scalars, [0, curvature]), "\(formula): row \(rows[1])")
      #expect(Self.isClose([rows[0, 1].item(), rows[0, 0].item()], [0, curvature]), "\(formula): entries")
      #expect(Self.isClose(try Self.hessian(formula, at: [0, 0]).diagonal.scalars, [curvature, curvature]))
      #expect(Self.isClose(try Self.hessian(formula, at: [0, 0]).sparse().dense(), expected))
    }
  }

  /// Of one variable: the function, the point, its first and second derivative.
  static let functions: [(formula: String, point: Double, first: Double, second: Double)] = [
    ("arccos(x)**2", 1, -2, 2.0 / 3), ("(arcsin(x) - pi/2)**2", 1, -2, 2.0 / 3), ("arccosh(x)**2", 1, 2, -2.0 / 3),
    ("cos(sqrt(x))", 0, -0.5, 1.0 / 12), ("cosh(sqrt(x))", 0, 0.5, 1.0 / 12), ("sqrt(x)*sin(sqrt(x))", 0, 1, -1.0 / 3),
    ("exp(2*log(x))", 0, 0, 2), ("tanh(log(x))", 0, 0, 4), ("sigmoid(log(x))", 0, 1, -2), ("cbrt(x)**3", 0, 1, 0),
    ("(x**0.5)**2", 0, 1, 0), ("sqrt(x)*sqrt(x)", 0, 1, 0), ("abs(x)*abs(x)", 0, 0, 2), ("log(exp(x))", 400, 1, 0),
    ("exp(-2*sin(pi*abs(x - 0.5)/2)**2)", 0.5, 0, -Double.pi * .pi), ("cos(abs(x))", 0, 0, -1),
    ("sqrt(x**4)", 0, 0, 2), ("sqrt(x**2)**4", 0, 0, 0), ("cbrt(x)**6", 0, 0, 2), ("hypot(x, 0)**2", 0, 0, 2),
    ("abs(x)**3*0 + x**2", 0, 0, 2), ("sin(sqrt(x))**2", 0, 1, -2.0 / 3), ("arctan(sqrt(x))**2", 0, 1, -4.0 / 3),
    ("log(1 + sqrt(x))*0 + x", 0, 1, 0), ("x*arccos(1 - x)*0 + x**2", 0, 0, 2),
    // At the ends of the domains of incomplete functions.
    ("gammainc(1, x)", 0, 1, -1), ("gammainc(2, x)", 0, 0, 1), ("gammainc(3, x)", 0, 0, 0),
    ("gammainc(2.5, x)", 0, 0, 0),
    ("gammaincc(1, x)", 0, -1, 1), ("gammaincc(2, x)", 0, 0, -1), ("gammainc(1, x**2)", 0, 0, 2),
    ("betainc(1, 3, x)", 0, 3, -6),
    ("betainc(2, 3, x)", 0, 0, 12), ("betainc(3, 3, x)", 0, 0, 0), ("betainc(2, 3, x)", 1, 0, 0),
    ("betainc(2, 1, x)", 1, 2, 2),
    ("betainc(3, 2, x)", 1, 0, -12),
    // An angle that is a multiple of π/2 but for rounding.
    ("hypot(x, 0)*cos(arctan2(0, x))", 0, 1, 0), ("hypot(0, x)*sin(arctan2(x, 0))", 0, 1, 0),
    ("i1e(abs(x))*abs(x)", 0, 0, 1),
  ]

  @Test(
    "Functions of a distance and an angle are those of the place",
    arguments: [
      ("cos(a)", [0.0, 0, 0, 0]), ("sin(a)", [0, 0, 0, 0]), ("r*sin(2*a)", [0, 2, 2, 0]),
      ("r*cos(2*a)", [2, 0, 0, -2]),
      ("r*cos(a)**2", [2, 0, 0, 0]), ("cos(a) + r*sin(a)*cos(a)", [0, 1, 1, 0]),
    ])
  func angles(function: String, expected: [Double]) throws {
    let formula = "r = hypot(x[0], x[1]); a = arctan2(x[1], x[0]); r*(\(function))"
    let found = try Self.hessian(formula, at: [0, 0])[...].scalars
    #expect(Self.isClose(found, expected), "\(formula): \(found)")
  }

  @Test("Functions of one variable", arguments: functions.indices) func functionsOfOneVariable(index: Int) throws {
    let (formula, point, first, second) = Self.functions[index]
    let x = Node.input([point], [1], .float64)
    let y = try Operations.sum(
      FormulaEvaluator(names: ["x": .tensor(x)], variables: [x]).tensor(Parser.parse(formula)))
    let jacobian = try Jacobian(of: Tensor<Double>(y), withRespectTo: Tensor<Double>(x))
    let slope = try jacobian.read([]).scalars
    #expect(Self.isClose(slope, [first]), "\(formula): \(slope)")
    let hessian = try Hessian(of: Tensor<Double>(y), withRespectTo: Tensor<Double>(x))
    let curvature = try hessian.read([]).scalars
    #expect(Self.isClose(curvature, [second]), "\(formula): \(curvature)")
  }

  @Test(
    "What has no second derivative is refused or infinite",
    arguments: [
      "norm(x)", "exp(-norm(x))", "sin(norm(x))", "exp(-abs(x[0])) + x[1]", "norm(x)**3/norm(x)**2",
      "cos(norm(x))*norm(x)",
      "i0e(norm(x))", "i0e(x[0])", "i0e(x[0])**2", "i0e(x[0])*x[0]", "i1e(x[0])", "i1e(norm(x))",
      "i0e(x[0] - x[1])*x[1]",
      "hypot(x[0], x[1])", "cdist(x.reshape((1, 2)), zeros((1, 2)))[0, 0]", "std(x)", "abs(x[0] + x[1])**1.5",
    ])
  func kinks(formula: String) throws {
    do {
      let values = try Self.hessian(formula, at: [0, 0]).read([]).scalars
      let isFinite = values.allSatisfy { $0.isFinite }
      #expect(!isFinite, "\(formula): \(values)")
    } catch {
      #expect("\(error)".contains("no second derivative"), "\(formula): \(error)")
    }
  }

  @Test(
    "What cannot be expanded is refused by name",
    arguments: [
      ("norm(x)*sin(norm(x)) + sum(qr(diag(1 + x))[1])", "a factorization of kind qr cannot be expanded"),
      ("x[1] + entr(entr(x[0]))", "a logarithm of a logarithm"),
      ("norm(stack([entr(x[0]), x[1]]))", "a root of a logarithm"),
    ])
  func unexpandable(formula: String, reason: String) {
    do {
      let values = try Self.hessian(formula, at: [0, 0]).read([]).scalars
      Issue.record("\(formula): \(values)")
    } catch {
      #expect("\(error)".contains(reason), "\(formula): \(error)")
    }
  }

  @Test("Slices of a batch that have no derivative stay NaN, the others are right") func batches() throws {
    let x = Node.input([0, 0, 3, 4], [2, 2], .float64)
    let y = try FormulaEvaluator(names: ["x": .tensor(x)], variables: [x]).tensor(
      Parser.parse("r = norm(x, axis=1); exp(-r)"))
    let hessian = try Hessian(of: Tensor<Double>(y), withRespectTo: Tensor<Double>(x), batchAxis: 0)
    let values = try hessian.read([]).scalars
    let areKept = values[..<4].allSatisfy { $0.isNaN } && values[4...].allSatisfy { $0.isFinite }
    #expect(areKept, "\(values)")
  }
}
