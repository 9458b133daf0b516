// Convolutions, pooling, losses, normalisation and attention: channels first, as in PyTorch.

extension Tensor where Scalar: DifferentiableScalar {
  /// The cross-correlation of this tensor [N, C, spatial…] (N optional) with weights [O, C / groups, window…].
  ///
  /// - Parameters: stride, padding and dilation for each spatial axis; missing ones are 1, 0 and 1.
  public func convolution(
    _ weights: Tensor, stride: [Int] = [], padding: [Int] = [], dilation: [Int] = [], groups: Int = 1
  ) -> Tensor {
    let windows = Operations.Window.list(Array(weights.shape.dropFirst(2)), stride, padding, dilation)
    return Tensor(checking: try Operations.convolution(node, weights.node, windows, groups: groups))
  }

  /// The transpose of `convolution`: this tensor [N, C, spatial…] with weights [C, O / groups, window…].
  public func transposedConvolution(
    _ weights: Tensor, stride: [Int] = [], padding: [Int] = [], dilation: [Int] = [], groups: Int = 1
  ) -> Tensor {
    let windows = Operations.Window.list(Array(weights.shape.dropFirst(2)), stride, padding, dilation)
    return Tensor(checking: try Operations.transposedConvolution(node, weights.node, windows, groups: groups))
  }

  /// The largest element of each window of the last axes; windows do not overlap unless a stride says so.
  public func maximumPooled(_ sizes: [Int], stride: [Int]? = nil) -> Tensor {
    Tensor(checking: try Operations.maximumPooling(node, Tensor.windows(sizes, stride)))
  }

  /// The mean of each window of the last axes; windows do not overlap unless a stride says so.
  public func averagePooled(_ sizes: [Int], stride: [Int]? = nil) -> Tensor {
    Tensor(checking: try Operations.averagePooling(node, Tensor.windows(sizes, stride)))
  }

  private static func windows(_ sizes: [Int], _ stride: [Int]?) -> [Operations.Window] {
    sizes.indices.map { i in
      Operations.Window(size: sizes[i], stride: stride.flatMap { i < $0.count ? $0[i] : nil } ?? sizes[i])
    }
  }

  /// The last axes normalised to mean 0 and variance 1.
  public func layerNormalized(lastAxes: Int = 1, epsilon: Double = 1e-5) -> Tensor {
    Tensor(
      checking: try Operations.layerNormalization(node, lastAxes: lastAxes, weight: nil, bias: nil, epsilon: epsilon))
  }

  /// The discrete Fourier transform of [..., n, 2]: real and imaginary part.
  public func fourierTransform() -> Tensor { Tensor(checking: try Operations.fourierTransform(node)) }

  /// The inverse of `fourierTransform`.
  public func inverseFourierTransform() -> Tensor {
    Tensor(checking: try Operations.fourierTransform(node, isInverse: true))
  }
}

/// The cross entropy of logits [N, C, …] for classes [N, …], each 0 ..< C.
public func crossEntropy<Scalar: DifferentiableScalar>(
  logits: Tensor<Scalar>, classes: Tensor<Int64>, reduction: LossReduction = .mean
) -> Tensor<Scalar> {
  Tensor(checking: try Operations.crossEntropy(logits.node, classes.node, reduction: reduction))
}

/// The cross entropy of the logits of a yes, for targets between 0 and 1.
public func binaryCrossEntropy<Scalar: DifferentiableScalar>(
  logits: Tensor<Scalar>, targets: Tensor<Scalar>, reduction: LossReduction = .mean
) -> Tensor<Scalar> {
  Tensor(checking: try Operations.binaryCrossEntropy(logits: logits.node, targets.node, reduction: reduction))
}

/// The cross entropy of probabilities of a yes, for targets between 0 and 1; 0 ln 0 = 0.
public func binaryCrossEntropy<Scalar: DifferentiableScalar>(
  probabilities: Tensor<Scalar>, targets: Tensor<Scalar>, reduction: LossReduction = .mean
) -> Tensor<Scalar> {
  Tensor(
    checking: try Operations.binaryCrossEntropy(probabilities: probabilities.node, targets.node, reduction: reduction))
}

/// Half the square of a - b within delta (above 0), linear beyond.
public func huberLoss<Scalar: DifferentiableScalar>(
  _ a: Tensor<Scalar>, _ b: Tensor<Scalar>, delta: Double = 1, reduction: LossReduction = .mean
) -> Tensor<Scalar> {
  Tensor(checking: try Operations.huberLoss(a.node, b.node, delta: delta, reduction: reduction))
}

/// softmax(q kᵀ / √d) v over the last two axes; if causal, no position sees a later one.
public func attention<Scalar: DifferentiableScalar>(
  _ q: Tensor<Scalar>, _ k: Tensor<Scalar>, _ v: Tensor<Scalar>, isCausal: Bool = false
) -> Tensor<Scalar> {
  Tensor(checking: try Operations.attention(q.node, k.node, v.node, isCausal: isCausal))
}
