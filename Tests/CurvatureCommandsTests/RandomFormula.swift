import TestSupport

/// Grows formulas of one vector x of six elements: expressions over all families of operations, of random shapes, tame
/// enough that their derivatives are of moderate size.
struct RandomFormula {
  private var generator: RepeatableGenerator
  /// How many operations may still be used.
  private var budget: Int

  /// A formula whose value is one number.
  static func text(seed: UInt64) -> String {
    var formula = RandomFormula(generator: RepeatableGenerator(seed: seed), budget: 0)
    formula.budget = formula.generator.integer(in: 3...14)
    let shape = formula.shape()
    return "sum(tanh(\(formula.expression(shape))) * x[\(formula.generator.integer(in: 0...5))])"
  }

  static func point(seed: UInt64) -> [Double] {
    var generator = RepeatableGenerator(seed: seed &* 7 &+ 3)
    return generator.reals(6, in: -1.5...1.5)
  }

  private mutating func shape() -> [Int] {
    generator.pick([[], [2], [3], [4], [6], [2, 3], [3, 2], [3, 3], [2, 2], [1, 3], [2, 1, 3]])
  }

  private mutating func expression(_ shape: [Int]) -> String {
    let text = budget > 0 ? operation(shape) : leaf(shape)
    // Whatever is not one call or name must stay together.
    var depth = 0
    for character in text {
      depth += "([".contains(character) ? 1 : ")]".contains(character) ? -1 : 0
      if depth == 0, " *+-%".contains(character) { return "(\(text))" }
    }
    return text
  }

  private mutating func operation(_ shape: [Int]) -> String {
    budget -= 1
    let families = Family.allCases.filter { $0.fits(shape) }
    switch generator.pick(families) {
    case .function: return function(shape)
    case .safeFunction: return safeFunction(shape)
    case .pair: return pair(shape)
    case .parameters: return parameters(shape)
    case .kink: return kink(shape)
    case .reduction: return reduction(shape)
    case .movement: return movement(shape)
    case .order: return order(shape)
    case .product: return product(shape)
    case .matrix: return matrix(shape)
    case .number: return number()
    case .window: return window(shape)
    case .network: return network(shape)
    case .picture: return picture(shape)
    case .place: return place(shape)
    case .control: return control(shape)
    }
  }

  private enum Family: CaseIterable {
    case function, safeFunction, pair, parameters, kink, reduction, movement, order, product, matrix, number, window
    case network, picture, place, control

    func fits(_ shape: [Int]) -> Bool {
      switch self {
      case .function, .safeFunction, .pair, .parameters, .kink, .reduction, .movement, .control: true
      case .order, .network, .place: !shape.isEmpty
      case .picture: shape.count == 2
      case .product: shape.count <= 2
      case .matrix: shape.count == 2 || shape.count == 1 && shape[0] <= 4
      case .number: shape.isEmpty
      case .window: shape.count == 1 && shape[0] >= 2
      }
    }
  }

  /// Functions of functions.
  private mutating func control(_ shape: [Int]) -> String {
    let a = expression(shape)
    if shape.isEmpty || generator.chance(0.4) {
      return generator.pick([
        "root(lambda z: z + tanh(z) / 2 - \(a), zeros_like(\(a)))",
        "fixed_point(lambda z: 0.3*sin(z) + \(a), zeros_like(\(a)))",
        "fori_loop(1, 4, lambda i, c: sin(c) + 0.1*i*\(a), \(a))",
      ])
    }
    let row = expression(Array(shape.dropFirst()))
    return generator.pick([
      "map(lambda r: tanh(r)*r + \(row), \(a))",
      "scan(lambda c, r: (tanh(c + r), c*r), \(row), \(a))[1]",
      "scan(lambda c, r: (0.5*c*r + \(row), c), \(row), \(a), reverse=True)[1]",
    ])
  }

  private func list(_ shape: [Int]) -> String { "(" + shape.map { "\($0), " }.joined() + ")" }

  private mutating func leaf(_ shape: [Int]) -> String {
    let count = shape.reduce(1, *)
    if shape.isEmpty { return "x[\(generator.integer(in: 0...5))]" }
    if shape == [6] { return generator.pick(["x", "x[::-1]", "x**2"]) }
    let indices = (0..<count).map { _ in generator.integer(in: 0...5) }
    return "take(x, array([\(indices.map(String.init).joined(separator: ", "))])).reshape(\(list(shape)))"
  }

