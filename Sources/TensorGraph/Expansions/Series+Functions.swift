import Foundation

/// Scalar functions of series: Taylor series at ordinary points, expansions of their own at singular ones.
extension Series {
  // MARK: Powers

  /// uᵃ: for u = c tᵖ (1 + w) that is cᵃ tᵃᵖ (1 + w)ᵃ.
  func power(_ exponent: Double) -> Series {
    if fault != nil { return self }
    if exponent == 0 { return Series(1) }
    if isZero {
      return exponent > 0 ? self : .undefined("a division by zero")
    }
    guard let leading else {
      return exponent > 0 ? Series([], order: order * exponent) : Series(fault: .cancelled)
    }
    let isWhole = exponent.rounded() == exponent
    if leading.logarithms > 0 {
      // Only whole powers of logarithms are terms.
      guard isWhole, exponent > 0, exponent <= 8 else {
        return !isWhole && sign == -1
          ? .undefined("a root of a negative number") : .unexpandable("a root of a logarithm")
      }
      return (1..<Int(exponent)).reduce(self) { result, _ in result * self }
    }
    guard isWhole || leading.coefficient > 0 else { return .undefined("a root of a negative number") }
    if isInfiniteConstant { return Series(pow(leading.coefficient, exponent)) }
    let (_, rest) = factored!
    let series = Series.composed(rest) { Series.binomials(exponent, $0) }
    return series.scaled(by: pow(leading.coefficient, exponent)).shifted(by: leading.power * exponent)
  }

  /// The coefficients of (1 + w)ᵃ.
  static func binomials(_ exponent: Double, _ count: Int) -> [Double] {
    var result = [1.0]
    for n in 1..<max(count, 1) { result.append(result[n - 1] * (exponent - Double(n - 1)) / Double(n)) }
    return result
  }

  var reciprocal: Series { power(-1) }
  var squareRoot: Series { power(0.5) }

  var cubeRoot: Series {
    guard let sign, sign < 0 else { return power(1.0 / 3) }
    return -((-self).power(1.0 / 3))
  }

  var magnitude: Series {
    if fault != nil { return self }
    guard let sign else { return Series([], order: order) }
    return sign < 0 ? -self : self
  }

  // MARK: Exponentials and logarithms

  var exponential: Series {
    if fault != nil { return self }
    // t^a from a logarithm, a flat function or nothing from a growing term, a factor from the value.
    var factor = 1.0
    var power = 0.0
    var rest: [Term] = []
    for term in terms {
      if term.power < 0 || (term.power == 0 && term.logarithms > 1) {
        let tends = term.coefficient * (term.logarithms % 2 == 0 ? 1 : -1)
        // Smaller than every power of t, or larger.
        return tends < 0 ? Series(0) : .unexpandable("an exponential without bound")
      }
      if term.power == 0, term.logarithms == 1 {
        power = term.coefficient
      } else if term.power == 0 {
        factor = exp(term.coefficient)
      } else {
        rest.append(term)
      }
    }
    guard order > 0 else { return Series(fault: .cancelled) }
    if factor == 0 { return Series(0) }
    let series = Series.composed(Series(rest, order: order)) { Series.exponentials($0) }
    return series.scaled(by: factor).shifted(by: power)
  }

  private static func exponentials(_ count: Int) -> [Double] {
    var result = [1.0]
    for n in 1..<max(count, 1) { result.append(result[n - 1] / Double(n)) }
    return result
  }

  var logarithm: Series {
    if fault != nil { return self }
    if isZero { return .undefined("a logarithm of zero") }
    guard let leading else { return Series(fault: .cancelled) }
    guard sign == 1 else { return .undefined("a logarithm of a negative number") }
    if isInfiniteConstant { return self }
    guard leading.logarithms == 0 else { return .unexpandable("a logarithm of a logarithm") }
    let (_, rest) = factored!
    return rest.logarithmOfOnePlus + Series(log(leading.coefficient))
      + Series(leading.power == 0 ? [] : [Term(power: 0, logarithms: 1, coefficient: leading.power)])
  }

  /// ln(1 + w) for a w that goes to 0.
  private var logarithmOfOnePlus: Series {
    Series.composed(self) { count in
      [0] + (1..<max(count, 2)).map { ($0 % 2 == 1 ? 1 : -1) / Double($0) }
    }
  }

  // MARK: Trigonometric functions and their like

