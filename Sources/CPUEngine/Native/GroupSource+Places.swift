import TensorGraph

/// Where the elements of a loop are read and written.
extension GroupSource {
  static func product(_ variable: String, _ factor: Int) -> String {
    factor == 1 ? variable : "\(variable) * \(factor)"
  }

  /// The index of a place in what goes element by element.
  func index(_ place: Int) -> String {
    if loopsOverPlaces { return "v * \(block) + l" }
    return block == 1 ? "v" : place == 0 ? "v * \(block)" : "v * \(block) + \(place)"
  }

  /// A summand that depends on the place; nil if it is nothing.
  func term(_ places: [Int], _ place: Int, less: Int = 0) -> String? {
    let start = places[place] - less
    guard loopsOverPlaces, places.firstDifference != 0 else { return start == 0 ? nil : "(\(start))" }
    let step = Self.product("l", places.firstDifference)
    return start == 0 ? step : "\(step) + (\(start))"
  }

  /// Where an element that is read or written directly lies.
  func direct(_ slot: Int, _ place: Int) -> String {
    "d\(slot)[\(startsAtZero ? "" : "t + ")\(index(place))]"
  }

  /// Whether the loop is all there is.
  var startsAtZero: Bool { !nest.hasRows && units == 1 && group.accumulator_count == 0 }

  /// Whether the loop is a run along the vector axis, from its beginning to its end.
  var startsAtRow: Bool { startsAtZero || nest.hasRows && hasWholeRows }

  /// The summands of an offset that stay the same in the loop.
  func begin(_ access: NestedAccess) -> [String] {
    access.rows.filter { $0.stride != 0 }.map { Self.product("r\($0.axis)", $0.stride) }
      + (access.vector != 0 && !startsAtRow ? [Self.product("v0", access.vector)] : [])
  }

  /// Whether the place where a loop begins to read has a name: it would be written out too often.
  func hasName(_ begin: [String]) -> Bool { begin.count > 1 || !begin.isEmpty && block > 1 && !loopsOverPlaces }

  func offset(_ access: NestedAccess, _ place: Int, behind begin: [String]) -> String {
    let terms =
      begin + (access.vector == 0 ? [] : [Self.product("v", access.vector)])
      + [term(access.places, place)].compactMap { $0 }
    return terms.isEmpty ? "0" : terms.joined(separator: " + ")
  }

  /// Where an access reads anything but zero.
  func conditions(_ access: NestedAccess, _ slot: Int, _ place: Int) -> String {
    let begin = startsAtRow ? "v" : "(v0 + v)"
    return access.masks.enumerated().map { n, mask in
      var terms: [String] = mask.coordinate.rows.isEmpty ? [] : ["m\(slot)_\(n)"]
      if mask.coordinate.vector != 0 { terms.append(Self.product(begin, mask.coordinate.vector)) }
      if let place = term(mask.coordinate.places, place, less: mask.first) { terms.append(place) }
      if terms.isEmpty { terms = ["0"] }
      return Self.isInside(terms.joined(separator: " + "), mask.valid)
    }.joined(separator: " && ")
  }

  /// Whether a number is from 0 up to another; of a comparison with 0 a compiler would warn.
  static func isInside(_ coordinate: String, _ valid: Int) -> String {
    valid == 0 ? "((uint64_t)(\(coordinate)) & 0)" : "(uint64_t)(\(coordinate)) < \(valid)u"
  }

  /// The offset of an operand that no nest fits, by division.
  func dividedOffset(_ slot: Int, _ place: Int) -> (offset: String, condition: String) {
    let element = startsAtZero ? "(\(index(place)))" : "(t + \(index(place)))"
    var terms: [String] = []
    var conditions: [String] = []
    for axis in otherAxes[slot]! {
      let coordinate = "\(element) / \(axis.behind) % \(axis.extent)"
      if axis.stride != 0 { terms.append("\(coordinate) * \(axis.stride)") }
      if axis.isMasked { conditions.append(Self.isInside("\(coordinate) - \(axis.first)", axis.valid)) }
    }
    return (terms.isEmpty ? "0" : terms.joined(separator: " + "), conditions.joined(separator: " && "))
  }
}
