import CPUEngine
import TensorGraph
import TestSupport
import Testing

/// Every primitive, alone, against its meaning.
@Suite struct PrimitiveTests {
  private static let shapes: [Shape] = [[], [1], [7], [1, 1], [3, 5], [2, 3, 4], [0, 3], [700]]

  @Test(arguments: ScalarType.allCases) func leaves(type: ScalarType) throws {
    try agrees([
      Node(.fill([3, 2], .real(1.5), type)), Node(.fill([], .integer(-3), type)), Node(.fill([0], .real(0), type)),
    ])
  }

  @Test(arguments: ScalarType.allCases.filter { $0 != .bool }) func positions(type: ScalarType) throws {
    try agrees([
      Node(.iota([3, 4, 2], axis: 0, type)), Node(.iota([3, 4, 2], axis: 1, type)), Node(.iota([5], axis: 0, type)),
    ])
  }

  @Test(arguments: ScalarFunction.allCases) func elementwise(function: ScalarFunction) throws {
    var generator = RepeatableGenerator(seed: 1)
    for type in [ScalarType.float64, .float32, .int64, .int32] where type.isDifferentiable || function.allowsIntegers {
      for shape in Self.shapes {
        let operands = (0..<function.arity).map { _ in randomInput(shape, type, using: &generator) }
        try agrees([Node(.elementwise(function), operands)])
      }
    }
  }

  @Test(arguments: Comparison.allCases) func compare(comparison: Comparison) throws {
    var generator = RepeatableGenerator(seed: 2)
    for type in ScalarType.allCases {
      let a = randomInput([3, 30], type, using: &generator)
      let b = randomInput([3, 30], type, using: &generator)
      try agrees([Node(.compare(comparison), [a, b]), Node(.compare(comparison), [a, a])])
    }
    let a = Node(Storage([Double.nan, 1, .nan, -0.0, .infinity]), shape: [5])
    let b = Node(Storage([1, Double.nan, .nan, 0, .infinity]), shape: [5])
    try agrees([Node(.compare(comparison), [a, b])])
  }

  @Test func masks() throws {
    var generator = RepeatableGenerator(seed: 3)
    let a = randomInput([50], .bool, using: &generator)
    let b = randomInput([50], .bool, using: &generator)
    try agrees([Node(.logical(.and), [a, b]), Node(.logical(.or), [a, b]), Node(.logical(.not), [a])])
    for type in ScalarType.allCases {
      let x = randomInput([50], type, using: &generator)
      let y = randomInput([50], type, using: &generator)
      try agrees([Node(.select, [a, x, y])])
    }
  }

  @Test func casts() throws {
    var generator = RepeatableGenerator(seed: 4)
    for source in ScalarType.allCases {
      let x = randomInput([33], source, using: &generator)
      for target in ScalarType.allCases { try agrees([Node(.cast(target), [x])]) }
    }
    let special = Node(Storage([Double.nan, .infinity, -.infinity, 1e30, -1e30, 2.9, -2.9, 3e9, -0.0]), shape: [9])
    for target in ScalarType.allCases where target != .int64 { try agrees([Node(.cast(target), [special])]) }
    let wide = Node(.cast(.int64), [special])
    try Engine.evaluate([wide])
    #expect(wide.value!.elements(of: Int64.self) == [0, .max, .min, .max, .min, 2, -2, 3_000_000_000, 0])
  }

