/// A node that is 0 where a mask says so.
struct Mask {
  let node: Node
  /// Whether `value` is where the mask is true.
  let keeping: Bool
  let value: Node

  init?(_ selection: Node) {
    guard case .pointwise(.select) = selection.primitive else { return nil }
    node = selection.operands[0]
    keeping = selection.operands[2].isZero
    value = selection.operands[keeping ? 1 : 2]
    guard keeping || selection.operands[1].isZero else { return nil }
  }

  static func positive(_ mask: Node, _ keeping: Bool) -> Node { keeping ? mask : .logical(.not, mask) }

  static func areComplementary(_ a: Node, _ b: Node) -> Bool {
    func isOpposite(_ a: Node, _ b: Node) -> Bool {
      if case .pointwise(.logical(.not)) = a.primitive { a.operands[0] === b } else { false }
    }
    return isOpposite(a, b) || isOpposite(b, a)
  }
}

extension Node {
  /// Whether every element is one number other than 0, so that there is no zero to speak of.
  var isPlainNumber: Bool {
    guard let number = fillLiteral?.double else { return false }
    return number != 0 && number.isFinite && !isExposed
  }

  /// The operand that this repeats, if it does.
  private var repeated: Node? { if case .linear(.broadcast) = primitive { operands[0] } else { nil } }

  /// What a node of the operand's shape is when it is repeated as the operand is.
  private func repeating(_ node: Node) -> Node {
    guard case .linear(let primitive) = primitive else { return node }
    return primitive.applied(to: node, indices: nil)
  }

  /// Whether this is made of a mask: zeros and ones.
  var isIndicator: Bool {
    isCast ? operands[0].scalarType == .bool : repeated?.isIndicator ?? false
  }

  /// Whether this is 1 over something.
  var isReciprocal: Bool {
    scalarFunction == .reciprocal || scalarFunction == .rsqrt || repeated?.isReciprocal ?? false
  }

  /// The two factors of a product of which the second is a reciprocal, and the first has one, too.
  var reciprocalFactors: (rest: Node, reciprocal: Node)? {
    if scalarFunction == .square, operands[0].isReciprocal { return (operands[0], operands[0]) }
    if scalarFunction == .multiply {
      let (a, b) = (operands[0], operands[1])
      if b.isReciprocal, a.hasReciprocal { return (a, b) }
      return a.isReciprocal && b.hasReciprocal ? (b, a) : nil
    }
    return repeated?.reciprocalFactors.map { (repeating($0.rest), repeating($0.reciprocal)) }
  }

  /// Whether this is such a product, or a multiple of one by a few numbers.
  var hasSquaredReciprocal: Bool {
    var node = self
    for _ in 0..<4 {
      if node.reciprocalFactors != nil { return true }
      guard let next = node.negated ?? node.multiple?.node else { return false }
      node = next
    }
    return false
  }

  /// Whether this is a reciprocal times a reciprocal, but for the sign.
  var isSquaredReciprocal: Bool { (negated ?? self).reciprocalFactors?.rest.isReciprocal ?? false }

  /// What this is a multiple of by a plain number, if it was made so.
  var multiple: (number: Node, node: Node)? {
    guard scalarFunction == .multiply else {
      return repeated?.multiple.map { (repeating($0.number), repeating($0.node)) }
    }
    if operands[0].isPlainNumber { return (operands[0], operands[1]) }
    return operands[1].isPlainNumber ? (operands[1], operands[0]) : nil
  }

  /// What this is the negative of, if it was made by a change of sign.
  var negated: Node? { scalarFunction == .negate ? operands[0] : repeated?.negated.map(repeating) }

  /// Whether this is 1 over something, or a product or quotient with such a factor.
  var hasReciprocal: Bool {
    switch scalarFunction {
    case .divide: true
    case .multiply: operands[0].isReciprocal || operands[1].isReciprocal
    case .negate: operands[0].hasReciprocal
    default: repeated?.hasReciprocal ?? isReciprocal
    }
  }

  /// Whether elements may be infinite or undefined where those of the operands are ordinary numbers of moderate size.
  var createsPoles: Bool { primitive.facts.hasPoles }

  /// Whether this is a constant that is infinite or no number.
  var isPole: Bool { operands.isEmpty && createsPoles }

  /// Whether this is a function that leaves the range of numbers at moderate arguments.
  var grows: Bool {
    if case .pointwise(.special) = primitive { return true }
    return switch scalarFunction {
    case .exp, .exp2, .expMinusOne, .sinh, .cosh, .pow: true
    default: false
    }
  }
}
