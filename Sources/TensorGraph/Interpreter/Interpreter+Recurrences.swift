extension Interpreter {
  /// The steps of a recurrence, one after another.
  static func scan(_ recurrence: Recurrence, _ operands: [Value]) throws(TensorError) -> [Double] {
    let results = [recurrence.next, recurrence.output, recurrence.summand]
    return try recurrence.unrolled(operands.map(\.elements), zero: 0, +) { (inputs) throws(TensorError) in
      try values(of: results, inputs: inputs)
    }
  }
}

extension Recurrence {
  /// The result of all steps (`layout`), on elements of any kind.
  ///
  /// - Parameters:
  ///   - operands: the elements of the first carry, the sequences and the constants.
  ///   - add: adds two elements.
  ///   - step: the elements of the next carry, the output and the summand for those of the inputs of the body.
  func unrolled<Element, Failure>(
    _ operands: [[Element]], zero: Element, _ add: (Element, Element) -> Element,
    step: ([Node: [Element]]) throws(Failure) -> [[Element]]
  ) throws(Failure) -> [Element] {
    let layout = layout
    var carries = [Element](repeating: zero, count: (layout.count + 1) * layout.carry)
    var outputs = [Element](repeating: zero, count: layout.outputs.count)
    var sum = [Element](repeating: zero, count: layout.summand)
    func keep(_ carry: [Element], at row: Int) {
      carries.replaceSubrange((row * layout.carry)..<((row + 1) * layout.carry), with: carry)
    }
    var last = operands[0]
    if let first = order.first { keep(last, at: carryRow(before: first)) }
    for row in order {
      var inputs = [carry: last]
      for (input, elements) in zip(rows, operands[1...]) {
        let count = input.shape.count
        inputs[input] = Array(elements[(row * count)..<((row + 1) * count)])
      }
      for (input, elements) in zip(constants, operands[(1 + rows.count)...]) { inputs[input] = elements }
      let made = try step(inputs)
      last = made[0]
      keep(last, at: carryRow(after: row))
      outputs.replaceSubrange((row * layout.output)..<((row + 1) * layout.output), with: made[1])
      sum = zip(sum, made[2]).map(add)
    }
    if !keepsCarries { carries = last }
    return isReversed ? outputs + sum + carries : carries + outputs + sum
  }
}
