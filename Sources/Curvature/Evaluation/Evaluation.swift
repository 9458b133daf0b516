import CPUEngine
import TensorGraph

/// Computes several tensors at once; work that they share is done once. Reading one of them later costs nothing.
///
/// Any tensor can be read without this: values appear when asked for. It matters where several results have a common
/// part, such as a value and its gradient.
/// - Throws: `TensorError` if memory runs out or an index that only values show lies outside its axis.
public func evaluate<each Scalar: TensorScalar>(_ tensors: repeat Tensor<each Scalar>) throws(TensorError) {
  var nodes: [Node] = []
  for tensor in repeat each tensors { nodes.append(tensor.node) }
  try Evaluation.evaluate(nodes)
}

/// Where values come from.
package enum Evaluation {
  /// Computes the nodes that have no value yet.
  package static func evaluate(_ nodes: [Node]) throws(TensorError) {
    try Engine.evaluate(nodes)
  }

  /// The elements of one node.
  package static func storage(_ node: Node) throws(TensorError) -> Storage {
    if let value = node.value { return value }
    try evaluate([node])
    return node.value!
  }

  /// The elements of several nodes, computed together, which those without a value do not keep.
  static func passing(_ nodes: [Node]) throws(TensorError) -> [Storage] {
    try storages(nodes.map { $0.value != nil || $0.operands.isEmpty ? $0 : Node($0.primitive, $0.operands) })
  }

  /// The elements of tables of whole numbers, which do not keep them; nil if they depend on real numbers or on what is given
  /// later.
  package static func knownIntegers(_ nodes: [Node]) throws(TensorError) -> [[Int]]? {
    let isKnown = Node.topologicalOrder(nodes).allSatisfy { node in
      !node.isInput || node.value != nil && !node.scalarType.isDifferentiable
    }
    guard isKnown else { return nil }
    return try passing(nodes).map { table in
      table.scalarType == .int32
        ? table.withElements(of: Int32.self) { $0.map(Int.init) }
        : table.withElements(of: Int64.self) { $0.map(Int.init) }
    }
  }

  /// The elements of several nodes, computed together.
  static func storages(_ nodes: [Node]) throws(TensorError) -> [Storage] {
    try evaluate(nodes)
    return nodes.map { $0.value! }
  }
}

extension Tensor {
  /// The computed elements. Stops the program if they cannot be computed; `evaluate(_:)` throws instead.
  package var storage: Storage { checked(try Evaluation.storage(node)) }

  /// The elements in row-major order. Computes what has no value yet; stops the program where `readScalars()` throws.
  ///
  /// - Complexity: O(elements), a copy, each time; besides the computation, once.
  public var scalars: [Scalar] { checked(try readScalars()) }

  /// The elements in row-major order.
  ///
  /// - Throws: `TensorError` if memory runs out or an index that only values show lies outside its axis.
  public func readScalars() throws(TensorError) -> [Scalar] { try Evaluation.storage(node).elements() }

  /// Calls `body` with the elements in row-major order, without a copy. Computes what has no value yet, and stops the program
  /// if it cannot; after `try evaluate(x)` it can.
  public func withUnsafeBufferPointer<Result>(
    _ body: (UnsafeBufferPointer<Scalar>) throws -> Result
  ) rethrows -> Result {
    try storage.withElements(of: Scalar.self, body)
  }

  /// The element of a tensor that has a single one. Stops the program where `readItem()` throws.
  public func item() -> Scalar { checked(try readItem()) }

  /// The element of a tensor that has a single one.
  ///
  /// - Throws: `TensorError` if there are more or none, or it cannot be computed.
  public func readItem() throws(TensorError) -> Scalar {
    guard count == 1 else {
      throw TensorError("item: shape \(shape) has \(count) elements; index one of them, or read `scalars`")
    }
    return try Evaluation.storage(node).element(0)
  }
}

extension Tensor {
  /// The elements alone, computed now: a new variable that remembers nothing of what it was made of.
  ///
  /// A loop that goes on from such tensors takes the same time and memory in every step:
  /// <!-- swift var w = Tensor<Double>([1, 2]); func loss(_ w: Tensor<Double>) -> Tensor<Double> { square(w).sum() } -->
  /// ```swift
  /// w = (w - 0.1 * gradient(loss(w), w)).detached()
  /// ```
  /// Without it everything computed so far stays, so that the result can be differentiated in where the loop began. Stops
  /// the program where `readDetached()` throws; `stoppingGradient()` is the form for constants of an expression.
  public func detached() -> Tensor { checked(try readDetached()) }

  /// `detached()`, or what is wrong.
  ///
  /// - Throws: `TensorError` if the elements cannot be computed.
  public func readDetached() throws(TensorError) -> Tensor {
    Tensor(Node(try Evaluation.storage(node), shape: node.shape))
  }
}

extension Tensor: Equatable {
  /// Whether shapes and all elements are equal (NaN differs from itself). Computes both sides, and stops the program if that
  /// fails; after `try evaluate(a, b)` it cannot.
  public static func == (left: Tensor, right: Tensor) -> Bool {
    guard left.shape == right.shape else { return false }
    checked(try Evaluation.evaluate([left.node, right.node]))
    return left.withUnsafeBufferPointer { left in right.withUnsafeBufferPointer { left.elementsEqual($0) } }
  }
}

extension Tensor where Scalar: DifferentiableScalar {
  /// Whether shapes agree and all elements are within an absolute or a relative tolerance of each other. Infinities
  /// are close to themselves, NaN to nothing. Computes both, as `==`.
  public func isClose(to other: Tensor, relative: Scalar = 1e-5, absolute: Scalar = 1e-8) -> Bool {
    guard shape == other.shape else { return false }
    checked(try Evaluation.evaluate([node, other.node]))
    return withUnsafeBufferPointer { elements in
      other.withUnsafeBufferPointer { others in
        zip(elements, others).allSatisfy { a, b in
          if a == b { return true }
          let distance = (a - b).magnitude
          return distance.isFinite && distance <= Swift.max(absolute, relative * Swift.max(a.magnitude, b.magnitude))
        }
      }
    }
  }
}
