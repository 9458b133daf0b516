import Synchronization

/// Derivatives of a recurrence, which are recurrences: the tangents of all operands go through one, the cotangents of all
/// come out of another that runs the other way. Each step computes again what the step of the original computed, so
/// only carries are kept (Griewank & Walther 2008, sections 4.1 and 12.1).
final class RecurrenceDerivatives: Sendable {
  private struct Key: Hashable {
    var isTransposed: Bool
    /// Operands whose tangents are there, or whose cotangents are wanted.
    var operands: [Int]
    var directions: [Int]
  }

  private let bodies = Mutex<[Key: Body]>([:])

  /// The body of a derivative, with inputs for what it is given beyond what the original's body is.
  struct Body: Sendable {
    /// For the tangent or the cotangent of the carry.
    var carry: Node
    /// Forward: tangents of operands other than the carry. Reverse: cotangents of the carry, the output, the summand.
    var inputs: [Node]
    var next: Node
    var output: Node
    var summand: Node
  }

  fileprivate func body(
    _ isTransposed: Bool, _ operands: [Int], _ directions: [Int], _ make: () -> Body
  ) -> Body {
    let key = Key(isTransposed: isTransposed, operands: operands, directions: directions)
    if let known = bodies.withLock({ $0[key] }) { return known }
    let body = make()
    return bodies.withLock { bodies in
      if let first = bodies[key] { return first }
      bodies[key] = body
      return body
    }
  }
}

extension Recurrence {
  /// The tangent of a scan for tangents of its operands, which are nil where they are zero.
  func tangent(of node: Node, _ tangents: [Node?], lift: Int) -> Node {
    let active = tangents.indices.filter { tangents[$0] != nil }
    let leading = Array(tangents[active[0]]!.shape.dimensions[..<lift])
    let body = derivatives.body(false, active, leading) {
      func variable(_ input: Node) -> Node { Node(.input(Shape(leading) + input.shape, input.scalarType)) }
      let carry = variable(self.carry)
      let moving = active.filter { $0 > 0 }
      let variables = moving.map { variable(self.inputs[$0]) }
      let results = [next, output, summand]
      let images = pushforward(
        of: results, seeds: [(self.carry, carry)] + zip(moving.map { self.inputs[$0] }, variables), lift: lift,
        inputsMove: true)
      let all = zip(results, images).map { $1 ?? .zeros(Shape(leading) + $0.shape, $0.scalarType) }
      return .init(carry: carry, inputs: variables, next: all[0], output: all[1], summand: all[2])
    }
    let moving = active.filter { $0 > 0 }
    let given = Array(zip(body.inputs, moving))
    let start = tangents[0] ?? .zeros(Shape(leading) + carry.shape, carry.scalarType)
    let (recurrence, operands) = Node.scan(
      count: count, isReversed: isReversed, isSegmented: isSegmented, carry: (body.carry, start),
      sequences: originalSequences(of: node)
        + given.filter { $1 <= rows.count }.map { ($0, tangents[$1]!.rowsFirst(lift)) },
      constants: originalConstants(of: node) + given.filter { $1 > rows.count }.map { ($0, tangents[$1]!) },
      next: body.next, output: body.output, summand: body.summand)
    return Node(.scan(recurrence), operands).directionsFirst(leading, layout)
  }

  /// The cotangents of some operands of a scan for that of its result.
  func cotangents(of node: Node, _ cotangent: Node, wanted: [Int], lift: Int) -> [Node] {
    let leading = Array(cotangent.shape.dimensions[..<lift])
    let body = derivatives.body(true, wanted, leading) {
      func variable(_ result: Node) -> Node { Node(.input(Shape(leading) + result.shape, result.scalarType)) }
      let (carry, arriving) = (variable(next), variable(next))
      let (output, summand) = (variable(self.output), variable(self.summand))
      let others = wanted.filter { $0 > 0 }.map { self.inputs[$0] }
      let images = pullback(
        of: [(next, carry), (self.output, output), (self.summand, summand)], to: [self.carry] + others, lift: lift,
        inputsMove: true)
      let all = zip([self.carry] + others, images).map { $1 ?? .zeros(Shape(leading) + $0.shape, $0.scalarType) }
      let rowCount = wanted.count { $0 > 0 && $0 <= rows.count }
      let type = carry.scalarType
      return .init(
        carry: carry, inputs: [arriving, output, summand], next: arriving + all[0],
        output: .flat(Array(all[1..<(1 + rowCount)]), type), summand: .flat(Array(all[(1 + rowCount)...]), type))
    }
    // Parts of the cotangent, rows first.
    let layout = layout
    func part(_ range: Range<Int>, _ shape: Shape) -> Node { cotangent.part(range, lift).reshaped(to: shape) }
    let carries = part(layout.carries, Shape(leading) + [count + 1] + carry.shape).rowsFirst(lift)
    let outputs = part(layout.outputs, Shape(leading) + [count] + output.shape).rowsFirst(lift)
    let sum = part(layout.sum, Shape(leading) + summand.shape)
    let last = carryRow(after: order.last!)
    let (recurrence, operands) = Node.scan(
      count: count, isReversed: !isReversed, isSegmented: isSegmented,
      carry: (body.carry, carries.row(last)),
      sequences: originalSequences(of: node) + [
        (body.inputs[0], carries.rows(from: carryRow(before: 0), count)), (body.inputs[1], outputs),
      ],
      constants: originalConstants(of: node) + [(body.inputs[2], sum)],
      next: body.next, output: body.output, summand: body.summand)
    let result = Node(.scan(recurrence), operands)
    // What belongs to which operand.
    let own = recurrence.layout
    let outputRows = result.part(own.outputs, 0).reshaped(to: [count, own.output])
    var (place, sumPlace) = (0, own.sum.lowerBound)
    return wanted.map { operand in
      let shape = Shape(leading) + inputs[operand].shape
      if operand == 0 { return result.part(own.lastCarry, 0).reshaped(to: shape) }
      if operand <= rows.count {
        defer { place += shape.count }
        let columns = outputRows.sliced(outputRows.shape.slices(axis: 1, place, shape.count))
        return columns.reshaped(to: [count] + shape).rowsLast(lift)
      }
      defer { sumPlace += shape.count }
      return result.part(sumPlace..<(sumPlace + shape.count), 0).reshaped(to: shape)
    }
  }

