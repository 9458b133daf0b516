import Synchronization

/// The elements of an evaluated tensor, row-major, immutable once shared.
///
/// Buffers are aligned to 64 bytes and padded to a multiple of 64 bytes, so that kernels may read and write whole
/// vectors past the last element. Whoever creates a storage fills it before it is shared; from then on nobody writes.
package final class Storage: @unchecked Sendable {
  /// The first byte.
  package let base: UnsafeMutableRawPointer
  /// The number of elements.
  package let count: Int
  /// The type of the elements.
  package let scalarType: ScalarType
  /// Whether an element is infinite: 0 until somebody has asked, then 1 for no and 2 for yes.
  private let infinity = Atomic<UInt8>(0)
  /// `indexExtent`, once somebody has asked; -1 before.
  private let largestIndex = Atomic<Int>(-1)
  /// What to do with the memory when the last reader is gone.
  private let release: @Sendable (UnsafeMutableRawPointer) -> Void

  /// A storage over memory that someone else manages, such as a buffer pool.
  package init(
    adopting base: UnsafeMutableRawPointer, count: Int, scalarType: ScalarType,
    release: @escaping @Sendable (UnsafeMutableRawPointer) -> Void
  ) {
    self.base = base
    self.count = count
    self.scalarType = scalarType
    self.release = release
  }

  /// A fresh, uninitialised storage.
  package convenience init(count: Int, scalarType: ScalarType) {
    let bytes = Storage.allocationSize(count: count, scalarType: scalarType)
    let base = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
    self.init(adopting: base, count: count, scalarType: scalarType) { $0.deallocate() }
  }

  /// A storage with the given elements.
  package convenience init<Scalar: TensorScalar>(_ elements: some Collection<Scalar>) {
    self.init(count: elements.count, scalarType: Scalar.scalarType)
    let buffer = UnsafeMutableBufferPointer(
      start: base.bindMemory(to: Scalar.self, capacity: elements.count), count: elements.count)
    _ = buffer.initialize(fromContentsOf: elements)
  }

  deinit { release(base) }

  /// What the elements take, in bytes.
  package var byteCount: Int { count * scalarType.byteCount }

  /// The bytes to allocate for `count` elements, padding included; never zero.
  package static func allocationSize(count: Int, scalarType: ScalarType) -> Int {
    max(64, (count * scalarType.byteCount + 63) & ~63)
  }

  /// Calls `body` with the elements, which are there until it returns. `Scalar` must be the type of the storage.
  package func withElements<Scalar: TensorScalar, Result, Failure: Error>(
    of _: Scalar.Type, _ body: (UnsafeBufferPointer<Scalar>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    precondition(Scalar.scalarType == scalarType, "storage of \(scalarType) read as \(Scalar.scalarType)")
    defer { withExtendedLifetime(self) {} }
    return try body(UnsafeBufferPointer(start: base.assumingMemoryBound(to: Scalar.self), count: count))
  }

  /// A copy of the elements. `Scalar` must be the type of the storage.
  package func elements<Scalar: TensorScalar>(of _: Scalar.Type = Scalar.self) -> [Scalar] {
    withElements(of: Scalar.self) { Array($0) }
  }

  /// Element `i`. `Scalar` must be the type of the storage.
  package func element<Scalar: TensorScalar>(_ i: Int, of _: Scalar.Type = Scalar.self) -> Scalar {
    withElements(of: Scalar.self) { $0[i] }
  }

  /// Whether an element is infinite. Looked at once: every sweep of a graph asks.
  package var containsInfinity: Bool {
    let known = infinity.load(ordering: .relaxed)
    if known != 0 { return known == 2 }
    let isThere =
      switch scalarType {
      case .float32: withElements(of: Float.self) { !Self.areFinite($0) && $0.contains { $0.isInfinite } }
      case .float64: withElements(of: Double.self) { !Self.areFinite($0) && $0.contains { $0.isInfinite } }
      case .bool, .int32, .int64: false
      }
    infinity.store(isThere ? 2 : 1, ordering: .relaxed)
    return isThere
  }

  /// One more than the largest of whole numbers of which none is negative: the least extent of an axis along which they are
  /// indices. 0 if there is none. Looked at once.
  package var indexExtent: Int {
    let known = largestIndex.load(ordering: .relaxed)
    if known >= 0 { return known }
    func extent<Scalar: FixedWidthInteger>(_ elements: UnsafeBufferPointer<Scalar>) -> Int {
      var (smallest, largest) = (Scalar.max, Scalar.min)
      for element in elements { (smallest, largest) = (min(smallest, element), max(largest, element)) }
      return smallest < 0 || largest == .max || elements.isEmpty ? 0 : Int(largest) + 1
    }
    let found =
      switch scalarType {
      case .int32: withElements(of: Int32.self, extent)
      case .int64: withElements(of: Int64.self, extent)
      case .bool, .float32, .float64: 0
      }
    largestIndex.store(found, ordering: .relaxed)
    return found
  }

  /// Whether an element is NaN.
  package var containsNaN: Bool {
    defer { withExtendedLifetime(self) {} }
    return Self.containsNaN(base, count: count, scalarType)
  }

  /// Whether one of some elements is NaN.
  package static func containsNaN(_ base: UnsafeRawPointer, count: Int, _ scalarType: ScalarType) -> Bool {
    switch scalarType {
    case .float32:
      let elements = UnsafeBufferPointer(start: base.assumingMemoryBound(to: Float.self), count: count)
      return !areFinite(elements) && elements.contains { $0.isNaN }
    case .float64:
      let elements = UnsafeBufferPointer(start: base.assumingMemoryBound(to: Double.self), count: count)
      return !areFinite(elements) && elements.contains { $0.isNaN }
    case .bool, .int32, .int64: return false
    }
  }

  /// Whether no element is infinite or NaN: 0 times such a one is NaN, and a sum with it. As fast as memory is read, since
  /// every result is looked at.
  private static func areFinite(_ elements: UnsafeBufferPointer<Double>) -> Bool {
    areFinite(elements, SIMD8<Double>.self)
  }

  private static func areFinite(_ elements: UnsafeBufferPointer<Float>) -> Bool {
    areFinite(elements, SIMD16<Float>.self)
  }

  @inline(__always)
  private static func areFinite<Vector: SIMD>(_ elements: UnsafeBufferPointer<Vector.Scalar>, _: Vector.Type) -> Bool
  where Vector.Scalar: BinaryFloatingPoint {
    let bytes = UnsafeRawBufferPointer(elements)
    let whole = elements.count / (2 * Vector.scalarCount)
    var (a, b) = (Vector.zero, Vector.zero)
    for k in 0..<whole {
      let offset = 2 * k * MemoryLayout<Vector>.stride
      a += bytes.loadUnaligned(fromByteOffset: offset, as: Vector.self) * 0
      b += bytes.loadUnaligned(fromByteOffset: offset + MemoryLayout<Vector>.stride, as: Vector.self) * 0
    }
    var sum = (a + b).sum()
    for element in elements[(whole * 2 * Vector.scalarCount)...] { sum += element * 0 }
    return sum == 0
  }

  /// Element `i` as a literal, whatever the type.
  package func literal(at i: Int) -> Literal {
    switch scalarType {
    case .float32: element(i, of: Float.self).literal
    case .float64: element(i, of: Double.self).literal
    case .bool: element(i, of: Bool.self).literal
    case .int32: element(i, of: Int32.self).literal
    case .int64: element(i, of: Int64.self).literal
    }
  }
}
