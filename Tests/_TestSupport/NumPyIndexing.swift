import Foundation
import TensorGraph

/// A dense array that is indexed as NumPy does it, position by position: slow, and apart from the library's own way.
package struct DenseArray: Equatable {
  package let shape: [Int]
  package let elements: [Double]

  package init(shape: [Int], elements: [Double]) {
    self.shape = shape
    self.elements = elements
  }

  /// What one axis of the operand contributes.
  private enum Selection {
    /// Positions that make an axis of the result.
    case axis([Int])
    /// Positions that are matched with those of the other lists.
    case matched([Int])
  }

  /// The elements that the index names; nil where NumPy raises.
  package subscript(index: [IndexComponent]) -> DenseArray? {
    let consumed = index.count { $0 != .newAxis && $0 != .ellipsis }
    guard consumed <= shape.count, index.count(where: { $0 == .ellipsis }) <= 1 else { return nil }
    let hasArrays = index.contains { if case .integers = $0 { true } else { false } }
    // The written index with the ellipsis as whole axes; nil stands for a new axis, an empty list of axes separates.
    var places: [Selection?] = []
    var isSeparator: [Bool] = []
    var axis = 0
    func place(_ selection: Selection?, separates: Bool) {
      places.append(selection)
      isSeparator.append(separates)
    }
    for component in index.contains(.ellipsis) ? index : index + [.ellipsis] {
      switch component {
      case .newAxis: place(nil, separates: true)
      case .ellipsis:
        let missing = shape.count - consumed
        if missing == 0 && index.contains(.ellipsis) { place(.axis([-1]), separates: true) }
        for _ in 0..<missing {
          place(.axis(Array(0..<shape[axis])), separates: true)
          axis += 1
        }
      case .range(let start, let end, let step):
        place(.axis(Self.walk(start, end, step, shape[axis])), separates: true)
        axis += 1
      case .integer(let i):
        guard let position = Self.position(i, shape[axis]) else { return nil }
        place(.matched([position]), separates: false)
        axis += 1
      case .integers(let list):
        let positions = list.compactMap { Self.position($0, shape[axis]) }
        guard positions.count == list.count else { return nil }
        place(.matched(positions), separates: false)
        axis += 1
      }
    }
    let lengths = places.compactMap { if case .matched(let list) = $0 { list.count } else { nil } }
    let length = lengths.first { $0 != 1 } ?? 1
    guard lengths.allSatisfy({ $0 == 1 || $0 == length }) else { return nil }

    // Where the axis of matched positions stands in the result.
    let matched = places.indices.filter { if case .matched = places[$0] { true } else { false } }
    let isTogether = matched.isEmpty || !isSeparator[matched.first!...matched.last!].contains(true)
    var resultShape: [Int] = []
    var matchedAxis: Int?
    if hasArrays, !isTogether {
      matchedAxis = 0
      resultShape.append(length)
    }
    var resultAxes: [Int?] = []
    for selection in places {
      switch selection {
      case nil:
        resultAxes.append(nil)
        resultShape.append(1)
      case .axis([-1]): resultAxes.append(nil)
      case .axis(let positions):
        resultAxes.append(resultShape.count)
        resultShape.append(positions.count)
      case .matched:
        if hasArrays, matchedAxis == nil {
          matchedAxis = resultShape.count
          resultShape.append(length)
        }
        resultAxes.append(nil)
      }
    }
    var elements: [Double] = []
    Shape(resultShape).forEachIndex { index in
      var source = 0
      var axis = 0
      for (selection, resultAxis) in zip(places, resultAxes) {
        switch selection {
        case nil, .axis([-1]): continue
        case .axis(let positions): source = source * shape[axis] + positions[index[resultAxis!]]
        case .matched(let positions):
          source = source * shape[axis] + positions[positions.count == 1 ? 0 : index[matchedAxis!]]
        }
        axis += 1
      }
      elements.append(self.elements[source])
    }
    return DenseArray(shape: resultShape, elements: elements)
  }

  private static func position(_ i: Int, _ extent: Int) -> Int? {
    let counted = i < 0 ? i + extent : i
    return counted >= 0 && counted < extent ? counted : nil
  }

  /// Python's `range(*slice(start, end, step).indices(extent))`.
  private static func walk(_ start: Int?, _ end: Int?, _ step: Int, _ extent: Int) -> [Int] {
    let (lowest, highest) = step < 0 ? (-1, extent - 1) : (0, extent)
    func bound(_ value: Int?, _ missing: Int) -> Int {
      guard var value else { return missing }
      if value < 0 { value += extent }
      return value < lowest ? lowest : value > highest ? highest : value
    }
    var position = bound(start, step < 0 ? highest : lowest)
    let last = bound(end, step < 0 ? lowest : highest)
    var positions: [Int] = []
    while step > 0 ? position < last : position > last {
      positions.append(position)
      position += step
    }
    return positions
  }
}

