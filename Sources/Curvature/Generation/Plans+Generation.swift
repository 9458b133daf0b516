import TensorGraph

extension HessianPlan {
  /// C functions of value, gradient and Hessian: `NAME` for all three, `NAME_value`, `NAME_gradient` and `NAME_hessian`.
  ///
  /// Singular points are not looked for in the generated code.
  ///
  /// - Parameters:
  ///   - name: what the functions' names begin with.
  ///   - interface: how they are called.
  ///   - functions: which of them, besides those that the interface calls; nil for all.
  /// - Throws: `TensorError` if the name is none in C, a step of the plan has no form in C, the interface is for others, or a function is
  ///   asked for that there is not.
  public func generateC(
    _ name: String, interface: GeneratedCode.Interface = .plain, functions: Set<GeneratedCode.Function>? = nil
  ) throws(TensorError) -> GeneratedCode {
    var generator = try CodeGenerator(name, interface, of: all.arguments, functions: functions)
    try generator.add(
      value: all.results[0], gradient: all.results[1], hessian: all.results[2], nil, of: all.arguments)
    return try generator.generated()
  }
}

extension SparseHessianPlan {
  /// C functions of value, gradient and the Hessian's entries: `NAME` for all three, `NAME_value`, `NAME_gradient`, and `NAME_hessian` for
  /// the entries alone, whose rows and columns are `NAME_hessian_rows` and `NAME_hessian_columns`.
  ///
  /// Singular points are not looked for in the generated code.
  ///
  /// - Parameters:
  ///   - name: what the functions' names begin with.
  ///   - interface: how they are called.
  ///   - functions: which of them, besides those that the interface calls; nil for all.
  /// - Throws: `TensorError` if the name is none in C, a step of the plan has no form in C, the interface is for others, or a function is
  ///   asked for that there is not.
  public func generateC(
    _ name: String, interface: GeneratedCode.Interface = .plain, functions: Set<GeneratedCode.Function>? = nil
  ) throws(TensorError) -> GeneratedCode {
    var generator = try CodeGenerator(name, interface, of: all.arguments, functions: functions)
    try generator.add(
      value: all.results[0], gradient: all.results[1], hessian: all.results[2], pattern, of: all.arguments)
    return try generator.generated()
  }
}

extension GradientPlan {
  /// C functions of value and gradient: `NAME` for both, `NAME_value` and `NAME_gradient`.
  ///
  /// Singular points are not looked for in the generated code.
  ///
  /// - Parameters:
  ///   - name: what the functions' names begin with.
  ///   - interface: how they are called.
  ///   - functions: which of them, besides those that the interface calls; nil for all.
  /// - Throws: `TensorError` if the name is none in C, a step of the plan has no form in C, the interface is for others, or a function is
  ///   asked for that there is not.
  public func generateC(
    _ name: String, interface: GeneratedCode.Interface = .plain, functions: Set<GeneratedCode.Function>? = nil
  ) throws(TensorError) -> GeneratedCode {
    var generator = try CodeGenerator(name, interface, of: all.arguments, functions: functions)
    try generator.add(.valueAndGradient, "", all, "Value and gradient.")
    try generator.add(.value, "value", valueAlone, "The value.")
    try generator.add(.gradient, "gradient", all.part(1), "The gradient.")
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
  /// - Throws: `TensorError` if the name is none in C, a step of the plan has no form in C, or the interface is for others.
  public func generateC(
    _ name: String, interface: GeneratedCode.Interface = .plain
  ) throws(TensorError) -> GeneratedCode {
    var generator = try CodeGenerator(name, interface, of: product.arguments)
    try generator.add(.product, "", product, "The product of the Hessian with a direction.")
    return try generator.generated()
  }
}

extension SparseJacobianPlan {
  /// C functions of the value and the Jacobian's entries: `NAME` for both, `NAME_value`, and `NAME_jacobian` for the entries alone, whose
  /// rows and columns are `NAME_jacobian_rows` and `NAME_jacobian_columns`.
  ///
  /// Singular points are not looked for in the generated code.
  ///
  /// - Parameters:
  ///   - name: what the functions' names begin with.
  ///   - interface: how they are called.
  ///   - functions: which of them, besides those that the interface calls; nil for all.
  /// - Throws: `TensorError` if the name is none in C, a step of the plan has no form in C, the interface is for others, or a function is
  ///   asked for that there is not.
  public func generateC(
    _ name: String, interface: GeneratedCode.Interface = .plain, functions: Set<GeneratedCode.Function>? = nil
  ) throws(TensorError) -> GeneratedCode {
    var generator = try CodeGenerator(name, interface, of: all.arguments, functions: functions)
    try generator.add(value: all.results[0], jacobian: all.results[1], pattern, of: all.arguments)
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
  ///   - problem: where a solver starts, and the bounds: what `cnlp` tells besides.
  /// - Throws: `TensorError` if the name is none in C, a step of the plan has no form in C, the interface is for others, or `problem` does
  ///   not fit.
  public func generateC(
    _ name: String, interface: GeneratedCode.Interface = .plain, problem: GeneratedCode.Problem? = nil
  ) throws(TensorError) -> GeneratedCode {
    try generated(name, interface, problem)
  }

  /// Likewise with names, and a test program.
  ///
  /// - Parameters:
  ///   - blocks: what the variables, the constraints and the data consist of; nil for `x`, `g` and so on.
  ///   - point: the point and the data for which a test calls the functions; nil for no test.
  func generated(
    _ name: String, _ interface: GeneratedCode.Interface, _ problem: GeneratedCode.Problem?,
    blocks: (variables: [GeneratedBlock], constraints: [GeneratedBlock], data: [GeneratedBlock])? = nil,
    at point: [Node]? = nil
  ) throws(TensorError) -> GeneratedCode {
    var generator = try CodeGenerator(name, interface, of: firstOrder.arguments, problem: problem)
    if let blocks {
      generator.name(variables: blocks.variables, constraints: blocks.constraints, data: blocks.data)
    } else {
      generator.name(
        variables: generator.functions.variables, constraints: [GeneratedBlock(name: "g", shape: constraintShape)],
        data: generator.functions.data)
    }
    try generator.add(.objective, "objective", objectiveAlone, "The objective.", at: point)
    try generator.add(.constraints, "constraints", constraintsAlone, "The constraints.", at: point)
    try generator.add(
      .firstOrder, "first", firstOrder, "Objective, gradient, constraints and the entries of their Jacobian.", at: point
    )
    if generator.isWanted(.objectiveGradient) {
      try generator.add(
        .objectiveGradient, "objective_gradient", firstOrder.part(1), "The gradient of the objective.", at: point)
    }
    if generator.isWanted(.constraintJacobian) {
      try generator.add(
        .constraintJacobian, "jacobian", firstOrder.part(3), "The entries of the constraints' Jacobian.", at: point)
    }
    let more = hessianAlone.arguments[firstOrder.arguments.count...].map { CodeGenerator.probe($0.node) }
    try generator.add(
      .lagrangianHessian, "hessian", hessianAlone, "The entries of the lower triangle of the Lagrangian's Hessian.",
      at: point.map { $0 + more })
    generator.add(.constraintJacobian, "jacobian", pattern: jacobianPattern)
    generator.add(.lagrangianHessian, "hessian", pattern: hessianPattern)
    return try generator.generated()
  }
}
