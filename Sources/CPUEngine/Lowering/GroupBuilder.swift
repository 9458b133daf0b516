import CKernels
import TensorGraph

/// Turns the items of one cluster into instructions.
struct GroupBuilder {
  private struct Key: Hashable {
    var item: Int
    var family: Family
  }

  private struct Element: Hashable {
    var buffer: Int32
    var offset: Int
    var family: Family
  }

  let graph: LoweredGraph
  let cluster: Clustering.Cluster
  let isStored: [Bool]
  let buffers: BufferTable
  let memory: ProgramMemory
  let kernels = Kernels.shared

  private(set) var instructions = GroupInstructions()
  private(set) var reductions: [(item: Int, value: Int)] = []
  /// The family in which a member has been computed.
  private var families: [Int: Family] = [:]
  private var names: [Key: Int] = [:]
  /// Registers that repeat one element of a buffer.
  private var repeated: [Element: Int] = [:]
  /// Products that are computed together with the sum that uses them.
  private var absorbed = Set<Int>()
  /// For a function of a pair that one kernel computes, the member that is the other one.
  private var partners: [Int: Int] = [:]

  init(
    _ graph: LoweredGraph, _ cluster: Clustering.Cluster, isStored: [Bool], buffers: BufferTable,
    memory: ProgramMemory
  ) {
    self.graph = graph
    self.cluster = cluster
    self.isStored = isStored
    self.buffers = buffers
    self.memory = memory
    findAbsorbedProducts()
    findPairs()
    for member in cluster.members where !absorbed.contains(member) { add(member) }
  }

  // MARK: Members

  private mutating func add(_ member: Int) {
    if families[member] != nil { return }
    let item = graph.items[member]
    let natural = item.type == .bool ? maskFamily(item) : Family(item.type)
    let value: Int
    switch item.operation {
    case .argument, .literal, .step: fatalError("no member of a group")
    case .iota, .view:
      value = external(member, natural, copies: true)
    case .function(let function):
      value = elementwise(member, function, natural)
    case .compare(let comparison):
      value = instructions.emit(
        kernels.compare(comparison, natural), item.operands.map { operand($0, natural) }, natural)
    case .logical(let function):
      value = instructions.emit(
        kernels.logical(function, natural), item.operands.map { operand($0, natural) }, natural)
    case .select:
      value = instructions.emit(kernels.select(natural), item.operands.map { operand($0, natural) }, natural)
    case .cast:
      value = cast(item, natural)
    case .reduce:
      let family = Family(item.type)
      reductions.append((member, operand(item.operands[0], family)))
      return
    }
    finish(member, value, natural)
  }

  private mutating func finish(_ member: Int, _ value: Int, _ family: Family) {
    families[member] = family
    names[Key(item: member, family: family)] = value
    if isStored[member] { store(member, value, family) }
  }

  /// The family in which a mask is made: that of the elements that are compared, or of another mask.
  private func maskFamily(_ item: LoweredGraph.Item) -> Family {
    func family(of operand: Int) -> Family {
      let type = graph.items[operand].type
      return type == .bool ? families[operand] ?? .integer : Family(type)
    }
    switch item.operation {
    case .compare, .logical, .cast: return family(of: item.operands[0])
    case .select: return family(of: item.operands[1])
    case .argument, .literal, .iota, .function, .view, .reduce, .step: return .integer
    }
  }

  private mutating func elementwise(_ member: Int, _ function: ScalarFunction, _ family: Family) -> Int {
    let item = graph.items[member]
    if function == .add || function == .subtract, let fused = multiplyAdd(item, function, family) { return fused }
    if let partner = partners[member], let pair = kernels.pair(function, family) {
      let (first, second) = instructions.emitPair(
        pair.kernel, operand(item.operands[0], family), family, cost: function.facts.cost.nanoseconds)
      finish(partner, pair.isFirst ? second : first, family)
      return pair.isFirst ? first : second
    }
    guard let kernel = kernels.function(function, family) else {
      fatalError("\(function.rawValue) is not defined for \(item.type.rawValue)")
    }
    let operands = item.operands.map { operand($0, family) }
    let value = instructions.emit(kernel, operands, family, cost: function.facts.cost.nanoseconds)
    return item.type == .int32 ? instructions.emit(kernels.wrapToInt32, [value], family) : value
  }

