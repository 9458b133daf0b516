import Synchronization

/// How long values remember what they were made of.
///
/// A loop goes on from values that were computed before, so that what it has made so far would grow with every step. A
/// node that lies deep (`deepDepth`) and whose elements are known is therefore entered in a queue; when what the nodes of
/// the queue hold exceeds `byteLimit`, the first of them forget their operands. Derivatives in something that is older than
/// what was forgotten are refused (`HistoryPin`), never cut short.
package enum History {
  /// Nodes with a shorter way down to their leaves never forget.
  static let deepDepth = 256
  /// What the values of a loop and their history may hold, in bytes: some 170 000 operations, or values of that size.
  static let byteLimit = 1 << 26
  /// What a node takes, about.
  private static let bytesPerNode = 400

  private static let clock = Atomic<Int>(0)

  /// The time, which goes on with every deep node.
  static var now: Int { clock.load(ordering: .relaxed) }

  /// The time of a new deep node.
  static func tick() -> Int { clock.add(1, ordering: .relaxed).newValue }

  fileprivate struct Entry {
    weak var node: Node?
    var bytes: Int
    /// How many were noted before.
    var number: Int
  }

  fileprivate struct State {
    var queue: [Entry] = []
    /// Where the queue begins.
    var first = 0
    var bytes = 0
    var lastBirth = 0
    var forgotten = 0
    /// How many nodes were ever noted.
    var noted = 0
    /// The times in which nodes were made that are not forgotten: those between a variable and what is differentiated.
    var made = TimeSpans()
    /// For each walk that goes on now how many nodes were noted before: it stops at what was known when it began.
    var walks: [ObjectIdentifier: Int] = [:]

    /// Whether somebody may still walk through a node.
    func isPinned(_ node: Node, _ entry: Entry) -> Bool {
      made.contains(node.birth) || walks.values.contains { entry.number > $0 }
    }
  }

  fileprivate static let state = Mutex(State())

  /// How many nodes have forgotten what they were made of, ever.
  package static var forgottenCount: Int { state.withLock { $0.forgotten } }

  /// Notes that the elements of a node have become known: in time it may forget its operands.
  ///
  /// - Complexity: O(1) nodes, over time, times the number of walks that go on and the digits of a time.
  package static func noteKnown(_ node: Node) {
    guard node.depth >= deepDepth else { return }
    if node.isDetached {
      // `stopGradient = false` goes back to the operand, which has the same elements.
      guard let value = node.value, let operand = node.operands.first, operand.scalarType == node.scalarType else {
        return
      }
      operand.setValue(value)
      return noteKnown(operand)
    }
    // What is forgotten may be the last reference to a long history, which is released after the lock.
    var released: [[Node]] = []
    state.withLock { state in
      let made = max(0, node.birth - state.lastBirth)
      state.lastBirth = max(state.lastBirth, node.birth)
      state.noted += 1
      state.append(
        Entry(node: node, bytes: made * bytesPerNode + (node.value?.byteCount ?? 0), number: state.noted))
      var patience = min(8, state.queue.count - state.first)
      while state.bytes > byteLimit, patience > 0 {
        patience -= 1
        let entry = state.queue[state.first]
        state.removeFirst()
        guard let node = entry.node else { continue }
        if state.isPinned(node, entry) {
          state.append(entry)
        } else {
          released.append(node.forget())
          state.forgotten += 1
        }
      }
    }
  }

  fileprivate static func keep(_ span: Range<Int>) { state.withLock { $0.made.insert(span) } }

  fileprivate static func release(_ span: Range<Int>) { state.withLock { $0.made.remove(span) } }

  fileprivate static func beginWalk(_ id: ObjectIdentifier) { state.withLock { $0.walks[id] = $0.noted } }

  fileprivate static func endWalk(_ id: ObjectIdentifier) { state.withLock { $0.walks[id] = nil } }
}

