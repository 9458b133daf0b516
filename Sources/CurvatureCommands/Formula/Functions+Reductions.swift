import CurvatureFiles
import TensorGraph

extension FunctionTable {
  private static func reduction(
    _ name: String, _ summary: String, aliases: [String] = [], least: ElementKind = .real,
    _ build: @escaping @Sendable (Node, [Int]?, Bool) throws(TensorError) -> Node
  ) -> FormulaFunction {
    FormulaFunction("\(name)(x, axis=None, *, keepdims=False)", summary, aliases: aliases) { a in
      try build(a.numbers("x", least: least)[0], a.axes("axis"), a.flag("keepdims"))
    }
  }

  private static func scan(
    _ name: String, _ summary: String, _ build: @escaping @Sendable (Node, Int) throws(TensorError) -> Node
  ) -> FormulaFunction {
    FormulaFunction("\(name)(x, axis=None)", summary) { a in
      let x = try a.number("x")
      guard let axis = try a.optionalInteger("axis") else { return try build(Operations.reshape(x, [-1]), 0) }
      return try build(x, axis)
    }
  }

  /// Functions along axes.
  static let reductions: [FormulaFunction] = [
    reduction("sum", "the sum over axes", least: .whole) { (x, axes, keeps) throws(TensorError) in
      try Operations.sum(x, axes, keepsAxes: keeps)
    },
    reduction("nansum", "the sum of the elements that are numbers") { (x, axes, keeps) throws(TensorError) in
      try Operations.sumOfNumbers(x, axes, keepsAxes: keeps)
    },
    reduction("mean", "the mean over axes", aliases: ["average"]) { (x, axes, keeps) throws(TensorError) in
      try Operations.mean(x, axes, keepsAxes: keeps)
    },
    reduction("prod", "the product over axes", least: .whole) { (x, axes, keeps) throws(TensorError) in
      try Operations.product(x, axes, keepsAxes: keeps)
    },
    reduction("max", "the largest element over axes", aliases: ["amax"], least: .whole) {
      (x, axes, keeps) throws(TensorError) in try Operations.maximum(x, axes, keepsAxes: keeps)
    },
    reduction("min", "the smallest element over axes", aliases: ["amin"], least: .whole) {
      (x, axes, keeps) throws(TensorError) in try Operations.minimum(x, axes, keepsAxes: keeps)
    },
    FormulaFunction("var(x, axis=None, *, ddof=0, keepdims=False)", "the variance over axes") { a in
      try Operations.variance(
        a.real("x"), a.axes("axis"), correction: a.double("ddof"), keepsAxes: a.flag("keepdims"))
    },
    FormulaFunction("std(x, axis=None, *, ddof=0, keepdims=False)", "the standard deviation over axes") { a in
      try Operations.standardDeviation(
        a.real("x"), a.axes("axis"), correction: a.double("ddof"), keepsAxes: a.flag("keepdims"))
    },
    FormulaFunction("norm(x, ord=None, axis=None, keepdims=False)", "the norm of a vector or matrix", norm),
    reduction("median", "the middle of the sorted elements") { (x, axes, keeps) throws(TensorError) in
      try Operations.quantile(x, 0.5, axes, keepsAxes: keeps)
    },
    FormulaFunction("quantile(x, q, axis=None, *, keepdims=False)", "the q-quantile, linearly interpolated") { a in
      let (x, axes, keeps) = (try a.real("x"), try a.axes("axis"), try a.flag("keepdims"))
      guard case .list(let items) = a["q"] else {
        return try Operations.quantile(x, a.double("q"), axes, keepsAxes: keeps)
      }
      let parts = try items.map { item in
        guard let q = item.double else { throw a.fault("q", "found \(item.description), expected a plain number") }
        return try Operations.quantile(x, q, axes, keepsAxes: keeps)
      }
      return try Operations.stack(parts)
    },
    scan("cumsum", "running sums") { (x, axis) throws(TensorError) in try Operations.cumulativeSum(x, axis: axis) },
    scan("cumprod", "running products") { (x, axis) throws(TensorError) in
      try Operations.cumulative(.multiply, x, axis: axis, operation: "cumprod")
    },
    scan("logcumsumexp", "ln of running sums of exp x") { (x, axis) throws(TensorError) in
      try Operations.cumulativeLogSumExp(x, axis: axis)
    },
    FormulaFunction("cummax(x, axis=0)", "running maxima") { a in
      try Operations.cumulative(.max, a.number("x"), axis: a.integer("axis"), operation: "cummax")
    },
    FormulaFunction("cummin(x, axis=0)", "running minima") { a in
      try Operations.cumulative(.min, a.number("x"), axis: a.integer("axis"), operation: "cummin")
    },
    FormulaFunction("sort(x, axis=-1)", "the elements in ascending order") { a in
      let x = try a.number("x")
      guard let axis = try a.optionalInteger("axis") else { return try Operations.sort(Operations.reshape(x, [-1])) }
      return try Operations.sort(x, axis: axis)
    },
    FormulaFunction("kthvalue(x, k, axis=-1)", "the k-th smallest element, counted from 1") { a in
      try Operations.kthSmallest(a.number("x"), a.integer("k"), axis: a.integer("axis"))
    },
    FormulaFunction(
      "topk(x, k, axis=-1)", "a tuple: the k largest elements, descending, and where they stood",
      values: { a in
        let (values, indices) = try Operations.top(a.number("x"), count: a.integer("k"), axis: a.integer("axis"))
        return .tuple([.tensor(values), .tensor(indices)])
      }),
    FormulaFunction("argsort(x, axis=-1)", "the indices that sort") { a in
      let x = try a.number("x")
      guard let axis = try a.optionalInteger("axis") else { return try Operations.argsort(Operations.reshape(x, [-1])) }
      return try Operations.argsort(x, axis: axis)
    },
    FormulaFunction("argmax(x, axis=None, *, keepdims=False)", "the index of the largest element") { a in
      try Operations.argExtremum(
        a.number("x"), axis: a.optionalInteger("axis"), largest: true, keepsAxis: a.flag("keepdims"))
    },
    FormulaFunction("argmin(x, axis=None, *, keepdims=False)", "the index of the smallest element") { a in
      try Operations.argExtremum(
        a.number("x"), axis: a.optionalInteger("axis"), largest: false, keepsAxis: a.flag("keepdims"))
    },
    FormulaFunction("any(x, axis=None, *, keepdims=False)", "whether a mask is true anywhere") { a in
      try Operations.quantify(a.mask("x"), a.axes("axis"), all: false, keepsAxes: a.flag("keepdims"))
    },
    FormulaFunction("all(x, axis=None, *, keepdims=False)", "whether a mask is true everywhere") { a in
      try Operations.quantify(a.mask("x"), a.axes("axis"), all: true, keepsAxes: a.flag("keepdims"))
    },
    FormulaFunction("diff(x, n=1, axis=-1)", "differences of neighbours, n times") { a in
      let n = try a.integer("n")
      guard (0...10_000).contains(n) else { throw a.fault("n", "found \(n), expected 0 to 10000") }
      return try Operations.difference(a.number("x"), times: n, axis: a.integer("axis"))
    },
    FormulaFunction("trapezoid(y, x=None, dx=1.0, axis=-1)", "the integral by trapezoids", aliases: ["trapz"]) { a in
      let spacing = a.isGiven("x") ? try a.real("x") : nil
      return try Operations.trapezoid(a.real("y"), positions: spacing, spacing: a.double("dx"), axis: a.integer("axis"))
    },
  ]

