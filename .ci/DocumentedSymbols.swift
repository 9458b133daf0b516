// Lists the public symbols of symbol graphs that have no doc comment: `Scripts/documentation.sh` fails where there are any.
// Synthesised symbols, those with an underscore, and those that only lead to another name are no part of the documentation.
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

var missing: Set<String> = []
var documented = 0
for file in CommandLine.arguments.dropFirst() {
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
    if symbol.docComment != nil {
      documented += 1
      continue
    }
    let place = symbol.location.map { "\($0.uri.replacing("file://", with: "")):\($0.position.line + 1)" } ?? file
    missing.insert("\(place): error: \(symbol.pathComponents.joined(separator: ".")) has no doc comment")
  }
}
for line in missing.sorted() { print(line) }
FileHandle.standardError.write(Data("\(documented) public symbols documented, \(missing.count) not\n".utf8))
exit(missing.isEmpty ? 0 : 1)
