import Curvature

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// What one process reports.
struct Measurement {
  var fields: [(key: String, value: String)] = []

  mutating func set(_ key: String, _ value: Double) { fields.append((key, "\(value)")) }
  mutating func set(_ key: String, _ value: Int) { fields.append((key, "\(value)")) }
  mutating func set(_ key: String, _ value: String) { fields.append((key, JSON.string(value))) }

  var json: String { JSON.object(fields) }
}

/// The little JSON that is written.
enum JSON {
  static func string(_ text: String) -> String {
    let escaped = text.unicodeScalars.map { scalar in
      scalar == "\"" || scalar == "\\" ? "\\\(scalar)" : scalar.value < 32 ? " " : String(scalar)
    }
    return "\"" + escaped.joined() + "\""
  }

  static func object(_ fields: [(key: String, value: String)]) -> String {
    "{" + fields.map { string($0.key) + ": " + $0.value }.joined(separator: ", ") + "}"
  }
}

extension Variant {
  /// Prepares, calls once and again at other points for about `budget` seconds, and checks the result at the first.
  ///
  /// The protocol is that of `measure.py`, which measures the other systems.
  func measure(_ inputs: Inputs, reference: String, budget: Double, firstOnly: Bool) throws -> Measurement {
    var result = Measurement()
    let start = ContinuousClock.now
    let calls = try prepare(inputs)
    try calls.run(0)
    let firstSeconds = start.secondsSince
    result.set("firstSeconds", firstSeconds)
    result.set("firstUnixTime", unixTime())
    if !firstOnly {
      if firstSeconds < 4 { try calls.run(1) }
      try repeated(calls.run, budget: budget, into: &result)
    }
    // Before the reference is read, which takes memory, too.
    result.set("peakBytes", peakBytes())
    try calls.run(0)
    result.set("error", try inputs.relativeError(of: calls.result(), reference: reference))
    return result
  }

  /// Median seconds per call. A sample is the mean of so many calls that it takes at least 0.2 ms.
  private func repeated(_ call: (Int) throws -> Void, budget: Double, into result: inout Measurement) throws {
    let once = ContinuousClock.now
    try call(2)
    let inner = max(1, min(10000, Int(2e-4 / max(once.secondsSince, 1e-9))))
    var samples: [Double] = []
    var k = 3
    let start = ContinuousClock.now
    while samples.count < 5 || start.secondsSince < budget {
      let sample = ContinuousClock.now
      for _ in 0..<inner {
        try call(k)
        k += 1
      }
      samples.append(sample.secondsSince / Double(inner))
      if samples.count >= 2, start.secondsSince > 8 { break }
    }
    samples.sort()
    let middle = samples.count / 2
    let median = samples.count % 2 == 1 ? samples[middle] : (samples[middle - 1] + samples[middle]) / 2
    result.set("seconds", median)
    result.set("samples", samples.count)
    result.set("callsPerSample", inner)
  }
}

extension Tensor {
  /// Makes sure that the elements are computed.
  @inline(never)
  func finish() { withUnsafeBufferPointer { _ in } }
}

extension Inputs {
  /// The largest difference from a reference file over the reference's largest element; NaN if anything is NaN.
  func relativeError<Scalar: DifferentiableScalar>(
    of result: Tensor<Scalar>, reference: String
  ) throws(BenchmarkError) -> Double {
    let expected = try file(reference).scalars(as: Double.self)
    guard expected.count == result.count else {
      throw BenchmarkError("the result has \(result.count) elements, the reference \(expected.count)")
    }
    var difference = 0.0
    var largest = 0.0
    result.withUnsafeBufferPointer { elements in
      for (a, b) in zip(elements, expected) {
        let distance = Swift.abs(Double(a) - b)
        // Not `max`, which would lose a NaN.
        if !(distance <= difference) { difference = distance }
        largest = Swift.max(largest, Swift.abs(b))
      }
    }
    return difference / largest
  }
}

extension ContinuousClock.Instant {
  var secondsSince: Double { (ContinuousClock.now - self) / .seconds(1) }
}

private func unixTime() -> Double {
  var now = timespec()
  clock_gettime(CLOCK_REALTIME, &now)
  return Double(now.tv_sec) + Double(now.tv_nsec) * 1e-9
}

/// Largest resident memory of this program. On Linux not by `getrusage`, which starts from the parent's.
private func peakBytes() -> Int {
  #if canImport(Darwin)
    var usage = rusage()
    getrusage(RUSAGE_SELF, &usage)
    return Int(usage.ru_maxrss)
  #else
    guard let file = fopen("/proc/self/status", "r") else { return 0 }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    while fgets(&line, 256, file) != nil {
      let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
      guard text.hasPrefix("VmHWM:") else { continue }
      return (Int(text.drop { !$0.isNumber }.prefix { $0.isNumber }) ?? 0) * 1024
    }
    return 0
  #endif
}
