/// Spans of time as the dyadic intervals that they are made of: whether one of them holds a moment is told by as many look-ups as
/// the longest span has binary digits, however many spans there are.
package struct TimeSpans {
  /// How many spans have an interval among theirs, by its level and its number there.
  private var counts: [Int: Int] = [:]
  /// How many levels were ever needed.
  private var levels = 0

  package init() {}

  private static func key(_ level: Int, _ number: Int) -> Int { level << 56 | number }

  /// Adds a span of moments from 0 on; the same again counts once more. O(log length).
  package mutating func insert(_ span: Range<Int>) { forEachInterval(of: span) { $0[$1, default: 0] += 1 } }

  /// Takes a span away that was added. O(log length).
  package mutating func remove(_ span: Range<Int>) {
    forEachInterval(of: span) { counts, key in
      guard let count = counts[key] else { return }
      counts[key] = count > 1 ? count - 1 : nil
    }
  }

  private mutating func forEachInterval(of span: Range<Int>, _ body: (inout [Int: Int], Int) -> Void) {
    var (low, high, level) = (span.lowerBound, span.upperBound, 0)
    while low < high {
      if low & 1 == 1 {
        body(&counts, Self.key(level, low))
        low += 1
      }
      if high & 1 == 1 {
        high -= 1
        body(&counts, Self.key(level, high))
      }
      (low, high, level) = (low >> 1, high >> 1, level + 1)
    }
    levels = max(levels, level)
  }

  /// Whether a span holds a moment.
  package func contains(_ moment: Int) -> Bool {
    !counts.isEmpty && (0..<levels).contains { counts[Self.key($0, moment >> $0)] != nil }
  }
}
