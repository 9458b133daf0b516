import TensorGraph

extension FunctionTable {
  /// Convolutions, pooling, windows as columns, and resampling.
  static let windows: [FormulaFunction] =
    [1, 2, 3].map(convolution) + [1, 2, 3].map(transposedConvolution) + [1, 2, 3].flatMap(pooling)
    + [1, 2].flatMap(adaptivePooling) + [
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
      FormulaFunction(
        "grid_sample(x, grid, align_corners=False)", "[N, C, H, W] read bilinearly at [N, h, w, 2] of -1…1"
      ) { a in
        let (x, grid) = try a.reals("x", "grid")
        return try Operations.sampleGrid(x, grid, alignsCorners: a.flag("align_corners"))
      },
      FormulaFunction(
        "unfold(x, kernel_size, stride=1, padding=0, dilation=1)", "windows of [N, C, H, W] as columns"
      ) { a in
        let x = try a.real("x")
        return try Operations.unfold(x, a.columnWindows(max(0, x.shape.rank - 2)))
      },
      FormulaFunction(
        "fold(x, output_size, kernel_size, stride=1, padding=0, dilation=1)", "columns added up where windows lie"
      ) { a in
        let x = try a.real("x")
        let extents = try a.perAxis("output_size", 2)
        try Sizes.check(x.shape.dimensions.prefix(2) + extents.map { max(0, $0) }, x.scalarType)
        return try Operations.fold(x, extents: extents, a.columnWindows(2))
      },
    ]

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
      FormulaFunction(
        "lp_pool\(axes)d(x, norm_type, kernel_size, stride=None, padding=0)", "the p-norm of each window"
      ) { a in
        try Operations.powerPooling(a.real("x"), a.poolingWindows(axes), order: a.double("norm_type"))
      },
    ]
  }

  private static func adaptivePooling(_ axes: Int) -> [FormulaFunction] {
    return [
      FormulaFunction(
        "adaptive_avg_pool\(axes)d(x, output_size)", "the means of as many windows as asked for"
      ) { a in
        try Operations.adaptiveAveragePooling(a.real("x"), extents: a.perAxis("output_size", axes))
      },
      FormulaFunction(
        "adaptive_max_pool\(axes)d(x, output_size)", "the largest elements of as many windows as asked for"
      ) { a in
        try Operations.adaptiveMaximumPooling(a.real("x"), extents: a.perAxis("output_size", axes))
      },
    ]
  }
}

extension Arguments {
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
    return try windows(Array(w.shape.dimensions.suffix(axes)))
  }

  /// The windows of `unfold` and `fold`.
  fileprivate func columnWindows(_ axes: Int) throws -> [Operations.Window] {
    try windows(perAxis("kernel_size", axes))
  }

  private func windows(_ sizes: [Int]) throws -> [Operations.Window] {
    let (strides, paddings) = (try perAxis("stride", sizes.count), try perAxis("padding", sizes.count))
    let dilations = try perAxis("dilation", sizes.count)
    return sizes.indices.map {
      Operations.Window(size: sizes[$0], stride: strides[$0], padding: paddings[$0], dilation: dilations[$0])
    }
  }

  /// The windows of a pooling.
  fileprivate func poolingWindows(_ axes: Int) throws -> [Operations.Window] {
    let sizes = try perAxis("kernel_size", axes)
    let strides = isGiven("stride") ? try perAxis("stride", axes) : sizes
    let paddings = try perAxis("padding", axes)
    return sizes.indices.map { Operations.Window(size: sizes[$0], stride: strides[$0], padding: paddings[$0]) }
  }
}
