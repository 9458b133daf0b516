import Synchronization
import TensorGraph

/// What has been made for requests, reused by structure: whoever builds the same expression again, with other data, finds
/// plans, programs, patterns and colourings. The least recently used is forgotten first.
package final class DerivativeCache: Sendable {
  /// The cache of the process.
  package static let shared = DerivativeCache()

  private let isLimited: Bool

  /// - Parameter isLimited: whether the least recently used is forgotten; nothing is otherwise.
  package init(isLimited: Bool = true) { self.isLimited = isLimited }

  struct Key: Hashable {
    let structure: GraphStructure
    /// Whole numbers and masks among the graph's data, if the answer depends on them.
    let tables: [[Int64]]
    let isSymmetric: Bool
    /// Of the rows and of the columns.
    let batchAxes: [Int?]
    let request: DerivativeRequest
  }

  private struct State {
    var answers: [Key: (answer: any DerivativeAnswer, lastUse: Int)] = [:]
    var clock = 0
    var made = 0

    /// Forgets what was not used for longest while there is more than the limits allow.
    mutating func trim(keeping key: Key) {
      func isOver() -> Bool {
        answers.count > countLimit || answers.values.reduce(0) { $0 + $1.answer.weight } > weightLimit
      }
      while isOver(), let oldest = answers.filter({ $0.key != key }).min(by: { $0.value.lastUse < $1.value.lastUse }) {
        answers[oldest.key] = nil
      }
    }
  }

  private let state = Mutex(State())
  /// The most answers, and the most numbers that they hold: some hundred megabytes.
  private static let (countLimit, weightLimit) = (256, 1 << 24)
  /// Larger graphs are not copied and kept.
  static let nodeLimit = 20_000

  /// How many answers have been made, rather than found.
  package var answersMade: Int { state.withLock { $0.made } }

  /// The answer that is known, if it will do, or a new one.
  func answer<Answer: DerivativeAnswer>(
    _ key: Key, if isGood: (Answer) -> Bool = { _ in true }, orMake make: () throws(TensorError) -> Answer
  ) throws(TensorError) -> Answer {
    let known = state.withLock { state -> Answer? in
      guard let place = state.answers.index(forKey: key), let answer = state.answers.values[place].answer as? Answer,
        isGood(answer)
      else { return nil }
      state.clock += 1
      state.answers.values[place].lastUse = state.clock
      return answer
    }
    if let known { return known }
    let fresh = try make()
    state.withLock { state in
      state.clock += 1
      state.made += 1
      state.answers[key] = (fresh, state.clock)
      if isLimited { state.trim(keeping: key) }
    }
    return fresh
  }
}
