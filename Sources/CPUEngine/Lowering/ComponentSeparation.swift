import TensorGraph

extension GraphStructure {
  /// The same computation with the components of short vectors apart, where nobody needs them together: what is computed
  /// element by element from rows, of which all users read single columns, is computed column by column.
  ///
  /// Whether points are gathered as rows or axis by axis makes little difference then: steps run over elements alone, and what is
  /// computed from several columns is one group. O(entries and components).
  package func separatingComponents() -> GraphStructure {
    guard entries.contains(where: { $0.operation.readsColumns }) else { return self }
    return ComponentSeparation(self).separated
  }
}

extension GraphStructure.Operation {
  /// Whether a single index of some axis is read.
  fileprivate var readsColumns: Bool {
    guard case .primitive(.linear(.slice(let slices))) = self else { return false }
    return slices.contains { $0.count == 1 } && slices.contains { $0.count > 1 }
  }
}

private struct ComponentSeparation {
  /// What is read of an entry: one index of some axes, everything along the others.
  private typealias Component = [Int?]

  private let structure: GraphStructure
  private let types: [TensorType]
  /// What users read of each entry; nil if somebody reads all of it.
  private var components: [[Component]?]
  /// What sums over short vectors would read of each entry, directly or through others, if that came apart.
  private var summands: [[Component]]
  /// The entries that are computed component by component.
  private var isSeparated: [Bool]

  // What is made.
  private var entries: [GraphStructure.Entry] = []
  private var places: [Int32]
  private var componentPlaces: [[Component: Int32]]

  /// Vectors are short if they have so many numbers at most, and there must be many.
  private static let longestVector = 16
  private static let leastVectors = 256
  /// Into more components nothing is taken apart.
  private static let mostComponents = 128

  init(_ structure: GraphStructure) {
    self.structure = structure
    types = structure.types
    let count = types.count
    components = [[Component]?](repeating: [], count: count)
    summands = [[Component]](repeating: [], count: count)
    isSeparated = [Bool](repeating: false, count: count)
    places = [Int32](repeating: -1, count: count)
    componentPlaces = [[Component: Int32]](repeating: [:], count: count)
    for output in structure.outputs { components[Int(output)] = nil }
    // Users come after their operands.
    for i in structure.entries.indices.reversed() { demandOperands(of: i) }
    // What is only summed comes apart where something that it is made from does.
    for (i, entry) in structure.entries.enumerated() where components[i]?.isEmpty == true && !summands[i].isEmpty {
      guard case .primitive(let primitive) = entry.operation, primitive.isSeparable,
        entry.operands.contains(where: { isSeparated[Int($0)] })
      else { continue }
      isSeparated[i] = true
      components[i] = summands[i]
    }
  }

  // MARK: What is read

  private func shape(_ i: Int) -> Shape { types[i].shape }

  private mutating func demand(_ i: Int, _ component: Component) {
    guard let known = components[i] else { return }
    if component.allSatisfy({ $0 == nil }) || known.count >= Self.mostComponents {
      components[i] = nil
    } else if !known.contains(component) {
      components[i]!.append(component)
    }
  }

  private mutating func demandOperands(of i: Int) {
    guard case .primitive(let primitive) = structure.entries[i].operation else { return }
    let operands = structure.entries[i].operands.map(Int.init)
    guard let read = components[i] else { return demandWhole(primitive, operands, of: i) }
    let all = read + summands[i].filter { !read.contains($0) }
    guard isWorthSeparating(i, primitive, operands, all) else { return demandWhole(primitive, operands, of: i) }
    // What is only summed need not come apart.
    isSeparated[i] = !read.isEmpty
    if isSeparated[i] { components[i] = all }
    for component in all {
      for (k, operand) in operands.enumerated() {
        let part = origins(primitive, component, k, operands)!
        if isSeparated[i] { demand(operand, part) } else { offer(operand, part) }
      }
    }
  }

  private mutating func demandWhole(_ primitive: Primitive, _ operands: [Int], of i: Int) {
    components[i] = nil
    if let component = column(i) {
      demand(operands[0], component)
    } else if let vectors = summedVectors(primitive, operands) {
      for vector in vectors { offer(operands[0], vector) }
    } else {
      for operand in operands { components[operand] = nil }
    }
  }

  private mutating func offer(_ i: Int, _ component: Component) {
    if component.allSatisfy({ $0 == nil }) {
      components[i] = nil
    } else if !summands[i].contains(component) {
      summands[i].append(component)
    }
  }

  private func isWorthSeparating(
    _ i: Int, _ primitive: Primitive, _ operands: [Int], _ all: [Component]
  ) -> Bool {
    guard !all.isEmpty, all.count <= Self.mostComponents, primitive.isSeparable else { return false }
    let shape = shape(i)
    var total = 0
    for component in all {
      var count = 1
      for (extent, index) in zip(shape.dimensions, component) {
        if index == nil { count *= extent } else if extent > Self.longestVector { return false }
      }
      guard count >= Self.leastVectors,
        operands.indices.allSatisfy({ origins(primitive, component, $0, operands) != nil })
      else { return false }
      total += count
    }
    return total <= shape.count
  }

