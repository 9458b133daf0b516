"""Loads a generated nonlinear program by cnlpmodels and solves it: problem 71 of Hock & Schittkowski, with a parameter.

    python cnlp_client.py TOOL

TOOL is the program `curvature`. Needs cnlpmodels, numpy, scipy and a C compiler; with cyipopt, Ipopt solves, too.
"""
import importlib.util
import os
import subprocess
import sys
import tempfile

import cnlpmodels
import numpy as np
from scipy.optimize import NonlinearConstraint, minimize
from scipy.sparse import coo_matrix


def main(tool):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([tool, "generate", "x[0]*x[3]*(x[0] + x[1] + x[2]) + x[2]", "--at", "x=[1, 5, 5, 1]", "--argument",
                        "size=40", "--bounds", "x=1:5", "--subject-to", "prod(x) >= 25", "--subject-to", "sum(x**2) == size",
                        "--interface", "cnlp", "--function", "hs71", "--output", folder], check=True)
        library = os.path.join(folder, "libhs71.so")
        subprocess.run(["cc", "-O2", "-ffp-contract=off", "-fPIC", "-shared", os.path.join(folder, "hs71.c"), "-o", library,
                        "-lm"], check=True)
        m, other = cnlpmodels.CModel(library), cnlpmodels.CModel(library)
        assert (m.nvar, m.ncon) == (4, 2) and np.array_equal(m.x0, [1, 5, 5, 1])
        assert np.array_equal(m.lvar, np.ones(4)) and np.array_equal(m.uvar, np.full(4, 5.0))
        assert list(m.get_vars()) == ["x"] and list(m.get_cons()) == ["prod(x) >= 25", "sum(x**2) == size"]
        other.set_value("size", [50])
        assert m.get_value("size") == [40] and other.get_value("size") == [50]
        x, y = np.array([1.5, 4, 3, 1.2]), np.array([0.5, -0.25])
        assert np.isclose(m.obj(x), x[0] * x[3] * x[:3].sum() + x[2], rtol=1e-15)
        assert np.allclose(m.cons(x) - other.cons(x), [0, 10], atol=1e-13)
        J = coo_matrix((m.jac(x), m.jac_structure()), shape=(2, 4)).toarray()
        assert np.allclose(J, [x.prod() / x, 2 * x], rtol=1e-14)
        solution = minimize(
            m.obj, m.x0, jac=m.grad, method="trust-constr", bounds=list(zip(m.lvar, m.uvar)),
            constraints=NonlinearConstraint(
                m.cons, m.lcon, m.ucon, jac=lambda x: coo_matrix((m.jac(x), m.jac_structure()), shape=(2, 4)),
                hess=lambda x, v: hessian(m, x, v, 0.0)),
            hess=lambda x: hessian(m, x, np.zeros(2), 1.0), options=dict(gtol=1e-9, xtol=1e-12, barrier_tol=1e-9))
        print("SciPy: %.10f" % solution.fun)
        assert abs(solution.fun - 17.0140173) < 1e-4
        if importlib.util.find_spec("cyipopt"):
            _, info = cnlpmodels.solve_ipopt(m, print_level=0)
            print("Ipopt: %.10f" % info["obj_val"])
            assert info["status"] == 0 and abs(info["obj_val"] - 17.0140173) < 1e-6


def hessian(m, x, y, weight):
    rows, columns = m.hess_structure()
    assert (columns <= rows).all()
    lower = coo_matrix((m.hess(x, y, weight), (rows, columns)), shape=(4, 4)).toarray()
    return lower + np.tril(lower, -1).T


if __name__ == "__main__":
    main(sys.argv[1])
