import Curvature

/// Small everyday functions, each differentiated twice for the first time in a process: building the expression,
/// planning, compiling and running are all part of it.
///
/// `Compare/first_hessian.py` has the same functions in JAX.
enum FirstHessians {
  typealias T = Tensor<Double>

  struct Model {
    let name: String
    let point: T
    let f: (T) -> T
  }

  /// Numbers that both programs make alike: scale · sin(0.7 i + phase).
  static func numbers(_ shape: [Int], phase: Double, scale: Double = 0.4) -> T {
    let numbers = scale * sin(0.7 * T.arange(shape.reduce(1, *)) + phase)
    return T(numbers.scalars, shape: shape)
  }

  static var all: [Model] {
    networks + loops + recurrent + likelihoods + matrices
  }

  private static var networks: [Model] {
    let inputs = numbers([5, 4], phase: 1)
    func layers(_ count: Int, residual: Bool) -> Model {
      Model(
        name: "\(residual ? "residual network" : "MLP"), \(count) layers", point: numbers([count, 4, 4], phase: 2)
      ) { w in
        var y = inputs
        for k in 0..<count {
          let z = tanh(matmul(y, w[k]))
          y = residual ? y + z : z
        }
        return square(y).sum()
      }
    }
    let v = numbers([4, 4], phase: 3)
    return [1, 2, 4, 8, 16].map { layers($0, residual: false) } + [4, 8, 16].map { layers($0, residual: true) } + [
      Model(name: "attention, 3 x 4", point: numbers([3, 4], phase: 4)) { x in
        square(attention(x, matmul(x, v), x)).sum()
      },
      Model(name: "transformer, 2 layers, 3 x 4", point: numbers([3, 4], phase: 4)) { x in
        var y = x
        for _ in 0..<2 {
          y = (y + attention(y, y, y)).layerNormalized()
          y = (y + gelu(matmul(y, v))).layerNormalized()
        }
        return (y * y * y).sum()
      },
    ]
  }

  private static var loops: [Model] {
    [10, 30, 100, 300, 1000, 3000].map { steps in
      Model(name: "chain of \(steps) sines", point: numbers([3], phase: 1)) { x in
        var y = x
        for _ in 0..<steps { y = sin(1.01 * y) }
        return y.sum()
      }
    }
      + [4, 16, 64].map { steps in
        Model(name: "logistic map, \(steps) steps", point: T([0.3, 0.4])) { x in
          var y = x
          for _ in 0..<steps { y = 2.7 * y * (1 - y) }
          return y.sum()
        }
      }
      + [10, 30, 100].map { steps in
        Model(name: "power iteration, \(steps) steps", point: numbers([4, 4], phase: 2)) { a in
          var y = T([1, 0.5, 0.2, 0.1])
          for _ in 0..<steps {
            let z = matmul(a, y) + y
            y = z / sqrt(square(z).sum())
          }
          return dot(y, matmul(a, y))
        }
      }
  }

  private static var recurrent: [Model] {
    let inputs = numbers([64, 3], phase: 5)
    return [4, 16, 64].map { steps in
      Model(name: "GRU, \(steps) steps", point: numbers([6, 3, 3], phase: 6)) { w in
        var h = T.zeros([3])
        for k in 0..<steps {
          let x = inputs[k]
          let z = sigmoid(matmul(x, w[0]) + matmul(h, w[1]))
          let r = sigmoid(matmul(x, w[2]) + matmul(h, w[3]))
          h = (1 - z) * h + z * tanh(matmul(x, w[4]) + matmul(r * h, w[5]))
        }
        return square(h).sum()
      }
    }
      + [4, 16].map { steps in
        Model(name: "LSTM, \(steps) steps", point: numbers([8, 3, 3], phase: 6)) { w in
          var (h, c) = (T.zeros([3]), T.zeros([3]))
          for k in 0..<steps {
            let x = inputs[k]
            func gate(_ i: Int) -> T { matmul(x, w[i]) + matmul(h, w[i + 1]) }
            let (forget, input, output) = (sigmoid(gate(0)), sigmoid(gate(2)), sigmoid(gate(4)))
            c = forget * c + input * tanh(gate(6))
            h = output * tanh(c)
          }
          return square(h).sum()
        }
      }
  }

