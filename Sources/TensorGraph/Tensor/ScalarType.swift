/// The element types that a tensor can have.
public enum ScalarType: String, CaseIterable, Hashable, Sendable {
  /// `Float`
  case float32
  /// `Double`
  case float64
  /// `Bool`, one byte
  case bool
  /// `Int32`
  case int32
  /// `Int64`
  case int64

  /// Bytes of one element in memory.
  public var byteCount: Int {
    switch self {
    case .bool: 1
    case .float32, .int32: 4
    case .float64, .int64: 8
    }
  }

  /// Whether derivatives exist with respect to values of this type.
  public var isDifferentiable: Bool { self == .float32 || self == .float64 }

  /// Whether values of this type are whole numbers.
  package var isInteger: Bool { self == .int32 || self == .int64 }
}

/// A type whose values a `Tensor` can hold: `Float`, `Double`, `Bool`, `Int32` or `Int64`.
///
/// The engine has kernels for these types and no others, so no further type can conform: what it would have to give for
/// `elementType` is made here alone.
public protocol TensorScalar: Hashable, Sendable, BitwiseCopyable {
  /// What says that this is an element type, and which.
  static var elementType: ElementType<Self> { get }
  /// The literal that has this value.
  var literal: Literal { get }
  /// The value of `literal`, rounded to this type.
  init(literal: Literal)
}

/// Which of the element types a Swift type is. There is one of these for each of them, and none for another type.
public struct ElementType<Scalar>: Sendable {
  /// The run-time description of the type.
  public let scalarType: ScalarType

  fileprivate init(_ scalarType: ScalarType) { self.scalarType = scalarType }
}

extension TensorScalar {
  /// The run-time description of this type.
  public static var scalarType: ScalarType { elementType.scalarType }
}

/// A scalar with arithmetic: every `TensorScalar` but `Bool`.
public protocol TensorNumeric: TensorScalar, Numeric, Comparable {}

/// A scalar with derivatives: `Float` and `Double`.
public protocol DifferentiableScalar: TensorNumeric, BinaryFloatingPoint {}

/// The value of a scalar constant in a graph, independent of the type in which it will be computed.
public enum Literal: Hashable, Sendable {
  /// A number with a fraction.
  case real(Double)
  /// A whole number, exactly.
  case integer(Int64)

  /// The value as a double; integers beyond 2^53 are rounded.
  public var double: Double {
    switch self {
    case .real(let value): value
    case .integer(let value): Double(value)
    }
  }

  /// The value as an integer: reals are truncated toward zero and clamped; NaN gives zero.
  public var integer: Int64 {
    switch self {
    case .real(let value):
      value.isNaN ? 0 : Int64(exactly: value.rounded(.towardZero)) ?? (value < 0 ? .min : .max)
    case .integer(let value): value
    }
  }

  /// The value as an element of a type: reals are rounded, integers clamped, and everything but 0 is true.
  package func converted(to type: ScalarType) -> Literal {
    switch type {
    case .float32: .real(Double(Float(double)))
    case .float64: .real(double)
    case .bool: .integer(double != 0 ? 1 : 0)
    case .int32: .integer(Int64(Int32(clamping: integer)))
    case .int64: .integer(integer)
    }
  }

  /// Equality of bits, so that NaN equals itself and 0 differs from -0: what sharing of nodes needs.
  public static func == (left: Literal, right: Literal) -> Bool {
    switch (left, right) {
    case (.real(let a), .real(let b)): a.bitPattern == b.bitPattern
    case (.integer(let a), .integer(let b)): a == b
    case (.real, .integer), (.integer, .real): false
    }
  }

  public func hash(into hasher: inout Hasher) {
    switch self {
    case .real(let value): hasher.combine(value.bitPattern)
    case .integer(let value): hasher.combine(value)
    }
  }
}

extension Float: DifferentiableScalar {
  public static var elementType: ElementType<Self> { ElementType(.float32) }
  public var literal: Literal { .real(Double(self)) }
  public init(literal: Literal) { self = Float(literal.double) }
}

extension Double: DifferentiableScalar {
  public static var elementType: ElementType<Self> { ElementType(.float64) }
  public var literal: Literal { .real(self) }
  public init(literal: Literal) { self = literal.double }
}

extension Int32: TensorNumeric {
  public static var elementType: ElementType<Self> { ElementType(.int32) }
  public var literal: Literal { .integer(Int64(self)) }
  public init(literal: Literal) { self = Int32(clamping: literal.integer) }
}

extension Int64: TensorNumeric {
  public static var elementType: ElementType<Self> { ElementType(.int64) }
  public var literal: Literal { .integer(self) }
  public init(literal: Literal) { self = literal.integer }
}

extension Bool: TensorScalar {
  public static var elementType: ElementType<Self> { ElementType(.bool) }
  public var literal: Literal { .integer(self ? 1 : 0) }
  public init(literal: Literal) { self = literal.double != 0 }
}
