import CPUEngine
import TensorGraph
import TestSupport
import Testing

/// Columns of what is computed from rows are computed without the rows, where nobody needs these.
@Suite struct ComponentSeparationTests {
  static let count = 300

  /// Ways to make a row of three numbers for each of many elements.
  enum Rows: CaseIterable {
    case pointwise, gathered, gatheredTwice, repeatedRow, repeatedColumn, transposed, withOnes, outer, selected, sliced,
      shifted, single

    func made(_ seed: UInt64) -> Node {
      var generator = RepeatableGenerator(seed: seed)
      let count = ComponentSeparationTests.count
      func input(_ shape: Shape, _ type: ScalarType = .float64) -> Node { randomInput(shape, type, using: &generator) }
      func table(_ shape: Shape, _ extent: Int64) -> Node {
        let numbers = (0..<shape.count).map { _ in Int64.random(in: 0..<extent, using: &generator) }
        return Tensor(numbers, shape: shape.dimensions).node
      }
      let x = input([count, 3])
      switch self {
      case .pointwise: return .elementwise(.sin, x) * x
      case .gathered: return .elementwise(.exp, x.gathered(table([count], Int64(count)), axis: 0))
      case .gatheredTwice:
        // Of each element two corners, then the first of them.
        let corners = x.gathered(table([count, 2], Int64(count)), axis: 0)
        return .elementwise(.cos, corners.sliced([.all(count), AxisSlice(start: 1, step: 1, count: 1), .all(3)]))
          .reshaped(to: [count, 3])
      case .repeatedRow: return x * input([3]).broadcast(to: [count, 3], axes: [1])
      case .repeatedColumn: return x * Node.elementwise(.exp, input([count])).broadcast(to: [count, 3], axes: [0])
      case .transposed: return .elementwise(.tanh, input([3, count])).permuted([1, 0])
      case .withOnes: return .elementwise(.square, x.reshaped(to: [count, 1, 3])).reshaped(to: [count, 3])
      case .outer:
        let products = Node.contraction(x, [0, 1], input([count, 2]), [0, 2], [0, 2, 1])
        return products.sliced([.all(count), AxisSlice(start: 1, step: 1, count: 1), .all(3)])
          .reshaped(to: [count, 3])
      case .selected: return .select(.compare(.less, x, input([count, 3])), .elementwise(.exp, x), -x)
      case .sliced:
        return Node.elementwise(.exp, input([count + 5, 4])).sliced([
          AxisSlice(start: 4, step: 1, count: count), AxisSlice(start: 3, step: -1, count: 3),
        ])
      case .shifted: return .elementwise(.erf, x + x.filled(with: 0.5))
      case .single: return .elementwise(.exp, input([count, 3], .float32))
      }
    }
  }

  private func columns(_ rows: Node) -> [Node] {
    (0..<3).map { rows.sliced([.all(Self.count), AxisSlice(start: $0, step: 1, count: 1)]) }
  }

  private func structure(_ nodes: [Node]) -> GraphStructure {
    var (arguments, literals): ([Node], [(Literal, ScalarType)]) = ([], [])
    return GraphStructure(
      nodes, isArgument: \.isInput, arguments: &arguments, literals: &literals
    )
    .separatingComponents()
  }

  @Test(arguments: Rows.allCases) func columnsOfRows(rows: Rows) throws {
    for seed in 1...3 as ClosedRange<UInt64> {
      let made = rows.made(seed)
      let columns = columns(made)
      try agrees(columns)
      try agrees([columns[0] * columns[1] + columns[2], columns[2]])
      // Beside a sum over the rows, which needs all columns; and beside the rows themselves.
      try agrees([columns[1], (made * made).summed(over: [1])])
      try agrees([columns[1] * columns[0], made.summed(over: [1])])
      try agrees([columns[0], made, made.summed(over: [0])])
      // All of it read twice, and through another operation.
      let twice = columns + self.columns(.elementwise(.negate, made))
      try agrees(twice)
    }
  }

  @Test func rowsAreNotMade() throws {
    let rows = Node.elementwise(.exp, Rows.gathered.made(1)) * Rows.pointwise.made(2)
    let (parts, sums) = (columns(rows), (rows * rows).summed(over: [1]))
    let apart = structure([parts[0] * parts[1] + parts[2], sums])
    // What is left with three numbers for each element are the variables themselves.
    for (entry, type) in zip(apart.entries, apart.types) where type.shape.count > Self.count {
      guard case .argument = entry.operation else {
        Issue.record("\(entry.operation) has \(type.shape.count) elements")
        continue
      }
    }
  }

  @Test func whatIsNeededTogetherStays() throws {
    let rows = Node.elementwise(.exp, Rows.pointwise.made(1))
    for nodes in [[rows] + columns(rows), [rows.summed(over: [1])], [rows.summed(over: [0, 1])]] {
      let apart = structure(nodes)
      let exponentials = apart.entries.filter { $0.operation == .primitive(.pointwise(.elementwise(.exp))) }
      #expect(exponentials.count == 1)
    }
    // Few rows, or long ones, are no vectors of elements.
    for shape in [[20, 3], [300, 17]] as [Shape] {
      var generator = RepeatableGenerator(seed: 5)
      let whole = Node.elementwise(.exp, randomInput(shape, .float64, using: &generator))
      let parts = (0..<2).map { whole.sliced(shape.slices(axis: 1, $0, 1)) }
      let apart = structure(parts)
      #expect(apart.entries.filter { $0.operation == .primitive(.pointwise(.elementwise(.exp))) }.count == 1)
      try agrees(parts)
    }
  }
}
