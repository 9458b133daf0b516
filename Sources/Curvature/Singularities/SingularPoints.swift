import Synchronization
import TensorGraph

/// Derivatives at points where the chain rule has none, since a piece of the function is singular there and the function
/// itself perhaps is not: read off expansions of the function along lines through the point.
///
/// A first derivative is the coefficient of t along an axis, if it is the same on both sides and linear in the direction; a
/// second one follows from coefficients of t² by polarisation. At the end of a domain one side is enough. What does not
/// exist is said with the reason.
///
/// - Complexity: an expansion of the graph for each axis and each pair of axes that is asked for and each side, each some
///   hundred times an evaluation; bounded by `workLimit`.
final class SingularPoints: Sendable {
  /// The function: of one element for each slice, or (first order) of several.
  private let function: Node
  /// What rows (second order) and columns differentiate in; of first order rows number the function's elements.
  private let rows: UnitDirections
  private let columns: UnitDirections
  private let order: Int
  private let state = Mutex(State())

  /// What an entry is.
  enum Entry {
    case number(Double)
    /// It does not exist, and why.
    case missing(String)
    /// It could not be found out.
    case unknown
  }

  private struct State {
    var expansion: LineExpansion?
    var isExpandable = true
    var lines: [[Move]: [Series]] = [:]
    var axes: [Axis: Sides] = [:]
    var entries: [[Int]: Entry] = [:]
    /// Elements of expansions made so far.
    var work = 0
  }

  /// An element of a variable, in every slice.
  private struct Axis: Hashable {
    var isRow: Bool
    var number: Int
  }

  private struct Move: Hashable {
    var axis: Axis
    var speed: Double
  }

  /// Along one axis: a side on which the function is defined, and whether both are.
  private struct Sides {
    var sign: Double
    var isTwoSided: Bool
  }

  /// Elements of expansions that are looked at for one matrix; variables of which a whole matrix is expanded.
  static let workLimit = 2_000_000
  static let variableLimit = 200

  init(of function: Node, rows: UnitDirections, columns: UnitDirections, order: Int) {
    self.function = function
    self.rows = rows
    self.columns = columns
    self.order = order
  }

  // MARK: Entries

  /// The entry of a slice, a row and a column; of second order rows and columns may be those of one variable.
  func entry(batch: Int, row: Int, column: Int) -> Entry {
    state.withLock { state in
      let key =
        order == 2 && rows.node === columns.node ? [batch, min(row, column), max(row, column)] : [batch, row, column]
      if let known = state.entries[key] { return known }
      let entry = find(batch, row, column, &state)
      state.entries[key] = entry
      return entry
    }
  }

  /// Why nothing was looked for, if there is too much of it.
  var refusal: String? {
    let count = order == 2 ? max(rows.count, columns.count) : columns.count
    guard count > Self.variableLimit else { return nil }
    return state.withLock { state in
      prepare(&state)
      return state.expansion?.singularity.map {
        "\($0) leaves derivatives undetermined, and \(count) variables are more than the \(Self.variableLimit) in which the "
          + "function is expanded there; ask for fewer entries, or move the point"
      }
    }
  }

  private func prepare(_ state: inout State) {
    guard state.expansion == nil, state.isExpandable else { return }
    let variables = order == 2 && rows.node !== columns.node ? [columns.node, rows.node] : [columns.node]
    state.expansion = try? LineExpansion(of: [function], in: variables, elementLimit: Self.workLimit / 64)
    state.isExpandable = state.expansion != nil
  }

