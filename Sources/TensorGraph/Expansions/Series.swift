import Foundation

/// A function of t > 0 near 0 as a sum of terms c tᵖ (ln t)ᵏ, known up to an order: a truncated Puiseux series with real
/// exponents and logarithms (Gruntz 1996, "On computing limits in a symbolic manipulation system", chapter 3).
///
/// What is no number, such as the root of a negative one, or has no such series, such as the root of a logarithm, has a fault,
/// with the reason. An infinite constant stays one.
package struct Series: Sendable {
  package struct Term: Sendable {
    package var power: Double
    package var logarithms: Int
    package var coefficient: Double
  }

  /// The terms, largest first: by rising power, of equal powers the one with more logarithms.
  package private(set) var terms: [Term]
  /// Terms of this power and beyond are not known; infinite if there are none.
  package private(set) var order: Double
  /// Why the function cannot be expanded, if it cannot.
  package private(set) var fault: Fault?

  package enum Fault: Error, Sendable, Hashable {
    /// Outside of an operation's domain: no number for t > 0.
    case undefined(String)
    /// A function that has no such series.
    case unexpandable(String)
    /// All terms that were kept have cancelled.
    case cancelled
  }

  /// Terms of this power and beyond are dropped.
  static let limit = 9.0
  /// More terms than these are not kept.
  private static let termLimit = 48
  /// Coefficients that cancel to less than this part of what they are made of are rounding errors; values of the point
  /// are hardly ever.
  private static func resolution(of power: Double) -> Double { power == 0 ? 1e-15 : 1e-13 }

  init(_ terms: [Term], order: Double = .infinity) {
    self.terms = terms
    self.order = order
  }

  /// A constant.
  package init(_ value: Double) {
    terms = value == 0 ? [] : [Term(power: 0, logarithms: 0, coefficient: value)]
    order = .infinity
    if value.isNaN { self = .undefined("NaN") }
  }

  /// c tᵖ
  package init(_ coefficient: Double, power: Double) {
    terms = coefficient == 0 ? [] : [Term(power: power, logarithms: 0, coefficient: coefficient)]
    order = .infinity
  }

  static func undefined(_ reason: String) -> Series { Series(fault: .undefined(reason)) }
  static func unexpandable(_ reason: String) -> Series { Series(fault: .unexpandable(reason)) }

  init(fault: Fault) {
    terms = []
    order = -.infinity
    self.fault = fault
  }

  // MARK: Facts

  /// Whether this is 0 for every t.
  var isZero: Bool { terms.isEmpty && order == .infinity }

  /// Whether this is ∞ or -∞ for every t.
  package var isInfiniteConstant: Bool { terms.first.map { $0.coefficient.isInfinite } ?? false }

  /// The largest term.
  var leading: Term? { terms.first }

  /// The power of the largest term, or the order if none is known.
  var leadingPower: Double { terms.first?.power ?? order }

  /// The value at t = 0: infinite if a term grows; nil if it is not known.
  package var limitValue: Double? {
    guard fault == nil else { return nil }
    guard let first = terms.first else { return order > 0 ? 0 : nil }
    if first.power < 0 || (first.power == 0 && first.logarithms > 0) {
      let sign = first.logarithms % 2 == 0 ? 1.0 : -1.0
      return first.coefficient * sign * .infinity
    }
    return first.power == 0 ? first.coefficient : 0
  }

  /// The coefficient of tᵖ without logarithms.
  package func coefficient(_ power: Double) -> Double {
    terms.first { $0.power == power && $0.logarithms == 0 }?.coefficient ?? 0
  }

  /// The first term up to a power that a polynomial does not have.
  package func irregularTerm(upTo power: Double) -> Term? {
    terms.first { $0.power <= power && ($0.logarithms > 0 || $0.power < 0 || $0.power.rounded() != $0.power) }
  }

  /// The sign of the function for small t, which is that of the largest term; nil if none is known.
  var sign: Double? {
    if isZero { return 0 }
    guard let first = terms.first else { return nil }
    return (first.logarithms % 2 == 0) == (first.coefficient > 0) ? 1 : -1
  }

  /// Whether this is less than another for small t; false if that is not known.
  func isBefore(_ other: Series) -> Bool {
    if let a = limitValue, let b = other.limitValue, a != b { return a < b }
    return (self - other).sign.map { $0 < 0 } ?? false
  }

  /// The value at 0, and the rest; nil unless the value is finite.
  var split: (value: Double, rest: Series)? {
    guard fault == nil, leadingPower >= 0, terms.first.map({ $0.power > 0 || $0.logarithms == 0 }) ?? (order > 0) else {
      return nil
    }
    guard let first = terms.first, first.power == 0 else { return (0, self) }
    return (first.coefficient, Series(Array(terms.dropFirst()), order: order))
  }

  // MARK: Arithmetic

  static prefix func - (a: Series) -> Series { a.scaled(by: -1) }

  func scaled(by factor: Double) -> Series {
    if fault != nil { return self }
    if factor == 0 { return Series(0) }
    if isInfiniteConstant { return Series(factor * terms[0].coefficient) }
    var result = self
    for i in result.terms.indices { result.terms[i].coefficient *= factor }
    return result.checked
  }

  package static func + (a: Series, b: Series) -> Series {
    if a.fault != nil || b.isZero { return a }
    if b.fault != nil || a.isZero { return b }
    if a.isInfiniteConstant || b.isInfiniteConstant {
      guard a.isInfiniteConstant, b.isInfiniteConstant else { return a.isInfiniteConstant ? a : b }
      return a.sign == b.sign ? a : .undefined("a difference of infinities")
    }
    var sum = TermSum()
    for term in a.terms { sum.add(term) }
    for term in b.terms { sum.add(term) }
    return sum.series(order: min(a.order, b.order))
  }

  static func - (a: Series, b: Series) -> Series { a + -b }

  static func * (a: Series, b: Series) -> Series {
    // What is 0 for every t is so whatever the other does, if that is a number for t > 0.
    if let fault = a.fault ?? b.fault { return Series(fault: fault) }
    if a.isZero { return a }
    if b.isZero { return b }
    if a.isInfiniteConstant || b.isInfiniteConstant {
      guard let x = a.sign, let y = b.sign else { return Series(fault: .cancelled) }
      return Series(x * y * .infinity)
    }
    let order = min(a.order + b.leadingPower, b.order + a.leadingPower)
    let bound = min(order, Self.limit + min(0, a.leadingPower + b.leadingPower))
    var sum = TermSum()
    var isCut = false
    for x in a.terms {
      for y in b.terms {
        let power = x.power + y.power
        if power >= bound {
          isCut = true
          break
        }
        sum.add(
          Term(
            power: power, logarithms: x.logarithms + y.logarithms, coefficient: x.coefficient * y.coefficient))
      }
    }
    return sum.series(order: isCut ? bound : order)
  }

  /// Whether coefficients are numbers; what is not is undefined.
  private var checked: Series {
    terms.allSatisfy { $0.coefficient.isFinite } ? self : .unexpandable("a number out of range")
  }

  /// Terms that are being added up.
  private struct TermSum {
    private var terms: [(term: Term, magnitude: Double)] = []

    mutating func add(_ term: Term) {
      var low = 0
      var high = terms.count
      while low < high {
        let middle = (low + high) / 2
        if Self.isBefore(terms[middle].term, term) { low = middle + 1 } else { high = middle }
      }
      if low < terms.count, Self.isSame(terms[low].term, term) {
        terms[low].term.coefficient += term.coefficient
        terms[low].magnitude += abs(term.coefficient)
      } else {
        terms.insert((term, abs(term.coefficient)), at: low)
      }
    }

    private static let tolerance = 1e-9

    private static func isSame(_ a: Term, _ b: Term) -> Bool {
      abs(a.power - b.power) < tolerance && a.logarithms == b.logarithms
    }

    private static func isBefore(_ a: Term, _ b: Term) -> Bool {
      if abs(a.power - b.power) >= tolerance { return a.power < b.power }
      return a.logarithms > b.logarithms
    }

    func series(order: Double) -> Series {
      var kept: [Term] = []
      for (term, magnitude) in terms
      where term.power < order && abs(term.coefficient) > Series.resolution(of: term.power) * magnitude {
        var term = term
        let whole = term.power.rounded()
        if abs(term.power - whole) < Self.tolerance { term.power = whole }
        kept.append(term)
      }
      if kept.count > Series.termLimit {
        return Series(Array(kept[..<Series.termLimit]), order: kept[Series.termLimit].power).checked
      }
      return Series(kept, order: order).checked
    }
  }

  // MARK: Composition

  /// Σ cₙ sⁿ for a rest s that goes to 0: a function at an ordinary point, by its Taylor coefficients.
  ///
  /// - Parameter coefficients: the first so many coefficients.
  static func composed(_ rest: Series, order count: Int = 40, _ coefficients: (Int) -> [Double]) -> Series {
    if rest.fault != nil { return rest }
    if rest.isZero { return Series(coefficients(1)[0]) }
    let lead = rest.leadingPower
    guard lead > 0 else { return .unexpandable("a limit that is not finite") }
    let needed = min(count, max(2, Int((limit / lead).rounded(.up)) + 1))
    let taylor = coefficients(needed)
    var result = Series(taylor[taylor.count - 1])
    for coefficient in taylor.dropLast().reversed() { result = result * rest + Series(coefficient) }
    return result.truncated(at: Double(taylor.count) * lead)
  }

  /// The same without what lies at a power and beyond.
  func truncated(at power: Double) -> Series {
    guard fault == nil, power < order else { return self }
    return Series(terms.filter { $0.power < power }, order: power)
  }

  /// tᵖ times this.
  func shifted(by power: Double) -> Series {
    if fault != nil { return self }
    var result = self
    for i in result.terms.indices { result.terms[i].power += power }
    result.order += power
    return result
  }

  /// This as c tᵖ (1 + w) with w → 0: the leading term, and w.
  var factored: (leading: Term, rest: Series)? {
    guard fault == nil, let first = terms.first, first.logarithms == 0 else { return nil }
    var rest = Series(Array(terms.dropFirst()), order: order).shifted(by: -first.power)
    rest = rest.scaled(by: 1 / first.coefficient)
    return (first, rest)
  }
}
