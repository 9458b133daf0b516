/// The smallest value of a quadratic model in a ball: minimize gᵀs + ½ sᵀHs over ‖s‖ ≤ Δ, for any symmetric H.
///
/// Solved exactly through the eigenvectors of H (Conn, Gould & Toint, *Trust-Region Methods*, 2000, section 7.2 and
/// 7.3; Nocedal & Wright, *Numerical Optimization*, 2006, section 4.3): s(λ) = -(H + λI)⁻¹g with H + λI positive
/// semidefinite and λ (‖s‖ - Δ) = 0. With few parameters the eigenvectors cost little, serve every radius, and make
/// the hard case plain.
package struct TrustRegionSubproblem {
  private let eigen: SymmetricEigenDecomposition
  /// Vᵀg.
  private let components: [Double]
  /// The largest eigenvalue in magnitude.
  private let scale: Double

  /// - Parameter hessian: H, of which the lower triangle is read.
  /// - Throws: if H is not finite.
  package init(gradient: [Double], hessian: DenseMatrix) throws(LinearAlgebraError) {
    eigen = try SymmetricEigenDecomposition(hessian)
    components = eigen.vectors.transposedTimes(gradient)
    scale = eigen.values.reduce(0) { max($0, abs($1)) }
  }

  /// The smallest eigenvalue of H; negative if the model has a direction of negative curvature.
  package var smallestEigenvalue: Double { eigen.values.first ?? 0 }

  /// Whether H is positive semidefinite but for rounding.
  package var isConvex: Bool { smallestEigenvalue >= -1e-8 * scale }

  /// The minimizer in the ball, and whether it lies on the sphere.
  ///
  /// - Parameter radius: Δ > 0.
  package func minimizer(radius: Double) -> (step: [Double], onBoundary: Bool) {
    guard let lowest = eigen.values.first else { return ([], false) }
    // H is positive definite: the Newton step, if it is short enough.
    if lowest > 1e-14 * scale {
      let newton = zip(components, eigen.values).map { -$0 / $1 }
      if newton.euclideanNorm <= radius { return (eigen.vectors.times(newton), false) }
    }
    let floor = max(0, -lowest)
    let nudge = max(1e-14 * scale, .leastNormalMagnitude)
    if shifted(floor + nudge).euclideanNorm < radius {
      // The hard case: g is orthogonal to the lowest eigenvectors, so no shift reaches the sphere; what remains of the
      // radius goes along the lowest eigenvector, where the model falls (or is flat) in both directions.
      var step = zip(components, eigen.values).map { c, value in
        value - lowest > 1e-13 * scale ? -c / (value + floor) : 0
      }
      let rest = (radius * radius - step.reduce(0) { $0 + $1 * $1 }).squareRoot()
      if rest > 0, lowest < -1e-14 * scale || components[0] != 0 { step[0] += components[0] > 0 ? -rest : rest }
      return (eigen.vectors.times(step), true)
    }
    return (eigen.vectors.times(shifted(shift(radius: radius, above: floor + nudge))), true)
  }

  /// The decrease gᵀs + ½ sᵀHs < 0 that the model promises for a step, as a positive number.
  package func predictedReduction(_ step: [Double]) -> Double {
    let inEigenbasis = eigen.vectors.transposedTimes(step)
    var sum = 0.0
    for (i, s) in inEigenbasis.enumerated() { sum += s * (components[i] + 0.5 * eigen.values[i] * s) }
    return -sum
  }

  /// -(Λ + λI)⁻¹Vᵀg.
  private func shifted(_ lambda: Double) -> [Double] { zip(components, eigen.values).map { -$0 / ($1 + lambda) } }

  /// The λ at which ‖s(λ)‖ = Δ: Newton's method on 1/‖s(λ)‖ - 1/Δ, which is nearly linear in λ, kept in a bracket.
  private func shift(radius: Double, above start: Double) -> Double {
    var low = start
    var high = start + components.euclideanNorm / radius
    var lambda = low
    for _ in 0..<100 {
      let s = shifted(lambda)
      let norm = s.euclideanNorm
      guard abs(norm - radius) > 1e-12 * radius else { break }
      if norm > radius { low = lambda } else { high = lambda }
      // d‖s‖/dλ = -Σ sᵢ² / (λᵢ + λ) / ‖s‖
      var slope = 0.0
      for (i, x) in s.enumerated() { slope += (x / norm) * (x / norm) / (eigen.values[i] + lambda) }
      let next = lambda + (norm / radius - 1) / slope
      lambda = next > low && next < high ? next : low + (high - low) / 2
      guard high - low > 1e-16 * high else { break }
    }
    return lambda
  }
}
