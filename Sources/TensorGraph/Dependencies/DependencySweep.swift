/// One walk of dependency sets through a graph, from a variable up to its outputs.
struct DependencySweep {
  private let outputs: [Node]
  private let variable: Node
  /// Nodes that depend on the variable, operands first, each with the operands through which it does.
  let steps: [Step]
  let known: KnownValues
  private(set) var pool: DependencySets
  /// The tables that are still needed, by the number of the step.
  private(set) var tables: [Int: DependencyTable] = [:]
  private let numbers: [Node: Int]

  struct Step {
    let node: Node
    /// Operands that depend on the variable, by the number of their steps, and how.
    let inputs: [(step: Int, operand: Int, map: LinearMap)]
  }

  /// - Throws: if known values cannot be computed.
  init(
    _ outputs: [Node], _ variable: Node, _ evaluate: Dependencies.Evaluator?, integers: Dependencies.Evaluator,
    budget: Int
  ) throws(TensorError) {
    try self.init(outputs, variable, budget: budget) { (companions) throws(TensorError) in
      try KnownValues(for: companions, variable: variable, at: evaluate, integers: integers)
    }
  }

  /// A walk that uses what is known of the nodes beside the way.
  init<Failure: Error>(
    _ outputs: [Node], _ variable: Node, budget: Int, knowing: ([Node]) throws(Failure) -> KnownValues
  ) throws(Failure) {
    self.outputs = outputs
    self.variable = variable
    var steps: [Step] = []
    var numbers: [Node: Int] = [:]
    if !variable.isDetached {
      numbers[variable] = 0
      steps.append(Step(node: variable, inputs: []))
    }
    LinearSweep(outputs, from: variable).forEach { node, inputs in
      numbers[node] = steps.count
      steps.append(
        Step(
          node: node,
          inputs: inputs.map { (step: numbers[node.operands[$0.operand]]!, operand: $0.operand, map: $0.map) }))
      return true
    }
    self.steps = steps
    self.numbers = numbers
    known = try knowing(steps.flatMap { $0.inputs.flatMap { $0.map.companions } })
    pool = DependencySets(elementCount: variable.shape.count, budget: budget)
  }

  /// The tables of the outputs.
  ///
  /// - Parameter keepsAll: whether the tables of all nodes stay, for explanations.
  mutating func run(keepsAll: Bool = false) -> [DependencyTable] {
    var lastUse = [Int](repeating: -1, count: steps.count)
    for (number, step) in steps.enumerated() {
      for input in step.inputs { lastUse[input.step] = number }
    }
    for output in outputs { if let number = numbers[output] { lastUse[number] = .max } }
    for (number, step) in steps.enumerated() {
      tables[number] = table(of: step)
      if keepsAll { continue }
      for input in step.inputs where lastUse[input.step] == number { tables[input.step] = nil }
    }
    return outputs.map { table(of: $0) }
  }

  /// The table of a node; nothing if it does not depend on the variable.
  func table(of node: Node) -> DependencyTable {
    numbers[node].flatMap { tables[$0] } ?? .uniform(DependencySets.empty)
  }

  /// The number of a node's step.
  func number(of node: Node) -> Int? { numbers[node] }

  private mutating func table(of step: Step) -> DependencyTable {
    if step.inputs.isEmpty { return .each((0..<variable.shape.count).map(DependencySets.single)) }
    var result = DependencyTable.uniform(DependencySets.empty)
    for input in step.inputs {
      let image = input.map.dependencies(tables[input.step]!, steps[input.step].node.shape, known, &pool)
      result = result.union(image, &pool)
    }
    return result
  }
}
