import Curvature
import CurvatureCommands
import TensorGraph
import TestSupport
import Testing

/// Derivatives where a rule that is right on paper has no digits left, against references of 40 digits.
@Suite("Accuracy of derivatives") struct AccuracyTests {
  /// A formula of x, a point, and the first and second derivative in the first element; of two elements also the mixed one.
  static let functions: [(formula: String, point: [Double], slope: Double, curvature: Double, mixed: Double?)] = [
    ("softsign(x[0])", [1e8], 9.999999800000003e-17, -1.9999999400000012e-24, nil),
    ("softsign(x[0])", [-1e9], 9.99999998e-19, 1.999999994e-27, nil),
    ("softsign(x[0])", [1e100], 1e-200, -2e-300, nil),
    ("softsign(x[0])", [0.5], 0.44444444444444444, -0.59259259259259259, nil),
    ("softsign(x[0])*x[1]", [1e9, 2], 1.999999996e-18, -3.999999988e-27, 9.99999998e-19),
    ("gelu(x[0])", [-6], -7.709973930953696e-10, -6.8242472741571892e-9, nil),
    ("gelu(x[0])", [-9], -2.5157352850674251e-27, -4.6839285778142383e-26, nil),
    ("gelu(x[0])", [0.5], 0.86736990353464227, 0.61550689511598489, nil),
    ("ellipk(x[0])", [-1e200], 1.1532240183026223e-298, 0, nil),
    ("ellipe(x[0])", [-1e200], -5.0000000000000001e-101, -2.5e-301, nil),
    ("ellipe(x[0])", [1], -.infinity, -.infinity, nil),
    ("ellipk(x[0])", [-1e15], 2.7916085265003456e-22, 4.108355848246307e-37, nil),
    ("ellipk(x[0])", [-1e10], 5.9496099126113388e-15, 8.6744148685020374e-25, nil),
    ("ellipk(x[0])", [-1e5], 9.71248287382496e-8, 1.3778091934903495e-12, nil),
    ("ellipk(x[0])", [-100], 0.0013356872866192412, 1.7467161629522992e-5, nil),
    ("ellipk(x[0])", [-9], 0.025883547995270164, 0.0031996814945855866, nil),
    ("ellipe(x[0])", [-1e15], -1.5811388300841753e-8, -7.905694150420737e-24, nil),
    ("ellipe(x[0])", [-1e10], -4.999999996900195e-6, -2.4999999954752926e-16, nil),
    ("ellipe(x[0])", [-100], -0.049205208356027155, -0.00023934760534703957, nil),
    ("ellipe(x[0])", [0.9999999999], -5.9496098927936884, -2499999788.9993822, nil),
    ("expi(x[0])", [699], 5.3378415095003886e300, 5.330205112491089e300, nil),
    ("expi(x[0])", [711], 8.5409667759915514e305, 8.5289541644922665e305, nil),
    ("expi(x[0])", [715], 4.6371219673382019e307, 4.6306364820691974e307, nil),
    ("expi(x[0])", [750], .infinity, .infinity, nil), ("expi(x[0])", [1e300], .infinity, .infinity, nil),
    ("beta(x[0], x[1])", [1e-8, 1e-8], -1e16, 2e24, 2.4041137522030276),
    ("beta(x[0], x[1])", [1e-20, 1e-20], -1e40, 2e60, nil),
    ("beta(x[0], x[1])", [1e-8, 3], -9999999999999997.8, 2e24, 0.6694579869010701),
    ("beta(x[0], x[1])", [0.5, 2], -3.5555555555555556, 15.407407407407407, 0.34306896714377946),
    ("beta(x[0], x[1])", [30, 40], -9.0312039149442957e-22, 7.9444044126376703e-22, 4.9510587203520536e-22),
  ]

