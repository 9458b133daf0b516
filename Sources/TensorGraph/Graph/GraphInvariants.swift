#if GRAPH_INVARIANTS
  extension Node {
    /// Stops if the operands do not fit the primitive. Compiled under a flag and run for every node that is made.
    func checkInvariants() {
      let shapes = operands.map(\.shape)
      let types = operands.map(\.scalarType)
      func require(_ condition: Bool, _ rule: String) {
        guard condition else { fatalError("illegal node \(primitive) on \(shapes) \(types): \(rule)") }
      }
      switch primitive {
      case .leaf: require(operands.isEmpty, "a leaf has no operands")
      case .pointwise(let function): checkInvariants(function, require)
      case .linear(let primitive): checkInvariants(primitive, require)
      case .concatenate(let axis):
        require(Set(shapes.map { $0.removing(axes: [axis]) }).count == 1, "other axes agree")
      case .extremum(_, let axes):
        require(axes.sorted() == axes && axes.allSatisfy { $0 < shapes[0].rank }, "sorted axes")
      case .argsort(let axis): require(axis < shapes[0].rank, "axis in range")
      case .scan(let recurrence):
        require(operands.count == recurrence.inputs.count, "as many operands as the body has inputs")
        for (i, input) in recurrence.inputs.enumerated() {
          let isSequence = i > 0 && i <= recurrence.rows.count
          require(types[i] == input.scalarType, "operands have the types of the inputs")
          require(shapes[i] == (isSequence ? [recurrence.count] + input.shape : input.shape), "shapes fit the inputs")
        }
      case .custom:
        require(operands.count >= 2, "a value and arguments")
      case .solve(let form):
        if let system = form.system { require(shapes[1] == [system.pattern.nonzeroCount], "a holds the entries") }
        let matrix = form.matrixShape(shapes[1])
        require(operands.count == 2 && shapes[0].rank == matrix.rank && matrix.rank >= 2, "b and a")
        let rank = matrix.rank
        require(matrix[rank - 1] == matrix[rank - 2] && shapes[0][rank - 2] == matrix[rank - 2], "a is square")
        require(shapes[0].dimensions.dropLast(2) == matrix.dimensions.dropLast(2), "batches agree")
      case .matrix(let function):
        let (m, n) = (shapes[0].dimensions.dropLast().last ?? 0, shapes[0].dimensions.last ?? 0)
        require(shapes[0].rank >= 2, "a matrix")
        require(m == n || (m > n && (function == .qr || function == .singularValues)), "the matrix has a fitting shape")
      case .contraction(let c):
        require(c.left.count == shapes[0].rank && c.right.count == shapes[1].rank, "a label per axis")
        for list in [c.left, c.right, c.output] { require(Set(list).count == list.count, "labels are distinct") }
        for label in Set(c.left + c.right + c.output) {
          let uses = [c.left, c.right, c.output].filter { $0.contains(label) }.count
          require(uses >= 2, "label \(label) occurs in two lists")
        }
      }
    }

    private func checkInvariants(_ function: PointwiseFunction, _ require: (Bool, String) -> Void) {
      let types = operands.map(\.scalarType)
      require(Set(operands.map(\.shape)).count == 1, "operands agree in shape")
      switch function {
      case .elementwise(let function):
        require(operands.count == function.arity, "\(function) takes \(function.arity)")
        require(Set(types).count == 1, "operands agree in type")
      case .special(let function):
        require(operands.count == function.arity, "\(function) takes \(function.arity)")
        require(Set(types).count == 1 && types[0].isDifferentiable, "operands are real")
      case .compare: require(operands.count == 2 && types[0] == types[1], "operands agree")
      case .logical(let function):
        require(operands.count == function.arity && types.allSatisfy { $0 == .bool }, "operands are masks")
      case .select: require(operands.count == 3 && types[0] == .bool && types[1] == types[2], "mask, a, b")
      case .cast, .detach: require(operands.count == 1, "one operand")
      }
    }

    private func checkInvariants(_ primitive: LinearPrimitive, _ require: (Bool, String) -> Void) {
      let shapes = operands.map(\.shape)
      switch primitive {
      case .broadcast(let shape, let axes):
        require(axes.count == shapes[0].rank && zip(axes, axes.dropFirst()).allSatisfy { $0 < $1 }, "increasing axes")
        require(axes.indices.allSatisfy { shapes[0][$0] == shape[axes[$0]] || shapes[0][$0] == 1 }, "extents fit")
      case .reshape(let shape): require(shape.count == shapes[0].count, "the count stays")
      case .permute(let order): require(order.sorted() == Array(0..<shapes[0].rank), "a permutation")
      case .slice(let slices): require(Self.fits(slices, in: shapes[0]), "slices inside the operand")
      case .embed(let shape, let slices):
        require(Self.fits(slices, in: shape) && shapes[0].dimensions == slices.map(\.count), "slices inside the shape")
      case .gather(let axis):
        require(axis < shapes[0].rank && operands[1].scalarType.isInteger, "axis and whole indices")
      case .scatterAdd(let axis, _):
        require(Array(shapes[0].dimensions[axis..<(axis + shapes[1].rank)]) == shapes[1].dimensions, "indices fit")
      case .sum(let axes):
        require(axes.sorted() == axes && axes.allSatisfy { $0 < shapes[0].rank }, "sorted axes")
      case .cumulativeSum(let axis, _): require(axis < shapes[0].rank, "axis in range")
      }
    }

    private static func fits(_ slices: [AxisSlice], in shape: Shape) -> Bool {
      slices.count == shape.rank
        && zip(slices, shape.dimensions).allSatisfy { slice, extent in
          slice.step != 0
            && (slice.count == 0
              || ((0..<extent).contains(slice.start)
                && (0..<extent).contains(slice.start + slice.step * (slice.count - 1))))
        }
    }
  }
#endif
