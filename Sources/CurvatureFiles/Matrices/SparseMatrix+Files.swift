import Curvature
import SparseStructure
import TensorGraph

extension SparseMatrix where Scalar: DifferentiableScalar & LosslessStringConvertible {
  /// The matrix in a file of Matrix Market: coordinates of real or whole numbers or of a pattern (of ones), general, symmetric or
  /// skew-symmetric. Entries that are given twice are added.
  ///
  /// - Throws: `TensorError` if the file cannot be read or is of another kind.
  /// - Complexity: O(entries · log of those in a row).
  public init(contentsOfFile path: String) throws(TensorError) {
    self = try MatrixMarketReader(FileAccess.read(path), name: path).matrix()
  }

  /// Writes the matrix in the coordinate form of Matrix Market (`.mtx`), or in PETSc's binary form for `MatLoad` (`.petsc`). The file
  /// is there as a whole or not at all.
  ///
  /// - Parameters:
  ///   - path: the name of the file, whose extension says the form.
  ///   - triangle: `lower` and `upper` write a symmetric matrix, of which that triangle is looked at; not for PETSc, whose
  ///     form has all entries.
  /// - Throws: `TensorError` if the file cannot be written, or the form is another.
  public func write(toFile path: String, triangle: StoredTriangle = .both) throws(TensorError) {
    if path.lowercased().hasSuffix(".petsc") {
      guard triangle == .both else {
        throw TensorError("\(path): PETSc's form has all entries; leave out the triangle")
      }
      return try FileAccess.write(PETScBinary.matrix(pattern, values.lazy.map { Double($0) }), to: path)
    }
    guard path.lowercased().hasSuffix(".mtx") else {
      throw TensorError("\(path): a sparse matrix is written to .mtx or .petsc")
    }
    try FileAccess.write(Array(matrixMarket(triangle: triangle).utf8), to: path)
  }
}

/// Reads the coordinate form of Matrix Market (Boisvert, Pozo & Remington 1996, NISTIR 5935).
private struct MatrixMarketReader {
  private let lines: [ArraySlice<UInt8>]
  private let name: String
  private let hasValues: Bool
  /// What the mirrored entry of an entry is multiplied by, if entries are mirrored.
  private let mirror: Double?

  init(_ bytes: [UInt8], name: String) throws(TensorError) {
    self.name = name
    lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    let words = String(decoding: lines.first ?? [], as: UTF8.self).lowercased().split(whereSeparator: \.isWhitespace)
    guard words.count == 5, words[0] == "%%matrixmarket", words[1] == "matrix", words[2] == "coordinate" else {
      throw TensorError("\(name): does not begin with '%%MatrixMarket matrix coordinate', expected a sparse matrix")
    }
    guard ["real", "integer", "double", "pattern"].contains(words[3]) else {
      throw TensorError("\(name): holds \(words[3]) numbers; real and whole ones and patterns are read")
    }
    hasValues = words[3] != "pattern"
    switch words[4] {
    case "general": mirror = nil
    case "symmetric": mirror = 1
    case "skew-symmetric": mirror = -1
    default: throw TensorError("\(name): is \(words[4]); general, symmetric and skew-symmetric matrices are read")
    }
  }

  func matrix<Scalar: DifferentiableScalar>() throws(TensorError) -> SparseMatrix<Scalar> {
    var sizes: [Int]?
    var entries: [(Int, Int, Scalar)] = []
    var listed = 0
    for (n, line) in lines.enumerated().dropFirst() {
      let words = line.split { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
      if words.isEmpty || words[0].first == UInt8(ascii: "%") { continue }
      func fail(_ reason: String) -> TensorError { TensorError("\(name): line \(n + 1): \(reason)") }
      guard let sizes else {
        let found = words.compactMap { Int(String(decoding: $0, as: UTF8.self)) }
        guard found.count == 3, words.count == 3, found.allSatisfy({ $0 >= 0 }) else {
          throw fail("expected the numbers of rows, columns and entries")
        }
        sizes = found
        entries.reserveCapacity(min(found[2], lines.count) * (mirror == nil ? 1 : 2))
        continue
      }
      guard words.count == (hasValues ? 3 : 2), let row = Int(String(decoding: words[0], as: UTF8.self)),
        let column = Int(String(decoding: words[1], as: UTF8.self)),
        let value = hasValues ? FileNumber.parse(words[2]) : 1
      else { throw fail("expected row, column\(hasValues ? " and value" : "")") }
      guard (1...max(sizes[0], 1)).contains(row), (1...max(sizes[1], 1)).contains(column) else {
        throw fail("entry (\(row), \(column)) is outside a \(sizes[0])×\(sizes[1]) matrix")
      }
      listed += 1
      entries.append((row - 1, column - 1, Scalar(value)))
      if let mirror, row != column { entries.append((column - 1, row - 1, Scalar(mirror * value))) }
    }
    guard let sizes else { throw TensorError("\(name): ends before the numbers of rows, columns and entries") }
    guard listed == sizes[2] else { throw TensorError("\(name): has \(listed) entries, \(sizes[2]) are announced") }
    do {
      return try SparseMatrix(rowCount: sizes[0], columnCount: sizes[1], entries: entries)
    } catch { throw TensorError("\(name): \(error)") }
  }
}
