// Windows as columns, pooling beyond means and maxima, and reading at fractional places. Channels first.

extension Tensor where Scalar: DifferentiableScalar {
  /// The windows of the last axes as columns: [N, C, spatial…] becomes [N, C · elements of a window, positions].
  ///
  /// - Parameters: stride, padding and dilation for each spatial axis; missing ones are 1, 0 and 1.
  public func unfolded(
    _ sizes: [Int], stride: [Int] = [], padding: [Int] = [], dilation: [Int] = []
  ) -> Tensor {
    Tensor(checking: try Operations.unfold(node, Operations.Window.list(sizes, stride, padding, dilation)))
  }

  /// The transpose of `unfolded`: columns added up where their windows lie, [N, C, extents…].
  public func folded(
    to extents: [Int], _ sizes: [Int], stride: [Int] = [], padding: [Int] = [], dilation: [Int] = []
  ) -> Tensor {
    Tensor(
      checking: try Operations.fold(node, extents: extents, Operations.Window.list(sizes, stride, padding, dilation)))
  }

  /// The p-norm of each window of the last axes; windows do not overlap unless a stride says so.
  public func powerPooled(_ sizes: [Int], order: Double, stride: [Int]? = nil) -> Tensor {
    Tensor(
      checking: try Operations.powerPooling(node, Operations.Window.list(sizes, stride ?? sizes, [], []), order: order))
  }

  /// The means of as many windows of the last axes as asked for, as equal as possible.
  public func adaptiveAveragePooled(to extents: [Int]) -> Tensor {
    Tensor(checking: try Operations.adaptiveAveragePooling(node, extents: extents))
  }

  /// The largest elements of as many windows of the last axes as asked for, as equal as possible.
  public func adaptiveMaximumPooled(to extents: [Int]) -> Tensor {
    Tensor(checking: try Operations.adaptiveMaximumPooling(node, extents: extents))
  }

  /// This tensor [N, C, H, W] read at fractional places, bilinearly: grid [N, h, w, 2] holds x and y between -1 and 1; what
  /// lies outside is 0, and what is read at NaN is NaN.
  public func sampled(at grid: Tensor, alignsCorners: Bool = false) -> Tensor {
    Tensor(checking: try Operations.sampleGrid(node, grid.node, alignsCorners: alignsCorners))
  }

  /// The last axes over the root of their mean square.
  public func rmsNormalized(lastAxes: Int = 1, epsilon: Double = 1e-5) -> Tensor {
    Tensor(checking: try Operations.rmsNormalization(node, lastAxes: lastAxes, weight: nil, epsilon: epsilon))
  }

  /// This tensor where a mask is true, over the share that is kept; 0 elsewhere. Draw the mask once and it is constant.
  public func droppingOut(keeping mask: Tensor<Bool>, rate: Double) -> Tensor {
    Tensor(checking: try Operations.dropout(node, keeping: mask.node, rate: rate))
  }
}

extension Operations.Window {
  /// A window for each size; missing strides, paddings and dilations are 1, 0 and 1.
  static func list(_ sizes: [Int], _ stride: [Int], _ padding: [Int], _ dilation: [Int]) -> [Operations.Window] {
    func value(_ list: [Int], _ i: Int, _ missing: Int) -> Int { i < list.count ? list[i] : missing }
    return sizes.enumerated().map { i, size in
      Operations.Window(
        size: size, stride: value(stride, i, 1), padding: value(padding, i, 0), dilation: value(dilation, i, 1))
    }
  }
}