  var sine: Series { periodic { value, n in [sin(value), cos(value), -sin(value), -cos(value)][n % 4] } }
  var cosine: Series { periodic { value, n in [cos(value), -sin(value), -cos(value), sin(value)][n % 4] } }

  private func periodic(_ derivative: (Double, Int) -> Double) -> Series {
    if fault != nil { return self }
    guard let (value, rest) = split else { return .unexpandable("an oscillation without limit") }
    // What is left where the value is a multiple of π/2 but for its own rounding, as angles are.
    let rounding = 2 * Double.ulpOfOne * abs(value)
    return Series.composed(rest) { count in
      var factorial = 1.0
      return (0..<count).map { n in
        if n > 1 { factorial *= Double(n) }
        let slope = derivative(value, n)
        return abs(slope) <= rounding && abs(value) > 1 ? 0 : slope / factorial
      }
    }
  }

  /// The function whose derivative along u is `slope` of the series: f(u) = f(u₀) + ∫ slope(u) du.
  ///
  /// - Parameter slope: Taylor coefficients of the derivative, as a series in its own argument.
  private func integral(value: Double, _ rest: Series, slope: (Series) -> Series) -> Series {
    // In the variable of the rest itself: u = u₀ + s, integrated term by term.
    let local = slope(Series(1, power: 1))
    guard local.fault == nil else { return local }
    return Series.composed(rest) { count in
      var result = [Double](repeating: 0, count: min(count, Int(Series.limit)))
      result[0] = value
      for term in local.terms where Int(term.power) + 1 < result.count {
        result[Int(term.power) + 1] = term.coefficient / (term.power + 1)
      }
      return result
    }
  }

  /// f(u) with f(u₀) and f' = `slope`, for a u that has a finite value.
  private func antiderivative(
    _ function: (Double) -> Double, slope: (_ u: Series) -> Series
  ) -> Series {
    if fault != nil { return self }
    guard let (value, rest) = split else { return .unexpandable("a limit that is not finite") }
    return integral(value: function(value), rest) { slope(Series(value) + $0) }
  }

  var arcTangent: Series {
    if let limitValue, limitValue.isInfinite {
      return Series(limitValue > 0 ? .pi / 2 : -.pi / 2) - reciprocal.arcTangent
    }
    return antiderivative(atan) { ($0 * $0 + Series(1)).reciprocal }
  }

  /// Near ±1, where its slope is infinite, by the half angle.
  var arcSine: Series {
    guard let value = limitValue else { return fault == nil ? Series(fault: .cancelled) : self }
    if value > 0.5 { return Series(.pi / 2) - halfArcSine(of: Series(1) - self).scaled(by: 2) }
    if value < -0.5 { return halfArcSine(of: Series(1) + self).scaled(by: 2) - Series(.pi / 2) }
    return plainArcSine
  }

  var arcCosine: Series {
    guard let value = limitValue else { return fault == nil ? Series(fault: .cancelled) : self }
    if value > 0.5 { return halfArcSine(of: Series(1) - self).scaled(by: 2) }
    return Series(.pi / 2) - arcSine
  }

  private func halfArcSine(of distance: Series) -> Series {
    let root = distance.scaled(by: 0.5).squareRoot
    if root.fault != nil { return root }
    return root.limitValue.map { $0 > 0.8 } ?? true ? .undefined("an angle out of range") : root.plainArcSine
  }

  private var plainArcSine: Series { antiderivative(asin) { (Series(1) - $0 * $0).power(-0.5) } }

  var areaSine: Series { antiderivative(asinh) { ($0 * $0 + Series(1)).power(-0.5) } }

  var areaCosine: Series {
    guard let value = limitValue else { return fault == nil ? Series(fault: .cancelled) : self }
    if value >= 2 { return antiderivative(acosh) { ($0 * $0 - Series(1)).power(-0.5) } }
    return (self - Series(1)).scaled(by: 0.5).squareRoot.areaSine.scaled(by: 2)
  }

  var areaTangent: Series {
    if let limitValue, abs(limitValue) < 0.9 { return antiderivative(atanh) { (Series(1) - $0 * $0).reciprocal } }
    return ((Series(1) + self).logarithm - (Series(1) - self).logarithm).scaled(by: 0.5)
  }

  var tangent: Series { sine * cosine.reciprocal }

  /// sinh and cosh: at large and growing arguments as exponentials, elsewhere without cancellation.
  var hyperbolicSine: Series { hyperbolic(odd: true) }
  var hyperbolicCosine: Series { hyperbolic(odd: false) }

