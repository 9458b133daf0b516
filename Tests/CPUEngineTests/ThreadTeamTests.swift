import CPUEngine
import Dispatch
import Synchronization
import Testing

/// Work that is shared among the cores is done once, whoever else is at work.
@Suite struct ThreadTeamTests {
  @Test(arguments: [0, 1, 2, 3, 64, 1000]) func eachPartIsDoneOnce(count: Int) {
    for _ in 0..<200 {
      let done = Mutex([Int](repeating: 0, count: count))
      ThreadTeam.perform(count) { i in done.withLock { $0[i] += 1 } }
      #expect(done.withLock { $0.allSatisfy { $0 == 1 } })
    }
  }

  @Test func callersAndBodiesThatCallDoNotWaitForEachOther() {
    let sum = Atomic<Int>(0)
    DispatchQueue.concurrentPerform(iterations: 8) { _ in
      for _ in 0..<50 {
        ThreadTeam.perform(3) { i in
          ThreadTeam.perform(4) { j in sum.add(10 * i + j, ordering: .relaxed) }
        }
      }
    }
    // Each of 400 calls adds 4 * (0 + 10 + 20) + 3 * (0 + 1 + 2 + 3).
    #expect(sum.load(ordering: .relaxed) == 400 * 138)
  }
}
