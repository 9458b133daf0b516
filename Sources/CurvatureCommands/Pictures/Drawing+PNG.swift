import SparseStructure
import SpyPlotPNG

extension Drawing {
  /// The drawing as a file in Portable Network Graphics.
  var png: [UInt8] {
    var canvas = Canvas(width: width, height: height)
    for stroke in strokes {
      for (from, to) in zip(stroke.points, stroke.points.dropFirst()) {
        canvas.fill(near: from, to, radius: stroke.width / 2, stroke.color)
      }
    }
    for dot in dots { canvas.fill(near: dot.center, dot.center, radius: dot.radius, dot.color) }
    for word in words { canvas.write(word) }
    return PNG.file(canvas.pixels, width: width, height: height)
  }
}

/// Pixels, three bytes each, in rows behind a byte for PNG's filter.
private struct Canvas {
  let width: Int
  let height: Int
  private(set) var pixels: [UInt8]
  private var rowLength: Int { 1 + 3 * width }

  init(width: Int, height: Int) {
    (self.width, self.height) = (width, height)
    pixels = [UInt8](repeating: 255, count: (1 + 3 * width) * height)
    for row in 0..<height { pixels[row * rowLength] = 0 }
  }

  /// Mixes a colour into a pixel, as much as `share` says.
  private mutating func mix(_ x: Int, _ y: Int, _ color: SpyPlot.RGB, _ share: Double) {
    let place = y * rowLength + 1 + 3 * x
    for (channel, value) in [color.red, color.green, color.blue].enumerated() {
      let old = Double(pixels[place + channel])
      pixels[place + channel] = UInt8((old + share * (Double(value) - old)).rounded())
    }
  }

  /// Everything within a distance of a segment, with smooth edges.
  mutating func fill(near a: Drawing.Point, _ b: Drawing.Point, radius: Double, _ color: SpyPlot.RGB) {
    let reach = radius + 1
    func range(_ from: Double, _ to: Double, _ count: Int) -> Range<Int> {
      let low = max(0, Int((min(from, to) - reach).rounded(.down)))
      return low..<max(low, min(count, Int((max(from, to) + reach).rounded(.up))))
    }
    let (dx, dy) = (b.x - a.x, b.y - a.y)
    let length = dx * dx + dy * dy
    for y in range(a.y, b.y, height) {
      for x in range(a.x, b.x, width) {
        let (px, py) = (Double(x) + 0.5 - a.x, Double(y) + 0.5 - a.y)
        let along = length > 0 ? min(1, max(0, (px * dx + py * dy) / length)) : 0
        let (ox, oy) = (px - along * dx, py - along * dy)
        let share = radius + 0.5 - (ox * ox + oy * oy).squareRoot()
        if share > 0 { mix(x, y, color, min(1, share)) }
      }
    }
  }

  mutating func write(_ word: Drawing.Words) {
    let advance = 6 * PixelFont.scale
    let length = word.text.count * advance
    let shift =
      switch word.alignment {
      case .start: 0
      case .middle: length / 2
      case .end: length
      }
    let left = Int(word.place.x) - shift
    let top = Int(word.place.y) - 7 * PixelFont.scale
    for (number, letter) in word.text.enumerated() {
      for (row, bits) in PixelFont.rows(of: letter).enumerated() {
        for column in 0..<5 where bits & (16 >> column) != 0 {
          for pixel in 0..<(PixelFont.scale * PixelFont.scale) {
            let x = left + number * advance + column * PixelFont.scale + pixel % PixelFont.scale
            let y = top + row * PixelFont.scale + pixel / PixelFont.scale
            if x >= 0, x < width, y >= 0, y < height { mix(x, y, word.color, 1) }
          }
        }
      }
    }
  }
}

/// Letters of five by seven pixels.
private enum PixelFont {
  /// How many pixels a pixel of a letter takes in each direction.
  static let scale = 2

  /// Seven rows, the leftmost pixel in the highest of five bits; nothing for what has no picture.
  static func rows(of letter: Character) -> [UInt8] {
    guard let ascii = letter.asciiValue, let text = letters[ascii] else { return [] }
    return text
  }

  private static let letters: [UInt8: [UInt8]] = {
    let table = """
      0 0E11131519110E|1 040C040404040E|2 0E11010204081F|3 1F02040201110E|4 02060A121F0202|5 1F101E0101110E
      6 0608101E11110E|7 1F010204080808|8 0E11110E11110E|9 0E11110F01020C|- 0000001F000000|. 00000000000C0C
      a 00000E010F110F|b 1010161911111E|c 00000E1010110E|d 01010D1311110F|e 00000E111F100E|f 0609081C080808
      g 000F11110F010E|h 10101619111111|i 04000C0404040E|j 0200060202120C|k 10101214181412|l 0C04040404040E
      m 00001A15151111|n 00001619111111|o 00000E1111110E|p 00001E111E1010|q 00000D130F0101|r 00001619101010
      s 00000E100E011E|t 08081C08080906|u 0000111111130D|v 00001111110A04|w 0000111115150A|x 0000110A040A11
      y 000011110F010E|z 00001F0204081F|L 1010101010101F
      """
    var letters: [UInt8: [UInt8]] = [:]
    for entry in table.split(whereSeparator: { $0 == "|" || $0 == "\n" }) {
      let digits = Array(entry.utf8.dropFirst(2))
      letters[entry.utf8.first!] = (0..<7).map { row in
        UInt8(String(decoding: digits[2 * row..<2 * row + 2], as: UTF8.self), radix: 16)!
      }
    }
    return letters
  }()
}
