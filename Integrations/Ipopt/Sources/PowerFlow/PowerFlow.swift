import Curvature
import CurvatureIpopt
import OptimalPowerFlow

/// Solves the AC optimal power flow of MATPOWER cases that are named as arguments, and says what it took.
@main
struct PowerFlow {
  static func main() throws {
    var paths: [String] = []
    var options: [String: IpoptOption] = [:]
    for argument in CommandLine.arguments.dropFirst() {
      if argument.hasPrefix("--"), let equals = argument.firstIndex(of: "=") {
        let name = String(argument[argument.index(argument.startIndex, offsetBy: 2)..<equals])
        let value = String(argument[argument.index(after: equals)...])
        options[name] = Int(value).map { .integer($0) } ?? Double(value).map { .number($0) } ?? .word(value)
      } else {
        paths.append(argument)
      }
    }
    guard !paths.isEmpty else {
      print("usage: power-flow [--OPTION=VALUE of Ipopt …] CASE.m …")
      return
    }
    for path in paths { try solve(path, options) }
  }

  private static func solve(_ path: String, _ options: [String: IpoptOption]) throws {
    let clock = ContinuousClock()
    let begin = clock.now
    let flow = OptimalPowerFlow(try PowerNetwork(PowerCase(contentsOfFile: path)))
    let read = clock.now
    var plan = try flow.plan()
    plan.options = options
    let planned = clock.now
    let result = try plan(from: flow.start, lowerBounds: flow.lowerBounds, upperBounds: flow.upperBounds)
    let name = path.split(separator: "/").last ?? ""
    let lagrangian = plan.lagrangian
    print(
      """
      {"system": "Curvature", "case": "\(name)", "status": "\(result.status.rawValue)", "objective": \(result.objective), \
      "iterations": \(result.iterations), "infeasibility": \(result.residuals.infeasibility), \
      "derivatives_s": \(result.evaluations.derivativeTime / .seconds(1)), \
      "hessians_s": \(result.evaluations.hessianTime / .seconds(1)), "solve_s": \(result.time / .seconds(1)), \
      "read_s": \((read - begin) / .seconds(1)), "plan_s": \((planned - read) / .seconds(1)), \
      "variables": \(lagrangian.jacobianPattern.columnCount), "constraints": \(lagrangian.jacobianPattern.rowCount), \
      "jacobian_entries": \(lagrangian.jacobianPattern.nonzeroCount), \
      "hessian_entries": \(lagrangian.hessianPattern.nonzeroCount), "evaluations": "\(result.evaluations)"}
      """)
  }
}
