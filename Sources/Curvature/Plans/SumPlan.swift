import TensorGraph

/// A function that is a sum over pieces of data, with its derivatives: for data larger than memory.
///
/// <!-- swift
/// let X = Tensor<Double>([[1, 2], [3, -1], [0, 1], [2, 2], [1, 1]]), t = Tensor<Double>([1, -1, 1, -1, 1])
/// let w = Tensor<Double>([0.1, 0.2])
/// -->
/// ```swift
/// let loss = try SumPlan(like: w, over: X.pieces(of: 2), t.pieces(of: 2)) { w, X, t in softplus(-t * matmul(X, w)).sum() }
/// let (value, gradient, hessian) = try loss(w)
/// let fit = try loss.minimize(from: w)
/// ```
/// A piece is made, computed with and forgotten before the next one. The function is traced and compiled once for each shape of
/// pieces: mostly two, since the last is shorter. Results of pieces are doubles, added up by a `PairwiseSum`, so that they are
/// the same to the last bit whatever processes share the pieces.
///
/// - Complexity: that of a plan for each piece; memory for a piece and for as many results as the binary logarithm of their number.
public final class SumPlan<Point: TensorTree> {
  /// How steps of a search are found.
  public let method: MinimizationMethod
  /// The most steps of a search.
  public var maximumIterations = 1000
  /// As that of a `MinimizationPlan`.
  public var tolerance: Double?
  /// Which pieces are computed here, and how results become those of all.
  public var share = PieceShare()
  /// How many pieces there are.
  public let pieceCount: Int
  private let template: Point
  private let pieces: (Int) throws(TensorError) -> [Node]
  private let trace: (_ variable: Node, _ data: [Node]) throws(TensorError) -> Node
  private var programs: [[Shape]: ObjectiveProgram] = [:]
  /// More shapes than this are not kept at a time.
  private static var programLimit: Int { 8 }

  /// A plan for points of the form of `point`.
  ///
  /// - Parameters:
  ///   - point: a point of that form; its elements do not matter.
  ///   - data: the pieces, as many of each.
  ///   - method: how a search finds its steps, as that of a `MinimizationPlan`: without sparse factors. Whole Hessians, as `hessian(at:)`
  ///     gives them, are computed up to 300 variables unless `dense` is asked for.
  ///   - f: the function of a point and a piece of each of the data.
  /// - Throws: `TensorError` if there are not as many pieces of each of the data, or none, or the method is for sparse matrices.
  public init<each Data: TensorScalar>(
    like point: Point, over data: repeat DataPieces<each Data>, method: MinimizationMethod = .automatic,
    of f: @escaping (Point, repeat Tensor<each Data>) throws -> Tensor<Point.Scalar>
  ) throws(TensorError) {
    var counts: [Int] = []
    for pieces in repeat each data { counts.append(pieces.count) }
    guard let count = counts.first, count > 0, Set(counts).count == 1 else {
      throw TensorError("SumPlan: \(counts) pieces of the data; give as many of each, and one at least")
    }
    if case .sparse = method {
      throw TensorError("SumPlan: whole Hessians of sums are dense; choose the method dense or matrixFree")
    }
    (self.method, template, pieceCount) = (method, point, count)
    pieces = { (number) throws(TensorError) in
      var nodes: [Node] = []
      for pieces in repeat each data { nodes.append(try pieces.read(number).node) }
      return nodes
    }
    trace = { (variable, placeholders) throws(TensorError) in
      var rest = placeholders[...]
      func next<Element>(_: DataPieces<Element>) -> Tensor<Element> { Tensor(rest.removeFirst()) }
      do {
        return try f(point.traced(variable), repeat next(each data)).node
      } catch {
        throw error as? TensorError ?? TensorError("SumPlan: \(error)")
      }
    }
  }

  // MARK: Results

  /// The value at a point.
  ///
  /// - Parameter x: the point.
  /// - Throws: `TensorError` if the point has another form, or something cannot be computed.
  public func value(at x: Point) throws(TensorError) -> Double { try sum(.value, at: elements(x))[0] }

  /// The value and the gradient, in the form of a point.
  ///
  /// - Parameter x: the point.
  /// - Throws: as `value(at:)`.
  public func gradient(at x: Point) throws(TensorError) -> (value: Double, gradient: Point) {
    let sum = try sum(.gradient, at: elements(x))
    return (sum[0], template.replacingElements(Array(sum[1...])))
  }

  /// The Hessian: shape [N, N], for the elements of a point in the order of `flattened`.
  ///
  /// - Parameter x: the point.
  /// - Throws: as `value(at:)`, or if the method is one without whole Hessians.
  public func hessian(at x: Point) throws(TensorError) -> Tensor<Point.Scalar> {
    let matrix = try matrix(at: elements(x))
    return Tensor(
      Node(.from(matrix.elements, scalarType: Point.Scalar.scalarType), shape: [matrix.rows, matrix.columns]))
  }

  /// The product of the Hessian with a direction, in the form of a point.
  ///
  /// - Parameters:
  ///   - x: the point.
  ///   - direction: of that form.
  /// - Throws: as `value(at:)`.
  public func product(at x: Point, along direction: Point) throws(TensorError) -> Point {
    template.replacingElements(try sum(.product(elements(direction)), at: elements(x)))
  }

  /// The value, the gradient in the form of a point, and the Hessian, shape [N, N].
  ///
  /// - Parameter x: the point.
  /// - Throws: as `hessian(at:)`.
  public func callAsFunction(
    _ x: Point
  ) throws(TensorError) -> (value: Double, gradient: Point, hessian: Tensor<Point.Scalar>) {
    let (value, slope) = try gradient(at: x)
    return (value, slope, try hessian(at: x))
  }

