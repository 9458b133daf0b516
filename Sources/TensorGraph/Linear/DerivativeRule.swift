/// How an operation is differentiated whose value is computed in another way: what `Primitive.custom` refers to.
///
/// Two rules are equal if they are one object, or have one name and the same identity: identifier and body. Whoever makes
/// the same operation again should use the same rule, so that what was made for it is found again.
package final class DerivativeRule: Sendable, Hashable, CustomStringConvertible {
  /// The name of the operation in error texts.
  package let name: String
  /// Whether leading axes are a batch: axis k of the result depends on axis k of the arguments alone, for all axes of an
  /// argument but its last so many. Nil if that is to be found out from the map.
  package let trailingAxes: Int?
  /// What the map is made of, besides the node and its operands.
  let body: GraphBody?
  /// What tells this rule from others of its name, in every process: no two maps may have the same. Nil if its body does,
  /// or nothing.
  let identifier: String?
  private let map: @Sendable (_ node: Node, _ operand: Int) -> LinearMap?

  /// A rule by the map from the tangent of an operand (the value is operand 0, arguments follow) to that of the node.
  ///
  /// The map must be made of the node, its operands and the body, not of other nodes: the same rule serves every copy of a
  /// graph.
  package init(
    _ name: String, identifier: String? = nil, trailingAxes: Int? = nil, body: GraphBody? = nil,
    _ map: @escaping @Sendable (_ node: Node, _ operand: Int) -> LinearMap?
  ) {
    self.name = name
    self.identifier = identifier
    self.trailingAxes = trailingAxes
    self.body = body
    self.map = map
  }

  /// A rule by the tangent of the result for the arguments, the result, and the tangents of the arguments.
  ///
  /// - Parameters:
  ///   - findsOffsets: whether to look for a term that is no multiple of a tangent: of a rule from outside.
  ///   - tangent: an expression that is linear in the tangents; other derivatives follow from its own.
  package convenience init(
    _ name: String, identifier: String? = nil, body: GraphBody? = nil, findsOffsets: Bool = false,
    tangent: @escaping @Sendable (_ arguments: [Node], _ result: Node, _ tangents: [Node]) -> Node
  ) {
    self.init(name, identifier: identifier, body: body) { node, operand in
      let arguments = Array(node.operands.dropFirst())
      let variable = Node(.input(node.operands[operand].shape, node.operands[operand].scalarType))
      variable.expose()
      let tangents = arguments.indices.map { $0 == operand - 1 ? variable : arguments[$0].filled(with: 0) }
      let result = tangent(arguments, node, tangents)
      guard result.shape == node.shape, result.scalarType == node.scalarType else {
        return mistake(
          "\(name): its derivative has shape \(result.shape) (\(result.scalarType)), the function \(node.shape) "
            + "(\(node.scalarType)); give the change of the result", else: nil)
      }
      guard !findsOffsets || !result.hasOffset(from: tangents, leaves: [node] + arguments) else {
        return mistake(
          "\(name): its derivative is not linear in the changes of the arguments, of which a term is no multiple; multiply each "
            + "term by a change", else: nil)
      }
      return .opaque(OpaqueMap(name, variable: variable, result: result, leaves: [node] + arguments))
    }
  }

  func linearization(of node: Node, in operand: Int) -> LinearMap? { map(node, operand) }

  package var description: String { "rule(\(name))" }

  /// Whether something else than the object tells this rule from others.
  var hasIdentity: Bool { identifier != nil || body != nil }

  package static func == (left: DerivativeRule, right: DerivativeRule) -> Bool {
    if left === right { return true }
    guard left.hasIdentity, right.hasIdentity else { return false }
    return left.name == right.name && left.identifier == right.identifier && left.body == right.body
  }

  package func hash(into hasher: inout Hasher) {
    guard hasIdentity else { return hasher.combine(ObjectIdentifier(self)) }
    hasher.combine(identifier)
    hasher.combine(body)
  }
}

extension Node {
  /// Whether this is seen to have a term that is no multiple of any of the changes, and not zero.
  ///
  /// Sums are looked through alone, up to what has one operand: products and all else are taken to be multiples if one of their
  /// operands is.
  fileprivate func hasOffset(from changes: [Node], leaves: [Node]) -> Bool {
    let order = Node.topologicalOrder(
      [self], entering: { node in !changes.contains { $0 === node } && !leaves.contains { $0 === node } })
    var moving = Set(changes)
    var vanishing = Set<Node>()
    for node in order where !moving.contains(node) {
      let moves = node.operands.map { moving.contains($0) }
      guard moves.contains(true) else {
        let isProduct = node.scalarFunction == .multiply || node.scalarFunction == .scale
        let ends = node.operands.map { vanishing.contains($0) }
        let isZero =
          node.operands.isEmpty
          ? node.isAllZero
          : isProduct && ends.contains(true) || node.operands.count == 1 && ends[0] && node.scalarFunction == nil
        if isZero { vanishing.insert(node) }
        continue
      }
      moving.insert(node)
      guard node.scalarFunction == .add || node.scalarFunction == .subtract,
        let still = moves.firstIndex(of: false)
      else { continue }
      if !vanishing.contains(node.operands[still]) { return true }
    }
    return !moving.contains(self) && !vanishing.contains(self)
  }

