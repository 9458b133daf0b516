import TensorGraph

/// Extreme eigenpairs of a symmetric matrix from products alone: thick-restart Lanczos (Wu & Simon, "Thick-restart Lanczos
/// method for large symmetric eigenvalue problems", SIAM J. Matrix Anal. Appl. 22, 2000). Vectors are orthogonalized again when
/// they may no longer be orthogonal enough (`OrthogonalityBounds`), so that no copies of eigenvalues appear; those that are found
/// are orthonormal to rounding.
package enum Lanczos {
  package struct Eigenpairs: Sendable {
    /// The nearest to the end first.
    package var values: [Double] = []
    package var vectors: [[Double]] = []
    /// ‖A v - λ v‖: some eigenvalue is no farther from each value.
    package var residuals: [Double] = []
    /// The largest magnitude of a Ritz value: a lower bound of the matrix's norm.
    package var norm = 0.0
    package var products = 0
    /// How often a vector was orthogonalized against the whole basis.
    package var orthogonalizations = 0
    package var isConverged = false
  }

  /// Extreme eigenpairs, several for an eigenvalue that the matrix has several times: a Krylov space holds one of them only, so
  /// that what is found is held and the rest searched until nothing nearer to the end turns up.
  ///
  /// - Parameters:
  ///   - wanted: how many eigenpairs.
  ///   - tolerance: of the residuals, relative to the norm of the matrix.
  ///   - roundoff: of products, relative to the norm of the matrix.
  ///   - maximumProducts: after how many products the best so far are given.
  ///   - findsCopies: whether it is looked for further copies; without, one is found of each eigenvalue.
  package static func eigenpairs(
    count n: Int, wanted: Int, end: SpectrumEnd, tolerance: Double, roundoff: Double, maximumProducts: Int,
    findsCopies: Bool = true, product: ([Double]) throws(TensorError) -> [Double]
  ) throws(TensorError) -> Eigenpairs {
    let wanted = min(wanted, n)
    guard wanted > 0 else { return Eigenpairs(isConverged: true) }
    var generator = SeededGenerator(seed: 0x5EED)
    var result = try search(
      n, wanted, end, (tolerance, roundoff), maximumProducts, apart: [], norm: 0, start: generator.direction(n),
      generator: &generator,
      product: product)
    while findsCopies, result.isConverged, result.vectors.count < n {
      let more = try search(
        n, 1, end, (tolerance, roundoff), maximumProducts - result.products, apart: result.vectors, norm: result.norm,
        nearerThan: result.values[wanted - 1], start: generator.direction(n, apart: result.vectors),
        generator: &generator, product: product)
      result.products += more.products
      result.orthogonalizations += more.orthogonalizations
      result.norm = max(result.norm, more.norm)
      guard more.isConverged else {
        result.isConverged = false
        break
      }
      guard end.isNearer(more.values[0], than: result.values[wanted - 1], by: 2 * tolerance * result.norm) else {
        break
      }
      let place = result.values.firstIndex { end.isNearer(more.values[0], than: $0, by: 0) } ?? result.values.count
      result.values.insert(more.values[0], at: place)
      result.vectors.insert(more.vectors[0], at: place)
      result.residuals.insert(more.residuals[0], at: place)
    }
    result.values.removeLast(result.values.count - wanted)
    result.vectors.removeLast(result.vectors.count - wanted)
    result.residuals.removeLast(result.residuals.count - wanted)
    return result
  }

  /// Eigenpairs in what is orthogonal to some eigenvectors, of a matrix of at least some norm.
  ///
  /// - Parameter limit: what they are to be nearer to the end than: it is enough to see that none is.
  private static func search(
    _ n: Int, _ wanted: Int, _ end: SpectrumEnd, _ errors: (tolerance: Double, roundoff: Double),
    _ maximumProducts: Int,
    apart held: [[Double]], norm: Double, nearerThan limit: Double? = nil, start: [Double],
    generator: inout SeededGenerator,
    product: ([Double]) throws(TensorError) -> [Double]
  ) throws(TensorError) -> Eigenpairs {
    let room = n - held.count
    let size = min(room, max(2 * wanted + 10, 24))
    var apart = VectorBasis(length: n, capacity: held.count)
    for vector in held { apart.append(vector) }
    var basis = VectorBasis(length: n, capacity: size + 1)
    basis.append(start)
    var (own, last) = (start, start)
    var projection = DenseMatrix(rows: size, columns: size)
    var result = Eigenpairs(norm: norm)
    var bounds = OrthogonalityBounds(errors.roundoff, tolerance: errors.tolerance, dimension: n)
    restarts: while true {
      var remainder = 0.0
      let first = basis.count - 1
      while true {
        let j = basis.count - 1
        try Cancellation.check { "cancelled after \(result.products) products" }
        var image = try product(own)
        result.products += 1
        // An element that is not finite makes the sum so.
        let along = dot(image, own)
        guard along.isFinite || image.allSatisfy(\.isFinite) else {
          throw TensorError("eigenpairs: a product of the matrix is not finite; choose another point")
        }
        var (parts, ignored) = ([Double](repeating: 0, count: j + 1), held.map { _ in 0.0 })
        var (passes, before) = (0, 0.0)
        var isApart = false
        if j > first {
          // What there is besides rounding: the recurrence. One pass over all vectors removes that, too, where it has grown.
          (parts[j - 1], parts[j]) = (remainder, along)
          image.add(last, times: -parts[j - 1])
          image.add(own, times: -parts[j])
          before = image.euclideanNorm
          passes = 1
          // The last is what a restart goes on with, which knows nothing of its bounds.
          isApart =
            bounds.remainSmall(projection, diagonal: parts[j], last: remainder, next: before, norm: result.norm)
            && basis.count < size
        }
        if isApart {
          apart.remove(from: &image, addingTo: &ignored)
        } else {
          result.orthogonalizations += 1
          // What is removed after the recurrence is the vectors' own error, not a part of the product: the projection is as
          // the recurrence says (Simon, section 4), or errors would grow from restart to restart.
          var removed = [Double](repeating: 0, count: j + 1)
          // Twice is enough (Parlett, The Symmetric Eigenvalue Problem, 1980, section 6.9), once where little was removed.
          while passes < 3 {
            apart.remove(from: &image, addingTo: &ignored)
            basis.remove(from: &image, addingTo: &removed)
            let after = image.euclideanNorm
            passes += 1
            if passes >= 2, after > 0.7 * before { break }
            before = after
          }
          if j > first, bounds.lowerTrust(removed.euclideanNorm, column: j) {
            // Vectors may be far from orthogonal by now: begin again, with all of them made so.
            projection = DenseMatrix(rows: size, columns: size)
            basis.removeAll()
            basis.append(start)
            own = start
            continue restarts
          }
          if j == first || !bounds.areTrusted { parts.add(removed, times: 1) }
        }
        for i in 0...j {
          projection[i, j] = parts[i]
          projection[j, i] = parts[i]
        }
        remainder = isApart && held.isEmpty ? before : image.euclideanNorm
        // Pythagoras: the length of the product.
        let scale = max(result.norm, (parts.reduce(remainder * remainder) { $0 + $1 * $1 }).squareRoot())
        result.norm = max(result.norm, abs(parts[j]))
        if basis.count == room {
          remainder = 0
          break
        }
        if remainder > 1e-14 * scale {
          image.divide(by: remainder)
        } else {
          // An invariant subspace: go on in what is orthogonal to it.
          remainder = 0
          image = generator.direction(n, apart: held + (0...j).map { basis[$0] })
        }
        if j == first || remainder == 0 { bounds.begin(count: j + 2) }
        basis.append(image)
        (last, own) = (own, image)
        if basis.count > size { break }
      }
      let count = min(basis.count, size)
      let ritz: SymmetricEigenDecomposition
      do { ritz = try SymmetricEigenDecomposition(projection.part(Array(0..<count))) } catch {
        throw TensorError("eigenpairs: \(error)")
      }
      let order = (0..<count).sorted { a, b in
        end.isNearer(ritz.values[a], than: ritz.values[b], by: 0)
      }
      result.norm = max(result.norm, ritz.values.largestMagnitude)
      let residuals = order.map { abs(remainder * ritz.vectors[count - 1, $0]) }
      // Of a limit it is enough that the nearest is clearly on its other side.
      let isBeyond = limit.map { end.distance(from: ritz.values[order[0]], to: $0) >= 10 * residuals[0] } ?? false
      let isConverged = isBeyond || residuals[..<wanted].allSatisfy { $0 <= errors.tolerance * result.norm }
      let isEnd = isConverged || result.products >= maximumProducts || count == room
      let kept = isEnd ? wanted : min(count - 1, wanted + max(5, (count - wanted) / 3))
      // The vector that follows stays as it is.
      var factors = DenseMatrix(rows: basis.count, columns: isEnd ? kept : kept + 1)
      for (k, column) in order[..<kept].enumerated() {
        for i in 0..<count { factors[i, k] = ritz.vectors[i, column] }
      }
      if !isEnd { factors[count, kept] = 1 }
      basis.combine(factors)
      if isEnd {
        result.values = order[..<wanted].map { ritz.values[$0] }
        result.vectors = orthonormal((0..<kept).map { basis[$0] })
        result.residuals = Array(residuals[..<wanted])
        result.isConverged = isConverged || count == room
        return result
      }
      projection = DenseMatrix(rows: size, columns: size)
      for (i, column) in order[..<kept].enumerated() { projection[i, i] = ritz.values[column] }
      bounds.combine(factors, kept: kept, count: count)
    }
  }

  /// Vectors that are almost orthonormal, made so to rounding.
  private static func orthonormal(_ vectors: [[Double]]) -> [[Double]] {
    var basis = VectorBasis(length: vectors.first?.count ?? 0, capacity: vectors.count)
    for var vector in vectors {
      var ignored = [Double](repeating: 0, count: basis.count)
      basis.remove(from: &vector, addingTo: &ignored)
      let length = vector.euclideanNorm
      basis.append(vector.map { $0 / length })
    }
    return vectors.indices.map { basis[$0] }
  }
}

