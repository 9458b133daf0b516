// Compares what the code of documents gives with what its comments say.
import Foundation

nonisolated(unsafe) private var failures = 0
nonisolated(unsafe) private var comparisons = 0

private func report(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }

/// A number with the distance by which it may be off: half a unit of its last decimal; a word; or a sign.
private enum Token {
  case number(Double, tolerance: Double)
  case other(String)

  static func list(_ text: String) -> [Token] {
    var tokens: [Token] = []
    var rest = Substring(text)
    while let first = rest.first {
      if first.isWhitespace {
        rest.removeFirst()
        continue
      }
      if first.isNumber || first == "-", let match = rest.prefixMatch(of: /-?[0-9]+(\.[0-9]+)?(e[-+]?[0-9]+)?/) {
        let digits = String(match.0)
        let decimals = match.1.map { $0.count - 1 } ?? 0
        let power = match.2.flatMap { Int($0.dropFirst()) } ?? 0
        let isWhole = decimals == 0 && power == 0
        tokens.append(
          .number(Double(digits)!, tolerance: isWhole ? 0 : 0.5001 * pow(10, Double(power - decimals))))
        rest = rest[match.0.endIndex...]
      } else if first.isLetter {
        let word = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
        tokens.append(.other(String(word)))
        rest = rest[word.endIndex...]
      } else {
        tokens.append(.other(String(first)))
        rest.removeFirst()
      }
    }
    return tokens
  }

  func agrees(with found: Token) -> Bool {
    switch (self, found) {
    case (.number(let a, let tolerance), .number(let b, _)): abs(a - b) <= tolerance
    case (.other(let a), .other(let b)): a == b
    default: false
    }
  }
}

/// Whether a comment begins with the text of a value; behind it, it may go on after a colon, a comma and the like. An ellipsis
/// stands for anything.
private func agree(_ stated: ArraySlice<Token>, _ found: ArraySlice<Token>) -> Bool {
  guard let said = stated.first else { return found.isEmpty }
  if case .other("…") = said {
    let rest = stated.dropFirst()
    return rest.isEmpty || found.indices.contains { agree(rest, found[$0...]) }
  }
  guard let value = found.first else {
    if case .other(let sign) = said { return [":", ";", ",", "("].contains(sign) }
    return false
  }
  return said.agrees(with: value) && agree(stated.dropFirst(), found.dropFirst())
}

func expect<Value>(_ value: Value, _ stated: String, _ file: String, _ line: Int) throws {
  comparisons += 1
  let found = "\(value)"
  guard !agree(Token.list(stated)[...], Token.list(found)[...]) else { return }
  failures += 1
  report("\(file):\(line): error: the comment says '\(stated)', found '\(found)'")
}

func run(_ name: String, _ document: @Sendable () async throws -> Void) async throws {
  // The last name says where a program was that did not come to its end.
  try name.write(toFile: "last-document", atomically: false, encoding: .utf8)
  do { try await document() } catch {
    failures += 1
    report("\(name): error: \(error)")
  }
}

func finish(pieces: Int) {
  try? FileManager.default.removeItem(atPath: "last-document")
  report("\(pieces) blocks and cells of tables compiled, \(comparisons) stated values compared, \(failures) wrong")
  exit(failures == 0 ? 0 : 1)
}
