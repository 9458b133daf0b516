import Curvature

/// What `curvature minimize` found, whatever the type of its numbers.
struct MinimizeEstimate {
  let point: [Double]
  let gradient: [Double]
  let value: Double
  let stop: StopReason
  let isConverged: Bool
  let curvature: PointCurvature
  let curvatureText: String
  let iterations: Int
  let counts: EvaluationCounts
  /// Standard errors of the observed information, or why there are none; nil if they are not asked for.
  let errors: Result<[Double], TensorError>?
  /// Those of the sandwich, where observations are apart.
  let robustErrors: [Double]?

  init<Point: TensorTree>(_ estimate: MaximumLikelihoodEstimate<Point>, hasErrors: Bool) {
    let minimum = estimate.minimum
    func doubles(_ tree: Point) -> [Double] { tree.allTensors.flatMap { $0.scalars.map { Double($0) } } }
    (point, gradient, value) = (doubles(minimum.point), doubles(minimum.gradient), minimum.value)
    (stop, isConverged, curvature) = (minimum.stop, minimum.isConverged, minimum.curvature)
    (curvatureText, iterations, counts) = (minimum.curvatureText, minimum.iterations, minimum.counts)
    errors = hasErrors ? Result { () throws(TensorError) in try estimate.errors() } : nil
    robustErrors = hasErrors && estimate.observationCount != nil ? try? estimate.errors(.sandwich) : nil
  }
}

/// The result of `curvature minimize` as text or JSON.
struct MinimizeReport {
  let estimate: MinimizeEstimate
  let names: [String]
  let start: [Double]

  /// Whether a minimum was found: a stationary point that is no saddle.
  private var head: String {
    let end = estimate.isConverged ? "converged" : "NOT CONVERGED"
    return
      "value \(NumberText.exact(estimate.value))\n\(end): \(estimate.stop.explanation)\n\(estimate.curvatureText)\n"
      + "\(estimate.iterations) iteration\(estimate.iterations == 1 ? "" : "s"): \(estimate.counts)\n"
  }

  var text: String {
    var rows = [["variable", "start", "value", "gradient"]]
    var errors: [Double]?
    if case .success(let found)? = estimate.errors {
      errors = found
      rows[0] += NormalDistribution.waldColumns + (estimate.robustErrors == nil ? [] : ["sandwich"])
    }
    for i in names.indices {
      let x = estimate.point[i]
      var row = [
        names[i], NumberText.rounded(start[i], digits: 6), NumberText.rounded(x, digits: 10),
        NumberText.scientific(estimate.gradient[i], digits: 1),
      ]
      if let errors {
        let numbers = NormalDistribution.waldRow(x, errors[i])
        row += (numbers + (estimate.robustErrors.map { [$0[i]] } ?? [])).map { NumberText.rounded($0, digits: 6) }
      }
      rows.append(row)
    }
    var text = head + "\n" + TextColumns.aligned(rows, leading: [0])
    if case .failure(let error)? = estimate.errors { text += "\nno \(error.message)\n" }
    text.removeLast()
    return text
  }

  var json: String {
    func numbers(_ values: [Double]) -> String { FitReport.list(values.map(NumberText.json)) }
    var members = [
      ("value", NumberText.json(estimate.value)), ("converged", estimate.isConverged ? "true" : "false"),
      ("stop", FitReport.quoted(estimate.stop.rawValue)), ("kind", FitReport.quoted(estimate.curvature.kind.rawValue)),
      ("iterations", "\(estimate.iterations)"), ("values", "\(estimate.counts.values)"),
      ("gradients", "\(estimate.counts.gradients)"), ("hessians", "\(estimate.counts.hessians)"),
      ("hessianProducts", "\(estimate.counts.hessianProducts)"),
      ("variables", FitReport.list(names.map(FitReport.quoted))), ("start", numbers(start)),
      ("point", numbers(estimate.point)), ("gradient", numbers(estimate.gradient)),
    ]
    if let direction = estimate.curvature.direction { members.append(("direction", numbers(direction))) }
    switch estimate.errors {
    case .success(let errors):
      members.append(("standardErrors", numbers(errors)))
      if let robust = estimate.robustErrors { members.append(("sandwichErrors", numbers(robust))) }
    case .failure(let error): members.append(("noStandardErrors", FitReport.quoted(error.message)))
    case nil: break
    }
    return "{" + members.map { "\"\($0)\": \($1)" }.joined(separator: ", ") + "}"
  }
}
