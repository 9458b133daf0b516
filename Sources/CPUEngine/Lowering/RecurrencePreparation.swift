import TensorGraph

/// A structure that is being made from another, entry by entry, with recurrences as they are best run.
struct RecurrencePreparation {
  private var entries: [GraphStructure.Entry] = []
  /// Where the entries of the other structure are; -1 for recurrences that have gone to pieces.
  private var places: [Int32] = []
  /// The pieces of those, in order.
  private var pieces: [Int32: [Piece]] = [:]

  /// A range of the elements of a recurrence's result, and where they are.
  private struct Piece {
    var range: Range<Int>
    var entry: Int32
    var start: Int
  }

  func structure(outputs: [Int32]) -> GraphStructure {
    GraphStructure(entries: entries, outputs: outputs.map { places[Int($0)] })
  }

  /// - Parameter uses: of a recurrence, the parts that are looked at; nil for all of it.
  mutating func add(_ entry: GraphStructure.Entry, uses: [Range<Int>?]) {
    switch entry.operation {
    case .argument, .fill: place(append(entry.operation, entry.operands))
    case .primitive(.scan(let recurrence)):
      let number = Int32(places.count)
      let operands = entry.operands.map { places[Int($0)] }
      let ranges = uses.compactMap { $0 }
      if let found = add(recurrence, operands, uses: ranges.count == uses.count ? ranges : nil) {
        pieces[number] = found
        place(-1)
      } else {
        place(Int32(entries.count - 1))
      }
    case .primitive(.linear(.slice(let slices))) where pieces[entry.operands[0]] != nil:
      let range = slices[0].start..<(slices[0].start + slices[0].count)
      place(slice(range, of: pieces[entry.operands[0]]!))
    case .primitive: place(append(entry.operation, entry.operands.map { places[Int($0)] }))
    }
  }

  private mutating func place(_ entry: Int32) { places.append(entry) }

  private mutating func append(_ operation: GraphStructure.Operation, _ operands: [Int32]) -> Int32 {
    entries.append(GraphStructure.Entry(operation: operation, operands: operands))
    return Int32(entries.count - 1)
  }

  private mutating func slice(_ range: Range<Int>, of pieces: [Piece]) -> Int32 {
    let parts = pieces.filter { $0.range.overlaps(range) }.map { piece -> Int32 in
      let part = piece.range.clamped(to: range)
      let start = piece.start + part.lowerBound - piece.range.lowerBound
      return append(
        .primitive(.linear(.slice([AxisSlice(start: start, step: 1, count: part.count)]))), [piece.entry])
    }
    return parts.count == 1 ? parts[0] : append(.primitive(.concatenate(axis: 0)), parts)
  }

  // MARK: Recurrences

  /// Adds a recurrence.
  ///
  /// - Parameter uses: the ranges of its result that are looked at; nil for all of it.
  /// - Returns: where the ranges are; nil if the last entry is the whole result.
  private mutating func add(_ recurrence: Recurrence, _ operands: [Int32], uses: [Range<Int>]?) -> [Piece]? {
    // The operands as nodes, so that what is computed outside is written as a graph over them.
    var numbers: [Node: Int32] = [:]
    let given = recurrence.inputs.enumerated().dropFirst().map { i, input in
      let isRow = i <= recurrence.rows.count
      let node = Node(.input(isRow ? [recurrence.count] + input.shape : input.shape, input.scalarType))
      numbers[node] = operands[i]
      return (input: input, value: node)
    }
    let sequences = given.prefix(recurrence.rows.count).map { (input: $0.input, rows: $0.value) }
    let constants = Array(given.dropFirst(recurrence.rows.count))
    let results = [recurrence.next, recurrence.output, recurrence.summand]
    let body =
      recurrence.isSegmented
      ? HoistedBody(results: results, sequences: sequences, constants: constants)
      : HoistedBody(
        results, carry: recurrence.carry, sequences: sequences, constants: constants, count: recurrence.count)
    let layout = recurrence.layout
    let keepsCarries = uses?.contains(where: layout.readsCarries) ?? true
    var (output, summand) = (body.results[1], body.results[2])
    var products: SummedProducts?
    if uses != nil, !recurrence.isSegmented, recurrence.count > 1, layout.summand > 0 {
      let known = Set(body.sequences.map(\.input) + body.constants.map(\.input))
      let found = SummedProducts(of: summand, inputs: known, carryCount: layout.carry, count: layout.count)
      if found.hasProducts {
        products = found
        output = .flat([output] + found.outputs, output.scalarType)
        summand = .flat(found.summands, summand.scalarType)
      }
    }
    let changed = Recurrence(
      count: recurrence.count, isReversed: recurrence.isReversed, isSegmented: recurrence.isSegmented,
      keepsCarries: keepsCarries, carry: recurrence.carry, rows: body.sequences.map(\.input),
      constants: body.constants.map(\.input), next: body.results[0], output: output, summand: summand)
    let outside = add(body.sequences.map(\.rows) + body.constants.map(\.value), numbers)
    let scan = append(.primitive(.scan(changed)), [operands[0]] + outside)
    if keepsCarries, products == nil { return nil }
    let kept = changed.layout
    var pieces = [
      keepsCarries
        ? Piece(range: layout.carries, entry: scan, start: kept.carries.lowerBound)
        : Piece(range: layout.lastCarry, entry: scan, start: kept.lastCarry.lowerBound)
    ]
    guard let products else {
      pieces += [
        Piece(range: layout.outputs, entry: scan, start: kept.outputs.lowerBound),
        Piece(range: layout.sum, entry: scan, start: kept.sum.lowerBound),
      ]
      return Self.inOrder(pieces)
    }
    return Self.inOrder(pieces + sums(products, body, scan, changed, layout, &numbers))
  }

