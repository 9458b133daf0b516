/// The scalar product of two vectors: sums of every 16th product, which are then added, on any number of threads.
func dot(_ a: [Double], _ b: [Double]) -> Double {
  let count = min(a.count, b.count)
  return a.withUnsafeBytes { a in
    b.withUnsafeBytes { b in
      typealias Lanes = SIMD8<Double>
      let stride = MemoryLayout<Double>.stride
      func lanes(_ x: UnsafeRawBufferPointer, _ i: Int) -> Lanes {
        x.loadUnaligned(fromByteOffset: i * stride, as: Lanes.self)
      }
      var (even, odd) = (Lanes.zero, Lanes.zero)
      var i = 0
      while i + 16 <= count {
        even += lanes(a, i) * lanes(b, i)
        odd += lanes(a, i + 8) * lanes(b, i + 8)
        i += 16
      }
      var sum = (even + odd).sum()
      while i < count {
        sum += a.load(fromByteOffset: i * stride, as: Double.self) * b.load(fromByteOffset: i * stride, as: Double.self)
        i += 1
      }
      return sum
    }
  }
}

extension [Double] {
  /// The square root of the sum of squares; those that leave the range of numbers are scaled.
  var euclideanNorm: Double {
    let square = dot(self, self)
    if square.isFinite, square > 1e-200 { return square.squareRoot() }
    // A maximum would pass over it.
    if square.isNaN { return square }
    let largest = reduce(0) { Swift.max($0, abs($1)) }
    guard largest > 0, largest.isFinite else { return largest }
    return largest * reduce(0) { $0 + ($1 / largest) * ($1 / largest) }.squareRoot()
  }

  /// Divides all elements.
  mutating func divide(by divisor: Double) {
    withUnsafeMutableBufferPointer { own in
      for i in own.indices { own[i] /= divisor }
    }
  }

  /// Adds a multiple of another vector.
  mutating func add(_ other: [Double], times factor: Double) {
    precondition(other.count >= count, "vectors of \(count) and \(other.count) elements")
    withUnsafeMutableBufferPointer { own in
      other.withUnsafeBufferPointer { other in
        for i in own.indices { own[i] += factor * other[i] }
      }
    }
  }

  /// The largest magnitude; 0 without elements, NaN if there is one.
  var largestMagnitude: Double {
    reduce(0) { $1.isNaN || $0.isNaN ? .nan : Swift.max($0, abs($1)) }
  }
}