  /// What the steps of a scan were given: the carries before them, and their rows.
  private func originalSequences(of node: Node) -> [(input: Node, rows: Node)] {
    let carries = node.part(layout.carries, 0).reshaped(to: [count + 1] + carry.shape)
    return [(carry, carries.rows(from: carryRow(before: 0), count))]
      + zip(rows, node.operands[1...]).map { (input: $0, rows: $1) }
  }

  private func originalConstants(of node: Node) -> [(input: Node, value: Node)] {
    zip(constants, node.operands[(1 + rows.count)...]).map { (input: $0, value: $1) }
  }

  /// The map from the tangent of one operand to that of the result.
  func linearization(of node: Node, in operand: Int) -> LinearMap {
    .opaque(
      OpaqueMap(
        shape: node.shape,
        propagate: { [self] sets, union in dependencies(on: operand, sets, union) },
        apply: { [self] tangent, lift in
          tangent.isZero
            ? .zeros(Shape(Array(tangent.shape.dimensions[..<lift])) + node.shape, node.scalarType)
            : self.tangent(of: node, node.operands.indices.map { $0 == operand ? tangent : nil }, lift: lift)
        },
        transpose: { [self] cotangent, lift in
          cotangents(of: node, cotangent, wanted: [operand], lift: lift)[0]
        }))
  }
}

// MARK: Parts

extension Node {
  /// The elements of some nodes of one type, one node after another.
  package static func flat(_ nodes: [Node], _ type: ScalarType) -> Node {
    let parts = nodes.filter { $0.shape.count > 0 }.map { $0.reshaped(to: [$0.shape.count]) }
    if parts.isEmpty { return .zeros([0], type) }
    return parts.count == 1 ? parts[0] : .concatenate(parts, axis: 0)
  }

  /// Elements of what is flat behind direction axes.
  func part(_ range: Range<Int>, _ lift: Int) -> Node {
    if range.isEmpty { return .zeros(Shape(Array(shape.dimensions[..<lift])) + [0], scalarType) }
    return sliced(shape.slices(axis: lift, range.lowerBound, range.count))
  }

  /// Some rows along the leading axis.
  func rows(from start: Int, _ count: Int) -> Node {
    sliced(shape.slices(axis: 0, start, count))
  }

  /// A row along the leading axis.
  func row(_ i: Int) -> Node { rows(from: i, 1).reshaped(to: Shape(Array(shape.dimensions.dropFirst()))) }

  /// The axis behind the directions before them.
  fileprivate func rowsFirst(_ lift: Int) -> Node {
    lift == 0 ? self : permuted([lift] + (0..<lift) + ((lift + 1)..<shape.rank))
  }

  /// The leading axis behind the directions.
  fileprivate func rowsLast(_ lift: Int) -> Node {
    lift == 0 ? self : permuted(Array(1...lift) + [0] + ((lift + 1)..<shape.rank))
  }

  /// The result of a scan all of whose parts have directions, with the directions before it.
  ///
  /// - Parameter layout: that of one direction.
  fileprivate func directionsFirst(_ leading: [Int], _ layout: Recurrence.Layout) -> Node {
    let lift = leading.count
    guard lift > 0 else { return self }
    let directions = Shape(leading).count
    func part(_ range: Range<Int>, rows: Int) -> Node {
      let all = self.part((range.lowerBound * directions)..<(range.upperBound * directions), 0)
      let width = rows == 0 ? 0 : range.count / rows
      return all.reshaped(to: Shape([rows] + leading + [width])).rowsLast(lift).reshaped(
        to: Shape(leading) + [range.count])
    }
    let carries = part(layout.carries, rows: layout.carryRows)
    let others = [part(layout.outputs, rows: layout.count), part(layout.sum, rows: 1)]
    let parts = layout.carriesAreLast ? others + [carries] : [carries] + others
    let filled = parts.filter { $0.shape[lift] > 0 }
    return filled.isEmpty ? parts[0] : .concatenate(filled, axis: lift)
  }
}