  /// Functions without singular points.
  private mutating func function(_ shape: [Int]) -> String {
    let names = [
      "sin", "cos", "tanh", "arctan", "arcsinh", "sigmoid", "softplus", "log_sigmoid", "silu", "mish", "gelu", "erf",
      "erfc", "ndtr", "log_ndtr", "sinc", "tanhshrink", "j0", "j1", "i0e", "i1e", "square", "softsign",
    ]
    return "\(generator.pick(names))(\(expression(shape)))"
  }

  /// Functions on their domain.
  private mutating func safeFunction(_ shape: [Int]) -> String {
    let a = expression(shape)
    let between = "(0.1 + 0.8*sigmoid(\(a)))"
    let positive = "(0.3 + softplus(\(a)))"
    return generator.pick([
      "log(\(positive))", "sqrt(\(positive))", "rsqrt(\(positive))", "cbrt(\(positive))", "log1p(\(between))",
      "exp(tanh(\(a)))", "expm1(tanh(\(a)))", "exp2(tanh(\(a)))", "log2(\(positive))", "log10(\(positive))",
      "arcsin(\(between))", "arccos(\(between))", "arctanh(\(between))", "arccosh(1.2 + \(positive))",
      "sinh(tanh(\(a)))", "cosh(tanh(\(a)))", "tan(tanh(\(a)))", "reciprocal(\(positive))", "logit(\(between))",
      "gammaln(\(positive))", "digamma(\(positive))", "polygamma(1, 1 + \(positive))", "gamma(1 + \(between))",
      "erfinv(\(between))", "ndtri(\(between))", "erfcx(tanh(\(a)))", "entr(\(positive))", "k0(\(positive))",
      "k1(0.5 + \(positive))", "y0(\(positive))", "exp1(\(positive))", "expi(\(positive) / 4)", "spence(\(positive))",
      "lambertw(\(positive))", "ellipk(\(between))", "ellipe(\(between))", "i0(tanh(\(a)))", "i1(tanh(\(a)))",
      "k0e(\(positive))", "y1(0.5 + \(positive))",
    ])
  }

  private mutating func pair(_ shape: [Int]) -> String {
    let a = expression(shape)
    // Sometimes of a smaller shape that is repeated.
    var smaller = shape
    if !shape.isEmpty, generator.chance(0.3) {
      if generator.chance(0.5) {
        smaller.removeFirst()
      } else {
        smaller[generator.integer(in: 0...(shape.count - 1))] = 1
      }
    }
    let b = expression(smaller)
    return generator.pick([
      "(\(a) + \(b))", "(\(a) - \(b))", "(\(a) * \(b))", "(\(a) / (1.2 + square(tanh(\(b)))))",
      "power(0.5 + sigmoid(\(a)), tanh(\(b)))", "arctan2(\(a), 1.5 + square(tanh(\(b))))",
      "hypot(\(a), 1 + sigmoid(\(b)))", "logaddexp(\(a), \(b))", "logaddexp2(tanh(\(a)), \(b))",
      "xlogy(\(a), 1 + sigmoid(\(b)))", "xlog1py(\(a), sigmoid(\(b)))",
      "rel_entr(0.5 + sigmoid(\(a)), 1 + sigmoid(\(b)))",
      "lerp(\(a), \(b), 0.3)", "fma(\(a), \(b), \(a))",
    ])
  }

  /// Functions of parameters.
  private mutating func parameters(_ shape: [Int]) -> String {
    let (a, b) = ("(1 + sigmoid(\(expression(shape))))", "(0.5 + sigmoid(\(expression(shape))))")
    return generator.pick([
      "gammainc(\(a), \(b))", "gammaincc(\(a), \(b))", "betainc(\(a), \(b), 0.4)", "betaln(\(a), \(b))",
      "zeta(1 + \(a), \(b))", "beta(\(a), \(b))",
    ])
  }

