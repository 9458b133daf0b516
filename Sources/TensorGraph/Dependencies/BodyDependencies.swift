/// For each element of some expressions the elements of one input on which it depends.
struct BodyDependencies {
  private let pool: DependencySets
  /// For each expression.
  private let tables: [[DependencySets.Name]]

  /// Values that are needed and cannot be computed count as unknown; whoever evaluates the expressions gets the error.
  ///
  /// - Complexity: one walk of dependency sets through the expressions.
  init(of results: [Node], in input: Node) {
    let budget = Dependencies.defaultBudget
    var sweep = DependencySweep(results, input, budget: budget) { companions in
      (try? KnownValues(for: companions, variable: input, at: nil)) ?? KnownValues()
    }
    tables = zip(sweep.run(), results).map { $0.expanded($1.shape.count) }
    pool = sweep.pool
  }

  /// For each expression what its elements depend on, for what the elements of the input do.
  ///
  /// - Parameters:
  ///   - sets: of things, by numbers.
  ///   - union: of some sets; of none the empty one. Asked once for elements that depend on the same.
  func propagate(_ sets: [Int32], _ union: ([Int32]) -> Int32) -> [[Int32]] {
    var known: [DependencySets.Name: Int32] = [:]
    return tables.map { table in
      table.map { name in
        if let result = known[name] { return result }
        let result = union(pool.elements(name).map { sets[Int($0)] })
        known[name] = result
        return result
      }
    }
  }
}

extension Recurrence {
  /// What the elements of the result depend on, for what those of one operand do: one step after another, on sets.
  ///
  /// - Complexity: O(steps · elements of a step), and the unions. Once a step changes nothing, the rest is known.
  func dependencies(on operand: Int, _ sets: [Int32], _ union: ([Int32]) -> Int32) -> [Int32] {
    let results = body.results
    let onCarry = BodyDependencies(of: results, in: carry)
    let onOperand = operand == 0 ? nil : BodyDependencies(of: results, in: inputs[operand])
    let isRow = operand > 0 && operand <= rows.count
    let width = inputs[operand].shape.count
    let empty = union([])
    var state = operand == 0 ? sets : [Int32](repeating: empty, count: carry.shape.count)
    var carries = [[Int32]](repeating: state, count: count + 1)
    var outputs = [[Int32]](repeating: [], count: count)
    var sum = [Int32](repeating: empty, count: summand.shape.count)
    var made: [[Int32]] = []
    var isSettled = false
    for row in order {
      if !isSettled {
        made = onCarry.propagate(state, union)
        if let onOperand {
          let own = onOperand.propagate(isRow ? Array(sets[(row * width)..<((row + 1) * width)]) : sets, union)
          made = zip(made, own).map { zip($0, $1).map { $0 == $1 ? $0 : union([$0, $1]) } }
        }
        isSettled = !isRow && made[0] == state
        sum = zip(sum, made[2]).map { $0 == $1 ? $0 : union([$0, $1]) }
      }
      state = made[0]
      carries[carryRow(after: row)] = state
      outputs[row] = made[1]
    }
    let others = outputs.flatMap { $0 } + sum
    let all = carries.flatMap { $0 }
    return isReversed ? others + all : all + others
  }
}
