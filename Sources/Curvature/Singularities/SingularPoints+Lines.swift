import TensorGraph

// How the function behaves along lines through a singular point.

extension SingularPoints {
  enum Obstacle: Error {
    case missing(String)
    case unknown(String)
  }

  struct Behaviour {
    /// By powers, from the first.
    var coefficients: [Double]
    /// The largest coefficient, for tolerances.
    var scale: Double

    var slope: Double { self[1] }

    subscript(power: Int) -> Double { coefficients[power - 1] }

    /// In the opposite direction.
    var turned: Behaviour {
      var result = self
      for i in stride(from: 0, to: coefficients.count, by: 2) { result.coefficients[i].negate() }
      return result
    }
  }

  /// The behaviour along an axis at speed 1, the same on both sides.
  func behaviour(
    _ axis: Axis, _ output: Int, _ value: Double, _ state: inout State
  ) throws(Obstacle) -> Behaviour {
    var found: [(sign: Double, behaviour: Behaviour)] = []
    var obstacle = Obstacle.unknown("the function is no number on either side along \(axis)")
    var undefined = 0
    for sign in [1.0, -1.0] {
      let series = line([Move(axis: axis, speed: sign)], &state)[output]
      if isOutside(series) {
        undefined += 1
        continue
      }
      do throws(Obstacle) {
        found.append((sign, try behaviour(of: series, value, "\(axis)")))
      } catch {
        obstacle = error
      }
    }
    guard found.count + undefined == 2, let first = found.first else { throw obstacle }
    state.axes[axis] = Sides(sign: first.sign, isTwoSided: found.count == 2)
    let result = first.sign > 0 ? first.behaviour : first.behaviour.turned
    guard found.count == 2 else { return result }
    let other = found[1].behaviour.turned
    for (power, name) in zip(1...order, ["slopes", "second derivatives", "third derivatives"]) {
      guard agree(other[power], result[power], result.scale) else {
        let factor: Float = power == 3 ? 6 : power == 2 ? 2 : 1
        throw .missing(
          "the one-sided \(name) along \(axis) are \(factor * Float(other[power])) and \(factor * Float(result[power]))"
        )
      }
    }
    return result
  }

  func behaviour(
    _ moves: [Move], _ output: Int, _ value: Double, _ state: inout State
  ) throws(Obstacle) -> Behaviour {
    let place = "a line between axes"
    let series = line(moves, &state)[output]
    guard isOutside(series), moves.allSatisfy({ state.axes[$0.axis]!.isTwoSided }) else {
      return try behaviour(of: series, value, place)
    }
    // The domain may lie on the other side.
    return try behaviour(of: line(moves.map(\.turned), &state)[output], value, place).turned
  }

  /// Whether the function has values along a line, on a side on which its axes do.
  private func isDefined(_ moves: [Move], _ output: Int, _ state: inout State) -> Bool {
    let mayTurn = moves.allSatisfy { state.axes[$0.axis]!.isTwoSided }
    return (mayTurn ? [moves, moves.map(\.turned)] : [moves]).contains { moves in
      !isOutside(line(moves, &state)[output])
    }
  }

  /// Whether a line leaves the function's domain, where it is no number, or infinite by definition.
  private func isOutside(_ series: Series) -> Bool {
    switch series.fault {
    case .undefined?: true
    case .unexpandable?, .cancelled?: false
    case nil: series.isInfiniteConstant
    }
  }

