import TensorGraph

extension GraphStructure {
  /// The same computation with recurrences as they are best run: what does not depend on the carry is computed for all
  /// steps at once, outside; carries that nobody looks at are not kept.
  func preparingRecurrences() -> GraphStructure {
    var ranges: [Int: [Range<Int>?]] = [:]
    for (i, entry) in entries.enumerated() {
      if case .primitive(.scan) = entry.operation { ranges[i] = [] }
      guard case .primitive(let primitive) = entry.operation, !ranges.isEmpty else { continue }
      for operand in entry.operands where ranges[Int(operand)] != nil { ranges[Int(operand)]!.append(primitive.range) }
    }
    if ranges.isEmpty { return self }
    for output in outputs where ranges[Int(output)] != nil { ranges[Int(output)]!.append(nil) }
    var preparation = RecurrencePreparation()
    for (i, entry) in entries.enumerated() { preparation.add(entry, uses: ranges[i] ?? []) }
    return preparation.structure(outputs: outputs)
  }
}

extension Primitive {
  /// What a slice of something flat reads.
  fileprivate var range: Range<Int>? {
    guard case .slice(let slices) = self, slices.count == 1, slices[0].step == 1 else { return nil }
    return slices[0].start..<(slices[0].start + slices[0].count)
  }
}

/// A structure that is being made from another, entry by entry.
private struct RecurrencePreparation {
  private var entries: [GraphStructure.Entry] = []
  /// Where the entries of the other structure are.
  private var places: [Int32] = []
  /// Entries that lack so many elements at the start of what they stand for.
  private var missing: [Int32: Int] = [:]

  func structure(outputs: [Int32]) -> GraphStructure {
    GraphStructure(entries: entries, outputs: outputs.map { places[Int($0)] })
  }

  /// - Parameter uses: of a recurrence, the parts that are looked at; nil for all of it.
  mutating func add(_ entry: GraphStructure.Entry, uses: [Range<Int>?]) {
    switch entry.operation {
    case .argument, .fill: append(entry)
    case .primitive(.scan(let recurrence)):
      let operands = entry.operands.map { places[Int($0)] }
      add(recurrence, operands, keepsCarries: uses.contains { $0.map(recurrence.layout.readsCarries) ?? true })
    case .primitive(.slice(var slices)) where missing[places[Int(entry.operands[0])]] != nil:
      let operand = places[Int(entry.operands[0])]
      slices[0].start -= missing[operand]!
      append(GraphStructure.Entry(operation: .primitive(.slice(slices)), operands: [operand]))
    case .primitive:
      var moved = entry
      moved.operands = entry.operands.map { places[Int($0)] }
      append(moved)
    }
  }

  private mutating func append(_ entry: GraphStructure.Entry) {
    places.append(Int32(entries.count))
    entries.append(entry)
  }

  private mutating func add(_ recurrence: Recurrence, _ operands: [Int32], keepsCarries: Bool) {
    // The operands as nodes, so that what is hoisted is written as a graph over them.
    var numbers: [Node: Int32] = [:]
    func operand(_ i: Int, _ shape: Shape) -> Node {
      let node = Node(.input(shape, recurrence.inputs[i].scalarType))
      numbers[node] = operands[i]
      return node
    }
    let rowCount = recurrence.rows.count
    let sequences = recurrence.rows.enumerated().map { i, row in
      (input: row, rows: operand(1 + i, [recurrence.count] + row.shape))
    }
    let constants = recurrence.constants.enumerated().map { i, constant in
      (input: constant, value: operand(1 + rowCount + i, constant.shape))
    }
    let results = [recurrence.next, recurrence.output, recurrence.summand]
    let body =
      recurrence.isSegmented
      ? HoistedBody(results: results, sequences: sequences, constants: constants)
      : HoistedBody(
        results, carry: recurrence.carry, sequences: sequences, constants: constants, count: recurrence.count)
    let changed = Recurrence(
      count: recurrence.count, isReversed: recurrence.isReversed, isSegmented: recurrence.isSegmented,
      keepsCarries: keepsCarries, carry: recurrence.carry, rows: body.sequences.map(\.input),
      constants: body.constants.map(\.input), next: body.results[0], output: body.results[1],
      summand: body.results[2])
    let outside = add(body.sequences.map(\.rows) + body.constants.map(\.value), numbers)
    let layout = recurrence.layout
    if !keepsCarries, !layout.carriesAreLast { missing[Int32(entries.count)] = layout.count * layout.carry }
    append(GraphStructure.Entry(operation: .primitive(.scan(changed)), operands: [operands[0]] + outside))
  }

  /// Adds the entries of a graph over inputs that are there.
  private mutating func add(_ nodes: [Node], _ numbers: [Node: Int32]) -> [Int32] {
    var arguments: [Node] = []
    var literals: [(Literal, ScalarType)] = []
    let graph = GraphStructure(nodes, isArgument: \.isInput, arguments: &arguments, literals: &literals)
    var made: [Int32] = []
    var argument = 0
    for entry in graph.entries {
      switch entry.operation {
      case .argument:
        made.append(numbers[arguments[argument]]!)
        argument += 1
        continue
      case .fill(let shape, let type):
        let literal = literals[Int(entry.operands[0])].0
        entries.append(GraphStructure.Entry(operation: .primitive(.fill(shape, literal, type)), operands: []))
      case .primitive:
        entries.append(
          GraphStructure.Entry(operation: entry.operation, operands: entry.operands.map { made[Int($0)] }))
      }
      made.append(Int32(entries.count - 1))
    }
    return graph.outputs.map { made[Int($0)] }
  }
}

extension Recurrence.Layout {
  /// Whether a range has elements of carries other than the last.
  fileprivate func readsCarries(_ range: Range<Int>) -> Bool {
    range.overlaps(
      carriesAreLast ? lastCarry.upperBound..<carries.upperBound : carries.lowerBound..<lastCarry.lowerBound)
  }
}
