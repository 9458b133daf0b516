import Curvature

/// The result of `curvature minimize --subject-to` as text or JSON.
struct ConstrainedReport {
  let formula: ConstrainedFormula
  let solution: ConstrainedSolution
  let names: [String]
  let constraintNames: [String]

  var text: String {
    let end = solution.isConverged ? "converged" : "NOT CONVERGED"
    let head =
      ["value \(NumberText.exact(solution.value))", "\(end): \(solution.explanation)"] + solution.remarks + [
        "\(solution.iterations) iteration\(solution.iterations == 1 ? "" : "s"): \(solution.evaluations)"
      ]
    var variables = [["variable", "start", "value", "multiplier", "held"]]
    for i in names.indices {
      variables.append([
        names[i], NumberText.rounded(formula.start[i], digits: 6), NumberText.rounded(solution.point[i], digits: 10),
        NumberText.rounded(solution.boundMultipliers[i], digits: 6), word(solution.heldVariables[i], "fixed"),
      ])
    }
    var constraints = [["constraint", "value", "multiplier", "active"]]
    for i in constraintNames.indices {
      constraints.append([
        constraintNames[i], NumberText.rounded(solution.constraints[i], digits: 10),
        NumberText.rounded(solution.multipliers[i], digits: 6), word(solution.heldConstraints[i], "equation"),
      ])
    }
    var text =
      head.joined(separator: "\n") + "\n\n" + TextColumns.aligned(variables, leading: [0, 4]) + "\n"
      + TextColumns.aligned(constraints, leading: [0, 3])
    text.removeLast()
    return text
  }

  private func word(_ hold: ConstrainedSolution.Hold, _ both: String) -> String {
    switch hold {
    case .free: ""
    case .lower: "at lower"
    case .upper: "at upper"
    case .equal: both
    }
  }

  var json: String {
    func numbers(_ values: [Double]) -> String { FitReport.list(values.map(NumberText.json)) }
    func words(_ values: [String]) -> String { FitReport.list(values.map(FitReport.quoted)) }
    let members = [
      ("value", NumberText.json(solution.value)), ("converged", solution.isConverged ? "true" : "false"),
      ("stop", FitReport.quoted(solution.stop)), ("iterations", "\(solution.iterations)"),
      ("variables", words(names)), ("start", numbers(formula.start)), ("point", numbers(solution.point)),
      ("boundMultipliers", numbers(solution.boundMultipliers)),
      ("held", words(solution.heldVariables.map(\.rawValue))), ("constraints", words(constraintNames)),
      ("constraintValues", numbers(solution.constraints)), ("multipliers", numbers(solution.multipliers)),
      ("active", words(solution.heldConstraints.map(\.rawValue))), ("remarks", words(solution.remarks)),
    ]
    return "{" + members.map { "\"\($0)\": \($1)" }.joined(separator: ", ") + "}"
  }
}
