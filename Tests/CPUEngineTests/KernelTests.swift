import CKernels
import TensorGraph
import TestSupport
import Testing

/// Every scalar kernel of every instruction set that this machine has, against the C library.
@Suite struct KernelTests {
  private nonisolated(unsafe) static let tables: [UnsafePointer<ck_kernels>] = {
    var tables: [UnsafePointer<ck_kernels>] = []
    var next = ck_all_kernels()!
    while let table = next.pointee {
      tables.append(table)
      next += 1
    }
    return tables
  }()

  private func find(_ table: UnsafePointer<ck_kernels>, _ function: ScalarFunction, single: Bool) -> ck_kernel? {
    for i in 0..<Int(table.pointee.function_count) {
      let entry = table.pointee.functions[i]
      if String(cString: entry.name) == function.rawValue { return single ? entry.kernels.0 : entry.kernels.1 }
    }
    return nil
  }

  /// Numbers of all magnitudes, and those with a meaning of their own.
  private func points<Scalar: BinaryFloatingPoint>(_: Scalar.Type) -> [Scalar]
  where Scalar.RawSignificand: FixedWidthInteger {
    var generator = RepeatableGenerator(seed: 5)
    var points: [Scalar] = [
      0, -0.0, 1, -1, 2, -2, 0.5, -0.5, .infinity, -.infinity, .nan, .leastNonzeroMagnitude, -.leastNonzeroMagnitude,
      .leastNormalMagnitude, .greatestFiniteMagnitude, -.greatestFiniteMagnitude, 1.5, 2.5, -2.5, 1e5, -1e6, 3e7, 1e15,
      .pi, .pi / 2, 709, -745, 88, -103,
    ]
    for scale in [1e-300, 1e-30, 1e-10, 1e-3, 0.3, 1, 1, 1, 10, 30, 100, 700, 1e4, 1e6, 1e20] as [Double] {
      for _ in 0..<200 {
        let x = Double.random(in: -1...1, using: &generator) * scale
        points.append(Scalar(x))
      }
    }
    while points.count % 8 != 0 { points.append(1) }
    return points
  }

