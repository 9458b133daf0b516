import Curvature
import Testing
import TestSupport

/// One index language for tensors, Jacobians and Hessians.
@Suite struct IndexingTests {
  @Test("An index reads what NumPy reads", arguments: NumPyIndexCase.all)
  func asNumPy(_ example: NumPyIndexCase) throws {
    let count = example.shape.reduce(1, *)
    let x = Tensor<Double>((0..<count).map(Double.init), shape: example.shape)
    guard let expected = example.result else {
      #expect(throws: TensorError.self) { try x.read(example.index) }
      return
    }
    let read = try x.read(example.index)
    #expect(read.shape == expected.shape)
    #expect(read.scalars == expected.elements)
    let reference = DenseArray(shape: example.shape, elements: x.scalars)[example.index]
    #expect(reference == DenseArray(shape: expected.shape, elements: expected.elements))
  }

  @Test("Every form is written naturally")
  func forms() {
    let x = Tensor<Double>([1, -2, 0.5, 3])
    let H = hessian((x * x * x).sum() + (x[0] * x[1] * x[2] * x[3]), x)
    let dense = Tensor(H[...].scalars, shape: [4, 4])
    #expect(H[1].shape == [4] && H[-1] == dense[3])
    #expect(H[1..<3] == dense[1..<3] && H[1...].shape == [3, 4] && H[..<3].shape == [3, 4])
    #expect(H[-3...] == dense[1...] && H[..<(-1)] == dense[..<3] && H[0 ..< -1] == dense[0..<3])
    #expect(H[1...2, 2...] == dense[1..<3, 2..<4] && H[0, ...(-1)] == dense[0] && H[0, ...1] == dense[0, ..<2])
    #expect(H[.every(2)] == dense[[0, 2]] && H[.every(-1), 0] == dense[[3, 2, 1, 0], 0])
    #expect(H[3..., (..<1).every(-1)] == dense[3..., [3, 2]] && H[(1..<4).every(2), .all] == dense[[1, 3]])
    #expect(H[..., 0] == dense[.all, 0] && H[0, ...] == dense[0] && H[0, ..., 1] == dense[0, 1])
    #expect(H[.newAxis].shape == [1, 4, 4] && H[..., .newAxis].shape == [4, 4, 1])
    #expect(H[[0, 2], [1, 3]].scalars == [dense[0, 1].item(), dense[2, 3].item()])
    #expect(H[[], 0].shape == [0] && H[[2, 2, -1]].shape == [3, 4])
    #expect(H[...].shape == [4, 4])
    let rows: AxisRange = 1..<3
    #expect(H[rows, 0] == dense[1..<3, 0] && H[AxisRange(0..<2)] == dense[..<2])
  }

  /// A Hessian, its Jacobian, a transposed block and a tensor with their dense elements.
  private func subjects(_ shape: [Int], _ other: [Int], _ generator: inout RepeatableGenerator) -> [(
    name: String, dense: DenseArray, fresh: () -> any TensorIndexable
  )] {
    let x = Tensor<Double>(generator.reals(shape.reduce(1, *)), shape: shape)
    let z = Tensor<Double>(generator.reals(other.reduce(1, *)), shape: other)
    let y = exp(x.sum() * z.sum()) + (x * x * x).sum() * sin(z).sum() + (x * x).sum() * (z * z).sum()
    let ys = sin(outer(x.flattened(), z.flattened())).reshaped(to: shape + other)
    func dense(_ tensor: Tensor<Double>) -> DenseArray { DenseArray(shape: tensor.shape, elements: tensor.scalars) }
    return [
      ("tensor", dense(x), { x }), ("Hessian", dense(hessian(y, x)[...]), { hessian(y, x) }),
      ("block", dense(hessian(y, x, z)[0, 1][...]), { hessian(y, x, z)[0, 1] }),
      ("transposed block", dense(hessian(y, x, z)[1, 0][...]), { hessian(y, x, z)[1, 0] }),
      ("Jacobian", dense(jacobian(ys, z)[...]), { jacobian(ys, z) }),
    ]
  }

  private func read(_ subject: any TensorIndexable, _ index: [IndexComponent]) throws -> DenseArray {
    func values<Subject: TensorIndexable>(_ subject: Subject) throws -> DenseArray {
      let tensor = try subject.read(index) as! Tensor<Double>
      return DenseArray(shape: tensor.shape, elements: tensor.scalars)
    }
    return try values(subject)
  }

  /// Bit for bit within one object; a fresh one computes only what the index needs, and may round in another order.
  @Test("Every index equals the same index of the dense tensor")
  func everyIndexEqualsTheDenseOne() throws {
    var (reads, refusals) = (0, 0)
    for seed in 0..<12 as Range<UInt64> {
      var generator = RepeatableGenerator(seed: seed)
      let shapes: [[Int]] = [[], [3], [4], [2, 3], [1, 2], [0], [2, 1, 2], [3, 0]]
      for (name, dense, fresh) in subjects(generator.pick(shapes), generator.pick(shapes), &generator) {
        let whole = fresh()
        let elements = try read(whole, [.ellipsis])
        #expect(elements.shape == dense.shape)
        for _ in 0..<6 {
          let index = generator.index(of: dense.shape, outside: 0.02)
          let place = "seed \(seed), \(name) \(dense.shape) \(index)"
          if let expected = elements[index] {
            #expect(try read(whole, index) == expected, "\(place)")
            let partial = try read(fresh(), index)
            #expect(partial.shape == expected.shape, "\(place)")
            let wrong = mismatch(partial.elements, expected.elements, relative: 1e-12, absolute: 1e-14)
            #expect(wrong == nil, "\(place)")
            reads += 1
          } else {
            #expect(throws: TensorError.self, "\(place)") { try read(whole, index) }
            refusals += 1
          }
        }
      }
    }
    #expect(reads >= 250 && refusals >= 5, "\(reads) and \(refusals)")
  }

