import TensorGraph

/// The whole Hessian at a point of a search, dense or sparse: what steps, the end of a search and the kind of its point need.
enum HessianMatrix {
  case dense(DenseMatrix)
  case sparse(SparseHessian)

  /// A sparse Hessian with what is known of its factors.
  struct SparseHessian {
    var matrix: SparseSymmetricMatrix
    let analysis: any SparseAnalysis
    /// Counts factorizations of the search.
    let factorizations: WorkCounter

    func trustRegion(holding held: [Bool]) -> SparseTrustRegion {
      SparseTrustRegion(matrix: matrix.holding(all: held), analysis: analysis, factorizations: factorizations)
    }
  }

  var isFinite: Bool {
    switch self {
    case .dense(let matrix): matrix.isFinite
    case .sparse(let hessian): hessian.matrix.isFinite
    }
  }

  /// The dense matrix, if it is one.
  var dense: DenseMatrix? {
    if case .dense(let matrix) = self { matrix } else { nil }
  }

  /// Factors that make the entries alike: see `Equilibration`.
  var equilibration: [Double?] {
    switch self {
    case .dense(let matrix): matrix.equilibration
    case .sparse(let hessian): hessian.matrix.equilibration
    }
  }

  /// D⁻¹ H D⁻¹.
  func scaled(by scales: [Double]) -> HessianMatrix {
    switch self {
    case .dense(let matrix): return .dense(matrix.scaled(by: scales))
    case .sparse(var hessian):
      hessian.matrix = hessian.matrix.scaled(by: scales)
      return .sparse(hessian)
    }
  }

  /// H v.
  func times(_ v: [Double]) -> [Double] {
    switch self {
    case .dense(let matrix): matrix.times(v)
    case .sparse(let hessian): hessian.matrix.times(v)
    }
  }

  /// |H| v, of the magnitudes of its elements.
  func magnitudesTimes(_ v: [Double]) -> [Double] {
    switch self {
    case .dense(var matrix):
      matrix.elements = matrix.elements.map { abs($0) }
      return matrix.times(v)
    case .sparse(let hessian):
      var matrix = hessian.matrix
      matrix.values = matrix.values.map { abs($0) }
      return matrix.times(v)
    }
  }

  /// -H⁻¹g in some variables, zero in others; nil where H is not positive definite there, well beyond rounding.
  func newtonStep(_ gradient: [Double], free: [Int]) throws(TensorError) -> [Double]? {
    switch self {
    case .dense(let matrix):
      Self.newtonStep(free.map { gradient[$0] }, matrix.part(free))?.spread(over: free, count: gradient.count)
    case .sparse(let hessian):
      try hessian.trustRegion(holding: Self.held(free, of: gradient.count)).newtonStep(Self.masked(gradient, free))
    }
  }

  /// The step of some variables that minimizes gᵀd + ½ dᵀHd in a ball, the others being held, and whether it lies on the
  /// sphere. Nearly, for a sparse matrix.
  func trustRegionStep(
    gradient: [Double], free: [Int], radius: Double
  ) throws(TensorError) -> (step: [Double], onBoundary: Bool) {
    switch self {
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
    case .sparse(let hessian):
      let (step, onBoundary) = try hessian.trustRegion(holding: Self.held(free, of: gradient.count)).minimizer(
        gradient: Self.masked(gradient, free), radius: radius)
      return (Self.masked(step, free), onBoundary)
    }
  }

  /// -H⁻¹g by Cholesky's factors; nil where H is not positive definite well beyond rounding.
  private static func newtonStep(_ gradient: [Double], _ hessian: DenseMatrix) -> [Double]? {
    guard let factors = try? SymmetricFactorization(hessian, requiresDefiniteness: true),
      factors.reciprocalCondition > 1e-14, let step = try? factors.solving(gradient.map { -$0 })
    else { return nil }
    return step.allSatisfy(\.isFinite) ? step : nil
  }

  /// Which variables are held when some are free.
  static func held(_ free: [Int], of count: Int) -> [Bool] {
    var held = [Bool](repeating: free.count < count, count: count)
    if free.count < count { for i in free { held[i] = false } }
    return held
  }

  private static func masked(_ x: [Double], _ free: [Int]) -> [Double] {
    free.count == x.count ? x : free.map { x[$0] }.spread(over: free, count: x.count)
  }
}
