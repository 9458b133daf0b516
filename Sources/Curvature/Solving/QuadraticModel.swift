import TensorGraph

/// A function near a point as its second-order Taylor polynomial, in scaled variables: what a trust-region step minimizes.
struct QuadraticModel {
  /// The Hessian in scaled variables.
  enum Form {
    case dense(DenseMatrix)
    /// By products; nothing is scaled.
    case products(([Double]) throws(TensorError) -> [Double])
  }

  let form: Form
  /// How far conjugate gradients reduce the gradient, at most: the forcing term of an inexact Newton method.
  var forcing = 0.1

  /// The Hessian times a vector.
  func product(_ v: [Double]) throws(TensorError) -> [Double] {
    switch form {
    case .dense(let matrix): matrix.times(v)
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
    case .dense(let matrix):
      let part = matrix.part(free)
      let slope = free.map { gradient[$0] }
      if let newton = Self.newtonStep(slope, part), newton.euclideanNorm <= radius {
        return (newton.spread(over: free, count: gradient.count), false)
      }
      do {
        let (step, onBoundary) = try TrustRegionSubproblem(gradient: slope, hessian: part).minimizer(radius: radius)
        return (step.spread(over: free, count: gradient.count), onBoundary)
      } catch { throw TensorError("minimize: \(error)") }
    case .products:
      return try conjugateGradients(gradient: gradient, free: free, radius: radius)
    }
  }

  /// -H⁻¹g by Cholesky's factors; nil where H is not positive definite well beyond rounding.
  static func newtonStep(_ gradient: [Double], _ hessian: DenseMatrix) -> [Double]? {
    guard let factors = try? SymmetricFactorization(hessian, requiresDefiniteness: true),
      factors.reciprocalCondition > 1e-14, let step = try? factors.solving(gradient.map { -$0 })
    else { return nil }
    return step.allSatisfy(\.isFinite) ? step : nil
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
    let (a, b) = (dot(unit, unit), dot(step, unit))
    let c = max(0, radius * radius - dot(step, step))
    let root = (b * b + a * c).squareRoot()
    // The root that loses no digits to cancellation.
    let length = b > 0 ? c / (b + root) : (root - b) / a
    var result = step
    result.add(unit, times: length)
    return result
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

  /// Scale factors dᵢ > 0 for which Hᵢⱼ / (dᵢ dⱼ) has a largest magnitude near 1 in each row (Ruiz, "A scaling algorithm to
  /// equilibrate both rows and columns norms in matrices", RAL-TR-2001-034, 2001). They follow the units of the variables: a
  /// step is measured alike in any units. Nil where a row vanishes.
  var equilibration: [Double?] {
    var factors = [Double](repeating: 1, count: rows)
    var isZero = [Bool](repeating: false, count: rows)
    for _ in 0..<8 {
      var largest = [Double](repeating: 0, count: rows)
      for j in 0..<columns {
        for i in 0..<rows { largest[i] = max(largest[i], abs(self[i, j]) / factors[i] / factors[j]) }
      }
      for i in 0..<rows {
        if largest[i] > 0 { factors[i] *= largest[i].squareRoot() } else { isZero[i] = true }
      }
    }
    return zip(factors, isZero).map { $1 || !$0.isNormal ? nil : $0 }
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
