import SparseStructure
import TensorGraph
import TestSupport
import Testing

/// Functions whose patterns are known.
@Suite("Patterns of known functions") struct DependencyExampleTests {
  private func input(_ shape: [Int], seed: UInt64 = 1) -> Tensor<Double> {
    var generator = RepeatableGenerator(seed: seed)
    return Tensor(generator.reals(shape.reduce(1, *), in: 0.5...2), shape: shape)
  }

  private func rosenbrock(_ x: Tensor<Double>) -> Tensor<Double> {
    (100 * square(x[1...] - square(x[..<(-1)])) + square(1 - x[..<(-1)])).sum()
  }

  private func hessian(_ y: Tensor<Double>, _ x: Tensor<Double>) throws -> SparsityPattern {
    try SparsityPattern.hessian(of: y.node, in: x.node)
  }

  @Test("Chained Rosenbrock: tridiagonal, at any length")
  func chainedRosenbrock() throws {
    for count in [2, 3, 10, 1_000_000] {
      let x = input([count])
      #expect(try hessian(rosenbrock(x), x) == .banded(count, bandwidth: 1))
    }
  }

  @Test("Arrow: the first element meets all others") func arrow() throws {
    for count in [4, 100_000] {
      let x = input([count])
      let y = (square(x[1...]) * x[0]).sum() + exp(x[0])
      let pattern = try hessian(y, x)
      #expect(pattern.nonzeroCount == 3 * count - 2)
      #expect(pattern.coordinates.allSatisfy { $0.row == 0 || $0.column == 0 || $0.row == $0.column })
      #expect(try pattern.coloring(for: .symmetric(.direct)).colorCount == 2)
    }
  }

