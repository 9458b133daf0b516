// Activations and other functions of each element, as free functions in the field's spelling.

/// ln(x / (1 - x))
public func logit<Scalar: DifferentiableScalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
  Tensor(checking: try Operations.logit(x.node))
}

/// x limited to 0…6, with derivative 0 at both ends.
public func relu6<Scalar: DifferentiableScalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
  Tensor(checking: try Operations.relu6(x.node))
}

/// x, and `slope` times x below 0.
public func leakyReLU<Scalar: DifferentiableScalar>(_ x: Tensor<Scalar>, slope: Double = 0.01) -> Tensor<Scalar> {
  Tensor(checking: try Operations.leakyReLU(x.node, slope: slope))
}

/// x above 0, alpha (eˣ - 1) below.
public func elu<Scalar: DifferentiableScalar>(_ x: Tensor<Scalar>, alpha: Double = 1) -> Tensor<Scalar> {
  Tensor(checking: try Operations.elu(x.node, alpha: alpha))
}

/// The elu whose constants keep mean 0 and variance 1.
public func selu<Scalar: DifferentiableScalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
  Tensor(checking: try Operations.selu(x.node))
}

/// x above 0, alpha (exp(x / alpha) - 1) below.
public func celu<Scalar: DifferentiableScalar>(_ x: Tensor<Scalar>, alpha: Double = 1) -> Tensor<Scalar> {
  Tensor(checking: try Operations.celu(x.node, alpha: alpha))
}

/// x Φ(x), or its approximation by tanh.
public func gelu<Scalar: DifferentiableScalar>(_ x: Tensor<Scalar>, approximate: Bool = false) -> Tensor<Scalar> {
  Tensor(checking: try Operations.gelu(x.node, approximate: approximate))
}

/// x sigmoid x
public func silu<Scalar: DifferentiableScalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
  Tensor(checking: try Operations.silu(x.node))
}

/// x tanh(softplus x)
public func mish<Scalar: DifferentiableScalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
  Tensor(checking: try Operations.mish(x.node))
}

/// x / (1 + |x|)
public func softSign<Scalar: DifferentiableScalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
  Tensor(checking: try Operations.softSign(x.node))
}

/// x limited to -1…1
public func hardTanh<Scalar: DifferentiableScalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
  Tensor(checking: try Operations.hardTanh(x.node))
}

/// (x + 3) / 6 limited to 0…1
public func hardSigmoid<Scalar: DifferentiableScalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
  Tensor(checking: try Operations.hardSigmoid(x.node))
}

/// x hardSigmoid x
public func hardSwish<Scalar: DifferentiableScalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
  Tensor(checking: try Operations.hardSwish(x.node))
}

/// x ln y, and 0 where x is 0, whatever y is.
public func xLogY<Scalar: DifferentiableScalar>(_ x: Tensor<Scalar>, _ y: Tensor<Scalar>) -> Tensor<Scalar> {
  Tensor(checking: try Operations.xLogY(x.node, y.node))
}

/// x ln(1 + y), and 0 where x is 0, whatever y is.
public func xLogOnePlusY<Scalar: DifferentiableScalar>(_ x: Tensor<Scalar>, _ y: Tensor<Scalar>) -> Tensor<Scalar> {
  Tensor(checking: try Operations.xLogOnePlusY(x.node, y.node))
}

/// -x ln x, 0 at 0 and -∞ below.
public func entropy<Scalar: DifferentiableScalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
  Tensor(checking: try Operations.entropy(x.node))
}

/// ln(eᵃ + eᵇ), without overflow and without loss where one is much larger.
public func logAddExp<Scalar: DifferentiableScalar>(_ a: Tensor<Scalar>, _ b: Tensor<Scalar>) -> Tensor<Scalar> {
  Tensor(checking: try Operations.logAddExp(a.node, b.node))
}

/// The distribution function of the standard normal law.
public func normalDistribution<Scalar: DifferentiableScalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
  Tensor(checking: try Operations.normalDistribution(x.node))
}

/// sin(πx) / (πx), and 1 at 0.
public func sinc<Scalar: DifferentiableScalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
  Tensor(checking: try Operations.sinc(x.node))
}

/// 0, a value or 1 below, at and above 0.
public func heaviside<Scalar: DifferentiableScalar>(
  _ x: Tensor<Scalar>, at0 value: Tensor<Scalar>
) -> Tensor<Scalar> {
  Tensor(checking: try Operations.heaviside(x.node, at0: value.node))
}

/// |x| with the sign of y, that of a zero too.
public func copySign<Scalar: DifferentiableScalar>(_ x: Tensor<Scalar>, _ y: Tensor<Scalar>) -> Tensor<Scalar> {
  Tensor(checking: try Operations.copySign(x.node, y.node))
}
