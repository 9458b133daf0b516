import CPUEngine
import TensorGraph
import TestSupport
import Testing

/// Tensors that are put together from parts which are made in their place.
@Suite struct PlacedBoxesTests {
  private func input(_ shape: Shape, seed: UInt64, _ type: ScalarType = .float64) -> Node {
    var generator = RepeatableGenerator(seed: seed)
    return randomInput(shape, type, using: &generator)
  }

  /// Parts of the given sizes, each computed: by a group, by a product, by a reduction, by other boxes.
  private func parts(_ sizes: [Int], _ type: ScalarType) -> [Node] {
    sizes.enumerated().map { i, size in
      let x = input([size], seed: UInt64(i + 1), type)
      switch i % 4 {
      case 0: return .elementwise(.exp, x)
      case 1:
        return .contraction(
          input([size, 40], seed: 90, type), [0, 1], input([40, 1], seed: 91, type), [1, 2], [0, 2]
        )
        .reshaped(to: [size])
      case 2: return input([12, size], seed: 92, type).summed(over: [0])
      default:
        return .concatenate([.elementwise(.sin, x), .elementwise(.cos, x)], axis: 0)
          .sliced([AxisSlice(start: 0, step: 1, count: size)])
      }
    }
  }

  @Test(arguments: [[1000, 3, 517, 64], [5, 2000], [1, 1, 1, 1200, 7], [333, 333, 333, 333, 333]])
  func partsThatLieSideBySide(sizes: [Int]) throws {
    for type in [ScalarType.float64, .float32] {
      let count = sizes.reduce(0, +)
      let parts = parts(sizes, type)
      var start = 0
      let embedded = parts.map { part in
        defer { start += part.shape[0] }
        return part.embedded(in: [count], at: [AxisSlice(start: start, step: 1, count: part.shape[0])])
      }
      let sum = embedded.dropFirst().reduce(embedded[0], +)
      let joined = Node.concatenate(parts, axis: 0)
      // As the result, and on the way to one.
      try agrees([sum, joined, Node.elementwise(.tanh, sum), sum.summed(over: [0])], tolerance: 1e-12)
      try agrees([.concatenate([joined, .elementwise(.square, joined)], axis: 0)], tolerance: 1e-12)
      // With a gap, with a dense summand, and where parts meet.
      try agrees([embedded.last! + embedded[0]], tolerance: 1e-12)
      try agrees([sum + input([count], seed: 77, type), sum + sum.sliced([.all(count)])], tolerance: 1e-12)
      try agrees([sum + embedded[0]], tolerance: 1e-12)
    }
  }

  @Test func partsThatAreWantedThemselves() throws {
    let parts = parts([700, 800], .float64)
    try agrees([.concatenate(parts, axis: 0), parts[0], parts[1]], tolerance: 1e-12)
    try agrees([.concatenate([parts[0], parts[0], parts[1]], axis: 0)], tolerance: 1e-12)
  }

  /// Parts that are made in place and read there by others, also after what they are parts of was added to something.
  @Test(arguments: [ScalarType.float64, .float32], 1...8) func partsThatOthersRead(type: ScalarType, seed: UInt64)
    throws
  {
    var generator = RepeatableGenerator(seed: seed)
    var known = parts((0..<6).map { _ in generator.integer(in: 1...900) }, type)
    for _ in 0..<10 {
      func any() -> Node { known[generator.integer(in: 0...(known.count - 1))] }
      let (a, b) = (any(), any())
      switch generator.integer(in: 0...4) {
      case 0: known.append(.elementwise(.sin, a))
      case 1: known.append(.concatenate([a, b, a], axis: 0))
      case 2: known.append(.concatenate([.elementwise(.cos, a), .elementwise(.cos, a) * a], axis: 0))
      case 3:
        let count = a.shape[0] + b.shape[0]
        known.append(
          a.embedded(in: [count], at: [AxisSlice(start: 0, step: 1, count: a.shape[0])])
            + b.embedded(in: [count], at: [AxisSlice(start: a.shape[0] / 2, step: 1, count: b.shape[0])]))
      default: known.append(a.sliced([AxisSlice(start: a.shape[0] / 3, step: 1, count: a.shape[0] - a.shape[0] / 3)]))
      }
    }
    try agrees(known, tolerance: 1e-11)
    try agrees([known.last!, known[known.count - 2]], tolerance: 1e-11)
  }

