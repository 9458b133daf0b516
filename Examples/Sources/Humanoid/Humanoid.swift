import Curvature
import CurvatureFiles
import ExampleSupport

/// A humanoid of 36 joints that stands on its pelvis: torques by the recursive Newton-Euler algorithm (Featherstone, "Rigid Body Dynamics
/// Algorithms", 2008, table 5.1), second derivatives of their sum with weights in angles and speeds, and the same as C.
///
/// Two legs of 6 joints, a torso of 3, two arms of 9 and a neck of 3. Limbs go side by side, so that the code is that of two joints: one
/// of the torso, one of all limbs.
@main struct Humanoid {
  static let jointCount = 36

  static func main() throws {
    func numbers(_ count: Int, _ number: (Int) -> Double) -> Tensor<Double> { Tensor((0..<count).map(number)) }
    let x = numbers(2 * jointCount) { k in 0.5 * Double(k * 7 % 11) / 11 - 0.2 }
    let accelerations = numbers(jointCount) { k in Double(k % 5) - 2 }
    let weights = numbers(jointCount) { k in 0.1 * Double(k * 3 % 7) - 0.25 }
    let direction = numbers(2 * jointCount) { k in Double(k % 4) - 1.5 }

    let plan = try SparseHessianPlan(like: x, accelerations, weights) { x, accelerations, weights in
      weighted(x[..<jointCount], x[jointCount...], accelerations, weights)
    }
    print(plan.pattern.summary)
    let (value, gradient, hessian) = try plan(x, accelerations, weights)
    let code = try plan.generateC("humanoid", functions: [.gradient, .hessian])
    print("generated C of gradient and Hessian: \(code.source.utf8.count / 1000) kB")
    if let folder = CommandLine.arguments.dropFirst().first { try code.write(to: folder) }

    let dense = Tensor(hessian)
    var comparison = try Comparison("Humanoid")
    comparison.check("weighted torques", value, within: 1e-10)
    comparison.check("slope along a direction", dot(gradient, direction).item(), within: 1e-9)
    comparison.check("curvature along a direction", dot(direction, matmul(dense, direction)).item(), within: 1e-9)
    comparison.finish()
  }

  /// The sum of all torques with weights.
  static func weighted(
    _ angles: Tensor<Double>, _ speeds: Tensor<Double>, _ accelerations: Tensor<Double>, _ weights: Tensor<Double>
  ) -> Tensor<Double> {
    let zero = Vector(0, 0, 0)
    let joints = [sin(angles), cos(angles), speeds, accelerations]
    let ground = Motion(turning: zero, moving: zero, turningRate: zero, movingRate: Vector(0, 0, 9.81))
    let (torso, torsoMotions) = Limbs.torso.motions(from: ground.lanes(1), joints)
    // Legs start at the pelvis, arms and neck at the end of the torso.
    let (_, limbMotions) = Limbs.outer.motions(from: ground.lanes(2).joined(torso.lanes(3)), joints)
    let none = [Tensor<Double>](repeating: .zeros([5]), count: 6)
    let (outer, wrench) = Limbs.outer.torques(limbMotions, joints, weights, from: Wrench(none[...]))
    let atTorso = wrench.components.map { $0[2...].sum(axis: 0, keepingAxes: true) }
    return outer + Limbs.torso.torques(torsoMotions, joints, weights, from: Wrench(atTorso[...])).weighted
  }
}

/// Three components, each of as many elements as there are limbs side by side.
struct Vector {
  var (x, y, z): (Tensor<Double>, Tensor<Double>, Tensor<Double>)

  init(_ x: Tensor<Double>, _ y: Tensor<Double>, _ z: Tensor<Double>) { (self.x, self.y, self.z) = (x, y, z) }

  var components: [Tensor<Double>] { [x, y, z] }

  static func + (a: Vector, b: Vector) -> Vector { Vector(a.x + b.x, a.y + b.y, a.z + b.z) }
  static func * (s: Tensor<Double>, a: Vector) -> Vector { Vector(s * a.x, s * a.y, s * a.z) }
  static func * (a: Vector, b: Vector) -> Vector { Vector(a.x * b.x, a.y * b.y, a.z * b.z) }

