extension Tensor: ExpressibleByIntegerLiteral where Scalar: TensorNumeric {
  public init(integerLiteral value: Int) { self.init(number: .integer(Int64(value))) }
}

extension Tensor: ExpressibleByFloatLiteral where Scalar: DifferentiableScalar {
  public init(floatLiteral value: Double) { self.init(number: .real(value)) }
}

extension Tensor {
  /// A number that stands in the program.
  fileprivate init(number: Literal) {
    let type = Scalar.scalarType
    self.init(
      type.isDifferentiable
        ? Node(literal: .real(number.double), type) : .fill(number, shape: .scalar, scalarType: type))
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
      self = mistake(
        "Tensor literal: rows of shapes \(first.shape) and \(element.shape) differ; make them equally long",
        else: .missing)
      return
    }
    // Numbers, and array literals of numbers, become data. Anything else stays an expression of what it came from.
    let storages = elements.compactMap { $0.node.literalStorage }
    guard storages.count == elements.count else {
      self.init(checking: try Operations.stack(elements.map(\.node)))
      return
    }
    for element in elements { element.node.bypass() }
    let scalars = storages.flatMap { $0.elements(of: Scalar.self) }
    self.init(Node(literal: Storage(scalars), shape: [elements.count] + first.node.shape))
  }
}

extension Node {
  /// The elements of a literal.
  fileprivate var literalStorage: Storage? {
    guard isLiteral || !scalarType.isDifferentiable else { return nil }
    if let value { return value }
    guard let literal = fillLiteral else { return nil }
    switch scalarType {
    case .float32: return Storage(CollectionOfOne(Float(literal: literal)))
    case .float64: return Storage(CollectionOfOne(Double(literal: literal)))
    case .bool: return Storage(repeatElement(Bool(literal: literal), count: shape.count))
    case .int32: return Storage(repeatElement(Int32(literal: literal), count: shape.count))
    case .int64: return Storage(repeatElement(Int64(literal: literal), count: shape.count))
    }
  }
}

extension Tensor {
  /// A matrix with the given rows, which are equally long.
  @_disfavoredOverload
  public init(_ rows: [[Scalar]]) {
    let columns = rows.first?.count ?? 0
    for (i, row) in rows.enumerated() where row.count != columns {
      self = mistake(
        "Tensor: row \(i) has \(row.count) elements, row 0 has \(columns); make the rows equally long", else: .missing)
      return
    }
    self.init(rows.flatMap(\.self), shape: [rows.count, columns])
  }

  /// A tensor of three axes with the given matrices, which have one shape.
  @_disfavoredOverload
  public init(_ matrices: [[[Scalar]]]) {
    let (rows, columns) = (matrices.first?.count ?? 0, matrices.first?.first?.count ?? 0)
    for (i, matrix) in matrices.enumerated()
    where matrix.count != rows || matrix.contains(where: { $0.count != columns }) {
      self = mistake(
        "Tensor: matrix \(i) is not \(rows)×\(columns) as the first row of matrix 0 says; make the matrices alike",
        else: .missing)
      return
    }
    self.init(matrices.flatMap { $0.flatMap(\.self) }, shape: [matrices.count, rows, columns])
  }

  /// A vector.
  public init(_ elements: ArraySlice<Scalar>) { self.init(Array(elements)) }

  /// A tensor with the given elements in row-major order, copied. Stops if their number does not fit the shape.
  public init(_ elements: Span<Scalar>, shape: [Int]) {
    self.init(elements.withUnsafeBufferPointer { Array($0) }, shape: shape)
  }
}
