/// What can stand between the brackets of an index: integers, ranges, integer arrays, `.newAxis`, `.every(2)`.
///
/// Ranges are written as usual, and may have negative bounds: `x[1..<4]`, `x[1...]`, `x[..<(-1)]`, `x[-3...]`. An
/// unbounded `...` stands for as many whole axes as are missing, so `x[..., 0]` is the last axis' first element.
public protocol TensorIndex: Sendable {
  /// The entry that this stands for.
  var indexComponent: IndexComponent { get }
}

extension Int: TensorIndex {
  public var indexComponent: IndexComponent { .integer(self) }
}

extension Array: TensorIndex where Element == Int {
  public var indexComponent: IndexComponent { .integers(self) }
}

/// A new axis of extent 1; written `.newAxis`.
public struct NewAxis: TensorIndex, Hashable {
  public var indexComponent: IndexComponent { .newAxis }
}

/// Positions of an axis from a start to an end, by a step; what range operators make inside an index.
public struct AxisRange: TensorIndex, Hashable {
  var start: Int?
  var end: Int?
  var step = 1

  public var indexComponent: IndexComponent { .range(start: start, end: end, step: step) }

  /// Every `step`-th position of this range; a negative step walks from the last to the first, and then a start is
  /// the larger bound, as in NumPy.
  public func every(_ step: Int) -> AxisRange { AxisRange(start: start, end: end, step: self.step * step) }
}

extension TensorIndex where Self == AxisRange {
  /// Every `step`-th position of an axis; `.every(-1)` reverses it.
  public static func every(_ step: Int) -> AxisRange { AxisRange(start: nil, end: nil, step: step) }
  /// A whole axis.
  public static var all: AxisRange { AxisRange(start: nil, end: nil) }
}

extension TensorIndex where Self == NewAxis {
  /// A new axis of extent 1.
  public static var newAxis: NewAxis { NewAxis() }
}

// Ranges of an index are not Swift's: bounds may be negative, and the lower may exceed the upper. The attribute keeps
// Swift's own meaning everywhere else.

/// The positions from `start` up to but not including `end`.
@_disfavoredOverload
public func ..< (start: Int, end: Int) -> AxisRange { AxisRange(start: start, end: end) }

/// The positions from `start` up to and including `end`.
@_disfavoredOverload
public func ... (start: Int, end: Int) -> AxisRange { AxisRange(start: start, end: end == -1 ? nil : end + 1) }

/// The positions from `start` to the last.
@_disfavoredOverload
public postfix func ... (start: Int) -> AxisRange { AxisRange(start: start, end: nil) }

/// The positions from the first up to but not including `end`.
@_disfavoredOverload
public prefix func ..< (end: Int) -> AxisRange { AxisRange(start: nil, end: end) }

/// The positions from the first up to and including `end`.
@_disfavoredOverload
public prefix func ... (end: Int) -> AxisRange { AxisRange(start: nil, end: end == -1 ? nil : end + 1) }

/// Something that is read with the index language: tensors, Jacobians, Hessians.
public protocol TensorIndexable {
  associatedtype Scalar: TensorScalar
  /// The extents of the axes.
  var shape: [Int] { get }
  /// The elements that the index names, or what is wrong with it.
  func read(_ index: [IndexComponent]) throws(TensorError) -> Tensor<Scalar>
}

extension TensorIndexable {
  /// The elements that the index names: integers (negative ones count from the end), ranges, strides, integer arrays,
  /// new axes; missing entries on the right mean whole axes. An integer outside its axis stops the program.
  public subscript<each Index: TensorIndex>(_ index: repeat each Index) -> Tensor<Scalar> {
    var components: [IndexComponent] = []
    for entry in repeat each index { components.append(entry.indexComponent) }
    return checked(try read(components))
  }

  /// Everything.
  public subscript(_ all: (UnboundedRange_) -> Void) -> Tensor<Scalar> {
    checked(try read([.ellipsis]))
  }

  /// All axes but the last ones.
  public subscript<each Index: TensorIndex>(
    _ all: (UnboundedRange_) -> Void, _ index: repeat each Index
  ) -> Tensor<Scalar> {
    var components: [IndexComponent] = [.ellipsis]
    for entry in repeat each index { components.append(entry.indexComponent) }
    return checked(try read(components))
  }

  /// All axes but the first and the last ones.
  public subscript<First: TensorIndex, each Index: TensorIndex>(
    _ first: First, _ all: (UnboundedRange_) -> Void, _ index: repeat each Index
  ) -> Tensor<Scalar> {
    var components: [IndexComponent] = [first.indexComponent, .ellipsis]
    for entry in repeat each index { components.append(entry.indexComponent) }
    return checked(try read(components))
  }

  /// All axes but the first two and the last ones.
  public subscript<First: TensorIndex, Second: TensorIndex, each Index: TensorIndex>(
    _ first: First, _ second: Second, _ all: (UnboundedRange_) -> Void, _ index: repeat each Index
  ) -> Tensor<Scalar> {
    var components: [IndexComponent] = [first.indexComponent, second.indexComponent, .ellipsis]
    for entry in repeat each index { components.append(entry.indexComponent) }
    return checked(try read(components))
  }
}
