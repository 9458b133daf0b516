import TensorGraph

/// A graph all of whose results are made slice by slice along their first axis, seen as a graph of a few slices.
///
/// Running it for some slices at a time keeps what lies between its steps in the cache, and gives each core slices of
/// its own. What is the same for all slices is computed for each part again, which must be little.
struct BatchTiling: Sendable {
  /// What part of an entry is needed: index b of an axis for slice b, or everything for every slice.
  private enum Part: Hashable, Sendable {
    case slice(axis: Int)
    case whole
  }

  /// An argument of the graph of some slices: one of the whole, and how many elements further on the next slice is.
  struct Argument: Sendable {
    var position: Int
    var elementsPerSlice: Int
  }

  let sliceCount: Int
  private let structure: GraphStructure
  private let shapes: [Shape]
  private let types: [ScalarType]
  private var parts: [[Part]]
  /// For each argument of the graph of slices.
  private(set) var arguments: [Argument] = []

  /// What is computed for each part again is at most this share of the work.
  private static let repeatedShare = 0.02
  /// Fewer slices are not worth being told apart.
  private static let leastSlices = 64

  /// - Returns: nil if slices depend on each other, or share too much work.
  init?(_ structure: GraphStructure, largestPartCount: (_ sliceCount: Int) -> Int) {
    self.structure = structure
    var shapes: [Shape] = []
    var types: [ScalarType] = []
    shapes.reserveCapacity(structure.entries.count)
    for entry in structure.entries {
      switch entry.operation {
      case .argument(let shape, let type), .fill(let shape, let type):
        shapes.append(shape)
        types.append(type)
      case .primitive(let primitive):
        shapes.append(primitive.shape(of: entry.operands.map { shapes[Int($0)] }))
        types.append(primitive.scalarType(of: entry.operands.map { types[Int($0)] }))
      }
    }
    (self.shapes, self.types) = (shapes, types)
    parts = [[Part]](repeating: [], count: shapes.count)
    guard let first = structure.outputs.first, let count = shapes[Int(first)].dimensions.first,
      count >= Self.leastSlices
    else { return nil }
    sliceCount = count
    for output in structure.outputs {
      guard shapes[Int(output)].dimensions.first == count else { return nil }
      need(Int(output), .slice(axis: 0))
    }
    // Users come after their operands.
    for i in structure.entries.indices.reversed() {
      for part in parts[i] {
        guard let needed = operandParts(i, part) else { return nil }
        for (operand, part) in zip(structure.entries[i].operands, needed) { need(Int(operand), part) }
      }
    }
    guard repeatedWork * Double(largestPartCount(count)) <= Self.repeatedShare * slicedWork else { return nil }
    var position = 0
    for (i, entry) in structure.entries.enumerated() {
      guard case .argument(let shape, _) = entry.operation else { continue }
      for part in parts[i] {
        switch part {
        case .whole: arguments.append(Argument(position: position, elementsPerSlice: 0))
        case .slice(let axis):
          // The elements of neighbouring slices must be neighbours.
          guard shape.dimensions[..<axis].allSatisfy({ $0 == 1 }) else { return nil }
          arguments.append(Argument(position: position, elementsPerSlice: shape.count / count))
        }
      }
      position += 1
    }
  }

  /// Bytes of everything that is computed, more or less.
  var computedByteCount: Int {
    structure.entries.indices.reduce(0) { total, i in
      guard case .primitive(let primitive) = structure.entries[i].operation else { return total }
      switch primitive {
      case .input, .fill, .iota, .broadcast, .reshape, .permute, .slice, .detach: return total
      case .elementwise, .special, .compare, .logical, .select, .cast, .embed, .concatenate, .gather, .scatterAdd, .sum,
        .maximum,
        .minimum, .cumulativeSum, .argsort, .contraction, .solve, .matrix, .scan, .custom:
        return total + shapes[i].count * types[i].byteCount
      }
    }
  }

  /// The element type of each argument of the graph of slices, and of each output.
  var argumentTypes: [ScalarType] {
    structure.entries.indices.flatMap { i -> [ScalarType] in
      guard case .argument = structure.entries[i].operation else { return [] }
      return parts[i].map { _ in types[i] }
    }
  }
  var outputTypes: [ScalarType] { structure.outputs.map { types[Int($0)] } }

  /// The elements of a slice of each output.
  var outputElementsPerSlice: [Int] { structure.outputs.map { shapes[Int($0)].count / sliceCount } }

  private mutating func need(_ i: Int, _ part: Part) {
    if !parts[i].contains(part) { parts[i].append(part) }
  }

  // MARK: Work

  private var repeatedWork: Double { work { $0 == .whole } }
  private var slicedWork: Double { work { $0 != .whole } }

  private func work(_ counts: (Part) -> Bool) -> Double {
    structure.entries.indices.reduce(0) { total, i in
      guard case .primitive(let primitive) = structure.entries[i].operation, parts[i].contains(where: counts) else {
        return total
      }
      switch primitive {
      case .input, .fill, .iota, .broadcast, .reshape, .permute, .slice, .embed, .detach, .custom: return total
      case .sum, .maximum, .minimum: return total + Double(shapes[Int(structure.entries[i].operands[0])].count)
      case .contraction(let contraction):
        let operands = structure.entries[i].operands.map { shapes[Int($0)] }
        let extents = contraction.extents(operands[0], operands[1])
        return total + contraction.summed.reduce(Double(shapes[i].count)) { $0 * Double(extents[$1]!) }
      case .elementwise, .special, .compare, .logical, .select, .cast, .concatenate, .gather, .scatterAdd,
        .cumulativeSum,
        .argsort:
        return total + Double(shapes[i].count)
      case .scan(let recurrence): return total + Double(shapes[i].count * recurrence.nodeCount)
      case .solve, .matrix: return total + Double(shapes[i].count) * Double(shapes[i].dimensions.last ?? 1)
      }
    }
  }

