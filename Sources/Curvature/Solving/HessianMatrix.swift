import TensorGraph

/// The whole Hessian at a point of a search, dense or sparse: what steps, the end of a search and the kind of its point need.
enum HessianMatrix {
  /// With a count of the factorizations of the search.
  case dense(DenseMatrix, WorkCounter)
  case sparse(SparseHessian)

  /// From how many variables on steps are found by Cholesky's factors of a few shifts instead of eigenvectors, which serve
  /// every radius and make the hard case plain, but take some twenty times as long.
  static let leastFactored = 100

  /// A sparse Hessian with what is known of its factors.
  struct SparseHessian {
    var matrix: SparseSymmetricMatrix
    let analysis: any SparseAnalysis
    /// Counts factorizations of the search.
    let factorizations: WorkCounter

    func trustRegion(holding held: [Bool]) -> FactoredTrustRegion<AnalyzedMatrix> {
      FactoredTrustRegion(AnalyzedMatrix(matrix.holding(all: held), analysis), factorizations: factorizations)
    }
  }

  /// The factorizations of the search so far, where it has some.
  var factorizationCount: Int {
    switch self {
    case .dense(_, let count): count.count
    case .sparse(let hessian): hessian.factorizations.count
    }
  }

  /// Whether the matrix of some variables is positive definite by more than a share of its norm, by factors; nil for small
  /// matrices, whose eigenvalues are as cheap.
  func isDefinite(_ free: [Int], of count: Int, beyond share: Double) throws(TensorError) -> Bool? {
    switch self {
    case .dense(let matrix, let factorizations):
      guard free.count >= Self.leastFactored else { return nil }
      return try FactoredTrustRegion(matrix.part(free), factorizations: factorizations).isDefinite(beyond: share)
    case .sparse(let hessian):
      return try hessian.trustRegion(holding: Self.held(free, of: count)).isDefinite(beyond: share)
    }
  }

  var isFinite: Bool {
    switch self {
    case .dense(let matrix, _): matrix.isFinite
    case .sparse(let hessian): hessian.matrix.isFinite
    }
  }

  /// The dense matrix, if it is one.
  var dense: DenseMatrix? {
    if case .dense(let matrix, _) = self { matrix } else { nil }
  }

  /// Factors that make the entries alike: see `Equilibration`.
  var equilibration: [Double?] {
    switch self {
    case .dense(let matrix, _): matrix.equilibration
    case .sparse(let hessian): hessian.matrix.equilibration
    }
  }

  /// D⁻¹ H D⁻¹.
  func scaled(by scales: [Double]) -> HessianMatrix {
    switch self {
    case .dense(let matrix, let count): return .dense(matrix.scaled(by: scales), count)
    case .sparse(var hessian):
      hessian.matrix = hessian.matrix.scaled(by: scales)
      return .sparse(hessian)
    }
  }

  /// H v.
  func times(_ v: [Double]) -> [Double] {
    switch self {
    case .dense(let matrix, _): matrix.times(v)
    case .sparse(let hessian): hessian.matrix.times(v)
    }
  }

  /// |H| v, of the magnitudes of its elements.
  func magnitudesTimes(_ v: [Double]) -> [Double] {
    switch self {
    case .dense(var matrix, _):
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
    case .dense(let matrix, _):
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
    case .dense(let matrix, let factorizations):
      let part = matrix.part(free)
      let slope = free.map { gradient[$0] }
      if free.count >= Self.leastFactored {
        let region = FactoredTrustRegion(part, factorizations: factorizations)
        let factors = try region.positiveDefiniteFactors()
        // Of a matrix that is semidefinite but for rounding the directions without curvature are seen by eigenvectors alone.
        let isSemidefinite = factors == nil ? try region.isDefinite(beyond: -1e-8) : false
        if !isSemidefinite {
          let (step, onBoundary) = try region.minimizer(gradient: slope, radius: radius, factors: factors)
          return (step.spread(over: free, count: gradient.count), onBoundary)
        }
      }
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
