extension Parser {
  // MARK: Atoms

  mutating func parseAtom() throws(ToolError) -> Expression.ID {
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
  func afterOperand(in whole: String, closing: String? = nil) -> ToolError {
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

  mutating func parsePostfix(_ atom: Expression.ID) throws(ToolError) -> Expression.ID {
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
