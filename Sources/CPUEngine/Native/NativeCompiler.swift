import Foundation
import TensorGraph

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The C compiler of this machine, and the libraries that it made before.
///
/// A library is kept under a name made of all it depends on: its text, the compiler and its options. Files are written beside their
/// place and renamed, so that processes may share the folder. The oldest go when the folder grows beyond its bound.
enum NativeCompiler {
  /// Bytes that the kept libraries may have together.
  private static let mostBytes = 64 << 20
  /// Seconds after which a compilation is given up.
  private static let patience = 30.0
  /// Bytes of source text that are given to the compiler at a time.
  static let mostSourceBytes = 1 << 20

  /// A compiler as a program, and what tells it from others.
  private struct Compiler {
    var path: String
    var identity: String
  }

  private static let compiler: Compiler? = {
    #if os(Linux) || os(macOS)
      let environment = ProcessInfo.processInfo.environment
      let folders = (environment["PATH"] ?? "").split(separator: ":").map(String.init)
      let names = environment["CURVATURE_CC"].map { [$0] } ?? ["clang", "cc", "gcc"]
      for name in names {
        for path in name.contains("/") ? [name] : folders.map({ $0 + "/" + name }) {
          var information = stat()
          guard access(path, X_OK) == 0, stat(path, &information) == 0, information.st_mode & S_IFMT == S_IFREG
          else { continue }
          #if os(Linux)
            let time = information.st_mtim.tv_sec
          #else
            let time = information.st_mtimespec.tv_sec
          #endif
          return Compiler(path: path, identity: "\(path) \(information.st_size) \(time)")
        }
      }
    #endif
    return nil
  }()

  /// The options for the instructions that the kernels use, so that bits are the same.
  private static let options: [String] = {
    let machine: [String] =
      switch Kernels.shared.instructionSet {
      case "x86-64-v4": ["-march=x86-64-v4", "-mprefer-vector-width=512"]
      case "x86-64-v3": ["-march=x86-64-v3"]
      default: []
      }
    return ["-std=gnu99", "-O2", "-ffp-contract=off", "-fno-math-errno", "-fPIC", "-shared", "-x", "c"] + machine
  }()

  /// The folder of the kept libraries, which nobody else may write to; nil if there is none.
  private static let folder: String? = {
    let environment = ProcessInfo.processInfo.environment
    guard let base = environment["XDG_CACHE_HOME"] ?? environment["HOME"].map({ $0 + "/.cache" }), !base.isEmpty else {
      return nil
    }
    let folder = base + "/curvature"
    mkdir(base, 0o700)
    mkdir(folder, 0o700)
    var information = stat()
    guard stat(folder, &information) == 0, information.st_uid == getuid(), information.st_mode & 0o022 == 0 else {
      return nil
    }
    return folder
  }()

  /// Where the library of a text is kept.
  private struct Place {
    let compiler: Compiler
    let folder, name: String
    var path: String { "\(folder)/\(name).so" }

    init(_ text: String) throws(TensorError) {
      guard let compiler = NativeCompiler.compiler else {
        throw TensorError("no C compiler was found; set CURVATURE_CC to one")
      }
      guard text.utf8.count <= mostSourceBytes else {
        throw TensorError("the source has more than \(mostSourceBytes) bytes")
      }
      guard let folder = NativeCompiler.folder else {
        throw TensorError("no folder of this user's own for compiled code")
      }
      (self.compiler, self.folder) = (compiler, folder)
      name = digest(text + options.joined(separator: " ") + compiler.identity)
    }
  }

  /// Loads what was made of a text before, if it is kept.
  ///
  /// - Returns: the address of a symbol in the library, which is never unloaded.
  static func kept(_ text: String, symbol: String) -> UnsafeMutableRawPointer? {
    guard let place = try? Place(text) else { return nil }
    return open(place, symbol)
  }

  /// Compiles a text, or finds what was made of it before, and loads it.
  ///
  /// - Returns: the address of a symbol in the library, which is never unloaded.
  /// - Throws: why there is no library.
  static func load(_ text: String, symbol: String) throws(TensorError) -> UnsafeMutableRawPointer {
    let place = try Place(text)
    if let found = open(place, symbol) { return found }
    let named = text + "\nconst char curvature_content[] = \"\(place.name)\";\n"
    try compile(named, place.compiler.path, to: place.path)
    guard let made = open(place, symbol) else { throw TensorError("the compiled library cannot be loaded") }
    removeOldest(in: place.folder)
    return made
  }

