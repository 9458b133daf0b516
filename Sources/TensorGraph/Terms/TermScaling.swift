/// Numbers before terms: each is multiplied once, where that costs least, and sums that differ by a number alone are one.
///
/// Numbers are moved only as far as no product of others leaves the range of numbers that would not without them.
extension TermSpace {
  /// A sum of terms as a multiple of a source: sums of which one is a multiple of another share it.
  func multiple(of terms: [Term], shape: [Int]) -> (coefficient: Double, source: Int) {
    let keys = terms.map { termKey($0) }
    // A term that does not depend on the order in which they come.
    let leading = keys.indices.min { keys[$0].lexicographicallyPrecedes(keys[$1]) }
    let scale = leading.map { Self.scale(of: terms, leading: terms[$0].coefficient) } ?? 1
    return (scale, source(of: scale == 1 ? terms : terms.map { $0.divided(by: scale) }, shape: shape, keys: keys))
  }

  /// A number by which all terms may be divided without rounding, or which all have but for their signs.
  static func scale(of terms: [Term], leading: Double) -> Double {
    let isCommon = terms.allSatisfy { abs($0.coefficient) == abs(leading) }
    let sign: Double = leading < 0 ? -1 : 1
    guard isModerate(leading) else { return sign }
    if isCommon { return leading }
    return terms.allSatisfy { isModerate($0.coefficient) } ? sign * leading.magnitude.binade : sign
  }

  /// Whether a number may be multiplied earlier or later.
  static func isModerate(_ coefficient: Double) -> Bool { (0x1p-8...0x1p8).contains(abs(coefficient)) }
}

extension Term {
  /// The term with another number before it.
  func divided(by divisor: Double) -> Term {
    var term = self
    term.coefficient /= divisor
    return term
  }
}
