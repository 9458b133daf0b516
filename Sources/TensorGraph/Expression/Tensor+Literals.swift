extension Tensor: ExpressibleByIntegerLiteral where Scalar: TensorNumeric {
  public init(integerLiteral value: Int) {
    self.init(.fill(.integer(Int64(value)), shape: .scalar, scalarType: Scalar.scalarType).normalizedFill)
  }
}

extension Tensor: ExpressibleByFloatLiteral where Scalar: DifferentiableScalar {
  public init(floatLiteral value: Double) {
    self.init(.fill(.real(value), shape: .scalar, scalarType: Scalar.scalarType))
  }
}

extension Tensor: ExpressibleByBooleanLiteral where Scalar == Bool {
  public init(booleanLiteral value: Bool) {
    self.init(.fill(value.literal, shape: .scalar, scalarType: .bool))
  }
}

extension Tensor: ExpressibleByArrayLiteral {
  /// A tensor one axis deeper than its elements, which have one shape: `[[1, 2], [3, 4]]` is a matrix.
  public init(arrayLiteral elements: Tensor...) {
    guard let first = elements.first else {
      self.init(Node(Storage([Scalar]()), shape: [0]))
      return
    }
    for element in elements where element.shape != first.shape {
      fatalError("Tensor literal: rows of shapes \(first.shape) and \(element.shape) differ; make them equally long")
    }
    let storages = elements.compactMap { $0.node.literalStorage }
    guard storages.count == elements.count else {
      self.init(checked(try Operations.stack(elements.map(\.node))))
      return
    }
    let scalars = storages.flatMap { Array($0.buffer(as: Scalar.self)) }
    self.init(Node(Storage(scalars), shape: [elements.count] + first.node.shape))
  }
}

extension Node {
  /// The elements of data and constants, known without computing.
  fileprivate var literalStorage: Storage? {
    if let value { return value }
    guard let literal = fillLiteral else { return nil }
    switch scalarType {
    case .float32: return Storage(Array(repeating: Float(literal: literal), count: shape.count))
    case .float64: return Storage(Array(repeating: Double(literal: literal), count: shape.count))
    case .bool: return Storage(Array(repeating: Bool(literal: literal), count: shape.count))
    case .int32: return Storage(Array(repeating: Int32(literal: literal), count: shape.count))
    case .int64: return Storage(Array(repeating: Int64(literal: literal), count: shape.count))
    }
  }
}

extension Tensor {
  /// A matrix with the given rows, which are equally long.
  public init(_ rows: [[Scalar]]) {
    let columns = rows.first?.count ?? 0
    for (i, row) in rows.enumerated() where row.count != columns {
      fatalError("Tensor: row \(i) has \(row.count) elements, row 0 has \(columns); make the rows equally long")
    }
    self.init(rows.flatMap(\.self), shape: [rows.count, columns])
  }
}
