import TensorGraph

/// What `batchAxis` demands of shapes and of dependencies.
enum BatchRules {
  /// The batch axis of each variable (nil without a batch), for one value of `ys` a slice.
  static func hessianAxes(_ ys: Node, _ variables: [Node], _ batchAxis: Int?) throws(TensorError) -> [Int?] {
    guard let batchAxis else {
      guard ys.shape.count == 1 else {
        throw TensorError(
          "hessian: ys has shape \(ys.shape), which is \(ys.shape.count) elements; a Hessian has one: sum ys, or use "
            + "jacobian, or name the batchAxis along which ys has one element a slice")
      }
      return variables.map { _ in nil }
    }
    var axes: [Int?] = []
    for variable in variables {
      let axis = try ShapeRules.axis(batchAxis, rank: variable.shape.rank, operation: "hessian: batchAxis")
      let batch = variable.shape[axis]
      guard ys.shape.count == batch, batch == 1 || ys.shape.dimensions.contains(batch) else {
        throw TensorError(
          "hessian: xs has shape \(variable.shape) and so \(batch) slices along axis \(batchAxis), ys has shape "
            + "\(ys.shape); ys must have one element a slice, such as [\(batch)]")
      }
      if batch > 1 {
        let place = ys.shape.dimensions.firstIndex(of: batch)!
        try BatchIndependence.check(
          ys, outputAxis: place, variable: variable, axis: axis, indices: Evaluation.storage)
      }
      axes.append(axis)
    }
    return axes
  }

  /// The batch axes of ys and xs (nil without a batch).
  static func jacobianAxes(_ ys: Node, _ xs: Node, _ batchAxis: Int?) throws(TensorError) -> (Int?, Int?) {
    guard let batchAxis else { return (nil, nil) }
    let column = try ShapeRules.axis(batchAxis, rank: xs.shape.rank, operation: "jacobian: batchAxis of xs")
    let row = try ShapeRules.axis(batchAxis, rank: ys.shape.rank, operation: "jacobian: batchAxis of ys")
    guard ys.shape[row] == xs.shape[column] else {
      throw TensorError(
        "jacobian: along batchAxis \(batchAxis) ys of shape \(ys.shape) has \(ys.shape[row]) slices and xs of shape "
          + "\(xs.shape) has \(xs.shape[column]); make them equal")
    }
    if xs.shape[column] > 1 {
      try BatchIndependence.check(ys, outputAxis: row, variable: xs, axis: column, indices: Evaluation.storage)
    }
    return (row, column)
  }
}
