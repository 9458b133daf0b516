import TensorGraph

/// What a plan does about NaN at singular points of its function if it was asked to: the function is expanded there, as it
/// is where a lazy matrix is read.
struct PlanSingularities: Sendable {
  /// The function, over placeholders.
  private let output: Node
  private let arguments: [Node]

  /// Derivatives of the function in its first argument.
  enum Part: Sendable {
    /// All first derivatives, of function elements in elements of the argument; of one element the gradient.
    case jacobian
    case jacobianEntries(SparsityPattern)
    case hessian
    case hessianEntries(SparsityPattern)
    /// The row whose number (int64) follows the arguments.
    case hessianRow
    /// The product of the Hessian with a direction that follows the arguments.
    case hessianProduct
  }

  /// - Parameters:
  ///   - arguments: the placeholders; the first is what the function is differentiated in.
  ///   - isWanted: whether the plan was asked to resolve singular points.
  init?(of output: Node, in arguments: [Node], isWanted: Bool) {
    guard isWanted else { return nil }
    self.output = output
    self.arguments = arguments
  }

  /// Puts the numbers that the function has in the place of NaN.
  ///
  /// - Parameters:
  ///   - elements: derivatives, in the order of the part.
  ///   - inputs: the elements of the arguments, and those of a direction.
  ///   - inBatch: whether what does not exist stays NaN.
  /// - Throws: if a derivative does not exist, with the reason.
  func determine(
    _ elements: UnsafeMutableRawPointer, _ part: Part, at inputs: UnsafePointer<UnsafeRawPointer>, inBatch: Bool
  ) throws(TensorError) {
    switch output.scalarType {
    case .float32: try determine(Float.self, elements, part, inputs, inBatch)
    default: try determine(Double.self, elements, part, inputs, inBatch)
    }
  }

  private func determine<Scalar: DifferentiableScalar>(
    _: Scalar.Type, _ elements: UnsafeMutableRawPointer, _ part: Part, _ inputs: UnsafePointer<UnsafeRawPointer>,
    _ inBatch: Bool
  ) throws(TensorError) {
    let size = arguments[0].shape.count
    let count =
      switch part {
      case .jacobian: output.shape.count * size
      case .hessian: size * size
      case .jacobianEntries(let pattern), .hessianEntries(let pattern): pattern.nonzeroCount
      case .hessianRow, .hessianProduct: size
      }
    let target = UnsafeMutableBufferPointer(start: elements.assumingMemoryBound(to: Scalar.self), count: count)
    guard UnsafeBufferPointer(target).containsNaN else { return }
    func storage(_ base: UnsafeRawPointer, _ shape: Shape) -> Storage {
      Storage(UnsafeBufferPointer(start: base.assumingMemoryBound(to: Scalar.self), count: shape.count))
    }
    let point = arguments.enumerated().map { Node(storage(inputs[$0], $1.shape), shape: $1.shape) }
    let replacements = Dictionary(uniqueKeysWithValues: zip(arguments, point))
    let function = Node.substituting(replacements, in: [output])[0]
    let variable = UnitDirections(node: point[0], batchAxis: nil)
    func resolve(
      _ singularPoints: SingularPoints, _ place: (Int) -> (row: Int, column: Int)
    ) throws(TensorError) {
      try singularPoints.determine(target, isBatched: inBatch) { i in
        let (row, column) = place(i)
        return (0, row, column)
      }
    }
    var first: SingularPoints {
      SingularPoints(of: function, outputs: UnitDirections(node: function, batchAxis: nil), in: [variable])
    }
    var second: SingularPoints { SingularPoints(of: function, in: [variable, variable]) }
    switch part {
    case .jacobian: try resolve(first) { ($0 / size, $0 % size) }
    case .hessian: try resolve(second) { ($0 / size, $0 % size) }
    case .hessianRow:
      let row = Int(inputs[arguments.count].load(as: Int64.self))
      try resolve(second) { (row, $0) }
    case .jacobianEntries(let pattern):
      let places = Array(pattern.coordinates)
      try resolve(first) { places[$0] }
    case .hessianEntries(let pattern):
      let places = Array(pattern.coordinates)
      try resolve(second) { places[$0] }
    case .hessianProduct:
      let direction = storage(inputs[arguments.count], point[0].shape)
      try resolve(second.along(direction, transposed: false)) { ($0, 0) }
    }
  }
}
