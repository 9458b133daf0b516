import Curvature
import CurvatureCommands
import TensorGraph
import TestSupport
import Testing

/// Derivatives where a rule that is right on paper has no digits left, against references of 40 digits.
@Suite("Accuracy of derivatives") struct AccuracyTests {
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
      ("fixed_point(cos, 1.0, maxiter=-1)", "fixed_point: -1 iterations are none; take 0 or more"),
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
