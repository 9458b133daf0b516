import SparseStructure
import Synchronization
import TensorGraph

/// What has been found out about where a derivative can have entries other than zero, at every point.
final class StructureFacts: Sendable {
  private struct State {
    var pattern: SparsityPattern?
    var coloring: Coloring?
    /// How many entries may be different from zero, if that has been counted.
    var nonzeroCount: Int?
  }

  private let state = Mutex(State())

  var pattern: SparsityPattern? {
    get { state.withLock { $0.pattern } }
    set { state.withLock { $0.pattern = newValue } }
  }

  /// The groups of columns and rows from whose products the matrix is read.
  var coloring: Coloring? {
    get { state.withLock { $0.coloring } }
    set { state.withLock { $0.coloring = newValue } }
  }

  var nonzeroCount: Int? {
    get { state.withLock { $0.nonzeroCount } }
    set { state.withLock { $0.nonzeroCount = newValue } }
  }
}

/// The structure of derivatives, reused by the structure of graphs: whoever builds the same expression again, at another
/// point or with other real data, finds pattern and colouring.
final class StructureTemplates: Sendable {
  static let shared = StructureTemplates()

  private struct Key: Hashable {
    let outline: GraphOutline.Structure
    /// The elements of indices and masks, which decide what depends on what; real numbers do not.
    let indices: [[Int64]]
    let isSymmetric: Bool
    let batchAxes: [Int?]
  }

  private struct State {
    var entries: [Key: (facts: StructureFacts, lastUse: Int)] = [:]
    var clock = 0

    /// Forgets what was not used for longest while there is more than the limits allow.
    mutating func trim(keeping key: Key) {
      func isOver() -> Bool {
        entries.count > countLimit
          || entries.values.reduce(0) { $0 + ($1.facts.pattern?.nonzeroCount ?? 0) } > nonzeroLimit
      }
      while isOver(), let oldest = entries.filter({ $0.key != key }).min(by: { $0.value.lastUse < $1.value.lastUse }) {
        entries[oldest.key] = nil
      }
    }
  }

  private let state = Mutex(State())
  /// The most structures that are kept, and the most entries of all their patterns: some hundred megabytes.
  private static let (countLimit, nonzeroLimit) = (16, 1 << 23)
  /// The most indices that are kept in a key.
  private static let indexLimit = 1 << 20

  /// What is known of the derivative of one tensor in another; nothing yet where indices are many or not there.
  ///
  /// - Parameter batchAxes: of the rows and of the columns.
  func facts(_ outline: GraphOutline, isSymmetric: Bool, batchAxes: [Int?]) -> StructureFacts {
    var indices: [[Int64]] = []
    var room = Self.indexLimit
    for leaf in outline.leaves.dropFirst() {
      let node = outline.nodes[leaf]
      if node.scalarType.isDifferentiable {
        // Data may be anything; what has been computed may have zeros that follow from masks.
        guard node.isInput else { return StructureFacts() }
        continue
      }
      let count = node.shape.count
      guard let value = node.value, count <= room else { return StructureFacts() }
      room -= count
      indices.append((0..<count).map { Int64(value.literal(at: $0).double) })
    }
    let key = Key(
      outline: outline.structure, indices: indices, isSymmetric: isSymmetric, batchAxes: batchAxes)
    return state.withLock { state in
      state.clock += 1
      let facts = state.entries[key]?.facts ?? StructureFacts()
      state.entries[key] = (facts, state.clock)
      state.trim(keeping: key)
      return facts
    }
  }
}
