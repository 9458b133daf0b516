/// The canonical bytes of a graph: what is computed, whoever built it and in whichever process. Equal bytes are equal
/// graphs.
///
/// Operations stand in topological order with the numbers of their operands; the steps of recurrences and the bodies of
/// rules are part of it. Real numbers in inputs are not: whole numbers and masks are, since they decide what depends on
/// what.
package struct GraphSignature: Hashable, Sendable {
  package let bytes: [UInt8]

  /// - Parameter variable: the input that stands for the argument: nothing below it is looked at.
  /// - Throws: `TensorError` if an operation has a derivative of its own without an identity.
  /// - Complexity: O(operations, those in bodies included, and whole numbers in inputs).
  package init(of output: Node, in variable: Node) throws(TensorError) {
    var encoder = GraphEncoder()
    try encoder.append([output], over: [variable])
    bytes = encoder.bytes
  }

  /// 128 bits of the bytes in hexadecimal digits.
  package var digest: String {
    var digest = ContentDigest()
    digest.append(bytes)
    return digest.digits
  }
}

/// Writes graphs as bytes. Each part says its length or has a fixed one, so different graphs have different bytes.
private struct GraphEncoder {
  private(set) var bytes: [UInt8] = []

  // MARK: Parts

  /// LEB128 of the two's complement, sign folded into the lowest bit.
  mutating func append(_ integer: Int) {
    var rest = UInt(bitPattern: (integer << 1) ^ (integer >> (Int.bitWidth - 1)))
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  mutating func append(_ flag: Bool) { bytes.append(flag ? 1 : 0) }

  mutating func append(_ text: String) {
    append(text.utf8.count)
    bytes.append(contentsOf: text.utf8)
  }

  mutating func append(_ integers: [Int]) {
    append(integers.count)
    for integer in integers { append(integer) }
  }

  mutating func append(_ shape: Shape) { append(shape.dimensions) }

  mutating func append(_ literal: Literal) {
    switch literal {
    case .real(let value):
      append("real")
      withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
    case .integer(let value):
      append("integer")
      append(Int(value))
    }
  }

  mutating func append(_ slices: [AxisSlice]) {
    append(slices.count)
    for slice in slices { append([slice.start, slice.step, slice.count]) }
  }

  // MARK: Graphs

  /// Some results over inputs, which are numbered first.
  mutating func append(_ results: [Node], over inputs: [Node]) throws(TensorError) {
    let given = Set(inputs)
    var numbers: [Node: Int] = [:]
    append(inputs.count)
    for input in inputs {
      // An input that occurs twice is told by its first place.
      let number = numbers[input] ?? numbers.count
      numbers[input] = number
      append(number)
      append(input.shape)
      append(input.scalarType.rawValue)
    }
    for node in Node.topologicalOrder(results, entering: { !given.contains($0) }) where !given.contains(node) {
      numbers[node] = numbers.count
      try append(node.primitive)
      append(node.operands.map { numbers[$0]! })
      guard node.isInput, !node.scalarType.isDifferentiable else { continue }
      append(node.value != nil)
      if let value = node.value { for i in 0..<value.count { append(value.literal(at: i)) } }
    }
    append("results")
    append(results.map { numbers[$0]! })
  }

  private mutating func append(_ recurrence: Recurrence) throws(TensorError) {
    append([recurrence.count, recurrence.rows.count])
    append(recurrence.isReversed)
    append(recurrence.isSegmented)
    append(recurrence.keepsCarries)
    try append(recurrence.body.results, over: recurrence.body.inputs)
  }

  private mutating func append(_ rule: DerivativeRule) throws(TensorError) {
    append(rule.name)
    guard rule.hasIdentity else {
      throw TensorError(
        "structure: the operation '\(rule.name)' has a derivative of its own, and no identity by which another process "
          + "would know it; give its CustomDerivative an `identifier`")
    }
    append(rule.identifier ?? "")
    append(rule.body != nil)
    if let body = rule.body { try append(body.results, over: body.inputs) }
  }

  /// - Complexity: O(1), but for the bodies of recurrences and rules.
  private mutating func append(_ primitive: Primitive) throws(TensorError) {
    switch primitive {
    case .leaf(let leaf): append(leaf)
    case .pointwise(let function): append(function)
    case .linear(let primitive): append(primitive)
    case .concatenate(let axis):
      append("concatenate")
      append(axis)
    case .extremum(let extremum, let axes):
      append(extremum == .maximum ? "maximum" : "minimum")
      append(axes)
    case .argsort(let axis):
      append("argsort")
      append(axis)
    case .contraction(let contraction):
      append("contraction")
      append(contraction.left)
      append(contraction.right)
      append(contraction.output)
    case .solve(let form):
      append("solve")
      append(form.kind.name)
      append(form.isTransposed)
      if let pattern = form.system?.pattern {
        append(pattern.rowStarts)
        append(pattern.columnIndices.map { Int($0) })
      }
    case .matrix(let function):
      append("matrix")
      append(function.rawValue)
    case .scan(let recurrence):
      append("scan")
      try append(recurrence)
    case .custom(let rule):
      append("custom")
      try append(rule)
    }
  }

  private mutating func append(_ leaf: Leaf) {
    append(leaf.name)
    append(leaf.type.shape)
    switch leaf {
    case .input: break
    case .fill(_, let literal, _): append(literal)
    case .iota(_, let axis, _): append(axis)
    }
    append(leaf.type.scalarType.rawValue)
  }

  private mutating func append(_ function: PointwiseFunction) {
    switch function {
    case .elementwise(let function):
      append("elementwise")
      append(function.rawValue)
    case .special(let function):
      append("special")
      append(function.name)
      append(function.parameters)
    case .compare(let comparison):
      append("compare")
      append(comparison.rawValue)
    case .logical(let function):
      append("logical")
      append(function.rawValue)
    case .select: append("select")
    case .cast(let type):
      append("cast")
      append(type.rawValue)
    case .detach: append("detach")
    }
  }

  private mutating func append(_ primitive: LinearPrimitive) {
    switch primitive {
    case .broadcast(let shape, let axes):
      append("broadcast")
      append(shape)
      append(axes)
    case .reshape(let shape):
      append("reshape")
      append(shape)
    case .permute(let order):
      append("permute")
      append(order)
    case .slice(let slices):
      append("slice")
      append(slices)
    case .embed(let shape, let slices):
      append("embed")
      append(shape)
      append(slices)
    case .gather(let axis):
      append("gather")
      append(axis)
    case .scatterAdd(let axis, let extent):
      append("scatterAdd")
      append([axis, extent])
    case .sum(let axes):
      append("sum")
      append(axes)
    case .cumulativeSum(let axis, let reversed):
      append("cumulativeSum")
      append(axis)
      append(reversed)
    }
  }
}
