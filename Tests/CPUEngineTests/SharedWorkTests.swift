import CPUEngine
import TensorGraph
import TestSupport
import Testing

/// What is equal is computed once and written once, and what is known is looked at once.
@Suite struct SharedWorkTests {
  private static let count = 500

  private static func input(_ seed: UInt64, _ range: ClosedRange<Double> = 0.5...2) -> Node {
    var generator = RepeatableGenerator(seed: seed)
    return .input(generator.reals(count, in: range), [count])
  }

  private static func fill(_ value: Double, _ shape: Shape = [count]) -> Node {
    .fill(.real(value), shape: shape, scalarType: .float64)
  }

  private static func program(_ outputs: [Node], _ inputs: [Node]) throws -> Program {
    try Program(outputs: outputs, inputs: inputs)
  }

  private static func function(_ function: ScalarFunction, _ operands: Node...) -> Node {
    Node(.elementwise(function), operands)
  }

  /// Constants of one value are one, whichever expression has them, so that their products with one thing are one.
  @Test func equalConstants() throws {
    let x = Self.input(1)
    func sum(_ a: Node, _ b: Node) -> Node {
      Self.function(
        .add, Self.function(.exp, Self.function(.multiply, a, x)), Self.function(.atan, Self.function(.multiply, b, x)))
    }
    let scalar = Self.fill(2.5, .scalar)
    let broadcast = Node(.broadcast([Self.count], axes: []), [scalar])
    for second in [Self.fill(2.5), broadcast] {
      let program = try Self.program([sum(Self.fill(2.5), second)], [x])
      #expect(program.instructionCount == 4)
      #expect(program.description.contains(" 1 constants"))
    }
    #expect(try Self.program([sum(Self.fill(2.5), Self.fill(2))], [x]).instructionCount == 5)
    // Zeros have signs.
    let zeros = [0.0, -0.0].map { Self.function(.atan2, Self.fill($0), Self.function(.negate, x)) }
    let angles = try evaluated(zeros)
    #expect(angles[0].allSatisfy { $0 > 3 } && angles[1].allSatisfy { $0 < -3 })
  }

  /// 1 / x is the reciprocal that derivatives ask for, with its bits.
  @Test(arguments: [ScalarType.float64, .float32]) func reciprocals(_ type: ScalarType) throws {
    let x = Self.input(2, -3...3).cast(to: type)
    let one = Node(.broadcast([Self.count], axes: []), [.fill(.real(1), shape: .scalar, scalarType: type)])
    let (quotient, reciprocal) = (Self.function(.divide, one, x), Self.function(.reciprocal, x))
    let both = Self.function(.add, Self.function(.exp, quotient), Self.function(.atan, reciprocal))
    try Engine.evaluate([x])
    #expect(try Self.program([both], [x]).instructionCount == 4)
    let two = Node(.broadcast([Self.count], axes: []), [.fill(.real(2), shape: .scalar, scalarType: type)])
    let other = Self.function(
      .add, Self.function(.exp, Self.function(.divide, two, x)), Self.function(.atan, reciprocal))
    #expect(try Self.program([other], [x]).instructionCount == 5)
    let values = try evaluated([quotient, x])
    #expect(
      zip(values[0], values[1]).allSatisfy { quotient, x in
        type == .float64 ? quotient == 1 / x : Float(quotient) == 1 / Float(x)
      })
    let whole = Node.fill(.integer(1), shape: [3], scalarType: .int64)
    #expect(try evaluated([Self.function(.divide, whole, .input([1, -1, 2], [3], .int64))])[0] == [1, -1, 0])
  }

  /// What stands in several places of a tensor is made in the first and copied to the others.
  @Test(arguments: [false, true]) func severalPlaces(isLast: Bool) throws {
    let (x, y) = (Self.input(3), Self.input(4))
    let (a, b) = (Self.function(.exp, x), Self.function(.sin, y))
    let parts = isLast ? [a, b, a] : [a, b, a, b, a]
    let whole = Node.concatenate(parts, axis: 0)
    let others = parts.count - 2
    let program = try Self.program([Self.function(.tanh, whole)], [x, y])
    #expect(program.description.contains("\(others) placed boxes"))
    #expect(try Self.program([whole], [x, y]).description.contains("\(others) placed boxes"))
    let values = try evaluated([whole, Self.function(.negate, whole), a, b])
    let expected = parts.flatMap { $0 == a ? values[2] : values[3] }
    #expect(values[0] == expected && values[1] == expected.map { -$0 })
    // A part that somebody else reads as well stays where it is.
    let read = try evaluated([whole, Self.function(.multiply, a, b)])
    #expect(read[0] == expected && read[1] == zip(values[2], values[3]).map(*))
  }

  /// Indices that a program keeps are looked at when it is made, and refused when it runs as all others are.
  @Test(arguments: [ScalarType.int64, .int32], [[0, 2, 1], [0, 3, 1], [-1, 0, 0], [0, 0, 4], []] as [[Double]])
  func keptIndices(_ type: ScalarType, _ indices: [Double]) throws {
    let table = Node.input(indices, [indices.count], type)
    let least = indices.allSatisfy { $0 >= 0 } ? indices.max().map { Int($0) + 1 } ?? 0 : 0
    #expect(table.value!.indexExtent == least && table.value!.indexExtent == least)
    for extent in 1...5 {
      let x = Node(.input([extent], .float64))
      let row = Node(.input([indices.count], .float64))
      let isInside = indices.allSatisfy { $0 >= 0 && Int($0) < extent }
      let functions = [
        (Self.function(.square, x.gathered(table, axis: 0)), x, indices.count),
        (Node(.scatterAdd(axis: 0, extent: extent), [row, table]), row, extent),
      ]
      for (result, argument, count) in functions where count > 0 && argument.shape.count > 0 {
        let pool = ContextPool(try Self.program([result], [argument]))
        let elements = (0..<argument.shape.count).map { Double($0) + 0.5 }
        var values = [Double](repeating: 0, count: count)
        func run() throws {
          try elements.withUnsafeBytes { elements in
            try values.withUnsafeMutableBytes { values in
              try pool.run(inputs: [elements.baseAddress!], outputs: [values.baseAddress!])
            }
          }
        }
        for _ in 0..<2 {
          guard isInside else {
            #expect(throws: TensorError.self) { try run() }
            continue
          }
          try run()
          var expected = [Double](repeating: 0, count: count)
          if argument === row {
            for (place, element) in zip(indices, elements) { expected[Int(place)] += element }
          } else {
            for (i, place) in indices.enumerated() { expected[i] = elements[Int(place)] * elements[Int(place)] }
          }
          #expect(zip(values, expected).allSatisfy { abs($0 - $1) <= 1e-14 * abs($1) })
        }
      }
    }
  }
}
