import Curvature
import Testing

/// Making tensors, taking them apart, comparing and printing them.
@Suite struct TensorCreationTests {
  @Test func literalsOfAnyNesting() {
    let scalar: Tensor<Double> = 2.5
    let whole: Tensor<Float> = 3
    let vector: Tensor<Double> = [1, 2.5, -3]
    let matrix: Tensor<Int64> = [[1, 2, 3], [4, 5, 6]]
    let cube: Tensor<Float> = [[[1], [2]], [[3], [4]], [[5], [6]]]
    let mask: Tensor<Bool> = [[true, false], [false, true]]
    #expect(scalar.shape == [] && scalar.item() == 2.5 && whole.item() == 3)
    #expect(vector.shape == [3] && vector.scalars == [1, 2.5, -3])
    #expect(matrix.shape == [2, 3] && matrix.scalars == [1, 2, 3, 4, 5, 6])
    #expect(cube.shape == [3, 2, 1] && cube.scalars == [1, 2, 3, 4, 5, 6])
    #expect(mask.scalars == [true, false, false, true])
    #expect(([] as Tensor<Double>).shape == [0] && ([[], []] as Tensor<Double>).shape == [2, 0])
    let a = vector[0]
    #expect(
      ([a, a * 2] as Tensor<Double>).scalars == [1, 2] && ([[a, 1], [a, 0]] as Tensor<Double>).shape == [2, 2])
    #expect(gradient(([a, a * a] as Tensor<Double>).sum(), a).item() == 3)
  }

  @Test func raggedLiteralsStop() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let ragged: Tensor<Double> = [[1, 2], [3]]
      _ = ragged
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains("Tensor literal: rows of shapes [2] and [1] differ; make them equally long"))
  }

  @Test func fromArrays() {
    #expect(Tensor(Double(4)).shape == [] && Tensor([Float(1), 2]).shape == [2])
    #expect(
      Tensor([[1.0, 2], [3, 4]]) == [[1, 2], [3, 4]] && Tensor([1.0, 2, 3, 4], shape: [2, 2]) == [[1, 2], [3, 4]])
    #expect(Tensor([[Double]]()).shape == [0, 0] && Tensor([[Double]](repeating: [], count: 2)).shape == [2, 0])
  }

  @Test func constants() {
    #expect(Tensor<Double>.zeros([2, 2]) == [[0, 0], [0, 0]] && Tensor<Int32>.ones([3]) == [1, 1, 1])
    #expect(Tensor<Float>.full([2], 7) == [7, 7] && Tensor<Bool>.full([], true).item())
    #expect(
      Tensor<Double>.eye(2) == [[1, 0], [0, 1]] && Tensor<Double>.eye(2, 3, offset: 1) == [[0, 1, 0], [0, 0, 1]])
    #expect(Tensor<Int64>.eye(2, 1, offset: -1) == [[0], [1]] && Tensor<Double>.eye(0).shape == [0, 0])
    #expect(Tensor<Double>.zeros([0, 5]).scalars == [] && Tensor<Double>.zeros([0, 5]).shape == [0, 5])
  }

  @Test func sequences() {
    #expect(Tensor<Double>.arange(4) == [0, 1, 2, 3] && Tensor<Int64>.arange(-2).shape == [0])
    #expect(Tensor<Int64>.arange(2, 11, step: 3) == [2, 5, 8] && Tensor<Int64>.arange(5, 0, step: -2) == [5, 3, 1])
    #expect(Tensor<Double>.arange(0, 1, step: 0.1).count == 10 && Tensor<Double>.arange(3, 3).count == 0)
    #expect(Tensor<Double>.arange(0, 1, step: 0.1)[7].item() == 7 * 0.1)
    #expect(Tensor<Double>.linspace(0, 1, 5) == [0, 0.25, 0.5, 0.75, 1] && Tensor<Double>.linspace(2, 9, 1) == [2])
    #expect(Tensor<Float>.linspace(1, 2, 0).shape == [0] && Tensor<Float>.linspace(-1, 0.1, 7)[6].item() == 0.1)
  }

  @Test func randomNumbersRepeatForASeed() {
    var (first, second) = (SeededGenerator(seed: 1), SeededGenerator(seed: 1))
    let a = Tensor<Double>.randn([100, 100], using: &first)
    #expect(a == .randn([100, 100], using: &second) && a != .randn([100, 100], using: &second))
    #expect(abs(a.mean().item()) < 0.05 && abs(a.variance().item() - 1) < 0.05)
    let b = Tensor<Float>.rand([1000], using: &first)
    #expect(b.min().item() >= 0 && b.max().item() < 1 && abs(b.mean().item() - 0.5) < 0.05)
    #expect(Tensor<Double>.rand([3]).shape == [3] && Tensor<Float>.randn([2, 2]).shape == [2, 2])
  }

  @Test func casts() {
    let x = Tensor<Double>([1.9, -1.9, 0, .nan, 1e300])
    #expect(x.cast(to: Int32.self).scalars == [1, -1, 0, 0, .max] && x.cast(to: Int64.self).scalars[4] == .max)
    #expect(x.cast(to: Bool.self).scalars == [true, true, false, true, true])
    #expect(Tensor<Bool>([true, false]).cast(to: Float.self) == [1, 0])
    #expect(Tensor<Int64>([3, -4]).cast(to: Double.self) == [3, -4] && x.cast(to: Float.self)[4].item() == .infinity)
  }

  @Test func equalityAndCloseness() {
    let x = Tensor<Double>([1, 2, 3])
    #expect(x == [1, 2, 3] && x != [1, 2, 4] && x != Tensor([[1.0, 2, 3]]) && x == x * 1)
    #expect(Tensor<Double>([.nan]) != Tensor<Double>([.nan]) && Tensor<Double>([0.0]) == Tensor<Double>([-0.0]))
    #expect(x.isClose(to: x + 1e-9) && !x.isClose(to: x + 1e-3) && x.isClose(to: x + 0.1, absolute: 0.2))
    #expect(x.isClose(to: x * 1.01, relative: 0.02) && !x.isClose(to: x.reshaped(to: [3, 1])))
    let special = Tensor<Double>([.infinity, -.infinity])
    #expect(special.isClose(to: special) && !special.isClose(to: -special) && !special.isClose(to: [1, 2]))
    #expect(!Tensor<Float>([.nan]).isClose(to: Tensor<Float>([.nan])))
  }

  @Test func elementsWithoutACopy() {
    let x = Tensor<Float>([[1, 2], [3, 4]])
    #expect(x.withUnsafeBufferPointer { Array($0) } == [1, 2, 3, 4])
    #expect(
      (x * 2).withUnsafeBufferPointer { $0.reduce(0, +) } == 20
        && Tensor<Double>([]).withUnsafeBufferPointer(\.count) == 0)
    struct Problem: Error {}
    #expect(throws: Problem.self) { try x.withUnsafeBufferPointer { _ in throw Problem() } }
  }

  @Test func printing() {
    #expect(
      "\(Tensor<Double>(2.5))" == "2.5" && "\(Tensor<Float>(0.1))" == "0.1"
        && "\(Tensor<Int64>([1, -20]))" == "[  1 -20]")
    #expect("\(Tensor<Double>([[1, 2.5], [3, 4]]))" == "[[1.  2.5]\n [3.  4. ]]")
    #expect("\(Tensor<Bool>([true, false]))" == "[ True False]" && "\(Tensor<Double>([]))" == "[]")
    #expect(
      "\(Tensor<Double>([1e-10, 1]))" == "[1.e-10 1.e+00]" && "\(Tensor<Double>([.nan, .infinity]))" == "[nan inf]")
    #expect("\(Tensor<Double>.arange(2000))" == "[0.000e+00 1.000e+00 2.000e+00 ... 1.997e+03 1.998e+03 1.999e+03]")
  }

  @Test func severalTensorsAtOnce() throws {
    let x = Tensor<Double>([1, 2])
    let (y, mask) = ((x * x).sum(), x .> 1)
    try evaluate(y, mask)
    #expect(y.item() == 5 && mask.scalars == [false, true])
  }

  @Test func itemOfSeveralStops() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor<Double>([1, 2]).item()
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains("item: shape [2] has 2 elements; index one of them, or read `scalars`"))
  }

  @Test func elementsWrittenWhereTheyStay() throws {
    let x = Tensor<Double>(unsafeUninitializedShape: [2, 3]) { elements in
      for i in elements.indices { elements[i] = Double(i) }
    }
    #expect(x == Tensor([0, 1, 2, 3, 4, 5], shape: [2, 3]))
    #expect(gradient((x * x).sum(), x) == 2 * x)
  }
}
