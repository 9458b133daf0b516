import Curvature
import CurvatureCommands
import Foundation
import Testing

/// `curvature minimize --subject-to` where there is no solver, and with one that solves nothing.
@Suite struct ConstraintTests {
  /// Keeps what it is asked, and answers with the start.
  private final class Recorder: ConstrainedSolver, @unchecked Sendable {
    var problem: ConstrainedFormula?

    func solve(
      _ problem: ConstrainedFormula, onIterate: (ConstrainedIterate) -> Bool
    ) throws -> ConstrainedSolution {
      self.problem = problem
      let goesOn = (0..<4).allSatisfy { i in
        let distance = pow(10, -Double(i))
        return onIterate(
          ConstrainedIterate(
            iteration: i, value: 1 + distance, infeasibility: i == 3 ? 0 : distance / 100,
            dualInfeasibility: 10 * distance,
            text: "iteration \(i)"))
      }
      let values = try problem.lagrangian(Tensor(problem.start))
      let (n, m) = (problem.start.count, problem.constraintLowerBounds.count)
      return ConstrainedSolution(
        point: problem.start, value: values.value, constraints: values.constraints.scalars,
        multipliers: Array(repeating: 0.5, count: m), boundMultipliers: Array(repeating: -0.25, count: n),
        heldVariables: Array(repeating: .lower, count: n), heldConstraints: Array(repeating: .equal, count: m),
        stop: "solved", explanation: "nothing was done", isConverged: true, isStopped: !goesOn,
        remarks: ["a remark"], iterations: 3, evaluations: "none")
    }
  }

  private func problem(_ words: String...) throws -> (ConstrainedFormula, Tool.Outcome) {
    let solver = Recorder()
    let outcome = Tool.run(["minimize"] + words, constrainedSolver: solver)
    return (try #require(solver.problem, "\(outcome.errors)"), outcome)
  }

  @Test func `Without the program that solves constraints the tool says how to get it`() {
    let words = ["minimize", "x + y", "--at", "x=1", "--at", "y=1", "--subject-to", "x**2 + y**2 <= 2"]
    let outcome = Tool.run(words, environment: ["PATH": "/nowhere"])
    #expect(outcome.status == 1 && outcome.output.isEmpty && outcome.successor == nil)
    #expect(outcome.errors.contains("needs the program 'curvature-ipopt'"))
    #expect(outcome.errors.contains("Integrations/Ipopt") && outcome.errors.contains("CURVATURE_IPOPT"))
    let wrong = Tool.run(words, environment: ["CURVATURE_IPOPT": "/nowhere/solver"])
    #expect(wrong.status == 1 && wrong.errors.contains("'/nowhere/solver', which is no program"))
  }

  @Test func `The program is found by its name in PATH, and by the variable before that`() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let words = ["minimize", "x", "--at", "x=1", "--subject-to", "x >= 0"]
    for name in ["curvature-ipopt", "another"] {
      try Data("#!/bin/sh\n".utf8).write(to: folder.appendingPathComponent(name))
      try FileManager.default.setAttributes(
        [.posixPermissions: 0o755], ofItemAtPath: folder.appendingPathComponent(name).path)
    }
    let path = "/nowhere:" + folder.path
    #expect(Tool.run(words, environment: ["PATH": path]).successor == folder.path + "/curvature-ipopt")
    let named = ["PATH": path, "CURVATURE_IPOPT": folder.path + "/another"]
    #expect(Tool.run(words, environment: named).successor == folder.path + "/another")
    // What can be refused without a solver is not handed over.
    #expect(Tool.run(words + ["--subject-to", "x"], environment: named).successor == nil)
  }

  @Test func `One side of numbers is a bound, others are subtracted, and shapes join`() throws {
    let (formula, outcome) = try problem(
      "sum(x) + y", "--at", "x=[1, 2]", "--at", "y=3", "--let", "a=[5, 6]", "--bounds", "x=0:[4, 5]", "--subject-to",
      "x*y >= 1", "--subject-to", "y <= a", "--subject-to", "x == y", "--subject-to", "-1 <= x[0] - y <= a[0]",
      "--subject-to", "x[0] <= y <= x[1]", "--subject-to", "z = x + 1; 4 >= z[0] >= 2", "--max-iterations", "7")
    #expect(outcome.status == 0)
    #expect(formula.start == [1, 2, 3] && formula.maximumIterations == 7)
    #expect(formula.lowerBounds == [0, 0, -.infinity] && formula.upperBounds == [4, 5, .infinity])
    let values = try formula.lagrangian(Tensor(formula.start))
    #expect(values.value == 6)
    #expect(values.constraints.scalars == [3, 6, 3, 3, -2, -1, -2, -2, 1, 2])
    let infinity = Double.infinity
    #expect(formula.constraintLowerBounds == [1, 1, -infinity, -infinity, 0, 0, -1, -infinity, -infinity, 2])
    #expect(formula.constraintUpperBounds == [infinity, infinity, 5, 6, 0, 0, 5, 0, 0, 4])
  }

