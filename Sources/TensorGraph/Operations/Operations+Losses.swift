/// What becomes of the losses of the examples.
public enum LossReduction: String, CaseIterable, Sendable {
  /// Their mean.
  case mean
  /// Their sum.
  case sum
  /// Nothing: one loss for each example.
  case none
}

/// Losses, normalisations and attention: compositions in PyTorch's functional forms.
extension Operations {
  /// The losses as the reduction wants them.
  package static func reduced(_ losses: Node, _ reduction: LossReduction) throws(TensorError) -> Node {
    switch reduction {
    case .mean: try mean(losses)
    case .sum: try sum(losses)
    case .none: losses
    }
  }

  /// -logProbability of each target's class, 0 ..< C; classes are axis 1 of [N, C, …], or the axis of a vector [C].
  package static func negativeLogLikelihood(
    _ logProbabilities: Node, _ targets: Node, reduction: LossReduction = .mean,
    operation: String = "negativeLogLikelihood"
  ) throws(TensorError) -> Node {
    try requireReal(logProbabilities, operation)
    let shape = logProbabilities.shape
    let axis = Swift.min(1, shape.rank - 1)
    guard axis >= 0, targets.shape == shape.removing(axes: [axis]) else {
      throw TensorError(
        "\(operation): targets \(targets.shape) do not fit \(shape); give one class for each example, shape [N, C, …] "
          + "without C")
    }
    let classes = try expandDimensions(targets, axis: axis)
    let picked = try pick(logProbabilities, classes, axis: axis, countsFromEnd: false, operation)
    return try reduced(-picked.reshaped(to: targets.shape), reduction)
  }

  /// The cross entropy of logits: with classes as targets, or with probabilities of the logits' shape.
  package static func crossEntropy(
    _ logits: Node, _ targets: Node, reduction: LossReduction = .mean
  ) throws(TensorError) -> Node {
    let axis = Swift.min(1, logits.shape.rank - 1)
    let logProbabilities = try logSoftmax(logits, axis: axis)
    guard targets.scalarType.isDifferentiable else {
      return try negativeLogLikelihood(logProbabilities, targets, reduction: reduction, operation: "crossEntropy")
    }
    guard targets.shape == logits.shape else {
      throw TensorError(
        "crossEntropy: probabilities \(targets.shape) and logits \(logits.shape) differ; make them equal, or give "
          + "classes as whole numbers")
    }
    return try reduced(-(try sum(multiply(targets, logProbabilities), [axis])), reduction)
  }

  /// The cross entropy of the logits of a yes, for targets between 0 and 1.
  package static func binaryCrossEntropy(
    logits: Node, _ targets: Node, reduction: LossReduction = .mean
  ) throws(TensorError) -> Node {
    let (x, y) = try broadcast(logits, targets, "binaryCrossEntropy")
    try requireReal(x, "binaryCrossEntropy")
    return try reduced(.elementwise(.softplus, x) - x * y, reduction)
  }

  /// The cross entropy of probabilities of a yes, for targets between 0 and 1; 0 ln 0 = 0.
  package static func binaryCrossEntropy(
    probabilities: Node, _ targets: Node, reduction: LossReduction = .mean
  ) throws(TensorError) -> Node {
    let (p, y) = try broadcast(probabilities, targets, "binaryCrossEntropy")
    try requireReal(p, "binaryCrossEntropy")
    return try reduced(-(y ⊗ .elementwise(.log, p) + (1 - y) ⊗ .elementwise(.logOnePlus, -p)), reduction)
  }

  /// (a - b)²
  package static func squaredError(
    _ a: Node, _ b: Node, reduction: LossReduction = .mean
  ) throws(TensorError) -> Node {
    try requireReal(a, "squaredError")
    return try reduced(.elementwise(.square, subtract(a, b)), reduction)
  }

  /// |a - b|
  package static func absoluteError(
    _ a: Node, _ b: Node, reduction: LossReduction = .mean
  ) throws(TensorError) -> Node {
    try requireReal(a, "absoluteError")
    return try reduced(.elementwise(.abs, subtract(a, b)), reduction)
  }

