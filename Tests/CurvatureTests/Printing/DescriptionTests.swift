import Curvature
import Testing

/// A description never stops the program: what cannot be evaluated says so.
@Suite struct DescriptionTests {
  private static let x = Tensor<Double>([1, 2, 3])

  /// Describes something inside every function that is traced with tensors without elements.
  private func traced(_ describe: @escaping (Tensor<Double>) -> String) throws -> [(name: String, text: String)] {
    var texts: [(name: String, text: String)] = []
    func f(_ name: String) -> (Tensor<Double>) -> Tensor<Double> {
      { x in
        texts.append((name, describe(x)))
        return (x * x).sum()
      }
    }
    _ = try HessianPlan(like: Self.x, of: f("HessianPlan"))
    _ = try GradientPlan(like: Self.x, of: f("GradientPlan"))
    _ = try SparseHessianPlan(like: Self.x, of: f("SparseHessianPlan"))
    _ = try LagrangianPlan(like: Self.x, objective: f("LagrangianPlan"), constraints: { $0 })
    _ = vmap(over: Tensor<Double>([[1, 2, 3], [4, 5, 6]]), f("vmap"))
    _ = scan(Self.x, over: Tensor<Double>([1, 2])) { state, row in
      texts.append(("scan", describe(state)))
      return (state * row, state)
    }
    _ = iterate(Self.x, count: 2) { state in
      texts.append(("iterate", describe(state)))
      return 2 * state
    }
    return texts
  }

  @Test func tensorsWithoutElements() throws {
    let texts = try traced { "\($0 * 2)" }
    #expect(Set(texts.map(\.name)).count == 7)
    for (name, text) in texts {
      #expect(text.hasPrefix("Tensor<Double>(shape: [3], without elements: "), "\(name): \(text)")
    }
  }

  @Test func derivativesInTensorsWithoutElements() throws {
    for (name, text) in try traced({ "\(hessian(square($0).sum(), $0))" }) {
      #expect(text.contains("shape: [3, 3]") && text.contains("has no elements"), "\(name): \(text)")
    }
    for (name, text) in try traced({ "\(jacobian(square($0), $0))" }) {
      #expect(text.contains("shape: [3, 3]") && text.contains("has no elements"), "\(name): \(text)")
    }
  }

  @Test func indicesOutside() throws {
    let x = Tensor<Double>([1, 2, 3])
    let y = x.gathered(at: Tensor<Int64>([7]) + Tensor<Int64>([0]))
    #expect("\(y)".contains("without elements") && "\(y)".contains("7"))
  }
}
