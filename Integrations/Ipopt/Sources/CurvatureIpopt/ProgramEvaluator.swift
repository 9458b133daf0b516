import CIpopt
import Curvature

/// The functions of a program at addresses of numbers: what a plan evaluates, with its data.
struct ProgramFunctions {
  typealias Numbers = UnsafeBufferPointer<Double>
  typealias Room = UnsafeMutableBufferPointer<Double>

  /// f and g.
  let values: (_ x: Numbers, _ objective: inout Double, _ constraints: Room) throws -> Void
  /// f, its gradient, g and its Jacobian.
  let firstOrder:
    (_ x: Numbers, _ objective: inout Double, _ gradient: Room, _ constraints: Room, _ jacobian: Room) throws -> Void
  /// The lower triangle of the Hessian of σ f + λ·g.
  let hessian: (_ x: Numbers, _ factor: Double, _ multipliers: Numbers, _ hessian: Room) throws -> Void
}

/// What Ipopt's callbacks evaluate: values and derivatives of a point are asked of the plan once and shared.
///
/// At a new point the derivatives are computed with the values, since most points are accepted. Where one was not, points are
/// trials until derivatives are asked for again, and values are computed alone.
final class ProgramEvaluator {
  typealias Places = (rows: [Int32], columns: [Int32])

  let functions: ProgramFunctions
  /// Where the entries of the Jacobian stand.
  let jacobianPlaces: Places
  /// Where those of the Hessian's lower triangle stand.
  let hessianPlaces: Places
  fileprivate(set) var counts = ProgramEvaluations()
  /// What was wrong with a point: NaN or infinite.
  private(set) var nonfinite: String?
  /// What a function threw; the search ends.
  private(set) var failure: (any Error)?
  /// Says after an iteration whether to go on.
  var goesOn: (ProgramIterate) -> Bool = { _ in true }
  private(set) var last: ProgramIterate?

  private let variableNames: () -> [String]
  private let constraintName: (Int) -> String
  /// f at the point at which it was asked for last, as are what follows.
  private(set) var objective = Double.nan
  let gradient: ProgramFunctions.Room
  let constraints: ProgramFunctions.Room
  let jacobian: ProgramFunctions.Room
  private var hasValues = false
  private var hasDerivatives = false
  private var derivativesWereUsed = true

  init(
    _ functions: ProgramFunctions, _ lagrangian: LagrangianPlan<Double>, variableNames: @escaping () -> [String],
    constraintName: @escaping (Int) -> String
  ) {
    self.functions = functions
    jacobianPlaces = lagrangian.jacobianPattern.coordinateArrays()
    hessianPlaces = lagrangian.hessianPattern.coordinateArrays()
    (self.variableNames, self.constraintName) = (variableNames, constraintName)
    gradient = .allocate(capacity: lagrangian.jacobianPattern.columnCount)
    constraints = .allocate(capacity: lagrangian.jacobianPattern.rowCount)
    jacobian = .allocate(capacity: lagrangian.jacobianPattern.nonzeroCount)
  }

  deinit {
    gradient.deallocate()
    constraints.deallocate()
    jacobian.deallocate()
  }

  /// f and g at a point, and their derivatives if they are wanted or will be.
  private func prepare(_ x: UnsafePointer<Double>?, isNew: Bool, derivatives: Bool) -> Bool {
    if isNew { (hasValues, hasDerivatives) = (false, false) }
    guard derivatives ? !hasDerivatives : !hasValues else { return true }
    guard let x else { return false }
    let point = ProgramFunctions.Numbers(start: x, count: gradient.count)
    do {
      if derivatives || derivativesWereUsed {
        counts.firstOrders += 1
        derivativesWereUsed = derivatives
        try functions.firstOrder(point, &objective, gradient, constraints, jacobian)
        (hasValues, hasDerivatives) = (true, true)
      } else {
        counts.values += 1
        try functions.values(point, &objective, constraints)
        hasValues = true
      }
    } catch {
      failure = error
      return false
    }
    return true
  }

  func objective(_ x: UnsafePointer<Double>?, _ isNew: Bool, _ result: UnsafeMutablePointer<Double>) -> Bool {
    guard prepare(x, isNew: isNew, derivatives: false) else { return false }
    result.pointee = objective
    return objective.isFinite || note { "the objective is \(objective)" }
  }

