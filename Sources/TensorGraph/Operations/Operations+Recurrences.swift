/// Recurrences: a state that goes from step to step.
extension Operations {
  /// The last states and the outputs of a recurrence over the leading axes of inputs.
  ///
  /// - Parameters:
  ///   - count: the number of steps, and the extent of the leading axis of each input.
  ///   - isReversed: whether the last row comes first; outputs keep the places of their rows.
  ///   - segmentLength: if given, derivatives keep only the states between so many steps.
  ///   - step: the next states and the outputs for the states and a row of each input. It is asked once, for all steps.
  package static func scan(
    _ start: [Node], over inputs: [Node], count: Int, isReversed: Bool = false, segmentLength: Int? = nil,
    _ step: (_ states: [Node], _ rows: [Node]) throws(TensorError) -> (states: [Node], outputs: [Node])
  ) throws(TensorError) -> (last: [Node], outputs: [Node]) {
    guard let type = start.first?.scalarType, type.isDifferentiable, start.allSatisfy({ $0.scalarType == type }) else {
      throw TensorError("scan: give at least one state, all of one real type")
    }
    for input in inputs where input.shape.dimensions.first != count {
      throw TensorError(
        "scan: an input has shape \(input.shape); its leading axis must have extent \(count), one row for each step")
    }
    if let segmentLength, segmentLength < 1 {
      throw TensorError("scan: segments of \(segmentLength) steps; give 1 or more")
    }
    let body = try StepBody(start, inputs, step)
    guard count > 0 else {
      return (start, body.outputs.map { .zeros([0] + $0.shape, $0.scalarType) })
    }
    let steps = body.run(body.packed(start), inputs, count, isReversed, segmentLength)
    return (body.unpacked(steps.last, rows: nil), body.outputs(of: steps))
  }
}

/// A step of a recurrence that has been written down once, with its states as one carry.
private struct StepBody {
  /// The shapes of the states.
  let states: [Shape]
  let carry: Node
  let rows: [Node]
  let next: Node
  /// The outputs as the step makes them.
  let outputs: [Node]
  /// For each output the state that it is, if it is one.
  private let stateOfOutput: [Int?]
  /// Outputs that are no states, one after another.
  private let output: Node

  /// What the steps leave behind, rows first.
  struct Steps {
    var last: Node
    /// The carry after each step; nil if no output is a state.
    var carries: Node?
    var outputs: Node
  }

  init(
    _ start: [Node], _ inputs: [Node],
    _ step: (_ states: [Node], _ rows: [Node]) throws(TensorError) -> (states: [Node], outputs: [Node])
  ) throws(TensorError) {
    let type = start[0].scalarType
    states = start.map(\.shape)
    carry = Node(.input(start.count == 1 ? start[0].shape : [states.reduce(0) { $0 + $1.count }], type))
    rows = inputs.map { Node(.input(Shape(Array($0.shape.dimensions.dropFirst())), $0.scalarType)) }
    var place = 0
    var given: [Node] = []
    for shape in states {
      given.append(start.count == 1 ? carry : carry.part(place..<(place + shape.count), 0).reshaped(to: shape))
      place += shape.count
    }
    let made = try step(given, rows)
    guard made.states.count == start.count else {
      throw TensorError("scan: the step makes \(made.states.count) states of \(start.count); give each its next value")
    }
    for (state, before) in zip(made.states, start) where state.shape != before.shape || state.scalarType != type {
      throw TensorError(
        "scan: the step makes a state of shape \(state.shape) (\(state.scalarType)) from one of shape \(before.shape) "
          + "(\(type)); start with the shape that the steps keep")
    }
    for output in made.outputs where output.scalarType != type {
      throw TensorError("scan: an output is \(output.scalarType), the states are \(type); cast it to \(type)")
    }
    next = start.count == 1 ? made.states[0] : .flat(made.states, type)
    outputs = made.outputs
    stateOfOutput = outputs.map { output in made.states.firstIndex { $0 === output } }
    output = .flat(zip(outputs, stateOfOutput).filter { $1 == nil }.map(\.0), type)
  }

  /// The states as one carry.
  func packed(_ states: [Node]) -> Node { states.count == 1 ? states[0] : .flat(states, states[0].scalarType) }

  /// The states in a carry, or in rows of carries.
  func unpacked(_ carries: Node, rows: Int?) -> [Node] {
    if states.count == 1 { return [carries] }
    var place = 0
    return states.map { shape in
      defer { place += shape.count }
      return carries.part(place..<(place + shape.count), rows == nil ? 0 : 1)
        .reshaped(to: rows.map { [$0] + shape } ?? shape)
    }
  }