extension History.State {
  fileprivate mutating func append(_ entry: History.Entry) {
    queue.append(entry)
    bytes += entry.bytes
  }

  fileprivate mutating func removeFirst() {
    bytes -= queue[first].bytes
    queue[first].node = nil
    first += 1
    guard first > 1024, 2 * first > queue.count else { return }
    queue.removeFirst(first)
    first = 0
  }
}

/// The operands of a deep node.
final class Past: Sendable {
  private let nodes: Mutex<[Node]>

  init(_ operands: [Node]) { nodes = Mutex(operands) }

  var operands: [Node] { nodes.withLock { $0 } }

  /// The operands, which are no longer here.
  func take() -> [Node] {
    nodes.withLock { nodes in
      defer { nodes = [] }
      return nodes
    }
  }

  /// Replaces the operands by others of the same types. Returns what was here.
  func forget() -> [Node] {
    nodes.withLock { nodes in
      let old = nodes
      nodes = old.map { operand in
        guard !operand.scalarType.isDifferentiable, let value = operand.value else {
          return Node(.input(operand.shape, operand.scalarType))
        }
        return Node(value, shape: operand.shape)
      }
      return old
    }
  }
}

/// What variables are older than: nodes outside of it depend on none of them.
package struct VariableFloor: Sendable {
  private var depth = Int.max
  fileprivate var birth = Int.max

  package init(_ variables: some Sequence<Node>) {
    for variable in variables {
      depth = min(depth, variable.depth)
      birth = min(birth, variable.birth)
    }
  }

  package init(_ variable: Node) { (depth, birth) = (variable.depth, variable.birth) }

  /// Whether a node may depend on a variable. It is deeper than what it depends on, and newer.
  package func isBelow(_ node: Node) -> Bool {
    node.depth > depth && (node.depth >= History.deepDepth ? node.birth > birth : node.birth >= birth)
  }
}

/// Keeps the history between some nodes and their variables for as long as it lives. Nodes that are not deep need none.
package final class HistoryPin: Sendable {
  /// When the nodes were made that are kept; nil for those that become known while a walk goes on.
  private let span: Range<Int>?

  /// For a walk from some nodes to what is known now.
  package static func keeping(unknown outputs: [Node]) -> HistoryPin? {
    outputs.contains { $0.depth >= History.deepDepth } ? HistoryPin(nil) : nil
  }

  /// For what lies between some nodes and variables.
  package static func keeping(_ outputs: [Node], from variables: [Node]) -> HistoryPin? {
    var newest: Int?
    for output in outputs where output.depth >= History.deepDepth { newest = max(newest ?? 0, output.birth) }
    // What is as old as a variable does not depend on it.
    return newest.map { HistoryPin(min(VariableFloor(variables).birth, $0) + 1..<$0 + 1) }
  }

  private init(_ span: Range<Int>?) {
    self.span = span
    if let span { History.keep(span) } else { History.beginWalk(ObjectIdentifier(self)) }
  }

  /// Refuses derivatives through what is forgotten already.
  package func check(_ outputs: [Node], in variables: [Node], _ operation: String) throws(TensorError) {
    guard History.forgottenCount > 0 else { return }
    let floor = VariableFloor(variables)
    let ends = Set(variables)
    let order = Node.topologicalOrder(
      outputs, entering: { floor.isBelow($0) && !$0.isDetached && !$0.isForgetful && !ends.contains($0) })
    guard order.contains(where: { $0.isForgetful && floor.isBelow($0) && !ends.contains($0) }) else { return }
    throw TensorError(
      "\(operation): between ys and xs lies a value that was read so many operations ago that it is no longer known what it "
        + "was made of. If xs should count only where it is used directly, go on from `detached()` values in the loop; "
        + "to differentiate through all steps of a loop, write it as scan or iterate")
  }

  deinit {
    if let span { History.release(span) } else { History.endWalk(ObjectIdentifier(self)) }
  }
}
