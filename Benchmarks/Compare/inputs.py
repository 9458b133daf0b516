"""Generates every input and every reference value.

    python inputs.py FOLDER [--tiny]

Inputs are little-endian float32 (labels, sizes and tables int32), C order; float64 runs convert the same numbers exactly, so
that all precisions and languages see the same inputs; those of W14 and I1 to I5 are float64. References are float64. `--tiny` makes all sizes small, to check
that everything runs.
"""
import os
import sys
import numpy as np
import reference as r

COMPLETE = "complete-6"      # another number whenever files are added or changed: older folders are made again
FULL = dict(w1=(100, 10), w2=(10000, 500), w3=(256, (20, 32, 10)), w4=(100000, 1000000), w5=(128, (784, 256, 10)), w6=(10000, 8),
            w7=(4096, (3, 64, 64, 64, 1)), w8=(2000, 1000),
            w11=((500, 4, 16), (32, 64, 64)), w12=60, w13=10000, w14=(800,), i1_1354=(1354,), i1_2000=(2000,), i1_10000=(10000,), i2=(50, 5000, 5), i3=(2000, 60000), i4=(100000, 500), i5=(101,))
TINY = dict(w1=(5, 4), w2=(20, 6), w3=(7, (3, 4, 3)), w4=(30, 60), w5=(5, (6, 4, 3)), w6=(12, 4), w7=(9, (3, 5, 5, 1)),
            w8=(12, 7), w11=((5, 2, 3), (3, 4, 5)), w12=5, w13=12, w14=(7,), i1_1354=(20,), i1_2000=(30,), i1_10000=(40,), i2=(5, 30, 3), i3=(60, 300), i4=(300, 20), i5=(6,))


def index_coupled(folder, name, size):
    """Inputs of a workload that reads variables through tables, in float64, and the lower triangle of its Hessian."""
    import i1_power_flow
    import i2_bundle
    import i3_molecule
    import i4_crossed
    import i5_mesh
    import w14_collocation
    from index_coupled import reference
    script = dict(i1=i1_power_flow, i2=i2_bundle, i3=i3_molecule, i4=i4_crossed, i5=i5_mesh, w14=w14_collocation)[name.split("_")[0]]
    d = script.generate(np.random.default_rng([20261201, int(name.split("_")[0][1:]), *size]), *size)
    rows, columns, values = reference(d["x"].shape[1], script.groups(d), d["x"][0])
    files = {name + "_" + key: a for key, a in d.items()}
    files.update({"ref_%s_%s" % (name, key): a for key, a in (("rows", rows), ("cols", columns), ("vals", values))})
    for key, a in files.items():
        a = np.asarray(a)
        np.save(os.path.join(folder, key + ".npy"), np.ascontiguousarray(a.astype("<i4" if a.dtype.kind == "i" else "<f8")))


