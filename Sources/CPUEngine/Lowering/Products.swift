import TensorGraph

/// A product of whole numbers or of matrices that are too odd for BLAS: plain loops over strides.
struct IntegerProduct: Hashable {
  /// The extents of the output's labels, then of the summed ones; with the strides of both operands.
  var extents: [Int]
  var leftStrides: [Int]
  var rightStrides: [Int]
  var leftOffset: Int
  var rightOffset: Int
  var summed: Int
}

/// Products of matrices, one for every index of the batch: c = a b, with a of m x k, b of k x n elements.
struct MatrixProduct: Hashable {
  /// A matrix in a buffer, in elements.
  struct Layout: Hashable {
    var offset: Int
    var rowStride: Int
    var columnStride: Int
    /// Per axis of the batch.
    var batchStrides: [Int]
  }

  var batch: [Int]
  var m: Int
  var n: Int
  var k: Int
  var a: Layout
  var b: Layout
  /// Whether b is the transpose of a, so that c is symmetric.
  var isSymmetric: Bool
}

extension GraphLowering {
  /// Lowers a contraction: to multiplication where nothing is summed, to multiplication and a sum where no operand has
  /// an axis of its own, and to products of matrices else.
  mutating func product(
    _ contraction: Contraction, _ operands: [Int], _ shape: Shape, _ type: ScalarType
  ) -> Handle {
    let (leftShape, rightShape) = (shapes[operands[0]], shapes[operands[1]])
    // Axes of one place are left out below, and with them that nothing lies there.
    func elements(_ operand: Int) -> Handle {
      let found = self.handle(operand)
      return found.access.axes.contains { $0.valid == 0 } ? zeros(shapes[operand], type) : found
    }
    let (left, right) = (elements(operands[0]), elements(operands[1]))
    let extents = contraction.extents(leftShape, rightShape)
    let summed = contraction.summed.filter { extents[$0] != 1 }
    guard summed.allSatisfy({ extents[$0]! > 0 }) else { return zeros(shape, type) }
    let own = [Set(contraction.left), Set(contraction.right)]
    let kept = contraction.output.filter { extents[$0] != 1 }
    let batch = kept.filter { own[0].contains($0) && own[1].contains($0) }
    let rows = kept.filter { !own[1].contains($0) }
    let columns = kept.filter { !own[0].contains($0) }
    func axes(_ handle: Handle, _ labels: [Int], _ wanted: [Int]) -> Access {
      Access(
        offset: handle.access.offset,
        axes: wanted.map { label in
          labels.firstIndex(of: label).map { handle.access.axes[$0] }
            ?? Access.Axis(extent: extents[label]!, stride: 0)
        })
    }
    func size(_ labels: [Int]) -> Int { labels.reduce(1) { $0 * extents[$1]! } }

    let work = size(rows) * size(columns) * size(summed)
    let isTiny = work <= (rows.isEmpty || columns.isEmpty ? 64 : 16) && size(batch) >= 4
    if summed.isEmpty || (rows.isEmpty && columns.isEmpty) || (isTiny && type.isDifferentiable) {
      let labels = kept + summed
      let space = Shape(labels.map { extents[$0]! })
      let factors = [
        flat(Handle(item: left.item, access: axes(left, contraction.left, labels), type: type)),
        flat(Handle(item: right.item, access: axes(right, contraction.right, labels), type: type)),
      ]
      let product = whole(.function(.multiply), factors, space, type)
      let sum = reduce(.sum, product.item, space.dimensions, Set(kept.count..<labels.count), type)
      return Handle(item: sum, access: Access(shape), type: type)
    }
    guard type.isDifferentiable else {
      let labels = kept + summed
      let (a, b) = (unmaskedMatrix(left), unmaskedMatrix(right))
      let (leftAccess, rightAccess) = (axes(a, contraction.left, labels), axes(b, contraction.right, labels))
      let product = IntegerProduct(
        extents: labels.map { extents[$0]! }, leftStrides: leftAccess.axes.map(\.stride),
        rightStrides: rightAccess.axes.map(\.stride), leftOffset: leftAccess.offset, rightOffset: rightAccess.offset,
        summed: summed.count)
      return whole(.step(.integerProduct(product)), [a.item, b.item], shape, type)
    }

    // The rows of the result are the labels that come first in it.
    let swaps = rows.isEmpty || (!columns.isEmpty && kept.firstIndex(of: columns[0])! < kept.firstIndex(of: rows[0])!)
    let (first, firstLabels, second, secondLabels) =
      swaps
      ? (right, contraction.right, left, contraction.left) : (left, contraction.left, right, contraction.right)
    let (m, n) = swaps ? (columns, rows) : (rows, columns)
    let isSymmetric =
      batch.isEmpty && first.item == second.item && first.access == second.access && m.count == n.count
      && zip(firstLabels, secondLabels).allSatisfy { $0 == $1 || m.firstIndex(of: $0) == n.firstIndex(of: $1) }
      && zip(firstLabels, secondLabels).allSatisfy { m.contains($0) == n.contains($1) }
    let (aItem, a) = matrix(first, axes(first, firstLabels, batch + m + summed), batch.count, m.count)
    let (bItem, b) = matrix(second, axes(second, secondLabels, batch + summed + n), batch.count, summed.count)
    let product = MatrixProduct(
      batch: batch.map { extents[$0]! }, m: size(m), n: size(n), k: size(summed), a: a, b: b,
      isSymmetric: isSymmetric)
    let order = batch + m + n
    let result = whole(.step(.matrixProduct(product)), [aItem, bItem], Shape(order.map { extents[$0]! }), type)
    guard order != kept else { return Handle(item: result.item, access: Access(shape), type: type) }
    var handle = result
    handle.access.axes = contraction.output.map { label in
      order.firstIndex(of: label).map { result.access.axes[$0] } ?? Access.Axis(extent: 1, stride: 0)
    }
    return handle
  }

