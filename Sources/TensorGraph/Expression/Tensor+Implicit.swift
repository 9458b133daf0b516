// Values that are defined by an equation, and recurrences.

/// The x with `equation(x)` = 0 near a start, differentiable in whatever else the equation depends on.
///
/// Derivatives are those of the implicit function theorem, of every order up to `derivativeOrder`; they do not go through
/// the search. In a prepared plan the search runs again at each point.
///
///     let root = root(near: Tensor([1.0])) { x in x * x - a }     // √a
///
/// - Parameters:
///   - start: where Newton's steps begin; constant for derivatives.
///   - steps: how many are taken. Elements are NaN if the last one was not small yet.
///   - derivativeOrder: the highest order of derivatives of x that will be asked for; higher ones are wrong.
///   - equation: as many elements as x.
/// - Complexity: for n unknowns each step pushes n directions through the equation and eliminates an n × n matrix; the
///   steps are unrolled in the graph.
public func root<Scalar: DifferentiableScalar>(
  near start: Tensor<Scalar>, steps: Int = 12, derivativeOrder: Int = 3,
  of equation: (Tensor<Scalar>) -> Tensor<Scalar>
) -> Tensor<Scalar> {
  Tensor(
    checked(
      try Operations.root(near: start.node, steps: max(steps, 0), derivativeOrder: derivativeOrder) {
        equation(Tensor($0)).node
      }))
}

/// The x with x = `function(x)` that plain iteration leads to, differentiable in whatever else the function depends on.
///
/// As `root`, with the iteration in place of most of Newton's steps.
public func fixedPoint<Scalar: DifferentiableScalar>(
  from start: Tensor<Scalar>, iterations: Int = 30, derivativeOrder: Int = 3,
  of function: (Tensor<Scalar>) -> Tensor<Scalar>
) -> Tensor<Scalar> {
  Tensor(
    checked(
      try Operations.fixedPoint(from: start.node, iterations: max(iterations, 0), derivativeOrder: derivativeOrder) {
        function(Tensor($0)).node
      }))
}

/// A recurrence over the leading axis of inputs: a state goes from step to step, each step gives an output.
///
/// The steps are unrolled in the graph, so derivatives of every order follow.
///
///     let (last, path) = scan(start, over: forces, segmentLength: 32) { x, force in
///       let next = x + 0.01 * (force - x * x * x)
///       return (next, next)
///     }
///
/// - Parameter segmentLength: if given, derivatives keep only the states between segments of so many steps and compute a
///   segment's intermediate results again when they come to it: for k steps, √k keeps the least. If not, memory for
///   reverse mode grows with the number of steps.
/// - Returns: the last state, and the outputs along a new leading axis.
public func scan<Scalar: DifferentiableScalar>(
  _ start: Tensor<Scalar>, over inputs: Tensor<Scalar>, segmentLength: Int? = nil,
  _ step: (_ state: Tensor<Scalar>, _ input: Tensor<Scalar>) -> (state: Tensor<Scalar>, output: Tensor<Scalar>)
) -> (last: Tensor<Scalar>, outputs: Tensor<Scalar>) {
  let shape = inputs.node.shape
  guard shape.rank > 0, shape[0] > 0 else {
    fatalError("scan: inputs have shape \(shape); give a leading axis with at least one step")
  }
  if let segmentLength, segmentLength < 1 {
    fatalError("scan: segments of \(segmentLength) steps; give 1 or more")
  }
  /// Some steps in a row.
  func run(_ steps: Range<Int>, from start: Tensor<Scalar>) -> (state: Node, outputs: Node) {
    var state = start
    var outputs: [Node] = []
    for k in steps {
      let slices = [AxisSlice(start: k, step: 1, count: 1)] + shape.dimensions.dropFirst().map(AxisSlice.all)
      let input = inputs.node.sliced(slices).reshaped(to: Shape(Array(shape.dimensions.dropFirst())))
      let (next, output) = step(state, Tensor(input))
      state = next
      outputs.append(output.node)
    }
    return (state.node, checked(try Operations.stack(outputs)))
  }
  guard let segmentLength else {
    let (state, outputs) = run(0..<shape[0], from: start)
    return (Tensor(state), Tensor(outputs))
  }
  var state = start
  var outputs: [Node] = []
  for first in stride(from: 0, to: shape[0], by: segmentLength) {
    let segment = run(first..<Swift.min(first + segmentLength, shape[0]), from: state)
    // One node for both results: a segment is computed again once.
    let (stateCount, outputCount) = (segment.state.shape.count, segment.outputs.shape.count)
    let packed = Node.concatenate(
      [segment.state.reshaped(to: [stateCount]), segment.outputs.reshaped(to: [outputCount])], axis: 0
    ).checkpointed(from: [state.node])
    func part(_ start: Int, _ count: Int, _ shape: Shape) -> Node {
      packed.sliced([AxisSlice(start: start, step: 1, count: count)]).reshaped(to: shape)
    }
    state = Tensor(part(0, stateCount, segment.state.shape))
    outputs.append(part(stateCount, outputCount, segment.outputs.shape))
  }
  return (state, Tensor(Node.concatenate(outputs, axis: 0)))
}
