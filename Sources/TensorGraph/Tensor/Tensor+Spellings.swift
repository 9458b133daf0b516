// Spellings that are tried first beside those of the other files: one axis instead of several, extents without brackets,
// the names of the C library.

infix operator • : MultiplicationPrecedence

/// The matrix product: `matmul(a, b)`.
public func • <Scalar: TensorNumeric>(a: Tensor<Scalar>, b: Tensor<Scalar>) -> Tensor<Scalar> { matmul(a, b) }

extension Tensor where Scalar: TensorNumeric {
  /// A tensor of the given extents with every element the same.
  public init(repeating value: Scalar, shape: [Int]) { self = .full(shape, value) }

  /// Zeros of the given extents.
  public static func zeros(_ extents: Int...) -> Tensor { zeros(extents) }

  /// Ones of the given extents.
  public static func ones(_ extents: Int...) -> Tensor { ones(extents) }

  /// Zeros of the shape of another tensor.
  public static func zeros<Other>(like other: Tensor<Other>) -> Tensor { zeros(other.shape) }

  /// Ones of the shape of another tensor.
  public static func ones<Other>(like other: Tensor<Other>) -> Tensor { ones(other.shape) }

  /// The identity matrix: `eye(_:)`.
  public static func identity(_ count: Int) -> Tensor { eye(count) }

  /// The elements of another tensor as this type: `cast(to:)`.
  public init<Other: TensorScalar>(_ other: Tensor<Other>) { self = other.cast(to: Scalar.self) }
}

extension Tensor where Scalar: DifferentiableScalar, Scalar.RawSignificand: FixedWidthInteger {
  /// Independent numbers, uniform in 0..<1, the same for the same seed.
  public static func rand(_ shape: [Int], seed: UInt64) -> Tensor {
    var generator = SeededGenerator(seed: seed)
    return rand(shape, using: &generator)
  }

  /// Independent numbers from the standard normal distribution, the same for the same seed.
  public static func randn(_ shape: [Int], seed: UInt64) -> Tensor {
    var generator = SeededGenerator(seed: seed)
    return randn(shape, using: &generator)
  }
}

// MARK: One axis

extension Tensor where Scalar: TensorNumeric {
  /// The sum along an axis.
  public func sum(axis: Int, keepingAxes: Bool = false) -> Tensor {
    sum(axes: [axis], keepingAxes: keepingAxes)
  }

  /// The product along an axis.
  public func product(axis: Int, keepingAxes: Bool = false) -> Tensor {
    product(axes: [axis], keepingAxes: keepingAxes)
  }

  /// The largest element along an axis; ties share the derivative equally.
  public func max(axis: Int, keepingAxes: Bool = false) -> Tensor {
    max(axes: [axis], keepingAxes: keepingAxes)
  }

  /// The smallest element along an axis; ties share the derivative equally.
  public func min(axis: Int, keepingAxes: Bool = false) -> Tensor {
    min(axes: [axis], keepingAxes: keepingAxes)
  }
}

extension Tensor where Scalar: DifferentiableScalar {
  /// The mean along an axis.
  public func mean(axis: Int, keepingAxes: Bool = false) -> Tensor {
    mean(axes: [axis], keepingAxes: keepingAxes)
  }

  /// ln Σ eˣ along an axis, without overflow.
  public func logSumExp(axis: Int, keepingAxes: Bool = false) -> Tensor {
    logSumExp(axes: [axis], keepingAxes: keepingAxes)
  }

  /// The middle element along an axis, or the mean of the two middle ones.
  public func median(axis: Int, keepingAxes: Bool = false) -> Tensor {
    median(axes: [axis], keepingAxes: keepingAxes)
  }
}

// MARK: Names of the C library

/// ln(1 + x): `log(onePlus:)`.
public func log1p<Scalar: DifferentiableScalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { log(onePlus: x) }

/// eˣ − 1: `expMinusOne(_:)`.
public func expm1<Scalar: DifferentiableScalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { expMinusOne(x) }

/// ln |Γ(x)|: `logGamma(_:)`.
public func lgamma<Scalar: DifferentiableScalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { logGamma(x) }
