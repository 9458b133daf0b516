import TensorGraph

extension ScalarFunction {
  /// Points at which implementations go wrong, for comparisons of values: zeros of both signs, infinities, NaN, ties,
  /// bounds of domains, large and tiny numbers.
  package static let specialCoordinates: [Double] = [
    0, -0.0, 0.5, -0.5, 1, -1, 1.5, -1.5, 2, -2, 2.5, -2.5, 3, 10, -10, 40, -40, 100, -100, 710, -710, 1e-9, -1e-9,
    1e-30, 1e30, -1e30, .infinity, -.infinity, .nan,
  ]
}

extension SpecialFunction {
  /// For each operand an interval in which the function is smooth and tame, for random points.
  package var domain: [ClosedRange<Double>] {
    switch self {
    case .gamma, .logGamma, .polygamma, .besselY, .besselK, .besselKScaled, .exponentialIntegral,
      .exponentialIntegral1, .spence, .logQuotient:
      [0.75...4]
    case .besselJ, .besselI, .besselIScaled: [0.5...4]
    case .scaledErfc: [-1...2]
    case .lambertW, .lambertGap: [-0.2...3]
    case .erfInverse, .elliptic: [-0.7...0.7]
    case .normalQuantile: [0.15...0.85]
    case .gammaLower, .gammaUpper, .gammaDensity: [0.75...3, 0.5...4]
    case .polygammaChange, .logBeta: [0.75...4, 0.75...3]
    case .zeta: [1.75...4, 0.75...3]
    case .betaLower, .betaDensity: [0.75...3, 0.75...3, 0.2...0.8]
    }
  }
}
