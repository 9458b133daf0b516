/// Every operation that users can call, on nodes, with checks that throw.
///
/// `Tensor`'s methods and the formula language of the tool are two faces of these. Here broadcasting becomes
/// explicit, axes are counted from the front, and compositions are spelled out in primitives.
package enum Operations {
  // MARK: Element by element

  /// A function of one tensor.
  package static func apply(_ function: ScalarFunction, _ x: Node) throws(TensorError) -> Node {
    try requireNumeric(x, function.rawValue)
    guard x.scalarType.isDifferentiable || function.allowsIntegers else {
      throw TensorError("\(function.rawValue): not defined for \(x.scalarType); cast to float32 or float64 first")
    }
    // Bare signs are slopes of magnitudes (`ChainRule`).
    return .elementwise(function, function == .sign ? x.detached() : x)
  }

  /// A function of two tensors, broadcast against each other.
  package static func apply(_ function: ScalarFunction, _ a: Node, _ b: Node) throws(TensorError) -> Node {
    try requireNumeric(a, function.rawValue)
    guard a.scalarType.isDifferentiable || function.allowsIntegers else {
      throw TensorError("\(function.rawValue): not defined for \(a.scalarType); cast to float32 or float64 first")
    }
    let (a, b) = try broadcast(a, b, function.rawValue)
    return .elementwise(function, a, b)
  }

  package static func add(_ a: Node, _ b: Node) throws(TensorError) -> Node { try apply(.add, a, b) }
  package static func subtract(_ a: Node, _ b: Node) throws(TensorError) -> Node { try apply(.subtract, a, b) }
  package static func multiply(_ a: Node, _ b: Node) throws(TensorError) -> Node { try apply(.multiply, a, b) }
  package static func divide(_ a: Node, _ b: Node) throws(TensorError) -> Node { try apply(.divide, a, b) }

  /// A mask, from tensors broadcast against each other.
  package static func compare(_ comparison: Comparison, _ a: Node, _ b: Node) throws(TensorError) -> Node {
    let (a, b) = try broadcast(a, b, comparison.rawValue)
    return .compare(comparison, a, b)
  }

  /// A mask, from one or two masks broadcast against each other.
  package static func logical(_ function: LogicalFunction, _ a: Node, _ b: Node? = nil) throws(TensorError) -> Node {
    for operand in [a, b] {
      guard let operand, operand.scalarType != .bool else { continue }
      throw TensorError("\(function.rawValue): expects masks (bool), found \(operand.scalarType); compare first")
    }
    guard let b else { return .logical(function, a) }
    let (left, right) = try broadcast(a, b, function.rawValue)
    return .logical(function, left, right)
  }

  /// `a` where the mask is true, `b` elsewhere; all three broadcast.
  ///
  /// What is not selected never reaches values or derivatives of any order, infinite or undefined as it may be.
  package static func select(_ mask: Node, _ a: Node, _ b: Node) throws(TensorError) -> Node {
    guard mask.scalarType == .bool else {
      throw TensorError("where: the condition is a mask (bool), found \(mask.scalarType); compare first")
    }
    let (a, b) = try broadcast(a, b, "where")
    let shape = try ShapeRules.broadcast(mask.shape, a.shape, operation: "where")
    return .select(mask.broadcast(to: shape), a.broadcast(to: shape), b.broadcast(to: shape))
  }

  /// The values limited to an interval; the derivative is 1 on the closed interval and 0 outside.
  package static func clip(_ x: Node, _ lower: Node?, _ upper: Node?) throws(TensorError) -> Node {
    var result = x
    if let lower { result = try select(compare(.less, x, lower), lower, result) }
    if let upper { result = try select(compare(.greater, result, upper), upper, result) }
    return result
  }

  /// The larger of a tensor and a constant; at a tie the derivative is 0.
  package static func maximum(_ x: Node, constant: Node) throws(TensorError) -> Node {
    let keeps = try logical(.or, compare(.greater, x, constant), compare(.notEqual, x, x))
    return try select(keeps, x, constant)
  }

  /// The smaller of a tensor and a constant; at a tie the derivative is 0.
  package static func minimum(_ x: Node, constant: Node) throws(TensorError) -> Node {
    let keeps = try logical(.or, compare(.less, x, constant), compare(.notEqual, x, x))
    return try select(keeps, x, constant)
  }

  // MARK: Checks

  static func requireNumeric(_ x: Node, _ operation: String) throws(TensorError) {
    guard x.scalarType != .bool else {
      throw TensorError("\(operation): not defined for masks (bool); cast to a number first")
    }
  }

  static func requireReal(_ x: Node, _ operation: String) throws(TensorError) {
    guard x.scalarType.isDifferentiable else {
      throw TensorError("\(operation): not defined for \(x.scalarType); cast to float32 or float64 first")
    }
  }

  /// Both operands in their common shape.
  static func broadcast(_ a: Node, _ b: Node, _ operation: String) throws(TensorError) -> (Node, Node) {
    guard a.scalarType == b.scalarType else {
      throw TensorError("\(operation): element types \(a.scalarType) and \(b.scalarType) differ; cast one of them")
    }
    let shape = try ShapeRules.broadcast(a.shape, b.shape, operation: operation)
    return (a.broadcast(to: shape), b.broadcast(to: shape))
  }
}
