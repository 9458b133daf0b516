/// Scale factors for rows and columns.
enum Equilibration {
  /// Factors dᵢ > 0 for which Aᵢⱼ / (dᵢ dⱼ) has a largest magnitude near 1 in each row (Ruiz, "A scaling algorithm to
  /// equilibrate both rows and columns norms in matrices", RAL-TR-2001-034, 2001). They follow the units of the variables: a
  /// step is measured alike in any units. Nil where a row vanishes.
  ///
  /// - Parameter entries: calls its argument with row, column and value of every entry.
  static func factors(count: Int, entries: ((Int, Int, Double) -> Void) -> Void) -> [Double?] {
    var factors = [Double](repeating: 1, count: count)
    var isZero = [Bool](repeating: false, count: count)
    for _ in 0..<8 {
      var largest = [Double](repeating: 0, count: count)
      entries { i, j, value in largest[i] = max(largest[i], abs(value) / factors[i] / factors[j]) }
      for i in 0..<count {
        if largest[i] > 0 { factors[i] *= largest[i].squareRoot() } else { isZero[i] = true }
      }
    }
    return zip(factors, isZero).map { $1 || !$0.isNormal ? nil : $0 }
  }
}
