import TensorGraph

/// A likelihood over placeholders, compiled, with the data that it is asked about.
package struct LikelihoodPlan: Sendable {
  /// The number of terms; nil if there is one alone.
  package let observationCount: Int?
  package let names: [String]
  private let objectivePlan: ObjectivePlan
  private let scoreProgram: PlanProgram?
  private let scalarType: ScalarType
  private var data: [Node] = []
  private let parameterCount: Int

  /// The most parameters that have a covariance matrix: one of 800 MB.
  private static let mostParameters = 10_000

  /// - Parameters:
  ///   - terms: minus the log-likelihoods of observations, or their sum.
  ///   - names: those of the parameters.
  package init(
    terms: Node, variable: Node, placeholders: [Node] = [], method: MinimizationMethod, names: [String]
  ) throws(TensorError) {
    let n = terms.shape.count
    let count = variable.shape.count
    let total = terms.summed(over: Array(0..<terms.shape.rank))
    objectivePlan = try ObjectivePlan(of: total, in: variable, data: placeholders, method: method)
    scalarType = variable.scalarType
    parameterCount = count
    observationCount = n > 1 ? n : nil
    self.names = names
    guard n > 1, count <= Self.mostParameters else {
      scoreProgram = nil
      return
    }
    let identity = Node(.from(DenseMatrix.identity(count).elements, scalarType: scalarType), shape: [count, count])
    let scores =
      pushforward(of: [terms.reshaped(to: [n])], seeds: [(variable, identity)], lift: 1)[0]
      ?? .zeros([count, n], scalarType)
    scoreProgram = try PlanProgram(
      [.init(node: scores, name: "the scores")],
      of: [.init(node: variable)]
        + placeholders.map { .init(node: $0, name: "the data", plural: "data", isData: true) },
      isDeferred: true)
  }

  /// The likelihood of some data.
  func bound(to data: [Node]) -> LikelihoodPlan {
    var result = self
    result.data = data
    return result
  }

  package var objective: Objective { objectivePlan.objective(data: data) }

  package func search(
    from start: [Double], lower: [Double]? = nil, upper: [Double]? = nil, tolerance: Double? = nil,
    maximumIterations: Int = 1000
  ) throws(TensorError) -> NewtonSearch {
    try objectivePlan.search(
      from: start, data: data, lower: lower, upper: upper, tolerance: tolerance, maximumIterations: maximumIterations,
      names: { names })
  }

  /// H⁻¹ at the end of a search.
  func inverseInformation(at search: NewtonSearch) throws(TensorError) -> DenseMatrix {
    let n = parameterCount
    guard n <= Self.mostParameters else {
      throw TensorError(
        "standard errors: a covariance matrix of \(n) parameters has \(n * n) elements; there are some for up to "
          + "\(Self.mostParameters) parameters")
    }
    let hessian: DenseMatrix
    if let known = search.hessian?.dense {
      hessian = known
    } else {
      var columns = DenseMatrix(rows: n, columns: n)
      for j in 0..<n {
        try Cancellation.check { "cancelled after \(j) of \(n) columns of the information" }
        let unit = (0..<n).map { $0 == j ? 1.0 : 0 }
        let column =
          if let known = search.hessian { known.times(unit) } else { try objective.product(search.point, unit) }
        for i in 0..<n { columns[i, j] = column[i] }
      }
      hessian = columns
    }
    let scales = hessian.equilibration.map { $0 ?? 1 }
    do {
      let factors = try SymmetricFactorization(hessian.scaled(by: scales), requiresDefiniteness: true)
      var inverse = try factors.solving(.identity(n)).scaled(by: scales)
      inverse.symmetrize()
      return inverse
    } catch { throw TensorError("standard errors: the information cannot be inverted: \(error)") }
  }

  /// The derivatives of each term, n x p.
  func scores(at point: [Double]) throws(TensorError) -> DenseMatrix {
    guard let scoreProgram, let n = observationCount else {
      throw TensorError(
        "standard errors: the sandwich needs the observations apart; give minus the log-likelihood of each one as an element"
      )
    }
    let elements = try scoreProgram([Node(.from(point, scalarType: scalarType), shape: [parameterCount])] + data)[0]
    // A row-major p x n array is the column-major n x p one.
    var matrix = DenseMatrix(rows: n, columns: parameterCount)
    matrix.elements = elements.doubles
    return matrix
  }
}
