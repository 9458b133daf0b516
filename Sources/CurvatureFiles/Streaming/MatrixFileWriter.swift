import Curvature
import Foundation
import TensorGraph

/// Writes a matrix of derivatives block by block into an `.npy` file or a Zarr array, which may be larger than memory.
///
/// Elements go into `h.npy.partial` beside the file; `h.npy.journal` says which blocks have reached the disk. The file has its
/// name when all of them have, and then the journal is gone. A process that ends in between, however it ends, leaves both, and
/// a writer made with `resuming: true` computes what is missing; the file is the same to the last bit.
///
/// `write(to:rows:triangle:resuming:blockBytes:)` does all of it. Several processes can share the blocks: one makes the writer and
/// tells the others what is missing, they join it, each writes its blocks, and when all are done the first finishes.
public final class MatrixFileWriter<Scalar: DifferentiableScalar> {
  /// What is written.
  public let blocks: RowBlocks<Scalar>
  /// The blocks that nobody has written, as far as this writer knows.
  public var missingBlocks: [Int] {
    disk.drain()
    return (0..<blocks.count).filter { !journal.finished.contains($0) }
  }
  /// For each block whether it is written: 1 or 0.
  var finishedBlocks: [UInt8] { (0..<blocks.count).map { journal.finished.contains($0) ? 1 : 0 } }
  private let path: String
  private let remedy: String
  private let partial: any UnfinishedMatrix
  private let journal: BlockJournal
  private let isPart: Bool
  /// The last block may be on its way to the disk while the next one is computed.
  private let disk = DiskWriter()
  private var isFinished = false

  /// Begins a file, or goes on with one.
  ///
  /// - Parameters:
  ///   - path: the name of the file, `.npy`, or of the folder of a Zarr array, `.zarr`.
  ///   - blocks: what is written.
  ///   - triangle: the part of a symmetric matrix: `lower` and `upper` are written row after row as an `.npy` array of one axis.
  ///   - resuming: whether to go on from what an earlier writer left; begins anew if there is nothing.
  /// - Throws: `TensorError` if the file cannot be written, its disk has too little room, another process writes it, there is an
  ///   unfinished one and `resuming` is false, or that is of something else.
  public convenience init(
    _ path: String, blocks: RowBlocks<Scalar>, triangle: StoredTriangle = .both, resuming: Bool = false
  ) throws(TensorError) {
    try self.init(path, blocks, triangle, resuming, remedy: "write it again with `resuming: true`")
  }

  package init(
    _ path: String, _ blocks: RowBlocks<Scalar>, _ triangle: StoredTriangle, _ resuming: Bool, remedy: String
  ) throws(TensorError) {
    let form = try Self.form(path)
    try form.checkWritable(path)
    let layout = try form.layout(blocks, triangle, path: path)
    let header = BlockJournal.Header(triangle: triangle, matrix: blocks.fingerprint())
    journal = try BlockJournal(Self.journalPath(path), of: path)
    if let old = journal.header, resuming || !journal.finished.isEmpty {
      partial = try Self.resumed(path, journal, old, header, layout, blocks.count, resuming, remedy)
    } else {
      partial = try Self.begun(path, journal, header, layout)
    }
    (self.path, self.blocks, self.remedy, isPart) = (path, blocks, remedy, false)
    try absorbParts()
  }

  /// Joins a file that another process has begun.
  ///
  /// - Parameters:
  ///   - path: the name of the file.
  ///   - blocks: what is written.
  ///   - triangle: as the first writer's.
  ///   - number: that of this writer, from 1: no two have the same.
  /// - Throws: `TensorError` if there is no such file, it is of something else, or its journal cannot be written.
  public init(
    joining path: String, blocks: RowBlocks<Scalar>, triangle: StoredTriangle = .both, number: Int
  ) throws(TensorError) {
    guard let begun = try Self.form(path).layout(blocks, triangle, path: path).open(Self.partialPath(path)) else {
      throw TensorError("\(path): nobody has begun it, or for another matrix")
    }
    partial = begun
    journal = try BlockJournal("\(Self.journalPath(path))-\(number)", of: path)
    try journal.begin(BlockJournal.Header(triangle: triangle, matrix: blocks.fingerprint()))
    (self.path, self.blocks, remedy, isPart) = (path, blocks, "resume it", true)
  }

