import CKernels
import Foundation
import TensorGraph

#if canImport(COpenBLAS)
  import COpenBLAS
#elseif canImport(Accelerate)
  import Accelerate
#endif

/// Evaluation node by node over whole buffers, without fusion.
enum DirectEvaluation {
  static func value(of node: Node, _ operands: [Storage]) throws(TensorError) -> Storage {
    let result = try allocate(node.shape.count, node.scalarType)
    guard node.shape.count > 0 else { return result }
    let shapes = node.operands.map(\.shape)
    switch node.primitive {
    case .input: throw TensorError("evaluate: an input of shape \(node.shape) has no elements; give it a value")
    case .fill(_, let literal, let type):
      repeatLiteral(literal, type, result)
    case .iota(let shape, let axis, let type):
      try emit(result, Family(type)) { out, tile in
        var pattern = ck_iota(tile: tile, stride: Int64(shape.strides[axis]), extent: Int64(shape[axis]))
        Kernels.shared.iota(Family(type))(out, &pattern, nil, nil, Int64(result.count))
      }
    case .elementwise(let function):
      let family = Family(node.scalarType)
      guard let kernel = Kernels.shared.function(function, family) else {
        throw TensorError("\(function.rawValue): not defined for \(node.scalarType.rawValue)")
      }
      try apply(kernel, operands, family, to: result)
    case .compare(let comparison):
      let family = Family(node.operands[0].scalarType)
      try apply(Kernels.shared.compare(comparison, family), operands, family, to: result)
    case .logical(let function):
      try apply(Kernels.shared.logical(function, .integer), operands, .integer, to: result)
    case .select:
      let family = Family(node.scalarType)
      try apply(Kernels.shared.select(family), operands, family, to: result)
    case .cast(let type):
      try cast(operands[0], type, to: result)
    case .detach, .reshape:
      result.base.copyMemory(from: operands[0].base, byteCount: result.count * result.scalarType.byteCount)
    case .broadcast(let shape, let axes):
      var strides = [Int](repeating: 0, count: shape.rank)
      for (i, axis) in axes.enumerated() where shapes[0][i] != 1 { strides[axis] = shapes[0].strides[i] }
      copy(to: result, shape.strides, from: operands[0], strides, offset: 0, shape)
    case .permute(let order):
      copy(
        to: result, node.shape.strides, from: operands[0], order.map { shapes[0].strides[$0] }, offset: 0, node.shape)
    case .slice(let slices):
      let strides = zip(slices, shapes[0].strides).map { $0.step * $1 }
      let offset = zip(slices, shapes[0].strides).reduce(0) { $0 + $1.0.start * $1.1 }
      copy(to: result, node.shape.strides, from: operands[0], strides, offset: offset, node.shape)
    case .embed(let shape, let slices):
      memset(result.base, 0, result.count * result.scalarType.byteCount)
      guard shapes[0].count > 0 else { break }
      let strides = zip(slices, shape.strides).map { $0.step * $1 }
      let offset = zip(slices, shape.strides).reduce(0) { $0 + $1.0.start * $1.1 }
      copy(to: result, strides, toOffset: offset, from: operands[0], shapes[0].strides, offset: 0, shapes[0])
    case .concatenate(let axis):
      var start = 0
      for (operand, shape) in zip(operands, shapes) {
        if shape.count > 0 {
          copy(
            to: result, node.shape.strides, toOffset: start * node.shape.strides[axis], from: operand, shape.strides,
            offset: 0, shape)
        }
        start += shape[axis]
      }
    case .gather(let axis):
      let (outer, extent, inner) = split(shapes[0], axis)
      let failed = ck_gather(
        result.base, operands[0].base, operands[1].base.assumingMemoryBound(to: Int64.self), Int64(outer),
        Int64(shapes[1].count), Int64(extent), Int64(inner), Int64(result.scalarType.byteCount))
      try check("gather", failed, operands[1], extent)
    case .scatterAdd(let axis, let extent):
      let (outer, _, inner) = split(node.shape, axis)
      let failed = ck_scatter_add(
        result.base, operands[0].base, operands[1].base.assumingMemoryBound(to: Int64.self), Int64(outer),
        Int64(shapes[1].count), Int64(extent), Int64(inner), result.scalarType.ckType)
      try check("scatterAdd", failed, operands[1], extent)
    case .sum(let axes): try reduce(.sum, operands[0], shapes[0], axes, to: result)
    case .maximum(let axes): try reduce(.maximum, operands[0], shapes[0], axes, to: result)
    case .minimum(let axes): try reduce(.minimum, operands[0], shapes[0], axes, to: result)
    case .cumulativeSum(let axis, let reversed):
      let (outer, extent, inner) = split(shapes[0], axis)
      ck_cumulative_sum(
        result.base, operands[0].base, Int64(outer), Int64(extent), Int64(inner), reversed ? 1 : 0,
        result.scalarType.ckType)
    case .argsort(let axis):
      let (outer, extent, inner) = split(shapes[0], axis)
      let scratch = try allocate(4 * extent, .int64)
      ck_argsort(
        result.base.assumingMemoryBound(to: Int64.self), operands[0].base, Int64(outer), Int64(extent), Int64(inner),
        operands[0].scalarType.ckType, scratch.base.assumingMemoryBound(to: Int64.self))
    case .contraction(let contraction):
      try contract(contraction, operands, shapes, to: result)
    }
    return result
  }

