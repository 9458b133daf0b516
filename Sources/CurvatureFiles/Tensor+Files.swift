import Curvature
import Foundation
import TensorGraph

extension Tensor {
  /// The array in a file. The name says the format: `.npy`, `.npz:member`, `.safetensors:name`, or a table in text (`.csv`,
  /// `.tsv`, `.txt`, `.dat`), of which one column is a vector and several are a matrix; a line of names is skipped.
  ///
  /// - Throws: `TensorError` if the file cannot be read, or holds elements that this type cannot hold: whole numbers and masks
  ///   become real numbers, and real numbers those of another width, but no real number becomes a whole one.
  public init(contentsOfFile name: String) throws(TensorError) {
    let (path, member) = ArrayFile.parts(of: name)
    guard let member, path.lowercased().hasSuffix(".safetensors") else {
      self = try Tensor(ArrayFile.read(name), name: name)
      return
    }
    self = try TensorArchive(contentsOfFile: path).tensor(named: member)
  }

  /// The elements of a file in place: they are read when somebody asks for them, and several programs share their memory.
  ///
  /// - Parameter path: a `.npy` file with elements of this very type, row-major and little-endian, as `numpy.save` writes them.
  ///   It must not change while the tensor lives.
  /// - Throws: `TensorError` if the file is another.
  /// - Complexity: O(1) until elements are read.
  public init(mappingFile path: String) throws(TensorError) {
    self = try MappedArray(path).tensor()
  }

  init(_ array: ArrayValue, name: String) throws(TensorError) {
    let (type, wanted) = (array.storage.scalarType, Scalar.scalarType)
    guard type == wanted || wanted.isDifferentiable || !type.isDifferentiable && type != .bool && wanted != .bool else {
      throw TensorError("\(name): holds \(type), which is no Tensor<\(Scalar.self)>; read a Tensor of its own type")
    }
    let node = Node(array.storage, shape: Shape(array.shape))
    if type == wanted {
      self.init(node)
    } else {
      self = try Tensor(node.cast(to: wanted)).readDetached()
    }
  }

  /// Writes the elements. The name says the format: `.npy`, or text with a line for each row (`.csv`). The file is written beside
  /// its place and then renamed: it is there as a whole or not at all.
  ///
  /// - Throws: `TensorError` if the elements cannot be computed or the file cannot be written.
  public func write(toFile path: String) throws(TensorError) {
    let array = ArrayValue(shape: shape, storage: try Evaluation.storage(node))
    let name = path.lowercased()
    if name.hasSuffix(".npy") {
      try FileAccess.write(NPY.write(array), to: path)
    } else if name.hasSuffix(".csv") {
      try FileAccess.write(CSV.write(array), to: path)
    } else {
      throw TensorError(
        "\(path): a tensor is written to .npy or .csv; several go into a TensorArchive (.npz, .safetensors)")
    }
  }
}

/// A file of one array that is read where it lies.
private struct MappedArray {
  private let path: String
  private let base: UnsafeMutableRawPointer
  private let size: Int

  init(_ path: String) throws(TensorError) {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw TensorError("\(path): \(String(cString: strerror(errno)))") }
    defer { close(file) }
    var information = stat()
    guard fstat(file, &information) == 0, information.st_mode & S_IFMT == S_IFREG, information.st_size > 0 else {
      throw TensorError("\(path): is no file with something in it, expected a .npy array")
    }
    size = Int(information.st_size)
    // Private: kernels may write behind the last element, within the last page.
    guard let base = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0), base != MAP_FAILED else {
      throw TensorError("\(path): cannot be mapped: \(String(cString: strerror(errno)))")
    }
    (self.path, self.base) = (path, base)
  }

  func tensor<Scalar: TensorScalar>() throws(TensorError) -> Tensor<Scalar> {
    do throws(TensorError) {
      let head = [UInt8](UnsafeRawBufferPointer(start: base, count: min(size, 1 << 16)))
      let layout = try NPY.layout(head[...], size: size, name: path)
      guard layout.element.isStored(as: Scalar.scalarType), !layout.isFortran || layout.shape.count < 2,
        layout.body % 64 == 0
      else {
        throw TensorError(
          "\(path): its elements do not lie as those of a Tensor<\(Scalar.self)> do; read them with contentsOfFile")
      }
      let storage = Storage(
        adopting: base + layout.body, count: layout.count, scalarType: Scalar.scalarType,
        release: { [base = UInt(bitPattern: base), size] _ in munmap(UnsafeMutableRawPointer(bitPattern: base), size) })
      return Tensor(Node(storage, shape: Shape(layout.shape)))
    } catch {
      munmap(base, size)
      throw error
    }
  }
}

extension NPYElement {
  /// Whether the bytes of elements are those of a type in memory.
  func isStored(as type: ScalarType) -> Bool {
    #if _endian(little)
      let isNative = !isBigEndian || size == 1
    #else
      let isNative = isBigEndian || size == 1
    #endif
    let expected: Character =
      switch type {
      case .float32, .float64: "f"
      case .int32, .int64: "i"
      case .bool: "b"
      }
    return isNative && kind == expected && size == type.byteCount
  }
}