  private func hyperbolic(odd: Bool) -> Series {
    if fault != nil { return self }
    guard let (value, rest) = split else {
      let (up, down) = (exponential, (-self).exponential)
      return (odd ? up - down : up + down).scaled(by: 0.5)
    }
    return Series.composed(rest) { count in
      var factorial = 1.0
      return (0..<count).map { n in
        if n > 1 { factorial *= Double(n) }
        return ((n % 2 == 0) == odd ? sinh(value) : cosh(value)) / factorial
      }
    }
  }

  /// 1 / (1 + e⁻ᵘ)
  var logistic: Series {
    if let limitValue, limitValue > 0 { return ((-self).exponential + Series(1)).reciprocal }
    let growth = exponential
    return growth * (growth + Series(1)).reciprocal
  }

  /// ln(1 + eᵘ)
  var softplus: Series {
    if let limitValue, limitValue > 0 { return self + ((-self).exponential + Series(1)).logarithm }
    return (exponential + Series(1)).logarithm
  }

  var hyperbolicTangent: Series { scaled(by: 2).logistic.scaled(by: 2) - Series(1) }

  /// 2/√π ∫ exp(-u²)
  func errorFunction(complement: Bool) -> Series {
    if let limitValue, limitValue.isInfinite {
      // Closer to its limit than every power of t.
      return Series(complement ? (limitValue > 0 ? 0 : 2) : (limitValue > 0 ? 1 : -1))
    }
    let factor = (complement ? -2 : 2) / Double.pi.squareRoot()
    return antiderivative(complement ? erfc : erf) { (-($0 * $0)).exponential.scaled(by: factor) }
  }

  /// The angle of the point (y, x).
  static func angle(_ y: Series, _ x: Series) -> Series {
    if let fault = y.fault ?? x.fault { return Series(fault: fault) }
    if y.isZero, x.isZero { return .unexpandable("the angle of the origin") }
    let power = min(y.leadingPower, x.leadingPower)
    let (b, a) = (y.shifted(by: -power), x.shifted(by: -power))
    guard let y0 = b.limitValue, let x0 = a.limitValue, y0.isFinite, x0.isFinite, y0 != 0 || x0 != 0 else {
      return Series(fault: .cancelled)
    }
    // On the cut the side decides.
    let start = x0 < 0 && y0 == 0 && (b.sign ?? 0) < 0 ? -Double.pi : atan2(y0, x0)
    let across = b.scaled(by: x0) - a.scaled(by: y0)
    let along = a.scaled(by: x0) + b.scaled(by: y0)
    return Series(start) + (across * along.reciprocal).arcTangent
  }

  /// 1 / cosh x.
  var hyperbolicSecant: Series {
    guard let limitValue, limitValue.isInfinite else { return hyperbolicCosine.reciprocal }
    let growing = magnitude.hyperbolicCosine
    return growing.fault != nil ? Series(0) : growing.reciprocal
  }

  /// A power that may move.
  func power(_ y: Series) -> Series {
    if y.terms.allSatisfy({ $0.power == 0 && $0.logarithms == 0 }), y.order == .infinity {
      return power(y.limitValue ?? .nan)
    }
    // 0 to a positive power that moves stays 0.
    if isZero { return (y.limitValue ?? 0) > 0 ? self : .undefined("a power of zero") }
    return (y * logarithm).exponential
  }

  // MARK: Piecewise functions

  /// -1, 0 or 1 on the side to which the argument goes.
  var signum: Series { fault != nil ? self : sign.map { Series($0) } ?? Series(fault: .cancelled) }

  /// A function that takes steps is that on the side to which the argument goes.
  func step(_ value: (Double) -> Double) -> Series {
    if fault != nil { return self }
    guard let (limit, rest) = split else { return .unexpandable("a step without limit") }
    switch rest.sign ?? 0 {
    case ..<0: return Series(value(limit.nextDown))
    case 0: return Series(value(limit))
    default: return Series(value(limit.nextUp))
    }
  }

  /// The larger or the smaller of two on the side to which they go.
  func extremum(_ y: Series, isLargest: Bool) -> Series {
    if let fault = fault ?? y.fault { return Series(fault: fault) }
    guard limitValue != nil, y.limitValue != nil else { return Series(fault: .cancelled) }
    return isBefore(y) == isLargest ? y : self
  }
}
