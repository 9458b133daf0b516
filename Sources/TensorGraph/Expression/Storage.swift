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

  /// Whether an element is infinite.
  package var containsInfinity: Bool {
    switch scalarType {
    case .float32: withElements(of: Float.self, Self.containsInfinity)
    case .float64: withElements(of: Double.self, Self.containsInfinity)
    case .bool, .int32, .int64: false
    }
  }

  /// Without a branch for each element, so that many are looked at at once.
  private static func containsInfinity<Scalar: BinaryFloatingPoint>(_ elements: UnsafeBufferPointer<Scalar>) -> Bool {
    var found: UInt8 = 0
    for element in elements { found |= element.magnitude == .infinity ? 1 : 0 }
    return found != 0
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
