import Synchronization

/// One operation of a graph: immutable, shared, with its operands below it.
///
/// Nodes are made by the building functions of `Node+Building.swift`, which simplify as they build.
package final class Node: Sendable {
  package let primitive: Primitive
  package let shape: Shape
  package let scalarType: ScalarType
  /// The operands of a node that is not deep. Written only when the node dies.
  private nonisolated(unsafe) var children: [Node]
  /// The operands of a deep node, which it may forget.
  private let past: Past?
  /// For a value whose expression is built only when somebody asks for it.
  private let definition: DeferredDefinition?
  /// Whether this is a number or an array of numbers as a user wrote it.
  package let isLiteral: Bool
  /// The length of the longest way down to a leaf. What lies below a node is less deep than it, so that a walk towards a
  /// variable need not enter what is no deeper than that: loops that go on from tensors that were differentiated in are
  /// not walked back to their start.
  package let depth: Int
  /// When this was made (`History.clock`): what is older than a variable does not depend on it.
  let birth: Int
  /// The length of the longest way down to something known, when this was made.
  package let pendingDepth: Int
  /// Bits of `Use`.
  private let uses: Atomic<UInt8>
  /// The elements, once somebody has computed them; set at most once.
  private let result = AtomicLazyReference<Storage>()

  /// A node whose operands are known to fit the primitive.
  package init(_ primitive: Primitive, _ operands: [Node] = []) {
    self.primitive = primitive
    definition = nil
    isLiteral = false
    let type = primitive.type(operandCount: operands.count) { operands[$0].type }
    (shape, scalarType) = (type.shape, type.scalarType)
    var (depth, pendingDepth) = (0, 0)
    var isOpen = false
    for operand in operands {
      depth = max(depth, operand.depth + 1)
      isOpen = isOpen || operand.isOpen
      if !operand.isReady { pendingDepth = max(pendingDepth, operand.pendingDepth + 1) }
    }
    (self.depth, self.pendingDepth) = (depth, pendingDepth)
    uses = Atomic(isOpen ? Use.open : 0)
    let isDeep = depth >= History.deepDepth
    birth = isDeep ? History.tick() : History.now
    past = isDeep ? Past(operands) : nil
    children = isDeep ? [] : operands
    if isInput { uses.bitwiseOr(Use.open, ordering: .relaxed) }
    #if GRAPH_INVARIANTS
      checkInvariants()
    #endif
  }

  package convenience init(_ leaf: Leaf) { self.init(.leaf(leaf)) }

  package convenience init(_ function: PointwiseFunction, _ operands: [Node]) {
    self.init(.pointwise(function), operands)
  }

  package convenience init(_ primitive: LinearPrimitive, _ operands: [Node]) { self.init(.linear(primitive), operands) }

  /// An input with its elements.
  package convenience init(_ storage: Storage, shape: Shape) {
    precondition(storage.count == shape.count, "\(storage.count) elements for shape \(shape)")
    self.init(leaf: .input(shape, storage.scalarType), shape, storage.scalarType, isLiteral: false)
    setValue(storage)
  }

  /// A leaf that needs nothing from outside.
  private init(leaf: Leaf, _ shape: Shape, _ scalarType: ScalarType, isLiteral: Bool) {
    primitive = .leaf(leaf)
    (children, past, definition) = ([], nil, nil)
    (self.shape, self.scalarType, self.isLiteral) = (shape, scalarType, isLiteral)
    (depth, pendingDepth) = (0, 0)
    birth = History.now
    uses = Atomic(0)
  }

  /// A known value whose expression, of the same shape and type, is built when a derivative first asks for it.
  ///
  /// It is an identity (a reshape to its own shape) of that expression. So reading an entry of a lazy matrix costs no
  /// graph, and yet its derivatives exist to every order.
  ///
  /// - Parameter sources: what the expression is made of.
  package convenience init(
    _ storage: Storage, shape: Shape, of sources: [Node], definition: @escaping @Sendable () -> Node
  ) {
    self.init(DeferredDefinition(definition), shape, storage.scalarType, of: sources)
    setValue(storage)
  }

  /// An expression, of the same shape and type, that is computed by other means than as a graph: that is built when a
  /// derivative first asks for it.
  package convenience init(
    shape: Shape, _ scalarType: ScalarType, of sources: [Node],
    computedBy compute: @escaping @Sendable () throws(TensorError) -> Storage,
    definition: @escaping @Sendable () -> Node
  ) {
    self.init(DeferredDefinition(definition, compute), shape, scalarType, of: sources)
  }

  private init(_ definition: DeferredDefinition, _ shape: Shape, _ scalarType: ScalarType, of sources: [Node]) {
    primitive = .linear(.reshape(shape))
    (children, past, self.definition) = ([], nil, definition)
    (self.shape, self.scalarType, isLiteral) = (shape, scalarType, false)
    depth = (sources.map(\.depth).max() ?? -1) + 1
    pendingDepth = 0
    birth = depth >= History.deepDepth ? History.tick() : History.now
    uses = Atomic(sources.contains(where: \.isOpen) ? Use.open : 0)
  }

  /// A number that a user wrote: in `2 * x` a constant, in `let s: Tensor<Double> = 2` perhaps a variable.
  package convenience init(literal: Literal, _ scalarType: ScalarType) {
    self.init(leaf: .fill(.scalar, literal, scalarType), .scalar, scalarType, isLiteral: true)
  }

  /// An array that a user wrote.
  package convenience init(literal elements: Storage, shape: Shape) {
    self.init(leaf: .input(shape, elements.scalarType), shape, elements.scalarType, isLiteral: true)
    setValue(elements)
  }

  /// Whether the expression of this value is built only when somebody asks for it.
  package var isDeferred: Bool { definition != nil }

  package var operands: [Node] {
    if let definition { return [definition.node] }
    return past?.operands ?? children
  }

  /// The shape and the element type.
  package var type: TensorType { TensorType(shape, scalarType) }

  /// Whether this stands for data from outside.
  package var isInput: Bool { if case .leaf(.input) = primitive { true } else { false } }

  /// Whether this is constant for derivatives.
  package var isDetached: Bool { if case .pointwise(.detach) = primitive { true } else { false } }

  /// Whether this has the operand's values in another type.
  package var isCast: Bool { if case .pointwise(.cast) = primitive { true } else { false } }

  /// Whether each element is one of the operand's, known by its place.
  var isView: Bool { linearPrimitive?.isView ?? false }

  /// The linear primitive that this is, if it is one.
  package var linearPrimitive: LinearPrimitive? {
    if case .linear(let primitive) = primitive { primitive } else { nil }
  }

  /// The operand of indices of a linear primitive, if it has one.
  package var indices: Node? { operands.count > 1 ? operands[1] : nil }

  /// The scalar function of the operands that this is, if it is one.
  package var scalarFunction: ScalarFunction? {
    if case .pointwise(.elementwise(let function)) = primitive { function } else { nil }
  }

  /// The elements, if they have been computed.
  package var value: Storage? { result.load() }

  /// Whether the elements can be had at once: they are known, or computed by other means than as a graph.
  package var isReady: Bool { value != nil || definition?.compute != nil }

  /// The elements of a node that is ready, or the same elements as one under another shape; nil for another.
  package func readyValue() throws(TensorError) -> Storage? {
    if let value { return value }
    var source = self
    while !source.isReady, case .linear(.reshape) = source.primitive { source = source.operands[0] }
    if let value = source.value { return setValue(value) }
    guard let compute = source.definition?.compute else { return nil }
    let value = source.setValue(try compute())
    return source === self ? value : setValue(value)
  }

  /// Keeps the elements. Returns those that were kept first, if another thread was faster.
  @discardableResult
  package func setValue(_ storage: Storage) -> Storage { result.storeIfNil(storage) }

  /// Keeps the elements alone: the operands are replaced by others of their types that have none. Returns what was forgotten.
  func forget() -> [Node] {
    guard let past else { return [] }
    uses.bitwiseOr(Use.forgetful, ordering: .relaxed)
    return past.forget()
  }

  /// Releases long chains without recursion: a chain of a million nodes must not overflow the stack.
  deinit {
    var pending = takeOperands()
    while var node = pending.popLast() {
      if isKnownUniquelyReferenced(&node) { pending.append(contentsOf: node.takeOperands()) }
    }
  }

  private func takeOperands() -> [Node] {
    if let past { return past.take() }
    defer { children = [] }
    return children
  }
}

