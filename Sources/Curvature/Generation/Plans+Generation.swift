import TensorGraph

extension HessianPlan {
  /// C functions of value, gradient and Hessian: `NAME` for all three, `NAME_value`, and `NAME_hessian` for the Hessian alone.
  ///
  /// Singular points are not looked for in the generated code.
  ///
  /// - Parameters:
  ///   - name: what the functions' names begin with.
  ///   - interface: how they are called.
  /// - Throws: `TensorError` if the name is none in C, or a step of the plan has no form in C.
  public func generateC(
    _ name: String, interface: GeneratedCode.Interface = .plain
  ) throws(TensorError) -> GeneratedCode {
    var generator = try CodeGenerator(name, interface)
    try generator.add("", all, "Value, gradient and Hessian.")
    try generator.add("value", valueAlone, "The value.", .value)
    if interface == .casadi { try generator.add("gradient", all.part(1), "The gradient.", .gradient) }
    try generator.add("hessian", hessianAlone, "The Hessian.", .hessian)
    return try generator.generated()
  }
}

extension SparseHessianPlan {
  /// C functions of value, gradient and the Hessian's entries: `NAME` for all three, `NAME_value`, and `NAME_hessian` for the entries
  /// alone, whose rows and columns are `NAME_hessian_rows` and `NAME_hessian_columns`.
  ///
  /// Singular points are not looked for in the generated code.
  ///
  /// - Parameters:
  ///   - name: what the functions' names begin with.
  ///   - interface: how they are called.
  /// - Throws: `TensorError` if the name is none in C, or a step of the plan has no form in C.
  public func generateC(
    _ name: String, interface: GeneratedCode.Interface = .plain
  ) throws(TensorError) -> GeneratedCode {
    var generator = try CodeGenerator(name, interface)
    try generator.add("", all, "Value, gradient and the entries of the Hessian.")
    try generator.add("value", valueAlone, "The value.", .value)
    if interface == .casadi { try generator.add("gradient", all.part(1), "The gradient.", .gradient) }
    try generator.add("hessian", hessianAlone, "The entries of the Hessian.", .hessian)
    generator.add("hessian", pattern: pattern)
    return try generator.generated()
  }
}

extension GradientPlan {
  /// C functions of value and gradient: `NAME` for both, and `NAME_value`.
  ///
  /// Singular points are not looked for in the generated code.
  ///
  /// - Parameters:
  ///   - name: what the functions' names begin with.
  ///   - interface: how they are called.
  /// - Throws: `TensorError` if the name is none in C, or a step of the plan has no form in C.
  public func generateC(
    _ name: String, interface: GeneratedCode.Interface = .plain
  ) throws(TensorError) -> GeneratedCode {
    var generator = try CodeGenerator(name, interface)
    try generator.add("", all, "Value and gradient.")
    if interface == .casadi { try generator.add("gradient", all.part(1), "The gradient.", .gradient) }
    try generator.add("value", valueAlone, "The value.", .value)
    return try generator.generated()
  }
}

extension HessianProductPlan {
  /// A C function `NAME` of the product of the Hessian with a direction.
  ///
  /// Singular points are not looked for in the generated code.
  ///
  /// - Parameters:
  ///   - name: the function's name.
  ///   - interface: how it is called.
  /// - Throws: `TensorError` if the name is none in C, or a step of the plan has no form in C.
  public func generateC(
    _ name: String, interface: GeneratedCode.Interface = .plain
  ) throws(TensorError) -> GeneratedCode {
    var generator = try CodeGenerator(name, interface)
    try generator.add("", product, "The product of the Hessian with a direction.")
    return try generator.generated()
  }
}

extension SparseJacobianPlan {
  /// A C function `NAME` of the value and the Jacobian's entries, whose rows and columns are `NAME_jacobian_rows` and
  /// `NAME_jacobian_columns`.
  ///
  /// Singular points are not looked for in the generated code.
  ///
  /// - Parameters:
  ///   - name: the function's name.
  ///   - interface: how it is called.
  /// - Throws: `TensorError` if the name is none in C, or a step of the plan has no form in C.
  public func generateC(
    _ name: String, interface: GeneratedCode.Interface = .plain
  ) throws(TensorError) -> GeneratedCode {
    var generator = try CodeGenerator(name, interface)
    try generator.add("", all, "The value and the entries of the Jacobian.")
    if interface == .casadi {
      try generator.add("value", all.part(0), "The value.", .value)
      try generator.add("jacobian", all.part(1), "The entries of the Jacobian.", .jacobian)
    }
    generator.add("jacobian", pattern: pattern)
    return try generator.generated()
  }
}

extension LagrangianPlan {
  /// C functions for a solver of min f(x) with bounds on g(x): `NAME_objective`, `NAME_constraints`, `NAME_first` (f, its gradient, g and
  /// the entries of its Jacobian) and `NAME_hessian` (the entries of the lower triangle of the Hessian of σ f + λ·g), with the places of
  /// the entries.
  ///
  /// Singular points are not looked for in the generated code.
  ///
  /// - Parameters:
  ///   - name: what the functions' names begin with.
  ///   - interface: how they are called.
  /// - Throws: `TensorError` if the name is none in C, or a step of the plan has no form in C.
  public func generateC(
    _ name: String, interface: GeneratedCode.Interface = .plain
  ) throws(TensorError) -> GeneratedCode {
    var generator = try CodeGenerator(name, interface)
    try generator.add("objective", objectiveAlone, "The objective.")
    try generator.add("constraints", constraintsAlone, "The constraints.")
    try generator.add("first", firstOrder, "Objective, gradient, constraints and the entries of their Jacobian.")
    try generator.add("hessian", hessianAlone, "The entries of the lower triangle of the Lagrangian's Hessian.")
    generator.add("jacobian", pattern: jacobianPattern)
    generator.add("hessian", pattern: hessianPattern)
    return try generator.generated()
  }
}
