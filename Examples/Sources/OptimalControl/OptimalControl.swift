import Curvature
import ExampleSupport

/// Van der Pol's oscillator brought to rest at the least cost: direct collocation by trapezoids, solved by Newton's method on
/// the conditions of optimality. The Hessian of the Lagrangian in states, controls *and* multipliers is their matrix.
@main struct OptimalControl {
  static func main() throws {
    let (intervals, h) = (100, 0.1)
    let nodes = intervals + 1
    let (variables, constraints) = (3 * nodes, 2 * intervals + 2)

    func objective(_ z: Tensor<Double>) -> Tensor<Double> {
      let cost = square(z[..<variables].reshaped(to: [3, nodes])).sum(axis: 0)
      return h * (cost.sum() - 0.5 * (cost[0] + cost[-1]))
    }

    func lagrangian(_ z: Tensor<Double>) -> Tensor<Double> {
      let (y, multipliers) = (z[..<variables].reshaped(to: [3, nodes]), z[variables...])
      let (position, speed, force) = (y[1], y[0], y[2])
      let slope = (1 - square(position)) * speed - position + force
      let speedGaps = speed[1...] - speed[..<(-1)] - h / 2 * (slope[1...] + slope[..<(-1)])
      let positionGaps = position[1...] - position[..<(-1)] - h / 2 * (speed[1...] + speed[..<(-1)])
      let gaps = Tensor.concatenate([speedGaps, positionGaps, speed[..<1], position[..<1] - 1])
      return objective(z) + dot(multipliers, gaps)
    }

    let plan = try SparseHessianPlan(like: Tensor<Double>.zeros([variables + constraints]), of: lagrangian)
    print(plan.pattern.summary)
    var z = Tensor<Double>.zeros([variables + constraints])
    var steps = 0
    repeat {
      let (_, slope, K) = try plan(z)
      let step = solve(Tensor(K), -slope).detached()
      z = (z + step).detached()
      steps += 1
      if step.norm().item() < 1e-10 { break }
    } while steps < 50

    let force = z[..<variables].reshaped(to: [3, nodes])[2]
    var comparison = try Comparison("OptimalControl")
    comparison.check("cost", objective(z).item(), within: 1e-7)
    comparison.check("first force", force[0].item(), within: 1e-5)
    comparison.check("greatest force", force.max().item(), within: 1e-5)
    comparison.finish()
  }
}