  /// The symbol of a library that was made of the content of that name.
  private static func open(_ place: Place, _ symbol: String) -> UnsafeMutableRawPointer? {
    let path = place.path
    guard access(path, R_OK) == 0, let library = dlopen(path, RTLD_NOW | RTLD_LOCAL) else { return nil }
    guard let content = dlsym(library, "curvature_content"), let found = dlsym(library, symbol),
      String(cString: content.assumingMemoryBound(to: CChar.self)) == place.name
    else {
      dlclose(library)
      return nil
    }
    // What is used is not the oldest.
    utimes(path, nil)
    return found
  }

  private static func compile(_ text: String, _ compiler: String, to path: String) throws(TensorError) {
    var template = Array((path + ".XXXXXX").utf8CString)
    let descriptor = mkstemp(&template)
    guard descriptor >= 0 else { throw TensorError("\(path): cannot be written: \(String(cString: strerror(errno)))") }
    let source = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let result = source + ".o"
    defer {
      unlink(source)
      unlink(result)
    }
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      guard count > 0 || errno == EINTR else { break }
      bytes = bytes.dropFirst(max(count, 0))
    }
    guard close(descriptor) == 0, bytes.isEmpty else { throw TensorError("\(source): cannot be written") }
    let status = try run([compiler] + options + ["-o", result, source, "-lm"])
    guard status == 0 else { throw TensorError("\(compiler) ended with status \(status)") }
    guard rename(result, path) == 0 else {
      throw TensorError("\(path): cannot be written: \(String(cString: strerror(errno)))")
    }
  }

  /// Runs a program, with nothing to say and nothing to hear, as one that waits for others.
  private static func run(_ arguments: [String]) throws(TensorError) -> Int32 {
    #if os(Linux) || os(macOS)
      #if os(Linux)
        var actions = posix_spawn_file_actions_t()
      #else
        var actions: posix_spawn_file_actions_t?
      #endif
      posix_spawn_file_actions_init(&actions)
      defer { posix_spawn_file_actions_destroy(&actions) }
      for descriptor: Int32 in 0...2 {
        posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", descriptor == 0 ? O_RDONLY : O_WRONLY, 0)
      }
      var process: pid_t = 0
      var copies = arguments.map { strdup($0) } + [nil]
      defer { for copy in copies { free(copy) } }
      let failure = posix_spawn(&process, arguments[0], &actions, nil, &copies, environ)
      guard failure == 0 else {
        throw TensorError("\(arguments[0]) cannot be started: \(String(cString: strerror(failure)))")
      }
      #if os(Linux)
        setpriority(__priority_which_t(PRIO_PROCESS.rawValue), id_t(process), 10)
      #else
        setpriority(PRIO_PROCESS, id_t(process), 10)
      #endif
      let start = DispatchTime.now().uptimeNanoseconds
      var status: Int32 = 0
      while true {
        let ended = waitpid(process, &status, WNOHANG)
        if ended == process { break }
        if ended < 0, errno != EINTR { throw TensorError("\(arguments[0]) cannot be waited for") }
        if Double(DispatchTime.now().uptimeNanoseconds - start) > patience * 1e9 {
          kill(process, SIGKILL)
          waitpid(process, &status, 0)
          throw TensorError("\(arguments[0]) took more than \(Int(patience)) seconds")
        }
        usleep(2000)
      }
      return status & 0x7f == 0 ? status >> 8 & 0xff : status & 0x7f
    #else
      throw TensorError("programs are not compiled on this system")
    #endif
  }

  /// 128 bits of a text, as digits: two sums of Fowler, Noll & Vo, of which one is of the text reversed.
  private static func digest(_ text: String) -> String {
    var (forward, backward) = (0xcbf2_9ce4_8422_2325 as UInt64, 0x8422_2325_cbf2_9ce4 as UInt64)
    for byte in text.utf8 { forward = (forward ^ UInt64(byte)) &* 0x100_0000_01b3 }
    for byte in text.utf8.reversed() { backward = (backward ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return [forward, backward].map { value in
      let digits = String(value, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
  }

  /// Removes what was not used for longest, down to the bound, and what processes have left that ended before their compiler.
  private static func removeOldest(in folder: String) {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else { return }
    var files: [(path: String, bytes: Int, time: Date)] = []
    for name in names {
      let path = folder + "/" + name
      guard let attributes = try? FileManager.default.attributesOfItem(atPath: path),
        let bytes = attributes[.size] as? Int, let time = attributes[.modificationDate] as? Date
      else { continue }
      guard name.hasSuffix(".so") else {
        if name.contains(".so."), time.timeIntervalSinceNow < -3600 { unlink(path) }
        continue
      }
      files.append((path, bytes, time))
    }
    var total = files.reduce(0) { $0 + $1.bytes }
    for file in files.sorted(by: { $0.time < $1.time }) where total > mostBytes {
      unlink(file.path)
      total -= file.bytes
    }
  }
}
