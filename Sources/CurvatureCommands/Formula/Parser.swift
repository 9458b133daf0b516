import CurvatureFiles

/// Reads a formula: statements over Python's expressions, by precedence climbing.
package struct Parser {
  private let source: FormulaSource
  let tokens: [Token]
  var position = 0
  private var depth = 0
  private var functionDepth = 0
  /// Whether `a <= b <= c` is read, as `(a <= b) <= c`.
  private let chainsComparisons: Bool
  var formula: Formula

  /// The deepest nesting of operands, far below what a stack holds.
  private static let depthLimit = 600
  /// What a sign before an operand binds: more than `*`, less than `**`.
  private static let unaryPrecedence = 8
  /// The deepest nesting of functions.
  private static let functionLimit = 16

  init(_ source: FormulaSource, chainsComparisons: Bool = false) throws(ToolError) {
    self.source = source
    self.chainsComparisons = chainsComparisons
    tokens = try Lexer.tokens(of: source)
    formula = Formula(source: source)
  }

  /// The formula that a text says. O(n).
  ///
  /// - Parameter chainsComparisons: whether `a <= b <= c` is read, as `(a <= b) <= c`.
  /// - Throws: a `ToolError` with the place, what was found and what was expected.
  package static func parse(
    _ text: String, name: String = "formula", noun: String = "formula", chainsComparisons: Bool = false
  ) throws(ToolError) -> Formula {
    var parser = try Parser(FormulaSource(text, name: name, noun: noun), chainsComparisons: chainsComparisons)
    try parser.parseStatements()
    return parser.formula
  }

  // MARK: Tokens

  var token: Token { tokens[position] }

  func token(after distance: Int) -> Token { tokens[min(position + distance, tokens.count - 1)] }

  func isAt(_ symbol: Symbol) -> Bool { token.kind == .symbol(symbol) }

  mutating func accept(_ symbol: Symbol) -> Bool {
    guard isAt(symbol) else { return false }
    position += 1
    return true
  }

  func error(_ message: String, at range: Range<Int>) -> ToolError {
    ToolError(message, at: range, in: source)
  }

  func unexpected(expected: String) -> ToolError {
    switch token.kind {
    case .end: return error("found the end of the \(source.noun), expected \(expected)", at: token.range)
    case .separator: return error("found the end of a statement, expected \(expected)", at: token.range)
    case .integer, .real, .string, .name, .symbol:
      let text = PrintableText.printable(source.text(token.range))
      let shown = text.count > 40 ? text.prefix(39) + "…" : text
      return error("found '\(shown)', expected \(expected)", at: token.range)
    }
  }

  mutating func append(_ kind: Expression.Kind, _ range: Range<Int>, place: Range<Int>? = nil) -> Expression.ID {
    formula.expressions.append(Expression(kind: kind, range: range, place: place ?? range))
    return formula.expressions.count - 1
  }

  func range(_ id: Expression.ID) -> Range<Int> { formula.expressions[id].range }

  var endOfPrevious: Int { tokens[position - 1].range.upperBound }

  // MARK: Statements

  private mutating func parseStatements() throws(ToolError) {
    while true {
      while token.kind == .separator { position += 1 }
      if token.kind == .end { break }
      try parseStatement()
      guard token.kind == .separator || token.kind == .end else { throw afterOperand(in: "the statement") }
    }
    guard let last = formula.statements.last else {
      throw error("the \(source.noun) is empty; expected an expression such as 'sum(x**2)'", at: 0..<0)
    }
    guard last.targets.isEmpty else {
      throw error(
        "the \(source.noun) ends with an assignment; end it with the expression that is the result, such as '\(last.targets[0])'",
        at: last.targetRanges[0])
    }
  }

  private mutating func parseStatement() throws(ToolError) {
    let first = try parseExpressionList()
    guard isAt(.assign) else {
      if case .symbol(let symbol) = token.kind, token(after: 1).kind == .symbol(.assign) || symbol == .walrus,
        symbol == .walrus || token(after: 1).range.lowerBound == token.range.upperBound
      {
        throw error("found '\(symbol.rawValue)\(symbol == .walrus ? "" : "=")'; write 'name = …'", at: token.range)
      }
      formula.statements.append(Statement(targets: [], targetRanges: [], value: first))
      return
    }
    var targets: [Expression.ID] = [first]
    if case .tuple(let members) = formula.expressions[first].kind { targets = members }
    var names: [String] = []
    for target in targets {
      guard case .name(let name) = formula.expressions[target].kind else {
        throw error("only a name can be assigned to; '==' compares", at: range(target))
      }
      guard !names.contains(name) else { throw error("'\(name)' is assigned twice here", at: range(target)) }
      names.append(name)
    }
    guard !targets.isEmpty else { throw error("found '=' without a name before it", at: token.range) }
    let ranges = targets.map { range($0) }
    // The targets are no operands of anything: they were the last to be read.
    formula.expressions.removeSubrange(targets[0]...)
    position += 1
    let value = try parseExpressionList()
    if isAt(.assign) { throw error("found a second '='; assign one after the other", at: token.range) }
    formula.statements.append(Statement(targets: names, targetRanges: ranges, value: value))
  }

  /// Expressions between commas outside brackets: a tuple if there is a comma.
  private mutating func parseExpressionList() throws(ToolError) -> Expression.ID {
    let first = try parseExpression()
    guard isAt(.comma) else { return first }
    var members = [first]
    while accept(.comma) {
      if isAt(.assign) || token.kind == .separator || token.kind == .end { break }
      members.append(try parseExpression())
    }
    return append(.tuple(members), range(first).lowerBound..<endOfPrevious)
  }

  // MARK: Operators

  mutating func parseExpression(above minimum: Int = 0) throws(ToolError) -> Expression.ID {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Parser.depthLimit else {
      throw error("the \(source.noun) is nested too deeply here; name parts of it", at: token.range)
    }
    if minimum == 0, token.kind == .name("lambda") { return try parseLambda() }
    var left = try parseOperand()
    while let (operation, width) = try binaryOperator(), operation.precedence >= minimum {
      let place = token.range
      position += width
      let above = operation == .power ? Parser.unaryPrecedence : operation.precedence + 1
      let right = try parseExpression(above: above)
      left = append(
        .binary(operation, left, right), range(left).lowerBound..<range(right).upperBound, place: place)
      if operation.isComparison, !chainsComparisons, let (next, _) = try binaryOperator(), next.isComparison {
        throw error("comparisons are not chained; write '(a < b) & (b < c)'", at: token.range)
      }
    }
    return left
  }

  /// `lambda x, y: expression`.
  private mutating func parseLambda() throws(ToolError) -> Expression.ID {
    let start = token.range
    functionDepth += 1
    defer { functionDepth -= 1 }
    guard functionDepth <= Parser.functionLimit else {
      throw error("functions are nested too deeply here; name parts of them", at: start)
    }
    position += 1
    var parameters: [String] = []
    while !isAt(.colon) {
      guard case .name(let name) = token.kind, !Parser.isReserved(name) else {
        throw unexpected(expected: "the name of a parameter, or ':' and an expression, as in 'lambda x: x**2'")
      }
      guard !parameters.contains(name) else { throw error("the parameter '\(name)' occurs twice", at: token.range) }
      parameters.append(name)
      position += 1
      guard accept(.comma) || isAt(.colon) else {
        throw unexpected(expected: "',' or ':' after a parameter, as in 'lambda x, y: x * y'")
      }
    }
    position += 1
    let outer = formula
    formula = Formula(source: source)
    let value = try parseExpression()
    formula.statements.append(Statement(targets: [], targetRanges: [], value: value))
    let body = formula
    formula = outer
    return append(.lambda(parameters, body), start.lowerBound..<endOfPrevious, place: start)
  }

  /// The operator here and how many tokens it takes; nil at anything else.
  private func binaryOperator() throws(ToolError) -> (BinaryOperator, Int)? {
    guard case .symbol(let symbol) = token.kind else { return nil }
    switch symbol {
    case .caret:
      throw error("found '^'; power is '**', and 'a != b' is the exclusive or of masks", at: token.range)
    case .leftShift, .rightShift:
      throw error("found '\(symbol.rawValue)'; there are no shifts of bits", at: token.range)
    case .exclamation:
      throw error("found '!'; write '!=' for not equal, '~' for the opposite of a mask", at: token.range)
    case .and where token(after: 1).kind == .symbol(.and), .or where token(after: 1).kind == .symbol(.or):
      throw error("found '\(symbol.rawValue)\(symbol.rawValue)'; write '\(symbol.rawValue)' once", at: token.range)
    default:
      // `x += 1` is reported where statements are read.
      if token(after: 1).kind == .symbol(.assign), token(after: 1).range.lowerBound == token.range.upperBound {
        return nil
      }
      return BinaryOperator(rawValue: symbol.rawValue).map { ($0, 1) }
    }
  }

  private mutating func parseOperand() throws(ToolError) -> Expression.ID {
    if case .symbol(let symbol) = token.kind, let operation = UnaryOperator(rawValue: symbol.rawValue) {
      let place = token.range
      position += 1
      let operand = try parseExpression(above: Parser.unaryPrecedence)
      return append(.unary(operation, operand), place.lowerBound..<range(operand).upperBound, place: place)
    }
    return try parsePostfix(parseAtom())
  }
}