  // MARK: Rules

  /// What is needed of each operand for a part of an entry; nil if that is no part.
  private func operandParts(_ i: Int, _ part: Part) -> [Part]? {
    let entry = structure.entries[i]
    guard case .primitive(let primitive) = entry.operation else { return [] }
    guard case .slice(let axis) = part else { return entry.operands.map { _ in .whole } }
    let operands = entry.operands.map { shapes[Int($0)] }
    func all(_ axis: Int) -> [Part] { operands.map { _ in .slice(axis: axis) } }
    switch primitive {
    case .input, .fill: return []
    case .iota(_, let along, _): return along == axis ? nil : []
    case .elementwise, .special, .compare, .logical, .select, .cast, .detach: return all(axis)
    case .broadcast(_, let placement):
      guard let place = placement.firstIndex(of: axis), operands[0][place] == sliceCount else { return [.whole] }
      return [.slice(axis: place)]
    case .reshape(let shape):
      let before = shape.dimensions[..<axis].reduce(1, *)
      var product = 1
      for (place, extent) in operands[0].dimensions.enumerated() {
        if product == before, extent == sliceCount { return all(place) }
        product *= extent
      }
      return nil
    case .permute(let order): return all(order[axis])
    case .slice(let slices): return slices[axis].isAll(of: operands[0][axis]) ? all(axis) : nil
    case .embed(let shape, let slices): return slices[axis].isAll(of: shape[axis]) ? all(axis) : nil
    case .concatenate(let along): return along == axis ? nil : all(axis)
    case .gather(let along):
      let rank = operands[1].rank
      if axis < along { return [.slice(axis: axis), .whole] }
      return axis < along + rank
        ? [.whole, .slice(axis: axis - along)] : [.slice(axis: axis - rank + 1), .whole]
    case .scatterAdd(let along, _):
      guard axis != along else { return nil }
      return [.slice(axis: axis < along ? axis : axis + operands[1].rank - 1), .whole]
    case .sum(let summed), .maximum(let summed), .minimum(let summed):
      let kept = operands[0].dimensions.indices.filter { !summed.contains($0) }
      return all(kept[axis])
    case .cumulativeSum(let along, _), .argsort(let along): return along == axis ? nil : all(axis)
    case .contraction(let contraction):
      let label = contraction.output[axis]
      return [contraction.left, contraction.right].map { labels in
        labels.firstIndex(of: label).map { .slice(axis: $0) } ?? .whole
      }
    case .solve, .matrix, .scan, .custom: return nil
    }
  }

  /// The graph of `count` slices.
  func structure(of count: Int) -> GraphStructure {
    var entries: [GraphStructure.Entry] = []
    var places = [[Part: Int32]](repeating: [:], count: parts.count)
    for (i, entry) in structure.entries.enumerated() {
      for part in parts[i] {
        var changed = entry
        if case .slice(let axis) = part { changed.operation = restricted(entry.operation, i, axis, count) }
        if case .primitive = entry.operation {
          changed.operands = zip(entry.operands, operandParts(i, part)!).map { places[Int($0)][$1]! }
        }
        places[i][part] = Int32(entries.count)
        entries.append(changed)
      }
    }
    return GraphStructure(
      entries: entries, outputs: structure.outputs.map { places[Int($0)][.slice(axis: 0)]! })
  }

  /// An operation with another number of slices.
  private func restricted(
    _ operation: GraphStructure.Operation, _ i: Int, _ axis: Int, _ count: Int
  ) -> GraphStructure.Operation {
    func smaller(_ shape: Shape) -> Shape { shape.replacing(axis: axis, with: count) }
    func smaller(_ slices: [AxisSlice]) -> [AxisSlice] {
      var slices = slices
      slices[axis] = .all(count)
      return slices
    }
    switch operation {
    case .argument(let shape, let type): return .argument(smaller(shape), type)
    case .fill(let shape, let type): return .fill(smaller(shape), type)
    case .primitive(let primitive):
      switch primitive {
      case .iota(let shape, let along, let type): return .primitive(.iota(smaller(shape), axis: along, type))
      case .broadcast(let shape, let axes): return .primitive(.broadcast(smaller(shape), axes: axes))
      case .reshape(let shape): return .primitive(.reshape(smaller(shape)))
      case .slice(let slices): return .primitive(.slice(smaller(slices)))
      case .embed(let shape, let slices): return .primitive(.embed(smaller(shape), smaller(slices)))
      case .input, .fill, .elementwise, .special, .compare, .logical, .select, .cast, .detach, .permute, .concatenate,
        .gather,
        .scatterAdd, .sum, .maximum, .minimum, .cumulativeSum, .argsort, .contraction, .solve, .matrix, .scan, .custom:
        return operation
      }
    }
  }
}