  /// Checks one kernel over operands against the values in double precision.
  private func check<Scalar: BinaryFloatingPoint & TensorScalar>(
    _ kernel: ck_kernel, _ function: ScalarFunction, _ operands: [[Scalar]], _ set: String
  ) {
    let count = operands[0].count
    var results = [Scalar](repeating: 0, count: count)
    results.withUnsafeMutableBytes { out in
      operands[0].withUnsafeBytes { a in
        operands[operands.count - 1].withUnsafeBytes { b in
          kernel(out.baseAddress, a.baseAddress, b.baseAddress, nil, Int64(count))
        }
      }
    }
    for i in 0..<count {
      let point = operands.map { Double($0[i]) }
      let exact = function.value(point)
      let expected = Scalar(exact)
      if expected.isNaN || results[i].isNaN {
        #expect(expected.isNaN && results[i].isNaN, "\(set) \(function)\(point): \(results[i]), not \(expected)")
      } else if expected.isInfinite || results[i].isInfinite {
        // Where the exact value is next to the largest number, either may round to infinity.
        let isNear =
          abs(exact) >= Double(Scalar.greatestFiniteMagnitude) * 0.999_999 && results[i].sign == expected.sign
        #expect(results[i] == expected || isNear, "\(set) \(function)\(point): \(results[i]), not \(expected)")
      } else {
        let ulp = max(expected.ulp, .leastNonzeroMagnitude)
        #expect(
          abs(results[i] - expected) <= 5 * ulp,
          "\(set) \(function)\(point): \(results[i]), not \(expected)")
      }
    }
  }

  @Test(arguments: ScalarFunction.allCases) func agreesWithTheLibrary(function: ScalarFunction) throws {
    #expect(!Self.tables.isEmpty)
    for table in Self.tables {
      let set = String(cString: table.pointee.instruction_set)
      let doubles = try #require(find(table, function, single: false))
      let floats = try #require(find(table, function, single: true))
      let (x, y) = (points(Double.self), points(Float.self))
      if function.arity == 1 {
        check(doubles, function, [x], set)
        check(floats, function, [y], set)
      } else {
        for shift in [0, 1, 7, 100] {
          let (left, right) = (Array(x[..<x.count]), Array(x[shift...] + x[..<shift]))
          check(doubles, function, [left, right], set)
          check(floats, function, [y, Array(y[shift...] + y[..<shift])], set)
        }
      }
    }
  }

  @Test(arguments: [[ScalarFunction.sin, .cos], [.tanh, .sech]]) func pairsGiveTheBitsOfBoth(pair: [ScalarFunction])
    throws
  {
    for table in Self.tables {
      let kernels = pair[0] == .sin ? table.pointee.sine_and_cosine : table.pointee.tanh_and_sech
      try checkPair(try #require(kernels.1), pair, points(Double.self), table)
      try checkPair(try #require(kernels.0), pair, points(Float.self), table)
    }
  }

  private func checkPair<Scalar: BinaryFloatingPoint & TensorScalar>(
    _ kernel: ck_kernel, _ pair: [ScalarFunction], _ x: [Scalar], _ table: UnsafePointer<ck_kernels>
  ) throws {
    var results = [[Scalar]](repeating: [Scalar](repeating: 0, count: x.count), count: 2)
    var expected = results
    var (first, second) = (results[0], results[1])
    first.withUnsafeMutableBytes { first in
      second.withUnsafeMutableBytes { second in
        kernel(first.baseAddress, x, nil, second.baseAddress, Int64(x.count))
      }
    }
    results = [first, second]
    for (i, function) in pair.enumerated() {
      let single = try #require(find(table, function, single: Scalar.self == Float.self))
      expected[i].withUnsafeMutableBytes { single($0.baseAddress, x, nil, nil, Int64(x.count)) }
      let agrees = zip(results[i], expected[i]).allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) }
      #expect(agrees, "\(String(cString: table.pointee.instruction_set)) \(function)")
    }
  }

  @Test func products() {
    var generator = RepeatableGenerator(seed: 9)
    for table in Self.tables {
      for (m, n, k) in [(1, 1, 1), (6, 8, 3), (7, 17, 5), (13, 33, 64), (5, 3, 512), (31, 16, 2)] {
        for transposed in [false, true] {
          checkProduct(table.pointee.product.1!, m, n, k, transposed, 1e-13, Double.self, &generator)
          checkProduct(table.pointee.product.0!, m, n, k, transposed, 1e-4, Float.self, &generator)
        }
      }
    }
  }

  private func checkProduct<Scalar: BinaryFloatingPoint & TensorScalar>(
    _ kernel: ck_product, _ m: Int, _ n: Int, _ k: Int, _ transposed: Bool, _ tolerance: Double, _: Scalar.Type,
    _ generator: inout RepeatableGenerator
  ) {
    let a = (0..<(m * k)).map { _ in Scalar(Double.random(in: -1...1, using: &generator)) }
    let b = (0..<(k * n)).map { _ in Scalar(Double.random(in: -1...1, using: &generator)) }
    // A column more than the result has, which must stay as it is.
    var c = [Scalar](repeating: 7, count: m * (n + 1))
    let (aRow, aColumn, bRow, bColumn) = transposed ? (1, m, 1, k) : (k, 1, n, 1)
    c.withUnsafeMutableBytes {
      kernel(
        $0.baseAddress, Int64(n + 1), a, Int64(aRow), Int64(aColumn), b, Int64(bRow), Int64(bColumn), Int64(m),
        Int64(n), Int64(k))
    }
    for i in 0..<m {
      for j in 0..<n {
        let exact = (0..<k).reduce(0.0) { $0 + Double(a[i * aRow + $1 * aColumn]) * Double(b[$1 * bRow + j * bColumn]) }
        #expect(abs(Double(c[i * (n + 1) + j]) - exact) <= tolerance)
      }
      #expect(c[i * (n + 1) + n] == 7)
    }
  }

  @Test func relu() throws {
    for table in Self.tables {
      let kernel = try #require(find(table, .relu, single: false))
      var result = [Double](repeating: 7, count: 8)
      kernel(&result, [-.infinity, -1, -0.0, 0, 1, .infinity, 2, 3], nil, nil, 8)
      #expect(result == [0, 0, 0, 0, 1, .infinity, 2, 3])
      kernel(&result, [Double](repeating: .nan, count: 8), nil, nil, 8)
      let isSpoilt = result.allSatisfy { $0.isNaN }
      #expect(isSpoilt)
    }
  }
}