  /// An operand of batch, row and column axes as matrices that BLAS can read; packed if it cannot as it lies.
  private mutating func matrix(
    _ handle: Handle, _ access: Access, _ batch: Int, _ rows: Int
  ) -> (item: Int, layout: MatrixProduct.Layout) {
    if let layout = Self.layout(access, batch, rows) { return (handle.item, layout) }
    let packed = flat(Handle(item: handle.item, access: access, type: handle.type))
    let shape = Shape(access.axes.map(\.extent))
    return (packed, Self.layout(Access(shape), batch, rows)!)
  }

  /// The strides of the rows and columns, if each group of axes is one axis and one of the two strides is 1.
  private static func layout(_ access: Access, _ batch: Int, _ rows: Int) -> MatrixProduct.Layout? {
    guard !access.isMasked else { return nil }
    let rowAxes = Access(offset: 0, axes: Array(access.axes[batch..<(batch + rows)])).simplified.axes
    let columnAxes = Access(offset: 0, axes: Array(access.axes[(batch + rows)...])).simplified.axes
    guard rowAxes.count <= 1, columnAxes.count <= 1 else { return nil }
    let (m, k) = (rowAxes.first?.extent ?? 1, columnAxes.first?.extent ?? 1)
    var (rowStride, columnStride) = (rowAxes.first?.stride ?? 1, columnAxes.first?.stride ?? 1)
    if m == 1 { rowStride = columnStride == 1 ? k : 1 }
    if k == 1 { columnStride = rowStride == 1 ? m : 1 }
    guard (columnStride == 1 && rowStride >= k) || (rowStride == 1 && columnStride >= m),
      max(rowStride, columnStride) < Int32.max, max(m, k) < Int32.max
    else { return nil }
    return MatrixProduct.Layout(
      offset: access.offset, rowStride: rowStride, columnStride: columnStride,
      batchStrides: access.axes[..<batch].map(\.stride))
  }

  private mutating func unmaskedMatrix(_ handle: Handle) -> Handle {
    guard handle.access.isMasked else { return handle }
    let shape = Shape(handle.access.axes.map(\.extent))
    return Handle(item: flat(handle), access: Access(shape), type: handle.type)
  }
}
