import Foundation
import Testing

/// `curvature-ipopt`, run as a program.
@Suite struct ToolTests {
  private struct Outcome {
    var output: String
    var errors: String
    var status: Int32
  }

  /// The program that was built with these tests.
  private static let program = Bundle.module.bundleURL.deletingLastPathComponent().appendingPathComponent(
    "curvature-ipopt")

  private func run(_ arguments: String...) throws -> Outcome {
    let process = Process()
    process.executableURL = Self.program
    process.arguments = arguments
    let (output, errors) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    let mistakes = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return Outcome(output: text, errors: mistakes, status: process.terminationStatus)
  }

  private func object(_ outcome: Outcome) throws -> [String: Any] {
    try #require(
      try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any], "\(outcome.errors)")
  }

  @Test func `Problem 71 of Hock and Schittkowski as a formula`() throws {
    let outcome = try run(
      "minimize", "x[0]*x[3]*sum(x[:3]) + x[2]", "--at", "x=[1, 5, 5, 1]", "--bounds", "x=1:5", "--subject-to",
      "prod(x) >= 25", "--subject-to", "sum(x**2) == 40", "--format", "json")
    #expect(outcome.status == 0 && outcome.errors.isEmpty)
    let result = try object(outcome)
    #expect(abs(try #require(result["value"] as? Double) - 17.0140173) < 1e-6)
    #expect(result["stop"] as? String == "solved" && result["converged"] as? Bool == true)
    #expect(result["held"] as? [String] == ["lower", "free", "free", "free"])
    #expect(result["active"] as? [String] == ["lower", "equal"])
    #expect(result["constraints"] as? [String] == ["prod(x) >= 25", "sum(x**2) == 40"])
    let multipliers = try #require(result["multipliers"] as? [Double])
    #expect(abs(multipliers[0] + 0.55229366) < 1e-6 && abs(multipliers[1] - 0.16146857) < 1e-6)
    let held = try #require(result["boundMultipliers"] as? [Double])
    #expect(abs(held[0] + 1.0878712) < 1e-6)
  }

  @Test func `Bounds on both sides, and elements one by one`() throws {
    let result = try object(
      run(
        "minimize", "sum((x - [3, -2, 0.5])**2)", "--at", "x=[0, 0, 0]", "--subject-to", "-1 <= x <= 1", "--format",
        "json"))
    let point = try #require(result["point"] as? [Double])
    for (x, y) in zip(point, [1, -1, 0.5]) { #expect(abs(x - y) < 1e-6) }
    #expect(result["active"] as? [String] == ["upper", "lower", "free"])
    #expect((result["constraints"] as? [String])?[1] == "(-1 <= x <= 1)[1]")
  }

  @Test func `Searches that find no solution say why, and it is no error`() throws {
    let infeasible = try run("minimize", "x", "--at", "x=0.5", "--subject-to", "x**2 <= 1", "--subject-to", "x >= 3")
    #expect(infeasible.status == 0)
    #expect(infeasible.output.contains("NOT CONVERGED: the constraints cannot all be made to hold"))
    #expect(infeasible.output.contains("most violated: "))
    let limited = try run(
      "minimize", "100*(y - x**2)**2 + (1 - x)**2", "--at", "x=-1.2", "--at", "y=1", "--subject-to", "x + y >= 0",
      "--max-iterations", "2")
    #expect(limited.output.contains("NOT CONVERGED: the most iterations"))
    #expect(limited.output.contains("2 iterations: "))
    let unbounded = try run("minimize", "-x*y", "--at", "x=1", "--at", "y=1", "--subject-to", "x == y")
    #expect(unbounded.output.contains("NOT CONVERGED: variables grow without end"))
  }

  @Test func `Mistakes have the statuses of the tool`() throws {
    let start = try run("minimize", "log(x)", "--at", "x=-1", "--subject-to", "x <= 3")
    #expect(start.status == 1 && start.output.isEmpty && start.errors.contains("at the start; give --at other values"))
    let crossed = try run("minimize", "x", "--at", "x=1", "--subject-to", "3 <= x <= 2")
    #expect(crossed.status == 1 && crossed.errors.contains("between which there is no number"))
    let wrong = try run("minimize", "x", "--at", "x=1", "--subject-to", "x < 2")
    #expect(wrong.status == 2 && wrong.errors.contains("write '<='"))
    #expect(try run("value", "x + 1", "--at", "x=1").output == "2.0\n")
  }

  @Test func `A picture of a constrained search`() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).png")
    defer { try? FileManager.default.removeItem(at: path) }
    let outcome = try run(
      "minimize", "x + y", "--at", "x=1", "--at", "y=0", "--subject-to", "x**2 + y**2 == 2", "--convergence", path.path)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(try Data(contentsOf: path).prefix(4) == Data([0x89, 0x50, 0x4E, 0x47]))
  }
}