  func cross(_ b: Vector) -> Vector {
    Vector(y * b.z - z * b.y, z * b.x - x * b.z, x * b.y - y * b.x)
  }

  func dot(_ b: Vector) -> Tensor<Double> { x * b.x + y * b.y + z * b.z }

  /// Turned about z, by an angle of which sine and cosine are given.
  func turned(_ sine: Tensor<Double>, _ cosine: Tensor<Double>) -> Vector {
    Vector(cosine * x - sine * y, sine * x + cosine * y, z)
  }

  /// In a frame whose axes are the rows of a matrix, given in this frame.
  func components(along axes: [Vector]) -> Vector { Vector(axes[0].dot(self), axes[1].dot(self), axes[2].dot(self)) }

  func map(_ function: (Tensor<Double>) -> Tensor<Double>) -> Vector { Vector(function(x), function(y), function(z)) }
}

/// How a body moves, in its own frame: angular and linear velocity and acceleration.
struct Motion {
  var (turning, moving, turningRate, movingRate): (Vector, Vector, Vector, Vector)

  init(turning: Vector, moving: Vector, turningRate: Vector, movingRate: Vector) {
    (self.turning, self.moving, self.turningRate, self.movingRate) = (turning, moving, turningRate, movingRate)
  }

  init(_ c: ArraySlice<Tensor<Double>>) {
    let c = Array(c)
    self.init(
      turning: Vector(c[0], c[1], c[2]), moving: Vector(c[3], c[4], c[5]), turningRate: Vector(c[6], c[7], c[8]),
      movingRate: Vector(c[9], c[10], c[11]))
  }

  var components: [Tensor<Double>] { [turning, moving, turningRate, movingRate].flatMap(\.components) }

  /// The same in each of some lanes.
  func lanes(_ count: Int) -> Motion {
    Motion(components.map { $0.reshaped(to: [1]).broadcast(to: [count]) }[...])
  }

  func joined(_ other: Motion) -> Motion {
    Motion(zip(components, other.components).map { Tensor.concatenate([$0, $1]) }[...])
  }
}

/// A force with its moment about the origin of a frame.
struct Wrench {
  var (force, moment): (Vector, Vector)

  init(force: Vector, moment: Vector) { (self.force, self.moment) = (force, moment) }

  init(_ c: ArraySlice<Tensor<Double>>) {
    let c = Array(c)
    self.init(force: Vector(c[0], c[1], c[2]), moment: Vector(c[3], c[4], c[5]))
  }

  var components: [Tensor<Double>] { force.components + moment.components }

  static func + (a: Wrench, b: Wrench) -> Wrench { Wrench(force: a.force + b.force, moment: a.moment + b.moment) }
}

/// Limbs side by side: rows of numbers by depth. Where a limb is over, joints follow that have no body and never move.
struct Limbs {
  static let torso = Limbs([[12, 13, 14]])
  static let outer = Limbs([Array(0..<6), Array(6..<12), Array(15..<24), Array(24..<33), Array(33..<36)])

  private let numbers: Tensor<Int64>
  /// For each depth and limb what `body` says.
  private let constants: [Tensor<Double>]

  init(_ limbs: [[Int]]) {
    let depth = limbs.map(\.count).max() ?? 0
    let none = Humanoid.jointCount
    let rows = (0..<depth).flatMap { level in limbs.map { level < $0.count ? $0[level] : none } }
    let shape = [depth, limbs.count]
    let nothing = [1.0, 0, 0, 0, 1, 0, 0, 0, 1] + [Double](repeating: 0, count: 10)
    let bodies = rows.map { $0 == none ? nothing : Self.body($0) }
    numbers = Tensor(rows.map(Int64.init), shape: shape)
    constants = nothing.indices.map { k in Tensor(bodies.map { $0[k] }, shape: shape) }
  }

