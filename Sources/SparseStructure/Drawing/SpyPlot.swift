/// A picture of a pattern: a grid of cells, each for an entry or, of a large matrix, for a square block of entries.
///
/// <!-- swift let pattern = SparsityPattern.banded(4, bandwidth: 1) -->
/// ```swift
/// let plot = SpyPlot(pattern, coloring: try pattern.coloring(for: .symmetric(.direct)))
/// plot.svg          // text
/// ```
///
/// The product `SpyPlotPNG` adds `plot.png`, the bytes of a PNG file.
///
/// With a colouring an entry has the colour of the product from which it is read, so equally coloured entries are
/// computed together. A cell for many entries has their mean colour, paler where few of them can be other than zero.
public struct SpyPlot: Sendable {
  /// The number of rows of cells.
  public let height: Int
  /// The number of columns of cells.
  public let width: Int
  /// What is shown, in a line.
  public let title: String
  /// Row-major; nil where nothing is.
  package let cells: [RGB?]

  package struct RGB: Hashable, Sendable {
    package var red: UInt8
    package var green: UInt8
    package var blue: UInt8

    package init(red: UInt8, green: UInt8, blue: UInt8) { (self.red, self.green, self.blue) = (red, green, blue) }
  }

  /// A picture of at most `maximumExtent` cells in each direction.
  ///
  /// - Parameter coloring: gives the colours; nil for one colour.
  /// - Complexity: O(rows + non-zeros + cells).
  public init(_ pattern: SparsityPattern, coloring: Coloring? = nil, maximumExtent: Int = 400) {
    precondition(maximumExtent > 0, "a picture has at least one cell")
    let block = max(1, (max(pattern.rowCount, pattern.columnCount) + maximumExtent - 1) / maximumExtent)
    height = (pattern.rowCount + block - 1) / block
    width = (pattern.columnCount + block - 1) / block
    let usable = coloring.flatMap { $0.isDirect && $0.pattern == pattern ? $0 : nil }
    let palette = (0..<max(usable?.colorCount ?? 1, 1)).map { SpyPlot.color(of: $0) }
    var sums = [(red: Int, green: Int, blue: Int, count: Int)](repeating: (0, 0, 0, 0), count: height * width)
    for row in 0..<pattern.rowCount {
      for position in pattern.range(ofRow: row) {
        let cell = row / block * width + Int(pattern.columnIndices[position]) / block
        let color = palette[usable?.source(ofNonzeroAt: position, row: row).color ?? 0]
        sums[cell].red += Int(color.red)
        sums[cell].green += Int(color.green)
        sums[cell].blue += Int(color.blue)
        sums[cell].count += 1
      }
    }
    cells = sums.map { sum in
      guard sum.count > 0 else { return nil }
      // Even a single entry of a large block is seen.
      let strength = 0.35 + 0.65 * min(1, Double(sum.count) / Double(block))
      func channel(_ value: Int) -> UInt8 {
        UInt8(255 - strength * (255 - Double(value) / Double(sum.count)))
      }
      return RGB(red: channel(sum.red), green: channel(sum.green), blue: channel(sum.blue))
    }
    let colors = usable.map { ", \($0.colorCount) colours" } ?? ""
    title = pattern.summary + colors
  }

  /// Pixels (or SVG units) for each cell, so that small matrices are large enough to be seen.
  package var cellSize: Int { max(1, min(16, 800 / max(height, width, 1))) }

  /// A colour for each number, far from those of its neighbours: hues turn by the golden angle.
  private static func color(of number: Int) -> RGB {
    let hue = (0.58 + 0.381_966_011 * Double(number)).truncatingRemainder(dividingBy: 1) * 6
    let lightness = [0.42, 0.55, 0.34][number / 5 % 3]
    let chroma = (1 - abs(2 * lightness - 1)) * 0.75
    let second = chroma * (1 - abs(hue.truncatingRemainder(dividingBy: 2) - 1))
    let (red, green, blue): (Double, Double, Double) =
      switch Int(hue) {
      case 0: (chroma, second, 0)
      case 1: (second, chroma, 0)
      case 2: (0, chroma, second)
      case 3: (0, second, chroma)
      case 4: (second, 0, chroma)
      default: (chroma, 0, second)
      }
    func channel(_ value: Double) -> UInt8 { UInt8(255 * (value + lightness - chroma / 2)) }
    return RGB(red: channel(red), green: channel(green), blue: channel(blue))
  }
}

extension SpyPlot {
  /// The picture as a document in Scalable Vector Graphics, with a frame and a line of text below.
  ///
  /// - Complexity: O(cells); neighbours of one colour share a rectangle.
  public var svg: String {
    let size = cellSize
    let (plotWidth, plotHeight) = (max(1, width * size), max(1, height * size))
    let margin = 8
    let total = (width: max(plotWidth, 320) + 2 * margin, height: plotHeight + 2 * margin + 20)
    var text = """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(total.width)" height="\(total.height)" \
      viewBox="0 0 \(total.width) \(total.height)">
      <rect width="100%" height="100%" fill="#ffffff"/>
      <g transform="translate(\(margin) \(margin))">
      <rect x="-0.5" y="-0.5" width="\(plotWidth + 1)" height="\(plotHeight + 1)" fill="none" stroke="#8a8a8a"/>
      <g shape-rendering="crispEdges">

      """
    // A hair between cells keeps single entries of small matrices apart.
    let gap = size >= 6 ? 1 : 0
    for row in 0..<height {
      var column = 0
      while column < width {
        guard let cell = cells[row * width + column] else {
          column += 1
          continue
        }
        var end = column + 1
        while gap == 0, end < width, cells[row * width + end] == cell { end += 1 }
        text += "<rect x=\"\(column * size)\" y=\"\(row * size)\" width=\"\((end - column) * size - gap)\" "
        text += "height=\"\(size - gap)\" fill=\"#\(cell.hexadecimal)\"/>\n"
        column = end
      }
    }
    text += """
      </g>
      <text x="0" y="\(plotHeight + 18)" font-family="sans-serif" font-size="12" fill="#404040">\(title)</text>
      </g>
      </svg>

      """
    return text
  }
}

extension SpyPlot.RGB {
  package var hexadecimal: String {
    [red, green, blue].map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