  func behaviour(of series: Series, _ value: Double, _ place: String) throws(Obstacle) -> Behaviour {
    switch series.fault {
    case .undefined(let reason)?: throw .missing("along \(place) there is \(reason)")
    case .unexpandable(let reason)?: throw .unknown("along \(place) there is \(reason)")
    case .cancelled?: throw .unknown("along \(place) too many terms of its expansion cancel")
    case nil: break
    }
    let power = Double(order)
    guard series.order > power, let limit = series.limitValue else {
      throw .unknown("along \(place) too many terms of its expansion cancel")
    }
    let terms = series.terms.filter { $0.power <= power }
    let scale = terms.reduce(0) { max($0, abs($1.coefficient)) }
    if let term = series.irregularTerm(upTo: power), abs(term.coefficient) > 1e-9 * scale {
      throw .missing("along \(place) it behaves as \(describe(term))")
    }
    guard abs(limit - value) <= 1e-6 * max(abs(limit), abs(value)) + 1e-9 * scale else {
      throw .missing("along \(place) it jumps from \(value) to \(limit)")
    }
    return Behaviour(coefficients: (1...max(order, 2)).map { series.coefficient(Double($0)) }, scale: scale)
  }

  private func describe(_ term: Series.Term) -> String {
    let power = term.power == 0 ? "" : term.power == 1 ? " t" : " t^\(Float(term.power))"
    let logarithm = term.logarithms == 0 ? "" : term.logarithms == 1 ? " log t" : " (log t)^\(term.logarithms)"
    return "\(Float(term.coefficient))\(power)\(logarithm) for small t"
  }

  /// Whether two coefficients are one but for rounding.
  private func agree(_ a: Double, _ b: Double, _ scale: Double) -> Bool {
    abs(a - b) <= 1e-7 * max(abs(a), abs(b)) + 1e-10 * scale
  }

  private func notLinear(_ axis: Axis, _ other: Axis) -> Obstacle {
    .missing(
      "its slopes along \(axis), \(other) and a line between them do not belong to one linear function"
    )
  }

  /// That a first derivative belongs to a linear map: the slope between this axis and the next ones.
  func requireLinear(
    _ axis: Axis, _ one: Behaviour, _ output: Int, _ value: Double, _ state: inout State
  ) throws(Obstacle) {
    let count = variables[axis.variable].count
    let others = (1..<max(2, min(count, 4))).map { ((axis.number ?? -1) + $0) % max(count, 1) }
    for number in others where number != axis.number {
      let next = Axis(variable: axis.variable, number: number)
      // An axis that has no slope is no evidence.
      guard let other = try? behaviour(next, output, value, &state) else { continue }
      for (p, q) in Self.lines {
        _ = try together((axis, one), (next, other), (p, q), output, value, &state)
      }
    }
  }

  /// The function along two axes at once, whose slopes add up, and the speeds on the sides where it is defined; nil where
  /// the domain is a corner that this line leaves.
  func together(
    _ first: (axis: Axis, alone: Behaviour), _ second: (axis: Axis, alone: Behaviour), _ speeds: (Double, Double),
    _ output: Int, _ value: Double, _ state: inout State
  ) throws(Obstacle) -> (a: Double, b: Double, both: Behaviour)? {
    let a = speeds.0 * state.axes[first.axis]!.sign
    let b = speeds.1 * state.axes[second.axis]!.sign
    let moves = [Move(axis: first.axis, speed: a), Move(axis: second.axis, speed: b)]
    if min(speeds.0, speeds.1) < 0, !isDefined(moves, output, &state) { return nil }
    let both = try behaviour(moves, output, value, &state)
    guard agree(both.slope, a * first.alone.slope + b * second.alone.slope, both.scale) else {
      throw notLinear(first.axis, second.axis)
    }
    return (a, b, both)
  }

  /// The function along a line.
  func line(_ moves: [Move], _ state: inout State) -> [Series] {
    if let known = state.lines[moves] { return known }
    var speeds = variables.map { [Double](repeating: 0, count: $0.node.shape.count) }
    for move in moves {
      let variable = move.axis.variable
      if let number = move.axis.number {
        for element in variables[variable].elements(of: number) { speeds[variable][element] += move.speed }
      } else {
        for (element, speed) in direction!.enumerated() { speeds[variable][element] += move.speed * speed }
      }
    }
    let result = state.expansion!(speeds)[0]
    state.work += state.expansion!.elementCount
    // One expansion serves many entries, all of them would be too much to keep.
    if state.lines.count > 4096 { state.lines.removeAll() }
    state.lines[moves] = result
    return result
  }
}
