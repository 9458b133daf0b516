// Recurrences: a state that goes from step to step.

/// A recurrence over the leading axis of inputs: a state goes from step to step, each step gives an output.
///
/// The step is written down once, whatever the number of steps: it sees tensors without values, and it is compiled once.
/// Derivatives of every order, in forward and reverse mode, are recurrences again.
///
/// <!-- swift let start = Tensor<Double>([1, 2]), forces = Tensor<Double>.ones(20, 2) -->
/// ```swift
/// let (last, path) = scan(start, over: forces) { x, force in
///   let next = x + 0.01 * (force - x * x * x)
///   return (next, next)
/// }
/// ```
///
/// - Parameters:
///   - reversed: whether the last row of the inputs comes first; outputs keep the places of their rows.
///   - segmentLength: derivatives keep the state of every step, and compute again what is between. If this is given, they
///     keep only the states between segments of so many steps, and one segment's: for k steps, √k keeps the least.
///   - step: the next state, of the shape of the start, and an output. What it captures has derivatives, too.
/// - Returns: the last state, and the outputs along a new leading axis.
/// - Complexity: k steps and a fixed cost; a gradient costs a few times as much as the value.
public func scan<Scalar: DifferentiableScalar>(
  _ start: Tensor<Scalar>, over inputs: Tensor<Scalar>, reversed: Bool = false, segmentLength: Int? = nil,
  _ step: (_ state: Tensor<Scalar>, _ input: Tensor<Scalar>) -> (state: Tensor<Scalar>, output: Tensor<Scalar>)
) -> (last: Tensor<Scalar>, outputs: Tensor<Scalar>) {
  let (last, outputs) = scan([start], over: [inputs], reversed: reversed, segmentLength: segmentLength) {
    states, rows in
    let (state, output) = step(states[0], rows[0])
    return ([state], [output])
  }
  return (last[0], outputs[0])
}

/// A recurrence with several states, inputs and outputs; see the form with one of each.
///
/// - Parameter inputs: one or more, with leading axes of one extent.
public func scan<Scalar: DifferentiableScalar>(
  _ start: [Tensor<Scalar>], over inputs: [Tensor<Scalar>], reversed: Bool = false, segmentLength: Int? = nil,
  _ step: (_ states: [Tensor<Scalar>], _ inputs: [Tensor<Scalar>]) -> (
    states: [Tensor<Scalar>], outputs: [Tensor<Scalar>]
  )
) -> (last: [Tensor<Scalar>], outputs: [Tensor<Scalar>]) {
  guard let count = inputs.first?.node.shape.dimensions.first else {
    return mistake(
      "scan: give inputs with a leading axis, one row for each step; `iterate` takes none",
      else: (start.map(\.missing), inputs.map(\.missing)))
  }
  return scan(start, over: inputs, count, reversed, segmentLength, step)
}

/// The state after a number of steps that are all the same; see `scan` for steps with inputs and outputs.
///
/// <!-- swift let start = Tensor<Double>([1, 2]); func slope(_ x: Tensor<Double>) -> Tensor<Double> { x * x * x - x } -->
/// ```swift
/// let x = iterate(start, count: 1000) { x in x - 0.1 * slope(x) }
/// ```
///
/// - Parameters:
///   - segmentLength: as in `scan`.
///   - step: the next state, of the same shape. It is written down once.
public func iterate<Scalar: DifferentiableScalar>(
  _ start: Tensor<Scalar>, count: Int, segmentLength: Int? = nil, _ step: (_ state: Tensor<Scalar>) -> Tensor<Scalar>
) -> Tensor<Scalar> {
  guard count >= 0 else { return mistake("iterate: \(count) steps; give 0 or more", else: start.missing) }
  return scan([start], over: [], count, false, segmentLength) { states, _ in ([step(states[0])], []) }.last[0]
}

private func scan<Scalar: DifferentiableScalar>(
  _ start: [Tensor<Scalar>], over inputs: [Tensor<Scalar>], _ count: Int, _ isReversed: Bool, _ segmentLength: Int?,
  _ step: ([Tensor<Scalar>], [Tensor<Scalar>]) -> (states: [Tensor<Scalar>], outputs: [Tensor<Scalar>])
) -> (last: [Tensor<Scalar>], outputs: [Tensor<Scalar>]) {
  let (last, outputs) = checked(
    try Operations.scan(
      start.map(\.node), over: inputs.map(\.node), count: count, isReversed: isReversed, segmentLength: segmentLength
    ) { states, rows in
      let made = step(states.map { Tensor($0) }, rows.map { Tensor($0) })
      return (made.states.map(\.node), made.outputs.map(\.node))
    }, else: (start.map(\.node.missing), inputs.map(\.node.missing)))
  return (last.map { Tensor($0) }, outputs.map { Tensor($0) })
}

/// A function of a row, of all rows along the leading axis at once.
///
/// <!-- swift let positions = Tensor<Double>.ones(5, 3), a = Tensor<Double>.eye(3) -->
/// ```swift
/// let energies = vmap(over: positions) { x in (x * x).sum() + matmul(x, matmul(a, x)) }
/// ```
///
/// The function is written down once, for one row, and sees a tensor without values. Its operations are then done on whole
/// tensors: a product of a matrix with each row becomes one product. What it captures is the same for all rows.
///
/// - Parameter function: may return any shape, the same for each row.
/// - Returns: the results along a new leading axis.
/// - Complexity: that of the same operations on whole tensors. A function with a recurrence, a rule of one's own, or
///   `scatterAdd` at places that differ from row to row is computed row by row.
public func vmap<Scalar: TensorScalar, Result: TensorScalar>(
  over inputs: Tensor<Scalar>, _ function: (_ row: Tensor<Scalar>) -> Tensor<Result>
) -> Tensor<Result> {
  Tensor(checking: try Operations.vmap(over: [inputs.node]) { [function(Tensor($0[0])).node] }[0])
}

/// A function of two rows, of all pairs of rows along the leading axes at once; see the form with one.
public func vmap<First: TensorScalar, Second: TensorScalar, Result: TensorScalar>(
  over first: Tensor<First>, _ second: Tensor<Second>,
  _ function: (_ first: Tensor<First>, _ second: Tensor<Second>) -> Tensor<Result>
) -> Tensor<Result> {
  Tensor(
    checking: try Operations.vmap(over: [first.node, second.node]) { [function(Tensor($0[0]), Tensor($0[1])).node] }[0])
}