  @Test func `The result is a table of variables and one of constraints`() throws {
    let (_, outcome) = try problem("x**2", "--at", "x=[3]", "--subject-to", "x   >= 1", "--subject-to", "2*x[0] == 6")
    let lines = outcome.outputText.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    #expect(lines.prefix(4) == ["value 9", "converged: nothing was done", "a remark", "3 iterations: none"])
    #expect(lines.contains("variable  start  value  multiplier  held"))
    #expect(lines.contains("x[0]          3      3       -0.25  at lower"))
    #expect(lines.contains("constraint   value  multiplier  active"))
    #expect(lines.contains("(x >= 1)[0]      3         0.5  equation"))
    #expect(lines.contains("2*x[0] == 6      6         0.5  equation"))
    let (_, json) = try problem("x", "--at", "x=3", "--subject-to", "x >= 1", "--format", "json")
    let object = try #require(try JSONSerialization.jsonObject(with: Data(json.output)) as? [String: Any])
    #expect(object["constraints"] as? [String] == ["x >= 1"] && object["active"] as? [String] == ["equal"])
    #expect(object["multipliers"] as? [Double] == [0.5] && object["converged"] as? Bool == true)
  }

  @Test(
    "What is wrong with a constraint is shown in it",
    arguments: [
      (["x[0] + x[1]"], 2, "--subject-to: found no comparison; expected a constraint such as"),
      (["x[0] < 1"], 2, "a strict bound has no nearest point; write '<='"),
      (["x != 1"], 2, "'!=' is no constraint"),
      (["0 <= x >= 1"], 2, "point the same way"),
      (["0 == x == 1"], 2, "point the same way"),
      (["2 >= 1"], 2, "no variable occurs on either side"),
      (["x <= z"], 2, "unknown name 'z'"),
      (["x <= "], 2, "found the end of the constraint"),
      (["x[:2] <= array([1, 2, 3])"], 1, "shapes [2] and [3]"),
      (["x >= 0", "--standard-errors"], 2, "--standard-errors is for searches without --subject-to"),
      (["x >= 0", "--method", "dense"], 2, "--method is for searches without --subject-to"),
      (["x >= 0", "--dtype", "float32"], 2, "leave out --dtype"),
      (["x >= 0", "--convergence", "picture.gif"], 2, "has none of the extensions .svg .png"),
    ] as [([String], Int32, String)])
  func mistakes(words: [String], status: Int32, text: String) {
    let outcome = Tool.run(
      ["minimize", "sum(x)", "--at", "x=[1, 2]", "--subject-to"] + words, constrainedSolver: Recorder())
    #expect(outcome.status == status && outcome.output.isEmpty)
    #expect(outcome.errors.contains(text), "\(outcome.errors)")
    let several = Tool.run(
      ["minimize", "x", "--at", "x=[1, 2]", "--subject-to", "x >= 0"], constrainedSolver: Recorder())
    #expect(several.status == 1 && several.errors.contains("has 2 elements (shape [2]), and one is minimized; sum it"))
  }

  @Test func `Comparisons of formulas are still not chained`() {
    #expect(run("value", "0 <= x <= 1", "--at", "x=2").errors.contains("comparisons are not chained"))
  }

  // MARK: Pictures

  private func picture(_ name: String, _ words: [String], solver: Recorder? = nil) throws -> [UInt8] {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString)-\(name)").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let outcome = Tool.run(["minimize"] + words + ["--convergence", path], constrainedSolver: solver)
    #expect(outcome.status == 0, "\(outcome.errors)")
    return Array(try Data(contentsOf: URL(fileURLWithPath: path)))
  }

  @Test func `A picture has a curve for each measure, on a scale of powers of ten`() throws {
    let svg = String(
      decoding: try picture("a.svg", ["x", "--at", "x=1", "--subject-to", "x >= 0"], solver: Recorder()), as: UTF8.self)
    for name in ["distance to the last value", "gradient of the Lagrangian", "infeasibility", "iteration"] {
      #expect(svg.contains(">\(name)</text>"))
    }
    // From 10 down to 1e-4, one mark for each power; the curves' points lie evenly.
    for exponent in -4...1 { #expect(svg.contains(">1e\(exponent)</text>")) }
    let curves = svg.split(separator: "\n").filter { $0.contains("stroke-width=\"2.0\"") }
    #expect(curves.count == 3)
    let points = curves[1].split(separator: "\"")[1].split(separator: " ").map { pair in
      pair.split(separator: ",").map { Double($0)! }
    }
    #expect(points.map { $0[0] } == [90, 293.33, 496.67, 700])
    #expect(points[0][1] == 30)
    for (a, b) in zip(points, points.dropFirst()) { #expect(abs(b[1] - a[1] - 370.0 / 5) < 0.02) }
    // Where the constraints hold exactly there is no logarithm.
    #expect(curves[2].split(separator: "\"")[1].split(separator: " ").count == 3)
  }

  @Test func `A picture of a search without constraints, as PNG`() throws {
    let png = try picture(
      "b.png", ["100*(y - x**2)**2 + (1 - x)**2", "--at", "x=-1.2", "--at", "y=1"])
    #expect(png.prefix(8) == [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
    #expect(Array(png[16..<24]) == [0, 0, 2, 208, 0, 0, 2, 8])
    let svg = String(
      decoding: try picture("c.svg", ["(x - 1)**2", "--at", "x=3"]), as: UTF8.self)
    #expect(svg.contains(">value above its least</text>") && !svg.contains("infeasibility"))
  }
}
