/// Counts what a test of many cases really tested, and by reason what it had to leave out, so that the test can require
/// enough of the one and bound the other.
package struct Tally: Sendable, CustomStringConvertible {
  package private(set) var tested = 0
  private var skips: [String: Int] = [:]

  package init() {}

  /// How many cases were left out.
  package var skipped: Int { skips.values.reduce(0, +) }

  /// How many cases were left out for a reason.
  package func skipped(_ reason: String) -> Int { skips[reason, default: 0] }

  /// Counts a case that was tested.
  package mutating func test() { tested += 1 }

  /// Counts a case that was left out.
  package mutating func skip(_ reason: String) { skips[reason, default: 0] += 1 }

  package var description: String {
    (["\(tested) tested"] + skips.sorted { $0.key < $1.key }.map { "\($0.value) left out: \($0.key)" })
      .joined(separator: ", ")
  }
}
