import Curvature
import Foundation
import SparseStructure
import TensorGraph
import TestSupport
import Testing

/// Sparse matrices of derivatives: found by themselves, cheap, and equal to the dense ones.
@Suite struct SparseDerivativeTests {
  static func input(_ shape: [Int], seed: UInt64 = 1) -> Tensor<Double> {
    var generator = RepeatableGenerator(seed: seed)
    return Tensor(generator.reals(shape.reduce(1, *), in: 0.5...2), shape: shape)
  }

  /// A symmetric problem, its number of elements, the products that its Hessian takes, and how its entries are found.
  struct Problem: Sendable, CustomStringConvertible {
    let description: String
    let shape: [Int]
    let products: Int
    var method = EvaluationMethod.terms
    let f: @Sendable (Tensor<Double>) -> Tensor<Double>
  }

  static let problems = [
    Problem(description: "chained Rosenbrock", shape: [1000], products: 3) { SparseProblems.rosenbrock($0) },
    Problem(description: "arrow", shape: [400], products: 2) { SparseProblems.arrow($0) },
    Problem(description: "blocks of 4", shape: [400], products: 4) { SparseProblems.blocks($0, size: 4) },
    Problem(description: "grid energy", shape: [20, 15], products: 5) { SparseProblems.gridEnergy($0) },
    Problem(description: "likelihood", shape: [92], products: 5, method: .colors) { SparseProblems.likelihood($0) },
    Problem(description: "one by one", shape: [300], products: 1) { sin($0).sum() },
    Problem(description: "linear", shape: [50], products: 0, method: .colors) { 3 * $0.sum() },
  ]

  @Test("A Hessian costs one product for each colour", arguments: problems)
  func hessians(_ problem: Problem) throws {
    let x = Self.input(problem.shape)
    let H = hessian(problem.f(x), x)
    let pattern = H.pattern
    #expect(H.productsEvaluated == 0)
    // Groups are chosen unless a plan has found terms for the same structure earlier in the process.
    if problem.method == .colors { H.evaluationMethod = .colors }
    #expect(H.evaluationMethod == problem.method)
    let sparse = try H.sparse()
    #expect(H.productsEvaluated == problem.products, "\(H.coloring)")
    #expect(sparse.pattern == pattern)
    // Once computed it serves every index.
    let whole = H[...]
    #expect(H.productsEvaluated == problem.products)
    let reference = Self.columns(gradient(problem.f(x), x), x)
    #expect(Self.agrees(whole.scalars, reference, x.count, ulps: problem.method == .terms ? 8 : 1))
    #expect(sparse.dense() == whole.scalars)
    // Structure is exact: every entry of the pattern is other than zero at a random point, and no other.
    let exact = SparseMatrix(dense: reference, rowCount: x.count, columnCount: x.count).pattern
    #expect(exact == pattern)
  }

  @Test("Reading an entry or a row computes only the groups that it needs") func lazily() {
    let x = Self.input([1000])
    let H = hessian(SparseProblems.rosenbrock(x), x)
    _ = H.pattern
    let entry = H[500, 501]
    #expect(H.productsEvaluated == 1)
    #expect(H[501, 500] == entry && H[10, 900].item() == 0 && H.productsEvaluated == 1)
    _ = H[7]
    #expect(H.productsEvaluated <= 3)
    _ = (H[...], H.diagonal, H[100..<300, 150...], H.trace)
    #expect(H.productsEvaluated <= 4)
    #expect(H.cachedByteCount <= 2 * H.pattern.nonzeroCount * 8)
    H.removeCachedValues()
    #expect(H.cachedByteCount == 0 && H[501, 500] == entry)
  }

  @Test("A large read finds the structure without being asked; a small one does not look for it")
  func byItself() {
    let x = Self.input([20_000])
    let H = hessian(SparseProblems.rosenbrock(x), x)
    _ = H[3]
    #expect(H.productsEvaluated == 1)
    let block = H[..<200, ..<200]
    #expect(H.productsEvaluated <= 4)
    #expect(block[3, 4] == H[3, 4] && block[3, 4].item() != 0 && block[5, 50].item() == 0)
  }

