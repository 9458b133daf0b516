/// Resampling of axes to other extents, as PyTorch's `interpolate` does it.
extension Operations {
  /// How values between the samples are found.
  package enum Interpolation: String, CaseIterable, Sendable {
    case nearest, linear, bilinear, bicubic
  }

  /// The last axes resampled to the given extents.
  ///
  /// - Parameter alignsCorners: whether the centres of the first and last samples stay in place, rather than the outer
  ///   edges of their cells.
  package static func interpolate(
    _ x: Node, extents: [Int], mode: Interpolation = .nearest, alignsCorners: Bool = false
  ) throws(TensorError) -> Node {
    try requireReal(x, "interpolate")
    guard extents.count <= x.shape.rank, extents.allSatisfy({ $0 > 0 }) else {
      throw TensorError("interpolate: sizes \(extents) do not fit shape \(x.shape); give 1 or more for each last axis")
    }
    var result = x
    for (i, extent) in extents.enumerated() {
      let axis = x.shape.rank - extents.count + i
      guard x.shape[axis] > 0 else { throw TensorError("interpolate: axis \(axis) of \(x.shape) is empty") }
      let taps = taps(from: x.shape[axis], to: extent, mode, alignsCorners)
      var sum: Node?
      for tap in taps {
        let samples = result.gathered(Node(Storage(tap.places), shape: [extent]), axis: axis)
        guard mode != .nearest else {
          sum = samples
          break
        }
        let weights = Node(Storage(tap.weights), shape: [extent]).cast(to: x.scalarType)
        let term = samples * weights.broadcast(to: samples.shape, axes: [axis])
        sum = sum.map { $0 + term } ?? term
      }
      result = sum!
    }
    return result
  }

  /// Samples and their weights, in as many lists as one value needs samples.
  private static func taps(
    from count: Int, to extent: Int, _ mode: Interpolation, _ alignsCorners: Bool
  ) -> [(places: [Int64], weights: [Double])] {
    func place(_ i: Int) -> Double {
      if mode == .nearest { return Double(i * count / extent) }
      if alignsCorners { return extent > 1 ? Double(i) * Double(count - 1) / Double(extent - 1) : 0 }
      let centre = (Double(i) + 0.5) * Double(count) / Double(extent) - 0.5
      return mode == .bicubic ? centre : Swift.max(0, centre)
    }
    let offsets = mode == .nearest ? 0...0 : mode == .bicubic ? -1...2 : 0...1
    return offsets.map { offset in
      var places: [Int64] = []
      var weights: [Double] = []
      for i in 0..<extent {
        let base = place(i).rounded(.down)
        places.append(Int64(Swift.min(Swift.max(Int(base) + offset, 0), count - 1)))
        let distance = Swift.abs(place(i) - base - Double(offset))
        weights.append(mode == .bicubic ? cubicWeight(distance) : Swift.max(0, 1 - distance))
      }
      return (places, weights)
    }
  }

  /// The kernel of cubic convolution with slope -3/4 (Keys 1981, equation 4 with a = -3/4).
  private static func cubicWeight(_ distance: Double) -> Double {
    let (a, t) = (-0.75, distance)
    if t <= 1 { return ((a + 2) * t - (a + 3)) * t * t + 1 }
    return t < 2 ? (((t - 5) * t + 8) * t - 4) * a : 0
  }
}