  /// What a component is made from in an operand; nil if it is not told apart.
  private func origins(_ primitive: Primitive, _ component: Component, _ operand: Int, _ operands: [Int]) -> Component?
  {
    let shapes = operands.map(shape)
    var result = Component(repeating: nil, count: shapes[operand].rank)
    for (axis, index) in component.enumerated() {
      guard let index else { continue }
      switch primitive.origin(ofAxis: axis, in: operand, shapes) {
      case .axis(let from): result[from] = index
      case .all: break
      case .mixed: return nil
      }
    }
    return result
  }

  /// What a slice reads of its operand, if that is a single index of some axes and everything along the others.
  private func column(_ i: Int) -> Component? {
    let operation = structure.entries[i].operation
    guard operation.readsColumns, case .primitive(.linear(.slice(let slices))) = operation else { return nil }
    let operand = shape(Int(structure.entries[i].operands[0]))
    var component = Component(repeating: nil, count: operand.rank)
    for (axis, slice) in slices.enumerated() {
      if slice.count == 1, operand[axis] > 1 {
        component[axis] = slice.start
      } else if !slice.isAll(of: operand[axis]) {
        return nil
      }
    }
    return component
  }

  /// The components that a sum over short vectors adds up, in order; nil for other sums.
  private func summedVectors(_ primitive: Primitive, _ operands: [Int]) -> [Component]? {
    guard case .linear(.sum(let axes)) = primitive else { return nil }
    let operand = shape(operands[0])
    let length = axes.reduce(1) { $0 * operand[$1] }
    guard length > 1, length <= Self.longestVector, operand.count >= length * Self.leastVectors else { return nil }
    return axes.reduce([Component(repeating: nil, count: operand.rank)]) { components, axis in
      components.flatMap { component in
        (0..<operand[axis]).map { index in
          var component = component
          component[axis] = index
          return component
        }
      }
    }
  }

  // MARK: What is made

  /// The computation, or the one that was there if nothing comes apart.
  var separated: GraphStructure {
    guard isSeparated.contains(true) else { return structure }
    var copy = self
    return copy.make()
  }

  private mutating func make() -> GraphStructure {
    for (i, entry) in structure.entries.enumerated() {
      let operands = entry.operands.map(Int.init)
      guard case .primitive(let primitive) = entry.operation else {
        places[i] = append(entry.operation, entry.operands)
        continue
      }
      if isSeparated[i] {
        for component in components[i]! {
          let parts = operands.indices.map { place(operands[$0], origins(primitive, component, $0, operands)!) }
          var part = primitive
          for (axis, index) in component.enumerated() where index != nil { part = part.restricted(axis: axis, to: 1) }
          componentPlaces[i][component] = append(.primitive(part), parts)
        }
      } else if let component = column(i), isSeparated[operands[0]] {
        places[i] = componentPlaces[operands[0]][component]!
      } else if let vectors = summedVectors(primitive, operands), isSeparated[operands[0]] {
        let parts = vectors.map { componentPlaces[operands[0]][$0]! }
        let sum = parts.dropFirst().reduce(parts[0]) { append(.primitive(.pointwise(.elementwise(.add))), [$0, $1]) }
        places[i] = append(.primitive(.linear(.reshape(shape(i)))), [sum])
      } else {
        places[i] = append(entry.operation, operands.map { place($0) })
      }
    }
    return GraphStructure(entries: entries, outputs: structure.outputs.map { places[Int($0)] })
  }

  private mutating func append(_ operation: GraphStructure.Operation, _ operands: [Int32]) -> Int32 {
    entries.append(GraphStructure.Entry(operation: operation, operands: operands))
    return Int32(entries.count - 1)
  }

  /// The whole of an entry.
  private func place(_ i: Int) -> Int32 {
    precondition(places[i] >= 0, "an entry of which all is read is not apart")
    return places[i]
  }

  /// A component of an entry, or the whole.
  private mutating func place(_ i: Int, _ component: Component) -> Int32 {
    if component.allSatisfy({ $0 == nil }) { return place(i) }
    if let known = componentPlaces[i][component] { return known }
    let slices = zip(shape(i).dimensions, component).map { extent, index in
      index.map { AxisSlice(start: $0, step: 1, count: 1) } ?? .all(extent)
    }
    let made = append(.primitive(.linear(.slice(slices))), [place(i)])
    componentPlaces[i][component] = made
    return made
  }
}

extension Primitive {
  /// Whether each element of the result needs few of the operands', so that those of one column may be computed without the
  /// others'.
  fileprivate var isSeparable: Bool {
    if case .linear(let primitive) = self { return primitive.isSelection }
    if case .contraction(let contraction) = self { return contraction.summed.isEmpty }
    if case .pointwise = self { return true }
    return false
  }
}
