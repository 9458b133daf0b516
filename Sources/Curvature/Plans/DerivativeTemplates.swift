import Synchronization
import TensorGraph

/// Derivatives found by the delta calculus, reused by structure: whoever builds the same expression again, with other
/// data, gets the plan that was made the first time.
package final class DerivativeTemplates: Sendable {
  /// The plans of the process.
  package static let shared = DerivativeTemplates()

  package init() {}

  /// What a plan depends on: the graph between variable and output, without its data.
  private struct Key: Hashable {
    let entries: [Entry]
    let demand: DeltaDemand
    let isSymmetric: Bool

    struct Entry: Hashable {
      let primitive: Primitive
      let operands: [Int32]
    }
  }

  /// A plan over placeholders, or the knowledge that dense directions are as good.
  private struct Template {
    let placeholders: [Node]
    let plan: DeltaPlan?
    var lastUse: Int
  }

  private struct State {
    var templates: [Key: Template] = [:]
    var clock = 0
    var planned = 0
  }

  private let state = Mutex(State())
  /// How many plans are kept.
  private let limit = 128

  /// How many plans have been made, rather than reused.
  package var plansMade: Int { state.withLock { $0.planned } }

  /// The demanded part of the derivative of `output` in `variable`, or nil if dense directions are as good.
  package func derivative(
    of output: Node, in variable: Node, demand: DeltaDemand, isSymmetric: Bool
  ) -> (result: Node, plan: DeltaPlan)? {
    var leaves: [Node] = []
    let key = key(output, variable, demand, isSymmetric, &leaves)
    let known = state.withLock { state -> Template? in
      state.clock += 1
      state.templates[key]?.lastUse = state.clock
      return state.templates[key]
    }
    let template = known ?? make(key, output, variable, leaves)
    guard let plan = template.plan else { return nil }
    var replacements: [Node: Node] = [:]
    for (placeholder, leaf) in zip(template.placeholders, leaves) { replacements[placeholder] = leaf }
    return (Node.substituting(replacements, in: [plan.result])[0], plan)
  }

  private func make(_ key: Key, _ output: Node, _ variable: Node, _ leaves: [Node]) -> Template {
    // Placeholders instead of the data, so that a kept plan keeps nobody's data.
    var replacements: [Node: Node] = [:]
    for leaf in leaves { replacements[leaf] = Node(.input(leaf.shape, leaf.scalarType)) }
    let plan = DeltaPlan(
      derivativeOf: Node.substituting(replacements, in: [output])[0], variable: replacements[variable]!,
      demand: key.demand, isSymmetric: key.isSymmetric)
    let template = Template(
      placeholders: leaves.map { replacements[$0]! },
      plan: plan.flatMap { $0.estimatedCost < $0.denseCost ? $0 : nil }, lastUse: 0)
    state.withLock { state in
      state.planned += 1
      if state.templates.count >= limit, let oldest = state.templates.min(by: { $0.value.lastUse < $1.value.lastUse }) {
        state.templates[oldest.key] = nil
      }
      state.templates[key] = template
      state.templates[key]?.lastUse = state.clock
    }
    return template
  }

  private func key(
    _ output: Node, _ variable: Node, _ demand: DeltaDemand, _ isSymmetric: Bool, _ leaves: inout [Node]
  ) -> Key {
    var places: [Node: Int32] = [:]
    var entries: [Key.Entry] = []
    func enters(_ node: Node) -> Bool { node !== variable && !node.operands.isEmpty }
    for node in Node.topologicalOrder([variable, output], entering: enters) {
      places[node] = Int32(entries.count)
      if node === variable || node.isInput {
        leaves.append(node)
        entries.append(Key.Entry(primitive: .input(node.shape, node.scalarType), operands: []))
      } else {
        entries.append(Key.Entry(primitive: node.primitive, operands: node.operands.map { places[$0]! }))
      }
    }
    entries.append(Key.Entry(primitive: output.primitive, operands: [places[output]!]))
    return Key(entries: entries, demand: demand, isSymmetric: isSymmetric)
  }
}