  private func find(_ batch: Int, _ row: Int, _ column: Int, _ state: inout State) -> Entry {
    prepare(&state)
    guard let expansion = state.expansion, state.work <= Self.workLimit else { return .unknown }
    let output = order == 2 ? (function.shape.count == 1 ? 0 : batch) : rows.elements(of: row)[batch]
    let value = expansion.values(0)[output]
    guard value.isFinite else { return .unknown }
    let second = Axis(isRow: order == 2 && rows.node !== columns.node, number: order == 2 ? row : column)
    let first = Axis(isRow: false, number: column)
    do throws(Obstacle) {
      let one = try behaviour(first, output, value, &state)
      if order == 1 {
        try requireLinear(first, one, output, value, &state)
        return .number(one.slope)
      }
      if first == second { return .number(2 * one.curvature) }
      let other = try behaviour(second, output, value, &state)
      // y(a + b) - y(a) - y(b) along two axes at speeds of their own, the second time as a check.
      var mixed: [Double] = []
      for (p, q) in [(1.0, 1.0), (0.75, 1.625)] {
        let (a, b) = (p * state.axes[first]!.sign, q * state.axes[second]!.sign)
        let both = try behaviour([Move(axis: first, speed: a), Move(axis: second, speed: b)], output, value, &state)
        guard agree(both.slope, a * one.slope + b * other.slope, both.scale) else { throw notLinear(first, second) }
        mixed.append((both.curvature - a * a * one.curvature - b * b * other.curvature) / (a * b))
      }
      let scale = abs(one.curvature) + abs(other.curvature)
      guard abs(mixed[0] - mixed[1]) <= 1e-6 * (abs(mixed[0]) + abs(mixed[1]) + scale) + 1e-9 * abs(value) else {
        throw .missing("its second derivatives along different lines do not belong to one quadratic form")
      }
      return .number(mixed[0])
    } catch {
      return text(of: error, state)
    }
  }

  private func text(of obstacle: Obstacle, _ state: State) -> Entry {
    guard case .missing(let reason) = obstacle, let place = state.expansion?.singularity ?? state.expansion?.fault
    else {
      return .unknown
    }
    return .missing("\(place) has no \(order == 1 ? "derivative" : "second derivative") here: \(reason)")
  }

  // MARK: Along lines

  private enum Obstacle: Error {
    case missing(String)
    case unknown
  }

  private struct Behaviour {
    var slope: Double
    var curvature: Double
    /// The largest coefficient, for tolerances.
    var scale: Double
  }

  /// The behaviour along an axis at speed 1, the same on both sides.
  private func behaviour(
    _ axis: Axis, _ output: Int, _ value: Double, _ state: inout State
  ) throws(Obstacle) -> Behaviour {
    var found: [(sign: Double, behaviour: Behaviour)] = []
    var obstacle = Obstacle.unknown
    var undefined = 0
    for sign in [1.0, -1.0] {
      let series = line([Move(axis: axis, speed: sign)], &state)[output]
      if case .undefined? = series.fault {
        undefined += 1
        continue
      }
      do throws(Obstacle) {
        found.append((sign, try behaviour(of: series, value, "x[\(axis.number)]")))
      } catch {
        obstacle = error
      }
    }
    guard found.count + undefined == 2, let first = found.first else { throw obstacle }
    state.axes[axis] = Sides(sign: first.sign, isTwoSided: found.count == 2)
    var result = first.behaviour
    result.slope *= first.sign
    if found.count == 2 {
      let other = found[1].behaviour
      guard agree(-other.slope, result.slope, result.scale) else {
        throw .missing(
          "the one-sided slopes along x[\(axis.number)] are \(Float(-other.slope)) and \(Float(result.slope))")
      }
      guard order == 1 || agree(other.curvature, result.curvature, result.scale) else {
        throw .missing(
          "the one-sided second derivatives along x[\(axis.number)] are \(Float(2 * other.curvature)) and "
            + "\(Float(2 * result.curvature))")
      }
    }
    return result
  }

