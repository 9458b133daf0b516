import Curvature
import CurvatureFiles
import TensorGraph

extension FitProblem {
  /// The graph of the residuals.
  ///
  /// - Throws: `ToolError` for a formula that cannot be read, names the unknown, or does not fit the data.
  func graph() throws(ToolError) -> FitGraph {
    var names: [String: FormulaValue] = [:]
    for column in columns { names[column.name] = .tensor(Node(Storage(column.values), shape: [column.values.count])) }
    let response = try response(names)
    let formula = try Parser.parse(model.prediction, name: "model")
    try checkParametersOccur(in: formula)
    return try FitGraph(response: response, parameterCount: parameterNames.count) { parameters throws(ToolError) in
      for (name, node) in zip(parameterNames, parameters) { names[name] = .tensor(node) }
      return try evaluator(names, variables: parameters).tensor(formula)
    }
  }

  private func evaluator(_ names: [String: FormulaValue], variables: [Node] = []) -> FormulaEvaluator {
    let columns = columnNames.prefix(20).map { "'\(PrintableText.printable($0))'" }.joined(separator: ", ")
    return FormulaEvaluator(
      names: names, variables: variables,
      remedy:
        "give a parameter its start with --start; the columns are \(columns)\(columnNames.count > 20 ? ", …" : "")",
      relatedNames: columnNames)
  }

  private func checkParametersOccur(in formula: Formula) throws(ToolError) {
    let used = formula.freeNames
    for name in parameterNames where !used.contains(name) {
      throw ToolError("parameter '\(name)' does not occur in the model '\(model.prediction)'", status: .usage)
    }
  }

  /// The values of the response, one for each observation.
  private func response(_ names: [String: FormulaValue]) throws(ToolError) -> [Double] {
    let formula = try Parser.parse(model.response, name: "response")
    let node = try evaluator(names).tensor(formula)
    guard node.shape == [observationCount], node.scalarType == .float64 else {
      throw ToolError(
        "the response '\(model.response)' has shape \(node.shape), expected one real number for each of "
          + "\(observationCount) observations", status: .data)
    }
    do { try Evaluation.evaluate([node]) } catch { throw ToolError(error.message, status: .data) }
    let values = node.value!.elements(of: Double.self)
    if let row = values.firstIndex(where: { !$0.isFinite }) {
      throw ToolError("the response '\(model.response)' is \(values[row]) in observation \(row + 1)", status: .data)
    }
    return values
  }
}
