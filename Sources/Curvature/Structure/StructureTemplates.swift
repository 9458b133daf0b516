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

  private let templates = Mutex(TemplateCache<Key, StructureFacts>(limit: 16))
  /// The most indices that are kept in a key.
  private static let indexLimit = 1 << 20

  /// What is known of the derivative of one tensor in another; nothing yet where indices are many or not there.
  func facts(_ rows: UnitDirections, _ columns: UnitDirections, isSymmetric: Bool) -> StructureFacts {
    let outline = GraphOutline(of: rows.node, in: columns.node, countsKnown: false)
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
      outline: outline.structure, indices: indices, isSymmetric: isSymmetric,
      batchAxes: [rows.batchAxis, columns.batchAxis])
    return templates.withLock { templates in
      if let known = templates.find(key) { return known }
      let fresh = StructureFacts()
      templates.insert(fresh, key)
      return fresh
    }
  }
}