  /// Functions with kinks and jumps, which are moved away from what is constant, such as the 1 that a softmax adds up to.
  private mutating func kink(_ shape: [Int]) -> String {
    let (a, b) = (expression(shape), expression(shape))
    return generator.pick([
      "maximum(\(a), \(b))", "minimum(\(a), \(b))", "where(\(a) > \(b), sin(\(a)), \(b))", "abs(\(a))", "relu(\(a))",
      "clip(\(a), -0.4, 0.6)", "leaky_relu(\(a))", "elu(\(a))", "selu(\(a))", "hard_swish(\(a))", "softshrink(\(a))",
      "celu(\(a))", "copysign(\(a), \(b) + 0.0137)", "heaviside(\(a) + 0.0137, 0.5) * \(b)", "((\(a) + 0.0137) % 0.7)",
      "floor(\(a) + 0.37) * \(b)",
      "prelu(\(a), 0.2)", "hard_tanh(\(a))", "frac(\(a) + 0.37)",
    ])
  }

  private mutating func reduction(_ shape: [Int]) -> String {
    let axis = generator.integer(in: 0...shape.count)
    var inner = shape
    inner.insert(generator.integer(in: 1...3), at: axis)
    let name = generator.pick([
      "sum", "mean", "prod", "max", "min", "logsumexp", "var", "median", "nansum", "norm",
    ])
    // Of one element the norm has a kink where that is zero, as has any norm.
    return "\(name)(\(expression(inner)), axis=\(axis))"
  }

  private mutating func movement(_ shape: [Int]) -> String {
    guard let last = shape.last else {
      return "\(expression([2, 2]))[\(generator.integer(in: 0...1)), \(generator.integer(in: -2...1))]"
    }
    let axis = generator.integer(in: 0...(shape.count - 1))
    switch generator.integer(in: 0...9) {
    case 0: return "flip(\(expression(shape)), axis=\(axis))"
    case 1: return "roll(\(expression(shape)), 1, axis=\(axis))"
    case 2: return "transpose(\(expression(shape.reversed())))"
    case 3:
      var longer = shape
      longer[axis] += 1
      return "split(\(expression(longer)), [1], axis=\(axis))[1]"
    case 4:
      guard shape[axis] > 1 else { return "\(expression(shape)).reshape(\(list(shape)))" }
      var (first, second) = (shape, shape)
      first[axis] = 1
      second[axis] -= 1
      return "concatenate([\(expression(first)), \(expression(second))], axis=\(axis))"
    case 5:
      guard shape[axis] > 1 else { return "squeeze(\(expression([1] + shape)), axis=0)" }
      var shorter = shape
      shorter[axis] -= 1
      let padding = shape.indices.map { $0 == axis ? "(1, 0)" : "(0, 0)" }.joined(separator: ", ")
      return "pad(\(expression(shorter)), (\(padding),), mode='edge')"
    case 6: return "\(expression([last] + shape.dropLast()))\(shape.count > 1 ? ".reshape(\(list(shape)))" : "")"
    case 7:
      let rows = (0..<shape[axis]).map { _ in generator.integer(in: 0...(shape[axis] - 1)) }
      let indices = rows.map(String.init).joined(separator: ", ")
      return "take(\(expression(shape)), array([\(indices)]), axis=\(axis))"
    case 8:
      guard shape.count == 2 else { return "cumsum(\(expression(shape)), axis=\(axis))" }
      return "\(generator.pick(["tril", "triu"]))(\(expression(shape)), k=\(generator.integer(in: -1...1)))"
    default:
      let part = generator.integer(in: 0...(shape[axis] - 1))
      var one = shape
      one[axis] = 1
      let cut = shape.indices.map { $0 == axis ? "\(part):\(part + 1)" : ":" }.joined(separator: ", ")
      let (whole, values) = (expression(shape), "\(expression(shape))[\(cut)]")
      return "index_add(\(whole), array([\(part)]), \(values), axis=\(axis))"
    }
  }

  private mutating func order(_ shape: [Int]) -> String {
    let axis = generator.integer(in: 0...(shape.count - 1))
    let a = expression(shape)
    return generator.pick([
      "sort(\(a), axis=\(axis))", "cumsum(\(a), axis=\(axis))", "cumprod(\(a), axis=\(axis))",
      "cummax(\(a), axis=\(axis))", "logcumsumexp(\(a), axis=\(axis))", "softmax(\(a), axis=\(axis))",
      "log_softmax(\(a), axis=\(axis))",
    ])
  }