  /// Half the square of a - b within delta, linear beyond (Huber 1964).
  package static func huberLoss(
    _ a: Node, _ b: Node, delta: Double = 1, reduction: LossReduction = .mean
  ) throws(TensorError) -> Node {
    try requireReal(a, "huberLoss")
    guard delta > 0 else { throw TensorError("huberLoss: delta is \(delta); give a number above 0") }
    let (a, b) = try broadcast(a, b, "huberLoss")
    let difference = a - b
    let distance = Node.elementwise(.abs, difference)
    let isNear = Node.compare(.lessOrEqual, distance, distance.filled(with: delta))
    let far = delta * (distance - distance.filled(with: 0.5 * delta))
    return try reduced(.select(isNear, 0.5 * .elementwise(.square, difference), far), reduction)
  }

  /// target (ln target - input), where input is the logarithm of the probabilities.
  package static func klDivergence(
    _ input: Node, _ target: Node, reduction: LossReduction = .mean
  ) throws(TensorError) -> Node {
    try requireReal(input, "klDivergence")
    return try reduced(subtract(xLogY(target, target), multiply(target, input)), reduction)
  }

  // MARK: Normalisation

  /// x less its mean, over its standard deviation, both over axes.
  package static func standardized(_ x: Node, _ axes: [Int], epsilon: Double) throws(TensorError) -> Node {
    try requireReal(x, "normalization")
    let deviation = x - (try mean(x, axes, keepsAxes: true)).broadcast(to: x.shape)
    let variance = try mean(.elementwise(.square, deviation), axes, keepsAxes: true)
    return deviation * Node.elementwise(.rsqrt, epsilon + variance).broadcast(to: x.shape)
  }

  /// `standardized` over the last axes, scaled and shifted (Ba, Kiros & Hinton 2016).
  package static func layerNormalization(
    _ x: Node, lastAxes: Int, weight: Node?, bias: Node?, epsilon: Double = 1e-5
  ) throws(TensorError) -> Node {
    guard (1...Swift.max(1, x.shape.rank)).contains(lastAxes), lastAxes <= x.shape.rank else {
      throw TensorError("layerNormalized: \(lastAxes) axes of a tensor of shape \(x.shape); give at most its rank")
    }
    var result = try standardized(x, Array((x.shape.rank - lastAxes)..<x.shape.rank), epsilon: epsilon)
    if let weight { result = try multiply(result, weight) }
    if let bias { result = try add(result, bias) }
    return result
  }

  /// `standardized` over groups of channels of [N, C, …] (Wu & He 2018).
  package static func groupNormalization(
    _ x: Node, groups: Int, weight: Node?, bias: Node?, epsilon: Double = 1e-5
  ) throws(TensorError) -> Node {
    guard x.shape.rank >= 2, groups > 0, x.shape[1] % groups == 0 else {
      throw TensorError(
        "groupNormalization: \(groups) groups of shape \(x.shape); expected [N, C, …], and groups divides C")
    }
    let grouped = x.reshaped(
      to: Shape([x.shape[0], groups, x.shape[0] == 0 ? 0 : x.shape.count / x.shape[0] / groups]))
    return try scaledByChannel(
      standardized(grouped, [2], epsilon: epsilon).reshaped(to: x.shape), weight, bias, "groupNormalization")
  }

  /// [N, C, …] with each channel made of mean 0 and variance 1: by given moments, or by those of the batch
  /// (Ioffe & Szegedy 2015).
  package static func batchNormalization(
    _ x: Node, moments: (mean: Node, variance: Node)?, weight: Node?, bias: Node?, epsilon: Double = 1e-5
  ) throws(TensorError) -> Node {
    guard x.shape.rank >= 2 else { throw TensorError("batchNormalization: x has shape \(x.shape); expected [N, C, …]") }
    guard let moments else {
      let axes = (0..<x.shape.rank).filter { $0 != 1 }
      return try scaledByChannel(standardized(x, axes, epsilon: epsilon), weight, bias, "batchNormalization")
    }
    let mean = try byChannel(moments.mean, x, "batchNormalization")
    let variance = try byChannel(moments.variance, x, "batchNormalization")
    return try scaledByChannel(
      (x - mean) * .elementwise(.rsqrt, epsilon + variance), weight, bias, "batchNormalization")
  }

