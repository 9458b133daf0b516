import TensorGraph

/// Extreme eigenpairs of a symmetric matrix from products alone: thick-restart Lanczos (Wu & Simon, "Thick-restart Lanczos
/// method for large symmetric eigenvalue problems", SIAM J. Matrix Anal. Appl. 22, 2000) with full orthogonalization, so that
/// no copies of eigenvalues appear.
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
    package var isConverged = false
  }

  /// Extreme eigenpairs, several for an eigenvalue that the matrix has several times: a Krylov space holds one of them only, so
  /// that what is found is held and the rest searched until nothing nearer to the end turns up.
  ///
  /// - Parameters:
  ///   - wanted: how many eigenpairs.
  ///   - tolerance: of the residuals, relative to the norm of the matrix.
  ///   - maximumProducts: after how many products the best so far are given.
  ///   - findsCopies: whether it is looked for further copies; without, one is found of each eigenvalue.
  package static func eigenpairs(
    count n: Int, wanted: Int, end: SpectrumEnd, tolerance: Double, maximumProducts: Int, findsCopies: Bool = true,
    product: ([Double]) throws(TensorError) -> [Double]
  ) throws(TensorError) -> Eigenpairs {
    let wanted = min(wanted, n)
    guard wanted > 0 else { return Eigenpairs(isConverged: true) }
    var generator = SeededGenerator(seed: 0x5EED)
    var result = try search(
      n, wanted, end, tolerance, maximumProducts, apart: [], start: generator.direction(n), generator: &generator,
      product: product)
    while findsCopies, result.isConverged, result.vectors.count < n {
      let more = try search(
        n, 1, end, tolerance, maximumProducts - result.products, apart: result.vectors,
        start: generator.direction(n, apart: result.vectors), generator: &generator, product: product)
      result.products += more.products
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

  /// Eigenpairs in what is orthogonal to some eigenvectors.
  private static func search(
    _ n: Int, _ wanted: Int, _ end: SpectrumEnd, _ tolerance: Double, _ maximumProducts: Int, apart held: [[Double]],
    start: [Double], generator: inout SeededGenerator, product: ([Double]) throws(TensorError) -> [Double]
  ) throws(TensorError) -> Eigenpairs {
    let room = n - held.count
    let size = min(room, max(2 * wanted + 10, 24))
    var apart = VectorBasis(length: n, capacity: held.count)
    for vector in held { apart.append(vector) }
    var basis = VectorBasis(length: n, capacity: size + 1)
    basis.append(start)
    var projection = DenseMatrix(rows: size, columns: size)
    var result = Eigenpairs()
    while true {
      var remainder = 0.0
      let first = basis.count - 1
      while true {
        let j = basis.count - 1
        try Cancellation.check { "cancelled after \(result.products) products" }
        let own = basis[j]
        var image = try product(own)
        result.products += 1
        guard image.allSatisfy(\.isFinite) else {
          throw TensorError("eigenpairs: a product of the matrix is not finite; choose another point")
        }
        let scale = max(image.euclideanNorm, result.norm)
        var (parts, ignored) = ([Double](repeating: 0, count: j + 1), held.map { _ in 0.0 })
        var (passes, before) = (0, 0.0)
        if j > first {
          // What there is besides rounding: the recurrence. One pass over all vectors then removes that, too.
          (parts[j - 1], parts[j]) = (remainder, dot(image, own))
          image.add(basis[j - 1], times: -parts[j - 1])
          image.add(own, times: -parts[j])
          before = image.euclideanNorm
          passes = 1
        }
        // Twice is enough (Parlett, The Symmetric Eigenvalue Problem, 1980, section 6.9), once where little was removed.
        while passes < 3 {
          apart.remove(from: &image, addingTo: &ignored)
          basis.remove(from: &image, addingTo: &parts)
          let after = image.euclideanNorm
          passes += 1
          if passes >= 2, after > 0.7 * before { break }
          before = after
        }
        for i in 0...j {
          projection[i, j] = parts[i]
          projection[j, i] = parts[i]
        }
        remainder = image.euclideanNorm
        if basis.count == room {
          remainder = 0
          break
        }
        if remainder > 1e-14 * scale {
          for i in image.indices { image[i] /= remainder }
        } else {
          // An invariant subspace: go on in what is orthogonal to it.
          remainder = 0
          image = generator.direction(n, apart: held + (0...j).map { basis[$0] })
        }
        basis.append(image)
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
      let isConverged = residuals[..<wanted].allSatisfy { $0 <= tolerance * result.norm }
      let isEnd = isConverged || result.products >= maximumProducts || count == room
      let kept = isEnd ? wanted : min(count - 1, wanted + max(5, (count - wanted) / 2))
      var factors = DenseMatrix(rows: basis.count, columns: kept)
      for (k, column) in order[..<kept].enumerated() {
        for i in 0..<count { factors[i, k] = ritz.vectors[i, column] }
      }
      let combined = basis.combined(factors)
      let vectors = (0..<kept).map { combined[column: $0] }
      if isEnd {
        result.values = order[..<wanted].map { ritz.values[$0] }
        result.vectors = vectors
        result.residuals = Array(residuals[..<wanted])
        result.isConverged = isConverged || count == room
        return result
      }
      projection = DenseMatrix(rows: size, columns: size)
      for (i, column) in order[..<kept].enumerated() { projection[i, i] = ritz.values[column] }
      let next = basis[count]
      basis.removeAll()
      for vector in vectors + [next] { basis.append(vector) }
    }
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
