import Curvature
import TestSupport
import Testing

/// The numbers: zeros, symmetry, higher orders, types.
@Suite struct DerivativeValueTests {
  private func point(_ shape: [Int], seed: UInt64 = 4) -> Tensor<Double> {
    var generator = SeededGenerator(seed: seed)
    return .randn(shape, using: &generator)
  }

  @Test("V1: what ys does not depend on, and constant and linear ys, give zeros of the right shape")
  func zeros() {
    let (x, other) = (point([3]), point([2, 2]))
    let linear = (3 * x).sum() + 1
    #expect(hessian(linear, x)[...] == .zeros([3, 3]))
    #expect(hessian(Tensor<Double>(5), x)[...] == .zeros([3, 3]) && hessian(Tensor<Double>(5), x)[0, 1].item() == 0)
    #expect(hessian(linear, other)[...] == .zeros([2, 2, 2, 2]) && hessian(linear, other).diagonal == .zeros([2, 2]))
    let H = hessian((x * x).sum(), x, other)
    #expect(H[0, 1][...] == .zeros([3, 2, 2]) && H[1, 0][...] == .zeros([2, 2, 3]) && H[1, 1].trace.item() == 0)
    #expect(jacobian(x, other)[...] == .zeros([3, 2, 2]) && jacobian(.ones([4]), x)[1...].shape == [3, 3])
    #expect(gradient(linear, other) == .zeros([2, 2]))
    let rows = point([3, 2])
    #expect(hessian(rows.sum(axes: [1]), rows, batchAxis: 0)[...] == .zeros([3, 2, 2]))
    #expect(hessian(Tensor<Double>.ones([3]), rows, batchAxis: 0)[1] == .zeros([2, 2]))
    #expect(hessian(linear, x).product(x) == .zeros([3]) && matmul(hessian(linear, x), x) == .zeros([3]))
  }

  @Test("V1: points made of zeros, ones and equal elements are data like any other")
  func specialPoints() {
    for x in [Tensor<Double>.zeros([2]), .ones([2]), .full([2], -1), .arange(2), Tensor([0, 1])] {
      let two = 2 * Tensor<Double>.eye(2)
      #expect(hessian((x * x).sum(), x)[...] == two)
      #expect(hessian((x * 1 * x + 0 * x + x - x).sum(), x)[...] == two)
      #expect(hessian(x.reshaped(to: [2, 1]).broadcast(to: [2, 3]).sum() * x.sum(), x)[...] == 6 * .ones([2, 2]))
      #expect(gradient((x * x.stoppingGradient()).sum(), x) == x)
    }
  }

  @Test("A number written as a literal is a variable like any other")
  func literals() {
    let x: Tensor<Double> = 3
    #expect(hessian(x * x * x, x).item() == 18 && hessian(x * x * x, x)[...].shape == [])
    for value in [0.0, 1, -1, 2] {
      let s =
        value == 0 ? Tensor<Double>(0) : value == 1 ? Tensor<Double>(1) : value == -1 ? Tensor(-1.0) : Tensor<Double>(2)
      let t: Tensor<Double> = 2
      let y = s * s * t + s * 1 + 0 * s + (s + t).broadcast(to: [3]).reshaped(to: [3, 1]).sum() * t
      #expect(gradient(y, s).item() == 4 * value + 1 + 6 && hessian(y, (s, t))[0, 1].item() == 2 * value + 3)
      #expect(hessian(y, (s, t))[0, 0].item() == 4 && hessian(y, (s, t))[1, 1].item() == 6)
    }
    let base = Tensor<Double>(3)
    let exponent = Tensor([2.0], shape: [])
    #expect(gradient(pow(base, exponent), base).item() == 6)
    #expect(gradient(pow(base, exponent), exponent).isClose(to: Tensor(9 * 1.0986122886681098)))
    #expect(hessian(pow(base, 2), base).item() == 2)
    let copied: Tensor<Double> = 2
    #expect(pow(base, copied).item() == 9 && gradient(max(base, 3), base).item() == 0)
    #expect(throws: TensorError.self) { try Hessian(of: pow(base, copied), withRespectTo: copied) }
  }

