import TensorGraph

/// The numbers of a program's buffers: arguments, literals, outputs, then what lives only while the program runs.
struct BufferTable {
  private var numbers: [Int32]
  /// Bytes that each buffer must have.
  private(set) var sizes: [Int] = []
  let argumentCount: Int
  let literalCount: Int
  let outputCount: Int

  init(_ graph: LoweredGraph, isStored: [Bool]) {
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
    let users = Self.userCounts(graph)
    // Users first: what an assembly starts with is made in its buffer.
    for (i, item) in graph.items.enumerated().reversed() where item.count > 0 {
      if numbers[i] < 0 {
        switch item.operation {
        case .reduce, .step: add(i, graph)
        case .argument, .literal, .iota, .function, .compare, .logical, .select, .cast, .view:
          if isStored[i] { add(i, graph) }
        }
      }
      if case .step(.assembly(let assembly)) = item.operation, numbers[item.operands[0]] < 0,
        users[item.operands[0]] == 1, assembly.startsWithAll(of: graph.items[item.operands[0]].count)
      {
        numbers[item.operands[0]] = numbers[i]
      }
    }
  }

  private static func userCounts(_ graph: LoweredGraph) -> [Int] {
    var counts = [Int](repeating: 0, count: graph.items.count)
    for item in graph.items { for operand in item.operands { counts[operand] += 1 } }
    return counts
  }

  /// Whether an assembly is made where its first operand was.
  func sharesFirstOperand(_ i: Int, of graph: LoweredGraph) -> Bool {
    graph.items[i].operands.first.map { numbers[$0] == numbers[i] } ?? false
  }

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

  /// Whether a buffer is one of the program's constants.
  func isLiteral(_ number: Int32) -> Bool {
    Int(number) >= argumentCount && Int(number) < argumentCount + literalCount
  }

  /// The number of the n-th output's buffer.
  func output(_ n: Int) -> Int { argumentCount + literalCount + n }
}
