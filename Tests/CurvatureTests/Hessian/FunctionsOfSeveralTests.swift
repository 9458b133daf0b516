import Curvature
import Testing

/// Functions of several tensors at a point, as arrays and as tuples.
@Suite struct FunctionsOfSeveralTests {
  static let (w, b, c) = (Tensor<Double>([1, 2]), Tensor<Double>([0.5, -1, 3]), Tensor<Double>([0.25]))

  static func two(_ w: Tensor<Double>, _ b: Tensor<Double>) -> Tensor<Double> {
    (sin(w).sum() * b * b).sum() + (w * w * w).sum()
  }

  static func three(_ w: Tensor<Double>, _ b: Tensor<Double>, _ c: Tensor<Double>) -> Tensor<Double> {
    two(w, b) * exp(c).sum()
  }

  @Test("A list of tensors is a point of several variables, not a stacked tensor") func lists() {
    let (w, b) = (Self.w, Self.b)
    let y = Self.two(w, b)
    let slopes = gradient(at: [w, b]) { Self.two($0[0], $0[1]) }
    #expect(slopes.map(\.shape) == [[2], [3]])
    #expect(zip(slopes, gradient(y, [w, b])).allSatisfy { $0 == $1 })
    let blocks = hessian(at: [w, b]) { Self.two($0[0], $0[1]) }
    let expected = hessian(y, [w, b])
    for i in 0..<2 { for j in 0..<2 { #expect(blocks[i, j][...] == expected[i, j][...]) } }
    // Tensors of one shape could be stacked, and must not be.
    let same = hessian(at: [w, w * 2]) { ($0[0] * $0[1] * $0[1]).sum() }
    #expect(same.count == 2 && same[0, 1].shape == [2, 2])
    let rows = jacobian(at: [w, b]) { $0[0].sum() * $0[1] }
    #expect(rows.map(\.shape) == [[3, 2], [3, 3]])
    let (value, gradients) = valueWithGradient(at: [w, b]) { Self.two($0[0], $0[1]) }
    #expect(value == y && gradients[1] == slopes[1])
    let sum = laplacian(at: [w, b]) { Self.two($0[0], $0[1]) }
    #expect(sum.isClose(to: expected[0, 0].trace + expected[1, 1].trace, relative: 1e-14))
  }

  /// What a point may have been computed by, and a function that would be computed from the operands instead.
  private static let undone:
    [(point: @Sendable (Tensor<Double>) -> Tensor<Double>, f: @Sendable (Tensor<Double>) -> Tensor<Double>)] = [
      ({ sqrt($0) }, { square($0) }), ({ sqrt($0) }, { pow($0, 4) }), ({ rsqrt($0) }, { square($0) }),
      ({ cbrt($0) }, { $0 * $0 * $0 }), ({ abs(-$0) }, { $0 * $0 }), ({ abs(-$0) }, { abs($0) * $0 }),
      ({ exp($0) }, { log($0) }), ({ log($0) }, { exp($0) }), ({ exp2($0) }, { log2($0) }),
      ({ expm1($0) }, { log1p($0) }),
      ({ pow($0, 0.5) }, { square($0) }), ({ hypot($0, $0) }, { square($0) }), ({ $0.norm() }, { square($0) }),
      ({ $0 * 2 }, { square($0) }), ({ -$0 }, { square(-$0) }),
    ]

  @Test("A point may be the result of anything", arguments: undone.indices) func computedPoints(_ number: Int) throws {
    let (point, f) = Self.undone[number]
    let w = Tensor<Double>([0.5, 2, 3])
    func sum(_ x: Tensor<Double>) -> Tensor<Double> { (f(x) * f(x)).sum() }
    let (p, q) = (point(w), point(w).detached())
    let H = hessian(at: q, of: sum)[...]
    #expect(try Hessian(of: sum, at: point(w)).read().isClose(to: H, relative: 1e-13))
    #expect(try gradient(of: sum, at: point(w)).isClose(to: gradient(at: q, of: sum), relative: 1e-13))
    #expect(try Jacobian(of: f, at: point(w)).read().isClose(to: jacobian(at: q, of: f)[...], relative: 1e-13))
    #expect(hessian(at: [point(w), w]) { sum($0[0]) * $0[1].sum() }[0, 0][...].isClose(to: H * 5.5, relative: 1e-13))
    #expect(laplacian(at: point(w), of: sum).isClose(to: laplacian(at: q, of: sum), relative: 1e-13))
    #expect(
      valueWithPushforward(at: point(w), along: q, of: f).1.isClose(to: valueWithPushforward(at: q, along: q, of: f).1))
    #expect(gaussNewton(at: point(w), of: f)[...].isClose(to: gaussNewton(at: q, of: f)[...], relative: 1e-13))
    // Derivatives go on to what the point was made of.
    let outer = gradient(at: w) { gradient(at: point($0), of: sum).sum() }
    let expected = matmul(
      H.sum(axes: Array(0..<q.rank)).reshaped(to: [q.count]),
      jacobian(at: w, of: point)[...].reshaped(to: [q.count, 3]))
    #expect(outer.isClose(to: expected, relative: 1e-12, absolute: 1e-12))
    #expect(p == q)
  }

  /// A point is 0 by chance, whatever it was made of: zeros of its operands stand for nothing.
  @Test("Zeros of a point are no zeros for good") func computedZeros() throws {
    let w = Tensor<Double>([0, 1, -2, 0])
    let functions: [@Sendable (Tensor<Double>) -> Tensor<Double>] = [
      { ($0 * sqrt($0)).sum() }, { (square($0) / $0).sum() }, { ($0 * log($0)).sum() }, { ($0 * cbrt($0)).sum() },
      { sqrt(square($0) * $0).sum() },
    ]
    let points = [-w, 3 * w, sin(w), w.reshaped(to: [4]), w * w, sqrt(square(w))]
    func bits(_ x: Tensor<Double>) -> [Double?] { x.scalars.map { $0.isNaN ? nil : $0 } }
    for (number, f) in functions.enumerated() {
      for point in points {
        let (own, other) = (try gradient(of: f, at: point), try gradient(of: f, at: point.detached()))
        #expect(bits(own) == bits(other), "\(number), \(point)")
      }
    }
  }

  @Test("Tuples go where arrays go") func tuples() {
    let (w, b, c) = (Self.w, Self.b, Self.c)
    let expected = gradient(Self.three(w, b, c), [w, b, c])
    let (dw, db, dc) = gradient(at: (w, b, c), of: Self.three)
    #expect(dw == expected[0] && db == expected[1] && dc == expected[2])
    let (ew, eb, ec) = gradient(Self.three(w, b, c), (w, b, c))
    #expect(ew == dw && eb == db && ec == dc)
    let (fw, fb) = gradient(at: (w, b), of: Self.two)
    let (gw, gb) = gradient(Self.two(w, b), (w, b))
    #expect(fw == gw && fb == gb)
    let (value, (hw, _)) = valueWithGradient(at: (w, b), of: Self.two)
    #expect(value == Self.two(w, b) && hw == fw)
    let blocks = hessian(Self.three(w, b, c), [w, b, c])
    let found = hessian(at: (w, b, c), of: Self.three)
    #expect(found[1, 2][...] == blocks[1, 2][...] && found[2, 0][...] == blocks[2, 0][...])
    #expect(hessian(at: (w, b), of: Self.two)[0, 1].shape == [2, 3])
  }
}
