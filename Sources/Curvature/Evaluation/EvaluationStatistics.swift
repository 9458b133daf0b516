import CPUEngine

/// What evaluation has taken since the process started.
package struct EvaluationStatistics: Sendable {
  /// Programs that were compiled, and evaluations that found theirs.
  package let programsCompiled: Int
  package let programsReused: Int
  /// The most memory that buffers had at a time, in bytes.
  package let bytesHighWater: Int
  /// Elements that the steps of all programs have walked over.
  package let elementsMoved: Int

  package static var current: EvaluationStatistics {
    let statistics = Engine.statistics
    return EvaluationStatistics(
      programsCompiled: statistics.programsCompiled, programsReused: statistics.programsReused,
      bytesHighWater: statistics.bytesHighWater, elementsMoved: statistics.elementsMoved)
  }
}
