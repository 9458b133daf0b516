import Curvature
import CurvatureFiles
import TensorGraph

/// What an expression of a formula stands for: a tensor, or one of the plain values of Python that shape tensors.
package enum FormulaValue: Sendable {
  case tensor(Node)
  case integer(Int)
  case real(Double)
  case boolean(Bool)
  case string(String)
  case none
  case ellipsis
  case slice(start: Int?, stop: Int?, step: Int?)
  case list([FormulaValue])
  case tuple([FormulaValue])
  /// `np` and its like, whose functions are known by their own names too.
  case module(String)
  /// What a formula says with `lambda`.
  case function(FormulaClosure)

  /// What it is, for messages.
  package var description: String {
    switch self {
    case .tensor(let node): "a tensor of shape \(node.shape)"
    case .integer(let value): "\(value)"
    case .real(let value): "\(value)"
    case .boolean(let value): value ? "True" : "False"
    case .string(let text): "'\(PrintableText.printable(text))'"
    case .none: "None"
    case .ellipsis: "..."
    case .slice: "a slice"
    case .list(let items): "a list of \(items.count)"
    case .tuple(let items): "a tuple of \(items.count)"
    case .module(let name): "the module '\(name)'"
    case .function(let function): "a function of \(function.parameters.count)"
    }
  }

  /// Whether this is a plain number, whose type gives way to that of a tensor beside it.
  package var isPlainNumber: Bool {
    switch self {
    case .integer, .real, .boolean: true
    case .tensor, .string, .none, .ellipsis, .slice, .list, .tuple, .module, .function: false
    }
  }

  package var isSequence: Bool {
    switch self {
    case .list, .tuple: true
    case .tensor, .integer, .real, .boolean, .string, .none, .ellipsis, .slice, .module, .function: false
    }
  }
}

/// A function that a formula defines.
package struct FormulaClosure: Sendable {
  package let parameters: [String]
  /// What it gives for values of its parameters, within so many other calls.
  private let evaluate: @Sendable ([FormulaValue], _ depth: Int) throws(ToolError) -> FormulaValue

  init(
    _ parameters: [String],
    _ evaluate: @escaping @Sendable ([FormulaValue], _ depth: Int) throws(ToolError) -> FormulaValue
  ) {
    self.parameters = parameters
    self.evaluate = evaluate
  }

  /// How many calls may lie within each other: a function that is given itself would call without end.
  static let greatestDepth = 100

  func callAsFunction(_ values: [FormulaValue], depth: Int = 0) throws -> FormulaValue {
    guard values.count == parameters.count else {
      throw ValueFault(
        message: "a function of \(parameters.count) (\(parameters.joined(separator: ", "))) is called with "
          + "\(values.count) values")
    }
    guard depth < Self.greatestDepth else {
      throw ValueFault(
        message:
          "more than \(Self.greatestDepth) calls lie within each other; a function cannot call itself, 'scan' and "
          + "'fori_loop' repeat")
    }
    return try evaluate(values, depth)
  }
}

/// The kinds of elements, in the order in which one gives way to another.
package enum ElementKind: Int, Comparable, Sendable {
  case mask, whole, real

  package init(_ type: ScalarType) {
    self = type == .bool ? .mask : type.isInteger ? .whole : .real
  }

  package static func < (left: ElementKind, right: ElementKind) -> Bool { left.rawValue < right.rawValue }

  /// The element type for a kind, where reals have the given type.
  package func scalarType(real: ScalarType) -> ScalarType {
    switch self {
    case .mask: .bool
    case .whole: .int64
    case .real: real
    }
  }
}

/// What is wrong with a value, where its place is not known yet.
struct ValueFault: Error {
  let message: String
  var status = ToolError.Status.usage
}