  private static var likelihoods: [Model] {
    let data = numbers([64], phase: 7, scale: 1)
    let times = T.arange(6).reshaped(to: [6, 1])
    let distances = square(times - times.transposed())
    let y = numbers([6], phase: 8, scale: 1)
    return [8, 32].map { steps in
      Model(name: "HMM, \(steps) observations", point: numbers([6], phase: 9)) { p in
        let transitions = p[..<4].reshaped(to: [2, 2]).logSoftmax()
        var alpha = -0.5 * square(data[0] - p[4...])
        for k in 1..<steps {
          let moved = (alpha.reshaped(to: [2, 1]) + transitions).logSumExp(axes: [0])
          alpha = moved - 0.5 * square(data[k] - p[4...])
        }
        return alpha.logSumExp()
      }
    }
      + [8, 32].map { steps in
        Model(name: "Kalman filter, \(steps) steps", point: numbers([4], phase: 9)) { p in
          let transition = T([[1, 0.1], [-0.1, 0.9]])
          let noise = exp(p[0]) * T.eye(2)
          let error = exp(p[1])
          let reading = T.stack([T(1), p[2]])
          var (state, covariance) = (T.zeros([2]), T.eye(2))
          var total = T(0)
          for k in 0..<steps {
            state = matmul(transition, state)
            covariance = matmul(matmul(transition, covariance), transition.transposed()) + noise
            let residual = data[k] - dot(reading, state) - p[3]
            let gain = matmul(covariance, reading)
            let spread = dot(reading, gain) + error
            state = state + gain * (residual / spread)
            covariance = covariance - outer(gain, gain) / spread
            total = total + log(spread) + square(residual) / spread
          }
          return total
        }
      } + [
        Model(name: "Gaussian process likelihood by Cholesky, 6 points", point: T([0.1, 0.2, -1])) { p in
          let kernel = exp(p[0]) * exp(-exp(p[1]) * distances) + exp(p[2]) * T.eye(6)
          let factor = kernel.cholesky
          let z = solveTriangular(factor, y.reshaped(to: [6, 1]), isLower: true)
          return 0.5 * square(z).sum() + log(factor.diagonal()).sum()
        }
      ]
  }

  private static var matrices: [Model] {
    func matrix(_ n: Int) -> T { numbers([n, n], phase: 2, scale: 0.2) + T.eye(n) }
    return [2, 4, 6, 8, 10].map { n in
      Model(name: "det, \(n) x \(n)", point: matrix(n)) { $0.determinant }
    }
      + [2, 4, 6].map { n in Model(name: "expm, \(n) x \(n)", point: matrix(n)) { $0.matrixExponential.sum() } }
      + [2, 4, 6].map { n in Model(name: "logm, \(n) x \(n)", point: matrix(n)) { $0.matrixLogarithm.sum() } }
      + [2, 4, 6].map { n in Model(name: "sqrtm, \(n) x \(n)", point: matrix(n)) { $0.matrixSquareRoot.sum() } }
  }

  /// Prints one line of JSON for the model of a name, or for each, after the Hessian of something else: the seconds of the first Hessian and of the
  /// second, at another point, and the elements of the first.
  static func report(_ text: String) {
    _ = hessian(at: T([1, 1])) { x in (x * x * x).sum() }[...].scalars
    for model in all where text.isEmpty || model.name == text {
      model.point.finish()
      let moved = model.point + 0.01
      moved.finish()
      var times: [Double] = []
      var first: [Double] = []
      for point in [model.point, moved] {
        let start = ContinuousClock.now
        let elements = hessian(model.f(point), point)[...].scalars
        times.append(start.secondsSince)
        if first.isEmpty { first = elements }
      }
      print(
        JSON.object([
          ("name", JSON.string(model.name)), ("first", "\(times[0])"), ("second", "\(times[1])"),
          ("hessian", "[" + first.map { "\($0)" }.joined(separator: ", ") + "]"),
        ]))
    }
  }
}