  // MARK: Registers

  static func allocate(_ count: Int, _ type: ScalarType) throws(TensorError) -> Storage {
    let bytes = Storage.allocationSize(count: count, scalarType: type)
    var base: UnsafeMutableRawPointer?
    guard posix_memalign(&base, 64, bytes) == 0, let base else {
      throw TensorError("evaluate: \(bytes) bytes of memory for \(count) elements cannot be had")
    }
    return Storage(adopting: base, count: count, scalarType: type) { free($0) }
  }

  /// The elements as a register of a family; the operand's own memory where that is the same.
  private static func register(_ operand: Storage, _ family: Family) throws(TensorError) -> Storage {
    guard operand.scalarType != family.memoryType else { return operand }
    guard let load = Kernels.shared.load(operand.scalarType, family) else {
      fatalError("\(operand.scalarType) is not computed in \(family)")
    }
    let copy = try allocate(operand.count, family.memoryType)
    var tile = ck_tile(start: 0, count: Int64(operand.count))
    let (extent, stride) = ([Int64(operand.count)], [Int64(1)])
    extent.withUnsafeBufferPointer { extent in
      stride.withUnsafeBufferPointer { stride in
        withUnsafePointer(to: &tile) { tile in
          var access = ck_access(
            rank: 1, offset: 0, extents: extent.baseAddress, strides: stride.baseAddress, first: nil, valid: nil)
          withUnsafePointer(to: &access) { access in
            var arguments = ck_load(base: operand.base, tile: tile, access: access)
            load(copy.base, &arguments, nil, nil, Int64(operand.count))
          }
        }
      }
    }
    return copy
  }

  /// Lets a body fill a register, and writes it to the result's memory.
  private static func emit(
    _ result: Storage, _ family: Family,
    _ body: (UnsafeMutableRawPointer, UnsafePointer<ck_tile>) throws -> Void
  ) throws(TensorError) {
    let direct = result.scalarType == family.memoryType
    let register = direct ? result : try allocate(result.count, family.memoryType)
    var tile = ck_tile(start: 0, count: Int64(result.count))
    withUnsafePointer(to: &tile) { tile in
      do { try body(register.base, tile) } catch { fatalError("\(error)") }
      if !direct, let store = Kernels.shared.store(family, result.scalarType) {
        var place = ck_store(base: result.base, tile: tile, divisor: 1)
        store(&place, register.base, nil, nil, Int64(result.count))
      }
    }
  }