  /// The norms of `numpy.linalg.norm`: without an order that of all elements, of a matrix those of matrices.
  private static func norm(_ a: Arguments) throws -> Node {
    let x = try a.real("x")
    let (axes, keeps) = (try a.axes("axis"), try a.flag("keepdims"))
    let isMatrix = axes.map { $0.count == 2 } ?? (x.shape.rank == 2)
    guard a.isGiven("ord") else { return try Operations.norm(x, axes, keepsAxes: keeps) }
    if case .string(let word) = a["ord"] {
      guard word == "fro" || word == "nuc", isMatrix else {
        throw a.fault(
          "ord", "found '\(PrintableText.printable(word))', expected 'fro' or 'nuc' for a matrix, or a number")
      }
      if word == "nuc" { return try spectralNorm(x, axes, isNuclear: true, keeps) }
      return try Operations.norm(x, axes, keepsAxes: keeps)
    }
    let order = try a.double("ord")
    guard isMatrix else { return try Operations.norm(x, axes, order: order, keepsAxes: keeps) }
    if order == 2 { return try spectralNorm(x, axes, isNuclear: false, keeps) }
    guard [1, -1, .infinity, -.infinity].contains(order) else {
      throw a.fault(
        "ord", "found \(a["ord"].description), expected 1, -1, 2, inf, -inf, 'fro' or 'nuc' for a matrix")
    }
    let pair = try ShapeRules.matrixAxes(axes, rank: x.shape.rank)
    let summed = abs(order) == 1 ? pair.row : pair.column
    let other = abs(order) == 1 ? pair.column : pair.row
    let sums = try Operations.sum(Operations.apply(.abs, x), [summed], keepsAxes: true)
    let extremum =
      order > 0
      ? try Operations.maximum(sums, [other], keepsAxes: true) : try Operations.minimum(sums, [other], keepsAxes: true)
    return keeps ? extremum : try Operations.squeeze(extremum, axes: [pair.row, pair.column])
  }

  private static func spectralNorm(_ x: Node, _ axes: [Int]?, isNuclear: Bool, _ keeps: Bool) throws -> Node {
    let pair = try ShapeRules.matrixAxes(axes, rank: x.shape.rank)
    let others = x.shape.dimensions.indices.filter { $0 != pair.row && $0 != pair.column }
    let norm = try Operations.spectralNorm(x.permuted(others + [pair.row, pair.column]), isNuclear: isNuclear)
    guard keeps else { return norm }
    return norm.reshaped(
      to: Shape(x.shape.dimensions.indices.map { others.contains($0) ? x.shape[$0] : 1 }))
  }
}

extension ShapeRules {
  /// The two axes of a matrix norm, counted from the front; without axes a tensor of rank 2 is meant.
  fileprivate static func matrixAxes(_ axes: [Int]?, rank: Int) throws(TensorError) -> (row: Int, column: Int) {
    let axes = axes ?? [0, 1]
    let row = try axis(axes[0], rank: rank, operation: "norm")
    let column = try axis(axes[1], rank: rank, operation: "norm")
    guard row != column else { throw TensorError("norm: axes \(axes) are the same; name two") }
    return (row, column)
  }
}
