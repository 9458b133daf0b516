import Curvature
import Foundation
import TensorGraph

/// Named arrays of one file: `.npz` as NumPy writes it, or `.safetensors`.
///
/// <!-- swift struct Model { let weights: Tensor<Float> }; let model = Model(weights: .ones(2, 3)) -->
/// ```swift
/// var archive = TensorArchive()
/// archive["weights"] = try .init(model.weights)
/// try archive.write(toFile: "model.safetensors")
/// let weights: Tensor<Float> = try TensorArchive(contentsOfFile: "model.safetensors").tensor(named: "weights")
/// ```
public struct TensorArchive: Sendable {
  /// An array of any element type.
  public struct Entry: Sendable {
    let array: ArrayValue

    /// The elements of a tensor, computed now.
    ///
    /// - Throws: `TensorError` if they cannot be computed.
    public init<Scalar: TensorScalar>(_ tensor: Tensor<Scalar>) throws(TensorError) {
      array = ArrayValue(shape: tensor.shape, storage: try Evaluation.storage(tensor.node))
    }

    init(_ array: ArrayValue) { self.array = array }

    /// The extents of the axes.
    public var shape: [Int] { array.shape }
    /// The type of the elements.
    public var scalarType: ScalarType { array.storage.scalarType }
  }

  private var entries: [(name: String, entry: Entry)] = []
  private var origin = "archive"

  /// An archive of nothing.
  public init() {}

  /// The arrays of a file, `.npz` or `.safetensors`.
  ///
  /// - Throws: `TensorError` if the file cannot be read, or is of another kind.
  public init(contentsOfFile path: String) throws(TensorError) {
    let bytes = try FileAccess.read(path)
    origin = path
    guard bytes.starts(with: ZipArchive.magic) else {
      entries = try SafeTensors.read(bytes, name: path).map { ($0, Entry($1)) }
      return
    }
    for member in try ZipArchive.members(of: bytes, name: path) {
      let title = member.title
      let contents = try ZipArchive.contents(of: member, in: bytes, name: path)
      entries.append((title, Entry(try NPY.read(contents, name: "\(path):\(title)"))))
    }
  }

  /// The names, in the order of the file.
  public var names: [String] { entries.map(\.name) }

  /// An array by its name; nil for one that is not there, or to remove it.
  public subscript(name: String) -> Entry? {
    get { entries.first { $0.name == name }?.entry }
    set {
      let place = entries.firstIndex { $0.name == name }
      switch (place, newValue) {
      case (let place?, let entry?): entries[place].entry = entry
      case (let place?, nil): entries.remove(at: place)
      case (nil, let entry?): entries.append((name, entry))
      case (nil, nil): break
      }
    }
  }

  /// An array by its name.
  ///
  /// - Throws: `TensorError` if there is none, or it holds elements that the type cannot hold, as `Tensor(contentsOfFile:)`.
  public func tensor<Scalar: TensorScalar>(
    named name: String, as type: Scalar.Type = Scalar.self
  ) throws(TensorError) -> Tensor<Scalar> {
    guard let entry = self[name] else {
      throw TensorError(
        "\(origin): has no array '\(PrintableText.printable(name))'; it has \(names.prefix(20).joined(separator: ", "))"
          + Suggestions.remark(for: name, among: names))
    }
    return try Tensor(entry.array, name: "\(origin):\(name)")
  }

  /// Writes all arrays, to `.npz` or `.safetensors`. The file is there as a whole or not at all.
  ///
  /// - Throws: `TensorError` if it cannot be written, or an `.npz` would have more than 4 GB.
  public func write(toFile path: String) throws(TensorError) {
    let arrays = entries.map { (name: $0.name, array: $0.entry.array) }
    if path.lowercased().hasSuffix(".safetensors") {
      try FileAccess.write(SafeTensors.write(arrays), to: path)
    } else if path.lowercased().hasSuffix(".npz") {
      guard let bytes = ZipArchive.archive(arrays.map { ($0.name + ".npy", NPY.write($0.array)) }) else {
        throw TensorError("\(path): more than 4 GB do not fit into an .npz; write .safetensors")
      }
      try FileAccess.write(bytes, to: path)
    } else {
      throw TensorError("\(path): an archive is written to .npz or .safetensors")
    }
  }
}
