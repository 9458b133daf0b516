/// The extents of a tensor's axes, and arithmetic on them.
package struct Shape: Hashable, Sendable, ExpressibleByArrayLiteral, CustomStringConvertible {
  package let dimensions: [Int]
  /// The number of elements.
  package let count: Int

  /// Stops the program where `init(checking:)` throws.
  package init(_ dimensions: [Int]) { self = checked(try Shape(checking: dimensions)) }

  /// Extents from outside.
  package init(checking dimensions: [Int]) throws(TensorError) {
    self.dimensions = dimensions
    var count = 1
    for extent in dimensions {
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      guard extent >= 0, !overflow else {
        throw TensorError(
          "shape \(dimensions): extents must not be negative, nor their product more than an Int can count")
      }
      count = product
    }
    self.count = count
  }

  package init(arrayLiteral elements: Int...) { self.init(elements) }

  package static let scalar = Shape([])

  package var rank: Int { dimensions.count }

  package subscript(axis: Int) -> Int { dimensions[axis] }

  /// Elements to step over in row-major order for a step along each axis.
  package var strides: [Int] {
    var strides = [Int](repeating: 1, count: rank)
    var stride = 1
    for axis in Swift.stride(from: rank - 1, through: 0, by: -1) {
      strides[axis] = stride
      stride *= dimensions[axis]
    }
    return strides
  }

  package static func + (left: Shape, right: Shape) -> Shape { Shape(left.dimensions + right.dimensions) }

  package var description: String { "\(dimensions)" }

  /// The shape with the given axes left out.
  package func removing(axes: [Int]) -> Shape {
    Shape(dimensions.indices.filter { !axes.contains($0) }.map { dimensions[$0] })
  }

  /// The shape with another extent at one axis.
  package func replacing(axis: Int, with extent: Int) -> Shape {
    var changed = dimensions
    changed[axis] = extent
    return Shape(changed)
  }

  /// Calls `body` with each multi-index in row-major order, in one reused array.
  package func forEachIndex(_ body: ([Int]) -> Void) {
    guard count > 0 else { return }
    var index = [Int](repeating: 0, count: rank)
    for _ in 0..<count {
      body(index)
      var axis = rank - 1
      while axis >= 0 {
        index[axis] += 1
        if index[axis] < dimensions[axis] { break }
        index[axis] = 0
        axis -= 1
      }
    }
  }
}

/// A problem with shapes, axes, indices or element types, found where an expression is built.
///
/// The operator form of an operation stops the program with this text; `checking` forms throw it.
public struct TensorError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What was wrong and what to do about it.
  public let message: String
  /// Whether nothing was wrong, and a cancelled task ended.
  public let isCancellation: Bool

  /// An error, also for libraries that are plugged in.
  ///
  /// - Parameters:
  ///   - message: what was wrong and what to do about it, behind the name of the operation.
  ///   - isCancellation: whether nothing was wrong, and a cancelled task ended.
  public init(_ message: String, isCancellation: Bool = false) {
    (self.message, self.isCancellation) = (message, isCancellation)
  }

  public var description: String { message }
}

/// Shape rules shared by operations. They throw; the operator forms turn a throw into a stop at the user's line.
package enum ShapeRules {
  /// The common shape to which two shapes broadcast, as NumPy does: axes are matched from the right, 1 stretches.
  package static func broadcast(_ left: Shape, _ right: Shape, operation: String) throws(TensorError) -> Shape {
    if left == right { return left }
    let rank = max(left.rank, right.rank)
    var result = [Int](repeating: 0, count: rank)
    for axis in 0..<rank {
      let a = axis - (rank - left.rank) < 0 ? 1 : left[axis - (rank - left.rank)]
      let b = axis - (rank - right.rank) < 0 ? 1 : right[axis - (rank - right.rank)]
      guard a == b || a == 1 || b == 1 else {
        let reversed = left.rank == right.rank && left.rank > 1 && Array(left.dimensions.reversed()) == right.dimensions
        let remedy = reversed ? "transpose one of them" : "make the extents equal, or one of them 1"
        throw TensorError(
          "\(operation): shapes \(left) and \(right) differ on axis \(axis - rank) (\(a), \(b)); \(remedy)")
      }
      result[axis] = a == 1 ? b : a
    }
    return Shape(result)
  }

  /// The axis counted from the front.
  package static func axis(_ axis: Int, rank: Int, operation: String) throws(TensorError) -> Int {
    guard axis >= -rank, axis < rank else {
      let range = rank == 0 ? "the tensor has no axes" : "use \(-rank) to \(rank - 1)"
      throw TensorError("\(operation): axis \(axis) is outside a tensor of rank \(rank); \(range)")
    }
    return axis < 0 ? axis + rank : axis
  }

  /// The axes counted from the front, sorted, without repetition; nil means all.
  package static func axes(_ axes: [Int]?, rank: Int, operation: String) throws(TensorError) -> [Int] {
    guard let axes else { return Array(0..<rank) }
    var seen = Set<Int>()
    for axis in axes {
      let resolved = try self.axis(axis, rank: rank, operation: operation)
      guard seen.insert(resolved).inserted else {
        throw TensorError("\(operation): axis \(axis) is named twice in \(axes); name each axis once")
      }
    }
    return seen.sorted()
  }
}

extension TensorError {
  /// An index, as it was given, that is no place of an axis.
  static func indexOutside(_ axis: Int, index: Int, extent: Int, countsFromEnd: Bool = true) -> TensorError {
    let remedy = extent == 0 ? "the axis is empty" : "use \(countsFromEnd ? -extent : 0) to \(extent - 1)"
    return TensorError("index \(index) is outside axis \(axis), which has extent \(extent); \(remedy)")
  }
}

extension Shape {
  /// What slices of another shape of the same elements are in this one; nil if they are no slices here.
  func slices(below slices: [AxisSlice], of target: Shape) -> [AxisSlice]? {
    guard count > 0 else { return nil }
    var result: [AxisSlice] = []
    for (own, other) in groups(with: target) {
      if other.allSatisfy({ slices[$0].isAll(of: target[$0]) }) {
        result += dimensions[own].map(AxisSlice.all)
        continue
      }
      // One axis, of which whole multiples of the inner extents are kept.
      let slice = slices[other.lowerBound]
      guard other.count == 1, !own.isEmpty, slice.step == 1 else { return nil }
      let inner = dimensions[own.dropFirst()].reduce(1, *)
      guard slice.start % inner == 0, slice.count % inner == 0 else { return nil }
      result.append(AxisSlice(start: slice.start / inner, step: 1, count: slice.count / inner))
      result += dimensions[own.dropFirst()].map(AxisSlice.all)
    }
    return result
  }

  /// The shortest runs of axes of this and of another shape of the same elements, at least one, that have the same number
  /// of elements each: what a reshape does not mix.
  package func groups(with other: Shape) -> [(own: Range<Int>, other: Range<Int>)] {
    var groups: [(own: Range<Int>, other: Range<Int>)] = []
    var (own, place) = (0, 0)
    while own < rank || place < other.rank {
      let (first, firstOther) = (own, place)
      var (size, otherSize) = (1, 1)
      repeat {
        if own < rank, size <= otherSize || place == other.rank {
          size *= self[own]
          own += 1
        } else {
          otherSize *= other[place]
          place += 1
        }
      } while size != otherSize
      groups.append((first..<own, firstOther..<place))
    }
    return groups
  }
}
