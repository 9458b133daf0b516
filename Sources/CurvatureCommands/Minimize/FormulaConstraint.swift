import Algorithms
import Curvature
import CurvatureFiles
import TensorGraph

/// A constraint as it is written: `g(x) >= 0`, `a <= g(x) <= b`, `g(x) == h(x)`.
struct FormulaConstraint {
  /// What is bounded over a vector of all variables, and two numbers for each element.
  struct Bounded {
    let name: String
    let function: Node
    let lower: [Double]
    let upper: [Double]
  }

  private let formula: Formula
  /// The operands in the order of the text, and the comparison between each and the next.
  private let operands: [Expression.ID]
  private let comparison: BinaryOperator

  /// - Throws: `ToolError` unless the text ends with one or two comparisons of one direction.
  init(_ text: String) throws(ToolError) {
    let formula = try Parser.parse(text, name: "--subject-to", noun: "constraint", chainsComparisons: true)
    let last = formula.statements[formula.statements.count - 1].value
    func refused(_ message: String, _ id: Expression.ID) -> ToolError {
      ToolError(message, at: formula.expressions[id].place, in: formula.source)
    }
    guard case .binary(let outer, let left, let right) = formula.expressions[last].kind, outer.isComparison else {
      throw ToolError(
        "found no comparison; expected a constraint such as 'x[0] + x[1] <= 1' or '0 <= x[0]*x[1] <= 1'",
        at: formula.expressions[last].range, in: formula.source)
    }
    var (operands, places) = ([left, right], [last])
    if case .binary(let inner, let first, let second) = formula.expressions[left].kind, inner.isComparison {
      guard inner == outer, outer != .equal else {
        throw refused("two comparisons of a constraint point the same way, as in '0 <= g <= 1'", last)
      }
      (operands, places) = ([first, second, right], [left, last])
    }
    for place in places {
      guard case .binary(let operation, _, _) = formula.expressions[place].kind else { continue }
      switch operation {
      case .less, .greater:
        throw refused("a strict bound has no nearest point; write '\(operation.rawValue)='", place)
      case .notEqual: throw refused("'!=' is no constraint; expected '<=', '>=' or '=='", place)
      default: break
      }
    }
    (self.formula, self.operands, comparison) = (formula, operands, outer)
  }

  /// The functions and numbers over a vector of all variables: one, or two where both ends of `a <= g <= b` depend on it.
  func bounded(_ evaluator: FormulaEvaluator) throws(ToolError) -> [Bounded] {
    var sides: [FormulaValue] = []
    for operand in operands {
      var single = formula
      single.statements[single.statements.count - 1] = Statement(targets: [], targetRanges: [], value: operand)
      sides.append(.tensor(try evaluator.tensor(single).cast(to: evaluator.real)))
    }
    if comparison == .greaterOrEqual { sides.reverse() }
    // Now each side is at most the next.
    let numbers = sides.map(Self.numbers)
    if sides.count == 3, numbers[0] != nil, numbers[1] == nil, numbers[2] != nil {
      let function = try joined(sides[1], [sides[0], sides[2]])
      return [
        Bounded(
          name: name, function: function, lower: try spread(sides[0], over: function),
          upper: try spread(sides[2], over: function))
      ]
    }
    return try sides.adjacentPairs().map { (low, high) throws(ToolError) in try pair(low, high) }
  }

  /// low ≤ high, or low = high.
  private func pair(_ low: FormulaValue, _ high: FormulaValue) throws(ToolError) -> Bounded {
    func bounded(_ function: Node, _ lower: [Double]?, _ upper: [Double]?) -> Bounded {
      let count = function.shape.count
      return Bounded(
        name: name, function: function, lower: lower ?? Array(repeating: -.infinity, count: count),
        upper: upper ?? Array(repeating: .infinity, count: count))
    }
    let isEquation = comparison == .equal
    switch (Self.numbers(low) != nil, Self.numbers(high) != nil) {
    case (true, true):
      throw ToolError(
        "no variable occurs on either side; the variables are those of --at", at: range, in: formula.source)
    case (true, false):
      let function = try joined(high, [low])
      let bound = try spread(low, over: function)
      return bounded(function, bound, isEquation ? bound : nil)
    case (false, true):
      let function = try joined(low, [high])
      let bound = try spread(high, over: function)
      return bounded(function, isEquation ? bound : nil, bound)
    case (false, false):
      let function = try apply(.subtract, low, high)
      let zeros = [Double](repeating: 0, count: function.shape.count)
      return bounded(function, isEquation ? zeros : nil, zeros)
    }
  }

  /// The text, on one line.
  private var name: String {
    let text = formula.source.text(range)
    return PrintableText.printable(text.split(whereSeparator: \.isWhitespace).joined(separator: " "))
  }

  private var range: Range<Int> {
    formula.expressions[formula.statements[formula.statements.count - 1].value].range
  }

  /// A tensor's elements; nil if they depend on the variables.
  private static func numbers(_ value: FormulaValue) -> [Double]? {
    guard case .tensor(let node) = value else { return nil }
    return try? Evaluation.storage(node).doubles
  }

  /// A function in the shape to which it joins with its bounds.
  private func joined(_ function: FormulaValue, _ bounds: [FormulaValue]) throws(ToolError) -> Node {
    var sum = function
    for bound in bounds {
      let shape = try apply(.subtract, function, bound).shape
      guard case .tensor(let node) = sum, node.shape != shape else { continue }
      sum = .tensor(try apply(.add, sum, .tensor(Node.zeros(shape, node.scalarType))))
    }
    guard case .tensor(let node) = sum else { fatalError("a sum of tensors is one") }
    return node
  }

  /// The numbers of a bound, one for each element of a function.
  private func spread(_ bound: FormulaValue, over function: Node) throws(ToolError) -> [Double] {
    let zeros = FormulaValue.tensor(Node.zeros(function.shape, function.scalarType))
    return Self.numbers(.tensor(try apply(.add, bound, zeros))) ?? []
  }

  private func apply(
    _ operation: BinaryOperator, _ left: FormulaValue, _ right: FormulaValue
  ) throws(ToolError) -> Node {
    do {
      return try FormulaOperators(real: .float64).apply(operation, left, right).node(as: .real, real: .float64)
    } catch let fault as ValueFault {
      throw ToolError(fault.message, at: place, in: formula.source, status: fault.status)
    } catch let error as TensorError {
      throw ToolError(error.message(naming: comparison.rawValue), at: place, in: formula.source, status: .data)
    } catch {
      throw ToolError("\(error)", at: place, in: formula.source, status: .data)
    }
  }

  private var place: Range<Int> {
    formula.expressions[formula.statements[formula.statements.count - 1].value].place
  }
}
