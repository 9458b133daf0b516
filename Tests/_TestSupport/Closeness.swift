/// Whether two numbers agree: both NaN, equal, or no farther apart than `relative` times the larger of them or
/// `absolute`.
package func isClose(_ a: Double, _ b: Double, relative: Double = 1e-12, absolute: Double = 0) -> Bool {
  if a.isNaN || b.isNaN { return a.isNaN && b.isNaN }
  if a == b { return true }
  guard a.isFinite, b.isFinite else { return false }
  return abs(a - b) <= max(absolute, relative * max(abs(a), abs(b)))
}

/// Whether two numbers are at most so many units in the last place of the larger one apart.
package func isClose(_ a: Double, _ b: Double, ulps: Double) -> Bool {
  isClose(a, b, relative: 0, absolute: ulps * max(a.magnitude, b.magnitude).ulp)
}

/// What is wrong with a list of numbers, nil if it agrees with the expected one: a text for a failing test.
package func mismatch(
  _ actual: [Double], _ expected: [Double], relative: Double = 1e-12, absolute: Double = 0
) -> String? {
  guard actual.count == expected.count else { return "\(actual.count) elements, expected \(expected.count)" }
  let wrong = actual.indices.filter {
    !isClose(actual[$0], expected[$0], relative: relative, absolute: absolute)
  }
  guard let first = wrong.first else { return nil }
  return "\(wrong.count) of \(actual.count) differ, first [\(first)]: \(actual[first]), expected \(expected[first])"
}

/// The scalar product of two lists.
package func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