extension FormulaValue {
  /// The kind of elements that this has as a tensor.
  func kind() throws(ValueFault) -> ElementKind {
    switch self {
    case .tensor(let node): return ElementKind(node.scalarType)
    case .boolean: return .mask
    case .integer: return .whole
    case .real: return .real
    case .list(let items), .tuple(let items):
      var kind = items.isEmpty ? ElementKind.real : .mask
      for item in items { kind = max(kind, try item.kind()) }
      return kind
    case .string, .none, .ellipsis, .slice, .module, .function:
      throw ValueFault(message: "found \(description), expected a tensor or a number")
    }
  }

  /// This as a tensor with elements of a kind.
  ///
  /// - Parameter real: the type of real numbers.
  func node(as kind: ElementKind, real: ScalarType) throws -> Node {
    let type = kind.scalarType(real: real)
    switch self {
    case .tensor(let node): return node.scalarType == type ? node : node.cast(to: type)
    case .boolean(let value): return FormulaValue.fill(value ? 1 : 0, value ? 1 : 0, type)
    case .integer(let value): return FormulaValue.fill(Double(value), Int64(value), type)
    case .real(let value): return FormulaValue.fill(value, Literal.real(value).integer, type)
    case .list(let items), .tuple(let items): return try FormulaValue.array(items, kind, real: real)
    case .string, .none, .ellipsis, .slice, .module, .function:
      throw ValueFault(message: "found \(description), expected a tensor or a number")
    }
  }

  private static func fill(_ real: Double, _ whole: Int64, _ type: ScalarType) -> Node {
    .fill(type.isDifferentiable ? .real(real) : .integer(whole), shape: .scalar, scalarType: type)
  }

  /// A nested list as a tensor: data if all of it are plain numbers, a stack if tensors are among them.
  private static func array(_ items: [FormulaValue], _ kind: ElementKind, real: ScalarType) throws -> Node {
    var shape: [Int] = []
    var numbers: [FormulaValue] = []
    if try collect(items, axis: 0, &shape, &numbers) {
      let storage: Storage =
        switch kind.scalarType(real: real) {
        case .float32: Storage(numbers.map { Float($0.plainReal) })
        case .float64: Storage(numbers.map(\.plainReal))
        case .bool: Storage(numbers.map { $0.plainReal != 0 })
        case .int32, .int64: Storage(numbers.map(\.plainInteger))
        }
      return Node(storage, shape: Shape(shape))
    }
    var parts: [Node] = []
    for item in items { parts.append(try item.node(as: kind, real: real)) }
    return try Operations.stack(parts)
  }

  /// Flattens a nested list of plain numbers; false if there are tensors in it.
  private static func collect(
    _ items: [FormulaValue], axis: Int, _ shape: inout [Int], _ numbers: inout [FormulaValue]
  ) throws -> Bool {
    if shape.count == axis {
      guard numbers.isEmpty else { throw raggedFault }
      shape.append(items.count)
    }
    guard shape[axis] == items.count else { throw raggedFault }
    for item in items {
      switch item {
      case .integer, .real, .boolean:
        guard shape.count == axis + 1 else { throw raggedFault }
        numbers.append(item)
      case .list(let inner), .tuple(let inner):
        guard try collect(inner, axis: axis + 1, &shape, &numbers) else { return false }
      case .tensor: return false
      case .string, .none, .ellipsis, .slice, .module, .function:
        throw ValueFault(message: "found \(item.description) in a list, expected numbers")
      }
    }
    return true
  }

  private static let raggedFault = ValueFault(
    message: "the list is ragged: its rows have different lengths; give them one length", status: .data)

  /// The value of a plain number.
  private var plainReal: Double {
    switch self {
    case .boolean(let value): value ? 1 : 0
    case .integer(let value): Double(value)
    case .real(let value): value
    case .tensor, .string, .none, .ellipsis, .slice, .list, .tuple, .module, .function: .nan
    }
  }

  private var plainInteger: Int64 {
    if case .integer(let value) = self { Int64(value) } else { Literal.real(plainReal).integer }
  }
}
