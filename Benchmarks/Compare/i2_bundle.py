"""I2: bundle adjustment: cameras of nine parameters (a rotation vector, a translation, a focal length, two distortions), points of
three, and where points were seen: the Hessian of the sum of squared distances."""
import numpy as np
from index_coupled import peers
from measure import load, main


def projected(m, camera, place):
    """Rodrigues' formula, then the image with radial distortion."""
    r, t, (f, k1, k2) = camera[:3], camera[3:6], camera[6:]
    squared = r[0] * r[0] + r[1] * r[1] + r[2] * r[2]
    angle = m.sqrt(squared)
    cosine, ratio = m.cos(angle), m.sin(angle) / angle
    along = (r[0] * place[0] + r[1] * place[1] + r[2] * place[2]) * (1 - cosine) / squared
    q = []
    for i in range(3):
        j, k = (i + 1) % 3, (i + 2) % 3
        q.append(place[i] * cosine + ratio * (r[j] * place[k] - r[k] * place[j]) + r[i] * along + t[i])
    x, y = -q[0] / q[2], -q[1] / q[2]
    s = x * x + y * y
    scale = f * (1 + s * (k1 + k2 * s))
    return scale * x, scale * y


def distance(m, v, c):
    x, y = projected(m, v[:9], v[9:])
    return (x - c[0]) * (x - c[0]) + (y - c[1]) * (y - c[1])


def table(camera, point):
    return np.concatenate([9 * camera[:, None] + np.arange(9), 9 * (camera.max() + 1) + 3 * point[:, None] + np.arange(3)], 1)


def generate(rng, cameras, points, views):
    """Names and arrays of the inputs."""
    camera = np.concatenate([rng.permutation(cameras)[:views] for _ in range(points)])
    point = np.repeat(np.arange(points), views)
    turns = rng.normal(0, 0.4, (cameras, 3))
    shifts = np.concatenate([rng.uniform(-1, 1, (cameras, 2)), rng.uniform(-11, -9, (cameras, 1))], 1)
    lenses = np.stack([rng.uniform(400, 600, cameras), rng.uniform(-0.1, 0.1, cameras), rng.uniform(-0.01, 0.01, cameras)], 1)
    x = np.concatenate([np.concatenate([turns, shifts, lenses], 1).ravel(), rng.uniform(-2, 2, 3 * points)])
    v = x[table(camera, point)].T
    seen = np.stack(projected(np, list(v[:9]), list(v[9:])), 1) + rng.normal(0, 1, (len(camera), 2))
    near = x * (1 + 1e-3 * rng.normal(0, 1, (3, len(x))))
    return dict(cam=camera, point=point, obs=seen, x=near)


def groups(d):
    return [(distance, table(d["cam"], d["point"]), d["obs"])]


def problem(case):
    d = {k: load("i2_" + k) for k in ("cam", "point", "obs", "x")}
    return d["x"].shape[1], [(distance, table(d["cam"], d["point"]))], list(d["x"]), lambda k: [d["obs"]]


peers("hessian", problem)
if __name__ == "__main__":
    main("i2", "ref_i2_vals")
