import CurvatureCommands
import Foundation
import Testing

@Suite struct MinimizeCommandTests {
  private static let rosenbrock = "sum(100*(x[1:] - x[:-1]**2)**2 + (1 - x[:-1])**2)"

  private func object(_ outcome: Tool.Outcome) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(outcome.output)) as? [String: Any])
  }

  @Test("A minimum is found, by whole Hessians and by products", arguments: ["dense", "matrixFree", "automatic"])
  func minimum(method: String) throws {
    let outcome = run(
      "minimize", Self.rosenbrock, "--at", "x=[-1.2, 1, 0.5]", "--method", method, "--format", "json")
    #expect(outcome.status == 0 && outcome.errors.isEmpty)
    let result = try object(outcome)
    #expect(result["converged"] as? Bool == true && result["kind"] as? String == "minimum")
    #expect(result["variables"] as? [String] == ["x[0]", "x[1]", "x[2]"])
    for x in try #require(result["point"] as? [Double]) { #expect(abs(x - 1) < 1e-6) }
    let text = run("minimize", Self.rosenbrock, "--at", "x=[-1.2, 1, 0.5]", "--method", method).outputText
    #expect(text.contains("converged: ") && text.contains("a local minimum") && text.contains("variable"))
  }

  @Test("More variables than whole Hessians are taken of, each meeting all others") func manyDense() throws {
    let formula = "sum((tanh(tanh(x @ A) @ A) - 0.1)**2)"
    let result = try object(
      run(
        "minimize", formula, "--at", "x=zeros(310)", "--let", "A=eye(310)+0.001*ones((310,310))", "--format", "json"))
    #expect(result["converged"] as? Bool == true && result["kind"] as? String == "minimum")
  }

  @Test("Bounds hold, of all elements or of each") func bounds() throws {
    let formula = "sum((x - [2, -3])**2) + (y - 1)**2"
    for (bounds, point) in [
      (["x=0:1"], [1.0, 0, 1]), (["x=[0, -5]:[1, 5]", "y=2:"], [1, -3, 2]), (["x=:-1", "y=:"], [-1, -3, 1]),
    ] {
      let result = try object(
        Tool.run(
          ["minimize", formula, "--at", "x=[0.5, 0.5]", "--at", "y=0", "--format", "json"]
            + bounds.flatMap { ["--bounds", $0] }))
      for (x, expected) in zip(try #require(result["point"] as? [Double]), point) { #expect(abs(x - expected) < 1e-7) }
      #expect(result["variables"] as? [String] == ["x[0]", "x[1]", "y"] && result["converged"] as? Bool == true)
    }
  }

  @Test("Standard errors are those of the textbook, or there is a reason") func standardErrors() throws {
    // The mean of four numbers of variance 1.
    let words = ["minimize", "(t - m)**2/2", "--at", "m=0", "--let", "t=[1, 2, 4, 5]", "--standard-errors"]
    let result = try object(Tool.run(words + ["--format", "json"]))
    #expect(result["point"] as? [Double] == [3] && result["standardErrors"] as? [Double] == [0.5])
    let robust = try #require(result["sandwichErrors"] as? [Double])
    #expect(abs(robust[0] - (10.0 / 16).squareRoot()) < 1e-14)
    #expect(Tool.run(words).outputText.contains("std. error"))
    let singular = Tool.run(["minimize", "(a + b - 1)**2", "--at", "a=0", "--at", "b=3", "--standard-errors"])
    #expect(singular.status == 0)
    #expect(
      singular.outputText.contains("no standard errors: the information is singular: the data do not determine a - b"))
  }

  @Test(
    "Where second derivatives vanish at the minimum there are no standard errors",
    arguments: [
      ("x**4", ["x=1"], "x"), ("x**4 + 1", ["x=1"], "x"), ("(x - 3)**4 + (y - 2)**2", ["x=1", "y=1"], "x"),
      ("(x - 3)**2 + 1e-3*(y - 2)**6", ["x=1", "y=7"], "y"), ("sum(x**4) + x[0]**2", ["x=[1, 2]"], "x[1]"),
    ])
  func vanishingInformation(formula: String, variables: [String], name: String) {
    let outcome = Tool.run(["minimize", formula, "--standard-errors"] + variables.flatMap { ["--at", $0] })
    let text = "no standard errors: the information is singular: the second derivatives vanish along \(name) where"
    #expect(outcome.status == 0 && outcome.outputText.contains(text), "\(outcome.outputText)")
  }

  @Test(
    "Second derivatives that fall on the way and stay are information",
    arguments: [
      (["exp(x) - x"], ["x=20"]), (["x**4 + 1e-6*x**2"], ["x=10"]), (["cosh(x)"], ["x=30"]),
      (["log(cosh(x - 1)) + (x - 1)**4"], ["x=9"]), (["100*(y - x**2)**2 + (1 - x)**2"], ["x=-120", "y=1"]),
    ])
  func fallingInformation(formula: [String], variables: [String]) {
    let outcome = Tool.run(["minimize", formula[0], "--standard-errors"] + variables.flatMap { ["--at", $0] })
    #expect(outcome.status == 0 && outcome.outputText.contains("std. error"), "\(outcome.outputText)")
  }

  @Test("Searches that find no minimum say why") func reasons() {
    #expect(run("minimize", "-x**2", "--at", "x=1").outputText.contains("NOT CONVERGED: the value falls below every"))
    #expect(run("minimize", "exp(-x)", "--at", "x=1").outputText.contains("grow without end"))
    let limited = run("minimize", Self.rosenbrock, "--at", "x=[-1.2, 1]", "--max-iterations", "2")
    #expect(
      limited.status == 0 && limited.outputText.contains("NOT CONVERGED") && limited.outputText.contains("2 iterations")
    )
  }

  @Test(
    "What is wrong is said with its remedy",
    arguments: [
      (["x**2"], 2, "found no variable"),
      (["x**2", "--at", "x=[1, 2]"], 1, "has 2 elements (shape [2]), and one is minimized; sum it"),
      (["log(x)", "--at", "x=-1"], 1, "not finite at the start"),
      (["sum(x)", "--at", "x=1", "--bounds", "x"], 2, "expected 'name=lower:upper'"),
      (["sum(x)", "--at", "x=1", "--bounds", "y=0:1"], 2, "'y' is no variable"),
      (["sum(x)", "--at", "x=1", "--bounds", "x=0:1", "--bounds", "x=0:1"], 2, "given twice"),
      (["sum(x)", "--at", "x=1", "--bounds", "x=2:1"], 1, "x has the bounds 2.0 and 1.0"),
      (["sum(x)", "--at", "x=[1, 2]", "--bounds", "x=[1, 2, 3]:"], 1, "a bound of shape [3]"),
      (["sum(x)", "--at", "x=1", "--tolerance", "2"], 2, "--tolerance 2.0 is not between 0 and 1"),
      (["sum(x)", "--at", "x=1", "--max-iterations", "-1"], 2, "is negative"),
    ] as [([String], Int32, String)])
  func mistakes(words: [String], status: Int32, text: String) {
    let outcome = Tool.run(["minimize"] + words)
    #expect(outcome.status == status && outcome.output.isEmpty)
    #expect(outcome.errors.contains(text), "\(outcome.errors)")
  }

  @Test("Progress is told after each step") func progress() {
    nonisolated(unsafe) var texts: [String] = []
    _ = Tool.run(["minimize", Self.rosenbrock, "--at", "x=[-1.2, 1]"], progress: { texts.append("\($0)") })
    #expect(texts.count > 5 && texts[0].hasPrefix("iteration 0: value ") && texts[1].hasPrefix("iteration 1: value "))
  }
}
