import TensorGraph

/// Tensors in the form in which a program has them: a tensor, an array of such forms, or a structure (`TensorStruct`).
///
/// Derivatives at such a point have its form: `gradient(at: model) { model in … }` is a `Model`, and a Hessian is read by
/// paths, `H[\.weights, \.bias]`.
public protocol TensorTree<Scalar> {
  /// The type of the elements of all its tensors.
  associatedtype Scalar: DifferentiableScalar

  /// The tensors, in an order that does not depend on their elements.
  var leaves: [TensorLeaf] { get }

  /// Replaces the tensors by the first ones of `source`, in the order of `leaves`, and removes those there.
  mutating func replaceLeaves(by source: inout ArraySlice<TensorLeaf>)
}

/// A tensor of any element type.
public struct TensorLeaf: Sendable {
  package let node: Node

  package init(_ node: Node) { self.node = node }
}

extension Tensor: TensorTree where Scalar: DifferentiableScalar {
  public var leaves: [TensorLeaf] { [TensorLeaf(node)] }

  public mutating func replaceLeaves(by source: inout ArraySlice<TensorLeaf>) {
    self = Tensor(source.removeFirst().node)
  }
}

extension Array: TensorTree where Element: TensorTree {
  public typealias Scalar = Element.Scalar

  public var leaves: [TensorLeaf] { flatMap(\.leaves) }

  public mutating func replaceLeaves(by source: inout ArraySlice<TensorLeaf>) {
    for i in indices { self[i].replaceLeaves(by: &source) }
  }
}

/// A structure some members of which are tensors, arrays of them, or such structures.
///
/// <!-- swift
/// struct Layer: TensorStruct {
///   var weights: Tensor<Double>
///   static var tensors: TensorMembers<Layer, Double> { TensorMembers(\.weights) }
/// }
/// -->
/// ```swift
/// struct Network: TensorStruct {
///   var layers: [Layer]
///   var scale: Tensor<Double>
///   let name: String                      // no tensor: not listed
///   static var tensors: TensorMembers<Network, Double> { TensorMembers(\.layers, \.scale) }
/// }
/// ```
public protocol TensorStruct<Scalar>: TensorTree {
  associatedtype Scalar

  /// The paths of the members that are variables.
  static var tensors: TensorMembers<Self, Scalar> { get }
}

extension TensorStruct {
  public var leaves: [TensorLeaf] {
    let found = Self.tensors.leaves(self)
    for leaf in found where leaf.node.scalarType != Scalar.scalarType {
      stop(
        "\(Self.self): a member is a tensor of \(leaf.node.scalarType), the others are of \(Scalar.self); make them alike"
      )
    }
    return found
  }

  public mutating func replaceLeaves(by source: inout ArraySlice<TensorLeaf>) {
    Self.tensors.replace(&self, &source)
  }
}

/// Where the tensors of a structure are.
public struct TensorMembers<Root, Scalar: DifferentiableScalar> {
  fileprivate let leaves: (Root) -> [TensorLeaf]
  fileprivate let replace: (inout Root, inout ArraySlice<TensorLeaf>) -> Void

  /// The members at some paths. All their tensors have elements of type `Scalar`.
  public init<each Member: TensorTree>(_ paths: repeat WritableKeyPath<Root, each Member>) {
    leaves = { root in
      var all: [TensorLeaf] = []
      for path in repeat each paths { all += root[keyPath: path].leaves }
      return all
    }
    replace = { root, source in
      for path in repeat each paths { root[keyPath: path].replaceLeaves(by: &source) }
    }
  }
}

extension TensorTree {
  /// The tensors, in order.
  public var allTensors: [Tensor<Scalar>] { leaves.map { Tensor($0.node) } }

  /// The number of elements of all tensors.
  public var parameterCount: Int { leaves.reduce(0) { $0 + $1.node.shape.count } }

  /// All elements in one vector, in the order of the tensors.
  public var flattened: Tensor<Scalar> {
    let parts = leaves.map { $0.node.reshaped(to: [$0.node.shape.count]) }
    return parts.isEmpty ? .zeros([0]) : Tensor(Node.concatenate(parts, axis: 0))
  }

  /// The same form with the elements of a vector. Stops the program if it has another number of elements.
  public func unflattened(_ vector: Tensor<Scalar>) -> Self {
    guard vector.shape == [parameterCount] else {
      return mistake(
        "unflattened: \(parameterCount) elements are needed as a vector, found shape \(vector.shape)", else: self)
    }
    var start = 0
    return replacingTensors(
      leaves.map { leaf in
        let end = start + leaf.node.shape.count
        defer { start = end }
        return Tensor(
          vector.node.sliced([AxisSlice(start: start, step: 1, count: end - start)]).reshaped(to: leaf.node.shape))
      })
  }

  /// The same form with other tensors, one for each, in order.
  public func replacingTensors(_ tensors: [Tensor<Scalar>]) -> Self {
    let count = leaves.count
    guard tensors.count == count else {
      return mistake("replacingTensors: \(count) tensors are needed, found \(tensors.count)", else: self)
    }
    var result = self
    var rest = tensors.map { TensorLeaf($0.node) }[...]
    result.replaceLeaves(by: &rest)
    return result
  }

  /// The same form with a function of each tensor.
  public func mapTensors(_ function: (Tensor<Scalar>) throws -> Tensor<Scalar>) rethrows -> Self {
    replacingTensors(try allTensors.map(function))
  }

  /// The same form with a function of each tensor and the one at its place in another: a step of descent is
  /// `model.combined(with: gradient) { $0 - 0.1 * $1 }`.
  public func combined(
    with other: Self, _ function: (Tensor<Scalar>, Tensor<Scalar>) throws -> Tensor<Scalar>
  ) rethrows -> Self {
    let (own, others) = (allTensors, other.allTensors)
    guard own.count == others.count else {
      return mistake("combined: \(own.count) tensors meet \(others.count); give the same form", else: self)
    }
    return replacingTensors(try zip(own, others).map { try function($0, $1) })
  }
}