  /// Whether every element is known to be 0.
  private var isAllZero: Bool {
    if let literal = fillLiteral { return literal.double == 0 }
    guard let value, scalarType.isDifferentiable else { return shape.count == 0 }
    return scalarType == .float32
      ? value.elements(of: Float.self).allSatisfy { $0 == 0 } : value.elements(of: Double.self).allSatisfy { $0 == 0 }
  }
}

/// A linear map by what it does, in both directions, under any number of leading direction axes.
package struct OpaqueMap {
  /// The shape of an image, without direction axes.
  let shape: Shape
  let apply: (_ tangent: Node, _ lift: Int) -> Node
  let transpose: (_ cotangent: Node, _ lift: Int) -> Node
  /// What an image depends on, for what the operand's elements depend on.
  private let propagate: (_ sets: [Int32], _ union: ([Int32]) -> Int32) -> [Int32]

  /// A map by what it does to tangents and cotangents.
  ///
  /// - Parameter dependencies: made only if somebody asks which elements depend on which.
  init(
    shape: Shape, dependencies: @escaping () -> BodyDependencies,
    apply: @escaping (_ tangent: Node, _ lift: Int) -> Node,
    transpose: @escaping (_ cotangent: Node, _ lift: Int) -> Node
  ) {
    self.init(
      shape: shape, propagate: { sets, union in dependencies().propagate(sets, union)[0] }, apply: apply,
      transpose: transpose)
  }

  /// - Parameter propagate: what each element of an image depends on, for what each of the operand does: sets by their
  ///   numbers, and how several are joined (none are the empty one).
  init(
    shape: Shape, propagate: @escaping (_ sets: [Int32], _ union: ([Int32]) -> Int32) -> [Int32],
    apply: @escaping (_ tangent: Node, _ lift: Int) -> Node,
    transpose: @escaping (_ cotangent: Node, _ lift: Int) -> Node
  ) {
    self.shape = shape
    self.propagate = propagate
    self.apply = apply
    self.transpose = transpose
  }

  /// A map by an expression in a variable made for it, over leaves below which nobody need look.
  ///
  /// - Parameter transpose: what cotangents are mapped to, if it is not to follow from the expression.
  init(
    _ name: String, variable: Node, result: Node, leaves: [Node],
    transpose given: ((_ cotangent: Node, _ lift: Int) -> Node)? = nil
  ) {
    shape = result.shape
    propagate = { sets, union in BodyDependencies(of: [result], in: variable).propagate(sets, union)[0] }
    func checked(_ image: Node) -> Node {
      let order = Node.topologicalOrder([image], entering: { node in !leaves.contains { $0 === node } })
      guard order.contains(where: { $0 === variable }) else { return image }
      return mistake(
        "\(name): its derivative is not linear in the changes of the arguments; give one that is", else: image.missing)
    }
    apply = { tangent, lift in
      let leading = Array(tangent.shape.dimensions[..<lift])
      return pushforward(
        of: [result], seeds: [(variable, tangent)], lift: lift, leaves: leaves, inputsMove: true)[0].map(checked)
        ?? .zeros(Shape(leading) + result.shape, result.scalarType)
    }
    transpose =
      given ?? { cotangent, lift in
        let leading = Array(cotangent.shape.dimensions[..<lift])
        return pullback(
          of: [(result, cotangent)], to: [variable], lift: lift, leaves: leaves, inputsMove: true)[0].map(checked)
          ?? .zeros(Shape(leading) + variable.shape, variable.scalarType)
      }
  }

  /// The derivative of an expression in something it is made of, in both directions.
  ///
  /// An expression in a variable would not do: where factors are infinite, derivatives look at which tangents are 0, and that
  /// is not linear in them.
  init(derivativeOf expression: Node, in variable: Node) {
    self.init(
      shape: expression.shape, dependencies: { BodyDependencies(of: [expression], in: variable) },
      apply: { tangent, lift in
        pushforward(of: [expression], seeds: [(variable, tangent)], lift: lift, inputsMove: true)[0]
          ?? .zeros(Shape(Array(tangent.shape.dimensions[..<lift])) + expression.shape, expression.scalarType)
      },
      transpose: { cotangent, lift in
        pullback(of: [(expression, cotangent)], to: [variable], lift: lift, inputsMove: true)[0]
          ?? .zeros(Shape(Array(cotangent.shape.dimensions[..<lift])) + variable.shape, variable.scalarType)
      })
  }

  /// What each element of an image depends on, for what each element of the operand does.
  ///
  /// - Parameters:
  ///   - sets: of things, by numbers.
  ///   - union: of some sets; of none the empty one. Asked once for elements that depend on the same.
  func dependencies(_ sets: [Int32], union: ([Int32]) -> Int32) -> [Int32] { propagate(sets, union) }
}

extension Node {
  /// A value with the derivatives in some arguments that a rule gives.
  package static func custom(_ rule: DerivativeRule, value: Node, arguments: [Node]) -> Node {
    Node(.custom(rule), [value] + arguments)
  }
}