  /// A part that is wanted elsewhere is read where it was made: nothing is copied.
  @Test func noCopies() throws {
    let parts = (0..<5).map { Node.elementwise(.exp, input([5000], seed: UInt64($0))) }
    let joined = Node.concatenate(parts, axis: 0)
    let outputs = [joined.summed(over: [0]), (parts[1] * parts[3]).summed(over: [0]), Node.elementwise(.sin, joined)]
    try agrees(outputs, tolerance: 1e-12)
    let program = try Program(outputs: outputs, inputs: [], keepsValues: false)
    #expect(!program.description.contains("placed boxes"), "\(program)")
  }

  /// Windows of one tensor that lie side by side are read as one, in whatever order they are added.
  @Test(arguments: [[7, 60], [24, 10, 60], [3, 4]], 1...4) func windowsOfOneTensor(extents: [Int], seed: UInt64) throws
  {
    var generator = RepeatableGenerator(seed: seed)
    let shape = Shape(extents)
    let x = input(shape, seed: seed)
    func window(_ axis: Int, _ start: Int, _ count: Int, of x: Node) -> Node {
      let slices = shape.slices(axis: axis, start, count)
      return Node(.embed(shape, slices), [Node(.slice(slices), [x])])
    }
    for axis in shape.dimensions.indices {
      // Single rows and longer runs, behind a row that stays zero.
      var (starts, start) = ([(start: Int, count: Int)](), 1)
      while start < shape[axis] {
        let count = min(generator.integer(in: 1...3), shape[axis] - start)
        starts.append((start, count))
        start += count
      }
      for order in [starts, starts.reversed(), starts.shuffled(using: &generator)] {
        let sum = order.dropFirst().reduce(window(axis, order[0].start, order[0].count, of: x)) {
          $0 + window(axis, $1.start, $1.count, of: x)
        }
        try agrees([sum, Node.elementwise(.exp, sum)], tolerance: 1e-14)
        guard shape.count >= 1024 || order.elementsEqual(starts, by: ==) else { continue }
        let program = try Program(outputs: [.elementwise(.exp, sum)], inputs: [x], keepsValues: false)
        #expect(!program.description.contains("add") && !program.description.contains("placed boxes"), "\(program)")
      }
    }
    // Windows along two axes, some that meet, and what differs in its place, its stride or its tensor.
    let (rows, columns) = (shape[0] / 2, shape[1] / 2)
    func block(_ i: Int, _ j: Int) -> Node {
      window(0, i * rows, rows, of: window(1, j * columns, columns, of: x))
    }
    let grid = [block(0, 0), block(1, 1), block(0, 1), block(1, 0)]
    try agrees([grid[0] + grid[1] + grid[2] + grid[3], grid[0] + grid[2] + grid[0] + grid[3]], tolerance: 0)
    let y = input(shape, seed: seed + 9)
    let reversed = Node(.slice(shape.dimensions.map { AxisSlice(start: $0 - 1, step: -1, count: $0) }), [x])
    for other in [y, reversed, Node.elementwise(.exp, x)] {
      try agrees([window(0, 0, rows, of: x) + window(0, rows, rows, of: other)], tolerance: 1e-15)
      try agrees([window(1, columns, columns, of: other) + window(1, 0, columns, of: x)], tolerance: 1e-15)
    }
    let moved = Node(
      .embed(shape, shape.slices(axis: 0, rows, rows)), [Node(.slice(shape.slices(axis: 0, 0, rows)), [x])])
    try agrees([window(0, 0, rows, of: x) + moved], tolerance: 0)
  }

