import CPUEngine
import Foundation
import TensorGraph
import TestSupport
import Testing

/// Determinants of more than 8 rows beside minors without division, of matrices that are singular or nearly so.
@Suite struct DeterminantTests {
  /// U diag(s) Vᵀ for two orthogonal matrices, each the product of two reflections.
  private static func matrix(_ s: [Double]) -> [Double] {
    let n = s.count
    func reflected(_ rows: inout [Double], _ seed: Double, left: Bool) {
      let v = (0..<n).map { sin(seed * Double($0 + 1) + 0.3) }
      let size = v.reduce(0) { $0 + $1 * $1 }
      for i in 0..<n {
        func place(_ k: Int) -> Int { left ? k * n + i : i * n + k }
        let product = (0..<n).reduce(0.0) { $0 + v[$1] * rows[place($1)] }
        for k in 0..<n { rows[place(k)] -= 2 * product / size * v[k] }
      }
    }
    var rows = (0..<(n * n)).map { $0 / n == $0 % n ? s[$0 / n] : 0 }
    for (seed, left) in [(1.0, true), (2.3, true), (0.7, false), (3.1, false)] { reflected(&rows, seed, left: left) }
    return rows
  }

  private static let ones = [Double](repeating: 1, count: 7)
  private typealias Case = (name: String, elements: [Double])

  private static let matrices: [Case] = deficient + special

  private static let deficient: [Case] = {
    var cases: [Case] = []
    for e in [1, 1e-4, 1e-8, 1e-12, 1e-14, 1e-16, 0] { cases.append(("smallest \(e)", matrix([1] + ones + [e]))) }
    for e in [1e-4, 1e-8, 1e-14, 1e-16, 0] { cases.append(("two of \(e)", matrix(ones + [e, 1.5 * e]))) }
    for rank in [0, 1, 5, 6, 7] {
      let values = (0..<9).map { (i: Int) -> Double in i < rank ? 1 + Double(i) : 0 }
      cases.append(("rank \(rank)", matrix(values)))
    }
    return cases
  }()

  private static func filled(_ element: (_ i: Int, _ j: Int) -> Double) -> [Double] {
    (0..<81).map { element($0 / 9, $0 % 9) }
  }

  private static let special: [Case] = [
    ("a diagonal with a zero", filled { i, j in i == j && i < 8 ? 1 : 0 }),
    ("ones", filled { _, _ in 1 }), ("zeros", filled { _, _ in 0 }),
    ("two equal rows", filled { i, j in sin(Double(max(i, 1) * max(i, 1) * (7 + j) + j * j)) }),
    ("large", matrix([3e5, 2e5, 1e5, 1e5, 1e5, 1e5, 1e5, 1e5, 1e-8])),
    ("small", matrix([3, 2, 1, 1, 1, 1, 1, 1, 0]).map { 1e-20 * $0 }),
    ("a permutation", filled { i, j in j == (2 * i + 1) % 9 ? 1 : 0 }),
    ("graded", filled { i, j in i == j ? pow(10, 3 * Double(i) - 12) : 0 }),
  ]

  /// The matrix without a row and a column, as a node.
  private static func without(_ rows: Set<Int>, _ columns: Set<Int>, _ a: [Double]) -> Node {
    let left = (0..<81).filter { !rows.contains($0 / 9) && !columns.contains($0 % 9) }.map { a[$0] }
    return .input(left, [9 - rows.count, 9 - columns.count], .float64)
  }

  @Test("First and second derivatives are signed minors", arguments: 0..<25)
  func minors(_ index: Int) throws {
    let (name, elements) = Self.matrices[index]
    let a = Node.input(elements, [9, 9], .float64)
    let slope = try #require(gradient(of: Operations.determinant(a), to: [a])[0])
    // Along some elements.
    let chosen = [0, 13, 40, 71, 80]
    let seeds = Node.input(
      chosen.flatMap { place in (0..<81).map { $0 == place ? 1.0 : 0 } }, [chosen.count, 9, 9], .float64)
    let change = try #require(pushforward(of: [slope], seeds: [(a, seeds)], lift: 1)[0])
    let found = try evaluated([slope, change])
    let first = try evaluated(
      (0..<81).map { place in
        let minor = try Operations.determinant(Self.without([place / 9], [place % 9], elements))
        return (place / 9 + place % 9) % 2 == 0 ? minor : -minor
      }
    ).map { $0[0] }
    let second = try evaluated(
      chosen.flatMap { one in
        try (0..<81).map { other -> Node in
          let ((i, j), (k, l)) = ((one / 9, one % 9), (other / 9, other % 9))
          if i == k || j == l { return .zeros([], .float64) }
          let minor = try Operations.determinant(Self.without([i, k], [j, l], elements))
          let isNegative = ((i + j + k + l) % 2 == 1) != ((i < k) != (j < l))
          return isNegative ? -minor : minor
        }
      }
    ).map { $0[0] }
    // Relative to the largest; where all are 0, to powers of the elements.
    let largest = elements.reduce(0) { max($0, abs($1)) }
    for (found, expected, power) in [(found[0], first, 8.0), (found[1], second, 7.0)] {
      let size = expected.reduce(0) { max($0, abs($1)) }
      let absolute = max(2e-11 * size, 1e-14 * pow(largest, power))
      #expect(mismatch(found, expected, relative: 0, absolute: absolute) == nil, "\(name), order \(9 - Int(power))")
    }
  }