/// How far the vectors of a Lanczos basis may be from orthogonal: bounds of |q_j · q_i|, which follow a recurrence as the vectors do
/// (Simon, "The Lanczos algorithm with partial reorthogonalization", Math. Comp. 42, 1984, section 2; here of magnitudes, and for
/// the projection of a restarted basis).
///
/// While all are below the root of the rounding, eigenvalues are as exact as from an orthonormal basis (section 4 there).
private struct OrthogonalityBounds {
  private let roundoff: Double
  private let most: Double
  /// Those of the last vector, and of the one before it.
  private var last: [Double] = []
  private var before: [Double] = []
  /// For each column of the projection how much larger than rounding its error is: what was removed from the vector that followed.
  private var errors: [Double] = []
  /// What was to be removed at most from the vector that is made.
  private var predicted = 0.0
  /// Whether the last vector was orthogonalized because bounds had grown: then the next is, too.
  private var isHalfDone = false
  /// Whether no more had to be removed than the bounds allow. Otherwise products have other errors than was said, or are of no
  /// symmetric matrix; every vector is orthogonalized then, and what is removed counts as a part of the product.
  private(set) var areTrusted = true

  /// - Parameters:
  ///   - roundoff: of products, relative to the norm of the matrix. Rounding errors of many elements are independent, so that their
  ///     part along one vector is small beside their length.
  ///   - tolerance: of the residuals.
  ///   - dimension: how many elements a vector has.
  init(_ roundoff: Double, tolerance: Double, dimension: Int) {
    self.roundoff = max(1, 16 / Double(dimension).squareRoot()) * roundoff
    most = max(min(0.01 * tolerance, 0.1 * roundoff.squareRoot()), 64 * roundoff)
  }

