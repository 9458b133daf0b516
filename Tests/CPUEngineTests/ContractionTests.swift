import CPUEngine
import TensorGraph
import TestSupport
import Testing

/// Contractions of every form against their meaning.
@Suite struct ContractionTests {
  /// Labels 0... have these extents.
  private static let extents = [3, 4, 5, 2, 1, 7]

  @Test(arguments: [ScalarType.float64, .float32, .int32, .int64]) func everyForm(type: ScalarType) throws {
    var generator = RepeatableGenerator(seed: 10)
    let samples: [([Int], [Int], [Int])] = [
      ([0, 1], [1, 2], [0, 2]), ([1, 0], [1, 2], [0, 2]), ([0, 1], [2, 1], [0, 2]), ([1, 0], [2, 1], [2, 0]),
      ([0], [0], []), ([0], [0], [0]), ([0], [1], [0, 1]), ([0], [1], [1, 0]), ([0, 1], [1], [0]), ([1], [0, 1], [0]),
      ([0, 1], [0, 1], []), ([0, 1], [1, 0], []), ([0, 1], [0, 1], [1, 0]), ([0, 1], [0], [0, 1]),
      ([], [0, 1], [1, 0]),
      ([], [], []), ([3, 0, 1], [3, 1, 2], [3, 0, 2]), ([0, 3, 1], [1, 2, 3], [0, 3, 2]),
      ([0, 1, 3], [3, 1, 2], [2, 0]),
      ([0, 1, 3], [2, 3, 5], [0, 5, 1, 2]), ([0, 4], [4, 2], [2, 0]), ([3, 1, 0, 2], [5, 0, 3], [3, 5, 2, 1]),
      ([3, 0, 1], [3, 0, 1], [3]), ([3, 0, 1], [3, 1], [3, 0]),
    ]
    for (left, right, output) in samples {
      let a = randomInput(Shape(left.map { Self.extents[$0] }), type, using: &generator)
      let b = randomInput(Shape(right.map { Self.extents[$0] }), type, using: &generator)
      try agrees([Node(.contraction(Contraction(left: left, right: right, output: output)), [a, b])])
    }
  }

  @Test(arguments: [ScalarType.float64, .float32, .int64]) func withItself(type: ScalarType) throws {
    var generator = RepeatableGenerator(seed: 11)
    let a = randomInput([6, 9], type, using: &generator)
    try agrees([
      Node(.contraction(Contraction(left: [0, 1], right: [2, 1], output: [0, 2])), [a, a]),
      Node(.contraction(Contraction(left: [1, 0], right: [1, 2], output: [0, 2])), [a, a]),
    ])
  }

  /// A row behind those that a tensor has, on either side of products of every form: an axis of one place where nothing lies.
  @Test(arguments: [ScalarType.float64, .float32, .int64]) func ofAPlaceWhereNothingLies(type: ScalarType) throws {
    var generator = RepeatableGenerator(seed: 13)
    let (x, y) = (randomInput([4, 1], type, using: &generator), randomInput([1, 5], type, using: &generator))
    let embedded = Node(.embed(Shape([5, 1]), [AxisSlice(start: 0, step: 1, count: 4), .all(1)]), [x])
    let nothing = Node(.slice([AxisSlice(start: 4, step: 1, count: 1), .all(1)]), [embedded])
    for (left, right, output) in [
      ([0, 1], [1, 2], [0, 2]), ([0, 1], [0, 2], [1, 2]), ([0, 1], [1, 2], [2, 0]),
    ] {
      try agrees([Node(.contraction(Contraction(left: left, right: right, output: output)), [nothing, y])])
      try agrees([Node(.contraction(Contraction(left: right, right: left, output: output)), [y, nothing])])
    }
    try agrees([Node(.contraction(Contraction(left: [0, 1], right: [0, 1], output: [])), [nothing, nothing])])
  }

  @Test(arguments: [ScalarType.float64, .float32, .int64]) func ofNothing(type: ScalarType) throws {
    var generator = RepeatableGenerator(seed: 12)
    let a = randomInput([3, 0], type, using: &generator)
    let b = randomInput([0, 2], type, using: &generator)
    let c = randomInput([2, 3], type, using: &generator)
    try agrees([
      Node(.contraction(Contraction(left: [0, 1], right: [1, 2], output: [0, 2])), [a, b]),
      Node(.contraction(Contraction(left: [0, 1], right: [2, 0], output: [2, 1])), [a, c]),
    ])
  }
}
