import Foundation
import TensorGraph
import TestSupport
import Testing

/// Values and derivatives of a special function at one point, made with mpmath.
struct SpecialFunctionRow: Sendable {
  let name: String
  /// The operands that are differentiated by, ascending.
  let path: [Int]
  let point: [Double]
  let value: Double

  /// The table of `Tests/Reference`, which its script describes, by function.
  static let all: [String: [SpecialFunctionRow]] = {
    let file = ReferenceFiles.url("special_functions.csv")
    guard let text = try? String(contentsOf: file, encoding: .utf8) else { fatalError("cannot read \(file.path)") }
    let rows = text.split(separator: "\n").map { line in
      let cells = line.split(separator: ",", omittingEmptySubsequences: false)
      return SpecialFunctionRow(
        name: String(cells[0]), path: cells[1].map { $0.wholeNumberValue! },
        point: cells[2].split(separator: " ").map { Double($0)! }, value: Double(cells[3])!)
    }
    return Dictionary(grouping: rows, by: \.name)
  }()

  static let names = all.keys.sorted()
}

@Suite("Special functions") struct SpecialFunctionTests {
  private static func node(_ name: String, _ x: [Node]) throws -> Node {
    if let member = SpecialFunction.members.first(where: { $0.name == name }) {
      return Node(.special(member.function), x)
    }
    switch name {
    case "log_ndtr": return try Operations.logNormalDistribution(x[0])
    default: fatalError("no function \(name)")
    }
  }

  @Test("Every member of a family has references") func names() {
    let known = Set(SpecialFunctionRow.names)
    for (name, _) in SpecialFunction.members { #expect(known.contains(name), "\(name)") }
  }

  @Test("Values and derivatives to third order are mpmath's", arguments: SpecialFunctionRow.names)
  func references(name: String) throws {
    let rows = try #require(SpecialFunctionRow.all[name])
    let tolerance = 1e-12
    for (path, rows) in Dictionary(grouping: rows, by: \.path) {
      let variables = rows[0].point.indices.map { i in Node.vector(rows.map { $0.point[i] }) }
      for modes in [[Mode.reverse, .reverse, .reverse], [.forward, .reverse, .forward]] {
        var node = try Self.node(name, variables)
        for (i, mode) in zip(path, modes) { node = mode.derivatives(of: node, in: [variables[i]])[0] }
        for (row, element) in zip(rows, node.interpreted) {
          // What nearly cancels is right to the size of what it is made of.
          let scale =
            Self.unexcused.contains(name) ? 0 : SpecialFunctionTests.scale(row, among: SpecialFunctionRow.all[name]!)
          #expect(
            isClose(element, row.value, relative: tolerance, absolute: tolerance * scale),
            "\(name) \(path) at \(row.point): \(element), expected \(row.value)")
        }
      }
    }
  }

  /// Functions whose every derivative is as accurate as its own size.
  private static let unexcused: Set = [
    "betaln", "digamma", "ellipe", "ellipk", "erfinv", "gammaln", "i0e", "i1e", "k0e", "k1e", "lambertw", "ndtri",
    "polygamma2", "spence",
  ]

  /// The size of lower derivatives at the point, in units of the point.
  private static func scale(_ row: SpecialFunctionRow, among rows: [SpecialFunctionRow]) -> Double {
    let lower = rows.filter { $0.point == row.point && $0.path.count < row.path.count }
    return lower.reduce(0) { largest, other in
      // The derivative by x has the size of the function over x.
      var size = abs(other.value)
      for i in row.path.dropFirst(other.path.count) { size /= max(abs(row.point[i]), 1) }
      return max(largest, size)
    }
  }