  func constraints(_ x: UnsafePointer<Double>?, _ isNew: Bool, _ result: UnsafeMutablePointer<Double>?) -> Bool {
    guard prepare(x, isNew: isNew, derivatives: false) else { return false }
    return copy(constraints, to: result) || note { first(constraints) { "\(constraintName($0)) is \($1)" } }
  }

  func gradient(_ x: UnsafePointer<Double>?, _ isNew: Bool, _ result: UnsafeMutablePointer<Double>) -> Bool {
    guard prepare(x, isNew: isNew, derivatives: true) else { return false }
    derivativesWereUsed = true
    return copy(gradient, to: result)
      || note { first(gradient) { "the objective's derivative in \(variableNames()[$0]) is \($1)" } }
  }

  func jacobian(_ x: UnsafePointer<Double>?, _ isNew: Bool, _ result: UnsafeMutablePointer<Double>) -> Bool {
    guard prepare(x, isNew: isNew, derivatives: true) else { return false }
    derivativesWereUsed = true
    return copy(jacobian, to: result)
      || note {
        first(jacobian) { number, value in
          "the derivative of \(constraintName(Int(jacobianPlaces.rows[number]))) in "
            + "\(variableNames()[Int(jacobianPlaces.columns[number])]) is \(value)"
        }
      }
  }

  func hessian(
    _ x: UnsafePointer<Double>?, _ isNew: Bool, _ factor: Double, _ multipliers: UnsafePointer<Double>?,
    _ result: UnsafeMutablePointer<Double>
  ) -> Bool {
    if isNew { (hasValues, hasDerivatives) = (false, false) }
    let room = ProgramFunctions.Room(start: result, count: hessianPlaces.rows.count)
    counts.hessians += 1
    do {
      try functions.hessian(
        .init(start: x, count: gradient.count), factor, .init(start: multipliers, count: constraints.count), room)
    } catch {
      failure = error
      return false
    }
    return isFinite(room)
      || note {
        first(room) { number, value in
          let names = variableNames()
          return "the second derivative in \(names[Int(hessianPlaces.columns[number])]) and "
            + "\(names[Int(hessianPlaces.rows[number])]) is \(value)"
        }
      }
  }

  /// Values and first derivatives where a search ended; false if they are not finite.
  func evaluate(at point: [Double]) -> Bool {
    let isKnown = point.withUnsafeBufferPointer { prepare($0.baseAddress, isNew: true, derivatives: true) }
    return isKnown && isFinite(gradient) && isFinite(jacobian)
  }

  /// The lower triangle of the Hessian of the Lagrangian; nil if it is not finite.
  func hessian(at point: [Double], multipliers: [Double]) -> [Double]? {
    let room = ProgramFunctions.Room.allocate(capacity: hessianPlaces.rows.count)
    defer { room.deallocate() }
    let isKnown: ()? = try? point.withUnsafeBufferPointer { x in
      try multipliers.withUnsafeBufferPointer { try functions.hessian(x, 1, $0, room) }
    }
    return isKnown != nil && isFinite(room) ? Array(room) : nil
  }

  func iterate(_ iterate: ProgramIterate) -> Bool {
    last = iterate
    return failure == nil && goesOn(iterate)
  }

  // MARK: Numbers

  /// Whether no element is infinite or NaN.
  private func isFinite(_ elements: ProgramFunctions.Room) -> Bool { copy(elements, to: nil) }

  /// Copies numbers, and says whether none is infinite or NaN.
  private func copy(_ source: ProgramFunctions.Room, to target: UnsafeMutablePointer<Double>?) -> Bool {
    // A number times 0 is 0, and NaN if it is not finite.
    var sums = SIMD8<Double>(repeating: 0)
    let whole = source.count / 8 * 8
    for i in stride(from: 0, to: whole, by: 8) {
      let part = UnsafeRawPointer(source.baseAddress! + i).loadUnaligned(as: SIMD8<Double>.self)
      sums += part * 0
      if let target { UnsafeMutableRawPointer(target + i).storeBytes(of: part, as: SIMD8<Double>.self) }
    }
    var rest = sums.sum()
    for i in whole..<source.count {
      rest += source[i] * 0
      target?[i] = source[i]
    }
    return rest == 0
  }