  @Test("A batched matrix obeys the same language")
  func batched() throws {
    var (reads, refusals) = (0, 0)
    for seed in 100..<106 as Range<UInt64> {
      var generator = RepeatableGenerator(seed: seed)
      let x = Tensor<Double>(generator.reals(12), shape: [3, 4])
      let y = exp(x.sum(axes: [1])) + (x * x * x).sum(axes: [1])
      let H = hessian(y, x, batchAxis: 0)
      let dense = DenseArray(shape: H.shape, elements: H[...].scalars)
      for _ in 0..<20 {
        let index = generator.index(of: dense.shape, outside: 0.02)
        if let expected = dense[index] {
          #expect(try read(H, index) == expected, "seed \(seed), \(index)")
          let partial = try read(hessian(y, x, batchAxis: 0), index).elements
          #expect(mismatch(partial, expected.elements, absolute: 1e-14) == nil, "seed \(seed), \(index)")
          reads += 1
        } else {
          #expect(throws: TensorError.self, "seed \(seed), \(index)") { try H.read(index) }
          refusals += 1
        }
      }
    }
    #expect(reads >= 80 && refusals >= 2, "\(reads) and \(refusals)")
  }

  @Test("Slices clip; an integer outside its axis names index, axis and extent")
  func bounds() throws {
    let x = Tensor<Double>([1, 2, 3, 4])
    let H = hessian((x * x * x).sum(), x)
    #expect(H[2..<100].shape == [2, 4] && H[(-100)...].shape == [4, 4] && H[7...].shape == [0, 4])
    #expect(H[..<0].shape == [0, 4] && H[3..<1].shape == [0, 4] && H[.every(-1)][0, 3].item() == 24)
    #expect(H[Int.max...].shape == [0, 4] && H[0...Int.max].shape == [4, 4] && H[.every(.min)].shape == [1, 4])
    let message = #expect(throws: TensorError.self) { try H.read(at: -5) }
    #expect(message?.message == "index -5 is outside axis 0, which has extent 4; use -4 to 3")
    let second = #expect(throws: TensorError.self) { try H.read(at: 0, 4) }
    #expect(second?.message == "index 4 is outside axis 1, which has extent 4; use -4 to 3")
    let empty = #expect(throws: TensorError.self) { try Tensor<Double>([]).read(at: 0) }
    #expect(empty?.message == "index 0 is outside axis 0, which has extent 0; the axis is empty")
    let many = #expect(throws: TensorError.self) { try H.read(at: 0, 0, 0) }
    #expect(many?.message == "index: 3 indices for a tensor of rank 2 (shape [4, 4]); give at most that many")
    let step = #expect(throws: TensorError.self) { try H.read(at: .every(0)) }
    #expect(step?.message == "index: a step of 0 on axis 0 goes nowhere; use another step")
    let lengths = #expect(throws: TensorError.self) { try H.read(at: [0, 1], [0, 1, 2]) }
    #expect(lengths?.message == "index: integer arrays of lengths [2, 3] do not match; give them one length")
    let ellipses = #expect(throws: TensorError.self) { try H.read([.ellipsis, .integer(0), .ellipsis]) }
    #expect(ellipses?.message == "index: an index can have a single ellipsis (...); write the other axes out")
    #expect(throws: TensorError.self) { try H.read(at: [0, 4]) }
  }

  @Test("An index outside stops the program with its text")
  func anIndexOutsideStopsTheProgram() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let x = Tensor<Double>([1, 2, 3, 4])
      _ = hessian((x * x).sum(), x)[0, 9]
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains("index 9 is outside axis 1, which has extent 4; use -4 to 3"))
  }

  @Test("A 0-D Hessian is read with ... or item()")
  func zeroDimensional() {
    let x = Tensor<Double>(3)
    let H = hessian(x * x * x, x)
    #expect(H.shape == [] && H[...].item() == 18 && H.item() == 18 && H[.newAxis].shape == [1])
    #expect(throws: TensorError.self) { try H.read(at: 0) }
  }

  @Test("Iterating gives rows, of a batch matrices")
  func iteration() {
    let x = Tensor<Double>([[1, 2], [3, 4], [5, 6]])
    let H = hessian((x * x * x).sum(axes: [1]), x, batchAxis: 0)
    #expect(H.map(\.shape) == [[2, 2], [2, 2], [2, 2]])
    #expect(H.map { $0.scalars } == [[6, 0, 0, 12], [18, 0, 0, 24], [30, 0, 0, 36]])
    let row = x[0]
    let rows = Array(hessian((row * row * row).sum(), row))
    #expect(rows.count == 2 && rows[0] == [6, 0] && rows[1] == [0, 12])
  }
}
