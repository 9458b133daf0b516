/// Einstein's summation over any number of operands, as NumPy spells it.
extension Operations {
  /// `einsum("ij,jk->ik", [a, b])`. Without an arrow the output has the labels that occur once, in order. Repeated
  /// labels of an operand take its diagonal; `...` stands for leading axes that broadcast.
  package static func einsum(_ equation: String, _ operands: [Node]) throws(TensorError) -> Node {
    func fail(_ reason: String) -> TensorError { TensorError("einsum: \"\(equation)\": \(reason)") }
    let text = equation.filter { !$0.isWhitespace }
    let arrow = text.firstRange(of: "->")
    let inputs = (arrow.map { text[..<$0.lowerBound] } ?? text[...]).split(
      separator: ",", omittingEmptySubsequences: false)
    guard inputs.count == operands.count, !operands.isEmpty else {
      throw fail("names \(inputs.count) operands, \(operands.count) given; name each one's axes")
    }
    // The axes that an ellipsis stands for get the labels -1, -2, … from the right.
    var ellipsisRank = 0
    var labelled: [(node: Node, labels: [Int])] = []
    for (input, node) in zip(inputs, operands) {
      try requireSameType(operands[0], node, "einsum")
      let labels = try labels(of: String(input), rank: node.shape.rank, fail)
      ellipsisRank = max(ellipsisRank, labels.filter { $0 < 0 }.count)
      labelled.append((node, labels))
    }
    var extents: [Int: Int] = [:]
    for (node, labels) in labelled {
      for (label, extent) in zip(labels, node.shape.dimensions) {
        guard let known = extents[label], known != extent else {
          extents[label] = extent
          continue
        }
        guard label < 0, known == 1 || extent == 1 else {
          throw fail("label \(name(label)) has extents \(known) and \(extent); make them equal")
        }
        extents[label] = max(known, extent)
      }
    }
    let ellipsis = (0..<ellipsisRank).map { $0 - ellipsisRank }
    let output: [Int]
    if let arrow {
      output = try labels(of: String(text[arrow.upperBound...]), rank: nil, ellipsis: ellipsis, fail)
      guard Set(output).count == output.count else { throw fail("the output names a label twice; name each once") }
      for label in output where extents[label] == nil {
        throw fail("the output label \(name(label)) stands in no operand")
      }
    } else {
      let all = labelled.flatMap(\.labels)
      output = ellipsis + Set(all.filter { label in label >= 0 && all.count(where: { $0 == label }) == 1 }).sorted()
    }
    var terms: [(node: Node, labels: [Int])] = []
    for (node, labels) in labelled { terms.append(try withoutRepeats(node, labels, extents)) }
    return contract(terms, output)
  }

  /// Multiplies operands two at a time, always the pair with the smallest product.
  private static func contract(_ operands: [(node: Node, labels: [Int])], _ output: [Int]) -> Node {
    var terms = operands
    while terms.count > 1 {
      var best: (cost: Int, i: Int, j: Int, labels: [Int])?
      for i in terms.indices {
        for j in terms.indices where j > i {
          let others = terms.indices.filter { $0 != i && $0 != j }.flatMap { terms[$0].labels }
          let wanted = Set(output + others)
          var sizes: [Int: Int] = [:]
          for (label, extent) in zip(terms[i].labels, terms[i].node.shape.dimensions) { sizes[label] = extent }
          for (label, extent) in zip(terms[j].labels, terms[j].node.shape.dimensions) { sizes[label] = extent }
          let cost = sizes.values.reduce(1, *)
          let kept = terms.count == 2 ? output : sizes.keys.filter(wanted.contains).sorted()
          if best == nil || cost < best!.cost { best = (cost, i, j, kept) }
        }
      }
      let (_, i, j, labels) = best!
      let product = Node.contraction(terms[i].node, terms[i].labels, terms[j].node, terms[j].labels, labels)
      terms.remove(at: j)
      terms.remove(at: i)
      terms.append((product, labels))
    }
    let (node, labels) = terms[0]
    let lone = labels.indices.filter { !output.contains(labels[$0]) }
    let kept = labels.indices.filter { output.contains(labels[$0]) }.map { labels[$0] }
    return node.summed(over: lone).permuted(output.map { kept.firstIndex(of: $0)! })
  }

  /// The operand with each label once (diagonals taken) and without ellipsis axes of extent 1 that stretch.
  private static func withoutRepeats(
    _ node: Node, _ labels: [Int], _ extents: [Int: Int]
  ) throws(TensorError) -> (node: Node, labels: [Int]) {
    var (node, labels) = (node, labels)
    while let second = labels.indices.first(where: { labels[..<$0].contains(labels[$0]) }) {
      let label = labels[second]
      let first = labels.firstIndex(of: label)!
      node = try diagonal(node, axis1: first, axis2: second)
      labels.remove(at: second)
      labels.remove(at: first)
      labels.append(label)
    }
    let stretched = labels.indices.filter { labels[$0] < 0 && node.shape[$0] == 1 && extents[labels[$0]] != 1 }
    return (
      node.reshaped(to: node.shape.removing(axes: stretched)),
      labels.indices.filter { !stretched.contains($0) }.map { labels[$0] }
    )
  }

  private static func labels(
    of text: String, rank: Int?, ellipsis: [Int] = [], _ fail: (String) -> TensorError
  ) throws(TensorError) -> [Int] {
    let parts = text.split(separator: "...", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    var lists: [[Int]] = []
    for part in parts {
      var list: [Int] = []
      for character in part {
        guard character.isLetter, let scalar = character.unicodeScalars.first else {
          throw fail("\"\(character)\" is no label; labels are letters")
        }
        list.append(Int(scalar.value))
      }
      lists.append(list)
    }
    let named = lists.reduce(0) { $0 + $1.count }
    guard let rank else { return lists.count == 2 ? lists[0] + ellipsis + lists[1] : lists[0] }
    guard lists.count == 2 ? named <= rank : named == rank else {
      throw fail("\"\(text)\" names \(named) axes of an operand of rank \(rank); name each")
    }
    if lists.count == 1 { return lists[0] }
    return lists[0] + (0..<(rank - named)).map { $0 - (rank - named) } + lists[1]
  }

  private static func name(_ label: Int) -> String {
    label < 0 ? "..." : String(Unicode.Scalar(UInt32(label)).map(Character.init) ?? "?")
  }
}
