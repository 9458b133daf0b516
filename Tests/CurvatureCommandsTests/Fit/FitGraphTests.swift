import Curvature
import Foundation
import CurvatureCommands
import TensorGraph
import Testing

@Suite struct FitGraphTests {
  private let x = Node(Storage([0.5, 1.0, 2.0]), shape: [3])

  /// y = b₁ exp(-b₂ x)
  private func decay() throws -> LeastSquaresObjective {
    try FitGraph(response: [1, 2, 3], parameterCount: 2) { b in
      try! Operations.multiply(
        b[0], Operations.apply(.exp, Operations.apply(.negate, Operations.multiply(b[1], x))))
    }.objective()
  }

  @Test func derivativesAreThoseOfTheFormula() throws {
    let (a, k) = (1.5, 0.7)
    let derivatives = try decay().derivatives([a, k])
    let residuals = try decay().residuals([a, k])
    #expect(derivatives.residuals == residuals)
    var curvature = [0.0, 0, 0, 0]
    for (i, (x, y)) in zip([0.5, 1, 2], [1.0, 2, 3]).enumerated() {
      let e = exp(-k * x)
      let r = y - a * e
      #expect(abs(residuals[i] - r) < 1e-15)
      #expect(abs(derivatives.jacobian[i, 0] + e) < 1e-15)
      #expect(abs(derivatives.jacobian[i, 1] - a * x * e) < 1e-15)
      curvature[1] += r * x * e
      curvature[3] -= r * a * x * x * e
    }
    curvature[2] = curvature[1]
    for i in 0..<4 { #expect(abs(derivatives.curvature.elements[i] - curvature[i]) < 1e-14) }
  }

  @Test func linearModelsHaveNoCurvature() throws {
    let objective = try FitGraph(response: [1, 2, 3], parameterCount: 1) { b in
      try! Operations.multiply(b[0], x)
    }.objective()
    let derivatives = try objective.derivatives([3])
    #expect(derivatives.curvature.elements == [0])
    #expect(derivatives.jacobian.elements == [-0.5, -1, -2])
  }

  @Test func aConstantModelIsRepeated() throws {
    let objective = try FitGraph(response: [1, 2, 6], parameterCount: 1) { $0[0] }.objective()
    let solution = try LeastSquaresSolver().minimize(objective, from: [0])
    #expect(solution.outcome == .converged)
    #expect(abs(solution.parameters[0] - 3) < 1e-15)
  }

  @Test func modelsOfAnotherShapeAreErrors() {
    let wrong = Node(Storage([1.0, 2]), shape: [2])
    let error = #expect(throws: ToolError.self) {
      _ = try FitGraph(response: [1, 2, 3], parameterCount: 1) { _ in wrong }
    }
    #expect(error?.message == "the model has shape [2], but there are 3 observations; expected shape [3]")
  }
}