/// An expression that is built on first use, once.
private final class DeferredDefinition: Sendable {
  private let build: @Sendable () -> Node
  private let built = AtomicLazyReference<Node>()
  /// Computes the elements without the expression.
  let compute: (@Sendable () throws(TensorError) -> Storage)?

  init(
    _ build: @escaping @Sendable () -> Node, _ compute: (@Sendable () throws(TensorError) -> Storage)? = nil
  ) {
    self.build = build
    self.compute = compute
  }

  var node: Node { built.load() ?? built.storeIfNil(build()) }
}

extension Node {
  private enum Use {
    static let exposed: UInt8 = 1
    static let bypassed: UInt8 = 2
    static let open: UInt8 = 4
    static let forgetful: UInt8 = 8
    static let variable: UInt8 = 16
    static let computed: UInt8 = 32
  }

  private func has(_ use: UInt8) -> Bool { uses.load(ordering: .relaxed) & use != 0 }

  /// Whether a user holds this node and may differentiate in it. Operations then neither look through it nor fold it,
  /// so that what is computed from it is seen to be.
  package var isExposed: Bool { has(Use.exposed) }

  package func expose() { uses.bitwiseOr(Use.exposed, ordering: .relaxed) }

  /// Whether something was computed from this node's operands or value instead of the node, for the sake of accuracy
  /// or because it is a literal. Derivatives in it would miss that, and are refused.
  package var isBypassed: Bool { has(Use.bypassed) }