  @Test("Structure is found once for one expression, whatever its data; indices and masks are no data")
  func structureIsShared() throws {
    func chosen(_ x: Tensor<Double>, _ indices: [Int64], _ mask: [Bool], _ scale: Double) -> Hessian<Double> {
      let picked = x.gathered(at: Tensor(indices))
      let product = Tensor([scale, 1, 2, 0]) * picked * x[..<4]
      return hessian(`where`(Tensor(mask), product, sin(picked)).sum(), x)
    }
    let mask = [true, true, false, true]
    let first = chosen(Self.input([9]), [4, 5, 6, 7], mask, 1)
    let pattern = first.pattern
    let again = chosen(Self.input([9], seed: 2), [4, 5, 6, 7], mask, 0)
    #expect(again.sharesStructure(with: first))
    #expect(try again.sparse().pattern == pattern)
    let other = chosen(Self.input([9]), [4, 5, 6, 8], mask, 1)
    #expect(!other.sharesStructure(with: first) && other.pattern != pattern)
    let masked = chosen(Self.input([9]), [4, 5, 6, 7], [true, true, true, true], 1)
    #expect(!masked.sharesStructure(with: first) && masked.pattern != pattern)
    // What has been computed may have zeros that are in nobody's key.
    let ones = Tensor<Double>.ones([3, 3])
    for matrix in [ones.lowerTriangle(), ones.upperTriangle()] {
      _ = matrix.scalars
      let x = Self.input([3])
      let h = hessian(square(matmul(matrix, x) * x).sum(), x)
      let dense = SparseMatrix(
        dense: Self.columns(gradient(square(matmul(matrix, x) * x).sum(), x), x), rowCount: 3, columnCount: 3)
      #expect(h.pattern == dense.pattern)
    }
  }

  @Test("Jacobians: Brusselator and collocation") func jacobians() throws {
    let state = Self.input([2, 8, 8])
    let times = Self.input([60, 3])
    for (name, y, x, products) in [
      ("Brusselator", SparseProblems.brusselator(state), state, 10),
      ("collocation", SparseProblems.collocation(times), times, 4),
    ] {
      let J = jacobian(y, x)
      J.evaluationMethod = .colors
      let sparse = try J.sparse()
      #expect(J.productsEvaluated == products && J.coloring.colorCount == products, "\(name): \(J.coloring)")
      let expected = Self.columns(y, x)
      #expect(isWithinOneUlp(sparse.dense(), expected), "\(name)")
      #expect(SparseMatrix(dense: expected, rowCount: y.count, columnCount: x.count).pattern == J.pattern, "\(name)")
      #expect(isWithinOneUlp(J[...].scalars, expected))
    }
  }

  private struct Finding: Decodable {
    let name: String
    let nonzeros: Int
    let colors: Int
  }

  @Test("The entries that another system finds, and no more colours") func againstAnotherSystem() throws {
    let file = ReferenceFiles.url("sparse_structure.json")
    let findings = try JSONDecoder().decode([Finding].self, from: Data(contentsOf: file))
    let (state, times) = (Self.input([2, 8, 8]), Self.input([60, 3]))
    for finding in findings {
      let (coloring, colors): (Coloring, Int)
      switch finding.name {
      case "Brusselator": (coloring, colors) = (jacobian(SparseProblems.brusselator(state), state).coloring, 10)
      case "collocation": (coloring, colors) = (jacobian(SparseProblems.collocation(times), times).coloring, 4)
      default:
        let problem = try #require(Self.problems.first { $0.description == finding.name })
        let x = Self.input(problem.shape)
        (coloring, colors) = (hessian(problem.f(x), x).coloring, problem.products)
      }
      #expect(coloring.pattern.nonzeroCount == finding.nonzeros, "\(finding.name)")
      #expect(coloring.colorCount == colors && colors <= finding.colors, "\(finding.name): \(coloring)")
    }
    #expect(findings.count == 7)
  }

