import Foundation

/// The number of digits in which a result agrees with a certified value c: -log₁₀(|x - c| / |c|), at most 11, the
/// number of digits certified (the log relative error of the StRD).
package func agreeingDigits(_ value: Double, certified: Double) -> Double {
  guard value.isFinite else { return 0 }
  let error = abs(value - certified) / (certified == 0 ? 1 : abs(certified))
  guard error > 1e-11 else { return 11 }
  return max(0, -log10(error))
}
