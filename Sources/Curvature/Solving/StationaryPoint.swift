import TensorGraph

/// What the second derivatives say about the point where a search ended.
public struct PointCurvature: Hashable, Sendable {
  /// What kind of point it is, if the gradient vanishes there.
  public enum Kind: String, CaseIterable, Hashable, Sendable {
    /// The Hessian is positive definite in the variables that no bound holds: a strict local minimum.
    case minimum
    /// The Hessian has a negative eigenvalue: the value falls along `direction` and against it.
    case saddle
    /// The Hessian has a zero eigenvalue and no negative one: the second derivatives do not say whether it is a minimum, and
    /// the variables are not determined along `direction`.
    case singular
    /// Nothing is known: derivatives are not finite, or eigenvalues could not be found.
    case unknown
  }

  /// What kind of point it is.
  public var kind: Kind
  /// The signs of the eigenvalues of the Hessian in the free variables; nil if only products were computed, or sparse factors proved no minimum.
  public var inertia: Inertia?
  /// The least eigenvalue, in variables scaled so that the Hessian has entries near 1; nil where factors proved a minimum without it.
  public var leastEigenvalue: Double?
  /// A direction of negative or no curvature, over all variables, with a largest magnitude of 1; nil at a minimum.
  public var direction: [Double]?
  /// How many variables a bound holds.
  public var heldVariables: Int

  /// The direction in words, largest parts first: `1 a - 0.5 b`.
  ///
  /// - Parameter names: those of the variables.
  public func directionText(_ names: [String]) -> String? {
    guard let direction else { return nil }
    // What is alike but for rounding stays in order.
    let sizes = direction.map { (abs($0) * 1e6).rounded() }
    let parts = direction.indices.filter { abs(direction[$0]) >= 1e-3 }.sorted { a, b in
      sizes[a] != sizes[b] ? sizes[a] > sizes[b] : a < b
    }
    let shown = parts.prefix(6).enumerated().map { n, i in
      let sign = direction[i] < 0 ? (n == 0 ? "-" : " - ") : (n == 0 ? "" : " + ")
      let factor = NumberText.rounded(abs(direction[i]), digits: 3)
      return "\(sign)\(factor == "1" ? "" : factor + " ")\(i < names.count ? names[i] : "[\(i)]")"
    }
    return shown.joined() + (parts.count > 6 ? " + … (\(parts.count) variables)" : "")
  }
}

extension NewtonSearch {
  /// What the Hessian says about the point.
  ///
  /// An eigenvalue counts as zero if rounding of the scaled Hessian could have made it so: 16 N ε times the largest. With
  /// products alone, or where sparse factors do not prove a minimum, the least eigenvalue is Lanczos', and zero up to 10⁻⁸ of
  /// the largest.
  mutating func curvature() throws(TensorError) -> PointCurvature {
    let free = freeVariables
    let held = point.count - free.count
    guard stop != .notFiniteAtStart, stop != .cancelled else {
      return PointCurvature(kind: .unknown, heldVariables: held)
    }
    let whole = hessian?.scaled(by: scales)
    // Positive definite beyond rounding, if it is so without what counts as zero.
    let share = Double(16 * max(4, free.count)) * objective.precision
    if let whole, !free.isEmpty, try whole.isDefinite(free, of: point.count, beyond: share) == true {
      return PointCurvature(
        kind: .minimum, inertia: Inertia(positive: free.count, negative: 0, zero: 0), heldVariables: held)
    }
    guard let dense = whole?.dense else {
      guard let lowest = try lowestCurvature() else {
        return PointCurvature(kind: free.isEmpty ? .minimum : .unknown, heldVariables: held)
      }
      let kind: PointCurvature.Kind =
        lowest.value > lowest.threshold ? .minimum : lowest.value < -lowest.threshold ? .saddle : .singular
      return PointCurvature(
        kind: kind, leastEigenvalue: lowest.value,
        direction: kind == .minimum ? nil : Self.normalized(zip(lowest.vector, scales).map { $0 / $1 }),
        heldVariables: held)
    }
    guard let eigen = try? SymmetricEigenDecomposition(dense.part(free)) else {
      return PointCurvature(kind: .unknown, heldVariables: held)
    }
    let threshold = share * eigen.values.largestMagnitude
    let inertia = Inertia(eigenvalues: eigen.values, threshold: threshold)
    let kind: PointCurvature.Kind = inertia.negative > 0 ? .saddle : inertia.zero > 0 ? .singular : .minimum
    var direction: [Double]?
    if kind != .minimum {
      let lowest = (0..<free.count).map { eigen.vectors[$0, 0] }.spread(over: free, count: point.count)
      direction = Self.normalized(zip(lowest, scales).map { $0 / $1 })
    }
    return PointCurvature(
      kind: kind, inertia: inertia, leastEigenvalue: eigen.values.first, direction: direction, heldVariables: held)
  }

  /// With a largest magnitude of 1, and that part positive.
  static func normalized(_ direction: [Double]) -> [Double] {
    guard let largest = direction.max(by: { abs($0) < abs($1) }), largest != 0, largest.isFinite else {
      return direction
    }
    return direction.map { $0 / largest }
  }
}
