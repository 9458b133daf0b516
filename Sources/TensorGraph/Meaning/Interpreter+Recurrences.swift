extension Interpreter {
  /// The steps of a recurrence, one after another.
  static func scan(_ recurrence: Recurrence, _ operands: [Value]) throws(TensorError) -> [Double] {
    let layout = recurrence.layout
    var carries = [Double](repeating: 0, count: (layout.count + 1) * layout.carry)
    var outputs = [Double](repeating: 0, count: layout.outputs.count)
    var sum = [Double](repeating: 0, count: layout.summand)
    func keep(_ carry: [Double], at row: Int) {
      carries.replaceSubrange((row * layout.carry)..<((row + 1) * layout.carry), with: carry)
    }
    var carry = operands[0].elements
    keep(carry, at: recurrence.carryRow(before: recurrence.order[0]))
    for row in recurrence.order {
      var inputs = [recurrence.carry: carry]
      for (input, rows) in zip(recurrence.rows, operands[1...]) {
        let count = input.shape.count
        inputs[input] = Array(rows.elements[(row * count)..<((row + 1) * count)])
      }
      for (input, constant) in zip(recurrence.constants, operands[(1 + recurrence.rows.count)...]) {
        inputs[input] = constant.elements
      }
      let made = try values(of: [recurrence.next, recurrence.output, recurrence.summand], inputs: inputs)
      carry = made[0]
      keep(carry, at: recurrence.carryRow(after: row))
      outputs.replaceSubrange((row * layout.output)..<((row + 1) * layout.output), with: made[1])
      sum = zip(sum, made[2]).map(+)
    }
    if !recurrence.keepsCarries { carries = carry }
    return recurrence.isReversed ? outputs + sum + carries : carries + outputs + sum
  }
}
