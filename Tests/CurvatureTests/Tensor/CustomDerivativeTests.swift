import Curvature
import Testing

@Suite("Derivatives of one's own") struct CustomDerivativeTests {
  private static let root = CustomDerivative<Double>("root") { x in
    sqrt(x[0])
  } tangent: { _, y, change in
    change[0] / (2 * y)
  }
  private static let product = CustomDerivative<Double>("product") { x in
    x[0] * x[1]
  } tangent: { x, _, change in
    change[0] * x[1] + x[0] * change[1]
  }
  /// Rounding that passes derivatives as if it were not there.
  private static let straightThrough = CustomDerivative<Double>("straight through") { x in
    round(x[0])
  } tangent: { _, _, change in
    change[0]
  }

  @Test("Derivatives to third order are those of the function") func orders() throws {
    let x = Tensor<Double>([0.5, 2, 9])
    func f(_ x: Tensor<Double>) -> Tensor<Double> { Self.product(Self.root(x), sin(x)).sum() }
    let check = try checkDerivatives(of: f, at: x, order: 3)
    #expect(check.isPassed, "\(check)")
    let (custom, plain) = (hessian(at: x, of: f)[...], hessian(at: x) { (sqrt($0) * sin($0)).sum() }[...])
    #expect(custom.isClose(to: plain, relative: 1e-13, absolute: 1e-14))
  }

  @Test("The rule counts, not how the value is computed") func otherRule() {
    let x = Tensor<Double>([0.4, 1.6, -2.3])
    let y = Self.straightThrough(x)
    #expect(y.scalars == [0, 2, -2])
    let h = hessian(at: x) {
      let y = Self.straightThrough($0); return (y * y * $0).sum()
    }
    // d²(y² x) = 4 y + 2 x where dy = dx.
    for (k, (y, x)) in [(0.0, 0.4), (2.0, 1.6), (-2.0, -2.3)].enumerated() {
      let expected = 4 * y + 2 * x
      #expect(abs(h[k, k].scalars[0] - expected) < 1e-13)
    }
    #expect(h[0, 1].scalars == [0])
  }

  @Test("Patterns see through a rule, and batches stay apart") func structure() throws {
    let x = Tensor<Double>((0..<40).map { 1 + 0.1 * Double($0) })
    let h40 = hessian(at: x) { Self.product(Self.root($0), $0).sum() }
    #expect(h40.pattern.nonzeroCount == 40)
    let batch = Tensor<Double>((0..<6).map { 1 + Double($0) }, shape: [3, 2])
    let h = hessian(Self.root(batch).sum(axes: [1]), batch, batchAxis: 0)
    #expect(h.shape == [3, 2, 2])
  }

  @Test("A checkpointed function and a scan in segments have the derivatives without") func checkpoints() throws {
    let weights = Tensor<Double>([0.5, -0.25, 0.75])
    func chain(_ x: Tensor<Double>, _ segment: Int?) -> Tensor<Double> {
      let (last, path) = scan(x, over: Tensor<Double>([0.1, 0.4, -0.3, 0.2, 0.6]), segmentLength: segment) { state, u in
        let next = tanh(state * weights + u) + 0.3 * state * state
        return (next, next.sum())
      }
      return last.sum() + (path * path).sum()
    }
    let x = Tensor<Double>([0.2, -0.4, 0.9])
    let plain = hessian(at: x) { chain($0, nil) }[...]
    for segment in [1, 2, 5, 9] {
      let segmented = hessian(at: x) { chain($0, segment) }[...]
      #expect(segmented.isClose(to: plain, relative: 1e-12, absolute: 1e-13), "\(segment)")
    }
    let captured = gradient(chain(x, 2), weights)
    #expect(captured.isClose(to: gradient(chain(x, nil), weights), relative: 1e-12))
    let y = checkpoint(x) { sin($0) * weights }
    #expect(gradient(y.sum(), weights).isClose(to: sin(x), relative: 1e-15))
  }
}
