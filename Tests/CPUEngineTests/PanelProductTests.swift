import CPUEngine
import TensorGraph
import TestSupport
import Testing

/// Sums over many samples whose weighted matrix never stands in memory, against the same with the matrix.
@Suite(.serialized) struct PanelProductTests {
  private func input(_ shape: Shape, seed: UInt64, _ type: ScalarType) -> Node {
    var generator = RepeatableGenerator(seed: seed)
    return randomInput(shape, type, using: &generator)
  }

  /// A matrix of rows × columns that is computed element by element.
  private func weighted(_ rows: Int, _ columns: Int, _ type: ScalarType) -> Node {
    let x = input([rows, columns], seed: 1, type)
    let weights = Node.elementwise(.sigmoid, input([rows], seed: 2, type)).broadcast(to: [rows, columns], axes: [0])
    return Node.elementwise(.tanh, x) * weights
  }

  private enum Form: CaseIterable { case square, left, right, leftByTransposed }

  /// A product over the rows of a computed matrix.
  private func product(_ form: Form, _ matrix: Node, _ type: ScalarType) -> Node {
    let rows = matrix.shape[0]
    let other = input([rows, 6], seed: 3, type)
    return switch form {
    case .square: .contraction(matrix, [0, 1], matrix, [0, 2], [1, 2])
    case .left: .contraction(matrix, [0, 1], other, [0, 2], [1, 2])
    case .right: .contraction(other, [0, 1], matrix, [0, 2], [1, 2])
    case .leftByTransposed: .contraction(matrix, [0, 1], input([6, rows], seed: 3, type), [2, 0], [1, 2])
    }
  }

  @Test(arguments: [(2048, 130), (4099, 67), (9000, 80)], [ScalarType.float64, .float32])
  func agreeWithProductsOfTheWhole(size: (Int, Int), type: ScalarType) throws {
    let rows = type == .float32 ? 2 * size.0 : size.0
    for form in Form.allCases {
      let alone = product(form, weighted(rows, size.1, type), type)
      #expect(try Engine.description(of: [alone]).contains("of panels"), "\(form)")
      try Engine.evaluate([alone])
      let matrix = weighted(rows, size.1, type)
      let together = product(form, matrix, type)
      #expect(try !Engine.description(of: [together, matrix]).contains("of panels"))
      try Engine.evaluate([together, matrix])
      let tolerance = type == .float64 ? 1e-12 : 1e-4
      let wrong = mismatch(
        alone.value!.doubles, together.value!.doubles, relative: tolerance,
        absolute: tolerance * Double(rows).squareRoot())
      #expect(wrong == nil, "\(form)")
    }
  }

  @Test func bitsDoNotDependOnWorkers() throws {
    let before = Engine.workerLimit
    defer { Engine.workerLimit = before }
    for form in Form.allCases {
      var bits: [[Double]] = []
      for workers in [1, 2] {
        Engine.workerLimit = workers
        let node = product(form, weighted(5000, 70, .float64), .float64)
        try Engine.evaluate([node])
        bits.append(node.value!.doubles)
      }
      #expect(bits[0] == bits[1])
    }
  }

  @Test func theMatrixTakesNoMemory() throws {
    let rows = 1 << 16
    let x = input([rows, 100], seed: 5, .float64)
    let node = product(.square, Node.elementwise(.exp, x), .float64)
    let program = try Program(outputs: [node], inputs: [x])
    #expect(program.temporaryByteCount < rows * 100 * 8 / 4)
  }
}
