// Writes the Swift in Markdown files and doc comments as functions that can be compiled and run: `.ci/CodeBlocks.sh` does both.
// CONTRIBUTING.md says how a block is written.
import Foundation

/// A piece of a document, with the number of its first line.
enum Piece {
  case block([Substring], line: Int)
  case context([Substring], line: Int)
  case expression(String, line: Int)
  /// Code that the compiler must not take.
  case refused(String, line: Int)
}

/// What a comment says of the block or table that follows; of a table, the columns that are run and those that are refused.
enum Marker { case none, notRun, notCompiled, table(run: [Int], refused: [Int]) }

nonisolated(unsafe) var problems = 0
func complain(_ file: String, _ line: Int, _ text: String) {
  problems += 1
  FileHandle.standardError.write(Data("\(file):\(line): error: \(text)\n".utf8))
}

/// The code in a cell, between equal numbers of backquotes.
func codeSpans(_ text: Substring) -> [String] {
  var spans: [String] = []
  var rest = text
  while let start = rest.firstIndex(of: "`") {
    let fence = rest[start...].prefix { $0 == "`" }
    guard let end = rest[fence.endIndex...].range(of: fence) else { break }
    spans.append(rest[fence.endIndex..<end.lowerBound].trimmingCharacters(in: .whitespaces))
    rest = rest[end.upperBound...]
  }
  return spans
}

/// What the lines of one document or of one doc comment say in Swift, in order; blocks that are compiled only say so.
func pieces(of lines: [(number: Int, text: Substring)], in file: String) -> [(piece: Piece, isRun: Bool)] {
  var found: [(Piece, Bool)] = []
  var marker = Marker.none
  var i = 0
  while i < lines.count {
    let text = lines[i].text.drop { $0 == " " }
    let indent = lines[i].text.count - text.count
    let number = lines[i].number
    i += 1
    if text.hasPrefix("<!--") {
      var body = [text.dropFirst(4)]
      while !body.last!.contains("-->"), i < lines.count {
        body.append(lines[i].text)
        i += 1
      }
      guard let end = body.last!.range(of: "-->", options: .backwards) else {
        complain(file, number, "this comment has no end")
        break
      }
      body[body.count - 1] = body.last![..<end.lowerBound]
      let words = body[0].split(separator: " ")
      switch words.first {
      case "not" where words.dropFirst().first == "run": marker = .notRun
      case "not" where words.dropFirst().first == "compiled": marker = .notCompiled
      case "swift" where words.dropFirst().first == "table":
        let parts = words.dropFirst(2).filter { $0 != "-->" }.split(
          separator: "refused", maxSplits: 1, omittingEmptySubsequences: false)
        marker = .table(
          run: parts[0].compactMap { Int($0) }, refused: parts.count > 1 ? parts[1].compactMap { Int($0) } : [])
      case "swift":
        body[0] = body[0].drop { $0 == " " }.dropFirst("swift".count)
        found.append((.context(body, line: number), true))
      default: break
      }
    } else if text.hasPrefix("```") {
      let language = text.dropFirst(3)
      var body: [Substring] = []
      let first = i < lines.count ? lines[i].number : number
      while i < lines.count, !lines[i].text.drop(while: { $0 == " " }).hasPrefix("```") {
        body.append(lines[i].text.dropFirst(min(indent, lines[i].text.prefix { $0 == " " }.count)))
        i += 1
      }
      i += 1
      if language == "swift" {
        switch marker {
        case .notCompiled: break
        case .notRun: found.append((.block(body, line: first), false))
        case .none, .table: found.append((.block(body, line: first), true))
        }
      }
      marker = .none
    } else if text.hasPrefix("|"), case .table(let run, let refused) = marker {
      let isLast = i >= lines.count || !lines[i].text.hasPrefix("|")
      let isHeader = i >= 2 && !lines[i - 2].text.hasPrefix("|")
      if isLast { marker = .none }
      if isHeader || text.hasPrefix("|-") { continue }
      let cells = text.replacingOccurrences(of: "\\|", with: "\u{1}").split(
        separator: "|", omittingEmptySubsequences: false)
      for column in run + refused where column < cells.count {
        for span in codeSpans(cells[column]) {
          let text = span.replacingOccurrences(of: "\u{1}", with: "|")
          guard !text.contains("…") else { continue }
          let code = text.hasPrefix("try ") ? String(text.dropFirst(4)) : text
          found.append((run.contains(column) ? .expression(code, line: number) : .refused(code, line: number), true))
        }
      }
    }
  }
  return found
}