  /// What a joint and its body are made of: the axes of the joint's frame in the frame before (9 numbers), its place there (3), the
  /// mass, its centre (3) and the moments of inertia about that (3). A joint turns about the z axis of its frame.
  private static func body(_ joint: Int) -> [Double] {
    var axes = [Double](repeating: 0, count: 9)
    for k in 0..<3 { axes[3 * k + (k + joint) % 3] = 1 }
    let length = 0.1 + 0.02 * Double(joint % 4)
    let place = [0.02 * Double(joint % 3 - 1), 0.03, -length]
    let centre = [0.01, 0.005 * Double(joint % 2), -0.5 * length]
    let inertia = [0.02, 0.025, 0.01 + 0.001 * Double(joint % 6)]
    return axes + place + [1 + 0.25 * Double(joint % 5)] + centre + inertia
  }

  private static func vectors(_ rows: ArraySlice<Tensor<Double>>) -> [Vector] {
    stride(from: rows.startIndex, to: rows.endIndex, by: 3).map { Vector(rows[$0], rows[$0 + 1], rows[$0 + 2]) }
  }

  /// What is given for each joint by depth and limb; `other` for joints that never move.
  private func rows(_ values: Tensor<Double>, _ other: Double = 0) -> Tensor<Double> {
    Tensor.concatenate([values, Tensor([other])]).gathered(at: numbers)
  }

  /// From the root outward: how the last bodies move, and the components of the motion of each.
  func motions(from start: Motion, _ joints: [Tensor<Double>]) -> (last: Motion, all: [Tensor<Double>]) {
    let inputs = [rows(joints[0]), rows(joints[1], 1), rows(joints[2]), rows(joints[3])] + constants[..<12]
    let (last, all) = scan(start.components, over: inputs) { states, rows in
      let before = Motion(states[...])
      let (sine, cosine, speed, acceleration) = (rows[0], rows[1], rows[2], rows[3])
      let (axes, place) = (Self.vectors(rows[4..<13]), Self.vectors(rows[13..<16])[0])
      func here(_ a: Vector) -> Vector { a.components(along: axes).turned(-sine, cosine) }
      var (turning, moving) = (here(before.turning), here(before.moving + before.turning.cross(place)))
      turning.z = turning.z + speed
      var turningRate = here(before.turningRate)
      turningRate = Vector(
        turningRate.x + turning.y * speed, turningRate.y - turning.x * speed, turningRate.z + acceleration)
      let carried = here(before.movingRate + before.turningRate.cross(place))
      let movingRate = Vector(carried.x + moving.y * speed, carried.y - moving.x * speed, carried.z)
      let after = Motion(turning: turning, moving: moving, turningRate: turningRate, movingRate: movingRate)
      return (after.components, after.components)
    }
    return (Motion(last[...]), all)
  }

  /// From the ends inward: the sum of the torques with weights, and what acts on the bodies before the first joints.
  func torques(
    _ motions: [Tensor<Double>], _ joints: [Tensor<Double>], _ weights: Tensor<Double>, from start: Wrench
  ) -> (weighted: Tensor<Double>, wrench: Wrench) {
    let inputs = [rows(joints[0]), rows(joints[1], 1)] + constants + motions
    let (last, torques) = scan(start.components, over: inputs, reversed: true) { states, rows in
      let (sine, cosine) = (rows[0], rows[1])
      let (axes, place) = (Self.vectors(rows[2..<11]), Self.vectors(rows[11..<14])[0])
      let (mass, centre, inertia) = (rows[14], Self.vectors(rows[15..<18])[0], Self.vectors(rows[18..<21])[0])
      let body = Motion(rows[21...])
      let momentum = mass * (body.moving + body.turning.cross(centre))
      let spin = inertia * body.turning + centre.cross(momentum)
      let push = mass * (body.movingRate + body.turningRate.cross(centre))
      let own = Wrench(
        force: push + body.turning.cross(momentum),
        moment: inertia * body.turningRate + centre.cross(push) + body.turning.cross(spin)
          + body.moving.cross(momentum))
      let all = own + Wrench(states[...])
      func before(_ a: Vector) -> Vector {
        let turned = a.turned(sine, cosine)
        return turned.x * axes[0] + turned.y * axes[1] + turned.z * axes[2]
      }
      let force = before(all.force)
      let wrench = Wrench(force: force, moment: before(all.moment) + place.cross(force))
      return (wrench.components, [all.moment.z])
    }
    return ((rows(weights) * torques[0]).sum(), Wrench(last[...]))
  }
}
