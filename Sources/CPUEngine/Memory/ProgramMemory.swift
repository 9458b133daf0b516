/// Memory for the plain structures that a program consists of, released with it.
final class ProgramMemory: @unchecked Sendable {
  private var blocks: [UnsafeMutableRawPointer] = []

  /// A copy of the elements at a fixed place; nil for none.
  func keep<Element: BitwiseCopyable>(_ elements: [Element]) -> UnsafePointer<Element>? {
    guard !elements.isEmpty else { return nil }
    let block = UnsafeMutablePointer<Element>.allocate(capacity: elements.count)
    block.initialize(from: elements, count: elements.count)
    blocks.append(UnsafeMutableRawPointer(block))
    return UnsafePointer(block)
  }

  /// A copy of one element at a fixed place.
  func keep<Element: BitwiseCopyable>(_ element: Element) -> UnsafePointer<Element> {
    keep([element])!
  }

  /// A place for what changes while the program is there.
  func keepMutable<Element: BitwiseCopyable>(_ element: Element) -> UnsafeMutablePointer<Element> {
    UnsafeMutablePointer(mutating: keep(element))
  }

  deinit { for block in blocks { block.deallocate() } }
}
