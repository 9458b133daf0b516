import TensorGraph

/// A function near a point as its second-order Taylor polynomial, in scaled variables: what a trust-region step minimizes.
struct QuadraticModel {
  /// The Hessian in scaled variables.
  enum Form {
    case matrix(HessianMatrix)
    /// By products; nothing is scaled.
    case products(([Double]) throws(TensorError) -> [Double])
  }

  let form: Form
  /// How far conjugate gradients reduce the gradient, at most: the forcing term of an inexact Newton method.
  var forcing = 0.1

  /// The Hessian times a vector.
  func product(_ v: [Double]) throws(TensorError) -> [Double] {
    switch form {
    case .matrix(let matrix): matrix.times(v)
    case .products(let product): try product(v)
    }
  }

  /// The step of some variables that minimizes gᵀd + ½ dᵀHd in a ball, the others being held.
  ///
  /// - Returns: d, zero where variables are held, and whether it lies on the sphere or follows negative curvature to it.
  func minimizer(
    gradient: [Double], free: [Int], radius: Double
  ) throws(TensorError) -> (step: [Double], onBoundary: Bool) {
    switch form {
    case .matrix(let matrix): try matrix.trustRegionStep(gradient: gradient, free: free, radius: radius)
    case .products: try conjugateGradients(gradient: gradient, free: free, radius: radius)
    }
  }

  /// Conjugate gradients that end at the sphere or at a direction of negative curvature, which they follow to it (Steihaug,
  /// "The conjugate gradient method and trust regions in large scale optimization", SIAM J. Numer. Anal. 20, 1983; Toint,
  /// 1981).
  private func conjugateGradients(
    gradient: [Double], free: [Int], radius: Double
  ) throws(TensorError) -> (step: [Double], onBoundary: Bool) {
    let n = gradient.count
    var isFree = [Bool](repeating: free.count == n, count: n)
    if free.count < n { for i in free { isFree[i] = true } }
    func masked(_ x: [Double]) -> [Double] { free.count == n ? x : x.indices.map { isFree[$0] ? x[$0] : 0 } }
    var step = [Double](repeating: 0, count: n)
    var residual = masked(gradient)
    let target = forcing * residual.euclideanNorm
    var direction = residual.map { -$0 }
    var square = dot(residual, residual)
    for _ in 0..<(2 * n + 10) where square > 0 {
      try Cancellation.check { "cancelled between two products of conjugate gradients" }
      let product = masked(try self.product(direction))
      let curvature = dot(direction, product)
      let length = square / curvature
      guard curvature > 0, length.isFinite else {
        return (Self.extended(step, along: direction, to: radius), true)
      }
      var next = step
      next.add(direction, times: length)
      guard next.euclideanNorm < radius else { return (Self.extended(step, along: direction, to: radius), true) }
      step = next
      residual.add(product, times: length)
      let nextSquare = dot(residual, residual)
      if nextSquare.squareRoot() <= target { break }
      let ratio = nextSquare / square
      square = nextSquare
      for i in direction.indices { direction[i] = ratio * direction[i] - residual[i] }
    }
    return (step, false)
  }

  /// The point of the sphere on the ray from a point inside.
  private static func extended(_ step: [Double], along direction: [Double], to radius: Double) -> [Double] {
    let scale = direction.largestMagnitude
    guard scale > 0, scale.isFinite else { return step }
    let unit = direction.map { $0 / scale }
    var result = step
    result.add(unit, times: lengths(to: radius, from: step, along: unit).forward)
    return result
  }

  /// The nearer of the points of the sphere on a line through a point inside, and how far along the direction it is: where the
  /// model is lower if the point is the minimizer for a shift and the direction one of little curvature (Moré & Sorensen,
  /// section 3).
  static func nearer(
    on radius: Double, from step: [Double], along direction: [Double]
  ) -> (step: [Double], length: Double) {
    let lengths = lengths(to: radius, from: step, along: direction)
    let length = lengths.forward < -lengths.backward ? lengths.forward : lengths.backward
    var result = step
    result.add(direction, times: length)
    return (result, length)
  }

  /// How far the sphere is on a line from a point inside, in the direction and against it, by roots that lose no digits to
  /// cancellation.
  private static func lengths(
    to radius: Double, from step: [Double], along direction: [Double]
  ) -> (forward: Double, backward: Double) {
    let (a, b) = (dot(direction, direction), dot(step, direction))
    let c = max(0, radius * radius - dot(step, step))
    let root = (b * b + a * c).squareRoot()
    return b > 0 ? (c / (b + root), -(b + root) / a) : ((root - b) / a, b < root ? -c / (root - b) : 0)
  }
}

extension DenseMatrix {
  /// Some rows and the same columns.
  func part(_ places: [Int]) -> DenseMatrix {
    if places.count == rows { return self }
    var result = DenseMatrix(rows: places.count, columns: places.count)
    for (j, column) in places.enumerated() {
      for (i, row) in places.enumerated() { result[i, j] = self[row, column] }
    }
    return result
  }

  /// Scale factors that make the entries alike.
  var equilibration: [Double?] {
    Equilibration.factors(count: rows) { visit in
      for j in 0..<columns { for i in 0..<rows { visit(i, j, self[i, j]) } }
    }
  }
}

extension [Double] {
  /// A vector with these elements in some places and zeros elsewhere.
  func spread(over places: [Int], count: Int) -> [Double] {
    if places.count == count { return self }
    var result = [Double](repeating: 0, count: count)
    for (place, element) in zip(places, self) { result[place] = element }
    return result
  }
}
