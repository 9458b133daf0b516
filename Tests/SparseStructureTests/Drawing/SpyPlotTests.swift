import CZlib
import Foundation
import SparseStructure
import SpyPlotPNG
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// Pictures: files that are well-formed and show what is there.
@Suite struct SpyPlotTests {
  @Test("SVG: a rectangle for each entry of a small pattern, one colour for each group") func svg() throws {
    let pattern = SparsityPattern.banded(9, bandwidth: 1)
    let plot = SpyPlot(pattern, coloring: try pattern.coloring(for: .symmetric(.direct)))
    let parser = XMLParser(data: Data(plot.svg.utf8))
    let counter = RectangleCounter()
    parser.delegate = counter
    #expect(parser.parse())
    // The page and the frame are rectangles too.
    #expect(counter.fills.count == pattern.nonzeroCount + 2)
    #expect(Set(counter.fills).count == 3 + 2)
    #expect(plot.svg.contains("9×9 pattern, 25 non-zeros (30.9 %), 3 colours"))
  }

  @Test("Large patterns are shrunk, and no entry is lost") func large() throws {
    let one = try SparsityPattern(rowCount: 100_000, columnCount: 50_000, coordinates: [(99_999, 49_999)])
    let plot = SpyPlot(one)
    #expect(plot.height == 400 && plot.width == 200)
    #expect(pixels(plot.png)?.count { $0 != [255, 255, 255] && $0 != [138, 138, 138] } ?? 0 > 0)
  }

  @Test("PNG: chunks with right checksums, and a pixel for each cell's colour") func png() throws {
    for (pattern, cell) in [(SparsityPattern.banded(5, bandwidth: 1), 16), (.banded(300, bandwidth: 0), 2)] {
      let bytes = SpyPlot(pattern).png
      let image = try #require(pixels(bytes))
      let side = pattern.rowCount * cell + 16
      #expect(image.count == side * side)
      let gap = cell >= 6 ? 1 : 0
      let painted = image.count { $0 != [255, 255, 255] && $0 != [138, 138, 138] }
      #expect(painted == pattern.nonzeroCount * (cell - gap) * (cell - gap))
    }
    #expect(pixels(SpyPlot(.zero(rowCount: 0, columnCount: 0)).png)?.count == 16 * 16)
  }

  /// The pixels of a PNG file, row after row; nil if it is malformed.
  private func pixels(_ bytes: [UInt8]) -> [[UInt8]]? {
    guard bytes.prefix(8) == [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] else { return nil }
    func number(_ place: Int) -> Int { bytes[place..<place + 4].reduce(0) { $0 << 8 | Int($1) } }
    var (place, width, height) = (8, 0, 0)
    var data: [UInt8] = []
    while place < bytes.count {
      let length = number(place)
      let body = Array(bytes[(place + 4)..<(place + 8 + length)])
      guard number(place + 8 + length) == Int(crc32(0, body, UInt32(body.count))) else { return nil }
      switch String(decoding: body.prefix(4), as: UTF8.self) {
      case "IHDR": (width, height) = (number(place + 8), number(place + 12))
      case "IDAT": data += body.dropFirst(4)
      default: break
      }
      place += length + 12
    }
    var size = UInt((1 + 3 * width) * height)
    var raw = [UInt8](repeating: 0, count: Int(size))
    guard uncompress(&raw, &size, data, UInt(data.count)) == Z_OK, Int(size) == raw.count else { return nil }
    return (0..<height).flatMap { row in
      (0..<width).map { column in
        let start = row * (1 + 3 * width) + 1 + 3 * column
        return Array(raw[start..<start + 3])
      }
    }
  }
}

private final class RectangleCounter: NSObject, XMLParserDelegate {
  var fills: [String] = []

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
    attributes: [String: String]
  ) {
    if name == "rect" { fills.append(attributes["fill"] ?? "") }
  }
}
