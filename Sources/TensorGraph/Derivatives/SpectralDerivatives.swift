/// Derivatives of eigenvalues and singular values that are right to second order for every symmetric function of them,
/// also where values repeat.
///
/// The gradient of a function f of the eigenvalues w of A = V diag(w) Vᵀ is M = V diag(g) Vᵀ with g = ∂f/∂w, and M changes
/// by V (D ∘ Vᵀ dA V + diag(dg)) Vᵀ with the divided differences Dᵢⱼ = (gᵢ - gⱼ) / (wᵢ - wⱼ) (Daleckii & Krein 1965; Bhatia
/// 1997, "Matrix analysis", V.3). Vectors are not differentiated, so nothing is divided by a gap that is 0: there D is its
/// limit, the derivative of (gᵢ - gⱼ) / 2 along eᵢ - eⱼ. A function that is not symmetric in values that repeat has none, and
/// gets NaN.
enum Spectrum {
  /// Vectors of a matrix: those to the left and to the right of its values.
  struct Vectors {
    let left: Node
    let right: Node

    /// Of eigenvalues: both are the same.
    init(ofSymmetric a: Node) {
      left = Node(.matrix(.symmetricEigen), [a]).rows(1, a.shape[a.shape.rank - 1])
      right = left
    }

    init(ofSingular a: Node) {
      let (m, n) = (a.shape[a.shape.rank - 2], a.shape[a.shape.rank - 1])
      let all = Node(.matrix(.singularValues), [a])
      (left, right) = (all.rows(0, m), all.rows(m + 1, n))
    }

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
    // How g changes with w: element [i, j] is the derivative of gᵢ in wⱼ.
    let seeds = Node.select(
      Node.zeros([n, n], w.scalarType).band(0...0), .fill(.real(1), shape: [n, n], scalarType: w.scalarType),
      .zeros([n, n], w.scalarType)
    ).broadcast(to: Shape([n]) + w.shape, axes: [0, w.shape.rank])
    let slopes =
      pushforward(of: [g], seeds: [(w, seeds)], lift: 1)[0]?
      .permuted(Array(1...g.shape.rank) + [0]) ?? .zeros(square, g.scalarType)
    let last = g.shape.rank
    let own = slopes.keeping(0...0).summed(over: [last])
    let cross = slopes + slopes.permuted(Array(axes.dropLast()) + [last, last - 1])
    var limit = 0.5 * (rows(own) + columns(own) + sign * cross)
    // One value beside itself is not moved twice.
    if sign > 0 { limit = .select(limit.band(0...0), rows(own), limit) }
    // The limit holds if it explains the difference but for rounding.
    let isSingle = w.scalarType == .float32
    let noise = isSingle ? 1e-5 : 2e-14
    let size = Node.elementwise(.abs, w.detached())
    let largest = Node(.extremum(.maximum, [w.shape.rank - 1]), [size])
      .broadcast(to: square, axes: Array(lead..<(g.shape.rank - 1)))
    func magnitude(_ v: Node) -> Node { .elementwise(.abs, v.detached()) }
    let excess = magnitude(top - limit * bottom)
    let rounding = magnitude(rows(g)) + magnitude(columns(g)) + largest * (magnitude(rows(own)) + magnitude(cross))
    let allowed = (isSingle ? 1e-4 : 1e-8) * magnitude(top) + noise * rounding
    let isNear = Node.compare(.lessOrEqual, magnitude(bottom), (isSingle ? 1e-3 : 1e-6) * largest)
    let isLimit = Node.logical(.and, isNear, .compare(.lessOrEqual, excess, allowed))
    let isRepeated = Node.compare(.lessOrEqual, magnitude(bottom), (isSingle ? 1e-6 : 1e-15) * largest)
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
        "eigvalsh", variable: change, result: vectors.compressed(symmetricPart(change)), leaves: [node, a],
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
    return .opaque(OpaqueMap("eigvalsh", variable: change, result: result, leaves: [node, a, w, g]))
  }

  /// Operands: the singular values, and the matrix, which has no more columns than rows.
  static let singularValues = DerivativeRule("svdvals", identifier: "built in", trailingAxes: 2) { node, _ in
    let a = node.operands[1]
    let vectors = Vectors(ofSingular: a)
    let change = Node(.input(a.shape, a.scalarType))
    return .opaque(
      OpaqueMap(
        "svdvals", variable: change, result: vectors.compressed(change), leaves: [node, a],
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
    return .opaque(OpaqueMap("svdvals", variable: change, result: result, leaves: [node, a, s, g]))
  }

  private static func symmetricPart(_ a: Node) -> Node { 0.5 * (a + a.matrixTransposed) }
}

extension Spectrum.Vectors {
  fileprivate init(left: Node, right: Node) {
    self.left = left
    self.right = right
  }
}