  private mutating func cast(_ item: LoweredGraph.Item, _ target: Family) -> Int {
    let source = graph.items[item.operands[0]].type
    if item.type == .bool {
      return instructions.emit(kernels.isNonzero(target), [operand(item.operands[0], target)], target)
    }
    if source == .bool {
      return instructions.emit(
        kernels.convert(from: target, to: target), [operand(item.operands[0], target)], target)
    }
    let family = Family(source)
    let value = instructions.emit(
      kernels.convert(from: family, to: target), [operand(item.operands[0], family)], target, cost: 0.5)
    return item.type == .int32 ? instructions.emit(kernels.clampToInt32, [value], target) : value
  }

  /// Writes a member's elements. Where memory looks like the register, the instruction writes there at once.
  private mutating func store(_ member: Int, _ value: Int, _ family: Family) {
    let type = graph.items[member].type
    let buffer = buffers[member]
    if type == family.memoryType, let last = instructions.body.last, last.results.contains(value) {
      instructions.values[value] = .direct(buffer: buffer, offset: 0, type: type, isOutput: true)
      return
    }
    guard let kernel = kernels.store(family, type) else { fatalError("\(family) is not written as \(type)") }
    let place = instructions.slot(ck_slot_store, buffer: buffer, stride: 1)
    instructions.body.append(.init(kernel: kernel, out: place, operands: [value]))
    instructions.cost += 0.3
  }

  // MARK: Operands

  /// The name of an item's elements in a family: computed here before, or read from memory now.
  private mutating func operand(_ i: Int, _ family: Family) -> Int {
    if let known = names[Key(item: i, family: family)] { return known }
    let name: Int
    if let own = families[i] {
      let value = names[Key(item: i, family: own)]!
      name = instructions.emit(kernels.convert(from: own, to: family), [value], family, cost: 0.3)
    } else {
      name = external(i, family, copies: false)
    }
    names[Key(item: i, family: family)] = name
    return name
  }

  /// Elements that are not computed here: read from a buffer, or counted.
  ///
  /// - Parameter copies: whether the elements must pass through an instruction, for somebody to write them.
  private mutating func external(_ i: Int, _ family: Family, copies: Bool) -> Int {
    let item = graph.items[i]
    var base = i
    var access = Access(offset: 0, axes: [Access.Axis(extent: item.count, stride: 1)])
    switch item.operation {
    case .iota(let stride, let extent):
      if isStored[i] && !copies { break }
      let pattern = instructions.slot(ck_slot_iota, stride: stride, extent: extent)
      let value = instructions.emit(kernels.iota(family), [pattern], family, cost: 1)
      return item.type == .int32 ? instructions.emit(kernels.wrapToInt32, [value], family) : value
    case .view(let view):
      base = item.operands[0]
      access = view.simplified
    case .argument, .literal, .function, .compare, .logical, .select, .cast, .reduce, .step: break
    }
    let type = graph.items[base].type
    let buffer = buffers[base]
    let value: Int
    if !access.isMasked && access.axes.allSatisfy({ $0.stride == 0 || $0.extent == 1 }) {
      value = repeatedElement(buffer, access.offset, type, family)
    } else if access.isContiguous && type == family.memoryType {
      value = instructions.name(
        .direct(buffer: buffer, offset: access.offset * type.byteCount, type: type, isOutput: false))
    } else {
      guard let load = kernels.load(type, family) else { fatalError("\(type) is not read in \(family)") }
      let slot = instructions.slot(ck_slot_load, buffer: buffer, access: keep(access))
      return instructions.emit(load, [slot], family, cost: access.loadCost)
    }
    return copies ? instructions.emit(kernels.convert(from: family, to: family), [value], family) : value
  }

