import CKernels

/// The cores, which share the work of one caller at a time.
package enum ThreadTeam {
  /// Calls `body` with 0 ..< count, at the same time as far as cores are free, and returns when all is done.
  package static func perform(_ count: Int, _ body: (Int) -> Void) {
    withoutActuallyEscaping(body) { body in
      withUnsafePointer(to: body) { job in
        ck_team_perform(Int64(count), UnsafeMutableRawPointer(mutating: job)) { job, i in
          job!.assumingMemoryBound(to: ((Int) -> Void).self).pointee(Int(i))
        }
      }
    }
  }
}