  private func first(_ elements: ProgramFunctions.Room, _ text: (Int, Double) -> String) -> String {
    elements.firstIndex { !$0.isFinite }.map { text($0, elements[$0]) } ?? ""
  }

  private func note(_ text: () -> String) -> Bool {
    nonfinite = text()
    return false
  }
}

/// The callbacks in Ipopt's form; user data is an unretained `ProgramEvaluator`.
enum Callbacks {
  private static func evaluator(_ user: UnsafeMutableRawPointer?) -> ProgramEvaluator {
    Unmanaged<ProgramEvaluator>.fromOpaque(user!).takeUnretainedValue()
  }

  /// What an evaluation gives, with its time taken down.
  private static func timed(
    _ user: UnsafeMutableRawPointer?, _ time: WritableKeyPath<ProgramEvaluations, Duration>,
    _ body: (ProgramEvaluator) -> Bool
  ) -> Bool {
    let evaluator = evaluator(user)
    let clock = ContinuousClock()
    let start = clock.now
    defer { evaluator.counts[keyPath: time] += clock.now - start }
    return body(evaluator)
  }

  static let objective: Eval_F_CB = { _, x, isNew, result, user in
    forIpopt(timed(user, \.firstOrderTime) { $0.objective(x, isTrue(isNew), result!) })
  }

  static let gradient: Eval_Grad_F_CB = { _, x, isNew, result, user in
    forIpopt(timed(user, \.firstOrderTime) { $0.gradient(x, isTrue(isNew), result!) })
  }

  static let constraints: Eval_G_CB = { _, x, isNew, _, result, user in
    forIpopt(timed(user, \.firstOrderTime) { $0.constraints(x, isTrue(isNew), result) })
  }

  static let jacobian: Eval_Jac_G_CB = { _, x, isNew, _, count, rows, columns, values, user in
    let evaluator = evaluator(user)
    if evaluator.jacobianPlaces.rows.isEmpty, count > 0 {
      // Ipopt takes no constraints without entries: see `IpoptSolver`.
      if let rows, let columns { (rows[0], columns[0]) = (0, 0) }
      values?[0] = 0
      return forIpopt(true)
    }
    if let values { return forIpopt(timed(user, \.firstOrderTime) { $0.jacobian(x, isTrue(isNew), values) }) }
    place(evaluator.jacobianPlaces, rows, columns)
    return forIpopt(true)
  }

  static let hessian: Eval_H_CB = { _, x, isNew, factor, _, multipliers, _, _, rows, columns, values, user in
    let evaluator = evaluator(user)
    if let values {
      return forIpopt(timed(user, \.hessianTime) { $0.hessian(x, isTrue(isNew), factor, multipliers, values) })
    }
    place(evaluator.hessianPlaces, rows, columns)
    return forIpopt(true)
  }

  static let iterate: Intermediate_CB = {
    mode, iteration, objective, primal, dual, barrier, step, regularization, dualStep, primalStep, trials, user in
    let iterate = ProgramIterate(
      iteration: Int(iteration), objective: objective, infeasibility: primal, dualInfeasibility: dual, barrier: barrier,
      stepNorm: step, regularization: regularization, primalStepSize: primalStep, dualStepSize: dualStep,
      lineSearchTrials: Int(trials), isRestoration: Int(mode) == Int(RestorationPhaseMode.rawValue))
    return forIpopt(evaluator(user).iterate(iterate))
  }

  private static func place(
    _ places: ProgramEvaluator.Places, _ rows: UnsafeMutablePointer<Int32>?, _ columns: UnsafeMutablePointer<Int32>?
  ) {
    guard let rows, let columns else { return }
    rows.update(from: places.rows, count: places.rows.count)
    columns.update(from: places.columns, count: places.columns.count)
  }
}

// Truth values are whole numbers in Ipopt's headers before 3.14, and `bool` since.

func isTrue(_ value: Int32) -> Bool { value != 0 }

func isTrue(_ value: Bool) -> Bool { value }

private func forIpopt(_ value: Bool) -> Int32 { value ? 1 : 0 }

private func forIpopt(_ value: Bool) -> Bool { value }
