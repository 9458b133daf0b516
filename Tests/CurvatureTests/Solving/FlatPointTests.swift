import Curvature
import TestSupport
import Testing

@Suite("Where the second derivatives do not tell whether a search has found a minimum") struct FlatPointTests {
  typealias T = Tensor<Double>

  struct Case: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let start: [Double]
    let function: @Sendable (T) -> T

    init(_ name: String, _ start: [Double], _ function: @escaping @Sendable (T) -> T) {
      (testDescription, self.start, self.function) = (name, start, function)
    }
  }

  static let kinks = [
    Case("|x|, 2 variables", [1, 2]) { $0.norm() }, Case("|x|, 1 variable", [1]) { $0.norm() },
    Case("|x - 1|", [1, 2]) { ($0 - 1).norm() }, Case("1 + |x|", [1, 2]) { 1 + $0.norm() },
    Case("sum of magnitudes", [1, -1, 3]) { abs($0).sum() },
    Case("|x| and a parabola", [1, 2]) { $0.norm() + square($0).sum() },
    Case("two roofs", [1, 2]) { max($0, 1 - $0).sum() },
  ]

  @Test("The gradient is not said to vanish at a kink", arguments: kinks) func kink(_ example: Case) throws {
    for method in [MinimizationMethod.dense, .matrixFree] {
      let result = try minimize(from: T(example.start), method: method, of: example.function)
      // Unless a step meets the kink itself, where the slope is 0 by convention.
      #expect(!result.isConverged && result.stop != .gradient || result.gradientNorm == 0, "\(result)")
    }
    let single = try minimize(from: Tensor<Float>([1, 2])) { $0.norm() }
    #expect(single.stop == .noProgress, "\(single)")
  }

  @Test("Least magnitudes are found where the gradient vanishes slowly") func roots() throws {
    for power in [1.5, 1.25] {
      let result = try minimize(from: T([1, 2])) { pow($0.norm(), T(power)) }
      #expect(result.isConverged && result.point.isClose(to: T([0, 0]), absolute: 1e-10), "\(result)")
    }
  }

  static let inflections: [(case: Case, minimum: [Double]?)] = [
    (Case("x³", [1]) { ($0 * $0 * $0).sum() }, nil), (Case("x³ from 0", [0]) { ($0 * $0 * $0).sum() }, nil),
    (Case("1 + x³", [1]) { 1 + ($0 * $0 * $0).sum() }, nil), (Case("1 + x³ by pow", [1]) { 1 + pow($0, 3).sum() }, nil),
    (Case("x⁵", [2]) { ($0 * square(square($0))).sum() }, nil),
    (Case("x³ + y²", [1, 1]) { $0[0] * square($0[0]) + square($0[1]) }, nil),
    (Case("x⁴ - y⁴", [1, 0]) { square(square($0[0])) - square(square($0[1])) }, nil),
    (Case("x² - y⁴", [1, 0]) { square($0[0]) - square(square($0[1])) }, nil),
    (Case("x⁴ + y³", [1, 1]) { square(square($0[0])) + $0[1] * square($0[1]) }, nil),
    (Case("x³ + x⁴", [1]) { ($0 * square($0) + square(square($0))).sum() }, [-0.75]),
    (
      Case("7 + (x - 1)³ + (x - 1)⁴", [2]) {
        let u = $0 - 1
        return 7 + (u * square(u) + square(square(u))).sum()
      }, [0.25]
    ),
    (
      Case("across the axes", [1, 0.5]) {
        let (u, v) = ($0[0] + $0[1], $0[0] - $0[1])
        return u * square(u) + square(square(u)) + square(v)
      }, [-0.375, -0.375]
    ),
  ]

  @Test("An inflection is no minimum: the search goes on", arguments: inflections.indices) func inflection(_ i: Int)
    throws
  {
    let (example, minimum) = Self.inflections[i]
    for method in [MinimizationMethod.dense, .matrixFree, .sparse(BlockArrow())] {
      let result = try minimize(from: T(example.start), method: method, of: example.function)
      if let minimum {
        #expect(result.isConverged && result.curvature.kind == .minimum, "\(example.testDescription): \(result)")
        #expect(result.point.isClose(to: T(minimum), absolute: 1e-6), "\(example.testDescription): \(result)")
      } else {
        #expect(!result.isConverged && result.value < -1e6, "\(example.testDescription): \(result)")
      }
    }
  }

  static let minima = [
    Case("x⁴", [1]) { square(square($0)).sum() }, Case("x⁶", [1]) { square($0 * square($0)).sum() },
    Case("(x - 5)⁴", [1]) { square(square($0 - 5)).sum() }, Case("1 + x⁴", [1]) { 1 + square(square($0)).sum() },
    Case("x² + y⁴", [1, 1]) { square($0[0]) + square(square($0[1])) },
    Case("a valley", [1, 2]) { square($0[0] - $0[1]) }, Case("constant", [2]) { 7 + 0 * $0.sum() },
    Case("a curved valley", [1, 2]) { square($0[1] - square($0[0])) },
    Case("steep far away", [3]) { exp(20 * square($0)).sum() },
  ]

  @Test("Minima without curvature stay where they are", arguments: minima) func minimum(_ example: Case) throws {
    for method in [MinimizationMethod.dense, .matrixFree] {
      let result = try minimize(from: T(example.start), method: method, of: example.function)
      #expect(result.isConverged && result.iterations < 300, "\(result)")
      for k in 0..<result.point.shape[0] {
        for change in [-1e-2, 1e-2] {
          var there = result.point.scalars
          there[k] += change
          #expect(example.function(T(there)).item() >= result.value - 1e-12 * abs(result.value))
        }
      }
    }
  }

  @Test("An inflection on a bound is the minimum within it") func bounded() throws {
    func cube(_ x: T) -> T { (x * x * x).sum() }
    let held = try minimize(from: T([1]), lowerBounds: T([0]), of: cube)
    #expect(held.isConverged && abs(held.point.item()) < 1e-7, "\(held)")
    let below = try minimize(from: T([1]), lowerBounds: T([-1]), of: cube)
    #expect(below.isConverged && below.point.item() == -1, "\(below)")
  }
}
