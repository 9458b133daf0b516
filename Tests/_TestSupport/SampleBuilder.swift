import TensorGraph

/// Makes legal nodes of every kind with random parameters, over operands that are fresh inputs.
package class SampleBuilder {
  package var generator: RepeatableGenerator
  /// The type of differentiable operands.
  package let type: ScalarType
  /// The largest rank of operands.
  package var largestRank = 4
  /// The scalar functions to choose from.
  package var functions = ScalarFunction.allCases
  /// The extents of axes to choose from.
  package var extents = [1, 1, 2, 2, 3, 3, 4, 5]
  /// Whether an axis may have no elements.
  package var allowsEmptyAxes = true

  package init(seed: UInt64, type: ScalarType = .float64) {
    generator = RepeatableGenerator(seed: seed)
    self.type = type
  }

  // MARK: Operands

  /// A differentiable operand.
  package func operand(_ shape: Shape) -> Node { .input(generator.reals(shape.count, in: -2...2), shape, type) }

  /// A mask.
  package func mask(_ shape: Shape) -> Node {
    .input((0..<shape.count).map { _ in generator.chance(0.5) ? 1 : 0 }, shape, .bool)
  }

  /// Indices below an extent.
  package func indices(_ shape: Shape, below extent: Int) -> Node {
    .input((0..<shape.count).map { _ in Double(generator.integer(in: 0...(extent - 1))) }, shape, .int64)
  }

  /// A random shape.
  package func shape(ranks: ClosedRange<Int>? = nil, allowingEmpty: Bool = true) -> Shape {
    let ranks = ranks ?? 0...largestRank
    return Shape((0..<generator.integer(in: ranks)).map { _ in extent(allowingEmpty: allowingEmpty) })
  }

  private func extent(allowingEmpty: Bool = true) -> Int {
    allowingEmpty && allowsEmptyAxes && generator.chance(0.04) ? 0 : generator.pick(extents)
  }

  private func someAxes(_ shape: Shape) -> [Int] {
    shape.dimensions.indices.filter { _ in generator.chance(0.5) }
  }

  private func someSlices(_ shape: Shape) -> [AxisSlice] {
    shape.dimensions.map { extent in
      guard extent > 0, !generator.chance(0.2) else { return AxisSlice.all(extent) }
      let start = generator.integer(in: 0...(extent - 1))
      let step = generator.pick([1, 1, 2, 3, -1, -2])
      let most = step > 0 ? (extent - 1 - start) / step + 1 : start / -step + 1
      return AxisSlice(start: start, step: step, count: generator.integer(in: 1...most))
    }
  }

  // MARK: Nodes

  /// A legal node of the kind.
  package func node(_ kind: PrimitiveKind) -> Node {
    switch kind {
    case .input: return operand(shape())
    case .fill: return Node(.fill(shape(), .real(generator.real()), type))
    case .iota:
      let shape = shape(ranks: 1...max(1, largestRank))
      return Node(.iota(shape, axis: generator.integer(in: 0...(shape.rank - 1)), type))
    case .elementwise:
      let function = generator.pick(functions)
      let shape = shape()
      return Node(.elementwise(function), (0..<function.arity).map { _ in operand(shape) })
    case .special:
      let function = generator.pick(SpecialFunction.members.map(\.function))
      let shape = shape()
      let operands = (0..<function.arity).map { i in
        Node.input(generator.reals(shape.count, in: function.domain[i]), shape, type)
      }
      return Node(.special(function), operands)
    case .compare:
      let shape = shape()
      return Node(.compare(generator.pick(Comparison.allCases)), [operand(shape), operand(shape)])
    case .logical:
      let function = generator.pick(LogicalFunction.allCases)
      let shape = shape()
      return Node(.logical(function), (0..<function.arity).map { _ in mask(shape) })
    case .select:
      let shape = shape()
      return Node(.select, [mask(shape), operand(shape), operand(shape)])
    case .cast: return Node(.cast(type == .float64 ? .float32 : .float64), [operand(shape())])
    case .detach: return Node(.detach, [operand(shape())])
    case .broadcast: return broadcast()
    case .reshape:
      let shape = shape()
      return Node(.reshape(regrouped(shape)), [operand(shape)])
    case .permute:
      let shape = shape()
      return Node(.permute(Array(0..<shape.rank).shuffled(using: &generator)), [operand(shape)])
    case .slice:
      let shape = shape()
      return Node(.slice(someSlices(shape)), [operand(shape)])
    case .embed:
      let shape = shape()
      let slices = someSlices(shape)
      return Node(.embed(shape, slices), [operand(Shape(slices.map(\.count)))])
    case .concatenate:
      let shape = shape(ranks: 1...max(1, largestRank))
      let axis = generator.integer(in: 0...(shape.rank - 1))
      let parts = (0..<generator.integer(in: 1...3)).map { _ in operand(shape.replacing(axis: axis, with: extent())) }
      return Node(.concatenate(axis: axis), parts)
    case .gather:
      let shape = shape(ranks: 1...max(1, largestRank), allowingEmpty: false)
      let axis = generator.integer(in: 0...(shape.rank - 1))
      return Node(.gather(axis: axis), [operand(shape), indices(self.shape(ranks: 0...2), below: shape[axis])])
    case .scatterAdd:
      let shape = shape(ranks: 0...3)
      let axis = generator.integer(in: 0...shape.rank)
      let rank = generator.integer(in: 0...min(2, shape.rank - axis))
      let extent = generator.integer(in: 1...5)
      let indices = indices(Shape(Array(shape.dimensions[axis..<(axis + rank)])), below: extent)
      return Node(.scatterAdd(axis: axis, extent: extent), [operand(shape), indices])
    case .sum:
      let shape = shape()
      return Node(.sum(someAxes(shape)), [operand(shape)])
    case .maximum, .minimum:
      let shape = shape(allowingEmpty: false)
      let axes = someAxes(shape)
      return Node(.extremum(kind == .maximum ? .maximum : .minimum, axes), [operand(shape)])
    case .cumulativeSum:
      let shape = shape(ranks: 1...max(1, largestRank))
      let axis = generator.integer(in: 0...(shape.rank - 1))
      return Node(.cumulativeSum(axis: axis, reversed: generator.chance(0.5)), [operand(shape)])
    case .argsort:
      let shape = shape(ranks: 1...max(1, largestRank))
      return Node(.argsort(axis: generator.integer(in: 0...(shape.rank - 1))), [operand(shape)])
    case .contraction: return contraction()
    case .solve:
      let (batch, n) = (shape(ranks: 0...1), generator.integer(in: 1...4))
      let form = MatrixForm(generator.pick(MatrixForm.Kind.dense), isTransposed: generator.chance(0.5))
      return Node(.solve(form), [operand(batch + [n, generator.integer(in: 1...3)]), dominant(batch, n, n)])
    case .matrix:
      let function = generator.pick(MatrixFunction.allCases)
      let n = generator.integer(in: 1...4)
      let m = function == .qr || function == .singularValues ? n + generator.integer(in: 0...2) : n
      return Node(.matrix(function), [dominant(shape(ranks: 0...1), m, n)])
    case .scan: return scan()
    case .custom:
      let x = operand(shape())
      return .custom(Self.sineRule, value: .elementwise(.sin, x), arguments: [x])
    }
  }

  /// The derivative of the sine, by a rule.
  private static let sineRule = DerivativeRule("sine") { arguments, _, tangents in
    tangents[0] * Node.elementwise(.cos, arguments[0])
  }

  /// Matrices that are far from singular, with eigenvalues and singular values far from each other.
  private func dominant(_ batch: Shape, _ m: Int, _ n: Int) -> Node {
    let shape = batch + [m, n]
    let elements = generator.reals(shape.count, in: -0.5...0.5)
    return .input(Self.dominant(elements, shape), shape, type)
  }

  /// Elements of matrices with a large diagonal added.
  package static func dominant(_ elements: [Double], _ shape: Shape) -> [Double] {
    let (m, n) = (shape[shape.rank - 2], shape[shape.rank - 1])
    return elements.enumerated().map { place, element in
      let (row, column) = (place / n % m, place % n)
      return row == column ? element + 4 + 3 * Double(row) : element
    }
  }

  private func broadcast() -> Node {
    let target = shape()
    let axes = someAxes(target)
    let operandShape = Shape(axes.map { generator.chance(0.3) ? 1 : target[$0] })
    return Node(.broadcast(target, axes: axes), [operand(operandShape)])
  }

  /// The elements of a shape under another one: axes merged, split, ones put in.
  private func regrouped(_ shape: Shape) -> Shape {
    guard shape.count > 0 else { return Shape([shape.count, generator.integer(in: 0...3)]) }
    var rest = shape.count
    var dimensions: [Int] = []
    while rest > 1, dimensions.count < 3 {
      let factor = generator.pick((1...rest).filter { rest % $0 == 0 })
      dimensions.append(factor)
      rest /= factor
    }
    return Shape(dimensions + (rest > 1 ? [rest] : generator.chance(0.3) ? [1] : []))
  }

  /// A recurrence with all that one can have, each part at times without elements.
  private func scan() -> Node {
    let (state, row) = (shape(ranks: 0...2), shape(ranks: 0...1))
    let count = generator.integer(in: 1...4)
    func input(_ shape: Shape) -> Node { Node(.input(shape, type)) }
    let (carry, rows, constant) = (input(state), input(row), input(state))
    let force = (0.2 * rows.summed(over: Array(0..<row.rank))).broadcast(to: state, axes: [])
    let next = Node.elementwise(.sin, carry) * force + constant
    let output = generator.chance(0.3) ? Node.zeros([0], type) : rows * rows
    let summand = generator.chance(0.3) ? Node.zeros([0], type) : carry * force * constant
    let (recurrence, operands) = Node.scan(
      count: count, isReversed: generator.chance(0.5), isSegmented: generator.chance(0.2),
      carry: (carry, operand(state)),
      sequences: [(rows, operand([count] + row))], constants: [(constant, operand(state))], next: next, output: output,
      summand: summand)
    return Node(.scan(recurrence), operands)
  }

  private func contraction() -> Node {
    let labels = Array(0..<generator.integer(in: 0...4)).shuffled(using: &generator)
    let extents = labels.map { _ in extent() }
    var lists: [[Int]] = [[], [], []]
    for label in labels {
      // Each label occurs in all three lists or lacks one of them.
      let missing = generator.integer(in: 0...3)
      for list in 0..<3 where list != missing { lists[list].append(label) }
    }
    for list in 0..<3 { lists[list].shuffle(using: &generator) }
    func operandShape(_ list: [Int]) -> Shape { Shape(list.map { extents[labels.firstIndex(of: $0)!] }) }
    let contraction = Contraction(left: lists[0], right: lists[1], output: lists[2])
    return Node(.contraction(contraction), [operand(operandShape(lists[0])), operand(operandShape(lists[1]))])
  }
}
