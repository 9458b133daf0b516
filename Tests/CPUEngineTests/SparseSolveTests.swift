import CPUEngine
import SparseStructure
import TensorGraph
import TestSupport
import Testing

@Suite("Sparse systems in a graph") struct SparseSolveTests {
  /// Elimination without exchanges, of a whole matrix.
  private final class Elimination: SparseSystemSolver {
    let pattern: SparsityPattern
    var name: String { "elimination" }

    init(_ pattern: SparsityPattern) { self.pattern = pattern }

    func isSame(as other: any SparseSystemSolver) -> Bool { other is Elimination }

    func solve(_ values: [Double], _ right: inout [Double], columnCount: Int) {
      let n = pattern.rowCount
      for column in 0..<columnCount {
        var a = [Double](repeating: 0, count: n * n)
        for (value, (row, column)) in zip(values, pattern.coordinates) {
          (a[row * n + column], a[column * n + row]) = (value, value)
        }
        var b = Array(right[(column * n)..<((column + 1) * n)])
        for k in 0..<n {
          for i in 0..<n where i != k {
            let factor = a[i * n + k] / a[k * n + k]
            for j in 0..<n { a[i * n + j] -= factor * a[k * n + j] }
            b[i] -= factor * b[k]
          }
        }
        for i in 0..<n { right[column * n + i] = b[i] / a[i * n + i] }
      }
    }
  }

  private static let pattern = SparsityPattern(rowCount: 5, columnCount: 5) { row, column in
    row == column || row > column && (row + column) % 3 != 0
  }
  private static let system = SparseSystem(pattern, solver: Elimination(pattern))

  private static func entries(_ generator: inout RepeatableGenerator) -> [Double] {
    pattern.coordinates.map { row, column in row == column ? 4 + Double(row) : generator.reals(1)[0] }
  }

  @Test("As with whole matrices: values, many directions at once, duality", arguments: [ScalarType.float64, .float32])
  func agreement(type: ScalarType) throws {
    var generator = RepeatableGenerator(seed: 3)
    let (system, count) = (Self.system, Self.pattern.nonzeroCount)
    let elements = Self.entries(&generator)
    let entries = Node.input(elements, [count], type)
    let right = Node.input(generator.reals(10), [5, 2], type)
    let whole = Node.input(system.dense(elements, zero: 0), [5, 5], type)
    let x = Node.solve(MatrixForm(.sparse(system)), right, entries)
    let expected = Node.solve(.general, right, whole)
    let moves = (0..<3).map { _ in generator.reals(count) }
    let sparseMoves = Node.input(moves.flatMap { $0 }, [3, count], type)
    let wholeMoves = Node.input(moves.flatMap { system.dense($0, zero: 0) }, [3, 5, 5], type)
    let tangent = pushforward(of: [x], seeds: [(entries, sparseMoves)], lift: 1)[0]!
    let expectedTangent = pushforward(of: [expected], seeds: [(whole, wholeMoves)], lift: 1)[0]!
    let rightMoves = Node.input(generator.reals(30), [3, 5, 2], type)
    let moved = pushforward(of: [x], seeds: [(right, rightMoves)], lift: 1)[0]!
    let expectedMoved = pushforward(of: [expected], seeds: [(right, rightMoves)], lift: 1)[0]!
    let cotangent = Node.input(generator.reals(10), [5, 2], type)
    let pulled = pullback(of: [(x, cotangent)], to: [entries, right])
    let products = [
      (tangent * cotangent.broadcast(leading: [3])).summed(over: [1, 2]),
      (moved * cotangent.broadcast(leading: [3])).summed(over: [1, 2]),
    ]
    let expectedProducts = [
      (sparseMoves * pulled[0]!.broadcast(leading: [3])).summed(over: [1]),
      (rightMoves * pulled[1]!.broadcast(leading: [3])).summed(over: [1, 2]),
    ]
    let tolerance = type == .float64 ? 1e-12 : 1e-5
    let found = try evaluated([x, tangent, moved] + products)
    let wanted = try evaluated([expected, expectedTangent, expectedMoved] + expectedProducts)
    for (found, wanted) in zip(found, wanted) {
      #expect(mismatch(found, wanted, relative: tolerance, absolute: tolerance) == nil)
    }
    #expect(mismatch(found[0], Interpreter.evaluate([x])[0], relative: tolerance, absolute: tolerance) == nil)
  }

  @Test("One program for equal systems, another for another pattern; a singular matrix gives no numbers")
  func identity() throws {
    var generator = RepeatableGenerator(seed: 4)
    let other = SparseSystem(Self.pattern, solver: Elimination(Self.pattern))
    let diagonal = SparsityPattern.diagonal(5)
    let apart = SparseSystem(diagonal, solver: Elimination(diagonal))
    #expect(other == Self.system && other.hashValue == Self.system.hashValue && apart != Self.system)
    let right = Node.input(generator.reals(5), [5, 1], .float64)
    let entries = Node.input([0, 1, 2, 3, 4], [5], .float64)
    #expect(try evaluated([.solve(MatrixForm(.sparse(apart)), right, entries)])[0][0].isFinite == false)
  }
}