// MARK: Values that comments state

/// Whether a comment begins with a value: a number, a list, a truth value, a text.
func statesValue(_ comment: Substring) -> Bool {
  guard let first = comment.first else { return false }
  if first.isNumber || "[…".contains(first) || first == "\"" { return true }
  if first == "-" { return comment.dropFirst().first?.isNumber ?? false }
  let word = comment.prefix { $0.isLetter }
  return ["true", "false", "nan", "inf", "shape", "entry"].contains(word)
}

/// The code of a line and its comment, if it has one behind code.
func parts(of line: Substring) -> (code: Substring, comment: Substring)? {
  guard let slashes = line.range(of: "//"), !line.trimmingCharacters(in: .whitespaces).hasPrefix("//") else {
    return nil
  }
  let code = line[..<slashes.lowerBound]
  guard code.filter({ $0 == "\"" }).count % 2 == 0 else { return nil }
  return (code, line[slashes.upperBound...].drop { $0 == " " })
}

func literal(_ text: some StringProtocol) -> String { "####\"\(text)\"####" }

/// The argument of a line that is one call of `print`.
func printed(_ code: String) -> Substring? {
  guard code.hasPrefix("print("), code.hasSuffix(")") else { return nil }
  let inner = code.dropFirst(6).dropLast()
  var depth = 0
  for character in inner {
    if character == "(" { depth += 1 }
    if character == ")" { depth -= 1 }
    if depth < 0 { return nil }
  }
  return inner
}

/// The lines of a block, where those whose comments state values compare with them.
func comparing(_ lines: [Substring], from first: Int, in file: String) -> [String] {
  lines.indices.map { i in
    let line = lines[i]
    let place = "\(literal(file)), \(first + i)"
    guard let (code, comment) = parts(of: line) else {
      // What a print of its own line writes may stand in the lines below it.
      let said = lines[(i + 1)...].prefix { $0.hasPrefix("// ") }.map { $0.dropFirst(3) }
      if !said.isEmpty, let value = printed(String(line)) {
        return "try expect(\(value), \(literal(said.joined(separator: " "))), \(place))"
      }
      return String(line)
    }
    guard statesValue(comment) else { return String(line) }
    let statement = code.trimmingCharacters(in: .whitespaces)
    if let value = printed(statement) { return "try expect(\(value), \(literal(comment)), \(place))" }
    if statement.hasPrefix("let ") || statement.hasPrefix("var ") {
      let name = statement.dropFirst(4).prefix { $0.isLetter || $0.isNumber || $0 == "_" }
      if comment.hasPrefix("shape ") {
        return "\(code); try expect(\(name).shape, \(literal(comment.dropFirst(6))), \(place))"
      }
      return "\(code); try expect(\(name), \(literal(comment)), \(place))"
    }
    if "{([,=".contains(statement.last ?? " ") || statement.contains(" = ") {
      complain(
        file, first + i, "a value is stated where there is none to compare; state it at an expression, a print or a let"
      )
    }
    return "try expect(\(statement), \(literal(comment)), \(place))"
  }
}

// MARK: Documents

