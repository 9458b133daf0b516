import TensorGraph

extension FunctionTable {
  /// Normalisations, attention, losses and Fourier transforms.
  static let networks: [FormulaFunction] =
    [
      FormulaFunction("layer_norm(x, normalized_shape, weight=None, bias=None, eps=1e-05)", "normalised last axes") {
        a in
        let x = try a.real("x")
        let shape = try a.integers("normalized_shape")
        guard Array(x.shape.dimensions.suffix(shape.count)) == shape else {
          throw a.fault("normalized_shape", "\(shape) are not the last axes of shape \(x.shape)", status: .data)
        }
        return try Operations.layerNormalization(
          x, lastAxes: shape.count, weight: a.optionalReal("weight"), bias: a.optionalReal("bias"),
          epsilon: a.double("eps"))
      },
      FormulaFunction(
        "batch_norm(x, running_mean=None, running_var=None, weight=None, bias=None, training=False, momentum=0.1, eps=1e-05)",
        "each channel of [N, C, …] normalised, by given moments or (training) its own"
      ) { a in
        let x = try a.real("x")
        var moments: (mean: Node, variance: Node)?
        if try !a.flag("training") {
          guard let mean = try a.optionalReal("running_mean"), let variance = try a.optionalReal("running_var") else {
            throw a.fault("training", "without training=True it needs running_mean and running_var")
          }
          moments = (mean, variance)
        }
        return try Operations.batchNormalization(
          x, moments: moments, weight: a.optionalReal("weight"), bias: a.optionalReal("bias"), epsilon: a.double("eps"))
      },
      FormulaFunction("group_norm(x, num_groups, weight=None, bias=None, eps=1e-05)", "groups of channels normalised") {
        a in
        try Operations.groupNormalization(
          a.real("x"), groups: a.integer("num_groups"), weight: a.optionalReal("weight"), bias: a.optionalReal("bias"),
          epsilon: a.double("eps"))
      },
      FormulaFunction("instance_norm(x, weight=None, bias=None, eps=1e-05)", "each channel of each example normalised")
      {
        a in
        try Operations.instanceNormalization(
          a.real("x"), weight: a.optionalReal("weight"), bias: a.optionalReal("bias"), epsilon: a.double("eps"))
      },
      FormulaFunction("rms_norm(x, normalized_shape, weight=None, eps=1e-05)", "last axes over their root mean square")
      {
        a in
        let x = try a.real("x")
        let shape = try a.integers("normalized_shape")
        guard !shape.isEmpty, Array(x.shape.dimensions.suffix(shape.count)) == shape else {
          throw a.fault("normalized_shape", "\(shape) are not the last axes of shape \(x.shape)", status: .data)
        }
        return try Operations.rmsNormalization(
          x, lastAxes: shape.count, weight: a.optionalReal("weight"), epsilon: a.double("eps"))
      },
      FormulaFunction("dropout(x, mask, p=0.5)", "x / (1 - p) where the mask is true, 0 elsewhere") { a in
        try Operations.dropout(a.real("x"), keeping: a.mask("mask"), rate: a.double("p"))
      },
      FormulaFunction(
        "scaled_dot_product_attention(q, k, v, *, is_causal=False)", "softmax(q kᵀ / √d) v over the last two axes"
      ) { a in
        let nodes = try a.numbers("q", "k", "v", least: .real)
        return try Operations.attention(nodes[0], nodes[1], nodes[2], isCausal: a.flag("is_causal"))
      },
      FormulaFunction(
        "cross_entropy(x, target, *, reduction='mean')", "of logits [N, C, …], for classes or probabilities"
      ) {
        a in
        let x = try a.real("x")
        let reduction = try a.word("reduction", LossReduction.self)
        return try Operations.crossEntropy(x, a.target(x), reduction: reduction)
      },
      FormulaFunction("nll_loss(x, target, *, reduction='mean')", "minus the log-probability of each class") { a in
        let x = try a.real("x")
        return try Operations.negativeLogLikelihood(
          x, a.classes(x), reduction: a.word("reduction", LossReduction.self))
      },
      loss("mse_loss", "the mean of (x - target)²") { (x, y, reduction) throws(TensorError) in
        try Operations.squaredError(x, y, reduction: reduction)
      },
      loss("l1_loss", "the mean of |x - target|") { (x, y, reduction) throws(TensorError) in
        try Operations.absoluteError(x, y, reduction: reduction)
      },
      loss("binary_cross_entropy_with_logits", "of logits, for targets between 0 and 1") {
        (x, y, reduction) throws(TensorError) in
        try Operations.binaryCrossEntropy(logits: x, y, reduction: reduction)
      },
      loss("binary_cross_entropy", "of probabilities, for targets between 0 and 1") {
        (x, y, reduction) throws(TensorError) in
        try Operations.binaryCrossEntropy(probabilities: x, y, reduction: reduction)
      },
      FormulaFunction(
        "smooth_l1_loss(x, target, *, reduction='mean', beta=1.0)", "huber_loss over beta, and l1_loss for 0"
      ) { a in
        let (x, y) = try a.reals("x", "target")
        let (beta, reduction) = (try a.double("beta"), try a.word("reduction", LossReduction.self))
        guard beta >= 0 else { throw a.fault("beta", "found \(beta), expected 0 or more") }
        guard beta > 0 else { return try Operations.absoluteError(x, y, reduction: reduction) }
        let loss = try Operations.huberLoss(x, y, delta: beta, reduction: reduction)
        return try Operations.divide(loss, loss.filled(with: beta))
      },
      FormulaFunction(
        "cosine_embedding_loss(x1, x2, target, margin=0.0, *, reduction='mean')",
        "1 - cosine for targets 1, the cosine above a margin for targets -1"
      ) { a in
        let nodes = try a.numbers("x1", "x2", "target", least: .real)
        return try Operations.cosineEmbeddingLoss(
          nodes[0], nodes[1], nodes[2], margin: a.double("margin"), reduction: a.word("reduction", LossReduction.self))
      },
      FormulaFunction("huber_loss(x, target, reduction='mean', delta=1.0)", "quadratic within delta, linear beyond") {
        a in
        let (x, y) = try a.reals("x", "target")
        return try Operations.huberLoss(
          x, y, delta: a.double("delta"), reduction: a.word("reduction", LossReduction.self))
      },
      FormulaFunction("kl_div(x, target, *, reduction='mean')", "target (ln target - x), x a log-probability") { a in
        let (x, y) = try a.reals("x", "target")
        if case .string("batchmean") = a["reduction"] {
          let total = try Operations.klDivergence(x, y, reduction: .sum)
          return try Operations.divide(total, total.filled(with: Double(x.shape.dimensions.first ?? 1)))
        }
        return try Operations.klDivergence(x, y, reduction: a.word("reduction", LossReduction.self))
      },
      FormulaFunction("fft(x)", "the Fourier transform of [..., n, 2]: real and imaginary part") { a in
        try Operations.fourierTransform(a.real("x"))
      },
      FormulaFunction("ifft(x)", "the inverse Fourier transform of [..., n, 2]") { a in
        try Operations.fourierTransform(a.real("x"), isInverse: true)
      },
      FormulaFunction("rfft(x)", "the Fourier transform of real [..., n]: [..., n / 2 + 1, 2]") { a in
        try Operations.realFourierTransform(a.real("x"))
      },
      FormulaFunction("irfft(x, n=None)", "the real [..., n] whose transform is given") { a in
        try Operations.inverseRealFourierTransform(a.real("x"), count: a.optionalInteger("n"))
      },
    ]

  private static func loss(
    _ name: String, _ summary: String,
    _ build: @escaping @Sendable (Node, Node, LossReduction) throws(TensorError) -> Node
  ) -> FormulaFunction {
    FormulaFunction("\(name)(x, target, *, reduction='mean')", summary) { a in
      let (x, y) = try a.reals("x", "target")
      return try build(x, y, a.word("reduction", LossReduction.self))
    }
  }
}

extension Arguments {
  /// A tensor of real numbers; nil for None.
  fileprivate func optionalReal(_ name: String) throws -> Node? { isGiven(name) ? try real(name) : nil }

  /// The targets of a classification: classes, checked where they are known, or probabilities.
  fileprivate func target(_ x: Node) throws -> Node {
    guard try self["target"].kind() != .real else { return try real("target") }
    return try classes(x)
  }

  /// The classes of examples of shape [N, C, …] or [C].
  fileprivate func classes(_ x: Node) throws -> Node {
    guard x.shape.rank > 0 else { throw fault("x", "found shape [], expected [N, C, …] or [C]", status: .data) }
    return try indices("target", axis: min(1, x.shape.rank - 1), of: x.shape, countsFromEnd: false)
  }
}
