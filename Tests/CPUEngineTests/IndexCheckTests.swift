import CPUEngine
import TensorGraph
import TestSupport
import Testing

/// An operation that takes indices along an axis of extent 3.
struct IndexedOperation: Sendable, CustomTestStringConvertible {
  let name: String
  /// The axis that messages name.
  let axis: Int
  /// The shape of the indices.
  let shape: Shape
  let countsFromEnd: Bool
  /// The result for a matrix [2, 3] and indices.
  let result: @Sendable (_ x: Node, _ indices: Node) throws -> Node

  var testDescription: String { name }

  static let all: [IndexedOperation] = [
    IndexedOperation(name: "gathered", axis: 1, shape: [2, 2], countsFromEnd: true) { x, i in
      try Operations.take(x, i, axis: 1)
    },
    IndexedOperation(name: "gathered", axis: 0, shape: [1, 4], countsFromEnd: true) { x, i in
      try Operations.take(x.matrixTransposed, i, axis: 0)
    },
    IndexedOperation(name: "taking(along:)", axis: 1, shape: [2, 2], countsFromEnd: true) { x, i in
      try Operations.takeAlong(x, i, axis: 1)
    },
    IndexedOperation(name: "taking(along:)", axis: 0, shape: [2, 2], countsFromEnd: true) { x, i in
      try Operations.takeAlong(x.matrixTransposed, i, axis: -2)
    },
    IndexedOperation(name: "scatterAdding", axis: 1, shape: [2], countsFromEnd: true) { x, i in
      try Operations.scatterAdd(x, i, x.sliced([.all(2), AxisSlice(start: 0, step: 1, count: 2)]), axis: 1)
    },
    IndexedOperation(name: "adding(along:)", axis: 1, shape: [2, 2], countsFromEnd: true) { x, i in
      try Operations.addAlong(x, i, x.sliced([.all(2), AxisSlice(start: 0, step: 1, count: 2)]), axis: 1)
    },
    IndexedOperation(name: "putting(along:)", axis: 1, shape: [2, 2], countsFromEnd: true) { x, i in
      try Operations.putAlong(x, i, x.sliced([.all(2), AxisSlice(start: 1, step: 1, count: 2)]), axis: 1)
    },
    IndexedOperation(name: "segmentSums", axis: 0, shape: [2], countsFromEnd: false) { x, i in
      try Operations.segmentSum(x, i, count: 3)
    },
    IndexedOperation(name: "oneHot", axis: 1, shape: [2], countsFromEnd: false) { x, i in
      .product(x, try Operations.oneHot(i, classes: 3, x.scalarType).matrixTransposed)
    },
    IndexedOperation(name: "negativeLogLikelihood", axis: 1, shape: [2], countsFromEnd: false) { x, i in
      try Operations.negativeLogLikelihood(x, i)
    },
    IndexedOperation(name: "crossEntropy", axis: 1, shape: [2], countsFromEnd: false) { x, i in
      try Operations.crossEntropy(x, i)
    },
  ]

  /// Indices with the given ones first.
  func indices(_ first: [Int]) -> [Double] {
    (0..<shape.count).map { Double($0 < first.count ? first[$0] : $0 % 3) }
  }
}

@Suite("Indices outside their axis are errors, whoever takes them") struct IndexCheckTests {
  private static let x: [Double] = [0.5, -1, 2, 3, 0.25, -0.75]

  /// Indices as data, of two types, and as what is only computed later.
  private static func forms(_ indices: [Double], _ shape: Shape) -> [(isData: Bool, node: Node)] {
    [
      (true, Node.input(indices, shape, .int64)), (true, Node.input(indices, shape, .int32)),
      (true, Node.input(indices, [shape.count], .int32).reshaped(to: shape)),
      (false, Node.input(indices, shape).cast(to: .int64)), (false, Node.input(indices, shape).cast(to: .int32)),
    ]
  }

  @Test(arguments: IndexedOperation.all, [3, 5, 1000, -4, -1000, Int(Int32.max)])
  func outside(operation: IndexedOperation, index: Int) throws {
    for place in 0..<2 {
      let given = operation.indices(place == 0 ? [index] : [1, index])
      for (isData, indices) in Self.forms(given, operation.shape) {
        let x = Node.vector(Self.x)
        let matrix = x.reshaped(to: [2, 3])
        let place = "index \(index) is outside axis \(operation.axis), which has extent 3"
        if isData {
          let remedy = "use \(operation.countsFromEnd ? -3 : 0) to 2"
          #expect(throws: TensorError("\(operation.name): \(place); \(remedy)")) {
            try operation.result(matrix, indices)
          }
          continue
        }
        let result = try operation.result(matrix, indices)
        let total = try Operations.sum(.elementwise(.square, result))
        let gradient = try #require(gradient(of: total, to: [x])[0])
        for node in [result, gradient, jacobian(of: gradient, to: x)] {
          #expect { try Engine.evaluate([node]) } throws: { "\($0)".contains(place) }
          #expect { try Interpreter.values(of: [node]) } throws: { "\($0)".contains(place) }
        }
      }
    }
  }

  @Test(arguments: IndexedOperation.all) func negative(operation: IndexedOperation) throws {
    let x = Node.input(Self.x, [2, 3])
    let given = operation.indices([-1, -3])
    guard operation.countsFromEnd else {
      for (isData, indices) in Self.forms(given, operation.shape) {
        if isData {
          #expect { try operation.result(x, indices) } throws: { "\($0)".contains("index -1 is outside") }
        } else {
          let node = try operation.result(x, indices)
          #expect { try Engine.evaluate([node]) } throws: { "\($0)".contains("index -1 is outside") }
        }
      }
      return
    }
    let expected = try evaluated([operation.result(x, .input(operation.indices([2, 0]), operation.shape, .int64))])[0]
    for (_, indices) in Self.forms(given, operation.shape) {
      #expect(try evaluated([operation.result(x, indices)])[0] == expected)
    }
  }

  @Test(arguments: IndexedOperation.all) func inside(operation: IndexedOperation) throws {
    let x = Node.vector(Self.x)
    let given = operation.indices([2, 1])
    let results = try Self.forms(given, operation.shape).map { _, indices in
      let result = try operation.result(x.reshaped(to: [2, 3]), indices)
      let gradient = try #require(gradient(of: Operations.sum(.elementwise(.square, result)), to: [x])[0])
      return try evaluated([result, gradient, jacobian(of: gradient, to: x)])
    }
    for other in results.dropFirst() { #expect(other == results[0]) }
  }
}