  package func bypass() { uses.bitwiseOr(Use.bypassed, ordering: .relaxed) }

  /// Whether elements from outside are missing below: such a node is an expression of a plan or a body, and has no value.
  package var isOpen: Bool { has(Use.open) }

  /// Whether this keeps its elements alone and no longer what it was made of.
  package var isForgetful: Bool { has(Use.forgetful) }

  /// Whether somebody has differentiated in this node: it will be asked for again.
  package var isVariable: Bool { has(Use.variable) }

  package func becomeVariable() { uses.bitwiseOr(Use.variable, ordering: .relaxed) }

  /// Whether an evaluation has computed this on its way, without keeping it.
  package var wasComputed: Bool { has(Use.computed) }

  package func noteComputed() { uses.bitwiseOr(Use.computed, ordering: .relaxed) }
}

extension Node: Hashable {
  /// Identity: two nodes are equal if they are the same object. Structural equality is `NodeKey`'s.
  package static func == (left: Node, right: Node) -> Bool { left === right }

  package func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}

/// What makes two operations the same: primitive and operands. Inputs are the same only if they are one node.
package struct NodeKey: Hashable {
  private let primitive: Primitive
  private let operands: [ObjectIdentifier]

  package init(_ node: Node, operands: [Node]) {
    primitive = node.primitive
    if node.isInput {
      self.operands = [ObjectIdentifier(node)]
    } else {
      self.operands = operands.map(ObjectIdentifier.init)
    }
  }
}

extension Node {
  /// All nodes that the roots need, operands before their users, each once. Iterative.
  ///
  /// - Parameter enters: whether the operands of a node are wanted; a node that is not entered is still listed.
  package static func topologicalOrder(_ roots: [Node], entering enters: (Node) -> Bool = { _ in true }) -> [Node] {
    var order: [Node] = []
    var seen = Set<ObjectIdentifier>()
    var stack: [(node: Node, entered: Bool)] = []
    for root in roots.reversed() { stack.append((root, false)) }
    while let (node, entered) = stack.popLast() {
      if entered {
        order.append(node)
        continue
      }
      guard seen.insert(ObjectIdentifier(node)).inserted else { continue }
      stack.append((node, true))
      guard enters(node) else { continue }
      let operands = node.operands
      var i = operands.count
      while i > 0 {
        i -= 1
        if !seen.contains(ObjectIdentifier(operands[i])) { stack.append((operands[i], false)) }
      }
    }
    return order
  }
}
