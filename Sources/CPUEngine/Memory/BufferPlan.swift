/// Places for the buffers that live only while a program runs, in one piece of memory.
///
/// A buffer lives from the first step that touches it to the last; buffers whose lives do not meet share memory. The
/// first gap that is wide enough is taken.
struct BufferPlan {
  /// Byte offset per temporary buffer.
  private(set) var offsets: [Int]
  /// Bytes of the whole.
  private(set) var byteCount = 0

  private struct Gap {
    var start: Int
    var end: Int
  }

  /// - Parameters:
  ///   - sizes: bytes per temporary buffer, multiples of 64.
  ///   - touched: per step the temporary buffers that it reads or writes.
  init(sizes: [Int], touched: [[Int]]) {
    offsets = [Int](repeating: 0, count: sizes.count)
    var first = [Int](repeating: -1, count: sizes.count)
    var last = [Int](repeating: -1, count: sizes.count)
    for (step, buffers) in touched.enumerated() {
      for buffer in buffers {
        if first[buffer] < 0 { first[buffer] = step }
        last[buffer] = step
      }
    }
    var starting = [[Int]](repeating: [], count: touched.count)
    var ending = [[Int]](repeating: [], count: touched.count)
    for buffer in sizes.indices where first[buffer] >= 0 {
      starting[first[buffer]].append(buffer)
      ending[last[buffer]].append(buffer)
    }
    var gaps: [Gap] = []
    for step in touched.indices {
      for buffer in starting[step] {
        let size = sizes[buffer]
        if let i = gaps.firstIndex(where: { $0.end - $0.start >= size }) {
          offsets[buffer] = gaps[i].start
          gaps[i].start += size
          if gaps[i].start == gaps[i].end { gaps.remove(at: i) }
        } else {
          offsets[buffer] = byteCount
          byteCount += size
        }
      }
      for buffer in ending[step] { Self.release(offsets[buffer], sizes[buffer], &gaps) }
    }
  }

  /// Gives a range back, merging it with its neighbours.
  private static func release(_ start: Int, _ size: Int, _ gaps: inout [Gap]) {
    var i = gaps.firstIndex { $0.start > start } ?? gaps.count
    gaps.insert(Gap(start: start, end: start + size), at: i)
    if i + 1 < gaps.count && gaps[i].end == gaps[i + 1].start {
      gaps[i].end = gaps[i + 1].end
      gaps.remove(at: i + 1)
    }
    if i > 0 && gaps[i - 1].end == gaps[i].start {
      gaps[i - 1].end = gaps[i].end
      gaps.remove(at: i)
      i -= 1
    }
  }
}
