import Curvature
import CurvatureIpopt
import Foundation
import OptimalPowerFlow
import Testing

@Suite struct PowerFlowTests {
  /// Costs that MATPOWER's manual and its documentation of cases give.
  @Test(arguments: [("case9", 5296.69), ("case14", 8081.53)])
  func `The cheapest generation costs what MATPOWER finds`(name: String, cost: Double) throws {
    let path = try #require(Bundle.module.path(forResource: name, ofType: "m", inDirectory: "Fixtures"))
    let flow = OptimalPowerFlow(try PowerNetwork(PowerCase(contentsOfFile: path)))
    let result = try flow.plan()(from: flow.start, lowerBounds: flow.lowerBounds, upperBounds: flow.upperBounds)
    #expect(result.status == .solved)
    #expect((result.objective * 100).rounded() / 100 == cost)
    #expect(result.curvature.kind == .minimum)
    // What is generated and not consumed is lost in branches and shunts.
    let generated = result.point.activeGeneration.sum().item()
    let losses = result.point.activeFlows.sum().item()
    #expect(generated > 0 && losses > 0 && losses < 0.05 * generated)
  }

  @Test func `Mistakes in a case file are named`() {
    func message(_ text: String) -> String {
      do {
        _ = try PowerNetwork(PowerCase(text: text, name: "small.m"))
        return ""
      } catch { return "\(error)" }
    }
    #expect(message("mpc.bus = [\n1 3 x\n];") == "small.m, line 2: 'x' is no number")
    #expect(message("mpc.bus = [1 3];\nmpc.baseMVA = 100;").contains("row 1 of mpc.bus has 2 numbers, 13 are needed"))
    #expect(message("mpc.bus = [];") == "small.m: has no mpc.baseMVA above 0")
    #expect(message("mpc.baseMVA = 100;") == "small.m: has no mpc.bus")
    let bus = "mpc.bus = [1 1 0 0 0 0 1 1 0 345 1 1.1 0.9];\n"
    #expect(
      message("mpc.baseMVA = 1;\n" + bus + "mpc.gen = [];\nmpc.branch = [];\nmpc.gencost = [];").contains("reference"))
  }
}
