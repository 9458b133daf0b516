import Foundation

/// A network in MATPOWER's case format, version 2 (Zimmerman, Murillo-Sánchez & Thomas 2011, "MATPOWER: Steady-State
/// Operations, Planning and Analysis Tools for Power Systems Research and Education"), as it stands in the file.
public struct PowerCase: Sendable {
  /// The power that counts as 1, in MVA.
  public var baseMVA: Double
  /// A row for each bus.
  public var buses: [[Double]]
  /// A row for each generator.
  public var generators: [[Double]]
  /// A row for each line or transformer.
  public var branches: [[Double]]
  /// The costs of the generators, in their order.
  public var costs: [[Double]]

  /// Something in a case file that cannot be read or used.
  public struct FormatError: Error, CustomStringConvertible {
    /// What was found, where, and what is expected.
    public let description: String
  }

  /// Reads a file.
  ///
  /// - Parameter path: the file's path.
  /// - Throws: `FormatError`, or what reading throws.
  public init(contentsOfFile path: String) throws {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    try self.init(text: String(contentsOfFile: path, encoding: .utf8), name: name)
  }

  /// Reads the text of a case: `mpc.baseMVA = …;` and the matrices `mpc.bus`, `mpc.gen`, `mpc.branch` and `mpc.gencost`; what
  /// else there is is left alone.
  ///
  /// - Parameters:
  ///   - text: the text of the file.
  ///   - name: what messages call it.
  /// - Throws: `FormatError` with the line at fault.
  public init(text: String, name: String = "case") throws {
    var matrices: [String: [[Double]]] = [:]
    var base: Double?
    var open: String?
    for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      var content = line.prefix { $0 != "%" }[...]
      if open == nil {
        guard content.hasPrefix("mpc."), let equals = content.firstIndex(of: "=") else { continue }
        let field = content[content.index(content.startIndex, offsetBy: 4)..<equals]
          .trimmingCharacters(in: .whitespaces)
        content = content[content.index(after: equals)...]
        guard let bracket = content.firstIndex(of: "[") else {
          if field == "baseMVA" { base = Double(content.trimmingCharacters(in: .init(charactersIn: " \t\r;"))) }
          continue
        }
        open = field
        matrices[field] = []
        content = content[content.index(after: bracket)...]
      }
      guard let field = open else { continue }
      let end = content.firstIndex(of: "]")
      for row in content[..<(end ?? content.endIndex)].split(separator: ";") {
        let words = row.split { $0 == " " || $0 == "\t" || $0 == "," || $0 == "\r" }
        guard !words.isEmpty else { continue }
        guard ["bus", "gen", "branch", "gencost"].contains(field) else { continue }
        matrices[field]!.append(
          try words.map { word in
            guard let value = Self.number(word) else {
              throw FormatError(description: "\(name), line \(number + 1): '\(word)' is no number")
            }
            return value
          })
      }
      if end != nil { open = nil }
    }
    func matrix(_ field: String, columns: Int) throws -> [[Double]] {
      guard let rows = matrices[field] else { throw FormatError(description: "\(name): has no mpc.\(field)") }
      for (i, row) in rows.enumerated() where row.count < columns {
        throw FormatError(
          description: "\(name): row \(i + 1) of mpc.\(field) has \(row.count) numbers, \(columns) are needed")
      }
      return rows
    }
    guard let base, base > 0 else { throw FormatError(description: "\(name): has no mpc.baseMVA above 0") }
    baseMVA = base
    buses = try matrix("bus", columns: 13)
    generators = try matrix("gen", columns: 10)
    branches = try matrix("branch", columns: 13)
    costs = try matrix("gencost", columns: 5)
    guard costs.count >= generators.count else {
      throw FormatError(description: "\(name): \(costs.count) costs for \(generators.count) generators")
    }
  }

  private static func number(_ word: Substring) -> Double? {
    switch word.lowercased() {
    case "inf", "+inf": .infinity
    case "-inf": -.infinity
    default: Double(word)
    }
  }
}
