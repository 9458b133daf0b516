import Synchronization
import TensorGraph

/// Derivatives found by the delta calculus, reused by structure: whoever builds the same expression again, with other
/// data, gets the plan and the program that were made the first time.
package final class DerivativeTemplates: Sendable {
  /// The plans of the process.
  package static let shared = DerivativeTemplates()

  package init() {}

  private struct Key: Hashable {
    let structure: GraphOutline.Structure
    let demand: DeltaDemand
    let isSymmetric: Bool
  }

  /// A plan over placeholders, or the knowledge that dense directions are as good.
  private final class Template: Sendable {
    let placeholders: [Node]
    let plan: DeltaPlan?
    let effort: PlanningEffort
    private let program = Mutex<PreparedFunction?>(nil)

    init(placeholders: [Node], plan: DeltaPlan?, effort: PlanningEffort) {
      self.placeholders = placeholders
      self.plan = plan
      self.effort = effort
    }

    /// The plan as a function of the placeholders, compiled when it is first needed.
    func compiled(_ plan: DeltaPlan) throws(TensorError) -> PreparedFunction {
      try program.withLock { program throws(TensorError) in
        if let program { return program }
        // A whole matrix takes memory that others may need in between.
        let keepsMemory = plan.result.shape.count <= 1 << 16
        let fresh = try PreparedFunction(outputs: [plan.result], inputs: placeholders, keepsMemory: keepsMemory)
        program = fresh
        return fresh
      }
    }
  }

  private struct State {
    var templates = TemplateCache<Key, Template>(limit: 128)
    var planned = 0
  }

  private let state = Mutex(State())

  /// How many plans have been made, rather than reused.
  package var plansMade: Int { state.withLock { $0.planned } }

  /// The demanded part of the derivative of `output` in `variable`, or nil if dense directions are as good.
  package func derivative(
    of output: Node, in variable: Node, demand: DeltaDemand, isSymmetric: Bool, effort: PlanningEffort
  ) -> (result: Node, plan: DeltaPlan)? {
    derivative(
      GraphOutline(of: output, in: variable, countsKnown: false), demand: demand, isSymmetric: isSymmetric,
      effort: effort)
  }

  func derivative(
    _ outline: GraphOutline, demand: DeltaDemand, isSymmetric: Bool, effort: PlanningEffort
  ) -> (result: Node, plan: DeltaPlan)? {
    let template = template(outline, demand, isSymmetric, effort)
    guard let plan = template.plan else { return nil }
    var replacements: [Node: Node] = [:]
    for (placeholder, leaf) in zip(template.placeholders, outline.leaves) {
      replacements[placeholder] = outline.nodes[leaf]
    }
    return (Node.substituting(replacements, in: [plan.result])[0], plan)
  }

  /// The elements of the demanded part, or nil if dense directions are as good. Nothing is built for it where the
  /// structure is known.
  func elements(
    _ outline: GraphOutline, demand: DeltaDemand, isSymmetric: Bool
  ) throws(TensorError) -> Storage? {
    let template = template(outline, demand, isSymmetric, .once)
    guard let plan = template.plan else { return nil }
    return try template.compiled(plan).run(outline.elements(outline.leaves))[0]
  }

  private func template(
    _ outline: GraphOutline, _ demand: DeltaDemand, _ isSymmetric: Bool, _ effort: PlanningEffort
  ) -> Template {
    let key = Key(structure: outline.structure, demand: demand, isSymmetric: isSymmetric)
    // A plan that took more effort serves those as well who would take less.
    if let known = state.withLock({ $0.templates.find(key) }), known.effort == .often || known.effort == effort {
      return known
    }
    let copy = outline.copied()
    let plan = DeltaPlan(
      derivativeOf: copy.output, variable: copy.variable, demand: demand, isSymmetric: isSymmetric, effort: effort,
      mayCostMore: false)
    let template = Template(
      placeholders: outline.leaves.map { copy.nodes[$0] },
      plan: plan.flatMap { $0.estimatedCost < $0.denseCost ? $0 : nil }, effort: effort)
    state.withLock { state in
      state.planned += 1
      state.templates.insert(template, key)
    }
    return template
  }
}