def main(folder, sizes):
    os.makedirs(folder, exist_ok=True)
    rng = np.random.default_rng(20240607)
    exact = {}

    def save(name, a):
        a = np.asarray(a)
        a = a.astype("<i4") if a.dtype.kind == "i" else a.astype("<f4")
        np.save(os.path.join(folder, name + ".npy"), np.ascontiguousarray(a))
        exact[name] = a if a.dtype.kind == "i" else a.astype(np.float64)

    def ref(name, a):
        np.save(os.path.join(folder, "ref_" + name + ".npy"), np.ascontiguousarray(np.asarray(a, "<f8")))

    def parameters(sizes):
        parts = []
        for a, b in zip(sizes[:-1], sizes[1:]):
            parts += [rng.normal(0, 1 / np.sqrt(a), a * b), rng.normal(0, 0.1, b)]
        return np.concatenate(parts)

    points, n = sizes["w1"]
    save("w1_points", rng.uniform(-2, 2, (points, n)))
    ref("w1_hessian", r.rosenbrock_dense(exact["w1_points"][0]))

    m, n = sizes["w2"]
    X = rng.normal(0, 1, (m, n)) / np.sqrt(n)
    save("w2_X", X)
    save("w2_t", np.where(X @ rng.normal(0, 3, n) + rng.normal(0, 1, m) > 0, 1.0, -1.0))
    save("w2_points", rng.normal(0, 1, (4, n)))
    ref("w2_hessian", r.logistic_hessian(exact["w2_X"], exact["w2_t"], exact["w2_points"][0]))

    for w in "w3", "w5":
        batch, net = sizes[w]
        save(w + "_X", rng.normal(0, 1, (batch, net[0])))
        save(w + "_labels", rng.integers(0, net[-1], batch))
        save(w + "_sizes", np.array(net))
        save(w + "_points", np.stack([parameters(net) for _ in range(4)]))
    data = exact["w3_X"], exact["w3_labels"], sizes["w3"][1]
    p = exact["w3_points"][0]
    ref("w3_hessian", r.classifier_products(p, np.eye(len(p)), *data))
    ref("w8_mlp", r.classifier_diagonal(p, *data))

    net = sizes["w5"][1]
    count = r.parameter_count(net)
    i = (net[0] // 7) * net[1] + net[1] // 36                            # a weight of the first layer
    j = net[0] * net[1] + net[1] + (net[1] // 4) * net[2] + net[2] // 3  # a weight of the second
    save("w5_indices", np.array([i, j]))
    save("w5_direction", rng.normal(0, 1, count))
    p, V = exact["w5_points"][0], np.zeros((4, count))
    V[0, i] = V[1, j] = V[2, i + 1] = 1
    V[3] = exact["w5_direction"]
    row, column, following, product = r.classifier_products(p, V, exact["w5_X"], exact["w5_labels"], net)
    ref("w5_row", row)
    ref("w5_column", column)
    ref("w5_next-row", following)
    ref("w5_element", row[j])
    ref("w5_product", product)
    # Drawn apart, so that what follows is drawn as before.
    save("w10_directions", np.random.default_rng(10).normal(0, 1, (16, count)))
    whole = exact["w5_X"], exact["w5_labels"], net
    ref("w10_product", product)
    ref("w10_products", r.classifier_products(p, exact["w10_directions"], *whole))
    ref("w10_top-ten", r.largest_eigenvalues(lambda v: r.classifier_products(p, v[None], *whole)[0], count, 10))

    for case, n in zip(("nonzeros", "million"), sizes["w4"]):
        save("w4_" + case, np.random.default_rng(n).uniform(-2, 2, (3, n)))
        ref("w4_" + case, np.concatenate(r.rosenbrock_bands(exact["w4_" + case][0])))

    batch, n = sizes["w6"]
    save("w6_points", rng.normal(0, 1, (3, batch, n)))
    save("w6_A", rng.normal(0, 1, (n, n)))
    ref("w6_hessian", r.batched_hessian(exact["w6_points"][0], exact["w6_A"]))

    batch, net = sizes["w7"]
    save("w7_points", rng.uniform(-1, 1, (3, batch, net[0])))
    save("w7_sizes", np.array(net))
    save("w7_parameters", parameters(net))
    ref("w7_laplacian", r.network_laplacian(exact["w7_points"][0], exact["w7_parameters"], net))

    m, n = sizes["w8"]
    save("w8_A", rng.normal(0, 1, (m, n)) / np.sqrt(n))
    save("w8_points", rng.normal(0, 1, (3, n)))
    ref("w8_softplus", r.softplus_diagonal(exact["w8_A"], exact["w8_points"][0]))

    apart = np.random.default_rng(11)                    # what was drawn before stays as it was
    save("w11_points", 1 + apart.uniform(-0.1, 0.1, (3, 3)))
    value, gradient, hessian = r.orbit(exact["w11_points"][0])
    ref("w11_steps-value", [value])
    ref("w11_steps-gradient", gradient)
    ref("w11_steps-hessian", hessian)
    for steps, batch, width in sizes["w11"]:
        name = "w11_network-%d" % ((500, 32)[width > min(s[2] for s in sizes["w11"])])
        save(name, apart.normal(0, 0.5 / np.sqrt(width), (3, 2 * width * width + width)))
        save(name + "_inputs", apart.normal(0, 1, (steps, batch, width)))
        ref(name, r.network_gradient(exact[name][0], exact[name + "_inputs"]))
    n = sizes["w12"]
    save("w12_points", apart.uniform(0.5, 2, (3, 2, n, n)))
    ref("w12_jacobian", r.brusselator_jacobian(exact["w12_points"][0]).data)
    save("w13_points", apart.uniform(-2, 2, (3, sizes["w13"], 6)))
    ref("w13_hessian", r.arm_hessian(exact["w13_points"][0]))

    for name, size in sizes.items():
        if name.startswith("i") or name == "w14":
            index_coupled(folder, name, size)

    with open(os.path.join(folder, COMPLETE), "w"):      # written last: a folder cut short is made again
        pass


if __name__ == "__main__":
    main(sys.argv[1], TINY if "--tiny" in sys.argv[2:] else FULL)
