import Algorithms
import Curvature
import CurvatureFiles
import TensorGraph

/// `--bounds`: a pair for each of some variables.
struct VariableBounds {
  private let texts: [String]

  init(_ texts: [String]) { self.texts = texts }

  /// The bounds of all elements; nil for none.
  func elements(
    _ problem: FormulaProblem, _ console: Console
  ) throws(ToolError) -> (lower: [Double]?, upper: [Double]?) {
    guard !texts.isEmpty else { return (nil, nil) }
    let count = problem.variables.reduce(0) { $0 + $1.node.shape.count }
    var lower = [Double](repeating: -.infinity, count: count)
    var upper = [Double](repeating: .infinity, count: count)
    var seen: Set<String> = []
    for text in texts {
      let sides = text.split(separator: "=", maxSplits: 1).map { String($0.trimming(while: \.isWhitespace)) }
      guard sides.count == 2, let colon = Self.colon(in: sides[1]) else {
        throw ToolError(
          "--bounds: found '\(PrintableText.printable(text))', expected 'name=lower:upper', as in x=0:1 or x=0:",
          status: .usage)
      }
      var first = 0
      guard
        let variable = problem.variables.first(where: { variable in
          if variable.name == sides[0] { return true }
          first += variable.node.shape.count
          return false
        })
      else {
        throw ToolError(
          "--bounds: '\(PrintableText.printable(sides[0]))' is no variable; the variables are those of --at: "
            + problem.variables.map(\.name).joined(separator: ", "), status: .usage)
      }
      guard seen.insert(variable.name).inserted else {
        throw ToolError("--bounds: '\(variable.name)' is given twice; give it one pair", status: .usage)
      }
      let places = first..<(first + variable.node.shape.count)
      let ends = (sides[1][..<colon], sides[1][sides[1].index(after: colon)...])
      if let low = try side(ends.0, of: variable, problem, console) { lower.replaceSubrange(places, with: low) }
      if let high = try side(ends.1, of: variable, problem, console) { upper.replaceSubrange(places, with: high) }
    }
    return (lower, upper)
  }

  /// The colon between the bounds: the first outside brackets.
  private static func colon(in text: String) -> String.Index? {
    var depth = 0
    return text.indices.first { i in
      switch text[i] {
      case "(", "[": depth += 1
      case ")", "]": depth -= 1
      default: break
      }
      return text[i] == ":" && depth == 0
    }
  }

  /// A bound for each element of a variable; nil for an empty text.
  private func side(
    _ text: Substring, of variable: FormulaProblem.Variable, _ problem: FormulaProblem, _ console: Console
  ) throws(ToolError) -> [Double]? {
    let text = String(text.trimming(while: \.isWhitespace))
    guard !text.isEmpty else { return nil }
    let origin = "--bounds \(variable.name)"
    let value = try FormulaProblem.value(text, origin, [:], problem.evaluator.real, console)
    let node = try FormulaProblem.input(value, origin, problem.evaluator.real)
    let count = variable.node.shape.count
    let elements: [Double]
    do { elements = try Evaluation.storage(node).doubles } catch { throw problem.located(error) }
    guard node.shape.count == 1 || node.shape == variable.node.shape else {
      throw ToolError(
        "\(origin): a bound of shape \(node.shape) for a variable of shape \(variable.node.shape); give one number or one for "
          + "each element", status: .data)
    }
    return node.shape.count == 1 ? [Double](repeating: elements[0], count: count) : elements
  }
}