  private mutating func repeatedElement(
    _ buffer: Int32, _ offset: Int, _ type: ScalarType, _ family: Family
  ) -> Int {
    let key = Element(buffer: buffer, offset: offset, family: family)
    if let known = repeated[key] { return known }
    guard let fill = kernels.fill(type, family) else { fatalError("\(type) is not read in \(family)") }
    let element = instructions.slot(ck_slot_element, buffer: buffer, offset: offset * type.byteCount)
    let isConstant = buffers.isLiteral(buffer)
    let value = instructions.name(isConstant ? .constant(family) : .pinned(family))
    let instruction = GroupInstructions.Instruction(kernel: fill, out: value, operands: [element])
    if isConstant { instructions.constants.append(instruction) } else { instructions.hoisted.append(instruction) }
    repeated[key] = value
    return value
  }

  private func keep(_ access: Access) -> UnsafePointer<ck_access> {
    let axes = access.axes
    return memory.keep(
      ck_access(
        rank: Int64(axes.count), offset: Int64(access.offset), extents: memory.keep(axes.map { Int64($0.extent) }),
        strides: memory.keep(axes.map { Int64($0.stride) }),
        first: access.isMasked ? memory.keep(axes.map { Int64($0.first) }) : nil,
        valid: access.isMasked ? memory.keep(axes.map { Int64($0.valid) }) : nil))
  }

  // MARK: Pairs

  private mutating func findPairs() {
    struct Call: Hashable {
      var function: ScalarFunction
      var operand: Int
    }
    var calls: [Call: Int] = [:]
    for member in cluster.members {
      let item = graph.items[member]
      guard case .function(let function) = item.operation, item.type.isDifferentiable,
        let pair = kernels.pair(function, Family(item.type))
      else { continue }
      calls[Call(function: function, operand: item.operands[0])] = member
      if let partner = calls[Call(function: pair.other, operand: item.operands[0])] {
        partners[member] = partner
        partners[partner] = member
      }
    }
  }

  // MARK: Multiplication with addition

  private func isProduct(_ i: Int) -> Bool {
    guard graph.items[i].type.isDifferentiable else { return false }
    switch graph.items[i].operation {
    case .function(.multiply), .function(.square): return true
    case .function, .argument, .literal, .iota, .compare, .logical, .select, .cast, .view, .reduce, .step: return false
    }
  }

  /// Products with one user, a sum or difference whose other operand is no product.
  private mutating func findAbsorbedProducts() {
    let members = Set(cluster.members)
    var uses: [Int: Int] = [:]
    for member in cluster.members { for operand in graph.items[member].operands { uses[operand, default: 0] += 1 } }
    for member in cluster.members {
      let item = graph.items[member]
      guard case .function(let function) = item.operation, function == .add || function == .subtract,
        item.type.isDifferentiable
      else { continue }
      let products = item.operands.filter(isProduct)
      guard products.count == 1, let product = products.first, members.contains(product), !isStored[product],
        uses[product] == 1
      else { continue }
      absorbed.insert(product)
    }
  }

  private mutating func multiplyAdd(
    _ item: LoweredGraph.Item, _ function: ScalarFunction, _ family: Family
  ) -> Int? {
    guard let position = item.operands.firstIndex(where: { absorbed.contains($0) }) else { return nil }
    let product = graph.items[item.operands[position]]
    let x = operand(product.operands[0], family)
    let y = product.operands.count == 2 ? operand(product.operands[1], family) : x
    let z = operand(item.operands[1 - position], family)
    let kernel =
      function == .add
      ? kernels.multiplyAdd(family)
      : position == 0 ? kernels.multiplySubtract(family) : kernels.subtractProduct(family)
    return instructions.emit(kernel, [x, y, z], family, cost: 0.2)
  }
}

extension Access {
  /// Time per element in nanoseconds or so to read by this access.
  var loadCost: Double {
    let axes = simplified.axes
    guard let last = axes.last else { return 0 }
    if last.stride == 1 && axes.count == 1 { return 0 }
    if last.extent < 16 { return 1.5 }
    return abs(last.stride) <= 1 ? 0.1 : abs(last.stride) < 8 ? 0.6 : 2
  }
}