  /// The outputs of the step, rows first.
  func outputs(of steps: Steps) -> [Node] {
    let count = steps.outputs.shape[0]
    let states = steps.carries.map { unpacked($0, rows: count) } ?? []
    var place = 0
    return zip(outputs, stateOfOutput).map { output, state in
      if let state { return states[state] }
      defer { place += output.shape.count }
      return steps.outputs.part(place..<(place + output.shape.count), 1).reshaped(to: [count] + output.shape)
    }
  }

  func run(_ start: Node, _ inputs: [Node], _ count: Int, _ isReversed: Bool, _ segmentLength: Int?) -> Steps {
    guard let length = segmentLength, length < count else { return run(start, inputs, count, isReversed) }
    // Segments, each a recurrence within a step of another; what is left over comes at the end of the run.
    let (segments, rest) = count.quotientAndRemainder(dividingBy: length)
    let first = isReversed ? rest : 0
    let carry = Node(.input(self.carry.shape, self.carry.scalarType))
    let rows = inputs.map { Node(.input([length] + Shape(Array($0.shape.dimensions.dropFirst())), $0.scalarType)) }
    let inner = run(carry, rows, length, isReversed)
    let (recurrence, operands) = Node.scan(
      count: segments, isReversed: isReversed, isSegmented: true, carry: (carry, start),
      sequences: zip(rows, inputs).map { row, input in
        (row, input.rows(from: first, segments * length).reshaped(to: [segments] + row.shape))
      }, constants: [], next: inner.last,
      output: .flat([inner.carries, inner.outputs].compactMap { $0 }, carry.scalarType),
      summand: .zeros([0], carry.scalarType))
    let result = Node(.scan(recurrence), operands)
    let all = result.part(recurrence.layout.outputs, 0).reshaped(to: [segments, recurrence.output.shape.count])
    let carried = inner.carries?.shape.count ?? 0
    let whole = Steps(
      last: last(of: result, recurrence),
      carries: inner.carries.map { _ in all.part(0..<carried, 1).reshaped(to: [segments * length] + carry.shape) },
      outputs: all.part(carried..<recurrence.output.shape.count, 1)
        .reshaped(to: [segments * length, output.shape.count]))
    if rest == 0 { return whole }
    let left = run(
      whole.last, inputs.map { $0.rows(from: isReversed ? 0 : segments * length, rest) }, rest, isReversed)
    let inOrder = isReversed ? [left, whole] : [whole, left]
    let carries = inOrder.compactMap(\.carries)
    return Steps(
      last: left.last, carries: carries.isEmpty ? nil : .concatenate(carries, axis: 0),
      outputs: .concatenate(inOrder.map(\.outputs), axis: 0))
  }

  private func run(_ start: Node, _ inputs: [Node], _ count: Int, _ isReversed: Bool) -> Steps {
    let (recurrence, operands) = Node.scan(
      count: count, isReversed: isReversed, isSegmented: false, carry: (carry, start),
      sequences: zip(rows, inputs).map { (input: $0, rows: $1) }, constants: [], next: next, output: output,
      summand: .zeros([0], carry.scalarType))
    let result = Node(.scan(recurrence), operands)
    let layout = recurrence.layout
    let carries = result.part(layout.carries, 0).reshaped(to: [count + 1] + carry.shape)
    return Steps(
      last: last(of: result, recurrence),
      carries: stateOfOutput.contains { $0 != nil } ? carries.rows(from: recurrence.carryRow(after: 0), count) : nil,
      outputs: result.part(layout.outputs, 0).reshaped(to: [count, output.shape.count]))
  }

  private func last(of result: Node, _ recurrence: Recurrence) -> Node {
    result.part(recurrence.layout.lastCarry, 0).reshaped(to: carry.shape)
  }
}

extension Operations {
  /// A function of one row, of all rows along the leading axes of inputs at once.
  ///
  /// - Parameter function: the results for a row of each input. It is asked once, for all rows.
  /// - Complexity: that of the same operations on whole tensors. Where an operation cannot be done for all rows at once (a
  ///   recurrence, a rule of one's own, scatters at places of each row's own), row by row.
  package static func vmap(
    over inputs: [Node], _ function: (_ rows: [Node]) throws(TensorError) -> [Node]
  ) throws(TensorError) -> [Node] {
    guard let count = inputs.first?.shape.dimensions.first else {
      throw TensorError("vmap: give inputs with a leading axis, whose rows the function is asked for")
    }
    for input in inputs where input.shape.dimensions.first != count {
      throw TensorError(
        "vmap: inputs have shapes \(inputs.map { "\($0.shape)" }.joined(separator: ", ")); give leading axes of one extent"
      )
    }
    let rows = inputs.map { Node(.input(Shape(Array($0.shape.dimensions.dropFirst())), $0.scalarType)) }
    let results = try function(rows)
    return Node.vectorized(results, rows: Array(zip(rows, inputs)).map { (input: $0, rows: $1) }, count: count)
  }
}
