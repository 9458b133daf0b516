// Functions of each element that cut, shrink or gate, and mixtures of tensors.

/// a + t (b - a)
public func lerp<Scalar: DifferentiableScalar>(
  _ a: Tensor<Scalar>, _ b: Tensor<Scalar>, _ t: Tensor<Scalar>
) -> Tensor<Scalar> {
  Tensor(checking: try Operations.interpolate(a.node, b.node, at: t.node))
}

/// x less its whole part, with the sign of x.
public func fraction<Scalar: DifferentiableScalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
  Tensor(checking: try Operations.fraction(x.node))
}

/// log₂(2ᵃ + 2ᵇ), without overflow.
public func logAddExp2<Scalar: DifferentiableScalar>(_ a: Tensor<Scalar>, _ b: Tensor<Scalar>) -> Tensor<Scalar> {
  Tensor(checking: try Operations.logAddExp2(a.node, b.node))
}

/// x moved towards 0 by a margin, and 0 within it.
public func softShrink<Scalar: DifferentiableScalar>(_ x: Tensor<Scalar>, margin: Double = 0.5) -> Tensor<Scalar> {
  Tensor(checking: try Operations.softShrink(x.node, margin: margin))
}

/// x outside a margin around 0, and 0 within it.
public func hardShrink<Scalar: DifferentiableScalar>(_ x: Tensor<Scalar>, margin: Double = 0.5) -> Tensor<Scalar> {
  Tensor(checking: try Operations.hardShrink(x.node, margin: margin))
}

/// x - tanh x, accurate near 0.
public func tanhShrink<Scalar: DifferentiableScalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
  Tensor(checking: try Operations.tanhShrink(x.node))
}

/// x, and below 0 the slope of its channel (axis 1) times x; one slope serves all channels.
public func parametricReLU<Scalar: DifferentiableScalar>(
  _ x: Tensor<Scalar>, slopes: Tensor<Scalar>
) -> Tensor<Scalar> {
  Tensor(checking: try Operations.parametricReLU(x.node, slopes.node))
}

/// The first half of an axis times the sigmoid of the second.
public func gatedLinearUnit<Scalar: DifferentiableScalar>(_ x: Tensor<Scalar>, axis: Int = -1) -> Tensor<Scalar> {
  Tensor(checking: try Operations.gatedLinearUnit(x.node, axis: axis))
}
