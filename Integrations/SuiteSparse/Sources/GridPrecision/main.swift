import CurvatureSuiteSparse

/// The variances of a Gaussian field on a grid: all diagonal entries of the inverse of its precision, which is the Hessian of its
/// energy. Checked against solutions at a hundred places.
///
///     GridPrecision [side] [simplicial|supernodal] [minimumDegree|nestedDissection]
let arguments = CommandLine.arguments.dropFirst()
let side = arguments.first.flatMap { Int($0) } ?? 1000
let method = arguments.dropFirst().first.flatMap(CHOLMOD.Method.init(rawValue:)) ?? .simplicial
let order = arguments.dropFirst(2).first.flatMap(CHOLMOD.Order.init(rawValue:)) ?? .minimumDegree
let clock = ContinuousClock()

func measured<Result>(_ name: String, _ body: () throws -> Result) rethrows -> Result {
  let start = clock.now
  let result = try body()
  print("\(name): \(clock.now - start)")
  return result
}

/// The energy of a field: differences of neighbours, and a little of its own size.
func energy(_ x: Tensor<Double>) -> Tensor<Double> {
  let (down, across) = (x[1...] - x[..<(-1)], x[.all, 1...] - x[.all, ..<(-1)])
  return (square(down).sum() + square(across).sum() + 0.01 * square(x).sum()) / 2
}

let field = Tensor<Double>.zeros([side, side])
let matrix = try measured("Hessian") { try hessian(at: field, of: energy).sparse(triangle: .lower) }
let start = clock.now
let factors = try measured("factors") { try matrix.factorized(by: CHOLMOD(method, order: order)) }
print(factors)
let variances = try measured("diagonal of the inverse") { try factors.inverseDiagonal().scalars }
print("factors and diagonal: \(clock.now - start)")

var largest = 0.0
for k in 0..<100 {
  let place = k * 7_919_317 % (side * side)
  var unit = [Double](repeating: 0, count: side * side)
  unit[place] = 1
  let column = try factors.solve(Tensor(unit)).scalars
  largest = max(largest, abs(column[place] - variances[place]) / column[place])
}
print("largest relative difference from 100 solutions: \(largest)")