  private static func apply(
    _ kernel: Kernels.Kernel, _ operands: [Storage], _ family: Family, to result: Storage
  ) throws(TensorError) {
    var registers: [Storage] = []
    for operand in operands { registers.append(try register(operand, family)) }
    func base(_ i: Int) -> UnsafeMutableRawPointer? { i < registers.count ? registers[i].base : nil }
    try emit(result, family) { out, _ in kernel(out, base(0), base(1), base(2), Int64(result.count)) }
  }

  private static func cast(_ operand: Storage, _ type: ScalarType, to result: Storage) throws(TensorError) {
    let source = Family(operand.scalarType)
    let target = type == .bool ? source : Family(type)
    let value = try register(operand, source)
    try emit(result, target) { out, _ in
      let count = Int64(result.count)
      if type == .bool {
        Kernels.shared.isNonzero(source)(out, value.base, nil, nil, count)
      } else {
        Kernels.shared.convert(from: source, to: target)(out, value.base, nil, nil, count)
        if type == .int32 && operand.scalarType != .int32 { Kernels.shared.clampToInt32(out, out, nil, nil, count) }
      }
    }
  }

  // MARK: Movement

  private static func repeatLiteral(_ literal: Literal, _ type: ScalarType, _ result: Storage) {
    func put<Scalar: TensorScalar>(_: Scalar.Type) {
      var element = Scalar(literal: literal)
      ck_repeat(result.base, &element, Int64(result.count), Int64(type.byteCount))
    }
    switch type {
    case .float32: put(Float.self)
    case .float64: put(Double.self)
    case .bool: put(Bool.self)
    case .int32: put(Int32.self)
    case .int64: put(Int64.self)
    }
  }

  static func copy(
    to: Storage, _ toStrides: [Int], toOffset: Int = 0, from: Storage, _ fromStrides: [Int], offset: Int,
    _ shape: Shape
  ) {
    let bytes = to.scalarType.byteCount
    let axes = shape.dimensions.indices.filter { shape[$0] != 1 }
    ck_copy(
      to.base + toOffset * bytes, axes.map { Int64(toStrides[$0]) }, from.base + offset * bytes,
      axes.map { Int64(fromStrides[$0]) }, axes.map { Int64(shape[$0]) }, Int64(axes.count), Int64(bytes))
  }

  /// The sizes before, at and after an axis.
  private static func split(_ shape: Shape, _ axis: Int) -> (outer: Int, extent: Int, inner: Int) {
    (
      shape.dimensions[..<axis].reduce(1, *), shape[axis], shape.dimensions[(axis + 1)...].reduce(1, *)
    )
  }

  private static func check(
    _ operation: String, _ failed: Int64, _ indices: Storage, _ extent: Int
  ) throws(TensorError) {
    guard failed >= 0 else { return }
    let index = indices.buffer(as: Int64.self)[Int(failed)]
    throw TensorError("\(operation): index \(index) is outside axis of extent \(extent)")
  }

  // MARK: Reductions

  private static func reduce(
    _ reduction: Reduction, _ operand: Storage, _ shape: Shape, _ axes: [Int], to result: Storage
  ) throws(TensorError) {
    let family = Family(operand.scalarType)
    let kept = shape.dimensions.indices.filter { !axes.contains($0) }
    let rows = axes.reduce(1) { $0 * shape[$1] }
    guard rows > 0 else {
      try emit(result, family) { out, _ in
        ck_identity(
          ck_reduction(UInt32(reduction.rawValue)), ck_family(UInt32(family.rawValue)), out, Int64(result.count))
        if result.scalarType == .int32 { Kernels.shared.clampToInt32(out, out, nil, nil, Int64(result.count)) }
      }
      return
    }
    let order = kept + axes
    let moved = Shape(order.map { shape[$0] })
    let lines = try allocate(shape.count, operand.scalarType)
    copy(to: lines, moved.strides, from: operand, order.map { shape.strides[$0] }, offset: 0, moved)
    let values = try register(lines, family)
    try emit(result, family) { out, _ in
      var tile = ck_tile(start: 0, count: Int64(shape.count))
      withUnsafePointer(to: &tile) { tile in
        var blocks = ck_blocks(tile: tile, rows: Int64(rows), columns: 1)
        Kernels.shared.reduceBlocks(reduction, family)(out, values.base, &blocks, nil, Int64(shape.count))
      }
    }
  }

