import Curvature

/// What the second derivatives say about a point where the conditions of first order hold: the Hessian of the Lagrangian along
/// the directions in which no active constraint or bound changes.
public struct ConstrainedCurvature: Hashable, Sendable, CustomStringConvertible {
  /// What kind of point it is.
  public enum Kind: String, CaseIterable, Hashable, Sendable {
    /// Positive definite: a strict local minimum.
    case minimum
    /// A direction of negative curvature along the constraints: the objective falls along it.
    case saddle
    /// A direction without curvature, and none of negative one: the variables are not determined along it to second order.
    case singular
    /// Not looked at: the search did not end at a solution, or the problem is large and Ipopt's last step was regularized.
    case unknown
  }

  /// What kind of point it is.
  public let kind: Kind
  /// The signs of the eigenvalues along the constraints; nil of large problems, where Ipopt's factors alone speak.
  public let inertia: Inertia?
  /// Whether the gradients of active constraints and bounds are linearly independent, so that multipliers are unique; nil where
  /// it was not looked at.
  public let constraintsAreIndependent: Bool?

  /// Up to how many variables eigenvalues are computed: some milliseconds.
  static let largestCount = 200

  init(kind: Kind, inertia: Inertia? = nil, constraintsAreIndependent: Bool? = nil) {
    (self.kind, self.inertia, self.constraintsAreIndependent) = (kind, inertia, constraintsAreIndependent)
  }

  /// - Parameters:
  ///   - held: 0 for each variable that no bound holds.
  ///   - active: 0 for each constraint that is not active.
  init(_ outcome: IpoptSolver.Outcome, _ evaluator: ProgramEvaluator, held: [Double], active: [Double]) {
    let free = held.indices.filter { held[$0] == 0 }
    let rows = active.indices.filter { active[$0] != 0 }
    guard free.count <= Self.largestCount, rows.count <= 2 * Self.largestCount else {
      // A step without regularization had factors with as many negative pivots as there are constraints: the Hessian is then
      // positive definite along them (Gould 1985, "On practical conditions for the existence and uniqueness of solutions to the
      // general equality quadratic programming problem").
      self.init(kind: (evaluator.last?.iteration ?? 0) > 0 && evaluator.last?.regularization == 0 ? .minimum : .unknown)
      return
    }
    guard let hessian = evaluator.hessian(at: outcome.point, multipliers: outcome.multipliers.constraints) else {
      self.init(kind: .unknown)
      return
    }
    self.init(Self.dense(hessian, evaluator, free), Self.gradients(evaluator, rows, free), count: free.count)
  }

  /// - Parameters:
  ///   - hessian: over the free variables, row-major.
  ///   - rows: the gradients of the active constraints in the free variables, one after another.
  private init(_ hessian: [Double], _ rows: [[Double]], count n: Int) {
    guard n > 0 else {
      self.init(
        kind: .minimum, inertia: Inertia(positive: 0, negative: 0, zero: 0),
        constraintsAreIndependent: rows.isEmpty)
      return
    }
    let H = Tensor<Double>(hessian, shape: [n, n])
    var basis = Tensor<Double>.eye(n)
    var rank = 0
    if !rows.isEmpty {
      // Rows of length 1, so that their units do not matter; squares of singular values up to rounding are zero.
      let unit = rows.map { row in
        let length = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return length > 0 ? row.map { $0 / length } : row
      }
      let A = Tensor<Double>(unit.flatMap { $0 }, shape: [rows.count, n])
      let (values, vectors) = matmul(A.transposed(), A).symmetricEigen
      let squares = values.scalars
      let largest = squares.last ?? 0
      let nullity = squares.count { $0 <= 1e-14 * Double(n) * max(largest, 1e-300) }
      rank = n - nullity
      guard nullity > 0 else {
        self.init(
          kind: .minimum, inertia: Inertia(positive: 0, negative: 0, zero: 0),
          constraintsAreIndependent: rank == rows.count)
        return
      }
      basis = vectors[0..., ..<nullity]
    }
    let values = matmul(basis.transposed(), matmul(H, basis)).symmetricEigen.values.scalars
    let scale = hessian.map(abs).max() ?? 0
    let threshold = 1e-11 * Double(n) * scale
    let inertia = Inertia(
      positive: values.count { $0 > threshold }, negative: values.count { $0 < -threshold },
      zero: values.count { abs($0) <= threshold })
    self.init(
      kind: inertia.negative > 0 ? .saddle : inertia.zero > 0 ? .singular : .minimum, inertia: inertia,
      constraintsAreIndependent: rank == rows.count)
  }

  /// The number of each variable or constraint among some; -1 for the others.
  private static func places(of some: [Int], among count: Int) -> [Int] {
    var places = [Int](repeating: -1, count: count)
    for (number, one) in some.enumerated() { places[one] = number }
    return places
  }

  /// The whole Hessian over some variables.
  private static func dense(_ lower: [Double], _ evaluator: ProgramEvaluator, _ free: [Int]) -> [Double] {
    let place = places(of: free, among: evaluator.gradient.count)
    var dense = [Double](repeating: 0, count: free.count * free.count)
    let (rows, columns) = evaluator.hessianPlaces
    for (number, value) in lower.enumerated() {
      let (row, column) = (place[Int(rows[number])], place[Int(columns[number])])
      guard row >= 0, column >= 0 else { continue }
      dense[row * free.count + column] = value
      dense[column * free.count + row] = value
    }
    return dense
  }

  /// The gradients of some constraints in some variables.
  private static func gradients(_ evaluator: ProgramEvaluator, _ constraints: [Int], _ free: [Int]) -> [[Double]] {
    let line = places(of: constraints, among: evaluator.constraints.count)
    let place = places(of: free, among: evaluator.gradient.count)
    var gradients = [[Double]](repeating: Array(repeating: 0, count: free.count), count: constraints.count)
    let (rows, columns) = evaluator.jacobianPlaces
    for (number, value) in evaluator.jacobian.enumerated() {
      let (row, column) = (line[Int(rows[number])], place[Int(columns[number])])
      if row >= 0, column >= 0 { gradients[row][column] = value }
    }
    return gradients
  }

  /// The kind in words.
  public var description: String {
    let text =
      switch kind {
      case .minimum: "a local minimum"
      case .saddle: "a saddle: the objective falls along the constraints"
      case .singular: "a point that second derivatives do not determine"
      case .unknown: "second derivatives not looked at"
      }
    return constraintsAreIndependent == false ? text + "; active constraints are dependent" : text
  }
}
