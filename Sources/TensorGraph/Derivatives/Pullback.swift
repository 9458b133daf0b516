/// Reverse mode: cotangents of nodes for given cotangents of other nodes.
///
/// - Parameters:
///   - outputs: nodes and their cotangents, each of the node's shape behind `lift` direction axes. A node named twice
///     receives the sum.
///   - variables: the nodes whose cotangents are wanted. A variable is a variable even if other variables are computed
///     from it: its cotangent is the derivative through every path, the paths through other variables included.
///   - lift: the number of leading direction axes.
///   - leaves: nodes below which there is no variable, so that nobody need look.
///   - inputsMove: whether zeros of cotangents and inputs may be those of this point only (`ChainRule`).
/// - Returns: for each variable its cotangent, or nil where it is structurally zero. A detached variable is a
///   constant, hence nil.
/// - Complexity: adds O(1) nodes per node between the variables and the outputs.
package func pullback(
  of outputs: [(node: Node, cotangent: Node)], to variables: [Node], lift: Int = 0, leaves: [Node] = [],
  inputsMove: Bool = false
) -> [Node?] {
  pull(outputs.map { ($0, .dense($1)) }, variables, lift, leaves, inputsMove)
}

/// Reverse mode along unit cotangents of one node: for each variable its cotangents behind one direction axis.
package func pullback(along units: UnitTensor, of node: Node, to variables: [Node]) -> [Node?] {
  pull([(node, .units(units))], variables, 1, [], false)
}

private func pull(
  _ outputs: [(node: Node, cotangent: Directions)], _ variables: [Node], _ lift: Int, _ leaves: [Node],
  _ inputsMove: Bool
) -> [Node?] {
  let roots = outputs.map(\.node)
  let floor = VariableFloor(variables)
  let order = Node.topologicalOrder(
    roots,
    entering: { node in
      floor.isBelow(node) && node.scalarType.isDifferentiable && !node.isDetached
        && !leaves.contains { $0 === node }
    })
  // Only nodes above a variable matter: the sweep leaves the rest alone.
  var active = Set(variables.filter { !$0.isDetached })
  for node in order where !node.isDetached && node.operands.contains(where: active.contains) {
    active.insert(node)
  }
  let chain = ChainRule(order, variables: variables, leaves: leaves, inputsMove: inputsMove)
  var cotangents: [Node: Directions] = [:]
  func accumulate(_ node: Node, _ cotangent: Directions) {
    if cotangent.isZero { return }
    cotangents[node] = cotangents[node].map { $0 + cotangent } ?? cotangent
  }
  for (node, cotangent) in outputs { accumulate(node, cotangent) }
  let wanted = Set(variables)
  let spectra = order.filter { Spectrum.isSpectrum($0) && active.contains($0) }
  let twins = spectra.count > 1 ? Spectrum.twins(in: spectra, apart: wanted.union(leaves)) : [:]
  for node in order.reversed() where active.contains(node) {
    guard let cotangent = cotangents[node] else { continue }
    if !wanted.contains(node) { cotangents[node] = nil }
    if let (twin, map) = twins[node] {
      accumulate(twin, cotangent.applyingTranspose(map, to: twin.shape, lift: lift, chain))
      continue
    }
    if case .scan(let recurrence) = node.primitive {
      // All operands' at once: the steps of one scan.
      let wanted = node.operands.indices.filter {
        active.contains(node.operands[$0]) && node.operands[$0].scalarType.isDifferentiable
      }
      let all = recurrence.cotangents(of: node, cotangent.node, wanted: wanted, lift: lift)
      for (i, cotangent) in zip(wanted, all) { accumulate(node.operands[i], .dense(cotangent)) }
      continue
    }
    for (i, operand) in node.operands.enumerated() where active.contains(operand) {
      guard let map = chain.linearization(node, i) else { continue }
      accumulate(operand, cotangent.applyingTranspose(map, to: operand.shape, lift: lift, chain))
    }
  }
  return variables.map { $0.isDetached ? nil : cotangents[$0]?.node }
}

/// The gradient of a one-element output: its cotangent is 1.
package func gradient(of output: Node, to variables: [Node]) -> [Node?] {
  pullback(of: [(output, output.filled(with: 1))], to: variables)
}
