import TensorGraph

/// How a system with a Hessian is solved.
public enum LinearSolver: Sendable {
  /// Cholesky's factors of the whole Hessian, or Bunch & Kaufman's L D Lᵀ where it is not positive definite.
  case dense
  /// The factors of a sparse Hessian by a library: memory for these, and for the non-zeros.
  case sparse(any SparseFactorizer)
  /// Conjugate gradients (Hestenes & Stiefel, 1952): products alone, for a positive definite Hessian.
  case conjugateGradients
  /// MINRES (Paige & Saunders, "Solution of sparse indefinite systems of linear equations", SIAM J. Numer. Anal. 12, 1975):
  /// products alone, for any Hessian.
  case minres
}

/// The solution of a system with a Hessian, and how it was found.
public struct LinearSolution<Scalar: DifferentiableScalar>: Sendable {
  /// H⁻¹ b as far as it was found, in the shape of b.
  public let solution: Tensor<Scalar>
  /// The method that found it.
  public let solver: LinearSolver
  /// Products with the Hessian that iterations took.
  public let products: Int
  /// ‖b - H x‖ / ‖b‖, computed anew from the solution.
  public let relativeResidual: Double
  /// Whether the residual is as small as was asked for, or factors gave the solution.
  public let isConverged: Bool
  /// Whether a direction of negative or no curvature ended conjugate gradients.
  public let isIndefinite: Bool

  /// The solution, if it is one.
  func converged() throws(TensorError) -> Tensor<Scalar> {
    guard isConverged else {
      throw TensorError(
        isIndefinite
          ? "solve: the matrix is not positive definite; solve by .minres or .dense"
          : "solve: the residual is \(relativeResidual) of the right-hand side after \(products) products; "
            + "allow more, give a preconditioner, or ask for `solution(of:)`")
    }
    return solution
  }
}

/// Iterative solvers for symmetric systems.
package enum Krylov {
  package struct Solution {
    package var x: [Double]
    package var products = 0
    package var isIndefinite = false
  }

  package typealias Product = ([Double]) throws(TensorError) -> [Double]

  /// Conjugate gradients until ‖r‖ ≤ tolerance ‖b‖.
  ///
  /// - Parameter preconditioner: an approximate inverse, symmetric and positive definite.
  package static func conjugateGradients(
    _ b: [Double], tolerance: Double, maximumProducts: Int, preconditioner: Product?, product: Product
  ) throws(TensorError) -> Solution {
    var result = Solution(x: b.map { _ in 0 })
    var residual = b
    let target = tolerance * b.euclideanNorm
    var search: [Double] = []
    var square = 0.0
    while residual.euclideanNorm > target, result.products < maximumProducts {
      try Cancellation.check { "cancelled after \(result.products) products" }
      let image = try preconditioner.map { (p) throws(TensorError) in try p(residual) } ?? residual
      let next = dot(residual, image)
      guard next > 0 else { break }
      if search.isEmpty {
        search = image
      } else {
        let ratio = next / square
        for i in search.indices { search[i] = image[i] + ratio * search[i] }
      }
      square = next
      let curved = try product(search)
      result.products += 1
      let curvature = dot(search, curved)
      guard curvature > 0, curvature.isFinite else {
        result.isIndefinite = curvature.isFinite
        break
      }
      result.x.add(search, times: square / curvature)
      residual.add(curved, times: -square / curvature)
    }
    return result
  }

  /// MINRES until the residual, in the norm of the preconditioner, is at most tolerance times that of b.
  package static func minres(
    _ b: [Double], tolerance: Double, maximumProducts: Int, preconditioner: Product?, product: Product
  ) throws(TensorError) -> Solution {
    func preconditioned(_ r: [Double]) throws(TensorError) -> [Double] {
      try preconditioner.map { (p) throws(TensorError) in try p(r) } ?? r
    }
    let n = b.count
    var result = Solution(x: b.map { _ in 0 })
    var (older, old) = (b, b)
    var y = try preconditioned(b)
    let first = dot(b, y)
    guard first > 0 else { return result }
    let norm = first.squareRoot()
    var (beta, oldBeta) = (norm, 0.0)
    var (phi, cosine, sine, delta, epsilon) = (norm, -1.0, 0.0, 0.0, 0.0)
    var direction = [Double](repeating: 0, count: n)
    var previous = direction
    while abs(phi) > tolerance * norm, result.products < maximumProducts {
      try Cancellation.check { "cancelled after \(result.products) products" }
      // Lanczos
      let v = y.map { $0 / beta }
      y = try product(v)
      result.products += 1
      if result.products > 1 { y.add(older, times: -beta / oldBeta) }
      let alpha = dot(v, y)
      y.add(old, times: -alpha / beta)
      (older, old) = (old, y)
      y = try preconditioned(old)
      oldBeta = beta
      let square = dot(old, y)
      guard square.isFinite else { break }
      beta = max(0, square).squareRoot()
      // Rotations
      let oldEpsilon = epsilon
      let rotated = cosine * delta + sine * alpha
      let bar = sine * delta - cosine * alpha
      epsilon = sine * beta
      delta = -cosine * beta
      let gamma = (bar * bar + beta * beta).squareRoot()
      guard gamma > .leastNormalMagnitude else { break }
      (cosine, sine) = (bar / gamma, beta / gamma)
      let step = cosine * phi
      phi *= sine
      let oldest = previous
      previous = direction
      for i in 0..<n { direction[i] = (v[i] - oldEpsilon * oldest[i] - rotated * previous[i]) / gamma }
      result.x.add(direction, times: step)
      guard beta > 0 else { break }
    }
    return result
  }
}
