/// A multi-dimensional array whose operations are recorded and whose values appear when they are read.
///
/// ```swift
/// let x = Tensor<Double>([1, 2, 3])
/// let y = (x * x).sum()      // nothing is computed yet
/// print(y)                   // 14.0
/// ```
///
/// A tensor is a value: it never changes, and it may be sent between tasks. An operation costs one small node; its
/// derivatives of any order can be taken at any later time (`gradient`, `jacobian`, `hessian`). Shapes and element
/// types are checked when an operation is written, so an error points at the line at fault.
public struct Tensor<Scalar: TensorScalar>: Sendable {
  /// The operation whose result this is.
  package private(set) var node: Node {
    didSet { node.expose() }
  }

  /// A tensor that stands for a node of the right element type.
  package init(_ node: Node) {
    precondition(node.scalarType == Scalar.scalarType, "node of \(node.scalarType) in a tensor of \(Scalar.self)")
    self.node = node
    node.expose()
  }

  /// A constant of formulas that is no tensor of a user: not data, and free to fold into other operations.
  package static func constant(_ value: Scalar) -> Tensor {
    Tensor(constant: .fill(value.literal, shape: .scalar, scalarType: Scalar.scalarType))
  }

  private init(constant node: Node) { self.node = node }

  /// The extents of the axes.
  public var shape: [Int] { node.shape.dimensions }
  /// The number of axes.
  public var rank: Int { node.shape.rank }
  /// The number of elements.
  public var count: Int { node.shape.count }

  /// Whether derivatives treat this tensor as a constant.
  ///
  /// False on new tensors. Setting it concerns what is computed from this variable afterwards; `stoppingGradient()` is
  /// the form for expressions. Asking for a derivative in a tensor so marked is an error, but the point of a function form,
  /// such as `gradient(at: x) { ... }`, is always a variable.
  public var stopGradient: Bool {
    get { node.isDetached }
    set {
      if newValue {
        node = node.detached()
      } else if node.isDetached {
        node = node.operands[0]
      }
    }
  }
}

extension Tensor {
  /// A scalar.
  public init(_ value: Scalar) { self.init(Node(Storage(CollectionOfOne(value)), shape: .scalar)) }

  /// A vector.
  public init(_ elements: [Scalar]) { self.init(Node(Storage(elements), shape: [elements.count])) }

  /// A tensor with the given elements in row-major order. Stops if their number does not fit the shape.
  public init(_ elements: [Scalar], shape: [Int]) {
    self.init(checking: try Node.data(elements, shape))
  }

  /// A tensor whose elements are written where they will stay, such as those of a large file.
  ///
  /// - Parameters:
  ///   - shape: the extents.
  ///   - body: initialises all elements of the buffer, which are in row-major order.
  public init(
    unsafeUninitializedShape shape: [Int], initializingWith body: (UnsafeMutableBufferPointer<Scalar>) throws -> Void
  ) rethrows {
    let shape = Shape(shape)
    let storage = Storage(count: shape.count, scalarType: Scalar.scalarType)
    let base = storage.base.bindMemory(to: Scalar.self, capacity: shape.count)
    try body(UnsafeMutableBufferPointer(start: base, count: shape.count))
    self.init(Node(storage, shape: shape))
  }

  /// A tensor of the given shape with every element equal.
  public static func full(_ shape: [Int], _ value: Scalar) -> Tensor {
    // Data, not a constant of the graph: constants fold away, and one may differentiate at a point made of zeros.
    Tensor(checking: try Node.data(repeating: value, shape))
  }
}

extension Node {
  fileprivate static func data<Scalar: TensorScalar>(
    _ elements: [Scalar], _ dimensions: [Int]
  ) throws(TensorError) -> Node {
    let shape = try Shape(checking: dimensions)
    guard elements.count == shape.count else {
      throw TensorError("Tensor: \(elements.count) elements for shape \(shape), which has \(shape.count); give as many")
    }
    return Node(Storage(elements), shape: shape)
  }

  fileprivate static func data<Scalar: TensorScalar>(
    repeating value: Scalar, _ dimensions: [Int]
  ) throws(TensorError) -> Node {
    let shape = try Shape(checking: dimensions)
    return Node(Storage(repeatElement(value, count: shape.count)), shape: shape)
  }
}

extension Tensor where Scalar: TensorNumeric {
  /// A tensor of zeros.
  public static func zeros(_ shape: [Int]) -> Tensor { full(shape, 0) }

  /// A tensor of ones.
  public static func ones(_ shape: [Int]) -> Tensor { full(shape, 1) }

  /// The identity matrix, or a rectangle of it; `offset` shifts the ones to the right.
  public static func eye(_ rows: Int, _ columns: Int? = nil, offset: Int = 0) -> Tensor {
    Tensor(checking: try Operations.eye(rows, columns, offset: offset, Scalar.scalarType))
  }

  /// The numbers 0, 1, …, count - 1.
  public static func arange(_ count: Int) -> Tensor {
    Tensor(Node(.iota([Swift.max(0, count)], axis: 0, Scalar.scalarType)))
  }

  /// The numbers start, start + step, … below end (above it, if the step is negative).
  public static func arange(_ start: Scalar, _ end: Scalar, step: Scalar = 1) -> Tensor {
    guard step != 0 else { return mistake("arange: a step of 0 never arrives; use another step", else: .missing) }
    let span = (Double(literal: end.literal) - Double(literal: start.literal)) / Double(literal: step.literal)
    guard span < Double(1 << 40) else {
      return mistake(
        "arange: from \(start) to \(end) by steps of \(step) are more numbers than there is memory for; take larger steps",
        else: .missing)
    }
    var elements: [Scalar] = []
    // Each element from its index, so that errors do not add up.
    while true {
      let next = start + Scalar(exactly: elements.count)! * step
      guard step > 0 ? next < end : next > end else { break }
      elements.append(next)
    }
    return Tensor(elements)
  }
}

extension Tensor where Scalar: DifferentiableScalar {
  /// `count` numbers at equal distances from `start` to `end`, both included.
  public static func linspace(_ start: Scalar, _ end: Scalar, _ count: Int) -> Tensor {
    guard count > 1 else { return Tensor(Array(repeating: start, count: Swift.max(0, count))) }
    return Tensor(
      (0..<count).map { i in
        let fraction = Scalar(i) / Scalar(count - 1)
        return i == count - 1 ? end : start + fraction * (end - start)
      })
  }

  /// The same values, constant for derivatives.
  public func stoppingGradient() -> Tensor { Tensor(node.detached()) }
}

extension Tensor: TensorIndexable {
  public func read(_ index: [IndexComponent]) throws(TensorError) -> Tensor {
    Tensor(try Operations.index(node, index))
  }
}
