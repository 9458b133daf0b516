import Curvature
import Foundation
import TensorGraph
import Testing

/// Mistakes that end the program say where they were made; in `TensorError.catching` they throw.
@Suite struct StoppingTests {
  private static let a = Tensor<Double>.ones([2, 3])
  private static let v = Tensor<Double>([1, 2])

  /// Mistakes, and what is said of each.
  private static let mistakes: [(text: String, make: @Sendable () -> Void)] = [
    ("add: shapes [2, 3] and [2]", { _ = a + v }), ("matmul:", { _ = matmul(a, a) }),
    ("sum: axis", { _ = a.sum(axes: [5]) }), ("reshaped:", { _ = a.reshaped(to: [7]) }),
    ("concatenate:", { _ = Tensor.concatenate([a, v]) }), ("index 9", { _ = a[9] }),
    ("cholesky:", { _ = a.cholesky }), ("qr:", { _ = v.qr }), ("symmetricEigen:", { _ = a.symmetricEigen }),
    ("split", { _ = a.split(into: 2, axis: 1) }), ("gradient: y has shape [2, 3]", { _ = gradient(a, a) }),
    ("hessian: ys has shape [2, 3]", { _ = laplacian(a, a) }),
    ("pullback: the cotangent", { _ = pullback(a, v, cotangent: v) }),
    ("sorted:", { _ = a.sorted(axis: 4) }), ("where:", { _ = (a .< 2).select(a, v) }),
  ]

  @Test(
    "The first mistake in a closure is thrown, and what is made of its result does no harm", arguments: mistakes.indices
  )
  func catching(_ number: Int) {
    let (text, make) = Self.mistakes[number]
    let error = #expect(throws: TensorError.self) {
      try TensorError.catching {
        make()
        // Later mistakes are of less interest.
        let broken = Self.a + Self.v
        _ = (broken * 2 + Self.v).sum() + exp(broken)
      }
    }
    #expect(error?.message.contains(text) == true, "\(error?.message ?? "")")
  }

  @Test("Nothing is thrown where nothing is wrong; other errors pass; reading what could not be made says why not")
  func passing() throws {
    #expect(try TensorError.catching { (Self.v * 2).scalars } == [2, 4])
    struct Other: Error {}
    #expect(throws: Other.self) { try TensorError.catching { throw Other() } }
    let error = #expect(throws: TensorError.self) {
      try TensorError.catching { try (Self.a + Self.v).readScalars() }
    }
    #expect(error?.message.hasPrefix("add:") == true)
    #expect(error?.localizedDescription == error?.message)
  }

  #if os(Linux) && canImport(Runtime)
    private static func mistake() {
      _ = a + v  // This line is named.
    }

    @Test("A mistake names the user's line") func line() async {
      let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        Self.mistake()
      }
      let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
      #expect(text.contains("add: shapes [2, 3] and [2]"))
      #expect(text.contains("StoppingTests.swift:\(#line - 9)"), "\(text.prefix(2000))")
    }
  #endif
}
