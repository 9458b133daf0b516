// How far vectors are apart, and in which direction.

/// The p-norms of a[i] - b[j] for all pairs of rows: a [..., m, d], b [..., n, d], result [..., m, n]. Where rows agree the
/// derivative is 0.
public func pairwiseDistances<Scalar: DifferentiableScalar>(
  _ a: Tensor<Scalar>, _ b: Tensor<Scalar>, order: Double = 2
) -> Tensor<Scalar> {
  Tensor(checking: try Operations.pairwiseDistances(a.node, b.node, order: order))
}

/// The cosine of the angle between vectors along an axis; `epsilon` bounds the product of the lengths from below.
public func cosineSimilarity<Scalar: DifferentiableScalar>(
  _ a: Tensor<Scalar>, _ b: Tensor<Scalar>, axis: Int = -1, epsilon: Double = 1e-8
) -> Tensor<Scalar> {
  Tensor(checking: try Operations.cosineSimilarity(a.node, b.node, axis: axis, epsilon: epsilon))
}

/// 1 - the cosine for pairs that belong together (target 1), the cosine above a margin for others (target -1).
public func cosineEmbeddingLoss<Scalar: DifferentiableScalar>(
  _ a: Tensor<Scalar>, _ b: Tensor<Scalar>, targets: Tensor<Scalar>, margin: Double = 0,
  reduction: LossReduction = .mean
) -> Tensor<Scalar> {
  Tensor(
    checking: try Operations.cosineEmbeddingLoss(a.node, b.node, targets.node, margin: margin, reduction: reduction))
}