  /// The last of some vectors was orthogonalized against the others.
  mutating func begin(count: Int) {
    last = [Double](repeating: roundoff, count: max(count - 1, 0))
    before = last
    isHalfDone = false
    while errors.count < last.count { errors.append(0) }
  }

  /// Takes down how much was removed from the vector behind a column: by so much its product is not what the projection says.
  ///
  /// - Returns: whether that is the first time that it was more than the bounds allow.
  mutating func lowerTrust(_ removed: Double, column j: Int) -> Bool {
    errors[j] = removed
    guard areTrusted, removed > 4 * predicted else { return false }
    areTrusted = false
    return true
  }

  /// A restart goes on with combinations of the first vectors, whose errors are independent.
  mutating func combine(_ factors: DenseMatrix, kept: Int, count: Int) {
    errors = (0..<kept).map { column in
      (0..<count).reduce(0) { sum, i in
        let error = factors[i, column] * errors[i]
        return sum + error * error
      }.squareRoot()
    }
  }

  /// Whether the next vector is orthogonal enough to all, of which the recurrence removes two only. If not, it must be orthogonalized.
  ///
  /// - Parameters:
  ///   - projection: T, up to the column of the last vector.
  ///   - diagonal: T's element there.
  ///   - beside: the one beside it.
  ///   - next: the length of what remains.
  ///   - norm: that of the matrix.
  mutating func remainSmall(
    _ projection: DenseMatrix, diagonal: Double, last beside: Double, next: Double, norm: Double
  ) -> Bool {
    let j = last.count
    var bounds = [Double](repeating: roundoff, count: j + 1)
    let rounding = roundoff * max(norm, abs(diagonal) + beside + next)
    for i in 0..<j {
      var sum = rounding + errors[i] + abs(projection[i, i] - diagonal) * last[i]
      for l in 0..<j where l != i { sum += abs(projection[l, i]) * last[l] }
      if i < j - 1 { sum += beside * before[i] }
      bounds[i] = sum / next
    }
    bounds[j] = rounding / next
    errors.append(0)
    predicted = bounds.euclideanNorm * next
    let isSmall = areTrusted && !isHalfDone && bounds.allSatisfy { $0 <= most }
    if !isSmall { bounds = bounds.map { _ in roundoff } }
    isHalfDone = !isSmall && !isHalfDone
    (before, last) = (last, bounds)
    return isSmall
  }
}

extension SpectrumEnd {
  /// Whether one value is nearer to the end than another by more than a distance.
  fileprivate func isNearer(_ a: Double, than b: Double, by distance: Double) -> Bool {
    switch self {
    case .smallest: a < b - distance
    case .largest: a > b + distance
    case .largestMagnitude: abs(a) > abs(b) + distance
    }
  }

  /// By how much the second value is nearer to the end; negative if the first one is.
  fileprivate func distance(from a: Double, to b: Double) -> Double {
    switch self {
    case .smallest: a - b
    case .largest: b - a
    case .largestMagnitude: abs(b) - abs(a)
    }
  }
}

extension SeededGenerator {
  /// A unit vector, orthogonal to others.
  mutating func direction(_ count: Int, apart others: [[Double]] = []) -> [Double] {
    var x = (0..<count).map { _ in Double.random(in: -1...1, using: &self) }
    for _ in 0..<2 { for other in others { x.add(other, times: -dot(other, x)) } }
    let length = x.euclideanNorm
    return length > 0 ? x.map { $0 / length } : x.map { _ in 1 }
  }
}
