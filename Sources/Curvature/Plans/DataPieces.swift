import TensorGraph

/// Data in pieces, each of which is made when it is asked for and not kept: rows of a file, or what is computed.
///
/// <!-- swift let X = Tensor<Double>.ones(5, 2) -->
/// ```swift
/// let pieces = X.pieces(of: 2)       // the last has one row
/// let squares = DataPieces(count: 10) { Tensor([Double($0 * $0)]) }
/// ```
public struct DataPieces<Scalar: TensorScalar>: Sendable {
  /// How many there are.
  public let count: Int
  private let make: @Sendable (Int) throws(TensorError) -> Tensor<Scalar>

  /// Pieces that a function gives.
  ///
  /// - Parameters:
  ///   - count: how many there are.
  ///   - make: the piece of a number, from 0; the same whenever it is called.
  public init(count: Int, _ make: @escaping @Sendable (Int) throws(TensorError) -> Tensor<Scalar>) {
    (self.count, self.make) = (max(count, 0), make)
  }

  /// Rows of a tensor, such as one that is mapped from a file.
  ///
  /// - Parameters:
  ///   - tensor: has rows along its first axis.
  ///   - rows: those of a piece; the last may have fewer.
  /// - Throws: `TensorError` if the tensor has no axis or a piece no row.
  public init(_ tensor: Tensor<Scalar>, rows: Int) throws(TensorError) {
    guard tensor.rank > 0, rows > 0 else {
      throw TensorError("pieces: \(rows) rows of a tensor of shape \(tensor.shape); give at least 1 of an axis")
    }
    self.init(count: (tensor.shape[0] + rows - 1) / rows) { (number) throws(TensorError) in
      try tensor.read(at: AxisRange(start: number * rows, end: (number + 1) * rows))
    }
  }

  /// A piece.
  ///
  /// - Parameter number: from 0.
  /// - Throws: `TensorError` if there is none of this number, and what the function throws that gives it.
  public func read(_ number: Int) throws(TensorError) -> Tensor<Scalar> {
    guard number >= 0, number < count else { throw TensorError("pieces: number \(number) is outside \(count)") }
    return try make(number)
  }
}

extension Tensor {
  /// Rows, some at a time. Stops the program where `DataPieces(_:rows:)` throws.
  ///
  /// - Parameter rows: those of a piece; the last may have fewer.
  public func pieces(of rows: Int) -> DataPieces<Scalar> {
    checked(try DataPieces(self, rows: rows), else: DataPieces(count: 0) { (_) throws(TensorError) in missing })
  }
}
