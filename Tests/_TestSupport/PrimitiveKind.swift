import TensorGraph

/// Primitives without their parameters, so that tests can run over all of them.
package enum PrimitiveKind: String, CaseIterable, Sendable {
  case input, fill, iota, elementwise, compare, logical, select, cast, detach, broadcast, reshape, permute, slice
  case embed, concatenate, gather, scatterAdd, sum, maximum, minimum, cumulativeSum, argsort, contraction
  case solve, matrix, special, scan, custom

  /// Those whose results are well conditioned for arbitrary operands, so that they may stand anywhere in random graphs.
  package static let tame = allCases.filter { ![.solve, .matrix, .special].contains($0) }

  /// The kind of a primitive. A new primitive must be given a kind here, and `SampleBuilder` then wants samples.
  package init(_ primitive: Primitive) {
    switch primitive {
    case .leaf(.input): self = .input
    case .leaf(.fill): self = .fill
    case .leaf(.iota): self = .iota
    case .pointwise(let function): self.init(function)
    case .linear(let primitive): self.init(primitive)
    case .concatenate: self = .concatenate
    case .extremum(.maximum, _): self = .maximum
    case .extremum(.minimum, _): self = .minimum
    case .argsort: self = .argsort
    case .contraction: self = .contraction
    case .solve: self = .solve
    case .matrix: self = .matrix
    case .scan: self = .scan
    case .custom: self = .custom
    }
  }

  private init(_ function: PointwiseFunction) {
    switch function {
    case .elementwise: self = .elementwise
    case .special: self = .special
    case .compare: self = .compare
    case .logical: self = .logical
    case .select: self = .select
    case .cast: self = .cast
    case .detach: self = .detach
    }
  }

  private init(_ primitive: LinearPrimitive) {
    switch primitive {
    case .broadcast: self = .broadcast
    case .reshape: self = .reshape
    case .permute: self = .permute
    case .slice: self = .slice
    case .embed: self = .embed
    case .gather: self = .gather
    case .scatterAdd: self = .scatterAdd
    case .sum: self = .sum
    case .cumulativeSum: self = .cumulativeSum
    }
  }
}
