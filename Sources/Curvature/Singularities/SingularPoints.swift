import Synchronization
import TensorGraph

/// Derivatives at points where the chain rule has none, since a piece of the function is singular there and the function
/// itself perhaps is not: read off expansions of the function along lines through the point.
///
/// A first derivative is the coefficient of t along an axis, if it is the same on both sides and linear in the direction; a
/// second one follows from coefficients of t² by polarisation, a third one from those of t³. At the end of a domain one
/// side is enough. What does not exist is said with the reason.
///
/// - Complexity: an expansion of the graph for each axis and each pair of axes that is asked for and each side, each some
///   hundred times an evaluation; bounded by `workLimit`.
final class SingularPoints: Sendable {
  /// The function: of one element for each slice, or, if `outputs` are given, of several.
  let function: Node
  /// What numbers the function's elements.
  private let outputs: UnitDirections?
  /// What each differentiation is in: as many as the order of the derivative.
  private let sides: [UnitDirections]
  /// The speeds of the last side's elements, if it is differentiated along one line and not in each of its elements.
  let direction: [Double]?
  /// What moves, each once.
  let variables: [UnitDirections]
  private let state = Mutex(State())

  /// How often the function is differentiated.
  var order: Int { sides.count }
  var isFirstOrder: Bool { order == 1 }

  /// What an entry is.
  enum Entry {
    case number(Double)
    /// It does not exist, and why.
    case missing(String)
    /// It could not be found out, and why; nil where the function itself is no number.
    case unknown(String?)
  }

  struct State {
    var expansion: LineExpansion?
    /// Why the function cannot be expanded, and then its elements.
    var obstacle: String?
    var values: Storage?
    var lines: [[Move]: [Series]] = [:]
    var axes: [Axis: Sides] = [:]
    var entries: [[Int]: Entry] = [:]
    /// Elements of expansions made so far.
    var work = 0
  }

  /// An element of a variable in every slice, or the direction.
  struct Axis: Hashable, Comparable, CustomStringConvertible {
    var variable: Int
    /// Nil for the direction.
    var number: Int?

    static func < (a: Axis, b: Axis) -> Bool { (a.variable, a.number ?? -1) < (b.variable, b.number ?? -1) }

    var description: String { number.map { "x[\($0)]" } ?? "the direction" }
  }

  struct Move: Hashable {
    var axis: Axis
    var speed: Double

    var turned: Move { Move(axis: axis, speed: -speed) }
  }

  /// Along one axis: a side on which the function is defined, and whether both are.
  struct Sides {
    var sign: Double
    var isTwoSided: Bool
  }

  /// Elements of expansions that are looked at for one matrix; variables of which a whole matrix is expanded.
  static let workLimit = 2_000_000
  static let variableLimit = 200

  /// - Parameters:
  ///   - outputs: what numbers the function's elements; nil for a function of one element for each slice.
  ///   - sides: what each differentiation is in.
  ///   - direction: speeds of the elements of the last side, for a derivative along one line.
  init(of function: Node, outputs: UnitDirections? = nil, in sides: [UnitDirections], along direction: [Double]? = nil)
  {
    self.function = function
    self.outputs = outputs
    self.sides = sides
    self.direction = direction
    variables = sides.indices.filter { i in !sides[..<i].contains { $0.node === sides[i].node } }.map { sides[$0] }
  }

  /// The same derivative along a line in the place of its last side; transposed, in the place of its first.
  ///
  /// - Parameter speeds: one for each element of what is differentiated in, or, for a transposed first derivative, the
  ///   weights of the function's elements.
  func along(_ speeds: Storage, transposed: Bool) -> SingularPoints {
    let numbers = (0..<speeds.count).map { speeds.literal(at: $0).double }
    guard transposed else { return SingularPoints(of: function, outputs: outputs, in: sides, along: numbers) }
    guard let outputs else { return SingularPoints(of: function, in: sides.reversed(), along: numbers) }
    let weighted = Node(speeds, shape: function.shape) * function
    let axes = function.shape.dimensions.indices.filter { $0 != outputs.batchAxis }
    return SingularPoints(of: weighted.summed(over: axes), in: sides)
  }

