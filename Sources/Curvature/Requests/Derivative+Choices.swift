import SparseStructure
import TensorGraph

// How requests are answered: the one place where ways are compared, by what they are expected to cost.

extension Derivative {
  /// The expected cost of some products.
  func productCost(_ count: Int) -> Cost {
    denseDirectionsCost(of: rows.node, variable: columns.node, directions: max(count, 1), model: .default)
  }

  /// The expected cost of putting entries in their places.
  static func placingCost(_ count: Int) -> Cost { CostModel.default.gather(Double(count)) }

  /// What the delta calculus is asked for the whole; nil if it has no word for it.
  var wholeRequest: DerivativeRequest? {
    switch (rows.batchAxis, columns.batchAxis) {
    case (nil, nil): .part(.matrix)
    case (let row?, let column?): row == column ? .part(.batched(axis: row)) : nil
    case (nil, _), (_, nil): nil
    }
  }

  /// Likewise for the diagonal.
  var diagonalRequest: DerivativeRequest? {
    let isSquare = rows.batchAxis == nil && columns.batchAxis == nil && rows.sliceShape == columns.sliceShape
    return isSquare && rows.count > 1 ? .part(.diagonal) : nil
  }

  /// The expected cost of the whole without its sparsity.
  private func wholeCost(_ effort: PlanningEffort) throws(TensorError) -> Cost {
    if let wholeRequest, case let program = try program(wholeRequest, effort: effort), program.isWorthwhile {
      return program.cost
    }
    return productCost(min(rows.count, columns.count))
  }

  /// Whether the delta calculus has a plan for a part.
  func hasPlan(for request: DerivativeRequest?) throws(TensorError) -> Bool {
    guard let request else { return false }
    return try program(request).isWorthwhile
  }

  /// Whether the whole by its terms is expected to cost less than some products, those included that lines have taken
  /// before: whoever reads line by line pays for the whole at most twice.
  ///
  /// Weighed whenever the products have doubled, and not before they cost as much as a small plan.
  package func isWholeWorthwhile(insteadOf count: Int, spent: Int) throws(TensorError) -> Bool {
    guard let wholeRequest, rows.count > 1, columns.count > 1 else { return false }
    let isAll = spent == 0 && count >= min(rows.count, columns.count)
    if isAll { return try program(wholeRequest).isWorthwhile }
    let products = count + spent
    guard products >= 8, products.leadingZeroBitCount < spent.leadingZeroBitCount,
      productCost(products).nanoseconds > Self.leastPlanningTime
    else { return false }
    return isCheaper(try program(wholeRequest), thanProducts: products)
  }

  /// Whether a program is expected to cost less than some products.
  private func isCheaper(_ program: DerivativeProgram, thanProducts products: Int) -> Bool {
    program.isWorthwhile && program.cost < productCost(products)
  }

  /// The diagonal as an expression, for plans, if it is expected to cost less than a few products; nil otherwise.
  func diagonal(cheaperThan products: Int) throws(TensorError) -> Node? {
    guard let diagonalRequest else { return nil }
    guard isCheaper(try program(diagonalRequest, effort: .often), thanProducts: products) else { return nil }
    return try expression(diagonalRequest, effort: .often)
  }

  /// Nanoseconds of products below which nobody asks for a plan.
  private static var leastPlanningTime: Double {
    CostModel.default.planningUnit * Double(PlanningEffort.leastUnits)
  }

  /// Whether a single entry is expected to be cheaper than a line: short lines are as cheap.
  var isEntryWorthwhile: Bool { columns.count >= 4096 }

  /// How the non-zeros are computed at the least expected cost. Takes a search for structure.
  ///
  /// - Parameters:
  ///   - triangle: the part that is wanted.
  ///   - effort: for a plan the structure is wanted whatever it is; a matrix that is read once stays dense where looking
  ///     further would cost more than it saves.
  func cheapestMethod(
    of triangle: StoredTriangle = .both, _ effort: PlanningEffort
  ) throws(TensorError) -> EvaluationMethod {
    let lines = min(rows.count, columns.count)
    let isPlan = effort == .often
    if !isPlan {
      guard lines > 1, try pattern(below: Self.largestDensity) != nil else { return .dense }
    }
    let pattern = try pattern()
    func isCheaper(_ terms: DerivativeProgram, than colors: Int) -> Bool {
      terms.isWorthwhile && terms.cost < productCost(colors) + Self.placingCost(pattern.nonzeroCount)
    }
    // Whatever the colouring is, where that takes longer to find than terms.
    let precedesColoring = !isColoringKnown && (isPlan || facts.pairCount(of: pattern) > Self.largestColoring)
    let terms = precedesColoring ? try program(.nonzeros(.terms, triangle), effort: effort) : nil
    if let terms, isCheaper(terms, than: leastColorCount(pattern)) { return .terms }
    let colors = try coloring().colorCount
    if !isPlan, colors >= lines { return .dense }
    if isCheaper(try terms ?? program(.nonzeros(.terms, triangle), effort: effort), than: colors) { return .terms }
    let groups = productCost(colors) + Self.placingCost(pattern.nonzeroCount)
    // Groups win clearly; or the whole matrix would be much larger than its non-zeros.
    if colors <= (isPlan ? 2 : 8) || colors * 16 <= lines { return .colors }
    let size = rows.count.multipliedClamping(by: columns.count).multipliedClamping(by: rows.batchCount)
    if size.multipliedClamping(by: rows.node.scalarType.byteCount) > MemoryBudget.bytes / 16 { return .colors }
    return try wholeCost(effort) < groups ? .dense : .colors
  }

  /// Pairs of entries in a row, of which a colouring looks at each, that are as much work as a large plan.
  private static let largestColoring = PlanningEffort.mostUnits

  /// As many products as entries need at least.
  private func leastColorCount(_ pattern: SparsityPattern) -> Int {
    let distinct = isSymmetric ? (pattern.nonzeroCount + 1) / 2 : pattern.nonzeroCount
    return max(1, distinct / max(pattern.rowCount, pattern.columnCount, 1))
  }

  /// Whether all non-zeros by their terms are expected to cost less than the products of some groups.
  func areTermsWorthwhile(insteadOf colors: Int) throws(TensorError) -> Bool {
    try program(.nonzeros(.terms, .both)).cost < productCost(colors)
  }

  /// The share of entries above which a matrix is not worth being sparse.
  private static let largestDensity = 0.5

  /// Whether products for so many lines are expected to take much longer than the search for structure.
  func isSearchWorthwhile(lines: Int) throws(TensorError) -> Bool {
    if lines == min(rows.count, columns.count), try hasPlan(for: wholeRequest) { return false }
    // Nanoseconds, as measured: sets for the elements of each node, and a colouring.
    var search = 150 * Double(columns.node.shape.count)
    for node in Node.topologicalOrder([rows.node], entering: VariableFloor(columns.node).isBelow) {
      search += 3000 + 8 * Double(node.shape.count)
    }
    return productCost(lines).nanoseconds > 2 * search
  }
}