  @Test(arguments: ScalarType.allCases) func movement(type: ScalarType) throws {
    var generator = RepeatableGenerator(seed: 5)
    let x = randomInput([3, 1, 5], type, using: &generator)
    let y = randomInput([4, 6, 5], type, using: &generator)
    let s = randomInput([], type, using: &generator)
    try agrees([
      Node(.detach, [x]), Node(.broadcast([2, 3, 4, 5], axes: [1, 2, 3]), [x]),
      Node(.broadcast([3, 2], axes: []), [s]),
      Node(.broadcast([0, 3], axes: []), [s]), Node(.reshape([5, 3]), [x]), Node(.reshape([2, 60]), [y]),
      Node(.permute([2, 0, 1]), [y]), Node(.permute([0, 2, 1]), [y]), Node(.permute([]), [s]),
    ])
    let slices = [
      AxisSlice(start: 3, step: -1, count: 4), AxisSlice(start: 1, step: 2, count: 2),
      AxisSlice(start: 2, step: 1, count: 3),
    ]
    let part = randomInput([4, 2, 3], type, using: &generator)
    let none = [AxisSlice(start: 0, step: 1, count: 0), .all(6), .all(5)]
    try agrees([
      Node(.slice(slices), [y]), Node(.embed([4, 6, 5], slices), [part]), Node(.slice(none), [y]),
      Node(.embed([4, 6, 5], none), [randomInput([0, 6, 5], type, using: &generator)]),
      Node(.concatenate(axis: 1), [y, randomInput([4, 2, 5], type, using: &generator), y]),
      Node(.concatenate(axis: 0), [y, randomInput([0, 6, 5], type, using: &generator)]),
    ])
  }

  @Test(arguments: [ScalarType.float32, .float64, .int32, .int64]) func indexing(type: ScalarType) throws {
    var generator = RepeatableGenerator(seed: 6)
    let x = randomInput([3, 5, 2], type, using: &generator)
    let i = indices([4, 0, 0, 3, 1, 4], [2, 3])
    try agrees([
      Node(.gather(axis: 1), [x, i]), Node(.gather(axis: 0), [x, indices([2, 1], [2])]),
      Node(.gather(axis: 2), [x, indices([1], [])]), Node(.gather(axis: 2), [x, indices([], [0])]),
      Node(.scatterAdd(axis: 1, extent: 5), [randomInput([3, 2, 3, 2], type, using: &generator), i]),
      Node(.scatterAdd(axis: 2, extent: 4), [randomInput([3, 2], type, using: &generator), indices([1], [])]),
      Node(.scatterAdd(axis: 0, extent: 4), [randomInput([0, 2], type, using: &generator), indices([], [0])]),
    ])
  }

  /// So many elements that their gathering is shared between workers, in lines of one element and of several.
  @Test(arguments: [ScalarType.float32, .float64, .bool, .int32, .int64]) func largeGathers(type: ScalarType) throws {
    var generator = RepeatableGenerator(seed: 16)
    let places = (0..<40_000).map { _ in Int64(generator.integer(in: 0...6)) }
    func x(_ shape: Shape) -> Node {
      let real = randomInput(shape, .float64, using: &generator)
      return type == .float64 ? real : real.cast(to: type)
    }
    let nodes = [
      Node(.gather(axis: 0), [x([7]), indices(places, [40_000])]),
      Node(.gather(axis: 1), [x([3, 7, 2]), indices(Array(places[..<9000]), [90, 100])]),
      Node(.gather(axis: 1), [x([4000, 7]), indices(Array(places[..<11]), [11])]),
    ]
    try agrees(nodes + nodes.map { Node($0.primitive, [$0.operands[0], $0.operands[1].cast(to: .int32)]) })
  }

  /// So many elements that each worker adds up a part of them, by indices of 64 and 32 bits; whole numbers, so that the order does
  /// not matter.
  @Test(arguments: [ScalarType.float32, .float64, .int32, .int64]) func largeScatters(type: ScalarType) throws {
    var generator = RepeatableGenerator(seed: 26)
    func x(_ shape: Shape) -> Node {
      Node(Storage((0..<shape.count).map { _ in Int64(generator.integer(in: -9...9)) }), shape: shape).cast(to: type)
    }
    let places = (0..<70_000).map { _ in Int64(generator.integer(in: 0...299)) }
    let nodes = [
      Node(.scatterAdd(axis: 0, extent: 300), [x([70_000]), indices(places, [70_000])]),
      Node(.scatterAdd(axis: 0, extent: 40_000), [x([70_000]), indices(places, [70_000])]),
      Node(.scatterAdd(axis: 0, extent: 60_000), [x([70_000]), indices(places, [70_000])]),
      Node(.scatterAdd(axis: 0, extent: 300), [x([35_000, 2]), indices(Array(places[..<35_000]), [35_000])]),
      Node(.scatterAdd(axis: 1, extent: 300), [x([3, 12_000]), indices(Array(places[..<12_000]), [12_000])]),
    ]
    try agrees(nodes + nodes.map { Node($0.primitive, [$0.operands[0], $0.operands[1].cast(to: .int32)]) })
  }