  deinit {
    try? settle()
    // Nothing that could be gone on with.
    if !isPart, !isFinished, partial.path != path, journal.finished.isEmpty, Self.partPaths(path).isEmpty {
      partial.remove()
      journal.remove()
    }
  }

  // MARK: Beginning

  private static func form(_ path: String) throws(TensorError) -> MatrixFileForm {
    guard let form = MatrixFileForm(path: path) else {
      throw TensorError("\(path): rows are written to \(MatrixFileForm.list)")
    }
    return form
  }

  private static func partialPath(_ path: String) -> String { path + ".partial" }
  private static func journalPath(_ path: String) -> String { path + ".journal" }

  /// The journals of those who joined.
  private static func partPaths(_ path: String) -> [String] {
    let folder = FileAccess.folder(of: path)
    let prefix = (journalPath(path).split(separator: "/").last.map(String.init) ?? "") + "-"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { $0.hasPrefix(prefix) && Int($0.dropFirst(prefix.count)) != nil }.sorted().map {
      folder + "/" + $0
    }
  }

  /// A file that is begun anew.
  private static func begun(
    _ path: String, _ journal: BlockJournal, _ header: BlockJournal.Header, _ layout: any MatrixFileLayout
  ) throws(TensorError) -> any UnfinishedMatrix {
    var partial: (any UnfinishedMatrix)?
    do throws(TensorError) {
      let file = try layout.begin(partialPath(path))
      partial = file
      try journal.begin(header)
      DurableFile.synchronizeFolder(of: path)
      for part in partPaths(path) { try BlockJournal(part, of: path).remove() }
      return file
    } catch {
      partial?.remove()
      journal.remove()
      throw error
    }
  }

  /// A file that is gone on with.
  private static func resumed(
    _ path: String, _ journal: BlockJournal, _ old: BlockJournal.Header, _ header: BlockJournal.Header,
    _ layout: any MatrixFileLayout, _ blockCount: Int, _ resuming: Bool, _ remedy: String
  ) throws(TensorError) -> any UnfinishedMatrix {
    let partialPath = partialPath(path)
    guard resuming else {
      throw TensorError(
        "\(path): \(partialPath) has a part of it that was computed before: \(remedy) to go on, or remove \(journal.path) "
          + "to begin anew")
    }
    if let difference = header.difference(from: old) {
      throw TensorError(
        "\(path): what is kept in \(partialPath) cannot be gone on with: \(difference); remove \(journal.path) to begin anew"
      )
    }
    if let partial = try layout.open(partialPath) { return partial }
    // It ended between the new name and the end of the journal.
    if journal.finished.count == blockCount, !FileAccess.exists(partialPath), let whole = try layout.open(path) {
      return whole
    }
    throw TensorError(
      "\(path): \(partialPath), of which \(journal.path) tells, is not there or was changed; remove the latter to begin anew"
    )
  }

  /// Takes over what those have written who joined, and are done.
  private func absorbParts() throws(TensorError) {
    for name in Self.partPaths(path) {
      let part = try BlockJournal(name, of: path)
      if let theirs = part.header, theirs == journal.header {
        for block in part.finished.sorted() where block < blocks.count { try journal.record(block) }
      }
      part.remove()
    }
  }

  // MARK: Writing

  /// Computes all missing blocks, and writes them one after another. Ends between two blocks if the task is cancelled.
  ///
  /// - Throws: `TensorError` if an element cannot be computed or written; blocks that are written stay.
  /// - Complexity: a product for each row that is missing; memory for some rows.
  public func writeMissingBlocks() throws(TensorError) {
    let missing = missingBlocks
    blocks.announce(missing)
    for block in missing { try write(block: block, isAnnounced: true) }
    try settle()
  }

  /// Waits until what was written is durable.
  func settle() throws(TensorError) { try disk.wait() }

  /// Computes and writes a block; it is durable when this returns.
  ///
  /// - Parameter block: its number, from 0.
  /// - Throws: `TensorError` if an element cannot be computed or written.
  public func write(block: Int) throws(TensorError) {
    try write(block: block, isAnnounced: false)
    try settle()
  }

