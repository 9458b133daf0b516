/// Values of one matrix that are written several times: `eigvalsh(x) * log(eigvalsh(x))`, or `eigvalsh(x)` beside
/// `eigvalsh(3 * x)`.
///
/// What is smooth is a function of all of them, as a whole: derivatives in the values of one node, with those of its twins
/// held, do not belong to a symmetric function, and where values repeat they have no second derivatives. So a sweep in
/// reverse adds the cotangents of twins, divided differences move twins together, and twins have the same vectors.
extension Spectrum {
  /// A node and the map from the change of another node's values to that of its own.
  typealias Twin = (node: Node, map: LinearMap)

  /// Whether a node has the eigenvalues or singular values of a matrix.
  static func isSpectrum(_ node: Node) -> Bool {
    node.primitive == .custom(eigenvalues) || node.primitive == .custom(singularValues)
  }

  /// For nodes that have a twin before them the first one, and the map from it.
  ///
  /// - Parameters:
  ///   - spectra: nodes with such values, operands first.
  ///   - apart: nodes that stand for themselves, whatever they are made of.
  static func twins(in spectra: [Node], apart: Set<Node>) -> [Node: Twin] {
    var firsts: [Node] = []
    var twins: [Node: Twin] = [:]
    for node in spectra where !apart.contains(node) {
      let twin = firsts.lazy.compactMap { first in map(from: first, to: node, apart).map { (first, $0) } }.first
      if let twin { twins[node] = twin } else { firsts.append(node) }
    }
    return twins
  }

  /// The other spectra that a node is made of: twins of one of them, and those that move by themselves.
  static func others(below node: Node, beside values: Node) -> (twins: [Twin], strangers: [Node]) {
    let order = Node.topologicalOrder([node]) {
      $0 !== values && $0.scalarType.isDifferentiable && !$0.isDetached && !$0.isDeferred
    }
    var (twins, strangers): ([Twin], [Node]) = ([], [])
    for other in order where other !== values && isSpectrum(other) {
      if let map = map(from: values, to: other, []) { twins.append((other, map)) } else { strangers.append(other) }
    }
    return (twins, strangers)
  }

  /// The map between changes of the values of two nodes; nil if their matrices are not seen to be multiples of each other.
  private static func map(from first: Node, to second: Node, _ apart: Set<Node>) -> LinearMap? {
    guard first.primitive == second.primitive, first.type == second.type else { return nil }
    let (one, other) = (Origin(of: first.operands[1], apart), Origin(of: second.operands[1], apart))
    guard isSame(one.matrix, other.matrix, apart) else { return nil }
    let ratio = other.factor / one.factor
    let factor = first.primitive == .custom(eigenvalues) ? ratio : ratio.magnitude
    let scaled = factor == 1 ? LinearMap.identity : .scale(first.filled(with: factor))
    return factor < 0 ? .composed(.structural(.slice(reversal(first.shape)), indices: nil), scaled) : scaled
  }

  /// Slices that reverse the last axis.
  static func reversal(_ shape: Shape) -> [AxisSlice] {
    shape.slices(axis: shape.rank - 1, shape[shape.rank - 1] - 1, shape[shape.rank - 1], step: -1)
  }

  /// The eigenvalues of the symmetric part of a matrix, ascending, without derivatives.
  static func ascending(_ a: Node) -> Node {
    let origin = Origin(of: a)
    let row = values(Node(.matrix(.symmetricEigen), [origin.matrix]), row: 0, times: origin.factor)
    return origin.factor < 0 ? row.sliced(reversal(row.shape)) : row
  }

  /// The singular values of a matrix with no more columns than rows, descending, without derivatives.
  static func descending(_ a: Node) -> Node {
    let origin = Origin(of: a)
    return values(
      Node(.matrix(.singularValues), [origin.upright]), row: a.shape[a.shape.rank - 2],
      times: origin.factor.magnitude)
  }

