import Foundation
import RealModule

/// A polynomial in two small changes, cut off at a degree in each: Taylor coefficients of a function of two parameters.
///
/// A value that is computed with jets comes with its derivatives of every order, by the same algorithm.
struct Jet {
  let orders: (Int, Int)
  /// Coefficient of εᵐ δⁿ at m (orders.1 + 1) + n.
  var coefficients: [Double]

  init(_ value: Double, orders: (Int, Int)) {
    self.orders = orders
    coefficients = [Double](repeating: 0, count: (orders.0 + 1) * (orders.1 + 1))
    coefficients[0] = value
  }

  /// A parameter: its value, and 1 as coefficient of its change.
  init(_ value: Double, varies i: Int, orders: (Int, Int)) {
    self.init(value, orders: orders)
    if i == 0, orders.0 > 0 { coefficients[orders.1 + 1] = 1 }
    if i == 1, orders.1 > 0 { coefficients[1] = 1 }
  }

  /// A function of both parameters with the given derivatives.
  init(_ value: Double, orders: (Int, Int), derivative: (Int, Int) -> Double) {
    self.init(value, orders: orders)
    for m in 0...orders.0 {
      for n in 0...orders.1 where m + n > 0 {
        coefficients[m * (orders.1 + 1) + n] = derivative(m, n) / (factorial(m) * factorial(n))
      }
    }
  }

  var value: Double { coefficients[0] }

  /// The derivative of the highest order in both parameters.
  var derivative: Double { coefficients[coefficients.count - 1] * factorial(orders.0) * factorial(orders.1) }

  /// Whether this is only a value.
  var isPlain: Bool { coefficients.count == 1 }

  static func + (a: Jet, b: Jet) -> Jet {
    var result = a
    for i in a.coefficients.indices { result.coefficients[i] += b.coefficients[i] }
    return result
  }

  static func - (a: Jet, b: Jet) -> Jet {
    var result = a
    for i in a.coefficients.indices { result.coefficients[i] -= b.coefficients[i] }
    return result
  }

  static func + (a: Jet, b: Double) -> Jet {
    var result = a
    result.coefficients[0] += b
    return result
  }

  static func * (a: Double, b: Jet) -> Jet {
    var result = b
    for i in b.coefficients.indices { result.coefficients[i] *= a }
    return result
  }

  static func * (a: Jet, b: Jet) -> Jet {
    var result = Jet(0, orders: a.orders)
    let width = a.orders.1 + 1
    for m in 0...a.orders.0 {
      for n in 0...a.orders.1 {
        let factor = a.coefficients[m * width + n]
        if factor == 0 { continue }
        for p in 0...(a.orders.0 - m) {
          for q in 0...(a.orders.1 - n) {
            result.coefficients[(m + p) * width + n + q] += factor * b.coefficients[p * width + q]
          }
        }
      }
    }
    return result
  }

  static func / (a: Jet, b: Jet) -> Jet {
    if a.isPlain { return Jet(a.value / b.value, orders: a.orders) }
    return a * b.composed(b.value.reciprocalSeries(a.orders.0 + a.orders.1))
  }

  static func / (a: Double, b: Jet) -> Jet { Jet(a, orders: b.orders) / b }

  /// A function of this jet with the given Taylor coefficients at its value.
  func composed(_ series: [Double]) -> Jet {
    var change = self
    change.coefficients[0] = 0
    var result = Jet(series[series.count - 1], orders: orders)
    for coefficient in series.dropLast().reversed() { result = result * change + coefficient }
    return result
  }

  private var degree: Int { orders.0 + orders.1 }

  var exponential: Jet {
    let value = exp(value)
    return composed((0...degree).map { value / factorial($0) })
  }

  /// e to the power of this, less 1.
  var exponentialMinusOne: Jet {
    let value = exp(value)
    return composed([expm1(self.value)] + (0..<degree).map { value / factorial($0 + 1) })
  }
}

extension Double {
  fileprivate func reciprocalSeries(_ degree: Int) -> [Double] {
    var series = [1 / self]
    for _ in 0..<max(degree, 0) { series.append(-series[series.count - 1] / self) }
    return series
  }
}

/// n!
func factorial(_ n: Int) -> Double { n < 2 ? 1 : (2...n).reduce(1.0) { $0 * Double($1) } }