  @Test("Derivatives keep their digits", arguments: functions.indices) func digits(index: Int) throws {
    let (formula, point, slope, curvature, mixed) = Self.functions[index]
    let x = Node.vector(point)
    let y = try FormulaEvaluator(names: ["x": .tensor(x)], variables: [x]).tensor(Parser.parse(formula))
    let (value, variable) = (Tensor<Double>(y), Tensor<Double>(x))
    let hessian = try Hessian(of: value, withRespectTo: variable)
    func check(_ name: String, _ found: Double, _ expected: Double) {
      #expect(isClose(found, expected, relative: 4e-13), "\(formula), \(name): \(found), expected \(expected)")
    }
    check("slope", gradient(value, variable)[0].item(), slope)
    check("curvature", hessian[...].scalars[0], curvature)
    check("entry", try Hessian(of: value, withRespectTo: variable)[0, 0].item(), curvature)
    if let mixed {
      let found = hessian[0, 1].item()
      // What is left of terms as large as 1/x, where the derivatives are those of 1/x.
      let rounding = 1e-15 * point.reduce(1) { max($0, 1 / abs($1)) }
      #expect(
        isClose(found, mixed, relative: 4e-13, absolute: rounding), "\(formula), mixed: \(found), expected \(mixed)")
    }
  }

  @Test(
    "A function of a part of the range that is not a number there", arguments: ["softsign(x[0])", "softsign(-x[0])"])
  func kinks(formula: String) throws {
    let x = Node.vector([0])
    let y = try FormulaEvaluator(names: ["x": .tensor(x)], variables: [x]).tensor(Parser.parse(formula))
    #expect(abs(gradient(Tensor<Double>(y), Tensor<Double>(x))[0].item()) == 1)
    #expect { try Hessian(of: Tensor<Double>(y), withRespectTo: Tensor<Double>(x)).read([]) } throws: { error in
      "\(error)".contains("no second derivative")
    }
  }

  @Test(
    "Values at ends of the range are those of Python and NumPy",
    arguments: [
      ("floor_divide([-5.5, 5.5, -0.0, 0.0], inf)", [-1, 0, 0, 0]),
      ("floor_divide([-5.5, 5.5, -0.0, 0.0], -inf)", [0, -1, 0, 0]),
      ("floor_divide([inf, -inf, nan], inf)", [.nan, .nan, .nan]), ("floor_divide([inf, nan], 2)", [.nan, .nan]),
      ("floor_divide([7.5, -7.5, 1], [2, 2, 0.1])", [3, -4, 9]), ("array([-5.5, 5.5]) // inf", [-1, 0]),
      ("floor_divide([1.0, -1], 0)", [.infinity, -.infinity]), ("floor_divide(5.0, nan)", [.nan]),
      ("clip([1.0, 2, nan], 3, 1)", [1, 1, .nan]), ("clip([1.0, 2, 5], [3, 0, 0], [1, 1, 7])", [1, 1, 5]),
      (
        "grid_sample(ones((1, 1, 2, 2)), [[[[nan, 0.0], [0, nan], [0, 0], [inf, 0], [inf, -inf]]]])",
        [
          .nan, .nan, 1, 0, 0,
        ]
      ),
    ] as [(String, [Double])])
  func ends(formula: String, expected: [Double]) throws {
    for type in [ScalarType.float64, .float32] {
      let y = try FormulaEvaluator(real: type).tensor(Parser.parse(formula))
      #expect(mismatch(y.interpreted, expected) == nil, "\(formula): \(y.interpreted)")
    }
  }

  @Test(
    "Numbers that mean nothing are refused",
    arguments: [
      ("root(lambda x: x*x - 2, 1.0, steps=-1)", "root: -1 steps find nothing; take 1 or more"),
      ("root(lambda x: x*x - 2, 1.0, steps=0)", "root: 0 steps find nothing; take 1 or more"),
      ("fixed_point(lambda x: cos(x), 1.0, maxiter=-3)", "fixed_point: -3 iterations are none; take 0 or more"),
      ("huber_loss(ones(2), ones(2), delta=-1)", "huber_loss: delta is -1.0; give a number above 0"),
      ("huber_loss(ones(2), ones(2), delta=0)", "huber_loss: delta is 0.0; give a number above 0"),
      ("huber_loss(ones(2), ones(2), delta=nan)", "huber_loss: delta is nan; give a number above 0"),
    ])
  func refusals(formula: String, message: String) {
    #expect { try FormulaEvaluator().tensor(Parser.parse(formula)) } throws: { error in
      "\(error)".contains("error: \(message)")
    }
  }
}
