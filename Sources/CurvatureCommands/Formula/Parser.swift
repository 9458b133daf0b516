/// Reads a formula: statements over Python's expressions, by precedence climbing.
package struct Parser {
  private let source: FormulaSource
  private let tokens: [Token]
  private var position = 0
  private var depth = 0
  private var functionDepth = 0
  private var formula: Formula

  /// The deepest nesting of operands, far below what a stack holds.
  private static let depthLimit = 600
  /// What a sign before an operand binds: more than `*`, less than `**`.
  private static let unaryPrecedence = 8
  /// The deepest nesting of functions.
  private static let functionLimit = 16

  private init(_ source: FormulaSource) throws(ToolError) {
    self.source = source
    tokens = try Lexer.tokens(of: source)
    formula = Formula(source: source)
  }

  /// The formula that a text says. O(n).
  ///
  /// - Throws: a `ToolError` with the place, what was found and what was expected.
  package static func parse(
    _ text: String, name: String = "formula", noun: String = "formula"
  ) throws(ToolError) -> Formula {
    var parser = try Parser(FormulaSource(text, name: name, noun: noun))
    try parser.parseStatements()
    return parser.formula
  }

  // MARK: Tokens

  private var token: Token { tokens[position] }

  private func token(after distance: Int) -> Token { tokens[min(position + distance, tokens.count - 1)] }

  private func isAt(_ symbol: Symbol) -> Bool { token.kind == .symbol(symbol) }

  private mutating func accept(_ symbol: Symbol) -> Bool {
    guard isAt(symbol) else { return false }
    position += 1
    return true
  }

  private func error(_ message: String, at range: Range<Int>) -> ToolError {
    ToolError(message, at: range, in: source)
  }

  private func unexpected(expected: String) -> ToolError {
    switch token.kind {
    case .end: return error("found the end of the \(source.noun), expected \(expected)", at: token.range)
    case .separator: return error("found the end of a statement, expected \(expected)", at: token.range)
    case .integer, .real, .string, .name, .symbol:
      let text = FormulaSource.printable(source.text(token.range))
      let shown = text.count > 40 ? text.prefix(39) + "…" : text
      return error("found '\(shown)', expected \(expected)", at: token.range)
    }
  }

  private mutating func append(_ kind: Expression.Kind, _ range: Range<Int>, place: Range<Int>? = nil) -> Expression.ID
  {
    formula.expressions.append(Expression(kind: kind, range: range, place: place ?? range))
    return formula.expressions.count - 1
  }

  private func range(_ id: Expression.ID) -> Range<Int> { formula.expressions[id].range }

  private var endOfPrevious: Int { tokens[position - 1].range.upperBound }

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

  private mutating func parseExpression(above minimum: Int = 0) throws(ToolError) -> Expression.ID {
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
      if operation.isComparison, let (next, _) = try binaryOperator(), next.isComparison {
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

  // MARK: Atoms

  private mutating func parseAtom() throws(ToolError) -> Expression.ID {
    let start = token
    switch start.kind {
    case .integer(let value):
      position += 1
      return append(.integer(value), start.range)
    case .real(let value):
      position += 1
      return append(.real(value), start.range)
    case .string(let text):
      position += 1
      return append(.string(text), start.range)
    case .name(let name):
      if let remark = Parser.keywords[name] { throw error("found '\(name)'\(remark)", at: start.range) }
      position += 1
      switch name {
      case "True": return append(.boolean(true), start.range)
      case "False": return append(.boolean(false), start.range)
      case "None": return append(.none, start.range)
      default: return append(.name(name), start.range)
      }
    case .symbol(.ellipsis):
      position += 1
      return append(.ellipsis, start.range)
    case .symbol(.leftParenthesis):
      return try parseParentheses()
    case .symbol(.leftBracket):
      position += 1
      var members: [Expression.ID] = []
      while !isAt(.rightBracket) {
        members.append(try parseExpression())
        guard accept(.comma) || isAt(.rightBracket) else { throw afterOperand(in: "the list", closing: "]") }
      }
      position += 1
      return append(.list(members), start.range.lowerBound..<endOfPrevious)
    case .symbol(.leftBrace): throw error("found '{'; lists are written with '['", at: start.range)
    case .symbol(.caret): throw error("found '^'; power is '**'", at: start.range)
    case .symbol, .separator, .end: throw unexpected(expected: "a number, a name or '('")
    }
  }

  private mutating func parseParentheses() throws(ToolError) -> Expression.ID {
    let start = token.range.lowerBound
    position += 1
    var members: [Expression.ID] = []
    var isTuple = isAt(.rightParenthesis)
    while !isAt(.rightParenthesis) {
      members.append(try parseExpression())
      if accept(.comma) {
        isTuple = true
      } else if !isAt(.rightParenthesis) {
        throw afterOperand(in: "the brackets", closing: ")")
      }
    }
    position += 1
    guard isTuple else {
      let inner = formula.expressions[members[0]]
      formula.expressions[members[0]] = Expression(
        kind: inner.kind, range: start..<endOfPrevious, place: inner.place)
      return members[0]
    }
    return append(.tuple(members), start..<endOfPrevious)
  }

  /// What is wrong with a token that follows an operand.
  private func afterOperand(in whole: String, closing: String? = nil) -> ToolError {
    let expected = closing.map { "an operator, ',' or '\($0)'" } ?? "an operator or the end of \(whole)"
    switch token.kind {
    case .name(let name):
      if let remark = Parser.keywords[name] { return error("found '\(name)'\(remark)", at: token.range) }
      return unexpected(expected: "\(expected) (a product is written with '*')")
    case .symbol(.assign) where closing != nil:
      return error("found '=' inside an expression; '==' compares", at: token.range)
    case .symbol(.colon):
      return error("found ':'; slices belong between '[' and ']' after a tensor", at: token.range)
    case .integer, .real, .string, .symbol, .separator, .end:
      return unexpected(expected: expected)
    }
  }

  // MARK: Calls, indices, attributes

  private mutating func parsePostfix(_ atom: Expression.ID) throws(ToolError) -> Expression.ID {
    var value = atom
    while true {
      let start = range(value).lowerBound
      if isAt(.leftParenthesis) {
        let (function, receiver, place): (String, Expression.ID?, Range<Int>)
        switch formula.expressions[value].kind {
        case .name(let name): (function, receiver, place) = (name, nil, range(value))
        case .attribute(let owner, let name):
          (function, receiver, place) = (name, owner, formula.expressions[value].place)
        default:
          throw error(
            "found '(' after something that is no function; a product is written with '*'", at: token.range)
        }
        // The name itself is no operand.
        formula.expressions.removeLast()
        let arguments = try parseArguments()
        value = append(
          .call(function: function, receiver: receiver, arguments), start..<endOfPrevious, place: place)
      } else if isAt(.leftBracket) {
        let place = token.range.lowerBound
        position += 1
        let items = try parseIndex()
        value = append(.index(value, items), start..<endOfPrevious, place: place..<endOfPrevious)
      } else if accept(.dot) {
        guard case .name(let name) = token.kind else { throw unexpected(expected: "the name of a method after '.'") }
        position += 1
        value = append(.attribute(value, name), start..<endOfPrevious, place: tokens[position - 1].range)
      } else {
        return value
      }
    }
  }

  private mutating func parseArguments() throws(ToolError) -> [Expression.Argument] {
    position += 1
    var arguments: [Expression.Argument] = []
    while !isAt(.rightParenthesis) {
      if isAt(.times) || isAt(.power) { throw unexpected(expected: "an argument; lists are not unpacked with '*'") }
      var keyword: String?
      var keywordRange: Range<Int>?
      if case .name(let name) = token.kind, token(after: 1).kind == .symbol(.assign) {
        if arguments.contains(where: { $0.keyword == name }) {
          throw error("the argument '\(name)' is given twice", at: token.range)
        }
        keyword = name
        keywordRange = token.range
        position += 2
      } else if arguments.last?.keyword != nil {
        throw unexpected(expected: "a keyword argument, since arguments by position come first")
      }
      let value = try parseExpression()
      arguments.append(Expression.Argument(keyword: keyword, keywordRange: keywordRange, value: value))
      guard accept(.comma) || isAt(.rightParenthesis) else { throw afterOperand(in: "the call", closing: ")") }
    }
    position += 1
    return arguments
  }

  private mutating func parseIndex() throws(ToolError) -> [Expression.ID] {
    if isAt(.rightBracket) { throw unexpected(expected: "an index such as '0', '1:' or '...'") }
    var items: [Expression.ID] = []
    while !isAt(.rightBracket) {
      items.append(try parseSliceOrExpression(closing: .rightBracket))
      guard accept(.comma) || isAt(.rightBracket) else { throw afterOperand(in: "the index", closing: "]") }
    }
    position += 1
    return items
  }

  private mutating func parseSliceOrExpression(closing: Symbol?) throws(ToolError) -> Expression.ID {
    let start = token.range.lowerBound
    var parts: [Expression.ID?] = [nil]
    while true {
      if accept(.colon) {
        guard parts.count < 3 else {
          throw error("found a third ':'; a slice is 'start:stop:step'", at: tokens[position - 1].range)
        }
        parts.append(nil)
        continue
      }
      let isEnd = isAt(.comma) || token.kind == .end || closing.map { isAt($0) } ?? false
      if isEnd || parts[parts.count - 1] != nil { break }
      parts[parts.count - 1] = try parseExpression()
    }
    if parts.count == 1 {
      guard let only = parts[0] else { throw unexpected(expected: "an index such as '0', '1:' or '...'") }
      return only
    }
    return append(.slice(parts[0], parts[1], parts.count > 2 ? parts[2] : nil), start..<endOfPrevious)
  }

  /// The items of an index given by itself, as in `--index '0, 1:'`, and the expressions they consist of.
  package static func parseIndex(_ text: String, name: String) throws(ToolError) -> (
    formula: Formula, items: [Expression.ID]
  ) {
    var parser = try Parser(FormulaSource(text, name: name, noun: "index"))
    var items: [Expression.ID] = []
    while parser.token.kind != .end {
      items.append(try parser.parseSliceOrExpression(closing: nil))
      guard parser.accept(.comma) || parser.token.kind == .end else { throw parser.afterOperand(in: "the index") }
    }
    guard !items.isEmpty else { throw parser.unexpected(expected: "an index such as '0', '1:' or '...'") }
    return (parser.formula, items)
  }

  /// Python's words that formulas do without, and what to write.
  private static let keywords: [String: String] = {
    var remarks = [
      "and": "; write '&' between masks", "or": "; write '|' between masks", "not": "; write '~' before a mask",
      "if": "; write 'where(mask, a, b)'", "else": "; write 'where(mask, a, b)'",
      "in": "; compare with '=='", "is": "; compare with '=='",
      "for": "; formulas have no loops, their operations work on whole tensors",
      "while": "; formulas have no loops, their operations work on whole tensors",
      "lambda": "; a function stands by itself, as an argument or after '='",
      "def": "; write 'name = lambda x: …'",
    ]
    for word in [
      "as", "assert", "async", "await", "break", "class", "continue", "del", "elif", "except", "finally", "from",
      "global", "import", "nonlocal", "pass", "raise", "return", "try", "with", "yield",
    ] {
      remarks[word] = ", a word of Python that formulas do not use"
    }
    return remarks
  }()

  /// Whether a word cannot be the name of a value.
  package static func isReserved(_ word: String) -> Bool {
    keywords[word] != nil || ["True", "False", "None"].contains(word)
  }
}
