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

// One-sided ranges are Swift's own alone, so that the type checker finds them at once: other operators of the same name make
// long formulas with indices take several times as long. Two-sided ones are not: Swift's trap when the lower bound exceeds
// the upper, as `0 ..< -1` does.

extension PartialRangeFrom: TensorIndex where Bound == Int {
  public var indexComponent: IndexComponent { .range(start: lowerBound, end: nil, step: 1) }

  /// Every `step`-th position from here on, as NumPy's `start::step`.
  public func every(_ step: Int) -> AxisRange { AxisRange(start: lowerBound, step: step) }
}

extension PartialRangeUpTo: TensorIndex where Bound == Int {
  public var indexComponent: IndexComponent { .range(start: nil, end: upperBound, step: 1) }

  /// Every `step`-th position up to here, as NumPy's `:end:step`.
  public func every(_ step: Int) -> AxisRange { AxisRange(end: upperBound, step: step) }
}

extension PartialRangeThrough: TensorIndex where Bound == Int {
  public var indexComponent: IndexComponent { .range(start: nil, end: AxisRange.end(after: upperBound), step: 1) }

  /// Every `step`-th position up to and including this one.
  public func every(_ step: Int) -> AxisRange { AxisRange(end: AxisRange.end(after: upperBound), step: step) }
}

/// A new axis of extent 1; written `.newAxis`.
public struct NewAxis: TensorIndex, Hashable {
  public var indexComponent: IndexComponent { .newAxis }
}

/// Positions of an axis from a start to an end, by a step; what range operators make inside an index.
///
/// A range that is kept in a variable is written with its type, since Swift's own ranges allow no negative bounds:
/// `let rows: AxisRange = 1..<4` or `AxisRange(range)`; then `H[rows, 0]`.
public struct AxisRange: TensorIndex, Hashable {
  var start: Int?
  var end: Int?
  var step = 1

  /// The positions start, start + step, … before `end`, as NumPy's `start:end:step`: negative bounds count from the
  /// end of the axis, a missing bound is as far as it goes, bounds outside the axis are clipped.
  public init(start: Int? = nil, end: Int? = nil, step: Int = 1) {
    self.start = start
    self.end = end
    self.step = step
  }

  /// The positions of one of Swift's ranges.
  public init(_ range: Range<Int>) { self.init(start: range.lowerBound, end: range.upperBound) }

  public var indexComponent: IndexComponent { .range(start: start, end: end, step: step) }

  /// Every `step`-th position of this range, as NumPy's `start:end:step`; with a negative step the start is the larger
  /// bound.
  public func every(_ step: Int) -> AxisRange { AxisRange(start: start, end: end, step: step) }

  /// The end that takes in the position `last`.
  static func end(after last: Int) -> Int? { last == -1 || last == .max ? nil : last + 1 }
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
public func ... (start: Int, end: Int) -> AxisRange { AxisRange(start: start, end: AxisRange.end(after: end)) }

/// `-3...` as Swift reads it: a minus before `3...`. The start counts from the end of the axis.
public prefix func - (range: PartialRangeFrom<Int>) -> AxisRange { AxisRange(start: 0 &- range.lowerBound) }

/// Something that is read with the index language: tensors, Jacobians, Hessians.
public protocol TensorIndexable {
  /// The type of the elements.
  associatedtype Scalar: TensorScalar
  /// The extents of the axes.
  var shape: [Int] { get }
  /// The elements that the index names, or what is wrong with it.
  func read(_ index: [IndexComponent]) throws(TensorError) -> Tensor<Scalar>
}

extension TensorIndexable {
  /// The elements that the index names; what the brackets give, except that a bad index is thrown:
  /// `try H.read(at: row, 1...)`.
  public func read<each Index: TensorIndex>(at index: repeat each Index) throws(TensorError) -> Tensor<Scalar> {
    var components: [IndexComponent] = []
    for entry in repeat each index { components.append(entry.indexComponent) }
    return try read(components)
  }

  /// The elements that the index names: integers (negative ones count from the end), ranges, strides, integer arrays,
  /// new axes; missing entries on the right mean whole axes. An integer outside its axis stops the program.
  public subscript<each Index: TensorIndex>(_ index: repeat each Index) -> Tensor<Scalar> {
    var components: [IndexComponent] = []
    for entry in repeat each index { components.append(entry.indexComponent) }
    return checked(try read(components), else: .missing)
  }

  /// Everything.
  public subscript(_ all: (UnboundedRange_) -> Void) -> Tensor<Scalar> {
    checked(try read([.ellipsis]), else: .missing)
  }

  /// All axes but the last ones.
  public subscript<each Index: TensorIndex>(
    _ all: (UnboundedRange_) -> Void, _ index: repeat each Index
  ) -> Tensor<Scalar> {
    var components: [IndexComponent] = [.ellipsis]
    for entry in repeat each index { components.append(entry.indexComponent) }
    return checked(try read(components), else: .missing)
  }

  /// All axes but the first and the last ones.
  public subscript<First: TensorIndex, each Index: TensorIndex>(
    _ first: First, _ all: (UnboundedRange_) -> Void, _ index: repeat each Index
  ) -> Tensor<Scalar> {
    var components: [IndexComponent] = [first.indexComponent, .ellipsis]
    for entry in repeat each index { components.append(entry.indexComponent) }
    return checked(try read(components), else: .missing)
  }

  /// All axes but the first two and the last ones.
  public subscript<First: TensorIndex, Second: TensorIndex, each Index: TensorIndex>(
    _ first: First, _ second: Second, _ all: (UnboundedRange_) -> Void, _ index: repeat each Index
  ) -> Tensor<Scalar> {
    var components: [IndexComponent] = [first.indexComponent, second.indexComponent, .ellipsis]
    for entry in repeat each index { components.append(entry.indexComponent) }
    return checked(try read(components), else: .missing)
  }
}
