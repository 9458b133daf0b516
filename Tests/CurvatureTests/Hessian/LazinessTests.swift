import Curvature
import Synchronization
import TensorGraph
import TestSupport
import Testing

/// What is computed, when, how often, and what is kept: counted in derivative products.
@Suite struct LazinessTests {
  private static let x: Tensor<Double> = {
    var generator = SeededGenerator(seed: 11)
    return .randn([8], using: &generator)
  }()
  private let x = Self.x

  /// A function whose Hessian is full.
  private func value(_ x: Tensor<Double>) -> Tensor<Double> { exp(0.1 * x.sum()) * (x * x * x).sum() }

  private func fresh() -> Hessian<Double> { hessian(value(x), x) }

  @Test("Creating a matrix evaluates nothing")
  func creating() {
    let y = value(x)
    let H = hessian(y, x)
    let blocks = hessian(y, [x, x])
    let J = jacobian(y * x, x)
    #expect(H.productsEvaluated == 0 && blocks[0, 0].productsEvaluated == 0 && J.productsEvaluated == 0)
    #expect(H.cachedByteCount == 0 && y.node.value == nil)
    _ = (H.shape, H.product(x).shape, matmul(H, x).shape)
    #expect(y.node.value == nil && H.cachedByteCount == 0)
  }

  @Test("A row, a column and an element cost one product each")
  func linesAndElements() {
    let indices: [[IndexComponent]] = [
      [.integer(2)], [.ellipsis, .integer(2)], [.integer(2), .integer(5)], [.integer(5), .integer(-6)],
      [.range(start: 2, end: 3, step: 1)], [.integers([3, 3, 3]), .integer(1)],
    ]
    for index in indices {
      let H = fresh()
      #expect(throws: Never.self) { try H.read(index) }
      #expect(H.productsEvaluated == 1, "\(index)")
      #expect(H.cachedByteCount == 8 * 8)
    }
  }

  @Test("An entry of a large Hessian is computed alone, until its row or column is asked for again")
  func entries() {
    let x = Tensor<Double>.linspace(-1, 1, 5000)
    func f() -> Tensor<Double> { exp(0.1 * x.mean()) * (x * x * x).sum() + sin(x).cumulativeSum(axis: 0).mean() }
    func expected(_ i: Int, _ j: Int) -> Double { hessian(f(), x)[i].scalars[j] }
    let H = hessian(f(), x)
    let entry = H[17, 4000].item()
    #expect(H.productsEvaluated == 1 && H.cachedByteCount < 100)
    #expect(abs(entry - expected(17, 4000)) <= 1e-12 * abs(entry))
    #expect(H[4000, 17].item() == entry && H.productsEvaluated == 1)
    #expect(abs(H[5, 5].item() - expected(5, 5)) <= 1e-12 && H.productsEvaluated == 2)
    // The second entry of a row is the time for the row.
    _ = H[17, 30]
    #expect(H.productsEvaluated == 3 && H.cachedByteCount >= 5000 * 8)
    _ = (H[17, 31], H[2000, 17])
    #expect(H.productsEvaluated == 3)
    // What has been read stays, whatever else is computed.
    #expect(H[17].scalars[4000] == entry && H[..., 17].scalars[4000] == entry)
    #expect(H[16..<18, 3998..<4001][1, 2].item() == entry)
    #expect(H.diagonal.scalars[5] == H[5, 5].item())
    #expect(H[...][17, 4000].item() == entry && H[...][4000, 17].item() == entry)
    H.removeCachedValues()
    #expect(H.cachedByteCount == 0)
    // Entries count for the limit like everything else.
    let bounded = hessian(f(), x)
    _ = bounded[1, 2]
    bounded.cacheByteLimit = 0
    #expect(bounded.cachedByteCount == 0)
  }

