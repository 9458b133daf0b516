import Foundation
import RealModule

/// Where the coefficients of a jet lie. Values alone and low orders lie in registers, so that a series of a hundred steps
/// allocates nothing.
protocol JetCoefficients {
  init(zeros count: Int)
  subscript(i: Int) -> Double { get set }
}

/// The coefficient of a value without derivatives.
struct ValueAlone: JetCoefficients {
  private var value = 0.0
  init(zeros count: Int) {}
  subscript(i: Int) -> Double {
    get { value }
    set { value = newValue }
  }
}

extension SIMD4<Double>: JetCoefficients {
  init(zeros count: Int) { self = .zero }
}

extension [Double]: JetCoefficients {
  init(zeros count: Int) { self.init(repeating: 0, count: count) }
}

/// A number that is computed by jets of some kind.
protocol JetComputation {
  /// The derivative orders that the jets carry.
  var orders: (Int, Int) { get }
  func result<C: JetCoefficients>(_ jets: Jet<C>.Type) -> Double
}

extension JetComputation {
  /// By the smallest jets that hold the orders.
  var result: Double {
    switch (orders.0 + 1) * (orders.1 + 1) {
    case 1: result(Jet<ValueAlone>.self)
    case ...4: result(Jet<SIMD4<Double>>.self)
    default: result(Jet<[Double]>.self)
    }
  }
}

/// A polynomial in two small changes, cut off at a degree in each: Taylor coefficients of a function of two parameters.
///
/// A value that is computed with jets comes with its derivatives of every order, by the same algorithm.
struct Jet<Coefficients: JetCoefficients> {
  let orders: (Int, Int)
  /// Coefficient of εᵐ δⁿ at m (orders.1 + 1) + n.
  var coefficients: Coefficients

  init(_ value: Double, orders: (Int, Int)) {
    self.orders = orders
    coefficients = Coefficients(zeros: (orders.0 + 1) * (orders.1 + 1))
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

  /// How many coefficients there are.
  var count: Int { (orders.0 + 1) * (orders.1 + 1) }

  var value: Double { coefficients[0] }

  /// The derivative of the highest order in both parameters.
  var derivative: Double { coefficients[count - 1] * factorial(orders.0) * factorial(orders.1) }

  /// Whether this is only a value.
  var isPlain: Bool { Coefficients.self == ValueAlone.self || count == 1 }

  static func + (a: Jet, b: Jet) -> Jet {
    var result = a
    for i in 0..<a.count { result.coefficients[i] += b.coefficients[i] }
    return result
  }

  static func - (a: Jet, b: Jet) -> Jet {
    var result = a
    for i in 0..<a.count { result.coefficients[i] -= b.coefficients[i] }
    return result
  }

  static func + (a: Jet, b: Double) -> Jet {
    var result = a
    result.coefficients[0] += b
    return result
  }

  static func * (a: Double, b: Jet) -> Jet {
    var result = b
    for i in 0..<b.count { result.coefficients[i] *= a }
    return result
  }

  static func * (a: Jet, b: Jet) -> Jet {
    if a.isPlain { return Jet(a.value * b.value, orders: a.orders) }
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
    // Coefficient by coefficient from b · result = a.
    var result = Jet(0, orders: a.orders)
    let (width, scale) = (a.orders.1 + 1, 1 / b.value)
    for m in 0...a.orders.0 {
      for n in 0...a.orders.1 {
        var rest = a.coefficients[m * width + n]
        for p in 0...m {
          for q in 0...n where p + q > 0 {
            rest -= b.coefficients[p * width + q] * result.coefficients[(m - p) * width + n - q]
          }
        }
        result.coefficients[m * width + n] = rest * scale
      }
    }
    return result
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
    if isPlain { return Jet(value, orders: orders) }
    return composed((0...degree).map { value / factorial($0) })
  }

  /// e to the power of this, less 1.
  var exponentialMinusOne: Jet {
    if isPlain { return Jet(expm1(value), orders: orders) }
    let value = exp(value)
    return composed([expm1(self.value)] + (0..<degree).map { value / factorial($0 + 1) })
  }
}

/// n!
func factorial(_ n: Int) -> Double {
  var product = 1.0
  for i in stride(from: 2, through: n, by: 1) { product *= Double(i) }
  return product
}
