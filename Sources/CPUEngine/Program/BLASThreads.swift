import Synchronization

#if canImport(COpenBLAS)
  import COpenBLAS
#endif

/// Keeps BLAS to one thread while programs run that call it: the engine shares out products itself, and BLAS' own
/// threads, once woken, stay awake for a while and take the cores from it.
///
/// The number of threads belongs to the whole process: the first user lowers it, the last one restores it.
package enum BLASThreads {
  private struct State {
    var users = 0
    var threads: Int32 = 1
  }

  private static let state = Mutex(State())

  static func begin() {
    #if canImport(COpenBLAS)
      state.withLock { state in
        if state.users == 0 {
          state.threads = openblas_get_num_threads()
          if state.threads > 1 { openblas_set_num_threads(1) }
        }
        state.users += 1
      }
    #endif
  }

  static func end() {
    #if canImport(COpenBLAS)
      state.withLock { state in
        state.users -= 1
        if state.users == 0 && state.threads > 1 { openblas_set_num_threads(state.threads) }
      }
    #endif
  }

  /// Runs a routine of BLAS or LAPACK on a matrix, with one thread if it is small: to wake another takes longer than what it
  /// could do, and a hundred times as long where it has to wait for a processor.
  ///
  /// - Parameter rows: those of the matrix; fewer than 256 are small.
  package static func suiting<Result>(rows: Int, _ routine: () -> Result) -> Result {
    guard rows < 256 else { return routine() }
    begin()
    defer { end() }
    return routine()
  }
}