  // MARK: Entries

  /// The entry of a slice, a row and a column: of first order rows are the function's elements.
  func entry(batch: Int, row: Int, column: Int) -> Entry {
    order == 1
      ? entry(batch: batch, output: row, [column]) : entry(batch: batch, [row, column])
  }

  /// The derivative of an element of the function in a slice, in an element of each side; along a direction the last
  /// number does not matter.
  func entry(batch: Int, output: Int = 0, _ numbers: [Int]) -> Entry {
    var axes = zip(sides, numbers).map { side, number in
      Axis(variable: variables.firstIndex { $0.node === side.node }!, number: number)
    }
    if direction != nil { axes[axes.count - 1].number = nil }
    axes.sort()
    return state.withLock { state in
      let key = axes.reduce([batch, output]) { $0 + [$1.variable, $1.number ?? -1] }
      if let known = state.entries[key] { return known }
      let entry = find(batch, output, axes, &state)
      state.entries[key] = entry
      return entry
    }
  }

  /// Why nothing was looked for, if there is too much of it.
  var refusal: String? {
    guard let count = sides.map(\.count).max(), count > Self.variableLimit else { return nil }
    return state.withLock { state in
      prepare(&state)
      return state.expansion?.singularity.map {
        "\($0) leaves derivatives undetermined, and \(count) variables are more than the \(Self.variableLimit) in which the "
          + "function is expanded there; ask for fewer entries, or move the point"
      }
    }
  }

  private func prepare(_ state: inout State) {
    guard state.expansion == nil, state.obstacle == nil else { return }
    do throws(TensorError) {
      state.expansion = try LineExpansion(
        of: [function], in: variables.map(\.node), elementLimit: Self.workLimit / 64)
    } catch {
      state.obstacle = "\(error)"
      // Of a copy: values that this graph keeps would be taken for constants by who differentiates it later.
      var copies: [Node: Node] = [:]
      for variable in variables {
        guard let value = variable.node.value else { return }
        copies[variable.node] = Node(value, shape: variable.node.shape)
      }
      state.values = try? Evaluation.storage(Node.substituting(copies, in: [function])[0])
    }
  }

  private func find(_ batch: Int, _ output: Int, _ axes: [Axis], _ state: inout State) -> Entry {
    prepare(&state)
    let element = outputs.map { $0.elements(of: output)[batch] } ?? (function.shape.count == 1 ? 0 : batch)
    guard let expansion = state.expansion else {
      guard let obstacle = state.obstacle, let values = state.values, values.literal(at: element).double.isFinite else {
        return .unknown(nil)
      }
      return .unknown(
        "the chain rule does not say what this derivative is, and by expansion it is not found: \(obstacle)")
    }
    let value = expansion.values(0)[element]
    guard value.isFinite else {
      // A derivative that was itself found by expansion is a number, and its expression is none.
      guard let known = function.value?.literal(at: element).double, known.isFinite else { return .unknown(nil) }
      return .missing(
        "\(expansion.singularity ?? "a function at this point"): this derivative was itself found by expansion, and "
          + "derivatives of it are not; checkDerivatives(of:at:order: 3) expands third ones")
    }
    guard state.work <= Self.workLimit else {
      return .unknown(
        "\(expansion.singularity ?? "the chain rule") leaves derivatives undetermined, of which expansions have found as many "
          + "as are looked for at once; ask for fewer entries")
    }
    do throws(Obstacle) {
      switch axes.count {
      case 1:
        let one = try behaviour(axes[0], element, value, &state)
        try requireLinear(axes[0], one, element, value, &state)
        return .number(one.slope)
      case 2:
        return .number(try mixed(axes[0], axes[1], element, value, &state))
      default:
        return .number(try mixed(axes, element, value, &state))
      }
    } catch {
      return text(of: error, state)
    }
  }

  /// Speeds along two axes, in every quadrant: what holds in one may not in another.
  static let lines = [
    (1.0, 1.0), (0.75, 1.625), (1.0, -1.25), (2.25, -0.5), (0.375, -1.75), (-1.0, 0.75), (-1.25, -1.0),
  ]