  @Test("Energy of a grid: the five-point stencil, or the diagonal if terms are linear")
  func gridEnergy() throws {
    let (height, width) = (7, 5)
    let x = input([height, width])
    let energy = square(x[1..., ...] - x[..<(-1), ...]).sum() + square(x[..., 1...] - x[..., ..<(-1)]).sum()
    let pattern = try hessian(energy, x)
    #expect(
      pattern
        == SparsityPattern(rowCount: 35, columnCount: 35) { i, j in
          abs(i / width - j / width) + abs(i % width - j % width) <= 1
        })
    #expect(try hessian(exp(x).sum() + 3 * x.sum(), x) == .diagonal(35))
    #expect(try hessian(3 * x.sum() + x[0, 0] - floor(x).sum(), x).nonzeroCount == 0)
  }

  @Test("Brusselator: each quantity with its neighbours, round the edges, and with the other at its place")
  func brusselator() throws {
    let n = 6
    let state = input([2, n, n])
    let (u, v) = (state[0], state[1])
    func laplacian(_ w: Tensor<Double>) -> Tensor<Double> {
      w.rolled(by: 1, axis: 0) + w.rolled(by: -1, axis: 0) + w.rolled(by: 1, axis: 1) + w.rolled(by: -1, axis: 1) - 4
        * w
    }
    let du = 1 + square(u) * v - 4.4 * u + 0.02 * laplacian(u)
    let dv = 3.4 * u - square(u) * v + 0.02 * laplacian(v)
    let pattern = try SparsityPattern.jacobian(of: [Tensor.stack([du, dv]).node], in: state.node)
    func distance(_ a: Int, _ b: Int) -> Int { min(abs(a - b), n - abs(a - b)) }
    let expected = SparsityPattern(rowCount: 2 * n * n, columnCount: 2 * n * n) { i, j in
      let (p, q) = (i % (n * n), j % (n * n))
      let steps = distance(p / n, q / n) + distance(p % n, q % n)
      return i / (n * n) == j / (n * n) ? steps <= 1 : steps == 0
    }
    #expect(pattern == expected)
    #expect(pattern.nonzeroCount == 6 * 2 * n * n)
  }

  @Test("Known indices are used, unknown ones may be any") func indices() throws {
    let x = input([5])
    let known = Tensor<Int64>([3, 0, 3])
    let gathered = x.gathered(at: known).node
    #expect(
      try SparsityPattern.jacobian(of: [gathered], in: x.node)
        == SparsityPattern(columnCount: 5, rows: [[3], [0], [3]]))
    let added = Tensor<Double>.zeros([4]).scatterAdding(square(x[..<3]), at: known).node
    #expect(
      try SparsityPattern.jacobian(of: [added], in: x.node)
        == SparsityPattern(columnCount: 5, rows: [[1], [], [], [0, 2]]))
    // The order depends on x, so globally each result may be any element; at the point it is one.
    let sorted = x.sorted(axis: 0).node
    #expect(try SparsityPattern.jacobian(of: [sorted], in: x.node) == .dense(rowCount: 5, columnCount: 5))
    let local = try SparsityPattern.jacobian(of: [sorted], in: x.node, at: DependencyTests.local)
    #expect(local.nonzeroCount == 5 && local.transposed().largestRowCount == 1)
    let argument = Node(.input([2], .int64))
    let unknown = x.node.gathered(argument, axis: 0)
    #expect(try SparsityPattern.jacobian(of: [unknown], in: x.node) == .dense(rowCount: 2, columnCount: 5))
  }

  @Test("Branches: both globally, the taken one locally") func branches() throws {
    let x = Tensor<Double>([1, 5, 2, 4])
    let reversed = x.flipped()
    let larger = max(square(x), square(reversed)).node
    let both = try SparsityPattern(columnCount: 4, rows: [[0, 3], [1, 2], [1, 2], [0, 3]])
    #expect(try SparsityPattern.jacobian(of: [larger], in: x.node) == both)
    let taken = try SparsityPattern(columnCount: 4, rows: [[3], [1], [1], [3]])
    #expect(try SparsityPattern.jacobian(of: [larger], in: x.node, at: DependencyTests.local) == taken)
    let largest = x.max().node
    #expect(try SparsityPattern.jacobian(of: [largest], in: x.node) == .dense(rowCount: 1, columnCount: 4))
    #expect(
      try SparsityPattern.jacobian(of: [largest], in: x.node, at: DependencyTests.local)
        == SparsityPattern(columnCount: 4, rows: [[1]]))
    #expect(
      try SparsityPattern.hessian(of: square(x).max().node, in: x.node, at: DependencyTests.local).nonzeroCount == 1)
  }

  @Test("Triangles and given zeros of constant matrices") func constantMatrices() throws {
    let a = input([4, 4], seed: 3)
    let x = input([4])
    // Where a triangle is cut off, no value of the matrix matters.
    let solve = (a.lowerTriangle() * x).node
    #expect(try SparsityPattern.jacobian(of: [solve], in: x.node).nonzeroCount == 10)
    let diagonal = matmul(a[0].diagonalMatrix(), x).node
    #expect(try SparsityPattern.jacobian(of: [diagonal], in: x.node) == .diagonal(4))
    let band = matmul(a.lowerTriangle(offset: 1).upperTriangle(offset: -1), x).node
    #expect(try SparsityPattern.jacobian(of: [band], in: x.node) == .banded(4, bandwidth: 1))
    let sparse = Tensor<Double>([[1, 0, 0], [0, 0, 2], [0, 0, 0], [3, 4, 0]])
    let product = matmul(sparse, x[..<3]).node
    // The matrix could be another one, but for the local pattern.
    #expect(try SparsityPattern.jacobian(of: [product], in: x.node).nonzeroCount == 12)
    #expect(
      try SparsityPattern.jacobian(of: [product], in: x.node, at: DependencyTests.local)
        == SparsityPattern(columnCount: 4, rows: [[0], [2], [], [0, 1]]))
    let eye = matmul(Tensor<Double>.eye(4), square(x)).node
    #expect(try SparsityPattern.jacobian(of: [eye], in: x.node) == .diagonal(4))
  }

  @Test("Products: an output depends on its row and its column") func products() throws {
    let a = input([2, 3])
    let product = matmul(a, a.transposed()).node
    let pattern = try SparsityPattern.jacobian(of: [product], in: a.node)
    #expect(
      pattern == SparsityPattern(rowCount: 4, columnCount: 6) { i, j in j / 3 == i / 2 || j / 3 == i % 2 })
    let running = a.cumulativeSum(axis: 1).node
    #expect(
      try SparsityPattern.jacobian(of: [running], in: a.node)
        == SparsityPattern(rowCount: 6, columnCount: 6) { i, j in i / 3 == j / 3 && j <= i })
    // Least squares is dense within each residual, and rows of a batch stay apart.
    let batch = square(matmul(input([4, 1]), a[0..<1, ...])).sum()
    #expect(try hessian(batch, a).nonzeroCount == 3)
  }

  @Test("Running sums of many elements take ranges, not lists") func longRunningSums() throws {
    let x = input([100_000])
    let dependencies = try Dependencies(of: [x.cumulativeSum(axis: 0).node], in: x.node, budget: 0)
    #expect(dependencies.nonzeroCount == 100_000 * 100_001 / 2)
    #expect(dependencies.contains(row: 700, column: 700) && !dependencies.contains(row: 700, column: 701))
  }

  @Test("Why: the operation in which two elements meet") func explanations() throws {
    let x = input([5])
    let y = (sin(x).sum() + exp(x[1] * x[3])).node
    let gradient = try #require(gradient(of: y, to: [x.node])[0])
    let dependencies = try Dependencies(of: [gradient], in: x.node)
    let path = try #require(dependencies.why(row: 1, column: 3))
    #expect(path.meeting?.primitive.name == "multiply", "\(path)")
    #expect("\(path)".contains("met in multiply of shape []") && "\(path)".hasSuffix("input [3]"))
    #expect(dependencies.why(row: 1, column: 2) == nil)
    #expect(try #require(dependencies.why(row: 2, column: 2)).meeting == nil)
  }

  /// Orders and places along an axis are those of its slice, though nobody knows them.
  @Test("Order statistics keep slices apart", arguments: [0, 1, 2]) func orders(axis: Int) throws {
    let x = Tensor<Double>((0..<24).map { Double($0 * 7 % 24) }, shape: [2, 3, 4])
    let extent = x.shape[axis]
    let stride = x.node.shape.strides[axis]
    func slice(_ element: Int) -> Int { element / (stride * extent) * stride + element % stride }
    let place = (x.sum(axes: [axis], keepingAxes: true) .> 0).cast(to: Int64.self)
    let results: [(name: String, value: Tensor<Double>)] = [
      ("sorted", x.sorted(axis: axis)), ("top", x.top(extent - 1, axis: axis).values),
      ("median", x.median(axes: [axis], keepingAxes: true)), ("taking", x.taking(along: axis, indices: place)),
      ("adding", x.adding(square(x.sum(axes: [axis], keepingAxes: true)), along: axis, indices: place)),
    ]
    for (name, value) in results {
      let ownStride = value.node.shape.strides[axis]
      func ownSlice(_ element: Int) -> Int {
        element / (ownStride * value.shape[axis]) * ownStride + element % ownStride
      }
      let pattern = try SparsityPattern.jacobian(of: [value.node], in: x.node)
      let slices = SparsityPattern(rowCount: value.count, columnCount: x.count) { ownSlice($0) == slice($1) }
      #expect(pattern == slices, "\(name)")
    }
  }
}