  @Test("200 random sparse programs: sparse equals dense", arguments: 0..<200)
  func randomPrograms(_ seed: Int) throws {
    let x = Self.input([12 + seed % 30], seed: UInt64(seed) &+ 3)
    func fresh() -> Hessian<Double> {
      let H = hessian(SparseProblems.random(x, seed: UInt64(seed)), x)
      H.evaluationMethod = .colors
      return H
    }
    let n = x.count
    let slope = gradient(SparseProblems.random(x, seed: UInt64(seed)), x)
    let expected = Self.columns(slope, x)
    let H = fresh()
    #expect(Self.agrees(try H.sparse().dense(), expected, n))
    #expect(H.productsEvaluated == H.coloring.colorCount && H.productsEvaluated <= n)
    let whole = H[...]
    #expect(Self.agrees(whole.scalars, expected, n) && whole == whole.transposed())
    // In another order, in parts.
    let parts = fresh()
    _ = (parts[(n / 2)...], parts[..., 2], parts.diagonal, parts[1, 3...])
    #expect(Self.agrees(parts[...].scalars, expected, n) && parts[...] == parts[...].transposed())
    // The gradient as a function of its own.
    let J = jacobian(slope, x)
    J.evaluationMethod = .colors
    let columns = try J.sparse().dense()
    #expect(Self.agrees(columns, expected, n))
  }

