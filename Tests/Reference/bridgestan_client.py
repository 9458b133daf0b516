"""Loads a generated log density by BridgeStan's client and compares it with derivatives by hand.

    python bridgestan_client.py TOOL

TOOL is the program `curvature`. Needs bridgestan, numpy and a C compiler.
"""
import json
import os
import subprocess
import sys
import tempfile
import warnings

import bridgestan
import numpy as np

# A linear model with a matrix of coefficients a, shape [2, 3], of a prior, and the logarithm s of the errors' size.
FORMULA = "-0.5*sum((X @ transpose(a) - Y)**2)*exp(-2*s) - 20*s - 0.5*sum(a**2)"


def main(tool):
    warnings.simplefilter("error")
    rng = np.random.default_rng(1)
    X, Y = rng.normal(size=(10, 3)), rng.normal(size=(10, 2))
    a, s = rng.normal(size=(2, 3)), 0.3
    with tempfile.TemporaryDirectory() as folder:
        for name, value in (("X", X), ("Y", Y)):
            np.save(os.path.join(folder, name + ".npy"), value)
        for options in ([], ["--sparse"]):
            subprocess.run([tool, "generate", FORMULA, "--at", "a=zeros([2, 3])", "--at", "s=0", "--let", "X=X.npy", "--let",
                            "Y=Y.npy", "--interface", "bridgestan", "--function", "linear", "--output", "linear", *options],
                           check=True, cwd=folder)
            library = os.path.join(folder, "linear%d.so" % len(options))
            subprocess.run(["cc", "-O2", "-ffp-contract=off", "-fPIC", "-shared", os.path.join(folder, "linear", "linear.c"),
                            "-o", library, "-lm"], check=True)
            check(bridgestan.StanModel(library), X, Y, a, s)


def check(model, X, Y, a, s):
    assert model.name() == "linear" and model.param_num() == model.param_unc_num() == 7
    assert model.param_names() == ["a.1.1", "a.2.1", "a.1.2", "a.2.2", "a.1.3", "a.2.3", "s"]
    theta = model.param_unconstrain_json(json.dumps(dict(a=a.tolist(), other=[{"x": "]"}], s=s)))
    assert np.array_equal(theta, np.append(a.T.ravel(), s))
    assert np.array_equal(model.param_constrain(theta), theta) and np.array_equal(model.param_unconstrain(theta), theta)
    R, w = X @ a.T - Y, np.exp(-2 * s)
    gradient = np.append((-(R.T @ X) * w - a).T.ravel(), (R**2).sum() * w - 20)
    hessian = np.zeros((7, 7))
    hessian[:6, :6] = -np.kron(X.T @ X, np.eye(2)) * w - np.eye(6)
    hessian[6, :6] = hessian[:6, 6] = 2 * w * (R.T @ X).T.ravel()
    hessian[6, 6] = -2 * (R**2).sum() * w
    value = -0.5 * (R**2).sum() * w - 20 * s - 0.5 * (a**2).sum()
    v = np.arange(7) - 2.5
    found = [model.log_density(theta), *model.log_density_gradient(theta), *model.log_density_hessian(theta),
             *model.log_density_hessian_vector_product(theta, v)]
    wanted = [value, value, gradient, value, gradient, hessian, value, hessian @ v]
    for x, y in zip(found, wanted):
        assert np.abs(x - y).max() < 1e-11 * np.abs(y).max(), (x, y)
    rng = model.new_rng(7)
    drawn = model.param_initialize(rng, dict(s=0.25), init_radius=1.5)
    assert drawn[6] == 0.25 and np.abs(drawn[:6]).max() <= 1.5 and len(set(drawn[:6])) == 6
    for wrong in ('{"a": [[1, 2], [3, 4], [5, 6]], "s": 1}', '{"a": [[1, 2, 3], [4, 5, 6]]}', "[]"):
        try:
            model.param_unconstrain_json(wrong)
            raise AssertionError(wrong)
        except RuntimeError as error:
            print(error)
    print(model.model_info().splitlines()[:2], "agrees")


if __name__ == "__main__":
    main(sys.argv[1])
