import TensorGraph

/// A graph in the terms of the engine: what fuses, what only moves, what is a step of its own.
///
/// Reshapes have disappeared (flat positions do not change), movement is in the accesses of operands, reductions have
/// three axes, products without summed labels are element by element.
struct LoweredGraph {
  enum Operation: Hashable {
    /// Elements from outside.
    case argument(Int)
    /// A single element that comes at run time.
    case literal(Int)
    /// Element t is (t / stride) % extent.
    case iota(stride: Int, extent: Int)
    case function(ScalarFunction)
    case compare(Comparison)
    case logical(LogicalFunction)
    case select
    case cast
    /// Elements of the operand, elsewhere.
    case view(Access)
    /// The middle of three axes is reduced.
    case reduce(Reduction, ReductionShape)
    /// Something that needs its operands in memory.
    case step(Step)
  }

  /// The sizes before, along and after what is reduced.
  struct ReductionShape: Hashable {
    var outer: Int
    var rows: Int
    var columns: Int
  }

  /// A step that is not a fused group. Its operands are consecutive elements from the given offsets on.
  enum Step: Hashable {
    case gather(LineShape, axis: Int, count: Int, offsets: [Int])
    /// Operands: what is added, then the indices. Values of one line may come in runs, each an operand of its own.
    case scatterAdd(LineShape, axis: Int, count: Int, runs: [Run], first: Int)
    case cumulativeSum(LineShape, reversed: Bool, offset: Int)
    case argsort(LineShape, offset: Int)
    /// Operand n is the item of part n.
    case boxes(PlacedBoxes)
    case integerProduct(IntegerProduct)
    case matrixProduct(MatrixProduct)
    /// The operands are consecutive from the given offsets on.
    case special(SpecialFunction, offsets: [Int])
    /// L and U of general matrices, and which rows were exchanged.
    case eliminated(MatrixBatch, offset: Int)
    /// Operands: right-hand sides, and the matrix or its elimination.
    case solve(MatrixForm, MatrixBatch, offsets: [Int])
    /// Operands: right-hand sides, and the entries of the matrix.
    case sparseSolve(SparseSystem, columns: Int, offsets: [Int])
    /// The operand is a matrix, or its elimination for the determinant.
    case matrix(MatrixFunction, MatrixBatch, offset: Int)
    /// Operands as those of a scan.
    case recurrence(Recurrence, offsets: [Int])
  }

  /// Elements one after another, from an offset on.
  struct Run: Hashable {
    var offset: Int
    var count: Int
  }

  /// Matrices one after another. Of right-hand sides, `columns` counts those.
  struct MatrixBatch: Hashable {
    var count: Int
    var rows: Int
    var columns: Int
  }

  struct LineShape: Hashable {
    var outer: Int
    var extent: Int
    var inner: Int
  }

  struct Item {
    var operation: Operation
    var operands: [Int]
    /// The number of elements.
    var count: Int
    var type: ScalarType

    /// Whether the elements are computed one by one in a group.
    var isFusible: Bool {
      switch operation {
      case .iota, .function, .compare, .logical, .select, .cast: true
      case .argument, .literal, .view, .reduce, .step: false
      }
    }

    /// Whether the elements are there before the program starts.
    var isGiven: Bool {
      switch operation {
      case .argument, .literal: true
      case .iota, .function, .compare, .logical, .select, .cast, .view, .reduce, .step: false
      }
    }
  }

  /// Operands before their users.
  private(set) var items: [Item] = []
  /// One item for each hash value.
  private var known: [Int: Int] = [:]
  /// The items that are wanted; each once, none of them given.
  var outputs: [Int] = []
  /// The number of arguments and literals.
  var argumentCount = 0
  var literals: [LiteralSource] = []

  /// Where a literal's value comes from.
  enum LiteralSource {
    /// The n-th constant of the graph.
    case graph(Int, ScalarType)
    /// The engine itself.
    case fixed(Literal, ScalarType)

    var scalarType: ScalarType {
      switch self {
      case .graph(_, let type), .fixed(_, let type): type
      }
    }

    /// Whether both are the engine's, of the same bits.
    func isSame(as other: LiteralSource) -> Bool {
      guard case .fixed(let a, let type) = self, case .fixed(let b, type) = other else { return false }
      return switch (a, b) {
      case (.real(let a), .real(let b)): a.bitPattern == b.bitPattern
      case (.integer(let a), .integer(let b)): a == b
      case (.real, .integer), (.integer, .real): false
      }
    }
  }

  /// The item of an operation: one that is there already, unless it is to be new.
  mutating func append(
    _ operation: Operation, _ operands: [Int], count: Int, type: ScalarType, isNew: Bool = false
  ) -> Int {
    guard !isNew else {
      items.append(Item(operation: operation, operands: operands, count: count, type: type))
      return items.count - 1
    }
    var hasher = Hasher()
    hasher.combine(operation)
    hasher.combine(operands)
    hasher.combine(count)
    hasher.combine(type)
    let hash = hasher.finalize()
    if let i = known[hash], items[i].operation == operation, items[i].operands == operands, items[i].count == count,
      items[i].type == type
    {
      return i
    }
    items.append(Item(operation: operation, operands: operands, count: count, type: type))
    known[hash] = items.count - 1
    return items.count - 1
  }
}
