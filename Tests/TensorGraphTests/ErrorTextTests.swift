import TensorGraph
import Testing

/// Errors of operations name what is written in Swift.
@Suite struct ErrorTextTests {
  private static let x = Node.fill(.real(1), shape: [2, 3], scalarType: .float64)
  private static let v = Node.fill(.real(1), shape: [4], scalarType: .float64)
  private static let cube = Node.fill(.real(1), shape: [2, 3, 4], scalarType: .float64)
  private static let whole = Node(Storage([Int64](repeating: 9, count: 6)), shape: [2, 3])

  /// The Swift name of each operation, and a call of it with something wrong.
  private static let calls: [(name: String, call: @Sendable () throws -> Void)] = [
    ("cumulativeSum", { _ = try Operations.cumulativeSum(x, axis: 5) }),
    ("cumulativeLogSumExp", { _ = try Operations.cumulativeLogSumExp(x, axis: 5) }),
    ("softmax", { _ = try Operations.softmax(x, axis: 5) }),
    ("logSoftmax", { _ = try Operations.logSoftmax(x, axis: 5) }),
    ("logSumExp", { _ = try Operations.logSumExp(x, [5]) }), ("variance", { _ = try Operations.variance(x, [5]) }),
    ("sum", { _ = try Operations.sum(x, [5]) }), ("product", { _ = try Operations.product(x, [5]) }),
    ("mean", { _ = try Operations.mean(x, [5]) }), ("sorted", { _ = try Operations.sort(x, axis: 5) }),
    ("argsort", { _ = try Operations.argsort(x, axis: 5) }), ("quantile", { _ = try Operations.quantile(x, 2) }),
    ("reshaped", { _ = try Operations.reshape(x, [7]) }), ("transposed", { _ = try Operations.transpose(x, [0, 0]) }),
    ("swappingAxes", { _ = try Operations.swapAxes(x, 0, 4) }),
    ("movingAxis", { _ = try Operations.moveAxis(x, from: 4, to: 0) }),
    ("expandingDimensions", { _ = try Operations.expandDimensions(x, axis: 5) }),
    ("squeezed", { _ = try Operations.squeeze(x, axes: [0]) }),
    ("broadcast", { _ = try Operations.broadcast(x, to: [5]) }),
    ("flipped", { _ = try Operations.flip(x, axes: [4]) }), ("rolled", { _ = try Operations.roll(x, by: 1, axis: 4) }),
    ("tiled", { _ = try Operations.tile(x, [-1]) }), ("repeated", { _ = try Operations.repeat(x, count: -1, axis: 0) }),
    ("concatenate", { _ = try Operations.concatenate([x, v], axis: 0) }),
    ("stack", { _ = try Operations.stack([x, v]) }),
    ("diagonalMatrix", { _ = try Operations.diagonalMatrix(.fill(.real(1), shape: .scalar, scalarType: .float64)) }),
    ("gathered", { _ = try Operations.take(x, v, axis: 0) }),
    ("taking(along:)", { _ = try Operations.takeAlong(x, whole, axis: 0) }),
    ("adding(along:)", { _ = try Operations.addAlong(x, whole, x, axis: 0) }),
    ("putting(along:)", { _ = try Operations.putAlong(x, whole, x, axis: 0) }),
    ("scatterAdding", { _ = try Operations.scatterAdd(x, whole, v, axis: 0) }),
    ("matmul", { _ = try Operations.matmul(x, x) }), ("solve", { _ = try Operations.solve(x, v) }),
    ("inverse", { _ = try Operations.inverse(x) }), ("determinant", { _ = try Operations.determinant(x) }),
    ("cholesky", { _ = try Operations.cholesky(x) }), ("symmetricEigen", { _ = try Operations.symmetricEigen(x) }),
    ("matrixPower", { _ = try Operations.matrixPower(x, 2) }),
    ("matrixExponential", { _ = try Operations.matrixExponential(x) }),
    ("leakyReLU", { _ = try Operations.leakyReLU(whole, slope: 0.1) }), ("celu", { _ = try Operations.celu(whole) }),
    ("hardTanh", { _ = try Operations.hardTanh(whole) }),
    ("gatedLinearUnit", { _ = try Operations.gatedLinearUnit(x) }),
    ("crossEntropy", { _ = try Operations.crossEntropy(x, v) }),
    ("binaryCrossEntropy", { _ = try Operations.binaryCrossEntropy(logits: x, v) }),
    ("huberLoss", { _ = try Operations.huberLoss(x, v) }), ("logAddExp", { _ = try Operations.logAddExp(x, v) }),
    ("copySign", { _ = try Operations.copySign(x, v) }), ("xLogY", { _ = try Operations.xLogY(x, v) }),
    ("pairwiseDistances", { _ = try Operations.pairwiseDistances(x, v) }),
    ("layerNormalized", { _ = try Operations.layerNormalization(x, lastAxes: 4, weight: nil, bias: nil) }),
    ("rmsNormalized", { _ = try Operations.rmsNormalization(x, lastAxes: 4, weight: nil) }),
    ("droppingOut", { _ = try Operations.dropout(x, keeping: x, rate: 2) }),
  ]

  @Test func names() {
    for (name, call) in Self.calls {
      do {
        try call()
        Issue.record("\(name): no error")
      } catch {
        let text = "\(error)"
        #expect(text.hasPrefix("\(name): ") && !text.contains(/[a-z]_[a-z]/), "\(name): \(text)")
      }
    }
  }
}