  private func behaviour(
    _ moves: [Move], _ output: Int, _ value: Double, _ state: inout State
  ) throws(Obstacle) -> Behaviour {
    let place = "a line between axes"
    let series = line(moves, &state)[output]
    guard case .undefined? = series.fault, moves.allSatisfy({ state.axes[$0.axis]!.isTwoSided }) else {
      return try behaviour(of: series, value, place)
    }
    // The domain may lie on the other side.
    let turned = moves.map { Move(axis: $0.axis, speed: -$0.speed) }
    var result = try behaviour(of: line(turned, &state)[output], value, place)
    result.slope = -result.slope
    return result
  }

  private func behaviour(of series: Series, _ value: Double, _ place: String) throws(Obstacle) -> Behaviour {
    switch series.fault {
    case .undefined(let reason)?: throw .missing("along \(place) there is \(reason)")
    case .cancelled?: throw .unknown
    case nil: break
    }
    let power = Double(order)
    guard series.order > power, let limit = series.limitValue else { throw .unknown }
    let terms = series.terms.filter { $0.power <= power }
    let scale = terms.reduce(0) { max($0, abs($1.coefficient)) }
    if let term = series.irregularTerm(upTo: power), abs(term.coefficient) > 1e-9 * scale {
      throw .missing("along \(place) it behaves as \(describe(term))")
    }
    guard abs(limit - value) <= 1e-6 * max(abs(limit), abs(value)) + 1e-9 * scale else {
      throw .missing("along \(place) it jumps from \(value) to \(limit)")
    }
    return Behaviour(slope: series.coefficient(1), curvature: series.coefficient(2), scale: scale)
  }

  private func describe(_ term: Series.Term) -> String {
    let power = term.power == 0 ? "" : term.power == 1 ? " t" : " t^\(Float(term.power))"
    let logarithm = term.logarithms == 0 ? "" : term.logarithms == 1 ? " log t" : " (log t)^\(term.logarithms)"
    return "\(Float(term.coefficient))\(power)\(logarithm) for small t"
  }

  /// Whether two coefficients are one but for rounding.
  private func agree(_ a: Double, _ b: Double, _ scale: Double) -> Bool {
    abs(a - b) <= 1e-7 * max(abs(a), abs(b)) + 1e-10 * scale
  }

  private func notLinear(_ axis: Axis, _ other: Axis) -> Obstacle {
    .missing(
      "its slopes along x[\(axis.number)], x[\(other.number)] and a line between them do not belong to one linear function"
    )
  }

  /// That a first derivative belongs to a linear map: the slope between this axis and the next ones.
  private func requireLinear(
    _ axis: Axis, _ one: Behaviour, _ output: Int, _ value: Double, _ state: inout State
  ) throws(Obstacle) {
    let others = (1..<max(2, min(columns.count, 4))).map { (axis.number + $0) % columns.count }
    for number in others where number != axis.number {
      let next = Axis(isRow: false, number: number)
      // An axis that has no slope is no evidence.
      guard let other = try? behaviour(next, output, value, &state) else { continue }
      let (a, b) = (0.75 * state.axes[axis]!.sign, 1.25 * state.axes[next]!.sign)
      let both = try behaviour([Move(axis: axis, speed: a), Move(axis: next, speed: b)], output, value, &state)
      guard agree(both.slope, a * one.slope + b * other.slope, both.scale) else { throw notLinear(axis, next) }
    }
  }

  /// The function along a line.
  private func line(_ moves: [Move], _ state: inout State) -> [Series] {
    if let known = state.lines[moves] { return known }
    let sides = order == 2 && rows.node !== columns.node ? [columns, rows] : [columns]
    var direction = sides.map { [Double](repeating: 0, count: $0.node.shape.count) }
    for move in moves {
      let side = move.axis.isRow ? 1 : 0
      for element in sides[side].elements(of: move.axis.number) { direction[side][element] += move.speed }
    }
    let result = state.expansion!(direction)[0]
    state.work += state.expansion!.elementCount
    // One expansion serves many entries, all of them would be too much to keep.
    if state.lines.count > 4096 { state.lines.removeAll() }
    state.lines[moves] = result
    return result
  }
}
