/// The product of the chain rule: a tangent or cotangent times the factor of an operation.
///
/// A product of 0 and ∞ means different things. A *structural* zero says that nothing moves there: a branch that was not
/// taken, a mask, a direction without that element, a constant. It absorbs whatever it meets. An *incidental* zero is a
/// number that is 0 at this point: its product with an infinity is not determined by first-order rules, hence NaN. Which
/// of the two a zero is, is known from how the expression was made, so nothing is decided when it is evaluated: products
/// are written as mask · (still · numbers), of which only the last may be NaN.
///
/// One object serves one sweep.
package final class ChainRule {
  /// What is known of a node.
  private struct Facts {
    /// Whether it has the same value whatever the variables do, so that a zero of it stays one.
    var isStill: Bool
    /// Whether elements may be infinite or undefined where its leaves are ordinary numbers of moderate size.
    var hasPoles: Bool?
  }

  private var facts: [Node: Facts] = [:]
  private let floor: VariableFloor
  private let variables: Set<Node>
  /// Whether everything that the sweep was not told to differentiate in may move as well: in the body of a recurrence,
  /// whose inputs are what steps before have made, and in rules, whose factors are made of what moves outside.
  private let inputsMove: Bool
  private var infiniteness: [Node: Infinities] = [:]
  /// The x of |x| of which the sweep has a first derivative.
  private var slopes: Set<Node> = []

  /// - Parameters:
  ///   - order: the nodes of a sweep, operands first.
  ///   - variables: those that the sweep differentiates in.
  ///   - leaves: nodes below which nobody looks.
  package init(
    _ order: [Node] = [], variables: some Sequence<Node> = EmptyCollection(), leaves: [Node] = [],
    inputsMove: Bool = false
  ) {
    self.inputsMove = inputsMove
    floor = VariableFloor(variables)
    self.variables = Set(variables)
    facts.reserveCapacity(order.count)
    for variable in variables { facts[variable] = Facts(isStill: false, hasPoles: variable.isInput ? false : nil) }
    for node in order {
      if node.scalarFunction == .sign { slopes.insert(node.operands[0]) }
      guard facts[node] == nil else { continue }
      if Self.isStepwise(node) || node.isDeferred || leaves.contains(where: { $0 === node }) {
        if !inputsMove { facts[node] = Facts(isStill: true) }
        continue
      }
      var moves = false
      var hasPoles: Bool? = node.createsPoles
      for operand in node.operands {
        let known = facts[operand]
        if known?.isStill == false { moves = true }
        if hasPoles == true { continue }
        let operandHasPoles = known?.isStill == true ? operand.isPole : known?.hasPoles
        hasPoles = operandHasPoles == false ? hasPoles : operandHasPoles
      }
      if moves {
        facts[node] = Facts(isStill: false, hasPoles: hasPoles)
      } else if !inputsMove {
        facts[node] = Facts(isStill: true)
      }
    }
  }

  // MARK: Maps

  /// The linear map of a node in operand `i`, with the second derivatives of kinks left open.
  ///
  /// The slope of |x| at 0 is 0 by convention. That is an answer for the kink itself; where |x| enters a derivative in
  /// which its slope is a factor already, as in f'(|x|) sign x, it would pass for the slope of a smooth function, and is
  /// NaN instead.
  func linearization(_ node: Node, _ i: Int) -> LinearMap? {
    let map = node.linearization(i)
    guard let function = node.scalarFunction, case .scale(let slope)? = map else { return map }
    let x = node.operands[0]
    if function == .abs, slopes.contains(x) {
      return .scale(.select(.compare(.equal, x, x.filled(with: 0)), x.filled(with: .nan), slope))
    }
    // A saturated function: what is infinite stays so, and the function at its limit.
    guard function.arity == 1, let isInfinite = infinities(x, depth: 8) else { return map }
    let isFlat = Node.compare(.equal, slope, slope.filled(with: 0))
    let isSaturated = function == .magnitude ? isInfinite : Node.logical(.and, isInfinite, isFlat)
    return .scale(.select(isSaturated, slope.filled(with: 0), slope))
  }

  /// Where a node is infinite because a constant or a variable is: as a mask, nil if nowhere.
  private func infinities(_ node: Node, depth: Int) -> Node? {
    if let known = infiniteness[node] { return known.mask }
    var mask: Node?
    defer { infiniteness[node] = Infinities(mask: mask) }
    guard depth > 0, !node.isDeferred else { return nil }
    func of(_ i: Int) -> Node? { infinities(node.operands[i], depth: depth - 1) }
    func either() -> Node? {
      guard let a = of(0) else { return of(1) }
      return of(1).map { .logical(.or, a, $0) } ?? a
    }
    if node.operands.isEmpty {
      let isInfinite =
        node.fillLiteral.map { $0.double.isInfinite } ?? node.value.map(\.containsInfinity) ?? false
      if isInfinite {
        let magnitude = Node.elementwise(.abs, node.detached())
        mask = .compare(.equal, magnitude, magnitude.filled(with: .infinity))
      }
    } else if let function = node.scalarFunction {
      switch function {
      case .negate, .square, .abs, .divide: mask = of(0)
      case .add, .subtract, .multiply, .scale: mask = either()
      default: break
      }
    } else if node.isCast {
      mask = of(0)
    } else if let primitive = node.linearPrimitive, primitive.isSelection {
      mask = of(0).map { primitive.applied(to: $0, indices: node.indices) }
    } else if case .sum(let axes)? = node.linearPrimitive {
      mask = of(0).map { mask in
        let count = mask.cast(to: node.scalarType).summed(over: axes)
        return .compare(.greater, count, count.filled(with: 0))
      }
    } else if case .concatenate(let axis) = node.primitive {
      let parts = node.operands.indices.map { of($0) }
      if parts.contains(where: { $0 != nil }) {
        mask = .concatenate(
          zip(parts, node.operands).map { $0 ?? .fill(.integer(0), shape: $1.shape, scalarType: .bool) }, axis: axis)
      }
    }
    return mask
  }

  private struct Infinities { let mask: Node? }

  // MARK: The product

  /// A tangent or cotangent times a factor of the same shape.
  func product(_ tangent: Node, _ factor: Node) -> Node {
    if tangent.isZero { return tangent }
    if factor.isZero { return factor }
    if factor.isPlainNumber || tangent.isPlainNumber { return tangent * factor }
    let (a, b) = (parts(tangent), parts(factor))
    // Numbers find their order among themselves: what does not move would come between them.
    let reorders =
      (a.still ?? b.still) != nil && a.number != nil && b.number != nil
      && (a.number!.hasSquaredReciprocal || b.number!.hasSquaredReciprocal)
    // What does not move absorbs poles; other numbers it just multiplies.
    let absorbs =
      (a.still.map { $0.isIndicator || hasPoles(factor) } ?? false)
      || (b.still.map { $0.isIndicator || hasPoles(tangent) } ?? false)
    if a.mask == nil, b.mask == nil, !absorbs, !reorders { return shielded(tangent, factor) }
    var result: Node
    if let x = a.number, let y = b.number { result = shielded(x, y) } else { result = a.number ?? b.number ?? b.still! }
    if a.number != nil || b.number != nil, let still = b.still { result = .elementwise(.scale, still, result) }
    if let still = a.still { result = .elementwise(.scale, still, result) }
    for mask in [b.mask, a.mask] {
      if let mask { result = Self.masked(result, mask.node, mask.keeping) }
    }
    return result
  }

  /// What is true where a tangent passes, with masks of masks joined.
  static func masked(_ tangent: Node, _ mask: Node, _ keeping: Bool) -> Node {
    if let inner = Mask(tangent) {
      if inner.node === mask { return inner.keeping == keeping ? tangent : tangent.filled(with: 0) }
      let both = Node.logical(.and, Mask.positive(inner.node, inner.keeping), Mask.positive(mask, keeping))
      return .select(both, inner.value, tangent.filled(with: 0))
    }
    let zero = tangent.filled(with: 0)
    return keeping ? .select(mask, tangent, zero) : .select(mask, zero, tangent)
  }

  private struct Parts {
    var mask: (node: Node, keeping: Bool)?
    /// A factor whose zeros are all structural.
    var still: Node?
    var number: Node?
  }

  /// A node as mask · still · number.
  private func parts(_ node: Node) -> Parts {
    if let mask = Mask(node) {
      var inner = parts(mask.value)
      // Of masks within masks the outer is kept: `masked` has joined those that it met.
      if inner.mask != nil { inner = Parts(number: mask.value) }
      return Parts(mask: (mask.node, mask.keeping), still: inner.still, number: inner.number)
    }
    if isStill(node) { return node.isPlainNumber ? Parts(number: node) : Parts(still: node) }
    if node.scalarFunction == .scale, hasStructuralZeros(node.operands[0]) {
      return Parts(still: node.operands[0], number: node.operands[1])
    }
    if node.scalarFunction == .pow, isStill(node.operands[0]) { return Parts(still: node) }
    guard case .linear(.broadcast(let shape, let axes)) = node.primitive else { return Parts(number: node) }
    let inner = parts(node.operands[0])
    guard inner.mask != nil || inner.still != nil else { return Parts(number: node) }
    func moved(_ node: Node) -> Node { node.broadcast(to: shape, axes: axes) }
    return Parts(
      mask: inner.mask.map { (moved($0.node), $0.keeping) }, still: inner.still.map(moved),
      number: inner.number.map(moved))
  }

  /// A power of a base that does not move is 0 for good where the base is.
  private func hasStructuralZeros(_ node: Node) -> Bool {
    if isStill(node) { return true }
    if node.scalarFunction == .pow { return isStill(node.operands[0]) }
    return false
  }

  /// The product of numbers, 0 where one is structurally zero (by sums and movement of masked parts) and the other is not
  /// finite.
  private func shielded(_ a: Node, _ b: Node) -> Node {
    let product = balanced(a, b)
    var result = product
    for (zero, other) in [(a, b), (b, a)] where hasPoles(other) {
      guard let support = support(zero, depth: 6) else { continue }
      let magnitude = Node.elementwise(.abs, other)
      let isFinite = Node.compare(.less, magnitude, magnitude.filled(with: .infinity))
      result = .select(.logical(.or, support, isFinite), result, result.filled(with: 0))
    }
    return result
  }

  /// The product in an order that does not square reciprocals: 1/f² leaves the range of numbers long before f'/f does.
  private func balanced(_ a: Node, _ b: Node) -> Node {
    if let b = b.negated, b.hasSquaredReciprocal { return -balanced(a, b) }
    if let a = a.negated, a.hasSquaredReciprocal { return -balanced(a, b) }
    if let (number, b) = b.multiple, b.isSquaredReciprocal { return number * balanced(a, b) }
    if let (number, a) = a.multiple, a.isSquaredReciprocal { return number * balanced(a, b) }
    if let (rest, reciprocal) = b.reciprocalFactors { return balanced(balanced(a, reciprocal), rest) }
    if let (rest, reciprocal) = a.reciprocalFactors, !b.isReciprocal { return rest * balanced(reciprocal, b) }
    return a * b
  }

  // MARK: Facts

  /// Whether a node has the same value whatever the variables do.
  func isStill(_ node: Node) -> Bool {
    if let known = facts[node] { return known.isStill }
    // Of what was just made the operands are known.
    let isNew = !node.operands.isEmpty && node.operands.allSatisfy { facts[$0] != nil }
    let order =
      isNew
      ? [node] : Node.topologicalOrder([node]) { facts[$0] == nil && !isFixed($0) && !$0.isDeferred }
    for node in order where facts[node] == nil {
      facts[node] = Facts(
        isStill: isFixed(node)
          || (node.isInput || node.isDeferred ? !inputsMove : node.operands.allSatisfy { facts[$0]!.isStill }))
    }
    return facts[node]!.isStill
  }

  /// Whether a node is still whatever the facts of its operands say.
  private func isFixed(_ node: Node) -> Bool {
    Self.isStepwise(node) || !inputsMove && !floor.isBelow(node)
  }

  /// Whether a node takes steps: what it is made of may move, and it does not.
  private static func isStepwise(_ node: Node) -> Bool {
    guard node.scalarType.isDifferentiable, !node.isDetached else { return true }
    // A sign that users take is that of a constant; a bare one is the slope of a magnitude, and 0 at 0 by convention.
    return switch node.scalarFunction {
    case .floor, .ceil, .round, .trunc: true
    default: false
    }
  }

  /// Whether elements of a node may be infinite or undefined where its leaves are ordinary numbers of moderate size.
  private func hasPoles(_ node: Node) -> Bool {
    if let known = facts[node]?.hasPoles { return known }
    let isNew = node.operands.allSatisfy { facts[$0]?.hasPoles != nil }
    let order = isNew ? [node] : Node.topologicalOrder([node]) { facts[$0]?.hasPoles == nil && !isStill($0) }
    for node in order where facts[node]?.hasPoles == nil {
      let isStill = isStill(node)
      facts[node, default: Facts(isStill: isStill)].hasPoles =
        isStill ? node.isPole : node.createsPoles || node.operands.contains { facts[$0]?.hasPoles ?? false }
    }
    return facts[node]!.hasPoles!
  }

  /// Where a node may be other than structurally zero, as a mask; nil if that may be everywhere.
  private func support(_ node: Node, depth: Int) -> Node? {
    // A variable that is 0 is so by chance, whatever it is made of.
    if depth == 0 || node.isPlainNumber || variables.contains(node) { return nil }
    let parts = parts(node)
    if parts.mask != nil || parts.still != nil {
      let mask = parts.mask.map { Mask.positive($0.node, $0.keeping) }
      let still = parts.still.map { Node.compare(.notEqual, $0, $0.filled(with: 0)) }
      let number = parts.number.flatMap { $0 === node ? nil : support($0, depth: depth - 1) }
      return [mask, still, number].compactMap { $0 }.reduce(nil) { all, next in
        all.map { Node.logical(.and, $0, next) } ?? next
      }
    }
    func of(_ i: Int) -> Node? { support(node.operands[i], depth: depth - 1) }
    func indicator(_ i: Int) -> Node? { of(i).map { $0.cast(to: node.scalarType) } }
    func nonzero(_ node: Node) -> Node { .compare(.notEqual, node, node.filled(with: 0)) }
    switch node.scalarFunction {
    case .negate: return of(0)
    case .multiply, .scale:
      guard let a = of(0) else { return of(1) }
      return of(1).map { .logical(.and, a, $0) } ?? a
    case .add, .subtract:
      guard let a = of(0), let b = of(1), !Mask.areComplementary(a, b) else { return nil }
      return a === b ? a : .logical(.or, a, b)
    default: break
    }
    guard case .linear(let primitive) = node.primitive, !node.isDeferred else { return nil }
    if primitive.isView { return of(0).map { primitive.applied(to: $0, indices: nil) } }
    switch primitive {
    case .sum(let axes): return indicator(0).map { nonzero($0.summed(over: axes)) }
    case .embed(let shape, let slices):
      let inside = indicator(0) ?? node.operands[0].filled(with: 1)
      return nonzero(inside.embedded(in: shape, at: slices))
    default: return nil
    }
  }
}
