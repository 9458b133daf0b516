import Curvature
import CurvatureFiles
import Foundation
import TensorGraph

/// The operators of formulas: Python's on plain numbers, NumPy's on tensors.
struct FormulaOperators {
  /// The type of real numbers.
  let real: ScalarType

  // MARK: One operand

  func apply(_ operation: UnaryOperator, _ operand: FormulaValue) throws -> FormulaValue {
    switch (operation, operand) {
    case (.plus, .integer), (.plus, .real), (.minus, .real), (.minus, .integer):
      guard operation == .minus else { return operand }
      if case .real(let value) = operand { return .real(-value) }
      guard case .integer(let value) = operand, value != .min else { return .real(0x1p63) }
      return .integer(-value)
    case (.plus, .boolean(let value)): return .integer(value ? 1 : 0)
    case (.minus, .boolean(let value)): return .integer(value ? -1 : 0)
    case (.plus, .tensor(let node)), (.minus, .tensor(let node)):
      if node.scalarType == .bool { throw ValueFault(message: "a mask has no sign; '~' is its opposite") }
      return operation == .plus ? operand : .tensor(try Operations.apply(.negate, node))
    case (.not, .tensor(let node)):
      guard node.scalarType == .bool else {
        throw ValueFault(message: "'~' expects a mask, found numbers; compare first, as in '~(x > 0)'")
      }
      return .tensor(try Operations.logical(.not, node))
    case (.not, _) where operand.isPlainNumber:
      throw ValueFault(message: "'~' expects a mask, found \(operand.description)")
    case (_, .list), (_, .tuple):
      throw ValueFault(message: "found \(operand.description) after '\(operation.rawValue)'; write array([…])")
    default: throw ValueFault(message: "found \(operand.description) after '\(operation.rawValue)', expected a tensor")
    }
  }

  // MARK: Two operands

  func apply(_ operation: BinaryOperator, _ left: FormulaValue, _ right: FormulaValue) throws -> FormulaValue {
    if left.isPlainNumber, right.isPlainNumber { return try plain(operation, left, right) }
    let isTensor = [left, right].map { if case .tensor = $0 { true } else { false } }
    if !isTensor.contains(true), left.isSequence || right.isSequence {
      let found = left.isSequence ? left : right
      throw ValueFault(
        message: "found \(found.description) beside '\(operation.rawValue)'; a list is an array only when it is "
          + "written array([…])")
    }
    let kinds = (try left.kind(), try right.kind())
    let kind = max(kinds.0, kinds.1)
    func operands(_ least: ElementKind) throws -> (Node, Node) {
      let kind = max(kind, least)
      let pair = (try left.node(as: kind, real: real), try right.node(as: kind, real: real))
      try Sizes.checkBroadcast([pair.0, pair.1])
      return pair
    }
    switch operation {
    case .add where kind == .mask, .or:
      return .tensor(try logical(.or, operation, kinds, operands))
    case .multiply where kind == .mask, .and:
      return .tensor(try logical(.and, operation, kinds, operands))
    case .subtract where kind == .mask:
      throw ValueFault(message: "masks have no difference; '!=' is their exclusive or")
    case .add, .subtract, .multiply, .modulo, .divide:
      let functions: [BinaryOperator: ScalarFunction] = [
        .add: .add, .subtract: .subtract, .multiply: .multiply, .modulo: .modulo, .divide: .divide,
      ]
      let (a, b) = try operands(operation == .divide ? .real : .whole)
      return .tensor(try Operations.apply(functions[operation]!, a, b))
    case .floorDivide:
      let (a, b) = try operands(.whole)
      return .tensor(try Operations.floorDivide(a, b))
    case .matmul:
      guard kind != .mask else { throw ValueFault(message: "masks have no matrix product; write '.astype(int)'") }
      let (a, b) = try operands(.whole)
      return .tensor(try Operations.matmul(a, b))
    case .power: return .tensor(try power(left, right, kind))
    case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual:
      let (a, b) = try operands(.mask)
      return .tensor(try Operations.compare(FormulaOperators.comparison(operation), a, b))
    }
  }

  private static func comparison(_ operation: BinaryOperator) -> Comparison {
    switch operation {
    case .equal: .equal
    case .notEqual: .notEqual
    case .less: .less
    case .lessOrEqual: .lessOrEqual
    case .greater: .greater
    case .greaterOrEqual: .greaterOrEqual
    case .add, .subtract, .multiply, .divide, .floorDivide, .modulo, .matmul, .power, .and, .or:
      fatalError("'\(operation.rawValue)' compares nothing")
    }
  }

  private func logical(
    _ function: LogicalFunction, _ operation: BinaryOperator, _ kinds: (ElementKind, ElementKind),
    _ operands: (ElementKind) throws -> (Node, Node)
  ) throws -> Node {
    guard kinds == (.mask, .mask) else {
      throw ValueFault(
        message: "'\(operation.rawValue)' expects masks on both sides; it binds tighter than comparisons, so write "
          + "'(a > 0) \(operation.rawValue) (b > 0)'")
    }
    let (a, b) = try operands(.mask)
    return try Operations.logical(function, a, b)
  }

  /// Powers. Whole numbers to a whole power stay whole.
  func power(_ left: FormulaValue, _ right: FormulaValue, _ kind: ElementKind) throws -> Node {
    if kind < .real {
      guard case .integer(let exponent) = right else {
        let power = try Operations.apply(
          .pow, left.node(as: .real, real: .float64), right.node(as: .real, real: .float64))
        return try Operations.apply(.round, power).cast(to: .int64)
      }
      guard exponent >= 0 else {
        throw ValueFault(message: "whole numbers have no negative power here; write a base such as '2.0'")
      }
      return try Operations.wholePower(left.node(as: .whole, real: real), exponent)
    }
    let (a, b) = (try left.node(as: .real, real: real), try right.node(as: .real, real: real))
    try Sizes.checkBroadcast([a, b])
    return try Operations.apply(.pow, a, b)
  }