  @Test("O2: products at one point share what does not depend on the direction, and are computed when they are read")
  func products() throws {
    let H = fresh()
    let v = Tensor<Double>.linspace(-1, 1, 8)
    let product = H.product(v)
    let inside = (v * H.product(v)).sum()
    #expect(product.node.value == nil && inside.node.value == nil)
    let expected = matmul(fresh()[...], v)
    #expect(product.isClose(to: expected, relative: 1e-12))
    #expect(abs(inside.item() - (v * expected).sum().item()) <= 1e-12 * abs(inside.item()))
    #expect(H.productsEvaluated == 2)
    // Differentiable in the point and in the direction.
    let third = gradient((v * H.product(v)).sum(), x)
    let reference = gradient((v * matmul(fresh()[...], v)).sum(), x)
    #expect(third.isClose(to: reference, relative: 1e-11))
    #expect(gradient(inside, v).isClose(to: 2 * expected, relative: 1e-12))
  }

  @Test("Entries that the diagonal knows are not computed again")
  func entriesOfTheDiagonal() {
    let x = Tensor<Double>.linspace(-1, 1, 5000)
    let H = hessian((x * x * x).sum() + 0.5 * square(x.sum()), x)
    let diagonal = H.diagonal.scalars
    let products = H.productsEvaluated
    #expect(H[3, 3].item() == diagonal[3] && H.productsEvaluated == products)
  }

  @Test("A block costs min(rows, columns) products")
  func blocks() {
    for (rows, columns) in [(1, 8), (8, 1), (3, 5), (5, 3), (4, 4), (0, 8), (8, 0)] {
      let H = fresh()
      let block = H[..<rows, (8 - columns)...]
      #expect(block.shape == [rows, columns])
      #expect(H.productsEvaluated == min(rows, columns), "\(rows) × \(columns)")
    }
    let whole = fresh()
    _ = whole[...]
    #expect(whole.productsEvaluated == 8)
    let scattered = fresh()
    _ = scattered[[0, 5, 7, 1], [2, 3, 2, 3]]
    #expect(scattered.productsEvaluated == 2)
  }

  @Test("A Jacobian takes rows by reverse and columns by forward mode, whichever are fewer")
  func jacobians() {
    let ys = Tensor.concatenate([x, sin(x)]) * x.sum()
    let expected = jacobian(ys, x)[...]
    for (index, count): ([IndexComponent], Int) in [
      ([.integer(3)], 1), ([.ellipsis, .integer(3)], 1), ([.ellipsis], 8), ([.range(start: 0, end: 2, step: 1)], 2),
      ([.integer(15), .integer(7)], 1), ([.ellipsis, .range(start: 5, end: nil, step: 1)], 3),
    ] {
      let J = jacobian(ys, x)
      let part = checked(try J.read(index))
      #expect(J.productsEvaluated == count, "\(index)")
      #expect(part.isClose(to: checked(try expected.read(index)), relative: 1e-12))
    }
  }

  @Test("A batch costs the products of one slice")
  func batches() {
    let x = Tensor<Double>(self.x.scalars, shape: [4, 2])
    let H = hessian(value(x) + 0 * x.sum(), x)
    _ = H[0, 0]
    #expect(H.productsEvaluated == 1)
    let batched = hessian((x * x * x).sum(axes: [1]), x, batchAxis: 0)
    _ = batched[...]
    #expect(batched.productsEvaluated == 2)
    let one = hessian((x * x * x).sum(axes: [1]), x, batchAxis: 0)
    _ = one[3, 0]
    #expect(one.productsEvaluated == 1)
  }

  @Test("Nothing is evaluated twice, whichever index asks")
  func nothingTwice() {
    let H = fresh()
    let row = H[2]
    #expect(H.productsEvaluated == 1)
    #expect(H[2] == row && H[..., 2] == row && H[2, 5] == row[5] && H[5, 2] == row[5])
    #expect(H[2..<3, 1...] == row[1...][.newAxis] && H[[2, 2], [0, 1]] == row[..<2])
    #expect(H.productsEvaluated == 1)
    _ = H[1..<4]
    #expect(H.productsEvaluated == 3)
    _ = H[...]
    #expect(H.productsEvaluated == 8)
    _ = (H.diagonal, H.trace, H[3...], H + 1, Array(H), H.description, H[1..<4, 2...].flattened().scalars)
    #expect(H.productsEvaluated == 8)
  }

