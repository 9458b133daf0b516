import Curvature
import Foundation
import Testing

/// The unconstrained problems of Moré, Garbow & Hillstrom ("Testing unconstrained optimization software", ACM Transactions
/// on Mathematical Software 7, 1981), as residuals whose sum of squares is minimized, with the starts and the minima that are
/// published there.
struct TestFunction: Sendable, CustomTestStringConvertible {
  let name: String
  let start: [Double]
  /// Sums of squares at minima that are known, the least first.
  let minima: [Double]
  let residuals: @Sendable (Tensor<Double>) -> Tensor<Double>

  var testDescription: String { name }

  /// The start times a factor; where it is the origin, a vector of the factor.
  func start(times factor: Double) -> Tensor<Double> {
    if start.allSatisfy({ $0 == 0 }), factor != 1 { return Tensor(start.map { _ in factor }) }
    return Tensor(start.map { factor * $0 })
  }

  /// i = first ... last as real numbers.
  private static func numbers(_ first: Int, _ last: Int) -> Tensor<Double> {
    Tensor((first...last).map(Double.init))
  }

  private static func list(_ items: Tensor<Double>...) -> Tensor<Double> { .stack(items) }

  static let all: [TestFunction] = [
    .init(name: "helical valley", start: [-1, 0, 0], minima: [0]) { x in
      let angle = atan2(y: x[1], x: x[0]) / (2 * Double.pi)
      return list(10 * (x[2] - 10 * angle), 10 * (sqrt(square(x[0]) + square(x[1])) - 1), x[2])
    },
    .init(name: "Biggs EXP6", start: [1, 2, 1, 1, 1, 1], minima: [0, 5.65565e-3]) { x in
      let t = numbers(1, 13) / 10
      func decay(_ rate: Tensor<Double>) -> Tensor<Double> { exp(-(rate * t)) }
      let y = decay(Tensor(1)) - 5 * decay(Tensor(10)) + 3 * decay(Tensor(4))
      return x[2] * decay(x[0]) - x[3] * decay(x[1]) + x[5] * decay(x[4]) - y
    },
    .init(name: "Gaussian", start: [0.4, 1, 0], minima: [1.12793e-8]) { x in
      let half = [0.0009, 0.0044, 0.0175, 0.0540, 0.1295, 0.2420, 0.3521]
      let y = Tensor<Double>(half + [0.3989] + half.reversed())
      let t = (8 - numbers(1, 15)) / 2
      let exponent = x[1] * square(t - x[2]) / 2
      return x[0] * exp(-exponent) - y
    },
    .init(name: "Powell badly scaled", start: [0, 1], minima: [0]) { x in
      list(1e4 * x[0] * x[1] - 1, exp(-x[0]) + exp(-x[1]) - 1.0001)
    },
    .init(name: "box", start: [0, 10, 20], minima: [0]) { x in
      let t = numbers(1, 10) / 10
      func decay(_ rate: Tensor<Double>) -> Tensor<Double> { exp(-(rate * t)) }
      let difference = decay(Tensor(1)) - decay(Tensor(10))
      return decay(x[0]) - decay(x[1]) - x[2] * difference
    },
    .init(name: "variably dimensioned", start: (1...10).map { 1 - Double($0) / 10 }, minima: [0]) { x in
      let sum = (numbers(1, 10) * (x - 1)).sum()
      return Tensor<Double>.concatenate([x - 1, list(sum, square(sum))])
    },
    .init(name: "Watson", start: [0, 0, 0, 0, 0, 0], minima: [2.28767e-3]) { x in
      let rows = (1...29).map { (i: Int) -> Tensor<Double> in
        let t = Double(i) / 29
        let exponents: [Double] = [0, 1, 2, 3, 4, 5]
        let powers = Tensor<Double>(exponents.map { Foundation.pow(t, $0) })
        let slopes = Tensor<Double>(exponents.map { $0 == 0 ? 0 : $0 * Foundation.pow(t, $0 - 1) })
        let (value, slope) = ((powers * x).sum(), (slopes * x).sum())
        return slope - square(value) - 1
      }
      return Tensor<Double>.stack(rows + [x[0], x[1] - square(x[0]) - 1])
    },
    .init(name: "penalty I", start: (1...10).map(Double.init), minima: [7.08765e-5]) { x in
      let root = 1e-5.squareRoot()
      return Tensor<Double>.concatenate([root * (x - 1), list(square(x).sum() - 0.25)])
    },
    .init(name: "penalty II", start: [0.5, 0.5, 0.5, 0.5], minima: [9.37629e-6]) { x in
      let e = exp(x / 10)
      let powers = exp(numbers(1, 4) / 10)
      let y = powers[1...] + powers[..<(-1)]
      let root = 1e-5.squareRoot()
      let pairs = root * (e[1...] + e[..<(-1)] - y)
      let singles = root * (e[1...] - Foundation.exp(-0.1))
      let weights = Tensor<Double>([4, 3, 2, 1])
      let sum = (weights * square(x)).sum() - 1
      return Tensor<Double>.concatenate([x[..<1] - 0.2, pairs, singles, list(sum)])
    },
    .init(name: "Brown badly scaled", start: [1, 1], minima: [0]) { x in
      list(x[0] - 1e6, x[1] - 2e-6, x[0] * x[1] - 2)
    },
    .init(name: "Brown & Dennis", start: [25, 5, -5, -1], minima: [85822.2]) { x in
      let t = numbers(1, 20) / 5
      let (first, second) = (x[0] + t * x[1] - exp(t), x[2] + x[3] * sin(t) - cos(t))
      return square(first) + square(second)
    },
    .init(name: "Gulf research", start: [5, 2.5, 0.15], minima: [0]) { x in
      let t = numbers(1, 99) / 100
      let y = 25 + pow(-50 * log(t), 2.0 / 3)
      let power = pow(abs(y - x[1]), x[2])
      return exp(-power / x[0]) - t
    },
    .init(name: "trigonometric", start: .init(repeating: 0.1, count: 10), minima: [0, 2.79506e-5]) { x in
      let cosines = cos(x)
      return 10 - cosines.sum() + numbers(1, 10) * (1 - cosines) - sin(x)
    },
    .init(name: "extended Rosenbrock", start: (0..<10).map { $0 % 2 == 0 ? -1.2 : 1 }, minima: [0]) { x in
      let pairs = x.reshaped(to: [5, 2])
      let (odd, even) = (pairs[..., 0], pairs[..., 1])
      return Tensor<Double>.concatenate([10 * (even - square(odd)), 1 - odd])
    },
    .init(name: "extended Powell singular", start: [3, -1, 0, 1, 3, -1, 0, 1], minima: [0]) { x in
      let y = x.reshaped(to: [2, 4])
      let (a, b, c, d) = (y[..., 0], y[..., 1], y[..., 2], y[..., 3])
      let (root5, root10): (Double, Double) = (5.squareRoot(), 10.squareRoot())
      let (first, second) = (a + 10 * b, root5 * (c - d))
      let (third, fourth) = (square(b - 2 * c), root10 * square(a - d))
      return Tensor<Double>.concatenate([first, second, third, fourth])
    },
    .init(name: "Beale", start: [1, 1], minima: [0]) { x in
      let powers = Tensor<Double>.stack([x[1], square(x[1]), square(x[1]) * x[1]])
      return Tensor<Double>([1.5, 2.25, 2.625]) - x[0] * (1 - powers)
    },
    .init(name: "Wood", start: [-3, -1, -3, -1], minima: [0], residuals: wood),
    .init(name: "Chebyquad", start: (1...8).map { Double($0) / 9 }, minima: [3.51687e-3], residuals: chebyquad),
  ]

  private static func wood(_ x: Tensor<Double>) -> Tensor<Double> {
    let first = x[1] - square(x[0])
    let second = x[3] - square(x[2])
    let sum = x[1] + x[3] - 2.0
    let difference = x[1] - x[3]
    let (a, b) = (sqrt(90.0), sqrt(10.0))
    return list(first * 10.0, 1.0 - x[0], second * a, 1.0 - x[2], sum * b, difference / b)
  }

  private static func chebyquad(_ x: Tensor<Double>) -> Tensor<Double> {
    let y = 2 * x - 1
    var polynomials = [Tensor<Double>.ones([8]), y]
    for k in 2...8 { polynomials.append(2 * y * polynomials[k - 1] - polynomials[k - 2]) }
    return .stack(
      (1...8).map { (i: Int) -> Tensor<Double> in
        let integral: Double = i % 2 == 0 ? 1 / Double(i * i - 1) : 0
        return polynomials[i].mean() + integral
      })
  }
}
