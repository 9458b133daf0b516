import TensorGraph

/// The numbers of a program's buffers: arguments, literals, outputs, then what lives only while the program runs.
struct BufferTable {
  private var numbers: [Int32]
  /// Bytes that each buffer must have.
  private(set) var sizes: [Int] = []
  let argumentCount: Int
  let literalCount: Int
  let outputCount: Int
  /// Buffers that are parts of others, which are none: boxes of a tensor may be made in its place.
  private(set) var aliases: [Int32: Alias] = [:]
  /// For each item that is put together from boxes those that are made in its place.
  private var partsInPlace: [Int: Set<Int>] = [:]
  /// Buffers in which something is made and then added to: what lies in them does not stay.
  private var addedTo: Set<Int32> = []

  /// A part of a buffer.
  struct Alias {
    var root: Int32
    /// In bytes.
    var offset: Int
  }

  /// - Parameter panels: products whose matrix is there a few rows at a time.
  init(_ graph: LoweredGraph, isStored: [Bool], panels: [PanelProduct]) {
    numbers = [Int32](repeating: -1, count: graph.items.count)
    argumentCount = graph.argumentCount
    literalCount = graph.literals.count
    outputCount = graph.outputs.count
    sizes = [Int](repeating: 0, count: argumentCount + literalCount)
    for (i, item) in graph.items.enumerated() {
      let number: Int
      switch item.operation {
      case .argument(let n): number = n
      case .literal(let n): number = argumentCount + n
      case .iota, .function, .compare, .logical, .select, .cast, .view, .reduce, .step: continue
      }
      numbers[i] = Int32(number)
      sizes[number] = Storage.allocationSize(count: item.count, scalarType: item.type)
    }
    for output in graph.outputs { add(output, graph) }
    for panel in panels {
      guard case .step(.matrixProduct(let product)) = graph.items[panel.product].operation else { continue }
      numbers[panel.matrix] = Int32(sizes.count)
      let bytes = PanelProductStep.panelBytes(
        rows: product.k, columns: panel.isLeft ? product.m : product.n, type: graph.items[panel.matrix].type)
      sizes.append((bytes + 63) & ~63)
    }
    let users = Self.userCounts(graph)
    // Users first: the boxes of a tensor are made in its buffer where they can be.
    for (i, item) in graph.items.enumerated().reversed() where item.count > 0 {
      if numbers[i] < 0 {
        switch item.operation {
        case .reduce, .step: add(i, graph)
        case .argument, .literal, .iota, .function, .compare, .logical, .select, .cast, .view:
          if isStored[i] { add(i, graph) }
        }
      }
      if case .step(.boxes(let boxes)) = item.operation { place(boxes, i, graph, users) }
    }
  }

  /// Lets boxes of a tensor be made where they belong: the first, if everything else is added to it, or any that
  /// lie side by side.
  private mutating func place(_ boxes: PlacedBoxes, _ i: Int, _ graph: LoweredGraph, _ users: [Int]) {
    let operands = graph.items[i].operands
    func isFree(_ operand: Int) -> Bool { numbers[operand] < 0 && users[operand] == 1 }
    if isFree(operands[0]), boxes.startsWithAll(of: graph.items[operands[0]].count) {
      numbers[operands[0]] = numbers[i]
      partsInPlace[i] = [0]
      if boxes.parts.count > 1 { addedTo.insert(root(numbers[i])) }
      return
    }
    guard boxes.isTiling else { return }
    let own = aliases[numbers[i]] ?? Alias(root: numbers[i], offset: 0)
    var uses: [Int: Int] = [:]
    for operand in operands { uses[operand, default: 0] += 1 }
    for (n, (operand, part)) in zip(operands, boxes.parts).enumerated() {
      // What is in several boxes is made in the first and copied to the others. Who else uses it reads it there.
      guard numbers[operand] < 0, users[operand] == uses[operand] || !addedTo.contains(own.root) else { continue }
      let item = graph.items[operand]
      guard let place = boxes.place(of: part, whole: item.count) else { continue }
      numbers[operand] = Int32(sizes.count)
      aliases[numbers[operand]] = Alias(root: own.root, offset: own.offset + place * item.type.byteCount)
      // Not padded: what follows belongs to others.
      sizes.append(item.count * item.type.byteCount)
      partsInPlace[i, default: []].insert(n)
    }
  }

  private static func userCounts(_ graph: LoweredGraph) -> [Int] {
    var counts = [Int](repeating: 0, count: graph.items.count)
    for item in graph.items { for operand in item.operands { counts[operand] += 1 } }
    return counts
  }

  /// Whether a box of a tensor, by its number, was made where it belongs.
  func isInPlace(_ part: Int, of i: Int) -> Bool { partsInPlace[i]?.contains(part) ?? false }

  /// The buffer that a buffer is, or is a part of.
  func root(_ number: Int32) -> Int32 { aliases[number]?.root ?? number }

  private mutating func add(_ i: Int, _ graph: LoweredGraph) {
    numbers[i] = Int32(sizes.count)
    sizes.append(Storage.allocationSize(count: graph.items[i].count, scalarType: graph.items[i].type))
  }

  /// A further buffer, for one step.
  mutating func addScratch(bytes: Int) -> Int32 {
    sizes.append((bytes + 63) & ~63)
    return Int32(sizes.count - 1)
  }

  /// The number of an item's buffer.
  subscript(item: Int) -> Int32 {
    let number = numbers[item]
    guard number >= 0 else { fatalError("item \(item) is nowhere in memory") }
    return number
  }

  /// Where the buffers that live only during a run begin.
  var firstTemporary: Int { argumentCount + literalCount + outputCount }

  /// Whether a buffer lives only during a run.
  func isTemporary(_ number: Int32) -> Bool { number >= firstTemporary }

  /// Whether a buffer is one of the program's constants.
  func isLiteral(_ number: Int32) -> Bool {
    Int(number) >= argumentCount && Int(number) < argumentCount + literalCount
  }

  /// The number of the n-th output's buffer.
  func output(_ n: Int) -> Int { argumentCount + literalCount + n }
}