  @Test("A block serves its transpose, and equal tensors share their blocks")
  func blocksShare() {
    let z = Tensor<Double>([1, 2, 3])
    let H = hessian(value(x) * z.sum() * z.sum(), [x, z, x])
    _ = H[0][1][...]
    #expect(H[0, 0].productsEvaluated == 3)
    #expect(H[1][0][...] == H[0][1][...].transposed() && H[2, 1][...] == H[0, 1][...])
    #expect(H[1, 0][2] == H[0, 1][..., 2] && H[1, 0][..., 4] == H[0, 1][4])
    #expect(H[0, 0].productsEvaluated == 3 && H[1, 0].productsEvaluated == 3)
    _ = H[0, 2][...]
    #expect(H[0, 0].productsEvaluated == 11)
    _ = (H[0, 0][...], H[2, 0][...], H[2, 2][...])
    #expect(H[0, 0].productsEvaluated == 11 && H[1, 1].cachedByteCount == (3 * 8 + 8 * 8) * 8)
  }

  @Test("What was read stays known in further expressions")
  func valuesStayKnown() {
    let H = fresh()
    let row = H[3]
    for derived in [
      row.reshaped(to: [2, 4]), row.flattened(), row[.newAxis].squeezed(), row.expandingDimensions(at: 0),
    ] {
      _ = derived.scalars
    }
    #expect(H.productsEvaluated == 1)
    #expect(row.reshaped(to: [2, 4]).scalars == row.scalars)
    #expect(gradient(row.reshaped(to: [2, 4])[0, 0], x).isClose(to: gradient(row[0], x), relative: 1e-12))
  }

  @Test("The cache keeps to its limit, drops what was not used for longest, and results stay right")
  func eviction() {
    let whole = fresh()[...]
    let H = fresh()
    #expect(H.cacheByteLimit == defaultCacheByteLimit && defaultCacheByteLimit == 1 << 30)
    H.cacheByteLimit = 3 * 8 * 8
    for i in 0..<3 { _ = H[i] }
    _ = H[0]
    _ = H[3]
    #expect(H.productsEvaluated == 4 && H.cachedByteCount == 3 * 8 * 8)
    _ = (H[0], H[2], H[3])
    #expect(H.productsEvaluated == 4, "row 1 went, which was not used for longest")
    #expect(H[1].isClose(to: whole[1], relative: 1e-12))
    #expect(H.productsEvaluated == 5)
    #expect(H[...].isClose(to: whole, relative: 1e-12), "more than the cache holds")
    #expect(H.cachedByteCount <= 3 * 8 * 8)
    H.cacheByteLimit = 0
    #expect(H.cachedByteCount == 0)
    let symmetric = H[...]
    #expect(symmetric == symmetric.transposed() && symmetric.isClose(to: whole, relative: 1e-12))
    #expect(H.diagonal.isClose(to: whole.diagonal(), relative: 1e-12) && H.cachedByteCount == 0)
    H.cacheByteLimit = nil
    _ = (H[...], H.diagonal)
    #expect(H.cachedByteCount == (8 * 8 + 8) * 8)
    let done = H.productsEvaluated
    H.removeCachedValues()
    #expect(H.cachedByteCount == 0 && H[0].isClose(to: whole[0], relative: 1e-12))
    #expect(H.productsEvaluated == done + 1)
  }

  @Test("Blocks of one call share one limit")
  func sharedLimit() {
    let z = Tensor<Double>([1, 2])
    let H = hessian(value(x) * (z * z).sum(), (x, z))
    H[0, 0].cacheByteLimit = 2 * 8 * 8
    #expect(H[1, 1].cacheByteLimit == 2 * 8 * 8)
    _ = (H[0, 0][0], H[0, 0][1], H[1, 1][...])
    #expect(H[0, 0].cachedByteCount <= 2 * 8 * 8)
    #expect(H[0, 0].productsEvaluated == 4)
    _ = (H[1, 1][...], H[0, 0][1])
    #expect(H[0, 0].productsEvaluated == 4)
    _ = H[0, 0][0]
    #expect(H[0, 0].productsEvaluated == 5)
  }

