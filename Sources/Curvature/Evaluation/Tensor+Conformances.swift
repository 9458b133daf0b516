import TensorGraph

// Not Hashable: values of two Hashable types can be compared as `AnyHashable`, so that `x == [[2 + 18, 4]]`, where the type checker
// finds no tensor on the right, would compile and be false.

extension Tensor: Encodable where Scalar: Encodable {
  /// The shape and the elements in row-major order, which are computed.
  ///
  /// - Throws: `TensorError` if they cannot be computed, and what the encoder throws: that of JSON has no infinities by default.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: TensorCodingKey.self)
    try container.encode(shape, forKey: .shape)
    try container.encode(readScalars(), forKey: .elements)
  }
}

extension Tensor: Decodable where Scalar: Decodable {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: TensorCodingKey.self)
    let shape = try container.decode([Int].self, forKey: .shape)
    let elements = try container.decode([Scalar].self, forKey: .elements)
    var count = 1
    for extent in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      guard extent >= 0, !overflow else {
        throw DecodingError.dataCorruptedError(
          forKey: .shape, in: container, debugDescription: "\(shape) is no shape of a tensor")
      }
      count = product
    }
    guard count == elements.count else {
      throw DecodingError.dataCorruptedError(
        forKey: .elements, in: container, debugDescription: "\(elements.count) elements for shape \(shape)")
    }
    self.init(elements, shape: shape)
  }
}

private enum TensorCodingKey: String, CodingKey { case shape, elements }

// The operands are generic so that a literal in brackets is a position and nothing else.
extension Tensor {
  /// The elements where a mask of this shape is true, in row-major order: x[x .> 0]. Computes the mask; derivatives take it as it is.
  ///
  /// Stops the program if the mask has another shape or cannot be computed.
  @_disfavoredOverload
  public subscript(_ mask: some _TensorProtocol<Bool>) -> Tensor {
    let mask = mask._tensor
    guard mask.shape == shape else {
      return mistake(
        "[mask]: a mask of shape \(mask.shape) for a tensor of shape \(shape); make them equal", else: missing)
    }
    let places = mask.scalars.enumerated().compactMap { $1 ? Int64($0) : nil }
    return reshaped(to: [count]).gathered(at: Tensor<Int64>(places))
  }

  /// The rows (along the first axis) of the given numbers; negative ones count from the end.
  @_disfavoredOverload
  public subscript(_ rows: some _TensorProtocol<Int64>) -> Tensor { gathered(at: rows._tensor) }
}