/// The blocks of one document as a function in which each block sees what those before it declare.
func function(_ name: String, _ pieces: [(piece: Piece, isRun: Bool)], in file: String) -> (
  imports: [String], text: String
) {
  var imports: [String] = []
  var text = "func \(name)() async throws {\n"
  var depth = 0
  func append(_ lines: [String], _ first: Int) {
    text += "#sourceLocation(file: \"\(file)\", line: \(first))\n"
    for line in lines {
      let isImport = line.hasPrefix("import ")
      if isImport { imports.append(line) }
      text += (isImport ? "" : line) + "\n"
    }
    text += "#sourceLocation()\n"
  }
  for (piece, isRun) in pieces {
    switch piece {
    case .block(let lines, let first) where !isRun:
      text += "func compiledOnly() async throws {\n"
      append(lines.map(String.init), first)
      text += "}\n"
      text += "do {\n"
      depth += 1
    case .block(let lines, let first):
      append(comparing(lines, from: first, in: file), first)
      text += "do {\n"
      depth += 1
    case .context(let lines, let first):
      append(lines.map(String.init), first)
      text += "do {\n"
      depth += 1
    case .expression(let code, let line): append(["do { _ = try \(code) }"], line)
    case .refused: break
    }
  }
  return (imports, text + String(repeating: "}\n", count: depth + 1))
}

/// The doc comments of a Swift file, each as the lines of a document.
func docComments(_ lines: [Substring]) -> [[(number: Int, text: Substring)]] {
  var comments: [[(number: Int, text: Substring)]] = []
  var isInside = false
  for (i, line) in lines.enumerated() {
    let text = line.drop { $0 == " " }
    guard text.hasPrefix("///") else {
      isInside = false
      continue
    }
    if !isInside { comments.append([]) }
    isInside = true
    let body = text.dropFirst(3)
    comments[comments.count - 1].append((i + 1, body.hasPrefix(" ") ? body.dropFirst() : body))
  }
  return comments
}

/// The code of a document that must be refused, each piece with a line number of its own in a file of its own, and where each
/// piece stands.
func refusals(_ pieces: [(piece: Piece, isRun: Bool)], in file: String) -> (text: String, places: [String]) {
  var text = "func refused() throws {\n"
  var places: [String] = []
  for (piece, _) in pieces {
    switch piece {
    case .context(let lines, _): text += lines.joined(separator: "\n") + "\n"
    case .refused(let code, let line):
      places.append("\(file):\(line): \(code)")
      text += "#sourceLocation(file: \"refused\", line: \(places.count))\ndo { _ = try \(code) }\n#sourceLocation()\n"
    case .block, .expression: break
    }
  }
  return ("import Curvature\n" + text + "}\n", places)
}

let output = CommandLine.arguments[1]
var calls = ""
var count = 0
for (k, file) in CommandLine.arguments.dropFirst(2).enumerated() {
  let lines = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false)
  let documents =
    file.hasSuffix(".swift")
    ? docComments(lines) : [lines.enumerated().map { (number: $0.offset + 1, text: $0.element) }]
  var imports: Set<String> = []
  var text = ""
  for (n, document) in documents.enumerated() {
    let pieces = pieces(of: document, in: file)
    guard !pieces.isEmpty else { continue }
    let made = function("document\(k)_\(n)", pieces, in: file)
    imports.formUnion(made.imports)
    text += made.text
    calls += "try await run(\(literal("\(file):\(document[0].number)")), document\(k)_\(n))\n"
    let refused = refusals(pieces, in: file)
    if !refused.places.isEmpty {
      try refused.text.write(toFile: "\(output)/refused\(k)", atomically: false, encoding: .utf8)
      try refused.places.map { $0 + "\n" }.joined().write(
        toFile: "\(output)/places\(k)", atomically: false, encoding: .utf8)
    }
    count += pieces.count {
      switch $0.piece {
      case .block, .expression: true
      case .context, .refused: false
      }
    }
  }
  guard !text.isEmpty else { continue }
  imports.formUnion(["import Curvature", "import Foundation"])
  if file.contains("SpyPlotPNG") { imports.insert("import SpyPlotPNG") }
  if file.contains("CurvatureFiles") { imports.insert("import CurvatureFiles") }
  try (imports.sorted().joined(separator: "\n") + "\n\n" + text).write(
    toFile: "\(output)/Document\(k).swift", atomically: false, encoding: .utf8)
}
try (calls + "finish(pieces: \(count))\n").write(toFile: "\(output)/main.swift", atomically: false, encoding: .utf8)
if problems > 0 { exit(1) }