  @Test("V1: array literals keep what their elements came from, or derivatives are refused")
  func arrayLiterals() {
    let x = point([2])
    _ = x[0].scalars
    let (a, b) = (x[0], x[1])
    _ = (a.scalars, b.scalars)
    let matrix: Tensor<Double> = [[a, b], [b, 1]]
    #expect(jacobian(matrix, x)[0, 1].scalars == [0, 1] && jacobian([x, x] as Tensor<Double>, x)[1, 1, 1].item() == 1)
    let s: Tensor<Double> = 3
    let pair: Tensor<Double> = [s, 1]
    let error = #expect(throws: TensorError.self) { try Hessian(of: (pair * pair).sum(), withRespectTo: s) }
    #expect(
      error?.message.hasPrefix("hessian: xs of shape [] is a literal, and an array literal or the exponent") == true)
    #expect(gradient((Tensor.stack([a, a]) * [1, 2]).sum(), x).scalars == [3, 0])
  }

  @Test("V1: results of operations are variables like any other, whatever is computed from them")
  func intermediateVariables() {
    let data = point([6])
    let matrix = data.reshaped(to: [2, 3])
    #expect(gradient(matrix.reshaped(to: [6]).sum(), matrix) == .ones([2, 3]))
    let turned = matrix.transposed()
    #expect(gradient((turned.transposed() * turned.transposed()).sum(), turned) == 2 * turned)
    let (negative, slice, wide) = (-data, data[1...], data[0].broadcast(to: [3]))
    #expect(gradient((-negative).sum(), negative) == -.ones([6]))
    #expect(gradient((data + negative).sum() + square(negative).sum(), negative).isClose(to: 1 + 2 * negative))
    #expect(gradient(slice[..<2].sum(), slice).scalars == [1, 1, 0, 0, 0])
    #expect(gradient(wide.broadcast(to: [2, 3]).sum(), wide) == [2, 2, 2])
    let H = hessian((matrix.flattened() * matrix.flattened()).sum(), matrix)
    #expect(H.diagonal == 2 * .ones([2, 3]))
    let slope = gradient((3 * data).sum(), data)
    #expect(gradient((slope * slope).sum(), slope) == 6 * .ones([6]))
    let root = sqrt(data * data)
    let y = (root * root).sum()
    #expect(gradient(y, data).isClose(to: 2 * data))
    let error = #expect(throws: TensorError.self) { try Hessian(of: y, withRespectTo: root) }
    #expect(error?.message.hasPrefix("hessian: xs of shape [6] is an intermediate result past which ") == true)
  }

  /// Functions of a vector of four positive numbers; every kind of operation that has derivatives has a part.
  private static let functions: [(name: String, body: @Sendable (Tensor<Double>) -> Tensor<Double>)] = [
    ("product", { $0.product() }), ("exp", { exp($0.sum()) }), ("log", { log($0).sum() * $0.sum() }),
    ("power", { pow($0, 2.5).sum() * $0[0] }), ("power of two", { pow($0[0..<2], $0[2..<4]).sum() }),
    ("quotient", { ($0[0] / $0[1] + $0[2] / ($0[3] * $0[0])) }), ("tanh", { tanh($0 * $0[1]).sum() }),
    ("softmax", { ($0.softmax() * $0).sum() }), ("logSumExp", { ($0 * $0).logSumExp() }),
    ("matmul", { matmul($0.reshaped(to: [2, 2]), $0.reshaped(to: [2, 2])).product() }),
    ("einsum", { einsum("i,j,k->", $0, $0, sin($0)) }), ("norm", { $0.norm() }),
    ("cumulative sum", { $0.cumulativeSum(axis: 0).product() }), ("erf", { erf($0).sum() * $0.product() }),
    ("gather", { $0.gathered(at: Tensor<Int64>([0, 0, 3])).product() * $0.sum() }),
    ("scatter", { exp(Tensor<Double>.zeros([2]).scatterAdding($0, at: Tensor<Int64>([0, 1, 1, 0]))).sum() }),
    ("select", { ($0 .> 1).select(exp($0), sin($0)).sum() * $0.sum() }), ("max", { $0.max() * $0.product() }),
    ("concatenate", { Tensor.concatenate([$0, $0 * $0]).product() }),
    ("sort", { ($0.sorted() * [1, 2, 3, 4]).product() }),
    ("slice", { ($0[.every(-2)] * $0[..<2]).sum() * exp($0[3]) }), ("variance", { $0.variance() * $0.product() }),
    ("hypot, atan2", { hypot($0[0], $0[1]) * atan2(y: $0[2], x: $0[3]) * $0.sum() }),
  ]

  @Test("V2: results stay differentiable, to order 4, for every kind of operation", arguments: functions.map(\.name))
  func higherOrders(_ name: String) throws {
    let f = Self.functions.first { $0.name == name }!.body
    let x = Tensor<Double>([0.7, 1.3, 0.9, 1.6])
    let H = hessian(f(x), x)
    // Third order: the gradient of an entry against central differences of the entry.
    func entry(_ point: Tensor<Double>) -> Double { hessian(f(point), point)[0, 1].item() }
    func third(_ point: Tensor<Double>) -> Double { gradient(hessian(f(point), point)[0, 1], point)[2].item() }
    func difference(_ body: (Tensor<Double>) -> Double, along i: Int) -> Double {
      let h = 1e-5
      func moved(_ by: Double) -> Tensor<Double> {
        var elements = x.scalars
        elements[i] += by
        return Tensor(elements)
      }
      // Fourth order in h (Fornberg 1988, table 1).
      return (8 * (body(moved(h)) - body(moved(-h))) - (body(moved(2 * h)) - body(moved(-2 * h)))) / (12 * h)
    }
    let slope = gradient(H[0, 1], x)
    #expect(mismatch([slope[2].item()], [difference(entry, along: 2)], relative: 1e-6, absolute: 1e-7) == nil)
    #expect(jacobian(H[0], x)[1].isClose(to: slope, relative: 1e-9, absolute: 1e-10))
    // Fourth order: the Hessian of an entry, and of a row's element read otherwise.
    let fourth = hessian(H[0, 1], x)
    #expect(mismatch([fourth[2, 3].item()], [difference(third, along: 3)], relative: 1e-6, absolute: 1e-6) == nil)
    let whole = H[...]
    #expect(hessian(whole[1, 0], x)[...].isClose(to: fourth[...], relative: 1e-9, absolute: 1e-9))
  }

  @Test("V2: parts read in any way have the same further derivatives")
  func derivativesOfParts() {
    let (x, z) = (point([3]), point([2]))
    let y = exp(x.sum() * z.sum()) + (x * x * x).sum()
    let reference = hessian(y, x)[...]
    let third = jacobian(reference, x)[...]
    let indices: [[IndexComponent]] = [
      [.range(start: nil, end: nil, step: 1), .integer(1)], [.integer(2)],
      [.range(start: nil, end: nil, step: -2), .newAxis],
      [.integers([2, 0, 2]), .range(start: 1, end: nil, step: 1)], [.integers([0, 1]), .integers([2, 2])],
    ]
    for index in indices {
      let part = checked(try hessian(y, x).read(index))
      let expected = checked(try third.read(index + [.ellipsis]))
      #expect(jacobian(part, x)[...].isClose(to: expected, relative: 1e-10), "\(index)")
    }
    let mixed = hessian(y, x, z)
    #expect(gradient(mixed[1, 0][1, 2], z).isClose(to: gradient(mixed[0, 1][2, 1], z), relative: 1e-12))
    let batch = point([4, 2])
    let H = hessian(exp(batch.sum(axes: [1])), batch, batchAxis: 0)
    #expect(
      gradient(H[..., 0, 1].sum(), batch).isClose(
        to: exp(batch.sum(axes: [1])).reshaped(to: [4, 1]).broadcast(to: [4, 2]), relative: 1e-12))
  }

  @Test("V2: products are differentiable in the direction and in the point")
  func derivativesOfProducts() {
    let (x, v) = (point([3]), point([3], seed: 9))
    let H = hessian(exp(x.sum()) * (x * x).sum(), x)
    let product = H.product(v)
    #expect(jacobian(product, v)[...].isClose(to: H[...], relative: 1e-12))
    let expected = jacobian(matmul(H[...], v), x)[...]
    #expect(jacobian(product, x)[...].isClose(to: expected, relative: 1e-10))
  }

  @Test("V3: the whole equals its transpose bit for bit, and entries never change", arguments: 0..<8)
  func symmetry(_ seed: Int) {
    var generator = RepeatableGenerator(seed: UInt64(seed))
    let x = Tensor<Float>(generator.reals(9).map(Float.init))
    let w = Tensor<Float>(generator.reals(81).map(Float.init), shape: [9, 9])
    let H = hessian(tanh(matmul(w, x)).logSumExp() * sigmoid(matmul(x, w)).sum(), x)
    var seen: [[Int]: Float] = [:]
    for _ in 0..<6 {
      let index = generator.index(of: [9, 9])
      _ = checked(try H.read(index))
      for _ in 0..<6 {
        let (i, j) = (generator.integer(in: 0...8), generator.integer(in: 0...8))
        let entry = H[i, j].item()
        #expect(seen[[i, j], default: entry] == entry)
        #expect(H[j, i].item() == entry)
        seen[[i, j]] = entry
      }
    }
    let whole = H[...]
    #expect(whole == whole.transposed())
    for (place, entry) in seen { #expect(whole[place[0], place[1]].item() == entry) }
    let fresh = hessian(tanh(matmul(w, x)).logSumExp() * sigmoid(matmul(x, w)).sum(), x)[...]
    #expect(fresh == fresh.transposed() && fresh.isClose(to: whole, relative: 1e-4, absolute: 1e-5))
  }

  @Test("V4: stopGradient makes a constant; new tensors have it false")
  func stopGradient() {
    var x = point([3])
    #expect(!x.stopGradient && !Tensor<Float>.zeros([2]).stopGradient)
    let free = x
    x.stopGradient = true
    #expect(x.stopGradient && x == free && !free.stopGradient)
    #expect(gradient((x * free).sum(), free) == free)
    x.stopGradient = false
    #expect(!x.stopGradient && hessian((x * x).sum(), x)[...] == 2 * .eye(3))
    #expect(hessian((free.stoppingGradient() * free * free).sum(), free)[...].isClose(to: (2 * free).diagonalMatrix()))
    var zeros = Tensor<Double>.zeros([2])
    zeros.stopGradient = true
    #expect(zeros.stopGradient && gradient((zeros * free[..<2]).sum(), free) == .zeros([3]))
  }

  @Test("V4: a derivative in a tensor that is marked constant is an error")
  func markedConstant() {
    let x = point([3])
    var marked = x
    marked.stopGradient = true
    for w in [marked, x.stoppingGradient(), (2 * x).stoppingGradient()] {
      let y = (w * w).sum()
      #expect { try Hessian(of: y, withRespectTo: w) } throws: {
        "\($0)".contains("hessian: xs of shape [3] is marked constant")
      }
      #expect { try BlockHessian(of: y, withRespectTo: [x, w]) } throws: { "\($0)".contains("is marked constant") }
      #expect { try Jacobian(of: y, withRespectTo: w) } throws: {
        "\($0)".contains("jacobian: xs of shape [3] is marked")
      }
      #expect { try Gradients.of(y.node, [w.node]) } throws: { "\($0)".contains("gradient: xs of shape [3] is marked") }
      #expect { try Laplacians.of(y.node, w.node, batchAxis: nil) } throws: { "\($0)".contains("is marked constant") }
    }
    // What is computed from it is a tensor like any other.
    let doubled = 2 * marked
    #expect(gradient((doubled * doubled).sum(), doubled) == 2 * doubled)
  }

  @Test("V4: the point of a function form is a variable whatever its mark")
  func markedPoint() throws {
    let x = point([3])
    var marked = x
    marked.stopGradient = true
    for w in [x, marked, x.stoppingGradient(), (x + 0).stoppingGradient()] {
      // The point is not the tensor from which it came, nor itself as a captured constant.
      func f(_ v: Tensor<Double>) -> Tensor<Double> {
        (v * v * v).sum() + (v * w.stoppingGradient() * x.stoppingGradient()).sum()
      }
      let (slope, curvature) = (3 * x * x + x * x, (6 * x).diagonalMatrix())
      #expect(gradient(at: w, of: f).isClose(to: slope))
      #expect(valueWithGradient(at: w, of: f).gradient.isClose(to: slope))
      #expect(hessian(at: w, of: f)[...].isClose(to: curvature))
      #expect(hessian(at: w, of: f)[1].isClose(to: curvature[1]))
      let all = valueGradientHessian(at: w, of: f)
      #expect(all.gradient.isClose(to: slope) && all.hessian.diagonal.isClose(to: 6 * x))
      #expect(jacobian(at: w) { $0 * $0 }[...].isClose(to: (2 * x).diagonalMatrix()))
      #expect(laplacian(at: w, of: f).isClose(to: (6 * x).sum()))
      #expect(valueWithPullback(at: w, of: f).pullback(Tensor<Double>(2)).isClose(to: 2 * slope))
      #expect(valueWithPushforward(at: w, along: x, of: f).tangent.isClose(to: (slope * x).sum()))
      #expect(try HessianPlan(like: w, of: f)(w).hessian.isClose(to: curvature))
      #expect(try GradientPlan(like: w, of: f)(w).gradient.isClose(to: slope))
      #expect(try SparseHessianPlan(like: w, of: f).hessian(at: w).dense() == curvature.scalars)
      #expect(try checkDerivatives(of: f, at: w).isPassed)
      // Derivatives of results are taken in the point, too.
      #expect(gradient(at: w) { gradient(at: $0, of: f).sum() }.isClose(to: 6 * x))
    }
    // A tensor that the function captures beside its point is no part of it.
    #expect(gradient(at: marked) { ($0 * x).sum() } == x)
  }

  @Test("V5: the type of H is the type of xs")
  func types() {
    let (x, z) = (Tensor<Float>([1, 2]), Tensor<Double>([1, 2]))
    let (single, double) = (hessian((x * x * x).sum(), x), hessian((z * z * z).sum(), z))
    #expect(single.scalarType == .float32 && double.scalarType == .float64)
    #expect(single[...].scalars == [Float(6), 0, 0, 12] && double[...].scalars == [6.0, 0, 0, 12])
    let mixed = hessian((x.cast(to: Double.self) * z).sum().cast(to: Float.self) * x.sum(), x)
    #expect(mixed[...].scalars == [2, 3, 3, 4])
  }

  @Test("V6: both orders of a mixed partial derivative")
  func mixedPartials() {
    let (x, c) = (point([3]), Tensor<Double>(0.5))
    let y = (sin(c * x) * x).sum()
    let xThenC = jacobian(gradient(y, x), c)[...]
    let cThenX = gradient(gradient(y, c), x)
    let H = hessian(y, (x, c))
    #expect(xThenC.isClose(to: cThenX, relative: 1e-12))
    #expect(H[0, 1][...].isClose(to: cThenX, relative: 1e-12) && H[1, 0][...].isClose(to: cThenX, relative: 1e-12))
  }

  @Test(
    "A derivative that does not exist because eigenvalues repeat or a rank changes is an error that says so; in a batch it is NaN"
  )
  func repeatedEigenvalues() throws {
    func lowest(_ a: Tensor<Double>) -> Tensor<Double> { a.symmetricEigen.values[0] }
    func message(_ h: Hessian<Double>) -> String {
      do {
        _ = try h.read(at: 0)
        return ""
      } catch { return "\(error)" }
    }
    let (equal, different) = (Tensor<Double>.eye(2), Tensor<Double>([1, 0.5, 0.5, 3], shape: [2, 2]))
    #expect(message(hessian(at: equal, of: lowest)).contains("eigenvalues 0 and 1 of a matrix of shape [2, 2]"))
    #expect(message(hessian(at: different, of: lowest)) == "")
    #expect(message(hessian(at: equal) { $0.symmetricEigen.values.sum() }) == "")
    let ones = Tensor<Double>.ones([2, 2])
    #expect(
      message(hessian(at: ones) { $0.pseudoInverse.sum() }).contains("a matrix of shape [2, 2] has a smaller rank here")
    )
    #expect(
      message(hessian(at: ones) { leastSquares($0, [1, 2]).sum() }).contains("pinv, lstsq: a matrix of shape [2, 2]"))
    #expect(message(hessian(at: Tensor<Double>([1, 2])) { leastSquares(ones, $0).sum() }) == "")
    let both = Tensor.stack([equal, different])
    let h = hessian(both.symmetricEigen.values[..., 0], both, batchAxis: 0)[...]
    #expect(h[0].scalars.contains { $0.isNaN } && h[1].isClose(to: hessian(at: different, of: lowest)[...]))
  }
}
