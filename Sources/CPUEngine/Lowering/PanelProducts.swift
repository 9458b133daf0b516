import TensorGraph

/// A product over a long sum with a matrix that is computed element by element: a weighted sum over samples. The matrix
/// is made some rows at a time, which are multiplied while they are in the cache, and never stands in memory as a whole.
struct PanelProduct {
  /// The item of the product.
  let product: Int
  /// The items that compute the matrix, operands first; the last one is the matrix.
  let members: [Int]
  /// Whether the matrix is the left operand (also if it is both).
  let isLeft: Bool

  var matrix: Int { members.last! }

  /// Rows of the matrix, that is terms of the sum, from which on it is worth it; and its bytes.
  private static let worthwhileRows = 2048
  private static let worthwhileBytes = 1 << 21
  /// How many parts of the sum are added up on their own.
  static let pieceCount = 4
  /// Elements of a fused tile: panels are whole tiles.
  static let tile = 256

  /// Elements of a panel, more or less: they should stay in a core's second-level cache.
  private static let panelElements = 1 << 17

  /// Rows of a panel with the given number of columns.
  static func rows(columns: Int) -> Int { max(tile, panelElements / max(columns, 1) / tile * tile) }

  /// The products of a graph that are computed so.
  ///
  /// - Parameter isTogether: whether an operand reaches its user in a group through a register.
  static func all(
    in graph: LoweredGraph, users: [[Int]], isOutput: [Bool], isTogether: (_ operand: Int, _ user: Int) -> Bool
  ) -> [PanelProduct] {
    graph.items.indices.compactMap { i in
      guard case .step(.matrixProduct(let product)) = graph.items[i].operation, product.batch.isEmpty,
        product.k >= worthwhileRows
      else { return nil }
      let type = graph.items[i].type
      let sides = [
        (0, product.a.rowStride, product.a.columnStride, product.m),
        (1, product.b.columnStride, product.b.rowStride, product.n),
      ]
      for (side, across, along, columns) in sides {
        let matrix = graph.items[i].operands[side]
        let layout = side == 0 ? product.a : product.b
        guard across == 1, along == columns, layout.offset == 0, columns > 1,
          graph.items[matrix].count == product.k * columns, graph.items[matrix].isFusible,
          graph.items[matrix].count * type.byteCount >= worthwhileBytes,
          product.m * product.n * pieceCount <= graph.items[matrix].count,
          graph.items[matrix].type == type, users[matrix] == [i], !isOutput[matrix]
        else { continue }
        return PanelProduct(
          product: i, members: members(matrix, graph, users, isOutput, isTogether), isLeft: side == 0)
      }
      return nil
    }
  }

  /// A matrix with everything that is computed for it alone.
  private static func members(
    _ matrix: Int, _ graph: LoweredGraph, _ users: [[Int]], _ isOutput: [Bool], _ isTogether: (Int, Int) -> Bool
  ) -> [Int] {
    var found: Set<Int> = [matrix]
    var pending = [matrix]
    while let item = pending.popLast() {
      for operand in graph.items[item].operands
      where !found.contains(operand) && !isOutput[operand] && isTogether(operand, item)
        && users[operand].allSatisfy(found.contains)
      {
        found.insert(operand)
        pending.append(operand)
      }
    }
    return found.sorted()
  }
}
