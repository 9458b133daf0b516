import CurvatureCommands
import Foundation
import Testing

/// The table of names in the documentation has every function of formulas once, in a spelling that the tool takes.
@Suite struct NamesTests {
  /// A row: where it stands, and its formulas.
  struct Row: Sendable {
    let line: Int
    let formulas: [String]
  }

  /// The operands of the table, as the hidden Swift of the article has them.
  static let operands = """
    x = array([[0.2, 0.5], [0.7, 0.9]]); y = array([[0.3, 0.1], [0.4, 0.8]]); a = array([[2, 0.5], [0.5, 3]]); \
    b = array([[1, 0.2], [0.4, 2]]); v = array([0.3, 0.6]); w = array([0.5, 0.25]); m = x > 0.4; i = array([1, 0]); \
    u3 = array([1.0, 2, 3]); v3 = array([0.0, 1, 0.5]); signal = reshape(arange(0.0, 6), 1, 1, 6); \
    image = reshape(arange(0.0, 16), 1, 1, 4, 4); volume = reshape(arange(0.0, 64), 1, 1, 4, 4, 4); \
    c1 = reshape(array([1.0, 0.5]), 1, 1, 2); c2 = ones((1, 1, 2, 2)); c3 = ones((1, 1, 2, 2, 2)); \
    grid = zeros((1, 2, 2, 2)); columns = ones((1, 4, 4)); complex = array([[1.0, 0], [0, 1], [2, 0], [0, 0]]); \
    half = array([[1.0, 0], [0, 1], [2, 0]])
    """

  static let rows: [Row] = {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Sources/Curvature/Curvature.docc/Names.md")
    let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
    return text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().compactMap { number, line in
      let cells = line.replacing("\\|", with: "\u{1}").split(separator: "|", omittingEmptySubsequences: false)
      guard cells.count == 7, cells[2].contains("`"), !cells[2].contains("curvature ") else { return nil }
      let spans = cells[2].split(separator: "`", omittingEmptySubsequences: false).enumerated()
      return Row(
        line: number + 1,
        formulas: spans.filter { $0.offset % 2 == 1 }.map { String($0.element.replacing("\u{1}", with: "|")) })
    }
  }()

  /// What a formula calls or does last.
  private static func root(_ text: String) throws -> CurvatureCommands.Expression.Kind {
    let formula = try Parser.parse(text)
    return formula.expressions[formula.statements[formula.statements.count - 1].value].kind
  }

  @Test func formulasAreKnown() {
    for row in NamesTests.rows {
      for formula in row.formulas {
        #expect(throws: Never.self, "Names.md:\(row.line): \(formula)") {
          try FormulaEvaluator().evaluate(Parser.parse(NamesTests.operands + "; " + formula))
        }
      }
    }
  }

  @Test func everyFunctionStandsInOneRow() throws {
    var lines: [String: Set<Int>] = [:]
    for row in NamesTests.rows {
      for formula in row.formulas {
        guard case .call(let name, _, _) = try NamesTests.root(formula) else { continue }
        let function = try #require(FunctionTable.byName[name], "Names.md:\(row.line): \(name)")
        lines[function.name, default: []].insert(row.line)
      }
    }
    for function in FunctionTable.all {
      #expect(lines[function.name]?.count == 1, "\(function.name) stands in lines \(lines[function.name] ?? [])")
    }
  }

  @Test func everyOperatorStandsInARow() throws {
    var binary: Set<BinaryOperator> = []
    var unary: Set<UnaryOperator> = []
    for formula in NamesTests.rows.flatMap(\.formulas) {
      switch try NamesTests.root(formula) {
      case .binary(let operation, _, _): binary.insert(operation)
      case .unary(let operation, _): unary.insert(operation)
      default: break
      }
    }
    #expect(binary == Set(BinaryOperator.allCases))
    #expect(unary == [.minus, .not])
  }
}