extension RepeatableGenerator {
  /// An index of a shape: mostly legal, and sometimes with an integer outside its axis.
  package mutating func index(of shape: [Int], outside: Double = 0) -> [IndexComponent] {
    let used = integer(in: 0...shape.count)
    let front = integer(in: 0...used)
    let axes = Array(0..<front) + Array((shape.count - used + front)..<shape.count)
    let length = integer(in: 0...3)
    var components = axes.map { component(extent: shape[$0], length: length, outside: outside) }
    if front < used || chance(0.3) { components.insert(.ellipsis, at: front) }
    for _ in 0..<pick([0, 0, 0, 1, 2]) { components.insert(.newAxis, at: integer(in: 0...components.count)) }
    return components
  }

  private mutating func component(extent: Int, length: Int, outside: Double) -> IndexComponent {
    if extent > 0, chance(0.3) { return .integer(position(extent, outside)) }
    if chance(0.3) {
      let count = extent == 0 ? 0 : chance(0.2) ? 1 : length
      return .integers((0..<count).map { _ in position(extent, outside) })
    }
    let bounds = (-extent - 2)...(extent + 2)
    return .range(
      start: chance(0.4) ? nil : integer(in: bounds), end: chance(0.4) ? nil : integer(in: bounds),
      step: pick([1, 1, 1, 2, 3, 5, -1, -2, -7]))
  }

  private mutating func position(_ extent: Int, _ outside: Double) -> Int {
    if chance(outside) { return pick([extent, -extent - 1]) }
    return integer(in: -extent...(extent - 1))
  }
}

/// One line of `Tests/Reference/numpy_indexing.txt`, which its script describes.
package struct NumPyIndexCase: Sendable, CustomStringConvertible {
  package let description: String
  package let shape: [Int]
  package let index: [IndexComponent]
  /// Shape and elements, for an array of 0, 1, …; nil where NumPy raises.
  package let result: (shape: [Int], elements: [Double])?

  package static let all: [NumPyIndexCase] = {
    let file = ReferenceFiles.url("numpy_indexing.txt")
    guard let text = try? String(contentsOf: file, encoding: .utf8) else { fatalError("cannot read \(file.path)") }
    return text.split(separator: "\n").map(NumPyIndexCase.init)
  }()

  private init(_ line: Substring) {
    let cells = line.split(separator: "|", omittingEmptySubsequences: false)
    func numbers(_ cell: Substring) -> [Int] { cell.split(separator: ",").map { Int($0)! } }
    description = String(line)
    shape = numbers(cells[0])
    index = cells[1].split(separator: " ").map { entry in
      let body = entry.dropFirst()
      switch entry.first! {
      case "i": return .integer(Int(body)!)
      case "a": return .integers(numbers(body))
      case "n": return .newAxis
      case "e": return .ellipsis
      default:
        let bounds = body.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
        return .range(start: bounds[0], end: bounds[1], step: bounds[2] ?? 1)
      }
    }
    result = cells[2] == "error" ? nil : (numbers(cells[2]), numbers(cells[3]).map(Double.init))
  }
}
