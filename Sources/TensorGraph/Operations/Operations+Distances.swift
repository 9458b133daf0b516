/// How far vectors are apart, and in which direction.
extension Operations {
  /// The p-norm of a[i] - b[j] for all pairs of rows: a [..., m, d], b [..., n, d], result [..., m, n]. Where rows agree
  /// the derivative is 0.
  package static func pairwiseDistances(_ a: Node, _ b: Node, order: Double = 2) throws(TensorError) -> Node {
    try requireReal(a, "pairwiseDistances")
    guard a.shape.rank >= 2, b.shape.rank >= 2, a.shape.dimensions.last == b.shape.dimensions.last else {
      throw TensorError("pairwiseDistances: shapes \(a.shape) and \(b.shape); give [..., m, d] and [..., n, d]")
    }
    let difference = try subtract(expandDimensions(a, axis: -2), expandDimensions(b, axis: -3))
    return try norm(difference, [-1], order: order)
  }

  /// The cosine of the angle between vectors along an axis; `epsilon` bounds the product of the lengths from below.
  package static func cosineSimilarity(
    _ a: Node, _ b: Node, axis: Int = -1, epsilon: Double = 1e-8
  ) throws(TensorError) -> Node {
    try requireReal(a, "cosineSimilarity")
    let (a, b) = try broadcast(a, b, "cosineSimilarity")
    let product = try sum(a * b, [axis])
    let lengths = try multiply(norm(a, [axis]), norm(b, [axis]))
    return product / (try maximum(lengths, constant: lengths.filled(with: epsilon)))
  }

  /// 1 - the cosine for pairs that belong together (target 1), the cosine above a margin for others (target -1).
  package static func cosineEmbeddingLoss(
    _ a: Node, _ b: Node, _ target: Node, margin: Double = 0, reduction: LossReduction = .mean
  ) throws(TensorError) -> Node {
    let cosine = try cosineSimilarity(a, b)
    let apart = Node.elementwise(.relu, cosine - cosine.filled(with: margin))
    let isPair = try compare(.greater, target, target.filled(with: 0))
    return try reduced(select(isPair, 1 - cosine, apart), reduction)
  }
}
