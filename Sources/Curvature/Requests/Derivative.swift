import SparseStructure
import Synchronization
import TensorGraph

/// The derivative of one tensor in another, ∂y/∂x: what requests are made of, and where they are answered.
///
/// An answer is a program that is found by the structure of the graph between x and y, so that data do not matter; each
/// is looked for once.
package final class Derivative: Sendable {
  /// The elements of y are the rows, those of x the columns.
  let rows: UnitDirections
  let columns: UnitDirections
  let isSymmetric: Bool
  private let cache: DerivativeCache

  private struct State {
    var outline: GraphOutline?
    var tables: [[Int64]]??
    var programs: [DerivativeRequest: DerivativeProgram] = [:]
    var bound: [DerivativeRequest: BoundProgram] = [:]
    var facts: StructureFacts?
    var localPattern: SparsityPattern?
    var largestNode: Int?
  }

  private let state = Mutex(State())
  /// Programs are made of the graph when they are asked for.
  private let history: HistoryPin?

  /// - Parameters:
  ///   - rows: what is differentiated: for a Hessian the gradient.
  ///   - columns: the variable.
  ///   - coloring: how the matrix is read from products, if that is known already.
  init(
    of rows: UnitDirections, in columns: UnitDirections, isSymmetric: Bool, coloring: Coloring? = nil,
    cache: DerivativeCache = .shared
  ) {
    self.rows = rows
    self.columns = columns
    self.isSymmetric = isSymmetric
    self.cache = cache
    history = HistoryPin.keeping([rows.node], from: [columns.node])
    guard let coloring else { return }
    let facts = StructureFacts()
    facts.coloring = coloring
    facts.pattern = coloring.pattern
    state.withLock {
      $0.facts = facts
      $0.tables = .some(nil)
    }
  }

  /// The derivative of one node in another, without a batch.
  package convenience init(
    of output: Node, in variable: Node, isSymmetric: Bool = false, coloring: Coloring? = nil,
    cache: DerivativeCache = .shared
  ) {
    self.init(
      of: UnitDirections(node: output, batchAxis: nil), in: UnitDirections(node: variable, batchAxis: nil),
      isSymmetric: isSymmetric, coloring: coloring, cache: cache)
  }

  // MARK: Keys

  /// The graph between columns and rows, by which what was made for others of its structure is found.
  private var outline: GraphOutline {
    if let known = state.withLock({ $0.outline }) { return known }
    let outline = GraphOutline(of: rows.node, in: columns.node, countsKnown: false)
    state.withLock { $0.outline = outline }
    return outline
  }

  /// The graph by which the program of a request is found: what is repeated at a point uses what is known there.
  private func outline(for request: DerivativeRequest) -> GraphOutline {
    request.isRepeated ? GraphOutline(of: rows.node, in: columns.node, countsKnown: true) : outline
  }

  /// The nodes by which programs are found.
  package var nodeCount: Int { outline.nodes.count }

  /// The most whole numbers that are kept in a key.
  private static let tableLimit = 1 << 20

  /// The elements of indices and masks, which decide what depends on what, as real data do not; nil where they are many,
  /// not there, or where data were computed and may have zeros that follow from masks.
  private var tables: [[Int64]]? {
    if let known = state.withLock({ $0.tables }) { return known }
    let found = Self.tables(outline)
    state.withLock { $0.tables = .some(found) }
    return found
  }

  private static func tables(_ outline: GraphOutline) -> [[Int64]]? {
    var tables: [[Int64]] = []
    var room = tableLimit
    for leaf in outline.leaves.dropFirst() {
      let node = outline.nodes[leaf]
      if node.scalarType.isDifferentiable {
        guard node.isInput else { return nil }
        continue
      }
      guard let value = node.value, value.count <= room else { return nil }
      room -= value.count
      tables.append((0..<value.count).map { Int64(value.literal(at: $0).double) })
    }
    return tables
  }

  private func key(_ request: DerivativeRequest, _ outline: GraphOutline, _ tables: [[Int64]]) -> DerivativeCache.Key {
    DerivativeCache.Key(
      structure: outline.structure, tables: tables, isSymmetric: isSymmetric,
      batchAxes: [rows.batchAxis, columns.batchAxis], request: request)
  }

  // MARK: Answers

  /// What has been found out about where entries can be other than zero: that of all matrices of one structure.
  var facts: StructureFacts {
    if let known = state.withLock({ $0.facts }) { return known }
    var found = StructureFacts()
    if let tables, let shared = try? cache.answer(key(.structure, outline, tables), orMake: { StructureFacts() }) {
      found = shared
    }
    return state.withLock { state in
      state.facts = state.facts ?? found
      return state.facts!
    }
  }

  /// The program of a request.
  ///
  /// - Parameter effort: how much planning it is worth; a program that took more serves those as well who want less.
  func program(_ request: DerivativeRequest, effort: PlanningEffort = .once) throws(TensorError) -> DerivativeProgram {
    func isGood(_ program: DerivativeProgram) -> Bool { program.effort.serves(effort) }
    if let known = state.withLock({ $0.programs[request] }), isGood(known) { return known }
    let outline = outline(for: request)
    let program = try program(request, outline, effort, isGood)
    // What is repeated is kept when it is bound: its structure is that of what is known now.
    if !request.isRepeated { state.withLock { $0.programs[request] = program } }
    return program
  }

  private func program(
    _ request: DerivativeRequest, _ outline: GraphOutline, _ effort: PlanningEffort,
    _ isGood: (DerivativeProgram) -> Bool
  ) throws(TensorError) -> DerivativeProgram {
    var keyTables: [[Int64]]? = []
    if case .nonzeros = request { keyTables = tables }
    guard outline.nodes.count <= DerivativeCache.nodeLimit, let keyTables else {
      return try DerivativeProgram(request, outline, outline.shared(), self, effort)
    }
    return try cache.answer(key(request, outline, keyTables), if: isGood) { () throws(TensorError) in
      try DerivativeProgram(request, outline, outline.copied(keepingTables: !keyTables.isEmpty), self, effort)
    }
  }

  /// A program with the elements at this point.
  func bound(_ request: DerivativeRequest) throws(TensorError) -> BoundProgram {
    if let known = state.withLock({ $0.bound[request] }) { return known }
    let outline = outline(for: request)
    let program = try program(request, outline, .once, { _ in true })
    let bound = try program.bound(to: outline)
    state.withLock { state in
      if state.bound.count > 4 { state.bound.removeAll() }
      state.bound[request] = bound
    }
    return bound
  }

  /// The elements that a request asks for which takes no arguments; nil if dense directions are as good.
  func elements(_ request: DerivativeRequest) throws(TensorError) -> Storage? {
    let program = try program(request)
    guard program.isWorthwhile else { return nil }
    return try program.bound(to: outline)()
  }

  /// What a request asks for as an expression of this graph's own nodes; nil if dense directions are as good.
  package func expression(_ request: DerivativeRequest, effort: PlanningEffort) throws(TensorError) -> Node? {
    try program(request, effort: effort).expression(over: outline)
  }

  /// How many directions to push at once, so that the tangents stay within a memory budget.
  var chunkSize: Int {
    let known = state.withLock { $0.largestNode }
    let largest = known ?? countLargestNode()
    if known == nil { state.withLock { $0.largestNode = largest } }
    return max(1, Self.chunkByteBudget / (largest * rows.node.scalarType.byteCount))
  }

  /// The elements of the largest node between x and y. Only what depends on x has tangents: a large constant does not
  /// count.
  private func countLargestNode() -> Int {
    let variable = columns.node
    var dependents: Set<Node> = [variable]
    var largest = max(1, variable.shape.count, rows.node.shape.count)
    for node in Node.topologicalOrder([rows.node], entering: VariableFloor(variable).isBelow)
    where node.operands.contains(where: dependents.contains) {
      dependents.insert(node)
      largest = max(largest, node.shape.count)
    }
    return largest
  }

  /// Bytes that the largest tangent of a chunk may have.
  static let chunkByteBudget = 32 << 20

  /// The pattern at the point at which the tensors stand, once it was found.
  var localPattern: SparsityPattern? {
    get { state.withLock { $0.localPattern } }
    set { state.withLock { $0.localPattern = newValue } }
  }
}
