import TensorGraph

extension FunctionTable {
  /// Convolutions, pooling, resampling, normalisations, losses and Fourier transforms.
  static let networks: [FormulaFunction] =
    [1, 2, 3].map(convolution) + [1, 2].map(transposedConvolution) + [1, 2].flatMap(pooling) + [
      FormulaFunction(
        "interpolate(x, size, mode='nearest', align_corners=False)", "the last axes resampled to other extents"
      ) { a in
        let (x, mode) = (try a.real("x"), try a.word("mode", Operations.Interpolation.self))
        var sizes = try a.integers("size")
        // One size is that of every axis that the mode knows.
        if case .integer = a["size"] {
          let axes =
            switch mode {
            case .nearest: max(1, x.shape.rank - 2)
            case .linear: 1
            case .bilinear, .bicubic: 2
            }
          sizes = Array(repeating: sizes[0], count: axes)
        }
        try Sizes.check(Array(x.shape.dimensions.dropLast(sizes.count)) + sizes.map { max(0, $0) }, x.scalarType)
        return try Operations.interpolate(x, extents: sizes, mode: mode, alignsCorners: a.flag("align_corners"))
      },
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
        let classes = x.shape.rank == 0 ? 0 : x.shape[min(1, x.shape.rank - 1)]
        return try Operations.negativeLogLikelihood(
          x, a.indices("target", extent: classes), reduction: a.word("reduction", LossReduction.self))
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

  private static func convolution(_ axes: Int) -> FormulaFunction {
    FormulaFunction(
      "conv\(axes)d(x, w, stride=1, padding=0, dilation=1, groups=1)",
      "the cross-correlation of [N, C, …] with [O, C / groups, …]"
    ) { a in
      let (x, w) = try a.reals("x", "w")
      return try Operations.convolution(x, w, a.windows(w, axes), groups: a.integer("groups"))
    }
  }

  private static func transposedConvolution(_ axes: Int) -> FormulaFunction {
    FormulaFunction(
      "conv_transpose\(axes)d(x, w, stride=1, padding=0, dilation=1, groups=1)",
      "the transpose of conv\(axes)d, of [N, C, …] with [C, O / groups, …]"
    ) { a in
      let (x, w) = try a.reals("x", "w")
      return try Operations.transposedConvolution(x, w, a.windows(w, axes), groups: a.integer("groups"))
    }
  }

  private static func pooling(_ axes: Int) -> [FormulaFunction] {
    return [
      FormulaFunction(
        "max_pool\(axes)d(x, kernel_size, stride=None, padding=0)", "the largest element of each window"
      ) { a in
        try Operations.maximumPooling(a.real("x"), a.poolingWindows(axes))
      },
      FormulaFunction(
        "avg_pool\(axes)d(x, kernel_size, stride=None, padding=0)", "the mean of each window"
      ) { a in
        try Operations.averagePooling(a.real("x"), a.poolingWindows(axes))
      },
    ]
  }
}

extension Arguments {
  /// A tensor of real numbers; nil for None.
  fileprivate func optionalReal(_ name: String) throws -> Node? { isGiven(name) ? try real(name) : nil }

  /// One whole number for every axis, or one for each; small enough to be added and multiplied.
  fileprivate func perAxis(_ name: String, _ axes: Int) throws -> [Int] {
    let numbers = try integers(name)
    guard numbers.count == 1 || numbers.count == axes, numbers.allSatisfy({ abs($0) <= 1 << 20 }) else {
      throw fault(name, "found \(self[name].description), expected a number, or \(axes) of them")
    }
    return numbers.count == axes ? numbers : Array(repeating: numbers[0], count: axes)
  }

  /// The windows of a convolution with weights w.
  fileprivate func windows(_ w: Node, _ axes: Int) throws -> [Operations.Window] {
    guard w.shape.rank == axes + 2 else {
      throw fault("w", "shape \(w.shape) has rank \(w.shape.rank), expected \(axes + 2)", status: .data)
    }
    let (strides, paddings) = (try perAxis("stride", axes), try perAxis("padding", axes))
    let dilations = try perAxis("dilation", axes)
    return (0..<axes).map {
      Operations.Window(size: w.shape[2 + $0], stride: strides[$0], padding: paddings[$0], dilation: dilations[$0])
    }
  }

  /// The windows of a pooling.
  fileprivate func poolingWindows(_ axes: Int) throws -> [Operations.Window] {
    let sizes = try perAxis("kernel_size", axes)
    let strides = isGiven("stride") ? try perAxis("stride", axes) : sizes
    let paddings = try perAxis("padding", axes)
    return sizes.indices.map { Operations.Window(size: sizes[$0], stride: strides[$0], padding: paddings[$0]) }
  }

  /// The targets of a classification: classes, checked where they are known, or probabilities.
  fileprivate func target(_ x: Node) throws -> Node {
    guard try self["target"].kind() != .real else { return try real("target") }
    return try indices("target", extent: x.shape.rank == 0 ? 0 : x.shape[min(1, x.shape.rank - 1)])
  }
}
