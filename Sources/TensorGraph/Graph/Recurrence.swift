/// What each step of a `scan` does: a graph of its own, over inputs that stand for what a step is given.
///
/// A step makes, from the carry of the step before it, a row of each sequence and some constants, the next carry, an
/// output, and a summand. Two recurrences are equal if they compute the same: whoever writes one again finds the
/// program of the first.
package final class Recurrence: Sendable {
  /// The number of steps.
  package let count: Int
  /// Whether the last row comes first.
  package let isReversed: Bool
  /// Whether a step is a segment of many: nothing but the carry is to be kept for all.
  package let isSegmented: Bool
  /// Whether the result has the carries of all steps, or the last one only.
  package let keepsCarries: Bool
  /// Inputs that stand for the carry, a row of each sequence, and the constants.
  package let carry: Node
  package let rows: [Node]
  package let constants: [Node]
  /// The next carry, of the carry's shape.
  package let next: Node
  /// What a step leaves behind, of any shape; all of one element type.
  package let output: Node
  /// What is added up over the steps, of any shape.
  package let summand: Node
  let body: GraphBody
  /// Its derivatives, as far as somebody has asked for them.
  let derivatives = RecurrenceDerivatives()

  package init(
    count: Int, isReversed: Bool, isSegmented: Bool, keepsCarries: Bool = true, carry: Node, rows: [Node],
    constants: [Node], next: Node,
    output: Node, summand: Node
  ) {
    precondition(next.shape == carry.shape && next.scalarType == carry.scalarType, "the next carry is like the carry")
    self.count = count
    self.isReversed = isReversed
    self.isSegmented = isSegmented
    self.keepsCarries = keepsCarries
    self.carry = carry
    self.rows = rows
    self.constants = constants
    self.next = next
    self.output = output
    self.summand = summand
    body = GraphBody([next, output, summand], over: [carry] + rows + constants)
  }

  /// The inputs of the body, in the order of a scan's operands.
  package var inputs: [Node] { body.inputs }

  /// Where the parts of the result are, which is flat: the carries in the order of the rows, the outputs, the sum; those
  /// two first if the last row comes first, so that the last carry is next to them.
  package var layout: Layout {
    Layout(
      count: count, carryRows: keepsCarries ? count + 1 : 1, carriesAreLast: isReversed, carry: carry.shape.count,
      output: output.shape.count, summand: summand.shape.count)
  }

  package struct Layout {
    package let count: Int
    /// How many carries there are.
    package let carryRows: Int
    package let carriesAreLast: Bool
    /// Elements of a carry, of a step's output, of the sum.
    package let carry: Int
    package let output: Int
    package let summand: Int

    package var carries: Range<Int> {
      let start = carriesAreLast ? sum.upperBound : 0
      return start..<(start + carryRows * carry)
    }
    package var outputs: Range<Int> {
      let start = carriesAreLast ? 0 : carries.upperBound
      return start..<(start + count * output)
    }
    package var sum: Range<Int> { outputs.upperBound..<(outputs.upperBound + summand) }
    package var lastCarry: Range<Int> {
      carriesAreLast
        ? carries.lowerBound..<(carries.lowerBound + carry) : (carries.upperBound - carry)..<carries.upperBound
    }
    package var total: Int { carryRows * carry + count * output + summand }
  }

  /// The rows in the order of the steps.
  package var order: [Int] { isReversed ? (0..<count).reversed() : Array(0..<count) }

  /// Where in the carries that of before a step is, and that of after it.
  package func carryRow(before row: Int) -> Int { isReversed ? row + 1 : row }
  package func carryRow(after row: Int) -> Int { isReversed ? row : row + 1 }

  /// Operations of one step.
  package var nodeCount: Int { body.nodeCount }
}

extension Recurrence: Hashable {
  package static func == (left: Recurrence, right: Recurrence) -> Bool {
    left === right
      || (left.count == right.count && left.rows.count == right.rows.count && left.isReversed == right.isReversed
        && left.isSegmented == right.isSegmented && left.keepsCarries == right.keepsCarries && left.body == right.body)
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(count)
    hasher.combine(isReversed)
    hasher.combine(keepsCarries)
    hasher.combine(body)
  }
}

extension Recurrence: CustomStringConvertible {
  package var description: String { "recurrence(\(count) steps of \(nodeCount) operations)" }
}

// MARK: Building

extension Node {
  /// A recurrence as one node, whose result is flat (`Recurrence.Layout`).
  ///
  /// Whatever the body is made of besides its inputs becomes a constant of the recurrence: derivatives in it are there.
  ///
  /// - Parameters:
  ///   - isSegmented: whether nothing but the carry is to be kept for all steps.
  ///   - carry: the input of the body that stands for the carry, and the first carry.
  ///   - sequences: inputs that stand for a row, and where the rows come from: along a leading axis of extent `count`.
  ///   - constants: inputs that stand for the same in every step, and what that is.
  package static func scan(
    count: Int, isReversed: Bool, isSegmented: Bool, carry: (input: Node, start: Node),
    sequences: [(input: Node, rows: Node)],
    constants: [(input: Node, value: Node)], next: Node, output: Node, summand: Node
  ) -> (recurrence: Recurrence, operands: [Node]) {
    let given = Set([carry.input] + sequences.map(\.input) + constants.map(\.input))
    let results = [next, output, summand]
    let captured = GraphBody.captured(by: results, over: given)
    let inputs = captured.map { Node(.input($0.shape, $0.scalarType)) }
    let closed = Node.substituting(Dictionary(uniqueKeysWithValues: zip(captured, inputs)), in: results)
    // What the body does not look at is no operand.
    let used = Set(Node.topologicalOrder(closed))
    let sequences = sequences.filter { used.contains($0.input) }
    let constants = constants.filter { used.contains($0.input) } + zip(inputs, captured).map { (input: $0, value: $1) }
    let recurrence = Recurrence(
      count: count, isReversed: isReversed, isSegmented: isSegmented, carry: carry.input, rows: sequences.map(\.input),
      constants: constants.map(\.input), next: closed[0], output: closed[1], summand: closed[2])
    return (recurrence, [carry.start] + sequences.map(\.rows) + constants.map(\.value))
  }
}