  /// What is scattered may come in runs: parts that are there already, some of them twice, a number, every other element.
  @Test(arguments: [ScalarType.float32, .float64, .int32, .int64], [900, 30_000])
  func scatteredRuns(type: ScalarType, count: Int) throws {
    var generator = RepeatableGenerator(seed: 36)
    func x(_ shape: Shape) -> Node {
      Node(Storage((0..<shape.count).map { _ in Int64(generator.integer(in: -9...9)) }), shape: shape).cast(to: type)
    }
    let (a, b) = (x([count]), x([count]) + x([count]))
    let matrix = x([3, count])
    let pieces: [[Node]] = [
      [a, b, a], [b, b, a * b], [b.sliced([AxisSlice(start: count - 1, step: -2, count: count / 2)]), a],
      [Node.fill(type.isInteger ? .integer(2) : .real(2), shape: [count], scalarType: type), a],
      [matrix.reshaped(to: [3 * count]), a],
      [matrix.permuted([1, 0]).reshaped(to: [3 * count]), b], [a.sliced([AxisSlice(start: 5, step: 1, count: 1)]), b],
      [a.sliced([AxisSlice(start: 0, step: 1, count: 0)]), a],
      [b.embedded(in: [2 * count], at: [AxisSlice(start: 9, step: 1, count: count)]), a],
    ]
    let nodes = pieces.flatMap { pieces in
      let all = Node.concatenate(pieces, axis: 0)
      let places = (0..<all.shape[0]).map { _ in Int64(generator.integer(in: 0...299)) }
      let table = indices(places, [places.count])
      return [
        Node(.scatterAdd(axis: 0, extent: 300), [all, table]),
        Node(.scatterAdd(axis: 0, extent: 2 * count), [all, table.cast(to: .int32)]),
      ]
    }
    try agrees(nodes)
    let joined = Node.concatenate([b, b, a * b], axis: 0)
    let table = indices((0..<3 * count).map { Int64($0 % 7) }, [3 * count])
    let program = try Program(
      outputs: [Node(.scatterAdd(axis: 0, extent: 7), [joined, table])], inputs: [a, b], keepsValues: false)
    #expect(!program.description.contains("placed boxes"), "\(program)")
  }

  @Test("Sums of scattered parts have the same bits on one worker and on several") func scatterBits() throws {
    var generator = RepeatableGenerator(seed: 27)
    let places = (0..<70_000).map { _ in Int64(generator.integer(in: 0...299)) }
    let (values, table) = (randomInput([70_000], .float64, using: &generator), indices(places, [70_000]))
    let results = try [1, 2, 8].map { (workers: Int) -> [Double] in
      let limit = Engine.workerLimit
      Engine.workerLimit = workers
      defer { Engine.workerLimit = limit }
      let node = Node(.scatterAdd(axis: 0, extent: 300), [values, table])
      try Engine.evaluate([node])
      return node.value!.elements(of: Double.self)
    }
    #expect(results[0] == results[1] && results[0] == results[2])
  }