  private mutating func product(_ shape: [Int]) -> String {
    let k = generator.integer(in: 1...3)
    switch shape.count {
    case 0:
      let (a, b) = (expression([k]), expression([k]))
      return generator.pick(["dot(\(a), \(b))", "einsum('i,i,i->', \(a), \(b), \(a))", "vdot(\(a), \(b))"])
    case 1:
      let (a, b) = (expression(shape + [k]), expression([k]))
      return generator.pick(["(\(a) @ \(b))", "einsum('ij,j->i', \(a), \(b))", "einsum('ij,ij->i', \(a), \(a))"])
    default:
      let (a, b) = (expression([shape[0], k]), expression([k, shape[1]]))
      return generator.pick([
        "(\(a) @ \(b))", "einsum('ij,jk->ik', \(a), \(b))", "tensordot(\(a), \(b), axes=1)",
        "outer(\(a)[:, 0], \(b)[0])", "cdist(\(a), 2 + square(\(b).T))",
      ])
    }
  }

  /// Linear algebra of matrices far from singular, with eigenvalues far apart.
  private mutating func matrix(_ shape: [Int]) -> String {
    let n = shape[0]
    let general = "(2*eye(\(n)) + diag(arange(\(n)) * 1.0) + 0.2*tanh(\(expression([n, n]))))"
    if shape.count == 1 {
      let b = expression([n])
      return generator.pick([
        "solve(\(general), \(b))", "eigvalsh(\(general) + \(general).T)", "svdvals(\(general))",
        "diag(inv(\(general)))",
        "solve_triangular(tril(\(general)), \(b), lower=True)", "lstsq(\(general), \(b))[0]",
        "cholesky_solve(tril(\(general)), \(b))",
      ])
    }
    let columns = shape[1]
    guard n == columns else {
      return generator.pick(["solve(\(general), \(expression(shape)))", "(inv(\(general)) @ \(expression(shape)))"])
    }
    let symmetric = "(\(general) @ \(general).T)"
    return generator.pick([
      "inv(\(general))", "expm(0.3*tanh(\(expression(shape))))", "linalg.cholesky(\(symmetric))",
      "matrix_power(tanh(\(expression(shape))), 3)", "square(qr(\(general))[1])", "pinv(\(general))",
      "sqrtm(\(symmetric))", "logm(\(symmetric))", "kron(\(expression([n, 1])), \(expression([1, n])))",
      "square(eigh(\(symmetric))[1])",
    ])
  }

  private mutating func number() -> String {
    let n = generator.integer(in: 2...3)
    let general = "(2*eye(\(n)) + diag(arange(\(n)) * 1.0) + 0.2*tanh(\(expression([n, n]))))"
    let (a, b) = (expression([n]), expression([n]))
    return generator.pick([
      "(det(\(general)) / 8)", "slogdet(\(general))[1]", "logdet(\(general) @ \(general).T)", "trace(\(general))",
      "norm(\(general), ord='nuc')", "norm(\(general))", "cond(\(general))", "std(\(a))", "mse_loss(\(a), \(b))",
      "huber_loss(\(a), \(b))", "l1_loss(\(a), \(b))", "kl_div(log_softmax(\(a)), softmax(\(b)))",
      "binary_cross_entropy_with_logits(\(a), sigmoid(\(b)))", "cross_entropy(\(a), 1)", "quantile(\(a), 0.3)",
      "smooth_l1_loss(\(a), \(b), beta=0.7)", "binary_cross_entropy(0.1 + 0.8*sigmoid(\(a)), sigmoid(\(b)))",
      "nll_loss(log_softmax(\(a)), 0)", "lu(\(general))[2][0, 1]", "sum(svd(\(general))[1])", "kthvalue(\(a), 1)",
      "trapezoid(\(a))", "cosine_similarity(1 + square(\(a)), \(b))", "norm(\(a), 3)",
      "prod(\(a))",
    ])
  }