  @Test("Changing a tensor that was read changes neither the cache nor other readers")
  func valuesDoNotChange() {
    var x = self.x
    let H = hessian(value(x), x)
    var row = H[0]
    let before = H[0].scalars
    row += 100
    x = x * 0
    #expect(row[0].item() == before[0] + 100 && H[0].scalars == before)
    #expect(H[...].isClose(to: hessian(value(self.x), self.x)[...], relative: 1e-12))
  }

  @Test("Many tasks read one Hessian; each part is evaluated once")
  func concurrency() async {
    let H = fresh()
    let expected = fresh()[...]
    let wrong = await withTaskGroup(of: Int.self) { group in
      for task in 0..<64 {
        group.addTask {
          var generator = RepeatableGenerator(seed: UInt64(task))
          var wrong = 0
          for _ in 0..<8 {
            let (i, j) = (generator.integer(in: 0...7), generator.integer(in: 0...7))
            let read = [H[i, j], H[i][j], H[i..., j][0], H.diagonal[i]]
            let right = [expected[i, j], expected[i, j], expected[i, j], expected[i, i]]
            wrong += zip(read, right).count { !$0.isClose(to: $1, relative: 1e-12) }
            if task % 16 == 0 { wrong += H[...].shape == [8, 8] ? 0 : 1 }
          }
          return wrong
        }
      }
      return await group.reduce(0, +)
    }
    #expect(wrong == 0)
    // The diagonal keeps its own entries, so whoever asked for it first computed what no row had.
    #expect((8...16).contains(H.productsEvaluated))
    let rowsOnly = fresh()
    await withTaskGroup(of: Void.self) { group in
      for task in 0..<64 { group.addTask { _ = (rowsOnly[task % 8], rowsOnly[..., (task * 3) % 8], rowsOnly[...]) } }
    }
    #expect(rowsOnly.productsEvaluated == 8)
  }

  @Test("Readers and someone who empties the cache do not disturb each other")
  func emptyingMeanwhile() async {
    let H = fresh()
    let expected = fresh()[...]
    let wrong = await withTaskGroup(of: Int.self) { group in
      group.addTask {
        for _ in 0..<50 { H.removeCachedValues() }
        return 0
      }
      for task in 0..<16 {
        group.addTask {
          (0..<8).count { !H[($0 + task) % 8].isClose(to: expected[($0 + task) % 8], relative: 1e-12) }
        }
      }
      return await group.reduce(0, +)
    }
    #expect(wrong == 0)
  }

  @Test("What cannot fit is refused before it starts, with its size and what to do")
  func refusal() throws {
    let x = Tensor<Double>.zeros([3_000_000])
    let H = hessian((x * x * x).sum(), x)
    let error = #expect(throws: TensorError.self) { try H.read([.ellipsis]) }
    let message = try #require(error?.message)
    #expect(message.hasPrefix("reading 3000000 rows and 3000000 columns takes 72.0 TB, more than the budget of "))
    #expect(message.contains("read single rows or smaller blocks, use product(_:)"))
    #expect(H.productsEvaluated == 0)
    // A small block of a large full matrix still needs whole lines.
    let full = hessian((x * x).sum() * (x * x).sum(), x)
    let block = #expect(throws: TensorError.self) { try full.read(at: ..<10_000, ..<10_000) }
    #expect(block?.message.hasPrefix("computing 10000 rows of 3000000 elements takes 240.") == true)
    #expect(full.productsEvaluated == 0)
    let long = Tensor<Double>.zeros([1 << 40, 0])
    #expect(hessian(long.sum(), long)[...].count == 0)
  }

  @Test("The budget can be set")
  func budget() async {
    await #expect(processExitsWith: .success) {
      MemoryBudget.bytes = 500
      let x = Tensor<Double>([1, 2, 3, 4, 5, 6, 7, 8])
      let H = hessian((x * x).sum() * (x * x).sum(), x)
      let isRefused = (try? H.read([.ellipsis])) == nil
      let isRead = (try? H.read(at: 0))?.shape == [8]
      precondition(isRefused && isRead && MemoryBudget.bytes == 500)
    }
  }
}
