/// What stands between the cells of a table.
enum TableDelimiter: CaseIterable {
  case tab, semicolon, comma
  /// One or more blanks or tabs.
  case blanks

  func matches(_ byte: UInt8) -> Bool {
    switch self {
    case .tab: byte == 0x09
    case .semicolon: byte == UInt8(ascii: ";")
    case .comma: byte == UInt8(ascii: ",")
    case .blanks: byte == 0x20 || byte == 0x09
    }
  }

  /// For messages.
  var description: String {
    switch self {
    case .tab: "tabs"
    case .semicolon: "semicolons"
    case .comma: "commas"
    case .blanks: "blanks"
    }
  }

  /// The delimiter of a table: the one that cuts most of the first lines into equally many cells, and more of these into
  /// numbers than others do.
  ///
  /// Tabs, semicolons and commas are no part of numbers, so at most one of them cuts a table into numbers alone; the
  /// choice among them decides what an error says, and which columns of text there are. Blanks are a delimiter only where
  /// no other cuts all lines alike, for they may stand between groups of digits, and not where cells between tabs are
  /// empty; never in a `.csv` file.
  static func found(in bytes: [UInt8], name: String) -> TableDelimiter {
    let lowercased = name.lowercased()
    let candidates: [TableDelimiter] = [.tab, .semicolon, .comma]
    let samples = candidates.map { Sample(bytes, $0, name) }
    let best = samples.indices.max { samples[$0] < samples[$1] || samples[$0] == samples[$1] && $0 > $1 } ?? 0
    guard samples[best].regularity < 1 || samples[best].cellCount < 2, !lowercased.hasSuffix(".csv") else {
      return samples[best].regularity > 0 ? candidates[best] : .comma
    }
    let blanks = Sample(bytes, .blanks, name)
    if blanks.regularity > 0, samples[best] < blanks {
      return samples[0].hasEmptyCells || lowercased.hasSuffix(".tsv") && samples[0].cellCount > 1 ? .tab : .blanks
    }
    return samples[best].regularity > 0 ? candidates[best] : .comma
  }

  /// How the first lines of a table look if cut at a delimiter.
  private struct Sample: Comparable {
    /// How many lines are looked at.
    static let size = 50
    /// The part of the lines that have as many cells as most have, of those that have more than one.
    private(set) var regularity = 0.0
    /// The part of the cells of these lines that are numbers.
    private(set) var numbers = 0.0
    /// Whether a cell before others is empty.
    private(set) var hasEmptyCells = false

    /// How many cells most of them have; 1 if no cell follows the delimiter.
    private(set) var cellCount = 0

    init(_ bytes: [UInt8], _ delimiter: TableDelimiter, _ name: String) {
      var lines: [(all: Int, kept: Int, numbers: Int)] = []
      var reader = TableReader(bytes, delimiter: delimiter, name: name)
      var isRead: Bool? = true
      while lines.count < Sample.size {
        isRead = try? reader.next()
        guard isRead == true else { break }
        let all = reader.cellsBeforeComment ?? reader.cells
        let cells = all.droppingEmptyEnd(delimiter)
        let filled = cells.count { !$0.range.isEmpty || $0.isQuoted }
        if filled > 0, filled < cells.count { hasEmptyCells = true }
        lines.append((all.count, cells.count, cells.count { TableCell.isNearlyNumber(reader.text($0)) }))
      }
      // A line that cannot be cut is as bad as all others.
      let total = Double(isRead == nil ? 2 * Sample.size : lines.count)
      // The first line alone says something only if it is data where blanks are between its words.
      if !lines.dropFirst().contains(where: { $0.all > 1 }) {
        lines = lines.prefix(1).filter { delimiter != .blanks || $0.kept == $0.numbers }
      }
      // Empty cells at the ends of lines are cells where that makes the lines alike, and else the lines' ends.
      for count in [\.kept, \.all] as [KeyPath<(all: Int, kept: Int, numbers: Int), Int>] {
        let groups = Dictionary(grouping: lines.filter { $0.all > 1 }) { $0[keyPath: count] }
        guard let most = groups.max(by: { ($0.value.count, $0.key) < ($1.value.count, $1.key) }),
          Double(most.value.count) / total > regularity
        else { continue }
        cellCount = most.key
        regularity = Double(most.value.count) / total
        numbers = Double(most.value.reduce(0) { $0 + $1.numbers }) / Double(most.value.reduce(0) { $0 + $1.kept })
      }
    }

    static func < (left: Sample, right: Sample) -> Bool {
      (left.regularity, left.numbers) < (right.regularity, right.numbers)
    }
  }
}
