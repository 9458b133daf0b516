// Lists the public symbols of symbol graphs that have no doc comment, and the functions of tensors that no table of the article
// Names has in its first column: `Scripts/documentation.sh` fails where there are any. Synthesised symbols, those with an
// underscore, and those that only lead to another name are no part of the documentation.
// Arguments: the article, symbol graphs.
import Foundation

struct Graph: Decodable {
  struct Symbol: Decodable {
    struct Kind: Decodable { let identifier: String }
    struct Identifier: Decodable { let precise: String }
    struct Comment: Decodable {}
    struct Availability: Decodable { let isUnconditionallyUnavailable: Bool? }
    struct Position: Decodable { let line: Int }
    struct Location: Decodable {
      let uri: String
      let position: Position
    }
    let kind: Kind
    let identifier: Identifier
    let pathComponents: [String]
    let docComment: Comment?
    let availability: [Availability]?
    let location: Location?
  }
  struct Relationship: Decodable {
    let source: String
    let target: String
    let kind: String
  }
  let symbols: [Symbol]
  let relationships: [Relationship]
}

/// The words in the code of the first columns of tables with five columns.
func namedWords(_ article: String) throws -> Set<String> {
  var words: Set<String> = []
  for line in try String(contentsOfFile: article, encoding: .utf8).split(separator: "\n") {
    let cells = line.replacing("\\|", with: "").split(separator: "|", omittingEmptySubsequences: false)
    if cells.count == 7 { words.formUnion(cells[1].matches(of: /[A-Za-z][A-Za-z0-9]*/).map { String($0.0) }) }
  }
  return words
}

/// What the index language and the marks of variables are made of: no operations.
let others: Set = ["read", "stopGradient"]
let names = try namedWords(CommandLine.arguments[1])
var missing: Set<String> = []
var documented = 0
for file in CommandLine.arguments.dropFirst(2) {
  let graph = try JSONDecoder().decode(Graph.self, from: Data(contentsOf: URL(fileURLWithPath: file)))
  // What a protocol of the standard library asks for is described there.
  let witnesses = Set(
    graph.relationships.filter {
      ($0.kind == "requirementOf" || $0.kind == "defaultImplementationOf" || $0.kind == "optionalRequirementOf")
        && $0.target.hasPrefix("s:s")
    }.map(\.source))
  for symbol in graph.symbols {
    let isPrivate = symbol.pathComponents.contains { $0.hasPrefix("_") }
    let isUnavailable = symbol.availability?.contains { $0.isUnconditionallyUnavailable == true } ?? false
    guard !isPrivate, !isUnavailable, !witnesses.contains(symbol.identifier.precise),
      !symbol.identifier.precise.contains("::SYNTHESIZED::"), symbol.kind.identifier != "swift.extension"
    else { continue }
    let place = symbol.location.map { "\($0.uri.replacing("file://", with: "")):\($0.position.line + 1)" } ?? file
    let path = symbol.pathComponents.joined(separator: ".")
    if symbol.docComment == nil {
      missing.insert("\(place): error: \(path) has no doc comment")
    } else {
      documented += 1
    }
    let isOperation =
      ["swift.func", "swift.method", "swift.type.method", "swift.property"].contains(symbol.kind.identifier)
      && (symbol.pathComponents.count == 1 || symbol.pathComponents[0] == "Tensor")
      && place.contains("/TensorGraph/Tensor/")
    let name = symbol.pathComponents.last!.prefix { $0 != "(" }
    if isOperation, name.first!.isLetter, !names.contains(String(name)), !others.contains(String(name)) {
      missing.insert("\(place): error: \(path) is in no table of the article Names")
    }
  }
}
for line in missing.sorted() { print(line) }
FileHandle.standardError.write(Data("\(documented) public symbols documented, \(missing.count) mistakes\n".utf8))
exit(missing.isEmpty ? 0 : 1)
