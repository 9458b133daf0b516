/// Functions of square matrices, by products and systems.
extension Operations {
  /// A whole power of matrices, by repeated squaring; negative ones are those of the inverse.
  package static func matrixPower(_ a: Node, _ exponent: Int) throws(TensorError) -> Node {
    _ = try requireSquare(a, "matrixPower")
    var square = exponent < 0 ? try inverse(a) : a
    var rest = exponent.magnitude
    var result: Node?
    while rest > 0 {
      if rest % 2 == 1 { result = result.map { .product($0, square) } ?? square }
      rest /= 2
      if rest > 0 { square = .product(square, square) }
    }
    return result ?? identity(like: a)
  }

  /// The exponential of matrices, by scaling and squaring (Moler & Van Loan 2003, method 3): Taylor's series where the
  /// norm is at most 1, where 18 terms leave less than rounding does.
  package static func matrixExponential(_ a: Node) throws(TensorError) -> Node {
    let n = try requireSquare(a, "matrixExponential")
    guard n > 0 else { return a }
    // The number of squarings follows the values, so it is chosen within the graph; 2²⁴ is beyond what has a result.
    let limit = 24
    let size = try maximum(sum(.elementwise(.abs, a.detached()), [-1]))
    var squarings: [Node] = []
    var scale = size.filled(with: 1)
    for k in 0..<limit {
      let isNeeded = Node.compare(.greater, size, size.filled(with: Double(1 << k)))
      squarings.append(isNeeded)
      scale = .select(isNeeded, 0.5 * scale, scale)
    }
    let scaled = a * scale.broadcast(to: a.shape, axes: [])
    let identity = identity(like: a)
    var series = identity
    for k in (1...18).reversed() {
      let product = Node.product(scaled, series)
      series = identity + product / product.filled(with: Double(k))
    }
    for isNeeded in squarings {
      series = .select(isNeeded.broadcast(to: series.shape, axes: []), .product(series, series), series)
    }
    return series
  }

  /// The principal square root of matrices without eigenvalues on the negative real axis or at 0.
  ///
  /// The product form of Denman & Beavers' iteration with determinantal scaling (Higham 2008, "Functions of matrices",
  /// 6.29 and 6.32). Derivatives of every order converge as fast as the root itself: quadratically.
  package static func matrixSquareRoot(_ a: Node) throws(TensorError) -> Node {
    let n = try requireSquare(a, "matrixSquareRoot")
    guard n > 0 else { return a }
    let identity = identity(like: a)
    let batchAxes = Array(0..<(a.shape.rank - 2))
    var (x, m) = (a, a)
    for step in 0..<14 {
      let inverse = Node.solve(.general, identity, m)
      guard step < 7 else {
        x = 0.5 * .product(x, identity + inverse)
        m = 0.5 * (identity + 0.5 * (m + inverse))
        continue
      }
      // μ² = |det M|^(-1 / n), which no derivative need see: the limit does not depend on it.
      let logarithm = try signAndLogDeterminant(m.detached()).logarithm
      let square = Node.elementwise(.exp, (-1 / Double(n)) * logarithm).broadcast(to: a.shape, axes: batchAxes)
      let scaledInverse = inverse / square
      x = 0.5 * (.elementwise(.sqrt, square) * .product(x, identity + scaledInverse))
      m = 0.5 * (identity + 0.5 * (square * m + scaledInverse))
    }
    return x
  }

  /// The principal logarithm of matrices without eigenvalues on the negative real axis or at 0.
  ///
  /// Five square roots bring the matrix near to the identity, where ln(1 + x) = ∫ x / (1 + t x) dt is taken by Gauss'
  /// rule of 8 points, a Padé approximant (Higham 2008, 11.4). Full accuracy for eigenvalues whose magnitudes lie within
  /// a factor of 10⁶ of their geometric mean; 1.5 digits go to the roots.
  package static func matrixLogarithm(_ a: Node) throws(TensorError) -> Node {
    let n = try requireSquare(a, "matrixLogarithm")
    guard n > 0 else { return a }
    let identity = identity(like: a)
    let batchAxes = Array(0..<(a.shape.rank - 2))
    // Scaling by the geometric mean of the eigenvalues; its own derivative cancels.
    let mean = (1 / Double(n)) * (try signAndLogDeterminant(a.detached()).logarithm)
    var root = a * Node.elementwise(.exp, -mean).broadcast(to: a.shape, axes: batchAxes)
    for _ in 0..<5 { root = try matrixSquareRoot(root) }
    let x = root - identity
    var total = a.filled(with: 0)
    for (node, weight) in gaussPoints {
      let t = 0.5 + 0.5 * node
      total = total + (16 * weight) * .solve(.general, x, identity + t * x)
    }
    return total + mean.broadcast(to: a.shape, axes: batchAxes) * identity
  }

  /// Gauss' points and weights on [-1, 1] (Abramowitz & Stegun 25.4.30, n = 8).
  private static var gaussPoints: [(Double, Double)] {
    [
      (0.1834346424956498, 0.3626837833783620), (0.5255324099163290, 0.3137066458778873),
      (0.7966664774136267, 0.2223810344533745), (0.9602898564975363, 0.1012285362903763),
    ].flatMap { [($0.0, $0.1), (-$0.0, $0.1)] }
  }
}
