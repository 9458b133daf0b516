import TensorGraph

/// The operations of the reference table, by their names there.
struct OperationSample {
  let name: String
  let function: ([Node]) throws -> Node

  private init(_ name: String, _ function: @escaping ([Node]) throws -> Node) {
    self.name = name
    self.function = function
  }

  private static func einsum(_ equation: String) -> OperationSample {
    OperationSample("einsum \(equation)") { try Operations.einsum(equation, $0) }
  }

  static var all: [OperationSample] { arithmetic + reductions + order + matrices + products + indexing + movement }

  private static var arithmetic: [OperationSample] {
    [
      .init("add with broadcasting") { try Operations.add($0[0], $0[1]) },
      .init("subtract with broadcasting") { try Operations.subtract($0[0], $0[1]) },
      .init("multiply with broadcasting") { try Operations.multiply($0[0], $0[1]) },
      .init("divide with broadcasting") { try Operations.divide($0[0], $0[1]) },
      .init("power of positive bases") { try Operations.apply(.pow, $0[0], $0[1]) },
      .init("clip") { x in
        try Operations.clip(x[0], scalar(-0.5, like: x[0]), scalar(0.9, like: x[0]))
      },
      .init("where") { x in
        try Operations.select(
          Operations.compare(.greater, x[0], x[1]), Operations.apply(.sin, x[0]), Operations.multiply(x[0], x[1]))
      },
    ]
  }

  private static var reductions: [OperationSample] {
    [
      .init("sum of axes 0 and 2") { try Operations.sum($0[0], [0, -1]) },
      .init("sum keeping axis 1") { try Operations.sum($0[0], [1], keepsAxes: true) },
      .init("mean") { try Operations.mean($0[0], [-1]) },
      .init("maximum of axis 1") { try Operations.maximum($0[0], [1]) },
      .init("minimum of everything") { try Operations.minimum($0[0]) },
      .init("product of axis 0") { try Operations.product($0[0], [0]) },
      .init("product of everything") { try Operations.product($0[0]) },
      .init("running sum") { try Operations.cumulativeSum($0[0], axis: 1) },
      .init("running sum from the end") { try Operations.cumulativeSum($0[0], axis: 0, reversed: true) },
      .init("running product") { try Operations.cumulative(.multiply, $0[0], axis: 0, operation: "cumprod") },
      .init("running maximum") { try Operations.cumulative(.max, $0[0], axis: 1, operation: "cummax") },
      .init("running minimum") { try Operations.cumulative(.min, $0[0], axis: 0, operation: "cummin") },
      .init("any") { x in
        try Operations.quantify(Operations.compare(.greater, x[0], scalar(1, like: x[0])), [0], all: false)
      },
      .init("all") { x in
        try Operations.quantify(Operations.compare(.greater, x[0], scalar(-1, like: x[0])), [1], all: true)
      },
      .init("logsumexp") { try Operations.logSumExp($0[0], [1]) },
      .init("logsumexp of everything") { try Operations.logSumExp($0[0]) },
      .init("softmax") { try Operations.softmax($0[0], axis: 0) },
      .init("log softmax") { try Operations.logSoftmax($0[0]) },
      .init("variance") { try Operations.variance($0[0], [1], correction: 1) },
      .init("standard deviation") { try Operations.standardDeviation($0[0], [0]) },
      .init("norm") { try Operations.norm($0[0], [1]) },
      .init("norm of order 1") { try Operations.norm($0[0], [0], order: 1) },
      .init("norm of order 3") { try Operations.norm($0[0], order: 3) },
      .init("norm of infinite order") { try Operations.norm($0[0], [-1], order: .infinity) },
    ]
  }

  private static var order: [OperationSample] {
    [
      .init("argmax of axis 1") { try Operations.argExtremum($0[0], axis: 1, largest: true) },
      .init("argmin of everything") { try Operations.argExtremum($0[0], axis: nil, largest: false) },
      .init("argsort") { try Operations.argsort($0[0], axis: 0) },
      .init("argsort descending") { try Operations.argsort($0[0], descending: true) },
      .init("sort") { try Operations.sort($0[0], axis: 0) },
      .init("largest three") { try Operations.top($0[0], count: 3).values },
      .init("quantile 0.3") { try Operations.quantile($0[0], 0.3, [1]) },
      .init("median of everything") { try Operations.quantile($0[0], 0.5) },
    ]
  }

