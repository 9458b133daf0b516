/// A parsed formula: its expressions in one list, operands before their users, so that whoever reads it needs a loop
/// and no recursion however long the formula is.
package struct Formula: Sendable {
  package let source: FormulaSource
  /// Every expression, operands first.
  package internal(set) var expressions: [Expression] = []
  /// The statements in the order of the text; the last one gives the result.
  package internal(set) var statements: [Statement] = []

  package init(source: FormulaSource) { self.source = source }

  /// The names whose values the formula takes from outside: those that are not assigned before their use. The names of
  /// functions that are called are none of them.
  package var freeNames: Set<String> {
    var free = Set<String>()
    var assigned = Set<String>()
    var position = 0
    for statement in statements {
      while position <= statement.value {
        switch expressions[position].kind {
        case .name(let name): free.formUnion([name].filter { !assigned.contains($0) })
        case .call(let name, nil, _) where FunctionTable.byName[name] == nil:
          free.formUnion([name].filter { !assigned.contains($0) })
        case .lambda(let parameters, let body):
          free.formUnion(body.freeNames.subtracting(parameters).subtracting(assigned))
        case .integer, .real, .boolean, .string, .none, .ellipsis, .list, .tuple, .unary, .binary, .attribute, .call,
          .index, .slice:
          break
        }
        position += 1
      }
      assigned.formUnion(statement.targets)
    }
    return free
  }
}

/// One statement: an expression, and the names it is given to, if any.
package struct Statement: Sendable {
  /// No name for a mere expression, several for `q, r = qr(a)`.
  package let targets: [String]
  /// Where each target stands.
  package let targetRanges: [Range<Int>]
  /// Which of the formula's expressions is the value.
  package let value: Expression.ID
}

/// One node of a parsed formula, with its place in the text.
package struct Expression: Sendable {
  /// The index of an expression in its formula's list.
  package typealias ID = Int

  package indirect enum Kind: Sendable {
    case integer(Int)
    case real(Double)
    case boolean(Bool)
    case string(String)
    case none
    case ellipsis
    case name(String)
    case list([ID])
    case tuple([ID])
    case unary(UnaryOperator, ID)
    case binary(BinaryOperator, ID, ID)
    case attribute(ID, String)
    /// A function by name, or a method when `receiver` is set.
    case call(function: String, receiver: ID?, [Argument])
    case index(ID, [ID])
    case slice(ID?, ID?, ID?)
    /// A function: its parameters, and a formula of its own in the same text.
    case lambda([String], Formula)

    /// What was written for an operation: a function's name, an operator; nil if this is none.
    var spelling: String? {
      switch self {
      case .unary(let operation, _): operation.rawValue
      case .binary(let operation, _, _): operation.rawValue
      case .attribute(_, let name), .call(let name, _, _): name
      case .index: "index"
      case .integer, .real, .boolean, .string, .none, .ellipsis, .name, .list, .tuple, .slice, .lambda: nil
      }
    }
  }

  package struct Argument: Sendable {
    package let keyword: String?
    package let keywordRange: Range<Int>?
    package let value: ID
  }

  package let kind: Kind
  /// All of its text.
  package let range: Range<Int>
  /// Where a message about it points: the operator, the function's name, the index.
  package let place: Range<Int>
}

package enum UnaryOperator: String, Sendable {
  case plus = "+"
  case minus = "-"
  case not = "~"
}

/// The operators between two operands.
package enum BinaryOperator: String, CaseIterable, Sendable {
  case add = "+"
  case subtract = "-"
  case multiply = "*"
  case divide = "/"
  case floorDivide = "//"
  case modulo = "%"
  case matmul = "@"
  case power = "**"
  case equal = "=="
  case notEqual = "!="
  case less = "<"
  case lessOrEqual = "<="
  case greater = ">"
  case greaterOrEqual = ">="
  case and = "&"
  case or = "|"

  /// How tightly it binds; Python's order.
  package var precedence: Int {
    switch self {
    case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual: 1
    case .or: 2
    case .and: 4
    case .add, .subtract: 6
    case .multiply, .divide, .floorDivide, .modulo, .matmul: 7
    case .power: 9
    }
  }

  /// Whether the result is a mask that says how two values compare.
  package var isComparison: Bool { precedence == 1 }
}
