/// Taylor series of special functions at ordinary points.
extension SpecialFunction {
  /// The Taylor series in several arguments to the fourth order.
  func expanded(at values: [Double], rests: [Series]) -> Series {
    let inputs = values.map { Node(Storage([$0]), shape: .scalar) }
    for input in inputs { input.expose() }
    let degree = 5
    var result = Series(0)
    // Derivatives of a level from those of the one before, each by its multiset of arguments.
    var level: [[Int]: Node] = [[]: Node(.special(self), inputs)]
    var factor: [[Int]: Series] = [[]: Series(1)]
    let movingArguments = rests.indices.filter { !rests[$0].isZero }
    var order = Double.infinity
    for n in 0..<degree {
      let keys = level.keys.sorted { $0.lexicographicallyPrecedes($1) }
      guard let numbers = try? Interpreter.values(of: keys.map { level[$0]! }) else { return .unexpandable("no value") }
      for (key, number) in zip(keys, numbers) {
        // The number of orders in which the arguments can be taken over n! is 1 over the factorials of their counts.
        let counts = Dictionary(grouping: key, by: { $0 }).mapValues(\.count)
        let weight = counts.values.reduce(1.0) { $0 / (1...max($1, 1)).reduce(1.0) { $0 * Double($1) } }
        guard number[0].isFinite else {
          return n == 0 ? .unexpandable("a value that is not finite") : .unexpandable("a derivative that is not finite")
        }
        result = result + factor[key]!.scaled(by: weight * number[0])
      }
      if movingArguments.isEmpty { return result }
      var next: [[Int]: Node] = [:]
      var nextFactor: [[Int]: Series] = [:]
      for key in keys {
        for i in movingArguments where i >= key.last ?? 0 {
          let derivative = pushforward(of: [level[key]!], seeds: [(inputs[i], inputs[i].filled(with: 1))])[0]
          next[key + [i]] = derivative ?? inputs[i].filled(with: 0)
          nextFactor[key + [i]] = factor[key]! * rests[i]
        }
      }
      (level, factor) = (next, nextFactor)
      order = movingArguments.map { rests[$0].leadingPower }.min()! * Double(n + 1)
    }
    return result.truncated(at: order)
  }
}
