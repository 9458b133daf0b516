/// A tensor that a term reads: a node without direction axes, a sum of terms that is not a node yet, or the zeros and ones
/// that say which element of an axis a table of whole numbers names.
package enum FactorSource {
  case node(Node)
  case sum(TermSum)
  /// [i, e…] is 1 where i is the table's element at e…, 0 elsewhere (`TermLookups`). The table is one to which the graph
  /// itself gathers or scatters, the origin, or follows from that.
  case lookup(table: Node, extent: Int, origin: Node)
}

/// A dense tensor defined by terms without direction indices: Σ over terms, one plain or affine index per axis.
///
/// It remembers its definition, so that a product can be opened again where another order of summation is cheaper.
package struct TermSum {
  package let terms: [Term]
  package let shape: [Int]
}

/// A source read at one affine index per axis.
package struct Factor: Hashable {
  package var source: Int
  package var indices: [AffineIndex]

  func substituting(_ substitution: Substitution) -> Factor {
    Factor(source: source, indices: indices.map { substitution($0) })
  }

  /// The labels of the indices, each once.
  var labels: [Label] {
    var labels: [Label] = []
    labels.appendLabels(of: indices)
    return labels
  }
}

/// A product of factors, added at affine places.
///
/// Its meaning: T[d, a] = Σ over all label values with directions = d, axes = a of coefficient · Π factors.
/// A label of factors only is summed. A label that occurs in `directions` and in `axes` is a Kronecker delta.
/// A label of `directions` or `axes` only repeats along them.
package struct Term {
  package var coefficient: Double
  package var factors: [Factor]
  package var directions: [AffineIndex]
  package var axes: [AffineIndex]

  package init(coefficient: Double = 1, factors: [Factor] = [], directions: [AffineIndex] = [], axes: [AffineIndex]) {
    self.coefficient = coefficient
    self.factors = factors
    self.directions = directions
    self.axes = axes
  }

  func substituting(_ substitution: Substitution) -> Term {
    if substitution.isEmpty { return self }
    return Term(
      coefficient: coefficient, factors: factors.map { $0.substituting(substitution) },
      directions: directions.map { substitution($0) }, axes: axes.map { substitution($0) })
  }

  /// Labels of directions, each once, in order of occurrence.
  var directionLabels: [Label] {
    var labels: [Label] = []
    labels.appendLabels(of: directions)
    return labels
  }

  /// Labels of directions and axes, each once, in order of occurrence.
  package var outputLabels: [Label] {
    var labels = directionLabels
    labels.appendLabels(of: axes)
    return labels
  }

  /// Labels of the factors, each once, in order of occurrence.
  package var factorLabels: [Label] {
    var labels: [Label] = []
    for factor in factors { labels.appendLabels(of: factor.indices) }
    return labels
  }

  /// Labels that are summed.
  package var summedLabels: [Label] {
    let output = outputLabels
    return factorLabels.filter { !output.contains($0) }
  }

  /// How many indices there are to look at.
  var weight: Int { factors.reduce(directions.count + axes.count + 1) { $0 + $1.indices.count + 1 } }

  /// All labels, each once.
  package var labels: [Label] {
    var labels = outputLabels
    for factor in factors { labels.appendLabels(of: factor.indices) }
    return labels
  }
}

extension [Label] {
  package mutating func appendLabels(of indices: [AffineIndex]) {
    for index in indices { for part in index.parts where !contains(part.label) { append(part.label) } }
  }
}

/// The labels and sources of one derivation, interned: equal nodes and equal sums have one number.
///
/// Made for one plan and used by one thread.
package final class TermSpace {
  package var labels = LabelTable()
  package private(set) var sources: [FactorSource] = []
  /// For each source and axis the first axis with which it may be exchanged.
  private(set) var axisClasses: [[Int]] = []
  private var nodes = InternedNodes()
  private var sourceOfNode: [Node: Int] = [:]
  private var sourceOfSum: [[Int]: Int] = [:]
  /// For each table the source by the extent of the axis on which its elements lie.
  private var sourceOfTable: [Node: [Int: Int]] = [:]
  /// Nodes whose elements may be infinite or undefined at finite inputs.
  var singular: [Node: Bool] = [:]
  /// Nodes of which the primitives say whether an element may be negative.
  var nonNegative: [Node: Bool] = [:]
  /// The chain rule of the sweep that makes the terms.
  var chain = ChainRule()
  /// Products that are not taken apart again: a reciprocal and what it is multiplied by.
  var opaque: Set<Int> = []
  /// The element type of all terms.
  let scalarType: ScalarType
  /// What is spent on the derivation.
  let work: PlanningWork

  package init(scalarType: ScalarType, work: PlanningWork = PlanningWork()) {
    self.scalarType = scalarType
    self.work = work
  }

  /// Lets a node stand for itself only, although others may look the same: the variable of a derivative.
  func isolate(_ node: Node) { nodes.isolate(node) }

  /// The one node that stands for all structurally equal to `node`.
  func interned(_ node: Node) -> Node { nodes(node, visit: { work.spend(2) }) }

  package func source(_ node: Node) -> Int {
    let node = interned(node)
    if let known = sourceOfNode[node] { return known }
    sources.append(.node(node))
    axisClasses.append(Array(0..<node.shape.rank))
    sourceOfNode[node] = sources.count - 1
    return sources.count - 1
  }

  /// The source of a sum of terms; equal sums share one.
  package func source(of terms: [Term], shape: [Int]) -> Int {
    source(of: terms, shape: shape, keys: terms.map { termKey($0) })
  }

  /// Likewise with the keys of the terms, without their coefficients.
  func source(of terms: [Term], shape: [Int], keys: [[Int]]) -> Int {
    var key = shape
    let marked = zip(terms, keys).map { $1 + [Int(bitPattern: UInt(truncatingIfNeeded: $0.coefficient.bitPattern))] }
    for termKey in marked.count > 1 ? marked.sorted(by: { $0.lexicographicallyPrecedes($1) }) : marked {
      key.append(-7)
      key += termKey
    }
    if let known = sourceOfSum[key] { return known }
    sources.append(.sum(TermSum(terms: terms, shape: shape)))
    axisClasses.append(symmetricAxes(of: terms, shape: shape))
    sourceOfSum[key] = sources.count - 1
    return sources.count - 1
  }

  /// The source of a lookup; lookups through one table share it.
  func lookup(in table: Node, extent: Int, origin: Node) -> Int {
    let table = interned(table)
    if let known = sourceOfTable[table]?[extent] { return known }
    sources.append(.lookup(table: table, extent: extent, origin: interned(origin)))
    axisClasses.append(Array(0...table.shape.rank))
    sourceOfTable[table, default: [:]][extent] = sources.count - 1
    return sources.count - 1
  }

  package func shape(_ source: Int) -> [Int] {
    switch sources[source] {
    case .node(let node): node.shape.dimensions
    case .sum(let sum): sum.shape
    case .lookup(let table, let extent, _): [extent] + table.shape.dimensions
    }
  }

  /// A factor that reads the whole of a node at the given indices.
  func factor(_ node: Node, at indices: [AffineIndex]) -> Factor {
    Factor(source: source(node), indices: indices)
  }
}
