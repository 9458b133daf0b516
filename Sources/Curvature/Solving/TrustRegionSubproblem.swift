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
  /// Eigenvalues that rounding could have made are taken for zero where none is truly negative. If g has no more along
  /// their eigenvectors than rounding, it is taken to have nothing there: the minimizer is the shortest.
  ///
  /// - Parameter radius: Δ > 0.
  package func minimizer(radius: Double) -> (step: [Double], onBoundary: Bool) {
    guard let lowest = eigen.values.first else { return ([], false) }
    let count = Double(components.count)
    let negligible = max(1e-14, count * .ulpOfOne) * scale
    var slope = components
    // H is positive definite: the Newton step, if it is short enough.
    if lowest > negligible {
      let newton = zip(slope, eigen.values).map { -$0 / $1 }
      if newton.euclideanNorm <= radius { return (eigen.vectors.times(newton), false) }
    }
    let flat = lowest < -negligible ? 0..<0 : 0..<eigen.values.prefix { $0 <= negligible }.count
    let flatSlope = Array(slope[flat])
    if flatSlope.euclideanNorm <= 16 * count * .ulpOfOne * slope.euclideanNorm {
      for i in flat { slope[i] = 0 }
    }
    let floor = max(0, -lowest)
    let nudge = max(negligible, .leastNormalMagnitude)
    if shifted(slope, by: floor + nudge).euclideanNorm < radius {
      // The hard case: g is orthogonal to the lowest eigenvectors, so no shift reaches the sphere.
      let least = lowest < -negligible ? lowest + 10 * negligible : negligible
      var step = zip(slope, eigen.values).map { c, value in value > least ? -c / (value + floor) : 0 }
      let rest = (radius * radius - step.reduce(0) { $0 + $1 * $1 }).squareRoot()
      guard rest > 0 else { return (eigen.vectors.times(step), true) }
      if lowest < -negligible {
        // What remains of the radius goes along the lowest eigenvector, where the model falls in both directions.
        step[0] += slope[0] > 0 ? -rest : rest
      } else {
        // Or against g where the model has no curvature.
        let length = flat.reduce(0) { $0 + slope[$1] * slope[$1] }.squareRoot()
        guard length > 0 else { return (eigen.vectors.times(step), false) }
        for i in flat { step[i] -= rest * slope[i] / length }
      }
      return (eigen.vectors.times(step), true)
    }
    return (eigen.vectors.times(shifted(slope, by: shift(slope, radius: radius, above: floor + nudge))), true)
  }

  /// The decrease gᵀs + ½ sᵀHs < 0 that the model promises for a step, as a positive number.
  package func predictedReduction(_ step: [Double]) -> Double {
    let inEigenbasis = eigen.vectors.transposedTimes(step)
    var sum = 0.0
    for (i, s) in inEigenbasis.enumerated() { sum += s * (components[i] + 0.5 * eigen.values[i] * s) }
    return -sum
  }

  /// -(Λ + λI)⁻¹Vᵀg.
  private func shifted(_ slope: [Double], by lambda: Double) -> [Double] {
    zip(slope, eigen.values).map { -$0 / ($1 + lambda) }
  }

  /// The λ at which ‖s(λ)‖ = Δ: Newton's method on 1/‖s(λ)‖ - 1/Δ, which is nearly linear in λ, kept in a bracket.
  private func shift(_ slope: [Double], radius: Double, above start: Double) -> Double {
    var low = start
    var high = start + slope.euclideanNorm / radius
    var lambda = low
    for _ in 0..<100 {
      let s = shifted(slope, by: lambda)
      let norm = s.euclideanNorm
      guard abs(norm - radius) > 1e-12 * radius else { break }
      if norm > radius { low = lambda } else { high = lambda }
      // d‖s‖/dλ = -Σ sᵢ² / (λᵢ + λ) / ‖s‖
      var rate = 0.0
      for (i, x) in s.enumerated() { rate += (x / norm) * (x / norm) / (eigen.values[i] + lambda) }
      let next = lambda + (norm / radius - 1) / rate
      lambda = next > low && next < high ? next : low + (high - low) / 2
      guard high - low > 1e-16 * high else { break }
    }
    return lambda
  }
}