  // MARK: Products

  private static func contract(
    _ contraction: Contraction, _ operands: [Storage], _ shapes: [Shape], to result: Storage
  ) throws(TensorError) {
    let extents = contraction.extents(shapes[0], shapes[1])
    let summed = contraction.summed
    let isReal = result.scalarType.isDifferentiable
    func strides(_ labels: [Int], _ shape: Shape, _ wanted: [Int]) -> [Int] {
      wanted.map { label in labels.firstIndex(of: label).map { shape.strides[$0] } ?? 0 }
    }
    guard summed.allSatisfy({ extents[$0]! > 0 }) else {
      memset(result.base, 0, result.count * result.scalarType.byteCount)
      return
    }
    guard isReal else {
      let labels = (contraction.output + summed).filter { extents[$0]! != 1 }
      let number = labels.filter { summed.contains($0) }.count
      ck_contract_integers(
        result.base, operands[0].base, strides(contraction.left, shapes[0], labels).map(Int64.init), operands[1].base,
        strides(contraction.right, shapes[1], labels).map(Int64.init), labels.map { Int64(extents[$0]!) },
        Int64(labels.count), Int64(number), result.scalarType.ckType)
      return
    }
    // Every product becomes batch x m x k times batch x k x n.
    let left = Set(contraction.left)
    let right = Set(contraction.right)
    let batch = contraction.output.filter { left.contains($0) && right.contains($0) }
    let rows = contraction.output.filter { left.contains($0) && !right.contains($0) }
    let columns = contraction.output.filter { !left.contains($0) && right.contains($0) }
    func packed(_ i: Int, _ labels: [Int]) throws(TensorError) -> Storage {
      let shape = Shape(labels.map { extents[$0]! })
      let own = i == 0 ? contraction.left : contraction.right
      let copy = try allocate(shape.count, operands[i].scalarType)
      self.copy(to: copy, shape.strides, from: operands[i], strides(own, shapes[i], labels), offset: 0, shape)
      return copy
    }
    let a = try packed(0, batch + rows + summed)
    let b = try packed(1, batch + summed + columns)
    let product = Shape((batch + rows + columns).map { extents[$0]! })
    let c = try allocate(product.count, result.scalarType)
    func size(_ labels: [Int]) -> Int { labels.reduce(1) { $0 * extents[$1]! } }
    let (m, n, k) = (size(rows), size(columns), size(summed))
    for i in 0..<size(batch) {
      if result.scalarType == .float64 {
        cblas_dgemm(
          CblasRowMajor, CblasNoTrans, CblasNoTrans, Int32(m), Int32(n), Int32(k), 1,
          a.base.assumingMemoryBound(to: Double.self) + i * m * k, Int32(k),
          b.base.assumingMemoryBound(to: Double.self) + i * k * n, Int32(n), 0,
          c.base.assumingMemoryBound(to: Double.self) + i * m * n, Int32(n))
      } else {
        cblas_sgemm(
          CblasRowMajor, CblasNoTrans, CblasNoTrans, Int32(m), Int32(n), Int32(k), 1,
          a.base.assumingMemoryBound(to: Float.self) + i * m * k, Int32(k),
          b.base.assumingMemoryBound(to: Float.self) + i * k * n, Int32(n), 0,
          c.base.assumingMemoryBound(to: Float.self) + i * m * n, Int32(n))
      }
    }
    let labels = batch + rows + columns
    let output = Shape(contraction.output.map { extents[$0]! })
    let order = contraction.output.map { label in product.strides[labels.firstIndex(of: label)!] }
    copy(to: result, output.strides, from: c, order, offset: 0, output)
  }
}
