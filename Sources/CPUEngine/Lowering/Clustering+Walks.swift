extension Clustering.Cluster {
  /// More ways of walking over the elements of one level and size are not told from each other.
  private static let mostWalks = 8

  /// One cluster for each way of walking over the elements.
  ///
  /// A loop has constant strides for all of its operands if their axes nest (`LoopNest`). Operands that lie along others, such as
  /// rows repeated for each column beside columns repeated for each row, would cost it divisions for every element. Members that
  /// pass elements to each other stay together, and so do all where a group of its own costs more than it gains. O(members, and their
  /// operands' axes).
  func separated(in graph: LoweredGraph) -> [Self] {
    guard shape == nil, members.count > 1, count >= NativeProgram.leastElements else { return [self] }
    var all = LoopNest(total: count)
    guard !members.allSatisfy({ cut(&all, for: $0, graph) }) else { return [self] }
    var nests: [(nest: LoopNest, members: [Int])] = []
    for connected in connectedMembers(in: graph) {
      let fitting = nests.indices.first { n in
        var nest = nests[n].nest
        guard connected.allSatisfy({ cut(&nest, for: $0, graph) }) else { return false }
        nests[n].nest = nest
        return true
      }
      if let place = fitting ?? (nests.count < Self.mostWalks ? nil : nests.indices.last) {
        nests[place].members += connected
      } else {
        var nest = LoopNest(total: count)
        for member in connected { _ = cut(&nest, for: member, graph) }
        nests.append((nest, connected))
      }
    }
    return nests.map { Self(level: level, count: count, shape: nil, members: $0.members.sorted()) }
  }

  /// Cuts a nest where a member's operands are; false if one does not fit.
  private func cut(_ nest: inout LoopNest, for member: Int, _ graph: LoweredGraph) -> Bool {
    (graph.items[member].operands + [member]).allSatisfy { operand in
      switch graph.items[operand].operation {
      case .view(let access):
        var behind = 1
        var cuts: [Int] = []
        for axis in access.simplified.axes.reversed() {
          cuts += [behind, behind * axis.extent]
          behind *= axis.extent
        }
        return nest.cut(at: cuts)
      case .iota(let stride, let extent): return nest.cut(at: [stride, min(stride * extent, count)])
      case .argument, .literal, .function, .compare, .logical, .select, .cast, .reduce, .step: return true
      }
    }
  }

  /// Members that pass elements to each other, in order of the first of each.
  private func connectedMembers(in graph: LoweredGraph) -> [[Int]] {
    var places: [Int: Int] = [:]
    var before = Array(members.indices)
    func first(_ place: Int) -> Int {
      var place = place
      while before[place] != place {
        before[place] = before[before[place]]
        place = before[place]
      }
      return place
    }
    for (place, member) in members.enumerated() {
      for case let other? in graph.items[member].operands.map({ places[$0] }) {
        let (a, b) = (first(place), first(other))
        before[max(a, b)] = min(a, b)
      }
      places[member] = place
    }
    let groups = Dictionary(grouping: members.indices, by: first)
    return groups.sorted { $0.key < $1.key }.map { group in group.value.map { members[$0] } }
  }
}
