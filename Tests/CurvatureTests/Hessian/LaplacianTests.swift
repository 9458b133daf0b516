import Curvature
import Testing

@Suite struct LaplacianTests {
  /// Every kind of linear map has a part: scales, contractions, masks, movement, extrema.
  private func function(_ x: Tensor<Double>, _ w: Tensor<Double>) -> Tensor<Double> {
    let h = tanh(matmul(x, w)) * exp(x[..., 0..<2])
    let gram = einsum("bi,bj->bij", h, x)
    let chosen = (x[..., 0] .> 0).select(sqrt(1 + square(x[..., 1])), sin(x[..., 2]) / (2 + cos(x[..., 0])))
    return gram.sum(axes: [1, 2]) + chosen * x.max(axes: [1]) + pow(h[..., 0], h[..., 1]).cumulativeSum(axis: 0) * 0
      + Tensor.concatenate([h, x], axis: 1).product(axes: [1])
  }

  @Test func itIsTheTraceOfTheHessian() {
    var generator = SeededGenerator(seed: 5)
    let x = abs(Tensor<Double>.randn([4, 3], using: &generator)) + 0.3
    let w = abs(Tensor<Double>.randn([3, 2], using: &generator))
    for row in 0..<4 {
      let point = Tensor(x[row..<(row + 1)].scalars, shape: [1, 3])
      let y = function(point, w).sum()
      let H = hessian(y, point)[...].reshaped(to: [3, 3])
      #expect(laplacian(y, point).isClose(to: H.trace(), relative: 1e-12))
    }
  }

  private typealias T = Tensor<Double>

  private static let product = CustomDerivative<Double>("product") {
    $0[0] * $0[1]
  } tangent: { x, _, change in
    change[0] * x[1] + x[0] * change[1]
  }

  /// Functions with derivatives of their own, of which one operand is made of another: the tangent of that one depends on what
  /// moves, too.
  private static let nested: [(name: String, f: @Sendable (Tensor<Double>) -> Tensor<Double>)] = [
    ("a rule of one's own", { product($0, sin($0)).sum() + product(exp($0), $0).sum() }),
    ("a rule of a rule", { product(product(sin($0), $0), sin($0)).sum() }),
    ("scan", { x in scan(x, over: sin(x)) { s, u in (s * u + sin(s), s * s) }.last.sum() }),
    ("scan that captures", { x in iterate(sin(x), count: 3) { z in z * x + sin(x) }.sum() }),
    ("root", { x in root(near: T([1, 1, 1])) { z in z + 0.1 * z * z * z * sin(x) - x }.sum() }),
    ("fixedPoint", { x in fixedPoint(from: T([0, 0, 0]), iterations: 60) { 0.3 * cos($0 * x) + 0.1 * sin(x) }.sum() }),
    ("checkpoint", { x in checkpoint(sin(x)) { $0 * x * sin(x) }.sum() }),
    ("vmap of a scan", { x in vmap(over: x) { r in iterate(r, count: 2) { sin($0) * r + x[0] } }.sum() }),
  ]

  @Test("Of functions whose operands are made of each other", arguments: nested.indices)
  func nestedOperands(_ number: Int) throws {
    let (name, f) = Self.nested[number]
    let x = T([0.4, -0.7, 1.1])
    let trace = try Hessian(of: f, at: x).read().trace().item()
    let sum = try laplacian(of: f, at: x).item()
    #expect(abs(sum - trace) < 1e-9 * max(1, abs(trace)), "\(name)")
    // It can be differentiated itself.
    let slope = try gradient(of: { try laplacian(of: f, at: $0) }, at: x)
    let expected = try gradient(of: { try Hessian(of: f, at: $0).read().trace() }, at: x)
    #expect(slope.isClose(to: expected, relative: 1e-8, absolute: 1e-8), "\(name)")
    let points = T.stack([x, 0.5 * x, x + 1]).detached()
    let all = try laplacian(of: vmap(over: points, f), withRespectTo: points, batchAxis: 0)
    let each = try (0..<3).map { try Hessian(of: f, at: points[$0]).readTrace().item() }
    #expect(all.isClose(to: T(each), relative: 1e-8, absolute: 1e-9), "\(name)")
  }

  @Test func aBatchGivesOneForEachSlice() {
    var generator = SeededGenerator(seed: 7)
    let x = Tensor<Double>.randn([5, 3], using: &generator)
    let w = Tensor<Double>.randn([3, 4], using: &generator)
    let y = (tanh(matmul(x, w)) * sin(matmul(x, w))).sum(axes: [1])
    let whole = hessian(y, x, batchAxis: 0)[...].trace()
    #expect(laplacian(y, x, batchAxis: 0).isClose(to: whole, relative: 1e-12))
    #expect(laplacian(x.sum(), x).item() == 0)
  }

  @Test("Of eigenvalues that repeat, or nearly do, and of batches of them", arguments: [0, 1e-14, 1e-9, 0.5])
  func eigenvalues(gap: Double) {
    let x = Tensor<Double>([2, 0, 0, 2 + gap, 3, 1, 1, 3], shape: [2, 2, 2])
    let values = x.symmetricEigen.values
    let y = (values * log(values)).sum(axes: [1])
    // Second derivatives 1/w beside the mean of 1/w between two eigenvalues.
    func expected(_ a: Double, _ b: Double) -> Double {
      1 / a + 1 / b + (b - a > 1e-6 ? log(Tensor<Double>(b / a)).item() / (b - a) : 2 / (a + b))
    }
    let all = Tensor<Double>([expected(2, 2 + gap), expected(2, 4)])
    #expect(laplacian(y, x, batchAxis: 0).isClose(to: all, relative: 1e-11))
    #expect(laplacian(y.sum(), x).isClose(to: all.sum(), relative: 1e-11))
  }
}
