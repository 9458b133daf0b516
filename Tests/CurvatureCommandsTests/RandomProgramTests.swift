import Curvature
import CurvatureCommands
import Foundation
import TensorGraph
import TestSupport
import Testing

@Suite("Random programs") struct RandomProgramTests {
  /// How many programs: four hundred, or what CURVATURE_RANDOM_PROGRAMS says.
  static let count = ProcessInfo.processInfo.environment["CURVATURE_RANDOM_PROGRAMS"].flatMap(Int.init) ?? 400
  static let groups = 20
  /// At how many points each.
  static let pointsPerProgram = 2

  /// What is wrong with a program at a point: derivatives against extrapolated differences, the engine against the
  /// interpreter.
  private static func problem(_ formula: String, at point: [Double]) throws -> String? {
    let x = Node.input(point, [6], .float64)
    let y = try FormulaEvaluator(names: ["x": .tensor(x)], variables: [x]).tensor(Parser.parse(formula))
    let check = try DerivativeChecker(of: y, variables: [x]).check(order: 2)
    guard check.orders.allSatisfy(Self.agrees) else { return check.description }
    guard check.orders.allSatisfy(Self.isSharp) else { return "differences are too coarse\n\(check)" }
    let first = gradient(of: y, to: [x])[0] ?? x.filled(with: 0)
    let second = jacobian(of: first, to: x)
    let expected = Interpreter.evaluate([y, first, second])
    try Evaluation.evaluate([y, first, second])
    for (node, numbers) in zip([y, first, second], expected) {
      let storage = try Evaluation.storage(node)
      let found = (0..<node.shape.count).map { storage.literal(at: $0).double }
      let size = numbers.reduce(1) { max($0, $1.magnitude) }
      if let problem = mismatch(found, numbers, relative: 1e-9, absolute: 1e-9 * size) {
        return "the engine and the interpreter: \(problem)"
      }
    }
    return nil
  }

  /// Whether derivatives are those of differences, whose own error is an estimate and now and then too small; what
  /// cancels to nothing leaves rounding of what cancelled.
  private static func agrees(_ order: DerivativeCheck.Order) -> Bool {
    order.worst.map { $0.deviation <= 3 || ($0.exact - $0.difference).magnitude < 1e-10 } ?? true
  }

  /// Whether differences tell a right derivative from a wrong one.
  private static func isSharp(_ order: DerivativeCheck.Order) -> Bool {
    order.worst.map { $0.expectedError <= 1e-3 * max(1, $0.exact.magnitude) } ?? true
  }

  /// What the values of a program say against its being smooth at a point, nil if nothing.
  private static func singularity(_ formula: String, at point: [Double]) throws -> String? {
    let x = Node.input(point, [6], .float64)
    let y = try FormulaEvaluator(names: ["x": .tensor(x)], variables: [x]).tensor(Parser.parse(formula))
    return Smoothness.fault(at: point) { Interpreter.evaluate([y], inputs: [x: $0])[0][0] }
  }

  @Test("At every regular point Hessians agree with differences and with the interpreter", arguments: 0..<groups)
  func programs(group: Int) throws {
    var tally = Tally()
    for seed in stride(from: group, to: Self.count, by: Self.groups) {
      let formula = RandomFormula.text(seed: UInt64(seed))
      for attempt in 0..<Self.pointsPerProgram {
        let point = RandomFormula.point(seed: UInt64(seed * Self.pointsPerProgram + attempt))
        let problem: String?
        do { problem = try Self.problem(formula, at: point) } catch { problem = "\(error)" }
        if let problem {
          // The judge looks at values only: a wrong derivative is no excuse.
          let singularity = try Self.singularity(formula, at: point)
          #expect(singularity != nil, "curvature check \"\(formula)\" --at x=\(point)\n\(problem)")
          tally.skip("the values are not smooth there")
        } else {
          tally.test()
        }
      }
    }
    #expect(50 * tally.skipped <= tally.tested, "\(tally)")
  }

  @Test("Most functions of the formula language occur")
  func coverage() throws {
    var found: Set<String> = []
    for seed in 0..<2000 {
      var name = ""
      for character in RandomFormula.text(seed: UInt64(seed)).unicodeScalars {
        if character == "(" { found.insert(name) }
        let belongs = character.properties.isAlphabetic || character == "_" || ("0"..."9").contains(character)
        if belongs { name.unicodeScalars.append(character) } else { name = "" }
      }
    }
    let names = FunctionTable.all.filter { function in
      ([function.name] + function.aliases).contains(where: found.contains)
    }
    #expect(names.count >= 180, "\(names.count) of \(FunctionTable.all.count)")
  }
}
