/// SplitMix64 (Steele, Lea & Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014): the same numbers
/// for the same seed, everywhere.
package struct RepeatableGenerator: RandomNumberGenerator {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// A number of the range, uniformly.
  package mutating func real(in range: ClosedRange<Double> = -1...1) -> Double { .random(in: range, using: &self) }

  /// Numbers of the range, uniformly.
  package mutating func reals(_ count: Int, in range: ClosedRange<Double> = -1...1) -> [Double] {
    (0..<count).map { _ in real(in: range) }
  }

  /// A whole number of the range, uniformly.
  package mutating func integer(in range: ClosedRange<Int>) -> Int { .random(in: range, using: &self) }

  /// True with the given probability.
  package mutating func chance(_ probability: Double) -> Bool { real(in: 0...1) < probability }

  /// One of the elements, uniformly.
  package mutating func pick<Elements: RandomAccessCollection>(_ elements: Elements) -> Elements.Element {
    elements[elements.index(elements.startIndex, offsetBy: integer(in: 0...(elements.count - 1)))]
  }
}
