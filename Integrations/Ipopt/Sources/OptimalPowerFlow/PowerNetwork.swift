import Curvature
import Foundation

/// The parts of a case that are in service, per unit, with places instead of numbers of buses.
public struct PowerNetwork: Sendable {
  /// The number of buses.
  public let busCount: Int
  /// Which buses are references: their angle is 0.
  let references: [Int]
  let activeDemand: [Double], reactiveDemand: [Double]
  let shuntConductance: [Double], shuntSusceptance: [Double]
  let voltageRange: [(low: Double, high: Double)]
  let generatorBus: [Int]
  let activeRange: [(low: Double, high: Double)], reactiveRange: [(low: Double, high: Double)]
  /// c₀ + c₁ p + c₂ p² + …, of active power per unit, in $/h: a row for each generator.
  let costs: [[Double]]
  let from: [Int], to: [Int]
  /// Eight numbers for each branch: see `OptimalPowerFlow`.
  let coefficients: [[Double]]
  /// The largest apparent power; ∞ for none.
  let ratings: [Double]
  let angleRange: [(low: Double, high: Double)]

  /// The number of generators.
  public var generatorCount: Int { generatorBus.count }
  /// The number of branches.
  public var branchCount: Int { from.count }

  /// The network of a case.
  ///
  /// - Throws: `PowerCase.FormatError` if a generator's cost is no polynomial, or there is no reference bus.
  public init(_ powerCase: PowerCase) throws {
    let base = powerCase.baseMVA
    let buses = powerCase.buses.filter { $0[1] != 4 }
    let place = Dictionary(buses.enumerated().map { ($1[0], $0) }) { first, _ in first }
    busCount = buses.count
    references = buses.indices.filter { buses[$0][1] == 3 }
    guard !references.isEmpty else {
      throw PowerCase.FormatError(description: "no bus is a reference (type 3)")
    }
    activeDemand = buses.map { $0[2] / base }
    reactiveDemand = buses.map { $0[3] / base }
    shuntConductance = buses.map { $0[4] / base }
    shuntSusceptance = buses.map { $0[5] / base }
    voltageRange = buses.map { ($0[12], $0[11]) }
    let generators = powerCase.generators.indices.filter {
      powerCase.generators[$0][7] > 0 && place[powerCase.generators[$0][0]] != nil
    }
    let rows = generators.map { powerCase.generators[$0] }
    generatorBus = rows.map { place[$0[0]]! }
    activeRange = rows.map { ($0[9] / base, $0[8] / base) }
    reactiveRange = rows.map { ($0[4] / base, $0[3] / base) }
    costs = try generators.map { number in
      let cost = powerCase.costs[number]
      let count = Int(cost[3])
      guard cost[0] == 2, count >= 0, cost.count >= 4 + count else {
        throw PowerCase.FormatError(description: "the cost of generator \(number + 1) is no polynomial (model 2)")
      }
      // The highest power comes first, for power in MW.
      return cost[4..<(4 + count)].reversed().enumerated().map { $1 * pow(base, Double($0)) }
    }
    let branches = powerCase.branches.filter { $0[10] == 1 && place[$0[0]] != nil && place[$0[1]] != nil }
    from = branches.map { place[$0[0]]! }
    to = branches.map { place[$0[1]]! }
    ratings = branches.map { $0[5] > 0 ? $0[5] / base : .infinity }
    angleRange = branches.map { row in
      // MATPOWER counts 0 at both ends, and a whole turn, as no limit.
      let (low, high) = (row[11], row[12])
      guard (low != 0 || high != 0) && (low > -360 || high < 360) else { return (-.infinity, .infinity) }
      func bound(_ degrees: Double, _ none: Double) -> Double {
        degrees == 0 || abs(degrees) >= 360 ? none : degrees * .pi / 180
      }
      return (bound(low, -.infinity), bound(high, .infinity))
    }
    coefficients = branches.map(Self.coefficients)
  }

  /// The admittances of a branch with a transformer at its first end, as the flows use them.
  private static func coefficients(_ row: [Double]) -> [Double] {
    let (r, x, half) = (row[2], row[3], row[4] / 2)
    let (g, b) = (r / (r * r + x * x), -x / (r * r + x * x))
    let (tap, shift) = (row[8] == 0 ? 1 : row[8], row[9] * .pi / 180)
    let (real, imaginary, square) = (tap * cos(shift), tap * sin(shift), tap * tap)
    return [
      (-g * real - b * imaginary) / square, (-b * real + g * imaginary) / square,
      (-g * real + b * imaginary) / square, (-b * real - g * imaginary) / square,
      g / square, (b + half) / square, g, b + half,
    ]
  }
}