  /// The outputs and the sum of a recurrence whose products are not added up step by step.
  ///
  /// - Parameters:
  ///   - scan: the entry of the recurrence that remains, which leaves the factors of the products behind.
  ///   - layout: that of the whole.
  private mutating func sums(
    _ products: SummedProducts, _ body: HoistedBody, _ scan: Int32, _ remaining: Recurrence,
    _ layout: Recurrence.Layout, _ numbers: inout [Node: Int32]
  ) -> [Piece] {
    let kept = remaining.layout
    let result = Node(.input([kept.total], remaining.carry.scalarType))
    numbers[result] = scan
    let rows = result.sliced([AxisSlice(start: kept.outputs.lowerBound, step: 1, count: kept.outputs.count)])
      .reshaped(to: [layout.count, kept.output])
    func columns(_ start: Int, _ count: Int) -> Node {
      rows.sliced([.all(layout.count), AxisSlice(start: start, step: 1, count: count)])
    }
    var factors: [Node: (node: Node, hasRows: Bool)] = [:]
    for (input, rows) in body.sequences { factors[input] = (rows, true) }
    for (input, value) in body.constants { factors[input] = (value, false) }
    var place = layout.output
    for factor in products.outputs {
      factors[factor] = (columns(place, factor.shape.count).reshaped(to: [layout.count] + factor.shape), true)
      place += factor.shape.count
    }
    var pieces: [Piece] = []
    var made: [(range: Range<Int>, node: Node)] = [(layout.outputs, columns(0, layout.output))]
    var (start, remainingStart) = (layout.sum.lowerBound, kept.sum.lowerBound)
    for part in products.parts {
      let range = start..<(start + part.count)
      start = range.upperBound
      switch part {
      case .summand:
        pieces.append(Piece(range: range, entry: scan, start: remainingStart))
        remainingStart += range.count
      case .products(let list):
        let all = list.map { $0.summed(over: layout.count, factors).reshaped(to: [range.count]) }
        made.append((range, all.dropFirst().reduce(all[0], +)))
      }
    }
    made.removeAll { $0.range.isEmpty }
    let added = add(made.map { $0.node.reshaped(to: [$0.range.count]) }, numbers)
    return pieces + zip(made, added).map { Piece(range: $0.range, entry: $1, start: 0) }
  }

  private static func inOrder(_ pieces: [Piece]) -> [Piece] {
    pieces.filter { !$0.range.isEmpty }.sorted { $0.range.lowerBound < $1.range.lowerBound }
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
      case .fill(let shape, let type):
        made.append(append(.primitive(.leaf(.fill(shape, literals[Int(entry.operands[0])].0, type))), []))
      case .primitive: made.append(append(entry.operation, entry.operands.map { made[Int($0)] }))
      }
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
