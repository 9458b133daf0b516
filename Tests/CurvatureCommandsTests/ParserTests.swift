import CurvatureCommands
import CurvatureFiles
import Testing

/// A formula with all of its brackets written, so that a test sees what was understood.
func understood(_ text: String) throws -> String { understood(try Parser.parse(text)) }

private func understood(_ formula: Formula) -> String {
  var texts: [String] = []
  for expression in formula.expressions {
    func text(_ id: Int?) -> String { id.map { texts[$0] } ?? "" }
    switch expression.kind {
    case .integer(let value): texts.append("\(value)")
    case .real(let value): texts.append("\(value)")
    case .boolean(let value): texts.append(value ? "True" : "False")
    case .string(let value): texts.append("'\(value)'")
    case .none: texts.append("None")
    case .ellipsis: texts.append("...")
    case .name(let name): texts.append(name)
    case .list(let items): texts.append("[" + items.map(text).joined(separator: ", ") + "]")
    case .tuple(let items): texts.append("(" + items.map { text($0) + "," }.joined(separator: " ") + ")")
    case .unary(let operation, let operand): texts.append("(\(operation.rawValue)\(text(operand)))")
    case .binary(let operation, let a, let b): texts.append("(\(text(a)) \(operation.rawValue) \(text(b)))")
    case .attribute(let owner, let name): texts.append("\(text(owner)).\(name)")
    case .call(let function, let receiver, let arguments):
      let list = arguments.map { ($0.keyword.map { "\($0)=" } ?? "") + text($0.value) }.joined(separator: ", ")
      texts.append((receiver.map { text($0) + "." } ?? "") + "\(function)(\(list))")
    case .index(let owner, let items): texts.append("\(text(owner))[\(items.map(text).joined(separator: ", "))]")
    case .slice(let start, let stop, let step):
      texts.append("\(text(start)):\(text(stop))" + (step.map { ":" + text($0) } ?? ""))
    case .lambda(let parameters, let body):
      texts.append("(lambda \(parameters.joined(separator: ", ")): \(understood(body)))")
    }
  }
  return formula.statements.map { statement in
    (statement.targets.isEmpty ? "" : statement.targets.joined(separator: ", ") + " = ") + texts[statement.value]
  }.joined(separator: "; ")
}

/// The error that a text gives.
func parseError(_ text: String) -> ToolError? {
  do {
    _ = try Parser.parse(text)
    return nil
  } catch { return error }
}

@Suite struct ParserTests {
  static let structures: [(String, String)] = [
    ("-x**2", "(-(x ** 2))"),
    ("2**-x**2", "(2 ** (-(x ** 2)))"),
    ("a - b - c", "((a - b) - c)"),
    ("f(lambda x, y: x + y*2, 1)", "f((lambda x, y: (x + (y * 2))), 1)"),
    ("f = lambda: lambda x: -x; f", "f = (lambda : (lambda x: (-x))); f"),
    ("a**b**c", "(a ** (b ** c))"),
    ("-a*b", "((-a) * b)"),
    ("a*-b", "(a * (-b))"),
    ("a + b*c@d // e % f", "(a + ((((b * c) @ d) // e) % f))"),
    ("x > 0 & y", "(x > (0 & y))"),
    ("(x > 0) & ~m | k", "(((x > 0) & (~m)) | k)"),
    ("a == b + 1", "(a == (b + 1))"),
    ("- - +x", "(-(-(+x)))"),
    ("x.T @ w[0].sum(axis=0)", "(x.T @ w[0].sum(axis=0))"),
    ("x[1:, ::-1, None, ..., [0, 2], -1]", "x[1:, ::(-1), None, ..., [0, 2], (-1)]"),
    ("x[:]", "x[:]"),
    ("x[::]", "x[:]"),
    ("x[1:2:3]", "x[1:2:3]"),
    ("f(x, axis=0,)", "f(x, axis=0)"),
    ("f()", "f()"),
    ("()", "()"),
    ("(1,)", "(1,)"),
    ("(1)", "1"),
    ("1, 2", "(1, 2,)"),
    ("a = 1; b = a\n\n a + b # the sum ; x", "a = 1; b = a; (a + b)"),
    ("q, r = f(x); q", "q, r = f(x); q"),
    ("(a\n + b)", "(a + b)"),
    ("a \\\n + b", "(a + b)"),
    ("1_000 + .5 + 5. + 1e3 + 2.5E-3 + 1e+2", "(((((1000 + 0.5) + 5.0) + 1000.0) + 0.0025) + 100.0)"),
    ("99999999999999999999", "1e+20"),
    ("σ + naïve_2", "(σ + naïve_2)"),
    ("x.shape[0]", "x.shape[0]"),
    ("f(x, mode='linear', s=\"a b\")", "f(x, mode='linear', s='a b')"),
    ("[[1, 2], [3, 4],]", "[[1, 2], [3, 4]]"),
    ("[]", "[]"),
    ("1e999", "inf"),
  ]