  /// Searches a local minimum from a start, by a trust-region Newton method within simple bounds.
  ///
  /// - Parameters:
  ///   - start: where the search begins.
  ///   - lowerBounds: the least value of each variable, in the form of the start; -∞ for none.
  ///   - upperBounds: the largest ones.
  ///   - onIterate: is told the start and every point that is accepted; what it throws ends the search.
  /// - Returns: the best point and why the search ended. A cancelled task ends it after the pass over the data at hand.
  /// - Throws: as the call of a `MinimizationPlan`.
  public func minimize(
    from start: Point, lowerBounds: Point? = nil, upperBounds: Point? = nil,
    onIterate: (MinimizationIterate<Point>) throws -> Void = { _ in }
  ) throws -> MinimizationResult<Point> {
    var search = Minimization(
      search: try ObjectivePlan.search(
        objective(), usesMatrix: searchMethod.usesMatrix, from: try elements(start),
        lower: try lowerBounds.map { try elements($0) }, upper: try upperBounds.map { try elements($0) },
        tolerance: tolerance, maximumIterations: maximumIterations, names: { template.variableNames }),
      template: template)
    while let iterate = try search.next() { try onIterate(iterate) }
    return try search.result()
  }

  // MARK: Sums

  /// What is added up.
  private enum Part {
    case value
    /// The value and the gradient.
    case gradient
    /// The columns of the lower triangle, one after another.
    case hessian
    case product([Double])

    func elements(_ function: Objective, at x: [Double]) throws(TensorError) -> [Double] {
      switch self {
      case .value: return [try function.value(x)]
      case .gradient: return [try function.value(x)] + (try function.gradient(x))
      case .product(let direction): return try function.product(x, direction)
      case .hessian:
        guard let matrix = try function.hessian(x).dense else { fatalError("whole Hessians of sums are dense") }
        let n = matrix.rows
        return (0..<n).flatMap { matrix.elements[($0 * n + $0)..<(($0 + 1) * n)] }
      }
    }
  }

  private var searchMethod: SearchMethod { method.resolved(count: template.parameterCount) }

  private func elements(_ x: Point) throws(TensorError) -> [Double] { try template.elements(of: x, "the point") }

  private func sum(_ part: Part, at x: [Double]) throws(TensorError) -> [Double] {
    let own = Result { () throws(TensorError) in
      var sum = PairwiseSum(count: pieceCount)
      for number in share.numbers(pieceCount) {
        sum.add(try part.elements(function(of: number), at: x), number: number)
      }
      return sum
    }
    return try share.total(own)
  }

  /// The function of a piece.
  private func function(of number: Int) throws(TensorError) -> Objective {
    let data = try pieces(number)
    let shapes = data.map(\.shape)
    if let known = programs[shapes] { return known.objective(data: data) }
    let variable = Node(.input([template.parameterCount], Point.Scalar.scalarType))
    let placeholders = data.map { Node(.input($0.shape, $0.scalarType)) }
    let program = try ObjectiveProgram(
      of: trace(variable, placeholders), in: variable, data: placeholders, method: searchMethod)
    if programs.count >= Self.programLimit { programs = [:] }
    programs[shapes] = program
    return program.objective(data: data)
  }

  private func matrix(at x: [Double]) throws(TensorError) -> DenseMatrix {
    guard searchMethod.usesMatrix else {
      throw TensorError(
        "SumPlan: a plan for Hessian products has no whole Hessian; make it with the method dense, or use product")
    }
    let packed = try sum(.hessian, at: x)
    let n = template.parameterCount
    var matrix = DenseMatrix(rows: n, columns: n)
    var place = 0
    for j in 0..<n {
      for i in j..<n {
        matrix[i, j] = packed[place]
        matrix[j, i] = packed[place]
        place += 1
      }
    }
    return matrix
  }

  /// The sum as a function of a search. A value is computed with its gradient, which is asked for next.
  private func objective() -> Objective {
    var last: (point: [Double], sum: [Double])?
    func valueAndGradient(_ x: [Double]) throws(TensorError) -> [Double] {
      if let last, last.point == x { return last.sum }
      let sum = try sum(.gradient, at: x)
      last = (x, sum)
      return sum
    }
    let factorizations = WorkCounter()
    let isSingle = Point.Scalar.scalarType == .float32
    return Objective(count: template.parameterCount, precision: isSingle ? Double(Float.ulpOfOne) : .ulpOfOne) {
      (x) throws(TensorError) in
      try valueAndGradient(x)[0]
    } gradient: { (x) throws(TensorError) in
      Array(try valueAndGradient(x)[1...])
    } hessian: { [self] (x) throws(TensorError) in
      .dense(try matrix(at: x), factorizations)
    } product: { [self] (x, v) throws(TensorError) in
      try sum(.product(v), at: x)
    }
  }
}

/// Which pieces of a sum are computed in this process, and how their sum becomes that of all.
public struct PieceShare {
  let numbers: (_ count: Int) -> Range<Int>
  let total: (Result<PairwiseSum, TensorError>) throws(TensorError) -> [Double]

  /// All of them.
  public init() {
    numbers = { 0..<$0 }
    total = { (own) throws(TensorError) in try own.get().total }
  }

  /// Some of them.
  ///
  /// - Parameters:
  ///   - numbers: which, of so many pieces.
  ///   - total: the sum of all for that of these, or for what went wrong here: the same in each process.
  public init(
    numbers: @escaping (_ count: Int) -> Range<Int>,
    total: @escaping (Result<PairwiseSum, TensorError>) throws(TensorError) -> [Double]
  ) {
    (self.numbers, self.total) = (numbers, total)
  }
}
