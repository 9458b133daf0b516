/// How an element of a result depends on an element of a variable: one chain of operations that connects them.
package struct DependencyPath: CustomStringConvertible {
  /// The nodes on the way and the row-major number of the element in each, from the result to the variable.
  package let steps: [(node: Node, element: Int)]
  /// The operation in which what the result stands for and the variable's element come together, if they do: in the
  /// gradient of a function, where the function couples two elements. Nil if they never meet, or are the same.
  package let meeting: Node?

  package var description: String {
    let names = steps.map { "\($0.node.primitive.name) \(DependencyPath.index($0.element, $0.node.shape))" }
    let shown =
      names.count <= 12 ? names : names.prefix(6) + ["… \(names.count - 12) more …"] + names.suffix(6)
    let chain = shown.joined(separator: " ← ")
    return meeting.map { "met in \($0.primitive.name) of shape \($0.shape): \(chain)" } ?? chain
  }

  private static func index(_ element: Int, _ shape: Shape) -> [Int] {
    zip(shape.strides, shape.dimensions).map { element / $0 % $1 }
  }
}

extension Dependencies {
  /// Why an entry of the pattern may be different from zero: the operations through which the row depends on the column;
  /// nil if it does not.
  ///
  /// Of several ways the one through the earliest operands is told.
  /// - Complexity: that of the analysis, and O(elements of each node on the way).
  package func why(row: Int, column: Int) -> DependencyPath? {
    guard contains(row: row, column: column), let (output, start) = place(ofRow: row) else { return nil }
    var sweep = DependencySweep(outputs, variable, budget: Dependencies.defaultBudget) { _ in known }
    _ = sweep.run(keepsAll: true)
    var (number, element) = (sweep.number(of: outputs[output])!, start)
    var path: [(node: Node, element: Int)] = []
    var sets: [DependencySets.Name] = []
    while true {
      let step = sweep.steps[number]
      path.append((step.node, element))
      sets.append(sweep.tables[number]![element])
      guard let next = sweep.source(of: element, in: step, column: column) else { break }
      (number, element) = next
    }
    let square = outputs.count == 1 && outputs[0].shape == variable.shape && row != column
    let meeting = square ? sets.lastIndex { sweep.pool.contains($0, row) && sweep.pool.contains($0, column) } : nil
    return DependencyPath(steps: path, meeting: meeting.map { path[$0].node })
  }
}

extension DependencySweep {
  /// An operand of a step, and the element in it, through which an element of the step depends on the column; nil at the
  /// variable.
  fileprivate func source(of element: Int, in step: Step, column: Int) -> (step: Int, element: Int)? {
    for input in step.inputs {
      if let isPassed = input.map.passes(element, known) {
        if isPassed, pool.contains(tables[input.step]![element], column) { return (input.step, element) }
        continue
      }
      // The step alone, as if its operand were the variable, tells the elements from which the element is computed.
      let operand = steps[input.step].node
      var own = DependencySets(elementCount: operand.shape.count, budget: Dependencies.defaultBudget)
      let identity = DependencyTable.each((0..<operand.shape.count).map(DependencySets.single))
      let image = input.map.dependencies(identity, operand.shape, known, &own)
      for source in own.elements(image[element]) where pool.contains(tables[input.step]![Int(source)], column) {
        return (input.step, Int(source))
      }
    }
    return nil
  }
}

extension LinearMap {
  /// Whether an element of the image depends on the operand's element at its place, for maps that go element by
  /// element; nil for others.
  fileprivate func passes(_ element: Int, _ known: KnownValues) -> Bool? {
    switch self {
    case .identity: true
    case .scale(let factor): known.factors(factor)[element] != DependencySets.empty
    case .mask(let mask, let keeping): known.elements[mask].map { ($0[element] != 0) == keeping } ?? true
    case .cast, .structural, .contraction, .solve, .composed, .expression, .opaque: nil
    }
  }
}