  /// The second derivative in two elements.
  private func mixed(
    _ first: Axis, _ second: Axis, _ output: Int, _ value: Double, _ state: inout State
  ) throws(Obstacle) -> Double {
    let one = try behaviour(first, output, value, &state)
    if first == second { return 2 * one[2] }
    let other = try behaviour(second, output, value, &state)
    // y(a + b) - y(a) - y(b) along two axes at speeds of their own, all but the first as a check.
    var found: [Double] = []
    for (p, q) in Self.lines {
      guard let (a, b, both) = try together((first, one), (second, other), (p, q), output, value, &state) else {
        continue
      }
      found.append((both[2] - a * a * one[2] - b * b * other[2]) / (a * b))
    }
    return try same(found, one[2].magnitude + other[2].magnitude, value)
  }

  /// The third derivative in three elements, in order.
  private func mixed(
    _ axes: [Axis], _ output: Int, _ value: Double, _ state: inout State
  ) throws(Obstacle) -> Double {
    var alone: [Behaviour] = []
    for axis in axes { alone.append(try behaviour(axis, output, value, &state)) }
    if axes[0] == axes[2] { return 6 * alone[0][3] }
    // Lower orders must exist for it to.
    for (a, b) in [(0, 1), (0, 2), (1, 2)] { _ = try mixed(axes[a], axes[b], output, value, &state) }
    func cubic(_ moves: [Move], _ state: inout State) throws(Obstacle) -> Double {
      guard moves.count == 1 else { return try behaviour(moves, output, value, &state)[3] }
      let speed = moves[0].speed
      return speed * speed * speed * alone[axes.firstIndex(of: moves[0].axis)!][3]
    }
    let size = alone.reduce(0) { max($0, $1[3].magnitude) }
    var found: [Double] = []
    for speeds in [[1.0, 1, 1], [0.75, 1.625, 0.5], [1, -0.75, 1.25], [-0.5, 1, 0.75], [-1, -1.25, -0.75]] {
      if speeds.contains(where: { $0 < 0 }), axes.contains(where: { !state.axes[$0]!.isTwoSided }) { continue }
      let moves = zip(axes, speeds).map { Move(axis: $0, speed: $1 * state.axes[$0]!.sign) }
      if let i = (0..<2).first(where: { axes[$0] == axes[$0 + 1] }) {
        // Twice in a: y(2a + b) - 2 y(a + b) - 6 y(a) + y(b), of the cubic parts.
        let (a, b) = (moves[i], moves[i == 0 ? 2 : 0])
        let far = try cubic([Move(axis: a.axis, speed: 2 * a.speed), b], &state)
        let near = try cubic([a, b], &state)
        let rest = try cubic([b], &state) - 6 * cubic([a], &state)
        found.append((far - 2 * near + rest) / (a.speed * a.speed * b.speed))
      } else {
        var sum = try cubic(moves, &state)
        for i in 0..<3 {
          sum += try cubic([moves[i]], &state)
          sum -= try cubic([moves[(i + 1) % 3], moves[(i + 2) % 3]], &state)
        }
        found.append(moves.reduce(sum) { $0 / $1.speed })
      }
    }
    return try same(found, size, value)
  }

  /// The number that polarisation along different lines gives.
  private func same(_ found: [Double], _ size: Double, _ value: Double) throws(Obstacle) -> Double {
    let scale = found.reduce(size) { max($0, $1.magnitude) }
    guard found.allSatisfy({ ($0 - found[0]).magnitude <= 1e-6 * scale + 1e-9 * value.magnitude }) else {
      throw .missing("its derivatives of order \(order) along different lines do not belong to one form")
    }
    return found[0]
  }

  private func text(of obstacle: Obstacle, _ state: State) -> Entry {
    let place = state.expansion?.singularity ?? state.expansion?.fault ?? "the function"
    let name = ["derivative", "second derivative", "third derivative"][order - 1]
    switch obstacle {
    case .missing(let reason): return .missing("\(place) has no \(name) here: \(reason)")
    case .unknown(let reason): return .unknown("\(place): whether there is a \(name) here is not known: \(reason)")
    }
  }
}
