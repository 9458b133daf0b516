import Curvature
import Testing
import TestSupport

/// How `hessian` and `jacobian` are called, and the shapes they give.
@Suite struct CallAndShapeTests {
  private func cube(_ x: Tensor<Double>) -> Tensor<Double> { (x * x * x).sum() }

  private func point(_ shape: [Int], seed: UInt64 = 3) -> Tensor<Double> {
    var generator = SeededGenerator(seed: seed)
    return .randn(shape, using: &generator)
  }

  @Test("Matrices are made from tensors and from a function")
  func bothForms() {
    let x = point([3])
    let fromTensors = hessian(cube(x), x)
    let fromFunction = hessian(at: x, of: cube)
    #expect(fromTensors[...] == fromFunction[...])
    let (value, slope, curvature) = valueGradientHessian(at: x, of: cube)
    #expect(value == cube(x) && slope == gradient(at: x, of: cube) && curvature[...] == fromTensors[...])
    #expect(jacobian(at: x) { $0 * $0 }[...].isClose(to: (2 * x).diagonalMatrix()))
    #expect(hessian(at: point([2, 3]), batchAxis: 0) { ($0 * $0).sum(axes: [1]) }.shape == [2, 3, 3])
  }

  @Test("A function has one element, under any rank", arguments: [[], [1], [1, 1], [1, 1, 1]])
  func oneElement(_ shape: [Int]) {
    let x = point([3])
    #expect(hessian(cube(x).reshaped(to: shape), x)[...].isClose(to: (6 * x).diagonalMatrix()))
  }

