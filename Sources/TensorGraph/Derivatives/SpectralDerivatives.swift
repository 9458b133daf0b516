/// Derivatives of eigenvalues and singular values that are right to second order for every symmetric function of them,
/// also where values repeat.
///
/// The gradient of a function f of the eigenvalues w of A = V diag(w) Vᵀ is M = V diag(g) Vᵀ with g = ∂f/∂w, and M changes
/// by V (D ∘ Vᵀ dA V + diag(dg)) Vᵀ with the divided differences Dᵢⱼ = (gᵢ - gⱼ) / (wᵢ - wⱼ) (Daleckii & Krein 1965; Bhatia
/// 1997, "Matrix analysis", V.3). Vectors are not differentiated, so nothing is divided by a gap that is 0: there D is its
/// limit, the derivative of (gᵢ - gⱼ) / 2 along eᵢ - eⱼ. A function that is not symmetric in values that repeat has none, and
/// gets NaN.
package enum Spectrum {
  /// Vectors of a matrix: those to the left and to the right of its values.
  struct Vectors {
    let left: Node
    let right: Node

    /// Of eigenvalues: both are the same.
    init(ofSymmetric a: Node) {
      let origin = Origin(of: a)
      let vectors = Node(.matrix(.symmetricEigen), [origin.matrix]).rows(1, a.shape[a.shape.rank - 1])
      left = origin.factor < 0 ? vectors.sliced(reversal(vectors.shape)) : vectors
      right = left
    }

    init(ofSingular a: Node) {
      let (m, n) = (a.shape[a.shape.rank - 2], a.shape[a.shape.rank - 1])
      let origin = Origin(of: a)
      let all = Node(.matrix(.singularValues), [origin.upright])
      let (u, v) = (all.rows(0, m), all.rows(m + 1, n))
      let (first, second) = origin.isTurned ? (v, u) : (u, v)
      (left, right) = (origin.factor < 0 ? -first : first, second)
    }

    var all: [Node] { [left, right] }

    /// Labels: batch axes, and three more.
    private var batch: [Int] { Array(0..<(left.shape.rank - 2)) }
    private var i: Int { batch.count }

    /// The diagonal of leftᵀ c right.
    func compressed(_ c: Node) -> Node {
      .contraction(left, batch + [i, i + 1], .product(c, right), batch + [i, i + 1], batch + [i + 1])
    }

    /// left diag(g) rightᵀ for values behind further axes.
    func spread(_ g: Node) -> Node {
      let lead = Array((i + 4)..<(i + 4 + g.shape.rank - batch.count - 1))
      let scaled = Node.contraction(left, batch + [i, i + 2], g, lead + batch + [i + 2], lead + batch + [i, i + 2])
      return .contraction(
        scaled, lead + batch + [i, i + 2], right, batch + [i + 1, i + 2], lead + batch + [i, i + 1])
    }

    /// left c rightᵀ for square matrices behind further axes.
    func spread(square c: Node) -> Node {
      let lead = Array((i + 4)..<(i + 4 + c.shape.rank - batch.count - 2))
      let half = Node.contraction(
        left, batch + [i, i + 2], c, lead + batch + [i + 2, i + 3], lead + batch + [i, i + 3])
      return .contraction(half, lead + batch + [i, i + 3], right, batch + [i + 1, i + 3], lead + batch + [i, i + 1])
    }
  }

  /// A product of factors behind further axes with factors that have none.
  private static func scaled(_ factors: Node, _ c: Node) -> Node {
    let own = Array(0..<c.shape.rank)
    let lead = Array(c.shape.rank..<(c.shape.rank + factors.shape.rank - c.shape.rank))
    return .contraction(factors, lead + own, c, own, lead + own)
  }

  /// (gᵢ ∓ gⱼ) / (wᵢ ∓ wⱼ) as matrices, g behind further axes; the limit where the divisor is as good as 0.
  private static func dividedDifferences(_ g: Node, _ w: Node, sign: Double) -> Node {
    let (n, lead) = (w.shape[w.shape.rank - 1], g.shape.rank - w.shape.rank)
    let square = g.shape + [n]
    let axes = Array(0..<g.shape.rank)
    func rows(_ v: Node) -> Node { v.broadcast(to: square, axes: axes) }
    func columns(_ v: Node) -> Node { v.broadcast(to: square, axes: Array(axes.dropLast()) + [g.shape.rank]) }
    func pair(_ v: Node) -> Node { rows(v) + sign * columns(v) }
    let values = w.broadcast(to: g.shape, axes: Array(lead..<g.shape.rank))
    let (top, bottom) = (pair(g), pair(values))
    // How g changes with w, and with what moves with it: element [i, j] is the derivative of gᵢ in wⱼ.
    let seeds = Node.select(
      Node.zeros([n, n], w.scalarType).band(0...0), .fill(.real(1), shape: [n, n], scalarType: w.scalarType),
      .zeros([n, n], w.scalarType)
    ).broadcast(to: Shape([n]) + w.shape, axes: [0, w.shape.rank])
    let (twins, strangers) = others(below: g, beside: w)
    let together =
      [(node: w, tangent: seeds)]
      + twins.map { (node: $0.node, tangent: $0.map.apply(seeds, lift: 1, ChainRule())) }
    let slopes =
      pushforward(of: [g], seeds: together, lift: 1)[0]?
      .permuted(Array(1...g.shape.rank) + [0]) ?? .zeros(square, g.scalarType)
    let last = g.shape.rank
    let own = slopes.keeping(0...0).summed(over: [last])
    let cross = slopes + slopes.permuted(Array(axes.dropLast()) + [last, last - 1])
    var limit = 0.5 * (rows(own) + columns(own) + sign * cross)
    // One value beside itself is not moved twice.
    if sign > 0 { limit = .select(limit.band(0...0), rows(own), limit) }
    let isSingle = w.scalarType == .float32
    func magnitude(_ v: Node) -> Node { .elementwise(.abs, v.detached()) }
    func isBelow(_ v: Node, _ bound: Node) -> Node { .compare(.lessOrEqual, v, bound) }
    func largest(_ v: Node, lead: Int) -> Node {
      Node(.extremum(.maximum, [v.shape.rank - 1]), [magnitude(v)])
        .broadcast(to: square, axes: Array(lead..<(g.shape.rank - 1)))
    }
    let scale = largest(w, lead: lead)
    let gap = magnitude(bottom)
    let tolerance = isSingle ? 1e-3 : 1e-6
    /// Whether a change of g for a change r of the values is that of a symmetric function: what is left of gᵢ ∓ gⱼ beside
    /// the limit times rᵢ ∓ rⱼ is rounding.
    func isSymmetric(_ change: Node, _ explained: Node?) -> Node {
      let rest = explained.map { pair(change) - $0 } ?? pair(change)
      var size = magnitude(rows(change)) + magnitude(columns(change))
      if let explained { size = size + magnitude(explained) + magnitude(limit) }
      // What is 0 but for rounding is so beside the others.
      size = size + (sign > 0 ? 1 : tolerance) * largest(change, lead: 0)
      return isBelow(magnitude(rest), tolerance * size)
    }
    let r = Node.scattered([n], w.scalarType)
    let change = Node.contraction(slopes, axes + [last], r, [last], axes)
    // The limit holds if it explains the difference but for rounding.
    let excess = magnitude(top - limit * bottom)
    let slope = magnitude(rows(own)) + magnitude(columns(own)) + magnitude(cross)
    let rounding = magnitude(rows(g)) + magnitude(columns(g)) + scale * slope
    let allowed = (isSingle ? 1e-4 : 1e-8) * magnitude(top) + (isSingle ? 1e-5 : 2e-14) * rounding
    let isNear = isBelow(gap, (isSingle ? 1e-3 : 1e-6) * scale)
    let generic = pair(r.broadcast(to: g.shape, axes: [last - 1]))
    let isExplained = Node.logical(.and, isBelow(excess, allowed), isSymmetric(change, limit * generic))
    var isLimit = Node.logical(.and, isNear, isExplained)
    var isRepeated = isBelow(gap, (isSingle ? 1e-6 : 1e-15) * scale)
    // Values of other matrices that move by themselves must leave g symmetric. Where they do not the function need not have
    // a second derivative, and if it has, the parts of it that cancel have no digits where values are near each other.
    let moves = strangers.enumerated().map { i, node in
      (node: node, tangent: Node.scattered(node.shape, node.scalarType, from: 100 * (i + 1)))
    }
    let still = together.map { (node: $0.node, tangent: $0.node.filled(with: 0)) }
    if !moves.isEmpty, let change = pushforward(of: [g], seeds: moves + still)[0] {
      let isApart = isSymmetric(change, nil)
      let isClose = isBelow(gap, (isSingle ? 1e-4 : 1e-8) * scale)
      isLimit = .logical(.and, isLimit, isApart)
      isRepeated = .logical(.or, isRepeated, .logical(.and, isClose, .logical(.not, isApart)))
    }
    let isDivided = Node.logical(.not, .logical(.or, isLimit, isRepeated))
    let quotient = top / Node.select(isDivided, bottom, bottom.filled(with: 1))
    return .select(isLimit, limit, .select(isDivided, quotient, top.filled(with: .nan)))
  }

  // MARK: Rules

  /// Operands: the eigenvalues, and the matrix, of which the symmetric part counts.
  static let eigenvalues = DerivativeRule("eigvalsh", identifier: "built in", trailingAxes: 2) { node, _ in
    let a = node.operands[1]
    let vectors = Vectors(ofSymmetric: a)
    let change = Node(.input(a.shape, a.scalarType))
    return .opaque(
      OpaqueMap(
        "eigvalsh", variable: change, result: vectors.compressed(symmetricPart(change)),
        leaves: [node, a] + vectors.all,
        transpose: { g, _ in .custom(symmetricGradient, value: vectors.spread(g), arguments: [a, node, g]) }))
  }

  /// Operands: V diag(g) Vᵀ, the matrix, its eigenvalues, and g behind further axes.
  private static let symmetricGradient = DerivativeRule("eigvalsh", identifier: "gradient") { node, operand in
    let (a, w, g) = (node.operands[1], node.operands[2], node.operands[3])
    let vectors = Vectors(ofSymmetric: a)
    let change = Node(.input(node.operands[operand].shape, a.scalarType))
    var result: Node
    switch operand {
    case 1:
      let inner = Node.product(vectors.left.matrixTransposed, .product(symmetricPart(change), vectors.right))
      result = vectors.spread(square: scaled(dividedDifferences(g, w, sign: -1), inner))
    case 3: result = vectors.spread(change)
    default: return nil
    }
    return .opaque(OpaqueMap("eigvalsh", variable: change, result: result, leaves: [node, a, w, g] + vectors.all))
  }

  /// Operands: the singular values, and the matrix, which has no more columns than rows.
  static let singularValues = DerivativeRule("svdvals", identifier: "built in", trailingAxes: 2) { node, _ in
    let a = node.operands[1]
    let vectors = Vectors(ofSingular: a)
    let change = Node(.input(a.shape, a.scalarType))
    return .opaque(
      OpaqueMap(
        "svdvals", variable: change, result: vectors.compressed(change), leaves: [node, a] + vectors.all,
        transpose: { g, _ in .custom(singularGradient, value: vectors.spread(g), arguments: [a, node, g]) }))
  }

  /// Operands: U diag(g) Vᵀ, the matrix, its singular values, and g behind further axes.
  ///
  /// With P = Uᵀ dA V the change is U (D⁻ ∘ (P + Pᵀ) / 2 + D⁺ ∘ (P - Pᵀ) / 2 + diag(dg)) Vᵀ, D⁺ being made of sums in place
  /// of differences, and (dA V - U P) diag(g / s) Vᵀ for what of dA V lies outside the columns of U.
  private static let singularGradient = DerivativeRule("svdvals", identifier: "gradient") { node, operand in
    let (a, s, g) = (node.operands[1], node.operands[2], node.operands[3])
    let vectors = Vectors(ofSingular: a)
    let change = Node(.input(node.operands[operand].shape, a.scalarType))
    var result: Node
    switch operand {
    case 1:
      let moved = Node.product(change, vectors.right)
      let p = Node.product(vectors.left.matrixTransposed, moved)
      let sums = dividedDifferences(g, s, sign: 1)
      let half = 0.5 * (p - p.matrixTransposed)
      result = vectors.spread(
        square: scaled(dividedDifferences(g, s, sign: -1), symmetricPart(p)) + scaled(sums, half))
      if a.shape[a.shape.rank - 2] > a.shape[a.shape.rank - 1] {
        // g / s is the diagonal of the quotients of sums.
        let ratios = sums.keeping(0...0).summed(over: [sums.shape.rank - 1])
        let outside = Vectors(left: moved - .product(vectors.left, p), right: vectors.right)
        result = result + outside.spread(ratios)
      }
    case 3: result = vectors.spread(change)
    default: return nil
    }
    return .opaque(OpaqueMap("svdvals", variable: change, result: result, leaves: [node, a, s, g] + vectors.all))
  }

  /// The values of a matrix, and the function's slopes in them, where a node is the gradient of a function of these values.
  package static func slopes(_ gradient: Node) -> (values: Node, slopes: Node)? {
    guard gradient.primitive == .custom(symmetricGradient) || gradient.primitive == .custom(singularGradient) else {
      return nil
    }
    return (gradient.operands[2], gradient.operands[3])
  }

  /// What the values of a matrix are called whose gradient a node is.
  package static func valueName(_ gradient: Node) -> String {
    gradient.primitive == .custom(symmetricGradient) ? "eigenvalues" : "singular values"
  }

  private static func symmetricPart(_ a: Node) -> Node { 0.5 * (a + a.matrixTransposed) }
}

extension Node {
  /// Numbers between -1/2 and 1/2 in general position: no two are equal, nor a simple combination of few others. They are
  /// the fractional parts of multiples of the squares, by the golden ratio.
  package static func scattered(_ shape: Shape, _ type: ScalarType, from start: Int = 1) -> Node {
    let places = Node(.iota([shape.count], axis: 0, .float64))
    let steps = 0.618_033_988_749_895 * Node.elementwise(.square, Double(start) + places)
    let parts = steps - Node.elementwise(.floor, steps)
    return (-0.5 + parts).cast(to: type).reshaped(to: shape)
  }
}

extension Spectrum.Vectors {
  fileprivate init(left: Node, right: Node) {
    self.left = left
    self.right = right
  }
}
