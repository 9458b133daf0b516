import SparseStructure
import TensorGraph

/// What a sparse plan has found out about its function: the pattern of the derivative and the groups by which it is
/// read. It can be saved and given to a plan of the same function later, which then need not search again.
///
/// ```swift
/// let plan = try SparseHessianPlan(like: x, of: f)
/// try JSONEncoder().encode(plan.structure).write(to: file)
/// let saved = try JSONDecoder().decode(DerivativeStructure.self, from: Data(contentsOf: file))
/// let again = try SparseHessianPlan(like: x, of: f, structure: saved)
/// ```
/// A plan refuses the structure of another function, and says in what they differ.
public struct DerivativeStructure: Codable, Sendable {
  /// The derivatives that have a structure.
  public enum Derivative: String, Codable, Sendable {
    case jacobian, hessian
  }

  /// The form in which structures are saved now.
  public static var currentVersion: Int { 1 }

  /// The form of this structure.
  public let version: Int
  /// What is differentiated how often.
  public let derivative: Derivative
  /// The type of the elements.
  public let scalarType: String
  /// The shape of a point.
  public let point: [Int]
  /// The shape of the function's value.
  public let result: [Int]
  /// A digest of the function's operations, with the integers and masks among its constants.
  public let operations: String
  /// The groups of columns and rows, and the pattern.
  public let coloring: Coloring

  /// Where the derivative can be other than zero.
  public var pattern: SparsityPattern { coloring.pattern }

  init(_ derivative: Derivative, of output: Node, in variable: Node, coloring: Coloring) {
    version = Self.currentVersion
    self.derivative = derivative
    scalarType = variable.scalarType.rawValue
    point = variable.shape.dimensions
    result = output.shape.dimensions
    operations = OperationDigest.of(output, in: variable)
    self.coloring = coloring
  }

  /// Refuses to serve another function.
  func check(_ derivative: Derivative, of output: Node, in variable: Node) throws(TensorError) {
    var differences: [String] = []
    func compare<Field: Equatable>(_ name: String, _ saved: Field, _ here: Field) {
      if saved != here { differences.append("\(name): \(saved) saved, \(here) here") }
    }
    compare("version", version, Self.currentVersion)
    compare("derivative", self.derivative.rawValue, derivative.rawValue)
    compare("element type", scalarType, variable.scalarType.rawValue)
    compare("shape of the point", point, variable.shape.dimensions)
    compare("shape of the value", result, output.shape.dimensions)
    compare("operations", operations, OperationDigest.of(output, in: variable))
    let columns = variable.shape.count
    let rows = derivative == .hessian ? columns : output.shape.count
    compare("extents of the pattern", [pattern.rowCount, pattern.columnCount], [rows, columns])
    guard !differences.isEmpty else { return }
    throw TensorError(
      "plan: the saved structure is not that of this function; make a plan without it\n  "
        + differences.joined(separator: "\n  "))
  }
}

/// A digest of a graph that is the same in every process: FNV-1a over its operations in topological order (Fowler, Noll
/// & Vo, IETF draft-eastlake-fnv).
private struct OperationDigest {
  private var state: UInt64 = 0xCBF2_9CE4_8422_2325

  private mutating func add(_ text: String) {
    for byte in text.utf8 { add(byte) }
    add(0)
  }

  private mutating func add(_ byte: UInt8) { state = (state ^ UInt64(byte)) &* 0x100_0000_01B3 }

  static func of(_ output: Node, in variable: Node) -> String {
    var digest = OperationDigest()
    var numbers: [Node: Int] = [:]
    for node in Node.topologicalOrder([variable, output], entering: { $0 !== variable }) {
      numbers[node] = numbers.count
      if node === variable {
        digest.add("variable \(node.shape)")
        continue
      }
      digest.add("\(node.primitive) \(node.operands.map { numbers[$0]! })")
      // Real numbers do not matter for a pattern that holds at every point; indices and masks do.
      guard node.isInput, !node.scalarType.isDifferentiable, let value = node.value else { continue }
      for i in 0..<value.count { digest.add("\(value.literal(at: i))") }
    }
    digest.add("\(numbers[output]!)")
    let digits = String(digest.state, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
