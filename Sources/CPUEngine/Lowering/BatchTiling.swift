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
    let types = structure.types
    (shapes, self.types) = (types.map(\.shape), types.map(\.scalarType))
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
      return primitive.isSeen ? total : total + shapes[i].count * types[i].byteCount
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
      return total + work(of: primitive, shapes[i], structure.entries[i].operands.map { shapes[Int($0)] })
    }
  }

  /// Elements that are computed, or numbers that are multiplied.
  private func work(of primitive: Primitive, _ shape: Shape, _ operands: [Shape]) -> Double {
    if primitive.isSeen { return 0 }
    let count = Double(shape.count)
    return switch primitive {
    case .linear(.embed), .leaf, .custom: 0
    case .linear(.sum), .extremum: Double(operands[0].count)
    case .pointwise, .linear, .concatenate, .argsort: count
    case .contraction(let contraction):
      contraction.summed.reduce(count) { $0 * Double(contraction.extents(operands[0], operands[1])[$1]!) }
    case .scan(let recurrence): count * Double(recurrence.nodeCount)
    case .solve, .matrix: count * Double(shape.dimensions.last ?? 1)
    }
  }

  // MARK: Rules

  /// What is needed of each operand for a part of an entry; nil if that is no part.
  private func operandParts(_ i: Int, _ part: Part) -> [Part]? {
    let entry = structure.entries[i]
    guard case .primitive(let primitive) = entry.operation else { return [] }
    guard case .slice(let axis) = part else { return entry.operands.map { _ in .whole } }
    if case .leaf(.iota(_, axis: axis, _)) = primitive { return nil }
    // Matrices are not taken from each other.
    if case .solve = primitive { return nil }
    if case .matrix = primitive { return nil }
    let operands = entry.operands.map { shapes[Int($0)] }
    var needed: [Part] = []
    for i in operands.indices {
      switch primitive.origin(ofAxis: axis, in: i, operands) {
      case .axis(let axis): needed.append(.slice(axis: axis))
      case .all: needed.append(.whole)
      case .mixed: return nil
      }
    }
    return needed
  }

  /// The graph of `count` slices.
  func structure(of count: Int) -> GraphStructure {
    var entries: [GraphStructure.Entry] = []
    var places = [[Part: Int32]](repeating: [:], count: parts.count)
    for (i, entry) in structure.entries.enumerated() {
      for part in parts[i] {
        var changed = entry
        if case .slice(let axis) = part { changed.operation = restricted(entry.operation, axis, count) }
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
    _ operation: GraphStructure.Operation, _ axis: Int, _ count: Int
  ) -> GraphStructure.Operation {
    switch operation {
    case .argument(let shape, let type): return .argument(shape.replacing(axis: axis, with: count), type)
    case .fill(let shape, let type): return .fill(shape.replacing(axis: axis, with: count), type)
    case .primitive(let primitive): return .primitive(primitive.restricted(axis: axis, to: count))
    }
  }
}

extension Primitive {
  /// Whether the elements of the result are those of the operand, which are read where they lie.
  fileprivate var isSeen: Bool {
    if case .linear(let primitive) = self { return primitive.isView }
    if case .leaf = self { return true }
    return self == .pointwise(.detach)
  }
}
