import Curvature
import CurvatureIpopt

/// The state of a network: voltages in polar form, generation, and power flows into both ends of each branch.
public struct PowerState: TensorStruct, Sendable {
  /// Angles of the voltages, in radians.
  public var angles: Tensor<Double>
  /// Magnitudes of the voltages, per unit; likewise below.
  public var magnitudes: Tensor<Double>
  /// Active power of the generators.
  public var activeGeneration: Tensor<Double>
  /// Reactive power of the generators.
  public var reactiveGeneration: Tensor<Double>
  /// Active power into all branches at their first ends, then at their second ones.
  public var activeFlows: Tensor<Double>
  /// Reactive power likewise.
  public var reactiveFlows: Tensor<Double>

  /// The members that are variables.
  public static var tensors: TensorMembers<PowerState, Double> {
    TensorMembers(
      \.angles, \.magnitudes, \.activeGeneration, \.reactiveGeneration, \.activeFlows, \.reactiveFlows)
  }
}

/// AC optimal power flow: the cheapest generation that meets demand within the limits of a network.
///
/// The formulation is that of polar voltages with flows as variables (Coffrin et al. 2018, "PowerModels.jl: An Open-Source
/// Framework for Exploring Power Flow Formulations"): flows follow from voltages by Ohm's law with taps, phase shifts and
/// charging, every bus is in balance, apparent power and angle differences are limited.
public struct OptimalPowerFlow: Sendable {
  /// What is solved for.
  public let network: PowerNetwork
  /// The start: voltages of magnitude 1, everything else in the middle of its limits.
  public let start: PowerState
  /// Least values.
  public let lowerBounds: PowerState
  /// Largest values.
  public let upperBounds: PowerState

  /// The problem of a network.
  public init(_ network: PowerNetwork) {
    self.network = network
    func both(_ ratings: [Double]) -> [Double] { ratings + ratings }
    let limits = Tensor(both(network.ratings))
    var free = [Double](repeating: .infinity, count: network.busCount)
    for bus in network.references { free[bus] = 0 }
    let reference = Tensor(free)
    lowerBounds = PowerState(
      angles: -reference, magnitudes: Tensor(network.voltageRange.map(\.low)),
      activeGeneration: Tensor(network.activeRange.map(\.low)),
      reactiveGeneration: Tensor(network.reactiveRange.map(\.low)), activeFlows: -limits, reactiveFlows: -limits)
    upperBounds = PowerState(
      angles: reference, magnitudes: Tensor(network.voltageRange.map(\.high)),
      activeGeneration: Tensor(network.activeRange.map(\.high)),
      reactiveGeneration: Tensor(network.reactiveRange.map(\.high)), activeFlows: limits, reactiveFlows: limits)
    func middle(_ ranges: [(low: Double, high: Double)]) -> Tensor<Double> {
      Tensor(
        ranges.map { range in
          let middle = (range.low + range.high) / 2
          return middle.isFinite ? middle : max(range.low, min(0, range.high))
        })
    }
    start = PowerState(
      angles: .zeros([network.busCount]), magnitudes: .ones([network.busCount]),
      activeGeneration: middle(network.activeRange), reactiveGeneration: middle(network.reactiveRange),
      activeFlows: .zeros([2 * network.branchCount]), reactiveFlows: .zeros([2 * network.branchCount]))
  }

  /// The plan of the problem: structure and programs of all derivatives.
  ///
  /// - Throws: as `NonlinearProgramPlan`.
  public func plan() throws -> NonlinearProgramPlan<PowerState> {
    try NonlinearProgramPlan(like: start) { program($0) }
  }

  /// Objective and constraints at a state.
  public func program(_ state: PowerState) -> NonlinearProgram {
    let n = network
    let (from, to) = (places(n.from), places(n.to))
    let arcs = Tensor.concatenate([from, to])
    let c = (0..<8).map { k in Tensor(n.coefficients.map { $0[k] }) }
    let difference = state.angles.gathered(at: from) - state.angles.gathered(at: to)
    let (vf, vt) = (state.magnitudes.gathered(at: from), state.magnitudes.gathered(at: to))
    let (cosine, sine) = (vf * vt * cos(difference), vf * vt * sin(difference))
    let pf = c[4] * square(vf) + c[2] * cosine + c[3] * sine
    let qf = -c[5] * square(vf) - c[3] * cosine + c[2] * sine
    let pt = c[6] * square(vt) + c[0] * cosine - c[1] * sine
    let qt = -c[7] * square(vt) - c[1] * cosine - c[0] * sine
    let flows = Tensor.concatenate([pf, pt, qf, qt])
    let squares = square(state.magnitudes)
    func balance(
      _ demand: [Double], _ shunt: Tensor<Double>, _ flow: Tensor<Double>, _ generation: Tensor<Double>
    ) -> Tensor<Double> {
      (Tensor(demand) + shunt * squares).scatterAdding(flow, at: arcs)
        .scatterAdding(-generation, at: places(n.generatorBus))
    }
    var constraints: [Constraint] = [
      .equal(Tensor.concatenate([state.activeFlows, state.reactiveFlows]) - flows, 0, name: "flow"),
      .equal(
        balance(n.activeDemand, Tensor(n.shuntConductance), state.activeFlows, state.activeGeneration), 0,
        name: "active balance"),
      .equal(
        balance(n.reactiveDemand, -Tensor(n.shuntSusceptance), state.reactiveFlows, state.reactiveGeneration), 0,
        name: "reactive balance"),
    ]
    let rated = n.ratings.indices.filter { n.ratings[$0].isFinite }
    if !rated.isEmpty {
      let ends = places(rated + rated.map { $0 + n.branchCount })
      let power = square(state.activeFlows.gathered(at: ends)) + square(state.reactiveFlows.gathered(at: ends))
      constraints.append(.atMost(power, square(Tensor((rated + rated).map { n.ratings[$0] })), name: "rating"))
    }
    let limited = n.angleRange.indices.filter { n.angleRange[$0].low.isFinite || n.angleRange[$0].high.isFinite }
    if !limited.isEmpty {
      constraints.append(
        .between(
          difference.gathered(at: places(limited)), Tensor(limited.map { n.angleRange[$0].low }),
          Tensor(limited.map { n.angleRange[$0].high }), name: "angle"))
    }
    return NonlinearProgram(minimizing: cost(state.activeGeneration), subjectTo: constraints)
  }

  /// The cost of generation, in $/h.
  private func cost(_ power: Tensor<Double>) -> Tensor<Double> {
    let degree = network.costs.map(\.count).max() ?? 0
    // Horner's rule, for all generators at once.
    var sum = Tensor<Double>.zeros([network.generatorCount])
    for k in (0..<degree).reversed() {
      sum = sum * power + Tensor(network.costs.map { k < $0.count ? $0[k] : 0 })
    }
    return sum.sum()
  }

  private func places(_ numbers: [Int]) -> Tensor<Int64> { Tensor(numbers.map(Int64.init)) }
}
