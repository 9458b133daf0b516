import CZlib
import SparseStructure

extension SpyPlot {
  /// The picture as a file in Portable Network Graphics (ISO/IEC 15948), with a frame.
  ///
  /// - Complexity: O(pixels).
  public var png: [UInt8] {
    let size = cellSize
    let gap = size >= 6 ? 1 : 0
    let border = 8
    let (plotWidth, plotHeight) = (width * size, height * size)
    let (imageWidth, imageHeight) = (plotWidth + 2 * border, plotHeight + 2 * border)
    // Rows of pixels, three bytes each, behind a byte that names the row's filter: none.
    let rowLength = 1 + 3 * imageWidth
    var pixels = [UInt8](repeating: 255, count: rowLength * imageHeight)
    for row in 0..<imageHeight { pixels[row * rowLength] = 0 }
    func paint(_ x: Range<Int>, _ y: Range<Int>, _ color: SpyPlot.RGB) {
      for row in y {
        for column in x {
          let place = row * rowLength + 1 + 3 * column
          pixels[place] = color.red
          pixels[place + 1] = color.green
          pixels[place + 2] = color.blue
        }
      }
    }
    let gray = SpyPlot.RGB(red: 138, green: 138, blue: 138)
    let (left, right, top, bottom) = (border - 1, border + plotWidth, border - 1, border + plotHeight)
    paint(left..<right + 1, top..<top + 1, gray)
    paint(left..<right + 1, bottom..<bottom + 1, gray)
    paint(left..<left + 1, top..<bottom + 1, gray)
    paint(right..<right + 1, top..<bottom + 1, gray)
    for row in 0..<height {
      for column in 0..<width {
        guard let cell = cells[row * width + column] else { continue }
        let (x, y) = (border + column * size, border + row * size)
        paint(x..<x + size - gap, y..<y + size - gap, cell)
      }
    }
    return PNG.file(pixels, width: imageWidth, height: imageHeight)
  }
}

/// Pictures of pixels as files in Portable Network Graphics.
package enum PNG {
  /// A file of rows of pixels, three bytes each, behind a byte that names the row's filter.
  package static func file(_ pixels: [UInt8], width: Int, height: Int) -> [UInt8] {
    // Eight bits for each of three channels; deflate, adaptive filters, no interlacing.
    let header = bigEndian(width) + bigEndian(height) + [8, 2, 0, 0, 0]
    return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
      + chunk("IHDR", header) + chunk("IDAT", deflated(pixels)) + chunk("IEND", [])
  }

  /// Length, name, contents and the checksum of the last two.
  private static func chunk(_ name: String, _ contents: [UInt8]) -> [UInt8] {
    let body = Array(name.utf8) + contents
    return bigEndian(contents.count) + body + bigEndian(Int(crc32(0, body, UInt32(body.count))))
  }

  private static func bigEndian(_ value: Int) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
  }

  /// The bytes in zlib's format.
  private static func deflated(_ bytes: [UInt8]) -> [UInt8] {
    var count = compressBound(UInt(bytes.count))
    var result = [UInt8](repeating: 0, count: Int(count))
    let status = compress2(&result, &count, bytes, UInt(bytes.count), Z_BEST_COMPRESSION)
    // The only other answers are a buffer that is too small, which this is not, and no memory.
    guard status == Z_OK else { fatalError("png: no memory to compress \(bytes.count) bytes") }
    return Array(result[..<Int(count)])
  }
}