  @Test("Scaled Bessel functions of high order fit their neighbours", arguments: [1, 5, 20, 50, 130])
  func neighbours(n: Int) {
    func i(_ n: Int, _ k: Int, _ x: Double) -> Double { SpecialFunction.besselIScaled(n, derivative: k).value([x]) }
    func k(_ n: Int, _ k: Int, _ x: Double) -> Double { SpecialFunction.besselKScaled(n, derivative: k).value([x]) }
    for x in [0.25, 2, 30, 300, 600, 2500, 1e4, 1e5] as [Double] where x > 0.05 * Double(n) {
      let (a, b, c) = (i(n - 1, 0, x), i(n, 0, x), i(n + 1, 0, x))
      #expect(isClose(a - c, Double(2 * n) / x * b, relative: 1e-11, absolute: 1e-14 * a), "I, \(x)")
      #expect(isClose(i(n, 1, x), 0.5 * (a + c) - b, relative: 1e-9, absolute: 1e-13 * a), "I', \(x)")
      #expect(isClose(i(n, 0, -x), n % 2 == 0 ? b : -b, relative: 0, absolute: 0))
      let (p, q, r) = (k(n - 1, 0, x), k(n, 0, x), k(n + 1, 0, x))
      #expect(isClose(r - p, Double(2 * n) / x * q, relative: 1e-11, absolute: 1e-13 * r), "K, \(x)")
      #expect(isClose(k(n, 1, x), q - 0.5 * (p + r), relative: 1e-9, absolute: 1e-13 * r), "K', \(x)")
      // Wronski's determinant
      #expect(isClose(b * r + c * q, 1 / x, relative: 1e-12, absolute: 0), "I K, \(x)")
    }
  }

  @Test("Changes of polygamma add up", arguments: [0, 1, 3]) func changes(n: Int) {
    func change(_ a: Double, _ b: Double) -> Double { SpecialFunction.polygammaChange(n).value([a, b]) }
    for a in [1e-6, 0.25, 3, 40, 1e9] as [Double] {
      for b in [1e-12, 1e-3, 0.5, 8, 1e4, 1e20] as [Double] where (a + b) - a == b && (a + b) - b == a {
        #expect(isClose(change(a, b), -change(a + b, -b), relative: 1e-12, absolute: 0), "\(a), \(b)")
        let difference = SpecialFunction.polygamma(n).value([a + b]) - SpecialFunction.polygamma(n).value([a])
        let size = abs(SpecialFunction.polygamma(n).value([a]))
        #expect(isClose(change(a, b), difference, relative: 1e-12, absolute: 1e-13 * size), "\(a), \(b)")
      }
    }
    #expect(change(2, 0) == 0)
  }

