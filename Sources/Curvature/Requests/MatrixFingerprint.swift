import TensorGraph

/// What tells rows of a matrix of derivatives from those of another, in this process or in another one.
///
/// Equal fingerprints stand for equal elements, if the same version of the library computes them on processors of one kind.
public struct MatrixFingerprint: Hashable, Sendable, Codable {
  /// The extents of the rows together.
  public let shape: [Int]
  /// The type of the elements, by its name.
  public let scalarType: String
  /// The rows of each block.
  public let rowsPerBlock: Int
  /// A digest of the numbers of the rows.
  public let rows: String
  /// A digest of what is computed; nil if an operation has no identity that outlives the process.
  public let function: String?
  /// A digest of the point and of all data; nil if some of them are forgotten.
  public let data: String?

  /// - Parameter derivative: the products with it are the rows.
  init(of derivative: Derivative, shape: [Int], rowNumbers: [Int], rowsPerBlock: Int) {
    let (output, variable) = (derivative.rows.node, derivative.columns.node)
    self.shape = shape
    scalarType = variable.scalarType.rawValue
    self.rowsPerBlock = rowsPerBlock
    var numbers = ContentDigest()
    for row in rowNumbers { numbers.append(row) }
    self.rows = numbers.digits
    function = try? GraphSignature(of: output, in: variable).digest
    var elements = ContentDigest()
    var isKnown = true
    for node in [variable] + Node.topologicalOrder([output], entering: { $0 !== variable })
    where node.isInput || node === variable {
      guard let value = node.value ?? (try? Evaluation.storage(node)) else {
        isKnown = false
        continue
      }
      elements.append(value.count)
      elements.append(words: UnsafeRawBufferPointer(start: value.base, count: value.byteCount))
    }
    data = isKnown ? elements.digits : nil
  }

  /// Why this is not known to be what another one is of, in words; nil if it is the same.
  ///
  /// - Parameter other: what was there before.
  public func difference(from other: MatrixFingerprint) -> String? {
    func differs(_ what: String, _ old: String, _ new: String) -> String? {
      old == new ? nil : "it is of \(what) \(old), now it is \(new)"
    }
    if let text = differs("shape", "\(other.shape)", "\(shape)") ?? differs("type", other.scalarType, scalarType)
      ?? differs("blocks of so many rows:", "\(other.rowsPerBlock)", "\(rowsPerBlock)")
    {
      return text
    }
    if rows != other.rows { return "it is of other rows" }
    guard let function, let before = other.function else {
      return "the function has an operation without an identity by which another process would know it; give its "
        + "CustomDerivative an `identifier`"
    }
    if function != before { return "it is of another function" }
    guard let data, let dataBefore = other.data else { return "what the function is computed from is forgotten" }
    return data == dataBefore ? nil : "it is of the same function at another point, or of other data"
  }
}
