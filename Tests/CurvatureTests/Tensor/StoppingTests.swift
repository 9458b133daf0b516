import Curvature
import Foundation
import TensorGraph
import Testing

/// Mistakes that end the program say where they were made; in `TensorError.catching` they throw.
@Suite struct StoppingTests {
  private static let a = Tensor<Double>.ones([2, 3])
  private static let v = Tensor<Double>([1, 2])

  /// Mistakes, and what is said of each.
  private static let mistakes: [(text: String, make: @Sendable () -> Void)] = [
    ("add: shapes [2, 3] and [2]", { _ = a + v }), ("matmul:", { _ = matmul(a, a) }),
    ("sum: axis", { _ = a.sum(axes: [5]) }), ("reshaped:", { _ = a.reshaped(to: [7]) }),
    ("concatenate:", { _ = Tensor.concatenate([a, v]) }), ("index 9", { _ = a[9] }),
    ("cholesky:", { _ = a.cholesky }), ("qr:", { _ = v.qr }), ("symmetricEigen:", { _ = a.symmetricEigen }),
    ("split", { _ = a.split(into: 2, axis: 1) }), ("gradient: y has shape [2, 3]", { _ = gradient(a, a) }),
    ("hessian: ys has shape [2, 3]", { _ = laplacian(a, a) }),
    ("pullback: the cotangent", { _ = pullback(a, v, cotangent: v) }),
    ("sorted:", { _ = a.sorted(axis: 4) }), ("where:", { _ = (a .< 2).select(a, v) }),
    ("scan: give inputs with a leading axis", { _ = scan(v, over: Tensor<Double>(1)) { ($0, $1) } }),
    ("scan: give inputs with a leading axis", { _ = scan([v], over: [Tensor<Double>]()) { ($0, $1) } }),
    ("iterate: -1 steps", { _ = iterate(v, count: -1) { $0 } }), ("polygamma: order -1", { _ = polygamma(-1, v) }),
    ("arange: a step of 0", { _ = Tensor<Double>.arange(0, 1, step: 0) }),
    ("more numbers than there is memory for", { _ = Tensor<Double>.arange(0, 1e300) }),
    ("more numbers than there is memory for", { _ = Tensor<Double>.arange(0, -.infinity, step: -1) }),
    ("[mask]:", { _ = v[a .> 0] }), ("rows of shapes", { _ = Tensor<Double>(arrayLiteral: a, v) }),
    ("row 1 has 1 elements", { _ = Tensor<Double>([[1, 2], [3]] as [[Double]]) }),
    ("matrix 1 is not", { _ = Tensor<Double>([[[1, 2]], [[3]]] as [[[Double]]]) }),
    ("3 elements for shape [2]", { _ = Tensor<Double>([1, 2, 3], shape: [2]) }),
    ("unflattened: 2 elements", { _ = [v].unflattened(Tensor([1])) }),
    ("replacingTensors: 1 tensors", { _ = [v].replacingTensors([]) }),
    ("combined: 1 tensors meet 2", { _ = [v].combined(with: [v, v]) { $0 + $1 } }),
    ("SparseMatrix: a matrix", { _ = SparseMatrix(v) }),
    ("+: operators", { _ = LinearOperator<Double>.identity([2]) + .identity([3]) }),
    ("*: an operator", { _ = LinearOperator<Double>.diagonal(v) * .diagonal(Tensor([1])) }),
    ("lie: its derivative has shape [2]", { _ = gradient(lie(v), v) }),
    ("bent: its derivative is not linear", { _ = gradient(bent(v), v) }),
  ]

  /// Derivatives that have a term without a change, and some that only seem to.
  private static let tangents:
    [(isLinear: Bool, tangent: @Sendable ([Tensor<Double>], Tensor<Double>, [Tensor<Double>]) -> Tensor<Double>)] = [
      (false, { _, _, d in d[0] * 2 + 1 }), (false, { a, _, d in d[0] * a[1] + a[0] }),
      (false, { a, _, d in a[0] - d[1] }),
      (false, { a, _, _ in a[0] * a[1] }), (false, { _, y, _ in y }), (false, { _, _, _ in .ones([2]) }),
      (false, { a, _, d in (d[0] * a[1] + a[0]) * 3 }), (false, { a, _, d in d[0] + (d[1] + sin(a[0])) }),
      (true, { a, _, d in d[0] * a[1] + a[0] * d[1] }), (true, { a, _, d in d[0] * (a[1] + 1) - d[1] * sin(a[0] + 2) }),
      (true, { _, _, _ in .zeros([2]) }), (true, { _, _, _ in 0 * .ones([2]) }), (true, { a, _, d in d[0] + a[0] * 0 }),
      (true, { a, _, d in d[0] + Tensor<Double>(0).broadcast(to: [2]) }),
      (true, { a, _, d in (d[0] + d[1]).sum() * a[0] }),
      (true, { a, _, d in d[0][[1, 0]] + d[1].cumulativeSum(axis: 0) / a[0] }),
    ]

