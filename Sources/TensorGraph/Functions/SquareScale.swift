extension Node {
  /// A power of two that keeps the square of numbers of this size in range: 1 save for sizes that are very large or very
  /// small. It does not move with the size, so a formula that holds with any number in its place has the derivatives that it
  /// has with 1.
  var squareScale: Node {
    let (bound, factor) = scalarType == .float32 ? (0x1p60, 0x1p90) : (0x1p500, 0x1p700)
    let ifSmall = Node.select(.compare(.less, self, filled(with: 1 / bound)), filled(with: factor), filled(with: 1))
    return .select(.compare(.greater, self, filled(with: bound)), filled(with: 1 / factor), ifSmall)
  }
}