  private static func values(_ parts: Node, row: Int, times factor: Double) -> Node {
    let shape = Shape(parts.shape.dimensions.dropLast(2) + [parts.shape[parts.shape.rank - 1]])
    let values = parts.rows(row, 1).reshaped(to: shape)
    return factor == 1 ? values : factor * values
  }

  /// Whether two nodes are the same operation on the same operands, for some levels. What users hold they may
  /// differentiate in, so it is the same as itself alone.
  private static func isSame(_ a: Node, _ b: Node, _ apart: Set<Node>, depth: Int = 8) -> Bool {
    if a === b { return true }
    guard depth > 0, ![a, b].contains(where: { $0.isInput || $0.isExposed || $0.isDeferred || apart.contains($0) }),
      a.shape == b.shape, a.primitive == b.primitive, a.operands.count == b.operands.count
    else { return false }
    return zip(a.operands, b.operands).allSatisfy { isSame($0, $1, apart, depth: depth - 1) }
  }

  /// What a matrix is a multiple of, or that of the transpose, as far as is seen. Twins take their vectors from there: where
  /// values repeat those of two factorizations need not be the same.
  struct Origin {
    private(set) var matrix: Node
    private(set) var factor = 1.0
    private(set) var isTransposed = false

    /// - Parameter apart: nodes that stand for themselves, as those do that users hold.
    init(of a: Node, _ apart: Set<Node> = []) {
      matrix = a
      while !matrix.isExposed, !matrix.isDeferred, !apart.contains(matrix), let next = Self.multiple(matrix) {
        matrix = next.of
        if let number = next.factor { factor *= number } else { isTransposed.toggle() }
      }
    }

    /// The matrix, transposed if it has more columns than rows.
    var upright: Node { isWide ? matrix.matrixTransposed : matrix }

    /// Whether the vectors to the left of this are those to the right of the upright matrix.
    var isTurned: Bool { isTransposed != isWide }

    private var isWide: Bool { matrix.shape[matrix.shape.rank - 2] < matrix.shape[matrix.shape.rank - 1] }

    /// The operand and the factor, nil for a transposition; nil if a node is neither.
    private static func multiple(_ a: Node) -> (of: Node, factor: Double?)? {
      func number(_ i: Int) -> Double? {
        guard !a.operands[i].isExposed, let number = a.operands[i].fillLiteral?.double else { return nil }
        return number.isFinite && number != 0 ? number : nil
      }
      switch a.scalarFunction {
      case .negate: return (a.operands[0], -1)
      case .multiply, .scale:
        if let factor = number(0) { return (a.operands[1], factor) }
        return number(1).map { (a.operands[0], $0) }
      case .divide: return number(1).map { (a.operands[0], 1 / $0) }
      default: return a.isMatrixTransposition ? (a.operands[0], nil) : nil
      }
    }
  }

  /// The largest or smallest values by their place in the order; nil if this is not a spectrum, or not along its axis.
  ///
  /// An extremum would share its derivative among equal ones, and pass for a smooth function where values repeat.
  static func extreme(_ values: Node, _ axes: [Int], _ extremum: Extremum) -> Node? {
    let last = values.shape.rank - 1
    guard isSpectrum(values), axes == [last] else { return nil }
    let isAscending = values.primitive == .custom(eigenvalues)
    let place = (extremum == .maximum) == isAscending ? values.shape[last] - 1 : 0
    return values.sliced(values.shape.slices(axis: last, place, 1))
      .reshaped(to: Shape(Array(values.shape.dimensions.dropLast())))
  }
}

extension Node {
  /// Whether this is the operand with its last two axes exchanged.
  fileprivate var isMatrixTransposition: Bool {
    let rank = shape.rank
    return rank >= 2 && primitive == .linear(.permute(Array(0..<(rank - 2)) + [rank - 1, rank - 2]))
  }

  /// Whether eigenvalues or singular values lie between this and a variable: their second derivatives hold where values
  /// repeat if the first are taken in reverse.
  package func hasSpectra(above variable: Node) -> Bool {
    LinearSweep([self], from: variable).order.contains(where: Spectrum.isSpectrum)
  }
}