  @Test("A derivative of one's own with a term without a change is refused", arguments: tangents.indices)
  func offsets(_ number: Int) throws {
    let (isLinear, tangent) = Self.tangents[number]
    let rule = CustomDerivative<Double>("own", function: { a in a[0] * a[1] }, tangent: tangent)
    let x = Tensor<Double>([0.5, 2])
    for f in [{ rule($0, x) }, { rule(x, $0) }, { rule($0, $0) }] as [(Tensor<Double>) -> Tensor<Double>] {
      let taken = { try TensorError.catching { try gradient(of: { f($0).sum() }, at: x).readScalars() } }
      guard !isLinear else {
        #expect(throws: Never.self) { try taken() }
        continue
      }
      let error = #expect(throws: TensorError.self) { try taken() }
      #expect(error?.message.hasPrefix("own: its derivative is not linear") == true, "\(error?.message ?? "")")
    }
  }

  private static let lie = CustomDerivative<Double>("lie") {
    $0[0].sum()
  } tangent: { _, _, change in
    change[0]
  }
  private static let bent = CustomDerivative<Double>("bent") {
    $0[0].sum()
  } tangent: { _, _, change in
    square(change[0]).sum()
  }

  /// Sizes with which an operation would have more elements than can be counted, and whether there is such a size below 0.
  private static let sizes: [(name: String, make: @Sendable (Int) -> Tensor<Double>)] = [
    ("tiled", { v.tiled([$0]) }), ("tiled twice", { v.tiled([$0, 2]) }), ("repeated", { v.repeated($0, axis: 0) }),
    ("padded", { v.padded([($0, 0)]) }), ("padded both", { v.padded([($0, $0)]) }),
    ("padded by edges", { v.paddedByEdge([(1, $0)]) }), ("padded by reflection", { v.paddedByReflection([($0, $0)]) }),
    ("broadcast", { v.broadcast(to: [$0, 2]) }), ("zeros", { .zeros([$0, 2]) }), ("ones", { .ones([2, $0, 2]) }),
    ("full", { .full([$0, 2], 1) }), ("rand", { .rand([$0, 2], seed: 1) }), ("randn", { .randn([$0, 2], seed: 1) }),
    ("eye", { .eye($0) }), ("eye of two sizes", { .eye(2, $0) }), ("diagonalMatrix", { v.diagonalMatrix(offset: $0) }),
    ("split", { v.split(sizes: [$0, $0])[0] }), ("block", { v.block(startingAt: [0], extents: [$0]) }),
    ("adaptive", { Tensor<Double>.ones([1, 1, 5]).adaptiveAveragePooled(to: [$0]) }),
    ("adaptive maximum", { Tensor<Double>.ones([1, 1, 5]).adaptiveMaximumPooled(to: [$0]) }),
    ("one hot", { Tensor<Int64>([0, 1]).oneHot(classes: $0) }), ("reshaped", { v.reshaped(to: [$0, 2]) }),
    ("matrix of rows", { Tensor<Double>([1, 2], shape: [$0, 2]) }),
  ]

  @Test("Sizes without end, and negative ones, are mistakes that throw", arguments: sizes.indices)
  func sizesWithoutEnd(_ number: Int) {
    let (name, make) = Self.sizes[number]
    for size in [Int.max, .max - 1, .min, .min + 1, -3] where !(name == "diagonalMatrix" && size == -3) {
      #expect(throws: TensorError.self, "\(name) \(size)") { try TensorError.catching { make(size) } }
    }
  }

  @Test("Diagonals beyond all rows and columns are empty", arguments: [Int.max, .max - 1, .min, .min + 1, 7, -7])
  func farDiagonals(_ offset: Int) {
    #expect(Self.a.diagonal(offset: offset).count == 0)
    #expect(Self.a.trace(offset: offset).item() == 0)
    #expect(Tensor<Double>.eye(2, offset: offset).scalars == [0, 0, 0, 0])
    let below = offset > 0
    #expect(Self.a.lowerTriangle(offset: offset).sum().item() == (below ? 6 : 0))
    #expect(Self.a.upperTriangle(offset: offset).sum().item() == (below ? 0 : 6))
    #expect(throws: TensorError.self) { try checkDerivatives(of: { $0.sum() }, at: Self.v, order: offset) }
  }

  @Test(
    "The first mistake in a closure is thrown, and what is made of its result does no harm", arguments: mistakes.indices
  )
  func catching(_ number: Int) {
    let (text, make) = Self.mistakes[number]
    let error = #expect(throws: TensorError.self) {
      try TensorError.catching {
        make()
        // Later mistakes are of less interest.
        let broken = Self.a + Self.v
        _ = (broken * 2 + Self.v).sum() + exp(broken)
      }
    }
    #expect(error?.message.contains(text) == true, "\(error?.message ?? "")")
  }

  @Test("Nothing is thrown where nothing is wrong; other errors pass; reading what could not be made says why not")
  func passing() throws {
    #expect(try TensorError.catching { (Self.v * 2).scalars } == [2, 4])
    struct Other: Error {}
    #expect(throws: Other.self) { try TensorError.catching { throw Other() } }
    let error = #expect(throws: TensorError.self) {
      try TensorError.catching { try (Self.a + Self.v).readScalars() }
    }
    #expect(error?.message.hasPrefix("add:") == true)
    #expect(error?.localizedDescription == error?.message)
  }

  #if os(Linux) && canImport(Runtime)
    private static func mistake() {
      _ = a + v  // This line is named.
    }

    @Test("A mistake names the user's line") func line() async {
      let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        Self.mistake()
      }
      let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
      #expect(text.contains("add: shapes [2, 3] and [2]"))
      #expect(text.contains("StoppingTests.swift:\(#line - 9)"), "\(text.prefix(2000))")
    }
  #endif
}