  /// Each channel of each example of [N, C, …] made of mean 0 and variance 1 (Ulyanov, Vedaldi & Lempitsky 2016).
  package static func instanceNormalization(
    _ x: Node, weight: Node?, bias: Node?, epsilon: Double = 1e-5
  ) throws(TensorError) -> Node {
    guard x.shape.rank >= 3 else {
      throw TensorError("instanceNormalization: x has shape \(x.shape); expected [N, C, …]")
    }
    return try scaledByChannel(
      standardized(x, Array(2..<x.shape.rank), epsilon: epsilon), weight, bias, "instanceNormalization")
  }

  /// x over the root of its mean square over the last axes, scaled (Zhang & Sennrich 2019).
  package static func rmsNormalization(
    _ x: Node, lastAxes: Int, weight: Node?, epsilon: Double = 1e-5
  ) throws(TensorError) -> Node {
    try requireReal(x, "rmsNormalized")
    guard lastAxes >= 1, lastAxes <= x.shape.rank else {
      throw TensorError("rmsNormalized: \(lastAxes) axes of a tensor of shape \(x.shape); give at most its rank")
    }
    let axes = Array((x.shape.rank - lastAxes)..<x.shape.rank)
    let square = try mean(.elementwise(.square, x), axes, keepsAxes: true)
    let result = x * Node.elementwise(.rsqrt, epsilon + square).broadcast(to: x.shape)
    return try weight.map { (weight) throws(TensorError) in try multiply(result, weight) } ?? result
  }

  /// x where a mask is true, over the share that is kept; 0 elsewhere. The mask is drawn by whoever calls.
  package static func dropout(_ x: Node, keeping mask: Node, rate: Double) throws(TensorError) -> Node {
    try requireReal(x, "droppingOut")
    guard rate >= 0, rate < 1 else { throw TensorError("droppingOut: the rate \(rate) is outside 0..<1") }
    return try select(mask, x / x.filled(with: 1 - rate), x.filled(with: 0))
  }

  private static func scaledByChannel(
    _ x: Node, _ weight: Node?, _ bias: Node?, _ operation: String
  ) throws(TensorError) -> Node {
    var result = x
    if let weight { result = result * (try byChannel(weight, x, operation)) }
    if let bias { result = result + (try byChannel(bias, x, operation)) }
    return result
  }

  /// A vector of C repeated to the shape [N, C, …].
  private static func byChannel(_ vector: Node, _ x: Node, _ operation: String) throws(TensorError) -> Node {
    guard vector.shape == [x.shape[1]], vector.scalarType == x.scalarType else {
      throw TensorError("\(operation): a vector of \(x.shape[1]) channels is needed, found shape \(vector.shape)")
    }
    return vector.broadcast(to: x.shape, axes: [1])
  }

  // MARK: Attention

  /// softmax(q kᵀ / √d) v over the last two axes (Vaswani et al. 2017, equation 1); if causal, no position sees
  /// a later one.
  package static func attention(
    _ q: Node, _ k: Node, _ v: Node, isCausal: Bool = false
  ) throws(TensorError) -> Node {
    try requireReal(q, "attention")
    guard q.shape.rank >= 2, k.shape.rank >= 2, v.shape.rank >= 2 else {
      throw TensorError(
        "attention: q \(q.shape), k \(k.shape), v \(v.shape): each needs [positions, features]")
    }
    let scores = try matmul(q, swapAxes(k, -1, -2))
    var scaled = scores / scores.filled(with: Double(q.shape[q.shape.rank - 1]).squareRoot())
    if isCausal {
      let matrix = Shape(Array(scores.shape.dimensions.suffix(2)))
      let isSeen = Node.compare(
        .lessOrEqual, Node(.iota(matrix, axis: 1, .int64)), Node(.iota(matrix, axis: 0, .int64)))
      scaled = .select(isSeen.broadcast(to: scaled.shape), scaled, scaled.filled(with: -.infinity))
    }
    return try matmul(softmax(scaled), v)
  }
}
