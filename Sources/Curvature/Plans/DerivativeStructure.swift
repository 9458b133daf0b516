import SparseStructure
import TensorGraph

/// What a sparse plan has found out about its function: the pattern of the derivative and the groups by which it is
/// read. It can be saved and given to a plan of the same function later, which then need not search again.
///
/// <!-- swift
/// let x = Tensor<Double>([1, 2]), file = URL(fileURLWithPath: "structure.json")
/// let f: (Tensor<Double>) -> Tensor<Double> = { ($0 * $0).sum() }
/// -->
/// ```swift
/// let plan = try SparseHessianPlan(like: x, of: f)
/// try JSONEncoder().encode(plan.structure).write(to: file)
/// let saved = try JSONDecoder().decode(DerivativeStructure.self, from: Data(contentsOf: file))
/// let again = try SparseHessianPlan(like: x, structure: saved, of: f)
/// ```
/// A plan refuses the structure of another function, and says in what they differ. The structure of a function with a
/// `CustomDerivative` can be saved only if that has an identifier.
public struct DerivativeStructure: Codable, Sendable {
  /// The derivatives that have a structure.
  public enum Derivative: String, Codable, Sendable {
    /// First derivatives of a function with many results.
    case jacobian
    /// Second derivatives of a function with one result.
    case hessian
  }

  /// The form in which structures are saved now.
  public static var currentVersion: Int { 2 }

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
  /// A digest of the function's operations, with the integers and masks among its constants; nil if an operation has no
  /// identity outside this process.
  public let operations: String?
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
    operations = try? GraphSignature(of: output, in: variable).digest
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
    compare("operations", operations ?? "none", try GraphSignature(of: output, in: variable).digest)
    let columns = variable.shape.count
    let rows = derivative == .hessian ? columns : output.shape.count
    compare("extents of the pattern", [pattern.rowCount, pattern.columnCount], [rows, columns])
    guard !differences.isEmpty else { return }
    throw TensorError(
      "plan: the saved structure is not that of this function; make a plan without it\n  "
        + differences.joined(separator: "\n  "))
  }
}

extension DerivativeStructure {
  private enum CodingKeys: String, CodingKey {
    case version, derivative, scalarType, point, result, operations, coloring
  }

  /// - Throws: `EncodingError` if an operation of the function has no identity outside this process.
  public func encode(to encoder: any Encoder) throws {
    guard let operations else {
      throw EncodingError.invalidValue(
        self,
        .init(
          codingPath: encoder.codingPath,
          debugDescription:
            "structure: an operation of the function has a derivative of its own and no identity; give its "
            + "CustomDerivative an `identifier`"))
    }
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(version, forKey: .version)
    try container.encode(derivative, forKey: .derivative)
    try container.encode(scalarType, forKey: .scalarType)
    try container.encode(point, forKey: .point)
    try container.encode(result, forKey: .result)
    try container.encode(operations, forKey: .operations)
    try container.encode(coloring, forKey: .coloring)
  }
}