  /// Writes a block that was computed; it is durable when the next one is written, or all are.
  ///
  /// - Parameters:
  ///   - block: its number, from 0.
  ///   - elements: as many rows as it has.
  /// - Throws: `TensorError` if it has another shape, or cannot be written.
  public func write(block: Int, elements: Tensor<Scalar>) throws(TensorError) {
    let rows = blocks.places(ofBlock: block)
    guard elements.shape == [rows.count, blocks.columnCount] else {
      throw TensorError("write: block \(block) has shape \([rows.count, blocks.columnCount]), found \(elements.shape)")
    }
    let values = try Evaluation.storage(elements.node)
    try record(block) { () throws(TensorError) in
      try values.withElements(of: Scalar.self) { elements throws(TensorError) in
        try partial.write(elements, rows: rows, ofBlock: block)
      }
    }
  }

  func write(block: Int, isAnnounced: Bool) throws(TensorError) {
    try record(block) { () throws(TensorError) in
      try blocks.forEachChunk(ofBlock: block, isAnnounced: isAnnounced) { elements, rows throws(TensorError) in
        try partial.write(elements, rows: rows, ofBlock: block)
      }
    }
  }

  private func record(_ block: Int, _ write: () throws(TensorError) -> Void) throws(TensorError) {
    try explained { () throws(TensorError) in
      try write()
      try disk.wait()
      let durability = partial.durability(ofBlock: block)
      disk.begin { [journal] () throws(TensorError) in
        try durability()
        try journal.record(block)
      }
    }
  }

  /// What is done, with errors that say what is kept.
  private func explained<Result>(_ body: () throws(TensorError) -> Result) throws(TensorError) -> Result {
    do throws(TensorError) { return try body() } catch {
      try? disk.wait()
      throw TensorError(
        (error.isCancellation ? "\(path): cancelled" : error.message) + kept, isCancellation: error.isCancellation)
    }
  }

  /// Writes blocks of all processes in rounds, one of each at a time, into the file that they have open together. While the next ones
  /// are computed the disk takes the last ones.
  ///
  /// - Parameters:
  ///   - own: the blocks of this process.
  ///   - rounds: as many as the process with most has blocks.
  ///   - known: the elements of a block, if they have been computed.
  func writeTogether(
    _ own: [Int], rounds: Int, _ team: some ProcessTeam, known: (_ block: Int) -> Tensor<Scalar>?
  ) throws(TensorError) {
    guard let rows = partial as? UnfinishedNPY else { fatalError("one file is written by all processes") }
    try team.withShared(partial.path) { file throws(TensorError) in
      var last: Int?
      for round in 0...rounds {
        let block = round < own.count ? own[round] : nil
        let part = try team.agree { () throws(TensorError) in
          try explained { () throws(TensorError) in
            let part =
              if let block { try rows.stored(block, of: blocks, known: known(block)) } else {
                (bytes: [UInt8](), offset: 0)
              }
            try disk.wait()
            return part
          }
        }
        try team.agree { () throws(TensorError) in
          // All processes do both, whatever becomes of the first.
          let isDurable = Result { () throws(TensorError) in try file.synchronize() }
          let isWritten = Result { () throws(TensorError) in try file.write(part.bytes, at: part.offset) }
          try isDurable.get()
          if let last { try journal.record(last) }
          try isWritten.get()
        }
        last = block
        if let block { disk.begin(partial.durability(ofBlock: block)) }
      }
    }
  }

  /// What is there after an error, and how to go on.
  private var kept: String {
    let rows = journal.finished.reduce(0) { $0 + blocks.places(ofBlock: $1).count }
    if isPart || rows == 0 { return "" }
    return "; \(rows) of \(blocks.rows.count) rows are kept in \(partial.path): \(remedy) to go on"
  }

  /// Gives the file its name. Blocks that others have written count when they are done.
  ///
  /// - Throws: `TensorError` if blocks are missing, or the file cannot be renamed.
  public func finish() throws(TensorError) {
    precondition(!isPart, "the writer that began the file finishes it")
    try settle()
    try absorbParts()
    guard missingBlocks.isEmpty else {
      throw TensorError("\(path): \(missingBlocks.count) of \(blocks.count) blocks are missing" + kept)
    }
    try partial.finish(as: path)
    journal.remove()
    isFinished = true
  }
}
