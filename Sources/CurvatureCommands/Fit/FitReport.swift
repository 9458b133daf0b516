import Curvature
import CurvatureFiles

/// Results of fits as text or JSON.
package enum FitReport {
  // MARK: Table

  /// One line for each fit, with the digits that agree with certified values, and a summary.
  package static func table(_ results: [FitResult]) -> String {
    var rows = [
      ["problem", "start", "iterations", "time", "parameters", "deviations", "RSS", "converged"]
    ]
    for result in results {
      rows.append([
        result.problem, "\(result.start)", "\(result.iterations)", time(result.seconds),
        digits(result.parameterDigits?.min()), digits(result.deviationDigits?.min()), digits(result.residualDigits),
        result.isConverged ? "yes" : "NO: \(explanation(result.outcome))",
      ])
    }
    return TextColumns.aligned(rows, leading: [0, 7]) + "\n" + summary(results)
  }

  private static func summary(_ results: [FitResult]) -> String {
    let converged = results.filter(\.isConverged).count
    let total = results.reduce(0) { $0 + $1.seconds }
    var text = "\(converged) of \(results.count) fits converged, in \(time(total)).\n"
    let certified = results.filter { $0.certified != nil }
    func fewest(_ what: String, _ digits: (FitResult) -> Double?) {
      guard let worst = certified.min(by: { (digits($0) ?? 0) < (digits($1) ?? 0) }) else { return }
      let reaching = certified.filter { (digits($0) ?? 0) >= 9 }.count
      text +=
        "\(what): at least 9 certified digits in \(reaching) of \(certified.count) fits; "
        + "fewest \(self.digits(digits(worst))) (\(worst.problem), start \(worst.start)).\n"
    }
    fewest("Parameters") { $0.parameterDigits?.min() }
    fewest("Standard deviations") { $0.deviationDigits?.min() }
    if !certified.isEmpty {
      text += "Digits are the fewest of a fit that agree with NIST's certified values, of which 11 are given.\n"
    }
    return text
  }

  // MARK: Details

  /// Everything about one fit.
  package static func details(_ result: FitResult) -> String {
    let statistics = result.statistics
    var text =
      "\(result.problem), start \(result.start): "
      + (result.isConverged ? "converged" : "NOT CONVERGED, \(explanation(result.outcome))")
      + " after \(result.iterations) iteration\(result.iterations == 1 ? "" : "s"), \(time(result.seconds))\n"
    var rows = [["parameter", "start", "value", "std. deviation", "(exact Hessian)"]]
    if result.certified != nil { rows[0] += ["certified", "digits", "certified dev.", "digits"] }
    for (i, name) in result.parameterNames.enumerated() {
      var row = [
        name, "\(result.startValues[i])", number(result.parameters[i]),
        number(statistics.standardDeviations?[i]), number(statistics.exactStandardDeviations?[i]),
      ]
      if let certified = result.certified {
        row += [
          number(certified.parameters[i]), digits(result.parameterDigits?[i]),
          number(certified.standardDeviations[i]), digits(result.deviationDigits?[i]),
        ]
      }
      rows.append(row)
    }
    text += TextColumns.aligned(rows, leading: [0])
    text += "residual sum of squares        " + number(statistics.residualSumOfSquares)
    if let certified = result.certified {
      text += "  certified \(number(certified.residualSumOfSquares)), \(digits(result.residualDigits)) digits"
    }
    text += "\nresidual standard deviation    " + number(statistics.residualStandardDeviation)
    text += "\ndegrees of freedom             \(statistics.degreesOfFreedom)\n"
    return text
  }

  // MARK: JSON

  /// A list of objects, one for each fit, with 17 significant digits; null where there is no number.
  package static func json(_ results: [FitResult]) -> String {
    let objects = results.map { result in
      var members = [
        ("problem", quoted(result.problem)),
        ("start", "\(result.start)"),
        ("parameterNames", list(result.parameterNames.map(quoted))),
        ("parameters", list(result.parameters.map(NumberText.json))),
        ("standardDeviations", numbers(result.statistics.standardDeviations)),
        ("exactStandardDeviations", numbers(result.statistics.exactStandardDeviations)),
        ("residualSumOfSquares", NumberText.json(result.statistics.residualSumOfSquares)),
        ("degreesOfFreedom", "\(result.statistics.degreesOfFreedom)"),
        ("iterations", "\(result.iterations)"),
        ("seconds", NumberText.json(result.seconds)),
        ("converged", result.isConverged ? "true" : "false"),
        ("outcome", quoted(result.outcome.rawValue)),
      ]
      if let parameterDigits = result.parameterDigits, let deviationDigits = result.deviationDigits {
        members.append(("parameterDigits", numbers(parameterDigits)))
        members.append(("standardDeviationDigits", numbers(deviationDigits)))
      }
      return "  {" + members.map { "\"\($0)\": \($1)" }.joined(separator: ", ") + "}"
    }
    return objects.isEmpty ? "[]\n" : "[\n" + objects.joined(separator: ",\n") + "\n]\n"
  }

  /// A string as JSON writes it.
  static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\u{0}"..<" ":
        let code = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - code.count) + code
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }

  static func list(_ items: [String]) -> String { "[" + items.joined(separator: ", ") + "]" }

  private static func numbers(_ values: [Double]?) -> String {
    values.map { list($0.map(NumberText.json)) } ?? "null"
  }

  // MARK: Words

  private static func explanation(_ outcome: LeastSquaresSolver.Outcome) -> String {
    switch outcome {
    case .converged: "at a minimum"
    case .iterationLimit: "iteration limit reached"
    case .stalled: "stalled away from a minimum"
    case .rankDeficient: "the data do not determine all parameters"
    case .cancelled: "interrupted"
    }
  }

  private static func number(_ value: Double?) -> String {
    value.map { NumberText.scientific($0, digits: 10) } ?? "none"
  }

  private static func digits(_ value: Double?) -> String { value.map { NumberText.fixed($0, digits: 1) } ?? "-" }

  private static func time(_ seconds: Double) -> String {
    seconds < 1 ? NumberText.fixed(seconds * 1e3, digits: 2) + " ms" : NumberText.fixed(seconds, digits: 2) + " s"
  }
}
