import Curvature
import CurvatureCommands
import Foundation
import TensorGraph
import TestSupport
import Testing

/// Derivatives of formulas against those of JAX (`Tests/Reference/formula_derivatives.py`).
@Suite struct FormulaDerivativeTests {
  struct Table: Decodable {
    let names: [String: String]
    let rows: [Row]
  }

  struct Row: Decodable, Sendable, CustomTestStringConvertible {
    let variable: String
    let formula: String
    let value: Double
    let gradient: [Double]
    let hessian: [Double]
    /// The third derivative along one direction.
    let third: Double
    var testDescription: String { "\(formula) in \(variable)" }
  }

  static let table: Table = {
    let file = ReferenceFiles.url("formula_derivatives.json")
    do {
      return try JSONDecoder().decode(Table.self, from: Data(contentsOf: file))
    } catch { fatalError("cannot read \(file.path): \(error)") }
  }()

  /// The row's sum of weighted elements with its derivatives, flattened.
  private static func derivatives(_ row: Row, _ type: ScalarType) throws -> [[Double]] {
    let definition = try #require(table.names[row.variable])
    let start = try FormulaTests.node(definition, real: .float64)
    let elements = try Evaluation.storage(start)
    let flat = Node.vector((0..<start.shape.count).map { elements.literal(at: $0).double }, type)
    let variable = flat.reshaped(to: start.shape)
    let others = table.names.filter { $0.key != row.variable }.sorted { $0.key < $1.key }
    let text = others.map { "\($0.key) = \($0.value); " }.joined() + row.formula
    let result = try FormulaEvaluator(names: [row.variable: .tensor(variable)], variables: [flat], real: type)
      .tensor(Parser.parse(text))
    let weights = Node.vector((0..<result.shape.count).map { sin(1 + Double($0)) }, type)
    let total = try Operations.dot(weights, result.reshaped(to: [result.shape.count]))
    let direction = Node.vector((0..<flat.shape.count).map { cos(1 + 2 * Double($0)) }, type)
    let first = gradient(of: total, to: [flat])[0] ?? flat.filled(with: 0)
    var third = total
    for _ in 0..<3 {
      third = pushforward(of: [third], seeds: [(flat, direction)])[0] ?? third.filled(with: 0)
    }
    let nodes = [total, first, jacobian(of: first, to: flat), third]
    try Evaluation.evaluate(nodes)
    return try nodes.map { node in
      let storage = try Evaluation.storage(node)
      return (0..<node.shape.count).map { storage.literal(at: $0).double }
    }
  }

  @Test(arguments: table.rows, [ScalarType.float64, .float32]) func agreesWithJAX(_ row: Row, _ type: ScalarType) throws
  {
    let found = try Self.derivatives(row, type)
    // Entries are sums: their roundings are of the size of the largest.
    let (relative, ofLargest) = type == .float64 ? (1e-12, 2e-13) : (1e-5, 1e-5)
    for (order, expected) in [[row.value], row.gradient, row.hessian, [row.third]].enumerated() {
      let largest = expected.reduce(1) { max($0, $1.magnitude) }
      let problem = mismatch(found[order], expected, relative: relative, absolute: ofLargest * largest)
      #expect(problem == nil, "order \(order) of \(row.formula)")
    }
  }
}