  @Test(arguments: structures)
  func structure(_ text: String, _ expected: String) throws {
    #expect(try understood(text) == expected)
  }

  static let refused: [(String, String)] = [
    ("", "is empty"), ("  # only a comment", "is empty"), (";;", "is empty"),
    ("x ^ 2", "power is '**'"), ("^", "power is '**'"),
    ("1 < x < 2", "not chained"), ("a == b != c", "not chained"),
    ("x = 2", "ends with an assignment"),
    ("x and y", "'&'"), ("not x", "'~'"), ("x if y else z", "where("), ("1 + lambda", "stands by itself"),
    ("f(lambda x)", "expected ',' or ':'"),
    ("f(lambda x, x: x)", "occurs twice"), ("f(lambda 2: 3)", "name of a parameter"), ("def f(x)", "lambda"),
    ("(1 + 2", "never closed"), ("1 + 2)", "without an opening"), ("(1]", "bracket to close is '('"),
    ("1 +", "the end of the formula"), ("1 + ; 2", "the end of a statement"),
    ("2x", "write '*'"), ("2 x", "a product is written with '*'"), ("2(x)", "no function"), ("x y", "with '*'"),
    ("1j", "imaginary"), ("007", "zeros at its front"), ("0x10", "is no number"), ("1.2.3", "expected"),
    ("x − 1", "write '-'"), ("x²", "'**2'"), ("\"abc", "never closed"), ("'a\\n'", "plain words"),
    ("f(a=1, 2)", "arguments by position come first"), ("f(a=1, a=2)", "given twice"), ("f(*x)", "not unpacked"),
    ("x[]", "an index such as"), ("x[1:2:3:4]", "third ':'"), ("x[1 2]", "expected an operator"),
    ("x.", "the name of a method"), ("x.2", "expected"), ("1 = x; x", "only a name"), ("x == 1 = 2; x", "only a name"),
    ("a, a = f(x); a", "assigned twice"), ("a = b = 1; a", "second '='"), ("x += 1; x", "write 'name"),
    ("x := 1", "write 'name"), ("sum(x = = 2)", "expected a number"), ("{1: 2}", "lists are written"),
    ("x && y", "once"), ("x << 2", "shifts"), ("x !y", "write '!='"), ("x : y", "slices belong"),
    ("import os", "Python"),
    ("\u{1B}[31m", "no meaning"), ("x $", "no meaning"), ("(x; y)", "inside brackets"), ("*", "expected a number"),
    ("sum(x = 1) = 2; x", "only a name"), ("() = 2; x", "without a name"), ("(x = 1)", "'==' compares"),
    ("None = 1; x", "only a name"), ("x @", "the end"), ("..", "found '.'"),
  ]

  @Test(arguments: refused)
  func refusals(_ text: String, _ fragment: String) throws {
    let error = try #require(parseError(text), "'\(text)' parsed")
    #expect(error.message.contains(fragment), "\(error)")
    #expect(error.status == .usage)
    let place = try #require(error.place)
    #expect(place.range.lowerBound >= 0 && place.range.upperBound <= text.utf8.count)
  }

