import TensorGraph

extension GeneratedCode {
  /// What a solver of a nonlinear program is told besides functions: where to start, and the bounds.
  ///
  /// <!-- swift let x = Tensor<Double>([1, 2, 3]) -->
  /// ```swift
  /// let plan = try LagrangianPlan(like: x, objective: { x in (x * x).sum() }, constraints: { x in x[1...] * x[..<(-1)] })
  /// let problem = GeneratedCode.Problem(start: [1, 1, 1], lowerBounds: [0, 0, 0], constraintLowerBounds: [2, 2])
  /// let code = try plan.generateC("squares", interface: .cnlp, problem: problem)
  /// ```
  public struct Problem: Sendable {
    /// The elements of the start.
    public var start: [Double]
    /// The least value of each variable, -∞ for none; nil for none of all. Likewise below.
    public var lowerBounds: [Double]?
    /// The largest ones.
    public var upperBounds: [Double]?
    /// The least value of each constraint.
    public var constraintLowerBounds: [Double]?
    /// The largest ones.
    public var constraintUpperBounds: [Double]?
    /// What the data are at first, the elements of all in order; nil for zeros.
    public var parameters: [Double]?

    /// A start with bounds.
    ///
    /// - Parameters:
    ///   - start: the elements of the start.
    ///   - lowerBounds: the least value of each variable; nil for none.
    ///   - upperBounds: the largest ones; nil for none.
    ///   - constraintLowerBounds: the least value of each constraint; nil for none.
    ///   - constraintUpperBounds: the largest ones; nil for none.
    ///   - parameters: what the data are at first; nil for zeros.
    public init(
      start: [Double], lowerBounds: [Double]? = nil, upperBounds: [Double]? = nil,
      constraintLowerBounds: [Double]? = nil, constraintUpperBounds: [Double]? = nil, parameters: [Double]? = nil
    ) {
      (self.start, self.lowerBounds, self.upperBounds) = (start, lowerBounds, upperBounds)
      (self.constraintLowerBounds, self.constraintUpperBounds) = (constraintLowerBounds, constraintUpperBounds)
      self.parameters = parameters
    }

    /// - Throws: `TensorError` unless there is a number for each, and a value between the bounds.
    func require(variables: Int, constraints: Int, parameters count: Int) throws(TensorError) {
      let tables: [(name: String, values: [Double]?, count: Int)] = [
        ("start", start, variables), ("lowerBounds", lowerBounds, variables), ("upperBounds", upperBounds, variables),
        ("constraintLowerBounds", constraintLowerBounds, constraints),
        ("constraintUpperBounds", constraintUpperBounds, constraints), ("parameters", parameters, count),
      ]
      for (name, values, count) in tables {
        if let values, values.count != count {
          throw TensorError("generate: \(name) has \(values.count) numbers, expected \(count)")
        }
      }
      guard constraints == 0 || constraintLowerBounds != nil || constraintUpperBounds != nil else {
        throw TensorError(
          "generate: none of \(constraints) constraints has a bound; give constraintLowerBounds or -UpperBounds")
      }
      for (lower, upper) in [(lowerBounds, upperBounds), (constraintLowerBounds, constraintUpperBounds)] {
        let count = (lower ?? upper ?? []).count
        for i in 0..<count {
          let (least, most) = (lower?[i] ?? -.infinity, upper?[i] ?? .infinity)
          guard least <= most, least < .infinity, most > -.infinity else {
            throw TensorError(
              "generate: there is no number between the bounds \(least) and \(most), those of number \(i)")
          }
        }
      }
    }
  }
}
