import Foundation
import TensorGraph
import TestSupport
import Testing

@Suite("Series") struct SeriesTests {
  private static func value(_ series: Series, at t: Double) -> Double {
    series.terms.reduce(0) { $0 + $1.coefficient * pow(t, $1.power) * pow(log(t), Double($1.logarithms)) }
  }

  /// The series of f along a line through a point, and f itself on the line.
  private static func problem(_ function: ScalarFunction, _ point: [Double], _ speeds: [Double]) -> String? {
    let series = function.facts.series(zip(point, speeds).map { Series($0) + Series($1, power: 1) })
    if let fault = series.fault { return "\(function)\(point) along \(speeds): \(fault)" }
    for t in [0.01, 0.004] {
      let expected = function.value(zip(point, speeds).map { $0 + t * $1 })
      let found = value(series, at: t)
      guard abs(found - expected) <= 1e-10 * max(1, abs(expected)) else {
        return "\(function)\(point) along \(speeds) at \(t): \(found), expected \(expected)"
      }
    }
    return nil
  }

  @Test("are the function near ordinary points", arguments: ScalarFunction.allCases)
  func ordinaryPoints(function: ScalarFunction) {
    var generator = RepeatableGenerator(seed: 7)
    var checked = 0
    for _ in 0..<40 {
      let point = function.facts.domain.map { generator.real(in: $0) }
      let speeds = function.facts.domain.map { _ in generator.real(in: -1...1) }
      // Steps lie between points.
      let isStep = function.partial0IsZero && (point[0] - point[0].rounded()).magnitude > 0.45
      if isStep { continue }
      if function == .modulo, abs((point[0] / point[1]) - (point[0] / point[1]).rounded()) < 0.05 { continue }
      if [.abs, .sign, .relu].contains(function), abs(point[0]) < 0.05 { continue }
      if [.floor, .ceil, .trunc].contains(function), abs(point[0] - point[0].rounded()) < 0.05 { continue }
      if [.max, .min].contains(function), abs(point[0] - point[1]) < 0.1 { continue }
      let problem = Self.problem(function, point, speeds)
      #expect(problem == nil)
      checked += 1
    }
    #expect(checked >= 20)
  }

  static let singularPoints: [(function: ScalarFunction, point: [Double], speeds: [Double])] = [
    (.sqrt, [0], [2]), (.magnitude, [0], [0.5]), (.rsqrt, [0], [1]), (.cbrt, [0], [-1]), (.abs, [0], [-2]),
    (.log, [0], [3]), (.log2, [0], [1]), (.log10, [0], [1]), (.logOnePlus, [-1], [1]), (.reciprocal, [0], [-1]),
    (.asin, [1], [-1]), (.asin, [-1], [2]), (.acos, [1], [-1]), (.acos, [-1], [1]), (.acosh, [1], [1]),
    (.atanh, [1], [-1]), (.hypot, [0, 0], [3, -4]), (.atan2, [0, 0], [1, 2]), (.atan2, [0, 0], [-1, -2]),
    (.pow, [0, 1.5], [2, 0]), (.pow, [0, -0.5], [1, 0]), (.divide, [1, 0], [0, 2]),
    (.max, [1, 1], [-1, 2]), (.max, [0, 0], [3, 1]), (.min, [1, 1], [-1, 2]), (.relu, [0], [2]), (.relu, [0], [-1]),
    (.floor, [1], [-1]), (.ceil, [1], [1]), (.round, [0.5], [1]), (.trunc, [-1], [1]), (.sign, [0], [-1]),
  ]

  @Test("are the function near singular points", arguments: singularPoints.indices) func singular(index: Int) {
    let (function, point, speeds) = Self.singularPoints[index]
    #expect(Self.problem(function, point, speeds) == nil)
  }

  @Test("An infinite constant stays one") func infinities() {
    let t = Series(1, power: 1)
    let infinity = Series(.infinity)
    #expect((infinity + t).isInfiniteConstant && (t + infinity).isInfiniteConstant)
    #expect(ScalarFunction.sigmoid.facts.series([infinity + t]).limitValue == 1)
    #expect(ScalarFunction.multiply.facts.series([t, Series(-.infinity)]).limitValue == -.infinity)
    #expect(ScalarFunction.subtract.facts.series([infinity, infinity]).fault != nil)
    #expect(ScalarFunction.reciprocal.facts.series([infinity]).limitValue == 0)
  }

  @Test("Functions that no such series have are told from the ends of domains") func unexpandable() {
    let logarithm = ScalarFunction.log.facts.series([Series(1, power: 1)])
    let negative = ScalarFunction.negate.facts.series([logarithm])
    for (function, operand) in [(ScalarFunction.log, negative), (.sqrt, negative)] {
      guard case .unexpandable? = function.facts.series([operand]).fault else {
        Issue.record("\(function)")
        continue
      }
    }
    for function in [ScalarFunction.log, .sqrt] {
      guard case .undefined? = function.facts.series([logarithm]).fault else {
        Issue.record("\(function) of a negative logarithm")
        continue
      }
    }
  }

  @Test("do not exist outside of a domain") func outside() {
    for (function, point, speed) in [
      (ScalarFunction.sqrt, 0.0, -1.0), (.log, 0, -1), (.asin, 1, 1), (.acos, -1, -1), (.acosh, 1, -1),
    ] {
      let series = function.facts.series([Series(point) + Series(speed, power: 1)])
      #expect(series.fault != nil, "\(function)")
    }
  }
}

extension ScalarFunction {
  fileprivate var partial0IsZero: Bool { [.round].contains(self) }
}