  // MARK: Plain numbers

  private func plain(_ operation: BinaryOperator, _ left: FormulaValue, _ right: FormulaValue) throws -> FormulaValue {
    if case .boolean(let a) = left, case .boolean(let b) = right {
      if operation == .and { return .boolean(a && b) }
      if operation == .or { return .boolean(a || b) }
    }
    if let a = left.whole, let b = right.whole, let result = try whole(operation, a, b) { return result }
    let (a, b) = (left.double!, right.double!)
    switch operation {
    case .add: return .real(a + b)
    case .subtract: return .real(a - b)
    case .multiply: return .real(a * b)
    case .divide, .floorDivide, .modulo:
      guard b != 0 else { throw ValueFault(message: "division of \(left.description) by zero", status: .data) }
      if operation == .divide { return .real(a / b) }
      var remainder = fmod(a, b)
      if remainder != 0, (remainder < 0) != (b < 0) { remainder += b }
      return .real(operation == .modulo ? remainder : ((a - remainder) / b).rounded())
    case .power: return .real(pow(a, b))
    case .matmul: throw ValueFault(message: "'@' expects tensors with axes, found plain numbers; '*' multiplies them")
    case .and, .or: throw ValueFault(message: "'\(operation.rawValue)' expects masks, found plain numbers")
    case .equal: return .boolean(a == b)
    case .notEqual: return .boolean(a != b)
    case .less: return .boolean(a < b)
    case .lessOrEqual: return .boolean(a <= b)
    case .greater: return .boolean(a > b)
    case .greaterOrEqual: return .boolean(a >= b)
    }
  }

  /// Whole numbers as in Python; nil where the result is no whole number of 64 bits.
  private func whole(_ operation: BinaryOperator, _ a: Int, _ b: Int) throws -> FormulaValue? {
    func result(_ pair: (partialValue: Int, overflow: Bool)) -> FormulaValue? {
      pair.overflow ? nil : .integer(pair.partialValue)
    }
    switch operation {
    case .add: return result(a.addingReportingOverflow(b))
    case .subtract: return result(a.subtractingReportingOverflow(b))
    case .multiply: return result(a.multipliedReportingOverflow(by: b))
    case .floorDivide, .modulo:
      guard b != 0 else { throw ValueFault(message: "division of \(a) by zero", status: .data) }
      if b == -1 { return operation == .modulo ? .integer(0) : result((0).subtractingReportingOverflow(a)) }
      let remainder = a % b
      let isShifted = remainder != 0 && (remainder < 0) != (b < 0)
      return .integer(operation == .modulo ? remainder + (isShifted ? b : 0) : a / b - (isShifted ? 1 : 0))
    case .power:
      guard b >= 0, b < 64 || (-1...1).contains(a) else { return nil }
      var value = 1
      for _ in 0..<(b < 64 ? b : 64 + b % 2) {
        let (product, overflow) = value.multipliedReportingOverflow(by: a)
        if overflow { return nil }
        value = product
      }
      return .integer(value)
    case .equal: return .boolean(a == b)
    case .notEqual: return .boolean(a != b)
    case .less: return .boolean(a < b)
    case .lessOrEqual: return .boolean(a <= b)
    case .greater: return .boolean(a > b)
    case .greaterOrEqual: return .boolean(a >= b)
    case .divide, .matmul, .and, .or: return nil
    }
  }
}

extension FormulaValue {
  /// The value of a plain whole number or truth value.
  var whole: Int? {
    switch self {
    case .integer(let value): value
    case .boolean(let value): value ? 1 : 0
    case .real, .tensor, .string, .none, .ellipsis, .slice, .list, .tuple, .module, .function: nil
    }
  }

  /// The value of a plain number.
  var double: Double? {
    if case .real(let value) = self { value } else { whole.map(Double.init) }
  }
}

/// Checks that results fit into memory before they are asked for.
enum Sizes {
  /// Refuses operands whose shapes differ and could join to more elements than can be counted.
  static func checkBroadcast(_ nodes: [Node]) throws {
    var total = 1
    for (i, node) in nodes.enumerated() where !nodes[..<i].contains(where: { $0.shape == node.shape }) {
      let (product, overflow) = total.multipliedReportingOverflow(by: max(1, node.shape.count))
      guard !overflow else {
        let shapes = nodes.map(\.shape.description).joined(separator: " and ")
        throw ValueFault(message: "shapes \(shapes) join to more elements than memory holds", status: .data)
      }
      total = product
    }
  }

  /// Refuses a tensor that is larger than the machine.
  static func check(_ node: Node) throws {
    try check(node.shape.dimensions, node.scalarType)
  }

  static func check(_ shape: [Int], _ type: ScalarType) throws {
    guard shape.allSatisfy({ $0 >= 0 }) else {
      throw ValueFault(message: "\(shape) is no shape; extents are 0 or more", status: .data)
    }
    guard Memory.count(shape, bytesEach: type.byteCount) == nil else { return }
    let bytes = shape.reduce(Double(type.byteCount)) { $0 * Double($1) }
    throw ValueFault(
      message:
        "a tensor of shape \(shape) needs \(MemoryBudget.text(bytes: bytes)), more than half of this machine's memory",
      status: .data)
  }
}