  @Test func caretStandsUnderTheOperator() throws {
    let error = try #require(parseError("sum(x ^ 2)"))
    #expect(error.description.hasSuffix("\n  sum(x ^ 2)\n        ^"))
    let second = try #require(parseError("a = 1\nb = a ^ 2\nb"))
    #expect(second.description.hasSuffix("\n  2 | b = a ^ 2\n            ^"))
    let greek = try #require(parseError("σσ ^ 2"))
    #expect(greek.description.hasSuffix("\n  σσ ^ 2\n     ^"))
  }

  @Test func longLinesAreClippedAroundThePlace() throws {
    let error = try #require(
      parseError(String(repeating: "x + ", count: 10_000) + "^" + String(repeating: " + x", count: 10_000)))
    let lines = error.description.split(separator: "\n")
    #expect(lines.allSatisfy { $0.count < 200 })
    #expect(
      lines[1].firstIndex(of: "^")!.utf16Offset(in: lines[1]) == lines[2].firstIndex(of: "^")!.utf16Offset(in: lines[2])
    )
  }

  @Test func deepNestingIsRefused() throws {
    for text in [
      String(repeating: "(", count: 10_000) + "x" + String(repeating: ")", count: 10_000),
      String(repeating: "[", count: 10_000) + String(repeating: "]", count: 10_000),
      String(repeating: "x[", count: 10_000) + "0" + String(repeating: "]", count: 10_000),
      String(repeating: "f(", count: 10_000) + String(repeating: ")", count: 10_000),
      String(repeating: "-", count: 10_000) + "x", String(repeating: "~", count: 100_000) + "x",
      String(repeating: "x**", count: 10_000) + "x",
      String(repeating: "(", count: 1_000_000),
    ] {
      let error = try #require(parseError(text))
      #expect(error.message.contains("nested"))
    }
    // As deep as is allowed.
    let inner = String(repeating: "(1 + 2 * -", count: 140) + "x" + String(repeating: ")", count: 140)
    #expect(try understood(inner).hasPrefix("(1 + (2 * (-(1 +"))
  }

  @Test func longFormulasNeedNoStack() throws {
    let formula = try Parser.parse("x" + String(repeating: " + x", count: 300_000))
    #expect(formula.expressions.count == 600_001)
    let postfix = try Parser.parse("x" + String(repeating: ".T[0]", count: 100_000))
    #expect(postfix.expressions.count == 300_001)
  }

  @Test func randomTextNeverTraps() throws {
    var state: UInt64 = 42
    let pieces =
      Symbol.allCases.map(\.rawValue) + [
        "x", "sum", "1", "2.5", " ", "\n", ";", "#", "'", "and", "σ", "\u{0}", "🙂", "e", "1e", "_", ".T", "None",
      ]
    var parsed = 0
    for _ in 0..<20_000 {
      var text = ""
      for _ in 0..<12 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        text += pieces[Int(state >> 33) % pieces.count]
      }
      if let error = parseError(text) { #expect(!error.description.isEmpty) } else { parsed += 1 }
    }
    #expect(parsed > 0)
  }

  @Test func indexOptionIsParsedAlone() throws {
    let (formula, items) = try Parser.parseIndex("0, 1:, ::-2, ..., None, [0, 1]", name: "--index")
    #expect(items.count == 6)
    guard case .slice(nil, nil, .some) = formula.expressions[items[2]].kind else {
      Issue.record("no slice")
      return
    }
    for text in ["", "1 2", "0,,1", ")", "1:2:3:4"] {
      #expect(throws: ToolError.self) { try Parser.parseIndex(text, name: "--index") }
    }
  }

  @Test func nearestNames() {
    let known = ["sum", "sin", "sqrt", "mean", "softmax", "log_softmax", "cumsum"]
    #expect(Suggestions.nearest(to: "sqr", among: known) == ["sqrt"])
    #expect(Suggestions.nearest(to: "Sum", among: known).first == "sum")
    #expect(Suggestions.nearest(to: "maen", among: known) == ["mean"])
    #expect(Suggestions.nearest(to: "sofmax", among: known).first == "softmax")
    #expect(Suggestions.nearest(to: "zzzzzz", among: known).isEmpty)
    #expect(Suggestions.editDistance(Array("ab"), Array("ba")) == 1)
    #expect(Suggestions.editDistance(Array("kitten"), Array("sitting")) == 3)
  }
}
