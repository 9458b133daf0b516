import Curvature

/// One fit: a problem, a start, and where it led.
package struct FitResult: Sendable {
  package let problem: String
  /// Which start, counted from 1.
  package let start: Int
  package let parameterNames: [String]
  package let startValues: [Double]
  package let parameters: [Double]
  package let statistics: LeastSquaresStatistics
  package let iterations: Int
  /// Wall-clock time of the search.
  package let seconds: Double
  package let outcome: LeastSquaresSolver.Outcome
  /// What NIST certifies, where the problem is one of NIST's.
  package let certified: NISTProblem.Certified?

  package var isConverged: Bool { outcome == .converged }

  /// Digits that agree with the certified parameters.
  package var parameterDigits: [Double]? {
    certified.map { zip(parameters, $0.parameters).map { agreeingDigits($0, certified: $1) } }
  }

  /// Digits that agree with the certified standard deviations; zeros if there are none.
  package var deviationDigits: [Double]? {
    certified.map { certified in
      guard let deviations = statistics.standardDeviations else { return certified.parameters.map { _ in 0 } }
      return zip(deviations, certified.standardDeviations).map { agreeingDigits($0, certified: $1) }
    }
  }

  /// Digits that agree with the certified residual sum of squares.
  package var residualDigits: Double? {
    certified.map { agreeingDigits(statistics.residualSumOfSquares, certified: $0.residualSumOfSquares) }
  }
}

extension FitProblem {
  /// Fits the model from each start.
  ///
  /// - Throws: `ToolError` for a model that does not fit the data, a start at which it has no finite value, or a result
  ///   with a number that is not finite.
  package func fit(
    from starts: [[Double]], solver: LeastSquaresSolver, certified: NISTProblem.Certified? = nil
  ) throws(ToolError) -> [FitResult] {
    let graph = try graph()
    let objective: LeastSquaresObjective
    do { objective = try graph.objective() } catch { throw ToolError("\(name): \(error.message)", status: .data) }
    var results: [FitResult] = []
    for (i, start) in starts.enumerated() {
      let clock = ContinuousClock()
      let begin = clock.now
      let solution: LeastSquaresSolver.Solution
      do {
        solution = try solver.minimize(objective, from: start)
      } catch {
        let reason =
          "\(error)".hasSuffix("the matrix is not finite")
          ? "the search left the range of floating point; give data and parameters in other units" : "\(error)"
        throw ToolError("\(name), start \(i + 1): \(reason)\(remark(objective, start))", status: .data)
      }
      let statistics = LeastSquaresStatistics(solution.derivatives)
      if let fault = statistics.notFinite(parameterNames) {
        throw ToolError("\(name), start \(i + 1): \(fault)\(remark(objective, start))", status: .data)
      }
      let time = begin.duration(to: clock.now).components
      results.append(
        FitResult(
          problem: name, start: i + 1, parameterNames: parameterNames, startValues: start,
          parameters: solution.parameters, statistics: statistics,
          iterations: solution.iterations, seconds: Double(time.seconds) + Double(time.attoseconds) * 1e-18,
          outcome: solution.outcome, certified: certified))
    }
    return results
  }

  /// What to do if numbers have magnitudes whose squares are no numbers.
  private func remark(_ objective: LeastSquaresObjective, _ start: [Double]) -> String {
    let largest = (try? objective.residuals(start))?.reduce(0) { max($0, abs($1)) } ?? 0
    guard largest > 1e150 || largest < 1e-150 && largest > 0 else { return "" }
    return
      "; the residuals are \(NumberText.scientific(largest, digits: 0)) at the start, and their squares leave the range "
      + "of floating point: give the data in other units"
  }
}