  @Test("A function of more elements is refused, with what to do")
  func moreElements() {
    let x = point([3])
    let error = #expect(throws: TensorError.self) { try Hessian(of: x * x, withRespectTo: x) }
    #expect(
      error?.message
        == "hessian: ys has shape [3], which is 3 elements; a Hessian has one: sum ys, or use jacobian, or name the "
        + "batchAxis along which ys has one element a slice")
    #expect(throws: TensorError.self) { try Hessian(of: Tensor<Double>([]), withRespectTo: x) }
  }

  @Test("Variables of shape [], [1] and [N]")
  func vectors() {
    for shape in [[], [1], [4]] {
      let x = point(shape)
      let H = hessian(cube(x), x)
      #expect(H.shape == shape + shape && H[...].shape == shape + shape)
      let diagonal = H[...].reshaped(to: [x.count, x.count]).diagonal()
      #expect(diagonal.isClose(to: (6 * x).reshaped(to: [x.count])))
    }
  }

  @Test("A variable of any shape S gives S + S", arguments: [[2, 3], [2, 1, 3], [1, 2, 2, 1]])
  func anyRank(_ shape: [Int]) {
    let x = point(shape)
    let flat = x.flattened()
    let H = hessian(exp(x.sum()) + cube(x), x)
    #expect(H.shape == shape + shape)
    let expected = hessian(exp(flat.sum()) + cube(flat), flat)[...].reshaped(to: shape + shape)
    #expect(H[...].isClose(to: expected, relative: 1e-12))
  }

  @Test("The first axis as the batch", arguments: [[4], [4, 1], [4, 3], [4, 2, 3], [1, 3], [1]])
  func batched(_ shape: [Int]) {
    let x = point(shape)
    let inner = Array(shape.dropFirst())
    let axes = Array(1..<shape.count)
    for ysShape in [[shape[0]], [shape[0], 1], [shape[0], 1, 1]] {
      let ys = (exp(x.sum(axes: axes)) + (x * x * x).sum(axes: axes)).reshaped(to: ysShape)
      let H = hessian(ys, x, batchAxis: 0)
      #expect(H.shape == [shape[0]] + inner + inner)
      for b in 0..<shape[0] {
        let slice = Tensor(x[b].scalars, shape: inner)
        let expected = hessian(exp(slice.sum()) + cube(slice), slice)[...]
        #expect(H[b].isClose(to: expected, relative: 1e-12), "slice \(b) of \(shape)")
      }
    }
  }

  @Test("Empty batches and empty slices give empty results")
  func empty() {
    let noSlices = Tensor<Double>.zeros([0, 3])
    let H = hessian((noSlices * noSlices).sum(axes: [1]), noSlices, batchAxis: 0)
    #expect(H.shape == [0, 3, 3] && H[...].shape == [0, 3, 3] && H[..., 1].shape == [0, 3])
    let noElements = Tensor<Double>.zeros([4, 0])
    #expect(hessian(noElements.sum(axes: [1]), noElements, batchAxis: 0)[...].shape == [4, 0, 0])
    let nothing = Tensor<Double>.zeros([0])
    #expect(hessian(nothing.sum(), nothing)[...].shape == [0, 0])
    #expect(hessian(nothing.sum(), nothing).diagonal.shape == [0])
    #expect(jacobian(nothing, point([2]))[...].shape == [0, 2])
    #expect(jacobian(noSlices, noSlices, batchAxis: 0)[...].shape == [0, 3, 3])
  }

  @Test("Any batch axis; the batch comes first in the result", arguments: [0, 1, 2, -1, -2, -3])
  func anyBatchAxis(_ axis: Int) {
    let x = point([2, 3, 4])
    let place = axis < 0 ? axis + 3 : axis
    let others = [0, 1, 2].filter { $0 != place }
    let ys = exp(x.sum(axes: others)) + (x * x * x).sum(axes: others)
    let H = hessian(ys, x, batchAxis: axis)
    let inner = others.map { x.shape[$0] }
    #expect(H.shape == [x.shape[place]] + inner + inner)
    let front = Tensor(x.movingAxis(place, to: 0).scalars, shape: [x.shape[place]] + inner)
    let expected = hessian(
      exp(front.sum(axes: [1, 2])) + (front * front * front).sum(axes: [1, 2]), front, batchAxis: 0)
    #expect(H[...].isClose(to: expected[...], relative: 1e-12))
  }

  @Test("A wrong axis and unequal batches are refused")
  func wrongBatch() {
    let x = point([2, 3])
    let ys = (x * x).sum(axes: [1])
    let outside = #expect(throws: TensorError.self) { try Hessian(of: ys, withRespectTo: x, batchAxis: 2) }
    #expect(outside?.message == "hessian: batchAxis: axis 2 is outside a tensor of rank 2; use -2 to 1")
    let unequal = #expect(throws: TensorError.self) { try Hessian(of: ys, withRespectTo: x, batchAxis: 1) }
    #expect(
      unequal?.message
        == "hessian: xs has shape [2, 3] and so 3 slices along axis 1, ys has shape [2]; ys must have one element a "
        + "slice, such as [3]")
    #expect(throws: TensorError.self) { try Hessian(of: Tensor<Double>(1), withRespectTo: Tensor(2), batchAxis: 0) }
    let sizes = #expect(throws: TensorError.self) { try Jacobian(of: point([3, 2]), withRespectTo: x, batchAxis: 0) }
    #expect(
      sizes?.message
        == "jacobian: along batchAxis 0 ys of shape [3, 2] has 3 slices and xs of shape [2, 3] has 2; make them equal")
  }

  @Test("Rows that depend on each other are refused, naming the operation")
  func coupledRows() {
    let x = point([3, 2])
    let total = x.sum()
    let error = #expect(throws: TensorError.self) {
      try Hessian(of: (total * total).broadcast(to: [3]), withRespectTo: x, batchAxis: 0)
    }
    #expect(
      error?.message
        == "batchAxis 0: sum of shapes [[3, 2]] mixes the slices of the batch, so slice b of ys depends on other slices "
        + "of xs; keep the slices apart, or leave batchAxis out")
    let flipped = #expect(throws: TensorError.self) {
      try Hessian(of: (x * x).sum(axes: [1]).flipped(), withRespectTo: x, batchAxis: 0)
    }
    #expect(
      flipped?.message
        == "batchAxis 0: slice of shapes [[3]] reorders the slices of the batch, so slice 0 of ys depends on slice 2 of "
        + "xs; keep their order")
    #expect(throws: TensorError.self) { try Jacobian(of: x.cumulativeSum(axis: 0), withRespectTo: x, batchAxis: 0) }
    #expect(throws: TensorError.self) { try Jacobian(of: x.softmax(axis: 0), withRespectTo: x, batchAxis: 0) }
    let square = point([3, 3])
    let transposed = #expect(throws: TensorError.self) {
      try Jacobian(of: square.transposed(), withRespectTo: square, batchAxis: 0)
    }
    #expect(
      transposed?.message
        == "batchAxis 0: the slices of xs arrive along axis 1 of ys, whose shape is [3, 3], not along axis 0; "
        + "transpose ys")
  }

  @Test("Rows that only seem to depend on each other are allowed")
  func apartAfterAll() throws {
    let x = point([3, 4])
    let plain = hessian((x * x * x).sum(axes: [1]), x, batchAxis: 0)[...]
    let y = x * x * x
    let flat = y.reshaped(to: [12])
    let ways: [(String, Tensor<Double>)] = [
      ("a reshape across the batch and back", flat.reshaped(to: [2, 6]).reshaped(to: [3, 4]).sum(axes: [1])),
      ("a flip and a flip back", y.flipped(axes: [0]).sum(axes: [1]).flipped()),
      ("a roll and a roll back", y.rolled(by: 1, axis: 0).rolled(by: -1, axis: 0).sum(axes: [1])),
      ("rows taken apart and stacked", Tensor.stack([y[0].sum(), y[1].sum(), y[2].sum()])),
      ("a gather of all rows in order", y.gathered(at: Tensor<Int64>([0, 1, 2]), axis: 0).sum(axes: [1])),
      (
        "a scatter to the own row",
        Tensor<Double>.zeros([3, 4]).scatterAdding(y, at: Tensor<Int64>([0, 1, 2])).sum(axes: [1])
      ),
      ("other rows as constants", (y + 0 * x.stoppingGradient().sum()).sum(axes: [1])),
      ("other rows through a step function", (y + 0 * floor(x.sum())).sum(axes: [1])),
      ("the diagonal of all pairs", einsum("ij,kj->ik", y, Tensor<Double>.ones([3, 4])).diagonal()),
    ]
    for (name, ys) in ways {
      let H = try Hessian(of: ys, withRespectTo: x, batchAxis: 0)
      #expect(H[...].isClose(to: plain, relative: 1e-12, absolute: 1e-12), "\(name)")
    }
  }

  @Test("Blocks of tuples, arrays and lists, both spellings")
  func blocks() {
    let (a, b) = (point([3], seed: 1), point([4], seed: 2))
    let y = exp(a.sum() * b.sum())
    for H in [hessian(y, (a, b)), hessian(y, [a, b]), hessian(y, a, b)] {
      #expect(H.count == 2 && H[0].count == 2)
      #expect(H[0][1].shape == [3, 4] && H[1, 0].shape == [4, 3] && H[-1, -1].shape == [4, 4])
      #expect(H[0, 1][...] == H[1][0][...].transposed())
    }
    let all = Tensor.concatenate([a, b])
    let joint = Tensor(all.scalars)
    let whole = hessian(exp(joint[..<3].sum() * joint[3...].sum()), joint)[...]
    #expect(hessian(y, a, b)[0, 1][...].isClose(to: whole[..<3, 3...], relative: 1e-12))
  }

  @Test("A 0-D member drops its axis; one element gives 1 × 1; the same tensor twice")
  func specialMembers() {
    let (a, s) = (point([3]), Tensor<Double>(2))
    let y = s * s * (a * a).sum()
    let H = hessian(y, (a, s))
    #expect(H[0, 1].shape == [3] && H[1, 0].shape == [3] && H[1, 1].shape == [])
    #expect(H[0, 1][...].isClose(to: 8 * a) && H[1, 1].item() == 2 * (a * a).sum().item())
    let single = hessian(y, [a])
    #expect(single.count == 1 && single[0, 0][...] == hessian(y, a)[...])
    let twice = hessian(y, [a, a])
    #expect(twice[0, 1][...] == twice[1, 1][...] && twice[0, 1][0, 0].item() == 8)
    let batch = point([5, 3])
    let weights = point([5])
    let both = hessian((batch * batch).sum(axes: [1]) * weights, (batch, weights), batchAxis: 0)
    #expect(both[0, 0].shape == [5, 3, 3] && both[0, 1].shape == [5, 3] && both[1, 1].shape == [5])
    #expect(both[1, 0][...].isClose(to: 2 * batch))
  }

  @Test("Tuples of up to six tensors of different ranks")
  func sixMembers() {
    let x = [[], [1], [2], [1, 2], [2, 1, 1], [3]].map { point($0) }
    let y = exp(x.map { $0.sum() }.reduce(Tensor(0)) { $0 + $1 })
    let tuples = [
      hessian(y, (x[0], x[1])), hessian(y, (x[0], x[1], x[2])), hessian(y, (x[0], x[1], x[2], x[3])),
      hessian(y, (x[0], x[1], x[2], x[3], x[4])), hessian(y, (x[0], x[1], x[2], x[3], x[4], x[5])),
    ]
    for (count, H) in zip(2..., tuples) {
      #expect(H.count == count)
      for (i, j) in [(0, count - 1), (count - 1, 1), (count - 1, count - 1)] {
        #expect(H[i, j].shape == x[i].shape + x[j].shape)
        #expect(H[i, j][...].isClose(to: y.broadcast(to: H[i, j].shape), relative: 1e-12))
      }
    }
    #expect(jacobian(x[5], (x[0], x[1], x[2], x[3], x[4], x[5])).map(\.shape).last == [3, 3])
    #expect(jacobian(x[5], (x[0], x[1], x[2], x[3], x[4])).count == 5)
    #expect(jacobian(x[5], (x[0], x[1], x[2], x[3])).count == 4 && jacobian(x[5], (x[0], x[1], x[2])).count == 3)
    #expect(jacobian(x[5], (x[0], x[1])).count == 2)
  }

  @Test("The Jacobian of one or several ys in one or several xs")
  func jacobians() {
    let (a, s) = (point([3]), Tensor<Double>(2))
    let (u, v) = (outer(a, a) * s, (a * a).sum() * s)
    #expect(jacobian(u, a).shape == [3, 3, 3] && jacobian(v, a).shape == [3] && jacobian(v, s).shape == [])
    #expect(jacobian(a * s, s).shape == [3] && jacobian(a * s, s)[...].isClose(to: a))
    #expect(jacobian(u, [a, s]).map(\.shape) == [[3, 3, 3], [3, 3]])
    #expect(jacobian([u, v], a).map(\.shape) == [[3, 3, 3], [3]])
    let J = jacobian([u, v], [a, s])
    #expect(J[0, 1].shape == [3, 3] && J[1][0].shape == [3] && J[1, 1].shape == [])
    #expect(J[1, 0][...].isClose(to: 4 * a) && J[0][1][...].isClose(to: outer(a, a)))
  }

  @Test("Batched Jacobians")
  func batchedJacobians() {
    let x = point([5, 3])
    let J = jacobian(x[.all, ..<2] * x[.all, 1...], x, batchAxis: 0)
    #expect(J.shape == [5, 2, 3])
    for b in 0..<5 {
      let row = Tensor(x[b].scalars)
      #expect(J[b].isClose(to: jacobian(row[..<2] * row[1...], row)[...]))
    }
    let flat = jacobian((x * x).sum(axes: [1]), x, batchAxis: 0)
    #expect(flat.shape == [5, 3] && flat[...].shape == [5, 3] && flat[...].isClose(to: 2 * x))
    let turned = Tensor(x.transposed().scalars, shape: [3, 5])
    #expect(jacobian(turned * turned, turned, batchAxis: -1)[4].isClose(to: (2 * x[4]).diagonalMatrix()))
  }

  @Test("The shape costs nothing, and a Hessian offers what a Jacobian does")
  func shapeIsFree() {
    let x = point([100, 10])
    let H = hessian(cube(x), x)
    let J = jacobian(x * x, x)
    #expect(H.shape == [100, 10, 100, 10] && J.shape == H.shape && H.scalarType == .float64)
    #expect(H.productsEvaluated == 0 && J.productsEvaluated == 0)
    func use<Matrix: DerivativeMatrix>(_ matrix: Matrix) -> [[Int]] where Matrix.Scalar == Double {
      [matrix.shape, matrix[0, 0, 0].shape, matrix.product(.ones([100, 10])).shape]
    }
    #expect(use(H) == use(J) && use(H) == [[100, 10, 100, 10], [10], [100, 10]])
  }
}