  @Test("B has the sign that the gamma functions give it") func signs() throws {
    for (a, b) in [(2, 3), (-0.5, 2), (2, -0.5), (-1.5, -0.25), (-2.5, 0.75)] as [(Double, Double)] {
      let expected =
        SpecialFunction.gamma.value([a]) * SpecialFunction.gamma.value([b]) / SpecialFunction.gamma.value([a + b])
      let value = try Operations.beta(.vector([a]), .vector([b])).interpreted[0]
      #expect(isClose(value, expected, relative: 1e-13, absolute: 0), "\(a), \(b)")
    }
    #expect(
      isClose(try Operations.beta(.vector([-0.5]), .vector([2])).interpreted[0], -4, relative: 1e-13, absolute: 0))
  }

  @Test("Bounds of domains") func bounds() {
    func value(_ function: SpecialFunction, _ point: Double...) -> Double { function.value(point) }
    #expect(value(.gammaLower(0), 2, 0) == 0 && value(.gammaUpper(0), 2, 0) == 1)
    #expect(value(.gammaLower(0), 2, .infinity) == 1 && value(.gammaUpper(0), 2, .infinity) == 0)
    #expect(value(.gammaLower(0), -1, 1).isNaN && value(.betaLower(0, 0), 1, 1, 2).isNaN)
    #expect(value(.betaLower(0, 0), 2, 3, 0) == 0 && value(.betaLower(0, 0), 2, 3, 1) == 1)
    #expect(value(.erfInverse, 1) == .infinity && value(.erfInverse, -1) == -.infinity && value(.erfInverse, 2).isNaN)
    #expect(value(.normalQuantile, 0) == -.infinity && value(.normalQuantile, 1) == .infinity)
    #expect(value(.polygamma(0), -2).isNaN && value(.logGamma, -2) == .infinity && value(.besselK(0), 0) == .infinity)
    #expect(value(.spence, 0) == 1.6449340668482264 && value(.spence, 1) == 0 && value(.spence, -1).isNaN)
    #expect(value(.logBeta, 2, .infinity) == -.infinity && value(.logBeta, 0, 2) == .infinity)
    #expect(value(.besselIScaled(0, derivative: 1), 0) == 0 && value(.besselIScaled(1, derivative: 1), 0) == 0.5)
    #expect(
      value(.besselKScaled(0, derivative: 1), 0) == -.infinity && value(.besselKScaled(0, derivative: 3), -1).isNaN)
    #expect(value(.lambertW, -1).isNaN && value(.lambertGap, -1).isNaN && value(.lambertW, .infinity) == .infinity)
    #expect(value(.exponentialIntegral, 0) == -.infinity && value(.exponentialIntegral1, -1).isNaN)
    #expect(value(.elliptic(0, 0), 1) == .infinity && abs(value(.elliptic(0, -1), 1) - 1) < 1e-13)
    for member in SpecialFunction.members {
      let point = [Double](repeating: .nan, count: member.function.arity)
      #expect(member.function.value(point).isNaN, "\(member.name)")
    }
  }

  @Test("Every function ends at any operands, and stops nobody", arguments: SpecialFunction.members.indices)
  func extremes(_ member: Int) {
    let function = SpecialFunction.members[member].function
    let sizes: [Double] =
      function.arity == 1
      ? [0, .leastNonzeroMagnitude, 1e-300, 1e-8, 0.5, 1, 2, 3.5, 41, 1e6, 9.3e18, 1e300, .infinity]
      : [0, 0.5, 41, 1e300, .infinity]
    let coordinates = sizes + sizes.map { -$0 } + [.nan]
    var points: [[Double]] = [[]]
    for _ in 0..<function.arity { points = points.flatMap { point in coordinates.map { point + [$0] } } }
    // The functions by which it is differentiated, too.
    let variables = (0..<function.arity).map { i in Node.vector(points.map { $0[i] }) }
    let y = Node(.special(function), variables)
    let slopes = gradient(of: y, to: variables).compactMap { $0 }
    for values in Interpreter.evaluate([y] + slopes) { #expect(values.count == points.count) }
  }

  @Test("Zeta of large powers is the sum of its first terms", arguments: [31.0, 60, 200, 1e6, 9.3e18, .infinity])
  func largePowers(s: Double) {
    for q in [0.5, 1, 1.25, 7, 1e5] {
      let sum = (0..<40).reduce(0.0) { $0 + pow(q + Double($1), -s) }
      let tolerance = q > 100 ? 1 : 1e-13
      #expect(isClose(SpecialFunction.zeta(0).value([s, q]), sum, relative: tolerance, absolute: 0), "\(s) \(q)")
    }
    let sum = (0..<40).reduce(0.0) { $0 - log(1.25 + Double($1)) * pow(1.25 + Double($1), -s) }
    #expect(s.isInfinite || isClose(SpecialFunction.zeta(1).value([s, 1.25]), sum, relative: 1e-13, absolute: 0))
  }

  /// Derivatives of some order in s at powers far below 0, where the terms of the sum grow: references of 40 digits.
  @Test(
    "Zeta of negative powers",
    arguments: [
      (0, -20, 1.5, -9.5367431640625e-7),
      (0, -12, 1.5, -0.000244140625),
      (0, -25, 1, -54827.583333333333333),
      (0, -8.25, 0.3, 0.0056998321423575664667),
      (0, -4, 2.75, -9.7001953125),
      (0, -60.5, 9, -4.3358961755592772102e+54),
      (0, -3.75, 1, 0.0021445010246423074503),
      (0, -3.25, 1.5, -0.11103574172730508687),
      (0, -1.5, 0.25, -0.015109295630837673623),
      (0, -11, 40, -1197989076305814000.0),
      (0, -6, -2.5, 255.546875),
      (0, -7, -1.25, -4.7684487660725911458),
      (1, -5.5, 1.5, -0.011113747971519955826),
      (1, -20, 0.75, 99.593778443694443874),
      (1, -12.25, 3, 3376.3971981636321785),
      (2, -9, 1.25, -0.0098649037375456640683),
      (2, -4.5, 0.5, -0.0085738420441669649955),
      (3, -15.5, 2, 3.2103125966453560622),
      (1, -2.5, 0.5, 0.0062016988016927904559),
    ] as [(Int, Double, Double, Double)])
  func negativePowers(order: Int, s: Double, q: Double, expected: Double) {
    #expect(isClose(SpecialFunction.zeta(order).value([s, q]), expected, relative: 2e-9, absolute: 0))
    if s < -3.5 {
      #expect(isClose(SpecialFunction.zeta(order).value([s, q]), expected, relative: 1e-12, absolute: 0))
    }
  }
}