  private static var matrices: [OperationSample] {
    [
      .init("diagonal") { try Operations.diagonal($0[0], offset: 1) },
      .init("diagonal below") { try Operations.diagonal($0[0], offset: -1) },
      .init("diagonal matrix") { try Operations.diagonalMatrix($0[0], offset: -1) },
      .init("trace") { try Operations.trace($0[0]) },
      .init("eye") { _ in try Operations.eye(3, 4, offset: 1, .float64) },
      .init("lower triangle") { try Operations.lowerTriangle($0[0], offset: -1) },
      .init("upper triangle") { try Operations.upperTriangle($0[0], offset: 1) },
    ]
  }

  private static var products: [OperationSample] {
    [
      einsum("ij,jk->ik"), einsum("bij,bjk"), einsum("ii->i"), einsum("ii"), einsum("ijk->kj"), einsum("i,j,k->kij"),
      einsum("ijk,jl,kl->i"), einsum("ij,ij,ij->"),
      .init("matmul of matrices") { try Operations.matmul($0[0], $0[1]) },
      .init("matmul of vector and matrix") { try Operations.matmul($0[0], $0[1]) },
      .init("matmul of matrix and vector") { try Operations.matmul($0[0], $0[1]) },
      .init("matmul of vectors") { try Operations.matmul($0[0], $0[1]) },
      .init("matmul of stacks") { try Operations.matmul($0[0], $0[1]) },
      .init("dot") { try Operations.dot($0[0], $0[1]) },
      .init("tensordot") { try Operations.tensordot($0[0], $0[1], axesA: [2, 0], axesB: [0, 1]) },
      .init("outer") { try Operations.outer($0[0], $0[1]) },
      .init("kronecker") { try Operations.kronecker($0[0], $0[1]) },
      .init("cross") { try Operations.cross($0[0], $0[1]) },
    ]
  }

  private static var indexing: [OperationSample] {
    [
      .init("take") { try Operations.take($0[0], $0[1], axis: 1) },
      .init("take along") { try Operations.takeAlong($0[0], $0[1], axis: 1) },
      .init("scatter add") { try Operations.scatterAdd($0[0], $0[1], $0[2], axis: 1) },
      .init("add along") { try Operations.addAlong($0[0], $0[1], $0[2], axis: 1) },
      .init("one hot") { try Operations.oneHot($0[0], classes: 4, .float64) },
    ]
  }

  private static var movement: [OperationSample] {
    [
      .init("reshape") { try Operations.reshape($0[0], [3, -1, 2]) },
      .init("transpose") { try Operations.transpose($0[0]) },
      .init("transpose 1 2 0") { try Operations.transpose($0[0], [1, 2, 0]) },
      .init("swap axes") { try Operations.swapAxes($0[0], 0, -1) },
      .init("move axis") { try Operations.moveAxis($0[0], from: 0, to: 2) },
      .init("expand dimensions") { try Operations.expandDimensions($0[0], axis: -1) },
      .init("squeeze") { try Operations.squeeze($0[0]) },
      .init("broadcast") { try Operations.broadcast($0[0], to: [2, 3, 4]) },
      .init("flip") { try Operations.flip($0[0], axes: [0, 2]) },
      .init("concatenate") { try Operations.concatenate([$0[0], $0[1], $0[0]], axis: 1) },
      .init("stack") { try Operations.stack($0, axis: -1) },
      .init("split") { try Operations.split($0[0], sizes: [1, 2, 2], axis: 1)[1] },
      .init("roll") { try Operations.roll($0[0], by: -2, axis: 1) },
      .init("tile") { try Operations.tile($0[0], [2, 1, 3]) },
      .init("repeat") { try Operations.repeat($0[0], count: 3, axis: 0) },
      .init("pad with a constant") { try Operations.pad($0[0], [(1, 0), (2, 1)], value: 1.5) },
      .init("pad with the edge") { try Operations.pad($0[0], [(1, 2), (0, 1)], mode: .edge) },
      .init("pad by reflection") { try Operations.pad($0[0], [(1, 0), (2, 1)], mode: .reflect) },
    ]
  }

  private static func scalar(_ value: Double, like node: Node) -> Node {
    .fill(.real(value), shape: [], scalarType: node.scalarType)
  }
}
