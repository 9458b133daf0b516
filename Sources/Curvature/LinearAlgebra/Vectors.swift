extension Sequence<Double> {
  /// The square root of the sum of squares, without overflow or underflow on the way.
  var euclideanNorm: Double {
    let largest = reduce(0) { Swift.max($0, abs($1)) }
    guard largest > 0, largest.isFinite else { return largest }
    return largest * reduce(0) { $0 + ($1 / largest) * ($1 / largest) }.squareRoot()
  }
}

/// The scalar product of two vectors.
func dot(_ a: [Double], _ b: [Double]) -> Double {
  var sum = 0.0
  for (x, y) in zip(a, b) { sum += x * y }
  return sum
}

extension [Double] {
  /// Adds a multiple of another vector.
  mutating func add(_ other: [Double], times factor: Double) {
    for i in indices { self[i] += factor * other[i] }
  }

  /// The largest magnitude; 0 without elements, NaN if there is one.
  var largestMagnitude: Double {
    reduce(0) { $1.isNaN || $0.isNaN ? .nan : Swift.max($0, abs($1)) }
  }
}
