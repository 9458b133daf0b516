/// A word of the formula language, with its place.
package struct Token: Sendable {
  package enum Kind: Hashable, Sendable {
    case integer(Int)
    case real(Double)
    case string(String)
    case name(String)
    case symbol(Symbol)
    /// A line break or semicolon between statements.
    case separator
    case end
  }

  package let kind: Kind
  package let range: Range<Int>
}

/// The signs of the language, longest first where one begins another.
package enum Symbol: String, CaseIterable, Sendable {
  case power = "**"
  case floorDivide = "//"
  case equal = "=="
  case notEqual = "!="
  case lessOrEqual = "<="
  case greaterOrEqual = ">="
  case ellipsis = "..."
  case leftShift = "<<"
  case rightShift = ">>"
  case arrow = "->"
  case walrus = ":="
  case plus = "+"
  case minus = "-"
  case times = "*"
  case divide = "/"
  case matmul = "@"
  case modulo = "%"
  case less = "<"
  case greater = ">"
  case and = "&"
  case or = "|"
  case not = "~"
  case caret = "^"
  case exclamation = "!"
  case assign = "="
  case comma = ","
  case colon = ":"
  case dot = "."
  case leftParenthesis = "("
  case rightParenthesis = ")"
  case leftBracket = "["
  case rightBracket = "]"
  case leftBrace = "{"
  case rightBrace = "}"

  /// The sign that ends what this one begins.
  package var closing: Symbol? {
    switch self {
    case .leftParenthesis: .rightParenthesis
    case .leftBracket: .rightBracket
    case .leftBrace: .rightBrace
    default: nil
    }
  }
}
