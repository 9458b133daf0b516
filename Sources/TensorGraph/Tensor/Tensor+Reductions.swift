// Axes may be negative; without axes a reduction takes all of them. `keepingAxes` leaves extents of 1.

extension Tensor where Scalar: TensorNumeric {
  /// The sum.
  public func sum(axes: [Int]? = nil, keepingAxes: Bool = false) -> Tensor {
    Tensor(checking: try Operations.sum(node, axes, keepsAxes: keepingAxes))
  }

  /// The product; derivatives are exact where factors are zero.
  public func product(axes: [Int]? = nil, keepingAxes: Bool = false) -> Tensor {
    Tensor(checking: try Operations.product(node, axes, keepsAxes: keepingAxes))
  }

  /// The largest element; ties share the derivative equally.
  public func max(axes: [Int]? = nil, keepingAxes: Bool = false) -> Tensor {
    Tensor(checking: try Operations.maximum(node, axes, keepsAxes: keepingAxes))
  }

  /// The smallest element; ties share the derivative equally.
  public func min(axes: [Int]? = nil, keepingAxes: Bool = false) -> Tensor {
    Tensor(checking: try Operations.minimum(node, axes, keepsAxes: keepingAxes))
  }

  /// The first position of the largest element along an axis, or in row-major order.
  public func argmax(axis: Int? = nil) -> Tensor<Int64> {
    Tensor<Int64>(checking: try Operations.argExtremum(node, axis: axis, largest: true))
  }

  /// The first position of the smallest element along an axis, or in row-major order.
  public func argmin(axis: Int? = nil) -> Tensor<Int64> {
    Tensor<Int64>(checking: try Operations.argExtremum(node, axis: axis, largest: false))
  }

  /// Running sums along an axis.
  public func cumulativeSum(axis: Int) -> Tensor { Tensor(checking: try Operations.cumulativeSum(node, axis: axis)) }

  /// Running products along an axis.
  public func cumulativeProduct(axis: Int) -> Tensor {
    Tensor(checking: try Operations.cumulative(.multiply, node, axis: axis, operation: "cumulativeProduct"))
  }

  /// Running maxima along an axis.
  public func cumulativeMax(axis: Int) -> Tensor {
    Tensor(checking: try Operations.cumulative(.max, node, axis: axis, operation: "cumulativeMax"))
  }

  /// Running minima along an axis.
  public func cumulativeMin(axis: Int) -> Tensor {
    Tensor(checking: try Operations.cumulative(.min, node, axis: axis, operation: "cumulativeMin"))
  }

  /// The elements in order along an axis; equal ones keep their order, NaN comes last.
  public func sorted(axis: Int = -1, descending: Bool = false) -> Tensor {
    Tensor(checking: try Operations.sort(node, axis: axis, descending: descending))
  }

  /// The positions that would sort along an axis.
  public func argsort(axis: Int = -1, descending: Bool = false) -> Tensor<Int64> {
    Tensor<Int64>(checking: try Operations.argsort(node, axis: axis, descending: descending))
  }

  /// The largest (or smallest) elements in order along an axis, and where they stood.
  public func top(_ count: Int, axis: Int = -1, largest: Bool = true) -> (values: Tensor, indices: Tensor<Int64>) {
    let (values, indices) = checked(
      try Operations.top(node, count: count, axis: axis, largest: largest),
      else: (node.missing, .missing(.scalar, .int64)))
    return (Tensor(values), Tensor<Int64>(indices))
  }
}

extension Tensor where Scalar: TensorNumeric {
  /// The k-th smallest element along an axis, counted from 1.
  public func kthSmallest(_ k: Int, axis: Int = -1) -> Tensor {
    Tensor(checking: try Operations.kthSmallest(node, k, axis: axis))
  }
}

extension Tensor where Scalar: DifferentiableScalar {
  /// ln of running sums of eˣ along an axis, without overflow.
  public func cumulativeLogSumExp(axis: Int) -> Tensor {
    Tensor(checking: try Operations.cumulativeLogSumExp(node, axis: axis))
  }

  /// The sum of the elements that are numbers; NaN counts as 0 and has no derivative.
  public func sumOfNumbers(axes: [Int]? = nil, keepingAxes: Bool = false) -> Tensor {
    Tensor(checking: try Operations.sumOfNumbers(node, axes, keepsAxes: keepingAxes))
  }

  /// The mean.
  public func mean(axes: [Int]? = nil, keepingAxes: Bool = false) -> Tensor {
    Tensor(checking: try Operations.mean(node, axes, keepsAxes: keepingAxes))
  }

  /// The variance: squared deviations over the count less `correction` (1 gives the unbiased estimate).
  public func variance(axes: [Int]? = nil, correction: Double = 0, keepingAxes: Bool = false) -> Tensor {
    Tensor(checking: try Operations.variance(node, axes, correction: correction, keepsAxes: keepingAxes))
  }

  /// The square root of the variance.
  public func standardDeviation(axes: [Int]? = nil, correction: Double = 0, keepingAxes: Bool = false) -> Tensor {
    Tensor(checking: try Operations.standardDeviation(node, axes, correction: correction, keepsAxes: keepingAxes))
  }

  /// ln Σ eˣ, without overflow.
  public func logSumExp(axes: [Int]? = nil, keepingAxes: Bool = false) -> Tensor {
    Tensor(checking: try Operations.logSumExp(node, axes, keepsAxes: keepingAxes))
  }

  /// The p-norm; `order` may be infinite. At the origin its derivative is 0.
  public func norm(axes: [Int]? = nil, order: Double = 2, keepingAxes: Bool = false) -> Tensor {
    Tensor(checking: try Operations.norm(node, axes, order: order, keepsAxes: keepingAxes))
  }

  /// The q-quantile, interpolated linearly between order statistics.
  public func quantile(_ q: Double, axes: [Int]? = nil, keepingAxes: Bool = false) -> Tensor {
    Tensor(checking: try Operations.quantile(node, q, axes, keepsAxes: keepingAxes))
  }

  /// The middle element, or the mean of the two middle ones.
  public func median(axes: [Int]? = nil, keepingAxes: Bool = false) -> Tensor {
    quantile(0.5, axes: axes, keepingAxes: keepingAxes)
  }

  /// eˣ over its sum along an axis.
  public func softmax(axis: Int = -1) -> Tensor { Tensor(checking: try Operations.softmax(node, axis: axis)) }

  /// The logarithm of `softmax`, accurate where that underflows.
  public func logSoftmax(axis: Int = -1) -> Tensor { Tensor(checking: try Operations.logSoftmax(node, axis: axis)) }
}
