/// Finds the known names that someone may have meant.
package enum Suggestions {
  /// The remark that names the nearest of the known names, or an empty text if none is near.
  package static func remark(for name: String, among known: some Sequence<String>) -> String {
    let nearest = nearest(to: name, among: known)
    guard let last = nearest.last else { return "" }
    let quoted = nearest.dropLast().map { "'\($0)'" }
    return quoted.isEmpty
      ? "; did you mean '\(last)'?" : "; did you mean \(quoted.joined(separator: ", ")) or '\(last)'?"
  }

  /// At most three names within a third of the length in edits, nearest first.
  package static func nearest(to name: String, among known: some Sequence<String>) -> [String] {
    guard name.utf8.count <= 40 else { return [] }
    let wanted = Array(name.lowercased())
    let bound = max(1, (wanted.count + 1) / 3)
    var found: [(distance: Int, name: String)] = []
    for candidate in Set(known) where candidate != name {
      let letters = Array(candidate.lowercased())
      guard abs(letters.count - wanted.count) <= bound else { continue }
      let distance = editDistance(wanted, letters)
      if distance <= bound, distance < max(wanted.count, letters.count) { found.append((distance, candidate)) }
    }
    found.sort { ($0.distance, $0.name) < ($1.distance, $1.name) }
    guard let best = found.first?.distance else { return [] }
    return found.prefix { $0.distance <= best + 1 }.prefix(3).map(\.name)
  }

  /// The number of insertions, deletions, replacements and exchanges of neighbours that make one text the other: the
  /// optimal string alignment distance (Damerau 1964, Wagner & Fischer 1974). O(mn) steps.
  package static func editDistance(_ left: [Character], _ right: [Character]) -> Int {
    var older: [Int] = []
    var previous = Array(0...right.count)
    for i in 0..<left.count {
      var current = [i + 1]
      for j in 0..<right.count {
        var cost = min(previous[j + 1] + 1, current[j] + 1, previous[j] + (left[i] == right[j] ? 0 : 1))
        if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] { cost = min(cost, older[j - 1] + 1) }
        current.append(cost)
      }
      older = previous
      previous = current
    }
    return previous[right.count]
  }
}