  @Test(arguments: [Int64(7), 5, -1]) func indexOutside(index: Int64) throws {
    var generator = RepeatableGenerator(seed: 7)
    let x = randomInput([5], .float64, using: &generator)
    let i = indices([0, index], [2])
    #expect(throws: TensorError("gather: index \(index) is outside axis 0, which has extent 5")) {
      try Engine.evaluate([Node(.gather(axis: 0), [x, i])])
    }
    let y = randomInput([2], .float64, using: &generator)
    #expect(throws: TensorError("scatterAdd: index \(index) is outside axis 0, which has extent 5")) {
      try Engine.evaluate([Node(.scatterAdd(axis: 0, extent: 5), [y, i])])
    }
  }

  @Test(arguments: [ScalarType.float32, .float64, .int32, .int64]) func reductions(type: ScalarType) throws {
    var generator = RepeatableGenerator(seed: 8)
    let shapes: [(Shape, [[Int]])] = [
      ([], [[]]), ([7], [[0], []]), ([3000], [[0]]),
      ([3, 5, 4], [[0], [1], [2], [0, 1], [0, 2], [1, 2], [0, 1, 2], []]), ([100, 3], [[0], [1]]),
      ([3, 700], [[0], [1]]), ([700, 90], [[0], [1], [0, 1]]), ([2, 40, 600], [[1], [0, 2]]), ([0, 3], [[0], [1]]),
      ([3, 0], [[1]]), ([1, 9, 1], [[0], [1], [2]]),
    ]
    for (shape, lists) in shapes {
      let x = randomInput(shape, type, using: &generator)
      for axes in lists {
        try agrees(
          [Node(.sum(axes), [x]), Node(.extremum(.maximum, axes), [x]), Node(.extremum(.minimum, axes), [x])],
          tolerance: 1e-12)
      }
    }
  }

  @Test func reductionsOfNotANumber() throws {
    for place in [0, 5, 99, 1999] {
      var elements = (0..<2000).map { Double($0 % 17) }
      elements[place] = .nan
      for shape in [Shape([2000]), [20, 100], [100, 20], [2, 1000]] {
        let x = Node(Storage(elements), shape: shape)
        let lists = shape.rank == 1 ? [[0]] : [[0], [1], [0, 1]]
        for axes in lists { try agrees([Node(.extremum(.maximum, axes), [x]), Node(.extremum(.minimum, axes), [x])]) }
      }
    }
  }

  @Test(arguments: [ScalarType.float32, .float64, .int32, .int64]) func lines(type: ScalarType) throws {
    var generator = RepeatableGenerator(seed: 9)
    for (shape, axes) in [(Shape([9]), [0]), ([4, 5, 3], [0, 1, 2]), ([300], [0]), ([0], [0])] {
      let x = randomInput(shape, type, using: &generator)
      for axis in axes {
        try agrees([
          Node(.cumulativeSum(axis: axis, reversed: false), [x]), Node(.cumulativeSum(axis: axis, reversed: true), [x]),
          Node(.argsort(axis: axis), [x]),
        ])
      }
    }
    let special = Node(Storage([Double.nan, 0, -0.0, -.infinity, .nan, .infinity, -1, 0]), shape: [8])
    try agrees([Node(.argsort(axis: 0), [special])])
  }

  @Test func sharedAndKeptValues() throws {
    var generator = RepeatableGenerator(seed: 11)
    let x = randomInput([4], .float64, using: &generator)
    let y = Node(.elementwise(.exp), [x])
    let z = Node(.elementwise(.add), [y, y])
    try Engine.evaluate([z, y, z])
    let kept = try #require(y.value)
    try Engine.evaluate([Node(.elementwise(.square), [y])])
    #expect(y.value === kept)
    #expect(z.value!.elements(of: Double.self) == kept.elements(of: Double.self).map { $0 + $0 })
  }

  @Test func missingInput() {
    let x = Node(.input([2, 3], .float64))
    let message =
      "evaluate: an input of shape [2, 3] has no elements; give it a value. What stands for an argument of a "
    let rest = "plan, or for a row or a state in scan, iterate and vmap, has none: use operations on it"
    #expect(throws: TensorError(message + rest)) {
      try Engine.evaluate([Node(.elementwise(.exp), [x])])
    }
  }
}
