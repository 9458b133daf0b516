import TensorGraph

/// Functions whose derivatives are sparse, as they occur in practice.
package enum SparseProblems {
  /// Chained Rosenbrock: a tridiagonal Hessian.
  package static func rosenbrock(_ x: Tensor<Double>) -> Tensor<Double> {
    (100 * square(x[1...] - square(x[..<(-1)])) + square(1 - x[..<(-1)])).sum()
  }

  /// The first element meets all others: an arrow.
  package static func arrow(_ x: Tensor<Double>) -> Tensor<Double> {
    (square(x[1...]) * x[0]).sum() + exp(0.1 * x[0])
  }

  /// A sum over independent groups of `size` parameters, full within each: [groups · size].
  package static func blocks(_ x: Tensor<Double>, size: Int) -> Tensor<Double> {
    let groups = x.reshaped(to: [x.count / size, size])
    return groups.logSumExp(axes: [1]).sum() + tanh(groups.sum(axes: [1])).sum()
  }

  /// The energy of a membrane on a grid, with a nonlinear surface term and a potential: the five-point stencil.
  package static func gridEnergy(_ x: Tensor<Double>) -> Tensor<Double> {
    let (down, right) = (x[1..., ...] - x[..<(-1), ...], x[..., 1...] - x[..., ..<(-1)])
    return sqrt(1 + square(down)).sum() + sqrt(1 + square(right)).sum() + exp(0.2 * x).sum()
  }

  /// A logistic likelihood of groups with three parameters each, and two that all groups share: [3 · groups + 2].
  package static func likelihood(_ x: Tensor<Double>) -> Tensor<Double> {
    let groups = x[..<(-2)].reshaped(to: [(x.count - 2) / 3, 3])
    let shared = (x[x.count - 2], x[x.count - 1])
    var total = 0.5 * square(groups).sum()
    for k in 0..<4 {
      let k = Double(k)
      let own = groups[..., 0] * (0.3 + k) + groups[..., 1] * (1 - 0.2 * k) + groups[..., 2] * 0.5
      total = total + softplus(own + shared.0 * k + shared.1).sum()
    }
    return total
  }

  /// The right-hand side of the Brusselator on an n × n torus, [2, n, n] (Hairer & Wanner 1996, "Solving ordinary
  /// differential equations II", IV.10).
  package static func brusselator(_ state: Tensor<Double>) -> Tensor<Double> {
    let (u, v) = (state[0], state[1])
    func laplacian(_ w: Tensor<Double>) -> Tensor<Double> {
      let sides = w.rolled(by: 1, axis: 0) + w.rolled(by: -1, axis: 0)
      return sides + w.rolled(by: 1, axis: 1) + w.rolled(by: -1, axis: 1) - 4 * w
    }
    let reaction = square(u) * v
    return Tensor.stack([1 + reaction - 4.4 * u + 0.02 * laplacian(u), 3.4 * u - reaction + 0.02 * laplacian(v)])
  }

  /// Defects of trapezoidal collocation of a pendulum with a control: x holds angle, speed and torque at each of n
  /// times, [n, 3]; the result is [n - 1, 2] (Betts 2010, "Practical methods for optimal control", §4.5).
  package static func collocation(_ x: Tensor<Double>) -> Tensor<Double> {
    let (angle, speed, torque) = (x[..., 0], x[..., 1], x[..., 2])
    let acceleration = torque - sin(angle) - 0.1 * speed
    func defect(_ value: Tensor<Double>, _ rate: Tensor<Double>) -> Tensor<Double> {
      value[1...] - value[..<(-1)] - 0.05 * (rate[1...] + rate[..<(-1)])
    }
    return Tensor.stack([defect(angle, speed), defect(speed, acceleration)], axis: 1)
  }

  /// A sum of random functions of few elements each: slices with strides, gathered pairs and triples, blocks.
  package static func random(_ x: Tensor<Double>, seed: UInt64) -> Tensor<Double> {
    var generator = RepeatableGenerator(seed: seed &* 77 &+ 5)
    let n = x.count
    var total = (0.1 * square(x)).sum()
    for _ in 0..<generator.integer(in: 2...5) {
      let count = generator.integer(in: 1...max(1, n / 3))
      func picked() -> Tensor<Double> {
        if generator.chance(0.5) {
          let step = generator.integer(in: 1...2)
          let start = generator.integer(in: 0...(n - 1 - (count - 1) * step))
          return checked(try x.read([.range(start: start, end: start + (count - 1) * step + 1, step: step)]))
        }
        return x.gathered(at: Tensor((0..<count).map { _ in Int64(generator.integer(in: 0...(n - 1))) }))
      }
      let (a, b) = (picked(), picked())
      switch generator.integer(in: 0...6) {
      case 0: total = total + (sin(a) * b).sum()
      case 1: total = total + exp(0.3 * a - 0.2 * b).sum()
      case 2: total = total + square(a - square(b)).sum()
      case 3: total = total + (a * b * picked()).sum()
      case 4: total = total + tanh(a).sum() * 0.5
      case 5: total = total + sqrt(1 + square(a) + square(b)).sum()
      default: total = total + square(a.sum() - b[0]) * 0.1
      }
    }
    return total
  }
}
