/// Matrices and recurrences along a line.
extension LineEvaluation {
  /// The matrices of a batch, row after row.
  private func matrices(_ node: Node) -> [[Series]] {
    let size = node.shape.dimensions.suffix(2).reduce(1, *)
    let elements = all(node)
    return stride(from: 0, to: elements.count, by: max(size, 1)).map { Array(elements[$0..<($0 + size)]) }
  }

  /// Gauss' elimination, with the pivots of the point.
  func solved(_ node: Node, _ form: MatrixForm) -> [Series] {
    let (b, a) = (node.operands[0], node.operands[1])
    let shape = form.matrixShape(a.shape)
    let n = shape[shape.rank - 1]
    let k = b.shape[b.shape.rank - 1]
    let systems = form.system.map { [$0.dense(all(a), zero: Series(0))] } ?? matrices(a)
    return zip(systems, matrices(b)).flatMap { matrix, right -> [Series] in
      var rows = (0..<n).map { i in
        (0..<n).map { j in
          let isLooked =
            form.kind == .general || form.system != nil
            || (form.kind == .lower) == (form.isTransposed ? j >= i : j <= i) || i == j
          return isLooked ? (form.isTransposed ? matrix[j * n + i] : matrix[i * n + j]) : Series(0)
        } + Array(right[(i * k)..<((i + 1) * k)])
      }
      for column in 0..<n {
        let pivot = (column..<n).max { Self.size(rows[$0][column]) < Self.size(rows[$1][column]) }!
        rows.swapAt(column, pivot)
        let inverse = rows[column][column].reciprocal
        rows[column] = rows[column].map { $0 * inverse }
        for i in 0..<n where i != column && !rows[i][column].isZero {
          let factor = rows[i][column]
          for j in column..<(n + k) { rows[i][j] = rows[i][j] - factor * rows[column][j] }
        }
      }
      return rows.flatMap { $0[n...] }
    }
  }

  private static func size(_ series: Series) -> Double { series.limitValue.map(abs) ?? -1 }

  func factorized(_ node: Node, _ function: MatrixFunction) -> [Series] {
    let n = node.operands[0].shape.dimensions.last!
    return matrices(node.operands[0]).flatMap { a -> [Series] in
      switch function {
      case .cholesky:
        var l = [Series](repeating: Series(0), count: n * n)
        for j in 0..<n {
          for i in j..<n {
            var sum = (a[i * n + j] + a[j * n + i]).scaled(by: 0.5)
            for k in 0..<j { sum = sum - l[i * n + k] * l[j * n + k] }
            l[i * n + j] = i == j ? sum.squareRoot : sum * l[j * n + j].reciprocal
          }
        }
        return l
      case .logDeterminant:
        var rows = (0..<n).map { Array(a[($0 * n)..<(($0 + 1) * n)]) }
        var sign = Series(1)
        var total = Series(0)
        for column in 0..<n {
          let pivot = (column..<n).max { Self.size(rows[$0][column]) < Self.size(rows[$1][column]) }!
          if pivot != column { sign = -sign }
          rows.swapAt(column, pivot)
          let diagonal = rows[column][column]
          sign = sign * diagonal.signum
          total = total + diagonal.magnitude.logarithm
          let inverse = diagonal.reciprocal
          for i in (column + 1)..<max(n, column + 1) {
            let factor = rows[i][column] * inverse
            for j in column..<n { rows[i][j] = rows[i][j] - factor * rows[column][j] }
          }
        }
        return [sign, total]
      case .qr, .lu, .symmetricEigen, .singularValues:
        return [Series](
          repeating: .unexpandable("a factorization that has no expansion"),
          count: function.shape(of: node.operands[0].shape).count)
      }
    }
  }

  /// The steps of a recurrence, one after another.
  func steps(_ node: Node, _ recurrence: Recurrence) -> [Series] {
    let results = [recurrence.next, recurrence.output, recurrence.summand]
    return recurrence.unrolled(node.operands.map(all), zero: Series(0), +) { Self.body(results, $0) }
  }

  /// A body for given inputs, all of which may move.
  private static func body(_ results: [Node], _ inputs: [Node: [Series]]) -> [[Series]] {
    let order = Node.topologicalOrder(results, entering: { inputs[$0] == nil })
    let limits = inputs.mapValues { $0.map { $0.limitValue ?? .nan } }
    guard let values = try? Interpreter.values(of: order, inputs: limits) else {
      return results.map { [Series](repeating: .unexpandable("an index outside its axis"), count: $0.shape.count) }
    }
    let moving = inputs.filter { $0.key.scalarType.isDifferentiable }
    var evaluation = LineEvaluation(
      point: Dictionary(
        uniqueKeysWithValues: zip(order, values).map { node, elements in
          (node, Interpreter.Value(elements, shape: node.shape, scalarType: node.scalarType))
        }), series: moving)
    var moves = Set(moving.keys)
    for node in order where evaluation.series[node] == nil {
      let isMoving = node.scalarType.isDifferentiable && !node.isDetached
      if isMoving, node.operands.contains(where: moves.contains) {
        moves.insert(node)
        evaluation.series[node] = evaluation.expand(node)
      } else {
        evaluation.update(node)
      }
    }
    return results.map { evaluation.all($0) }
  }
}