  private mutating func window(_ shape: [Int]) -> String {
    let n = shape[0]
    switch generator.integer(in: 0...6) {
    case 0: return "conv1d(\(expression([1, n + 1])), \(expression([1, 1, 2])))[0]"
    case 1: return "max_pool1d(\(expression([1, 2 * n])), 2)[0]"
    case 2: return "avg_pool1d(\(expression([1, n + 1])), 2, stride=1)[0]"
    case 3: return "conv_transpose1d(\(expression([1, n - 1])), \(expression([1, 1, 2])))[0]"
    case 4: return "interpolate(\(expression([1, 2])), \(n), mode='linear')[0]"
    case 5: return "diff(\(expression([n + 1])))"
    default: return "adaptive_avg_pool1d(\(expression([1, n + 1])), \(n))[0]"
    }
  }

  /// Windows of matrices.
  private mutating func picture(_ shape: [Int]) -> String {
    let (m, n) = (shape[0], shape[1])
    switch generator.integer(in: 0...7) {
    case 0: return "conv2d(\(expression([1, 1, m + 1, n + 1])), \(expression([1, 1, 2, 2])))[0, 0]"
    case 1: return "avg_pool2d(\(expression([1, 2 * m, 2 * n])), 2)[0]"
    case 2: return "max_pool2d(\(expression([1, m + 1, n + 1])), 2, stride=1)[0]"
    case 3: return "interpolate(\(expression([1, 1, 2, 2])), (\(m), \(n)), mode='bilinear')[0, 0]"
    case 4: return "adaptive_max_pool2d(\(expression([1, m + 1, n + 1])), (\(m), \(n)))[0]"
    case 5: return "grid_sample(\(expression([1, 1, 3, 3])), 0.8*tanh(\(expression([1, m, n, 2]))))[0, 0]"
    case 6: return "lp_pool2d(1.5 + sigmoid(\(expression([1, 2 * m, n]))), 3, (2, 1))[0]"
    default: return "conv_transpose2d(\(expression([1, 1, m, n])), \(expression([1, 1, 1, 1])))[0, 0]"
    }
  }

  /// Movement and writing at places.
  private mutating func place(_ shape: [Int]) -> String {
    let axis = generator.integer(in: 0...(shape.count - 1))
    var (longer, double, half, without) = (shape, shape, shape, shape)
    longer[axis] += 1
    double[0] *= 2
    half[axis] /= 2
    without.remove(at: axis)
    let isEven = shape[axis] % 2 == 0
    let starts = list(shape.indices.map { $0 == axis ? 1 : 0 })
    switch generator.integer(in: 0...9) {
    case 0 where isEven: return "repeat(\(expression(half)), 2, axis=\(axis))"
    case 1 where isEven && shape.count == 1: return "tile(\(expression(half)), 2)"
    case 2 where shape[axis] == 2: return "stack([\(expression(without)), \(expression(without))], axis=\(axis))"
    case 3 where shape.count == 2:
      let name = generator.pick(["swapaxes(A, 0, 1)", "moveaxis(A, 0, 1)", "rot90(A)"])
      return name.replacing("A", with: expression(shape.reversed()))
    case 4: return "masked_fill(\(expression(shape)), \(expression(shape)) > 0.1, 0.3)"
    case 5: return "take_along_axis(\(expression(shape)), argsort(\(expression(shape)), axis=\(axis)), \(axis))"
    case 6: return "segment_sum(\(expression(double)), arange(\(double[0])) % \(shape[0]), \(shape[0]))"
    case 7: return "dynamic_slice(\(expression(longer)), \(starts), \(list(shape)))"
    case 8: return "dropout(\(expression(shape)), \(expression(shape)) > 0, p=0.25)"
    default: return "expand_dims(\(expression(without)), \(axis)) * \(expression(shape))"
    }
  }

  private mutating func network(_ shape: [Int]) -> String {
    let a = expression(shape)
    let last = shape.last!
    switch generator.integer(in: 0...4) {
    case 0: return "layer_norm(\(a), (\(last),), eps=0.1)"
    case 1: return "rms_norm(\(a), (\(last),), eps=0.1)"
    case 2: return "glu(\(expression(Array(shape.dropLast()) + [2 * last])))"
    case 3: return "rfft(\(a))[..., 0] \(last > 1 ? "[..., :1]" : "[..., :]") + \(a)"
    default:
      guard shape.count == 2 else { return "softmax(\(a)) * \(last)" }
      return "scaled_dot_product_attention(\(a), \(expression([2, last])), \(expression([2, last])))"
    }
  }
}
