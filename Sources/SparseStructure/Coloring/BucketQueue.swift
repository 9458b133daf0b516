/// Vertices in buckets by a small key that moves in steps of one: every operation in constant amortised time.
///
/// A bucket is a doubly linked list, so that a vertex leaves its bucket without being searched.
struct BucketQueue {
  private var key: [Int32]
  private var first: [Int32]
  private var next: [Int32]
  private var previous: [Int32]
  private var isQueued: [Bool]
  private var smallest: Int
  private var largest: Int
  private var count: Int

  private static let none: Int32 = -1

  /// A queue of the vertices 0, 1, … with their keys. No key will exceed the largest one here, or `largestKey`.
  init(keys: [Int32], largestKey: Int32 = 0) {
    let bucketCount = Int(max(keys.max() ?? 0, largestKey)) + 1
    key = keys
    first = [Int32](repeating: BucketQueue.none, count: bucketCount)
    next = [Int32](repeating: BucketQueue.none, count: keys.count)
    previous = next
    isQueued = [Bool](repeating: true, count: keys.count)
    smallest = 0
    largest = bucketCount - 1
    count = keys.count
    for vertex in stride(from: Int32(keys.count) - 1, through: 0, by: -1) { link(vertex) }
  }

  mutating func popSmallest() -> Int32? {
    guard count > 0 else { return nil }
    while first[smallest] == BucketQueue.none { smallest += 1 }
    return pop(from: smallest)
  }

  mutating func popLargest() -> Int32? {
    guard count > 0 else { return nil }
    while first[largest] == BucketQueue.none { largest -= 1 }
    return pop(from: largest)
  }

  /// The smallest key of a queued vertex, if there is one.
  mutating func smallestKey() -> Int? {
    guard count > 0 else { return nil }
    while first[smallest] == BucketQueue.none { smallest += 1 }
    return smallest
  }

  /// Lowers a vertex's key by one if it is still queued.
  mutating func decrease(_ vertex: Int32) { move(vertex, by: -1) }

  /// Raises a vertex's key by one if it is still queued.
  mutating func increase(_ vertex: Int32) { move(vertex, by: 1) }

  private mutating func move(_ vertex: Int32, by step: Int32) {
    guard isQueued[Int(vertex)] else { return }
    unlink(vertex)
    key[Int(vertex)] += step
    link(vertex)
    smallest = min(smallest, Int(key[Int(vertex)]))
    largest = max(largest, Int(key[Int(vertex)]))
  }

  private mutating func pop(from bucket: Int) -> Int32 {
    let vertex = first[bucket]
    unlink(vertex)
    isQueued[Int(vertex)] = false
    count -= 1
    return vertex
  }

  private mutating func link(_ vertex: Int32) {
    let bucket = Int(key[Int(vertex)])
    let head = first[bucket]
    next[Int(vertex)] = head
    previous[Int(vertex)] = BucketQueue.none
    if head != BucketQueue.none { previous[Int(head)] = vertex }
    first[bucket] = vertex
  }

  private mutating func unlink(_ vertex: Int32) {
    let before = previous[Int(vertex)]
    let after = next[Int(vertex)]
    if before == BucketQueue.none { first[Int(key[Int(vertex)])] = after } else { next[Int(before)] = after }
    if after != BucketQueue.none { previous[Int(after)] = before }
  }
}
