import Curvature
import Foundation
import Testing

/// Tensors as Swift's own values are used.
@Suite struct TensorConformanceTests {
  private static let x = Tensor<Double>([[1, -2, 3], [-4, 5, 6]])

  @Test("A tensor equals a literal with sums in it") func equality() {
    #expect(Self.x == [[2 - 1, -2, 3], [-4, 5, 2 * 3]])
  }

  @Test("Tensors survive being encoded, and what is no tensor is refused") func coding() throws {
    let data = try JSONEncoder().encode([Self.x, .zeros([0, 3]), Tensor(0.1)])
    #expect(try JSONDecoder().decode([Tensor<Double>].self, from: data) == [Self.x, .zeros([0, 3]), Tensor(0.1)])
    let mask = Self.x .> 0
    #expect(try JSONDecoder().decode(Tensor<Bool>.self, from: JSONEncoder().encode(mask)) == mask)
    for text in [
      #"{"shape":[2],"elements":[1]}"#, #"{"shape":[-1],"elements":[]}"#,
      #"{"shape":[4611686018427387904,4],"elements":[]}"#,
      #"{"elements":[1]}"#,
    ] {
      #expect(throws: DecodingError.self) { try JSONDecoder().decode(Tensor<Double>.self, from: Data(text.utf8)) }
    }
  }

  @Test("Masks and tensors of numbers index; derivatives go to the elements that were taken") func indexing() {
    let x = Self.x
    #expect(x[x .> 0].scalars == [1, 3, 5, 6] && x[x .> 9].shape == [0])
    #expect(x[Tensor<Int64>([1, 0, -1])].scalars == [-4, 5, 6, 1, -2, 3, -4, 5, 6])
    #expect(gradient(square(x[x .> 0]).sum(), x).scalars == [2, 0, 6, 0, 10, 12])
  }

  @Test("Initialisers take slices, spans and three levels of arrays") func initialisers() {
    let numbers = [1.0, 2, 3, 4]
    #expect(Tensor(numbers[1...]).scalars == [2, 3, 4])
    #expect(Tensor(numbers.span, shape: [2, 2]) == [[1, 2], [3, 4]])
    let cube: [[[Double]]] = [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]
    #expect(Tensor(cube).shape == [2, 2, 2] && Tensor(cube)[1, 0, 1].item() == 6)
  }
}