  @Test("Third derivatives of singular matrices") func third() throws {
    // Of det (a + t b) with b where a is zero: det b in the three lost dimensions.
    let a = Node.input(Self.matrix([1, 1, 1, 1, 1, 1, 0, 0, 0]), [9, 9], .float64)
    let b = Node.input(Self.matrix([0, 0, 0, 0, 0, 0, 1, 2, 3]), [9, 9], .float64)
    var value = try Operations.determinant(a)
    var found: [Double] = []
    for _ in 0..<3 {
      let slope = try #require(gradient(of: value, to: [a])[0])
      value = Node.contraction(slope, [0, 1], b, [0, 1], [])
      found += try evaluated([value])[0]
    }
    // The reflections have determinant 1 in pairs.
    #expect(mismatch(found, [0, 0, 36], absolute: 1e-9) == nil)
  }

  @Test("Forward derivatives are products with gradients, for every size, and behind other functions")
  func forward() throws {
    for n in [1, 3, 8, 9, 12, 17] {
      let elements = (0..<(n * n)).map { place in (place / n == place % n ? 2.0 : 0) + 0.1 * sin(Double(3 * place + 1))
      }
      let a = Node.input(elements, [n, n], .float64)
      let direction = Node.input((0..<(n * n)).map { cos(Double($0)) }, [n, n], .float64)
      let determinant = try Operations.determinant(a)
      let slope = try #require(gradient(of: determinant, to: [a])[0])
      func along(_ value: Node) -> Node { pushforward(of: [value], seeds: [(a, direction)])[0] ?? .zeros([], .float64) }
      let first = along(determinant)
      // The second derivative along the direction, by the two ways to it.
      let second = along(.contraction(slope, [0, 1], direction, [0, 1], []))
      let values = try evaluated([determinant, first, .contraction(slope, [0, 1], direction, [0, 1], []), second]).map {
        $0[0]
      }
      let (value, derivative, curvature) = (values[0], values[2], values[3])
      #expect(mismatch([values[1]], [derivative], relative: 1e-11, absolute: 0) == nil, "\(n) rows")
      let squared = determinant * determinant
      let functions: [(String, Node, Double)] = [
        ("square", squared, 2 * (derivative * derivative + value * curvature)),
        ("logarithm", .elementwise(.log, determinant), curvature / value - derivative * derivative / (value * value)),
        (
          "reciprocal", .elementwise(.reciprocal, determinant),
          2 * derivative * derivative / (value * value * value) - curvature / (value * value)
        ),
      ]
      for (name, function, expected) in functions {
        let slope = try #require(gradient(of: function, to: [a])[0])
        let found = try evaluated([
          along(.contraction(slope, [0, 1], direction, [0, 1], [])),
          along(along(function)),
        ]).map { $0[0] }
        let size = max(abs(expected), abs(curvature * value))
        #expect(
          mismatch(found, [expected, expected], relative: 1e-10, absolute: 1e-12 * size) == nil, "\(name), \(n) rows")
      }
    }
  }

  @Test("Batches, and single precision") func forms() throws {
    let elements = Self.matrix([1, 1, 1, 1, 1, 1, 0, 0, 0])
    let batch = Node.input(elements + Self.matrix([1, 1, 1, 1, 1, 1, 1, 1, 0]), [2, 9, 9], .float64)
    let total = try Operations.determinant(batch).summed(over: [0])
    let slope = try evaluated([try #require(gradient(of: total, to: [batch])[0])])[0]
    #expect(slope[..<81].allSatisfy { abs($0) < 1e-13 } && slope[81...].contains { abs($0) > 0.1 })
    let single = Node.input(Self.matrix([1, 1, 1, 1, 1, 1, 1, 1, 0]), [9, 9], .float32)
    let other = try evaluated([try #require(gradient(of: Operations.determinant(single), to: [single])[0])])[0]
    #expect(mismatch(other, Array(slope[81...]), relative: 0, absolute: 1e-4) == nil)
  }
}
