import Curvature
import Foundation
import TensorGraph

/// Processes that do one thing together, each by the same program: those of an MPI job, or this one alone.
///
/// Whatever they do together they do in the same order. An error of one of them becomes an error of all, at what they do together
/// next, so that none waits for another in vain.
public protocol ProcessTeam: AnyObject {
  /// The number of this process, from 0.
  var rank: Int { get }
  /// How many there are.
  var size: Int { get }
  /// Whether an error has become one of all: there is nothing left that they do together.
  var hasFailed: Bool { get set }

  /// The bytes that each of them gives, in the order of their numbers. All of them call this.
  ///
  /// - Parameter bytes: those of this process.
  /// - Throws: `TensorError` if some cannot be reached.
  func exchange(_ bytes: [UInt8]) throws(TensorError) -> [[UInt8]]

  /// A file that is there already, to be written by all of them together; by default each writes its part by itself, on a disk that
  /// all of them see. All of them call this.
  ///
  /// - Parameter path: its name.
  /// - Throws: `TensorError` if it cannot be opened.
  func openShared(_ path: String) throws(TensorError) -> any SharedFile
}

extension ProcessTeam {
  /// The part of some numbered things that is this process': one range for each, as equal as they can be.
  ///
  /// - Parameter count: how many things there are.
  public func share(of count: Int) -> Range<Int> { count * rank / size..<count * (rank + 1) / size }

  /// The bytes that each of them gives, or the error that one of them has.
  ///
  /// - Parameter own: those of this process, or its error.
  /// - Throws: the error of the first that has one: the same in all of them.
  public func gather(_ own: Result<[UInt8], TensorError>) throws(TensorError) -> [[UInt8]] {
    let message: [UInt8] =
      switch own {
      case .success(let bytes): [0] + bytes
      case .failure(let error): [error.isCancellation ? 2 : 1] + Array(error.message.utf8)
      }
    let all = size == 1 ? [message] : try exchange(message)
    if let (rank, failed) = all.enumerated().first(where: { $1.first != 0 }) {
      hasFailed = true
      let text = String(decoding: failed.dropFirst(), as: UTF8.self)
      throw TensorError(size == 1 ? text : "process \(rank) of \(size): \(text)", isCancellation: failed.first == 2)
    }
    return all.map { Array($0.dropFirst()) }
  }

  /// What `body` gives in this process; waits until it has ended in all of them.
  ///
  /// - Parameter body: done by each.
  /// - Throws: the error of the first that has one: the same in all of them.
  public func agree<Success>(_ body: () throws(TensorError) -> Success) throws(TensorError) -> Success {
    let result = Result { () throws(TensorError) in try body() }
    _ = try gather(result.map { _ in [] })
    return try result.get()
  }

  /// Finds out that all processes have the same.
  ///
  /// - Parameter fingerprint: of what this one has.
  /// - Throws: `TensorError` that says who has something else, and how it differs: the same in all of them.
  public func require(_ fingerprint: MatrixFingerprint) throws(TensorError) {
    let own = Result { () throws(TensorError) in
      do { return try Array(JSONEncoder().encode(fingerprint)) } catch { throw TensorError("\(error)") }
    }
    let all = try gather(own).map { try? JSONDecoder().decode(MatrixFingerprint.self, from: Data($0)) }
    for (rank, other) in all.enumerated() {
      guard let first = all[0], let other else {
        throw TensorError("process \(rank) has another version of the library")
      }
      if let difference = other.difference(from: first) {
        hasFailed = true
        throw TensorError("process \(rank) has something else than process 0: \(difference)")
      }
    }
  }
}

/// This process alone.
public final class SingleProcess: ProcessTeam {
  public let rank = 0
  public let size = 1
  public var hasFailed = false

  /// This process.
  public init() {}

  public func exchange(_ bytes: [UInt8]) throws(TensorError) -> [[UInt8]] { [bytes] }
}