  @Test("Every index of a sparse matrix equals that of the dense one", arguments: 0..<6)
  func indices(_ seed: Int) throws {
    let x = Self.input([3, 4], seed: UInt64(seed))
    let z = Self.input([5], seed: UInt64(seed) &+ 50)
    func f() -> Tensor<Double> {
      SparseProblems.random(x.flattened(), seed: UInt64(seed)) + (x[0] * z[..<4]).sum() + square(z).sum()
    }
    for (i, j) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
      // Row by row, so that unit directions are pushed.
      let rows = hessian(f(), x, z)[i, j]
      rows.evaluationMethod = .dense
      let dense = Tensor.stack(rows.map { $0 })
      var generator = RepeatableGenerator(seed: UInt64(seed))
      for _ in 0..<12 {
        let H = hessian(f(), x, z)[i, j]
        H.evaluationMethod = .colors
        let index = generator.index(of: H.shape, outside: 0)
        let (part, expected) = (try H.read(index), try dense.read(index))
        let worst = zip(part.scalars, expected.scalars).max { abs($0.0 - $0.1) < abs($1.0 - $1.1) }
        #expect(
          part.isClose(to: expected, relative: 1e-13, absolute: 1e-14),
          "\(index) of \(H.shape): \(worst.map { "\($0)" } ?? "")")
      }
    }
  }

  @Test("A batch: one pattern and one colouring for all slices") func batches() throws {
    let x = Self.input([7, 30])
    let y = (square(x[..., 1...] - square(x[..., ..<(-1)]))).sum(axes: [1])
    let H = hessian(y, x, batchAxis: 0)
    #expect(H.pattern == .banded(30, bandwidth: 1))
    let slices = try H.sparseSlices()
    #expect(H.productsEvaluated == 3 && slices.count == 7)
    let dense = hessian(y, x, batchAxis: 0)
    dense.evaluationMethod = .dense
    let expected = dense[...]
    for b in 0..<7 { #expect(isWithinOneUlp(slices[b].dense(), expected[b].scalars)) }
    #expect(isWithinOneUlp(H[...].scalars, expected.scalars))
    // Another batch axis, and slices whose patterns differ.
    let transposed = x.transposed().detachedCopy
    let ys = sin(transposed) * Tensor.eye(30)[..., ..<7]
    let J = jacobian(ys, transposed, batchAxis: 1)
    #expect(J.pattern == SparsityPattern.diagonal(30).filtered { row, _ in row < 7 })
    #expect(isWithinOneUlp(J[...].scalars, jacobian(ys, transposed, batchAxis: 1)[...].scalars))
    #expect(throws: TensorError.self) { try H.sparse() }
  }

  @Test("Blocks of several tensors have patterns of their own") func blocks() throws {
    let (x, z) = (Self.input([40]), Self.input([40], seed: 2))
    let H = hessian((square(x) * z).sum() + SparseProblems.rosenbrock(x), x, z)
    #expect(H[0, 0].pattern == .banded(40, bandwidth: 1))
    #expect(H[0, 1].pattern == .diagonal(40) && H[1, 0].pattern == .diagonal(40))
    #expect(H[1, 1].pattern.nonzeroCount == 0)
    #expect(try H[1, 0].sparse().dense() == H[0, 1].sparse().transposed().dense())
    #expect(try H[1, 1].sparse().storedCount == 0)
    let tall = jacobian(x[3..<5] * z[0], x)
    #expect(tall.pattern.rowCount == 2 && tall.pattern.columnCount == 40 && tall.pattern.nonzeroCount == 2)
  }

  @Test("Triangles and formats") func formats() throws {
    let x = Self.input([6])
    let H = hessian(SparseProblems.rosenbrock(x), x)
    let (lower, upper, both) = try (H.sparse(triangle: .lower), H.sparse(triangle: .upper), H.sparse())
    #expect(lower.storedCount == 11 && upper.storedCount == 11 && both.storedCount == 16)
    #expect(lower.mirrored().dense() == both.dense() && upper.mirrored().dense() == both.dense())
    let columns = both.compressedColumns
    #expect(columns.offsets == [0, 2, 5, 8, 11, 14, 16] && columns.rows == both.compressedRows.columns)
    #expect(lower.matrixMarket(triangle: .lower) == upper.matrixMarket(triangle: .upper))
  }

  @Test("What was read densely before keeps its value") func mixed() {
    let x = Self.input([50])
    let H = hessian(SparseProblems.random(x, seed: 9), x)
    let row = H[7]
    let before = H.productsEvaluated
    _ = H.pattern
    H.evaluationMethod = .dense
    _ = H[8]
    let fresh = hessian(SparseProblems.random(x, seed: 9), x)
    let seventh = fresh[7]
    _ = fresh.pattern
    let whole = fresh[...]
    #expect(before == 1 && whole[7] == seventh && row == seventh)
  }

  @Test("Why: the operation by name, in both directions") func why() {
    let x = Self.input([5])
    let H = hessian(sin(x).sum() + exp(x[1] * x[3]), x)
    #expect(H.why(1, 3).meeting?.operation == "multiply" && H.why(3, 1).description.contains("met in multiply"))
    #expect(H.why(1, 3).steps.last?.index == [3] && H.why(1, 3).steps.last?.shape == [5])
    #expect(H.why(-1, 0).isZero && H.why(-1, 0).meeting == nil)
    #expect("\(H.why(-1, 0))" == "entry (4, 0) is zero at every point: no operation connects the two elements")
    let J = jacobian(x.cumulativeSum(axis: 0), x)
    #expect(J.why(3, 1).steps.contains { $0.operation == "cumulativeSum" })
    #expect(J.why(1, 3).isZero && J.why(1, 3).steps.isEmpty)
  }

  @Test("The pattern at the point is smaller where branches are not taken") func local() {
    let x = Tensor<Double>([1, -2, 3, -4])
    let y = `where`(x .> 0, square(x), x).sum() + x[0] * max(x[1], x[2])
    let H = hessian(y, x)
    #expect(H.pattern.nonzeroCount == 4 + 4)
    #expect(H.localPattern.nonzeroCount == 2 + 2)
  }

  /// The Jacobian column by column, with unit directions.
  static func columns(_ y: Tensor<Double>, _ x: Tensor<Double>) -> [Double] {
    let columns = (0..<x.count).map { j in
      let unit = Tensor((0..<x.count).map { $0 == j ? 1.0 : 0 }, shape: x.shape)
      return pushforward(y, x, tangent: unit).scalars
    }
    return (0..<y.count).flatMap { i in columns.map { $0[i] } }
  }

  /// Whether each entry is within one unit of the last place of one of the two products that give it in a symmetric
  /// matrix: that with its column's unit direction, and that with its row's.
  /// Terms are added up in an order of their own, products as the reference's.
  static func agrees(_ entries: [Double], _ reference: [Double], _ size: Int, ulps: Double = 1) -> Bool {
    entries.count == size * size
      && entries.indices.allSatisfy { k in
        [reference[k], reference[k % size * size + k / size]].contains {
          $0 == entries[k] || abs($0 - entries[k]) <= ulps * max($0.ulp, entries[k].ulp)
        }
      }
  }

  private func isWithinOneUlp(_ a: [Double], _ b: [Double]) -> Bool {
    a.count == b.count && zip(a, b).allSatisfy { $0 == $1 || abs($0 - $1) <= max($0.ulp, $1.ulp) }
  }
}

extension Tensor {
  /// The same elements as data of their own.
  fileprivate var detachedCopy: Tensor { Tensor(scalars, shape: shape) }
}
