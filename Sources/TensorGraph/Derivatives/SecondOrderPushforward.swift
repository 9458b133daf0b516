/// Second-order forward mode with collapsed directions: one sweep that carries, for K directions v at once, the
/// tangents ∂y·v and a single sum of second derivatives Σ_v v'(∂²y)v.
///
/// Linear operations push the sum as they push a tangent, so it is never kept per direction: the Laplacian of a
/// function of n variables costs n tangents and one more, instead of n Hessian products. (Li et al. 2023, "Forward
/// Laplacian"; Dangel et al. 2025, "Collapsing Taylor mode".)
///
/// - Parameters:
///   - outputs: the nodes whose derivatives are wanted.
///   - variable: the node that moves.
///   - directions: K directions, shape [K] + that of the variable.
/// - Returns: for each output its tangents, [K] + shape, and the sum of its second derivatives, of its shape; nil
///   where they are structurally zero.
/// - Complexity: adds O(1) nodes per node between the variable and the outputs.
package func collapsedSecondOrder(
  of outputs: [Node], variable: Node, directions: Node
) -> [(tangents: Node?, sum: Node?)] {
  var tangents: [Node: Node] = [variable: directions]
  var sums: [Node: Node] = [:]
  let sweep = LinearSweep(outputs, from: variable)
  let chain = ChainRule(sweep.order, variables: [variable])
  func add(_ term: Node?, to total: inout Node?) {
    guard let term, !term.isZero else { return }
    total = total.map { $0 + term } ?? term
  }
  sweep.forEach({ chain.linearization($0, $1) }) { node, inputs in
    var tangent: Node?
    var sum: Node?
    for (i, map) in inputs {
      let operand = node.operands[i]
      add(map.apply(tangents[operand]!, lift: 1, chain), to: &tangent)
      if let s = sums[operand] { add(map.apply(s, lift: 0, chain), to: &sum) }
    }
    guard let tangent else { return false }
    tangents[node] = tangent
    if node.isElementByElement {
      for term in node.collapsedCurvatures(chain, { tangents[$0] }) { add(term, to: &sum) }
    } else {
      var local = node.operands.compactMap { operand in tangents[operand].map { (node: operand, tangent: $0) } }
      local.append((node, tangent))
      for (i, map) in inputs { add(map.collapsedVariation(tangents[node.operands[i]]!, local, chain), to: &sum) }
    }
    sums[node] = sum
    return true
  }
  return outputs.map { (tangents[$0], sums[$0]) }
}

extension Node {
  /// Whether each element is a function of the operands' elements in the same place.
  fileprivate var isElementByElement: Bool {
    if case .pointwise(.special) = primitive { true } else { scalarFunction != nil }
  }

  /// For each pair of operands of a function that acts element by element, its second derivative times the sum over the
  /// directions of the products of their tangents: the derivative itself has no directions.
  fileprivate func collapsedCurvatures(_ chain: ChainRule, _ tangents: (Node) -> Node?) -> [Node] {
    var terms: [Node] = []
    for (i, operand) in operands.enumerated() {
      guard let tangent = tangents(operand), case .scale(let factor)? = linearization(i) else { continue }
      for other in Set(operands).sorted(by: { operands.firstIndex(of: $0)! < operands.firstIndex(of: $1)! }) {
        guard let change = tangents(other),
          let second = pushforward(
            of: [factor], seeds: [(other, other.filled(with: 1))], leaves: operands.filter { $0 !== other })[0]
        else { continue }
        terms.append(chain.product((tangent * change).summed(over: [0]), second))
      }
    }
    return terms
  }
}

extension LinearMap {
  /// How this map itself changes along each direction, applied to that direction's tangent and summed over them.
  ///
  /// - Parameter local: the tangents of all nodes on which the map depends.
  fileprivate func collapsedVariation(
    _ tangent: Node, _ local: [(node: Node, tangent: Node)], _ chain: ChainRule
  ) -> Node? {
    switch self {
    case .identity, .mask, .cast, .structural: return nil
    case .solve(let form, let matrix):
      // -A⁻¹ Σ dA (A⁻¹ t), by the rule for the matrix of the solution A⁻¹ t of each direction.
      guard let change = pushforward(of: [matrix], seeds: local, lift: 1)[0] else { return nil }
      return Self.each(tangent, change) { tangent, change in
        Node(.solve(form), [tangent, matrix]).solutionLinearization(form).apply(change, lift: 0, chain)
      }
    case .scale(let factor):
      guard let change = pushforward(of: [factor], seeds: local, lift: 1)[0] else { return nil }
      return chain.product(tangent, change).summed(over: [0])
    case .contraction(let labels, let other, let otherLabels, let output):
      guard let change = pushforward(of: [other], seeds: local, lift: 1)[0] else { return nil }
      let direction = (labels + otherLabels + output).max().map { $0 + 1 } ?? 0
      return .contraction(tangent, [direction] + labels, change, [direction] + otherLabels, output)
    case .composed(let first, let second):
      let inner = first.collapsedVariation(tangent, local, chain).map { second.apply($0, lift: 0, chain) }
      guard let outer = second.collapsedVariation(first.apply(tangent, lift: 1, chain), local, chain) else {
        return inner
      }
      return inner.map { $0 + outer } ?? outer
    case .expression, .opaque:
      var total: Node?
      for k in 0..<tangent.shape[0] {
        // The map alone moves: the tangent may be made of the same nodes, as in f(x, sin x), and is held.
        let held = Node(.reshape(tangent.row(k).shape), [tangent.row(k)])
        held.expose()
        let image = apply(held, lift: 0, chain)
        let seeds = local.map { (node: $0.node, tangent: $0.tangent.row(k)) }
        guard let change = pushforward(of: [image], seeds: seeds, leaves: [held])[0] else { continue }
        total = total.map { $0 + change } ?? change
      }
      return total
    }
  }

  /// The sum over directions of an expression in two nodes, each with a leading axis of directions.
  private static func each(_ a: Node, _ b: Node, _ expression: (Node, Node) -> Node) -> Node? {
    (0..<a.shape[0]).map { expression(a.row($0), b.row($0)) }.reduce(nil) { sum, term in
      sum.map { $0 + term } ?? term
    }
  }
}