  /// One value in two of three columns, another in the third: none is added to zeros.
  @Test func interleavedParts() throws {
    let (x, y) = (Node.elementwise(.exp, input([3000], seed: 1)), Node.elementwise(.sin, input([3000], seed: 2)))
    func column(_ k: Int, _ x: Node) -> Node {
      x.embedded(in: [9000], at: [AxisSlice(start: k, step: 3, count: 3000)])
    }
    let sum = column(0, y) + column(1, x) + column(2, x)
    try agrees([sum], tolerance: 1e-14)
    let text = try Program(outputs: [sum], inputs: [], keepsValues: false).description
    #expect(text.contains("placed boxes") && !text.contains("add"), "\(text)")
  }

  /// Parts far from each other are written to their places.
  @Test func partsAmongZeros() throws {
    let x = input([24, 6], seed: 1)
    let parts = (0..<6).map { k in
      Node(
        .embed([24, 345], [.all(24), AxisSlice(start: 11 * k + 40, step: 1, count: 3)]),
        [
          x.sliced([.all(24), AxisSlice(start: k, step: 1, count: 1)]).reshaped(to: [24]).broadcast(
            to: [24, 3], axes: [0])
        ])
    }
    let sum = parts.dropFirst().reduce(parts[0], +)
    try agrees([sum, Node.elementwise(.exp, sum), sum + sum], tolerance: 1e-14)
    let program = try Program(outputs: [.elementwise(.exp, sum)], inputs: [x], keepsValues: false)
    #expect(program.description.contains("placed boxes"), "\(program)")
  }

  @Test func matricesOfBlocks() throws {
    let a = Node.elementwise(.exp, input([40, 30], seed: 1))
    let b = Node.elementwise(.sin, input([40, 50], seed: 2))
    let c = Node.elementwise(.cos, input([25, 80], seed: 3))
    let whole = Node.concatenate([.concatenate([a, b], axis: 1), c], axis: 0)
    try agrees([whole, whole.permuted([1, 0])], tolerance: 1e-12)
  }

  @Test(arguments: [[3, 3, 3], [2, 6, 6], [4, 2, 4], [3, 6, 6], [5, 5]]) func partsThatStepPastEachOther(steps: [Int])
    throws
  {
    for count in [7, 3000] {
      let size = 2 + steps.max()! * count
      let parts = steps.enumerated().map { i, step in
        Node.elementwise(.exp, input([count], seed: UInt64(i + 1)))
          .embedded(in: [size], at: [AxisSlice(start: i, step: step, count: count)])
      }
      try agrees([parts.dropFirst().reduce(parts[0], +)], tolerance: 1e-12)
      // Rows of a matrix, and the same backwards.
      let rows = steps.enumerated().map { i, step in
        Node.elementwise(.sin, input([count, 5], seed: UInt64(i + 1)))
          .embedded(in: [size, 5], at: [AxisSlice(start: i, step: step, count: count), .all(5)])
      }
      try agrees([rows.dropFirst().reduce(rows[0], +)], tolerance: 1e-12)
      let backwards = parts[0] + parts[1].sliced([AxisSlice(start: size - 1, step: -1, count: size)])
      try agrees([backwards], tolerance: 1e-12)
    }
  }

  @Test func aPartIsNotCopied() throws {
    let x = input([100, 64], seed: 1)
    let w = input([64, 64], seed: 2)
    let product = Node.contraction(x, [0, 1], w, [1, 2], [0, 2]).reshaped(to: [6400])
    let rest = Node.elementwise(.exp, input([512], seed: 3))
    #expect(try !Engine.description(of: [.concatenate([product, rest], axis: 0)]).contains("placed boxes"))
  }
}
