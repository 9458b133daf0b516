"""Loads generated code into CasADi, compares derivatives with CasADi's own, and solves a problem with its Ipopt.

    python casadi_external.py TOOL

TOOL is the program `curvature`. Needs casadi, numpy and a C compiler.
"""
import os
import subprocess
import sys
import tempfile

import casadi as ca
import numpy as np

FORMULA = "sum((x[1:] - x[:-1]**2)**2) + sum((x - 1)**2)"
COUNT = 20


def main(tool):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([tool, "generate", FORMULA, "--at", f"x=linspace(0.1, 1, {COUNT})", "--sparse", "--interface",
                        "casadi", "--function", "chain", "--output", folder], check=True)
        library = os.path.join(folder, "chain.so")
        subprocess.run(["cc", "-O2", "-ffp-contract=off", "-fPIC", "-shared", os.path.join(folder, "chain.c"), "-o",
                        library, "-lm"], check=True)
        external = ca.external("chain", library)
        x, s = ca.MX.sym("x", COUNT), ca.SX.sym("s", COUNT)
        own = ca.Function("own", [s], [ca.sumsqr(s[1:] - s[:-1]**2) + ca.sumsqr(s - 1)])
        point = np.linspace(0.3, 1.2, COUNT)
        for order, derivative in enumerate([lambda y, z: y, ca.jacobian, lambda y, z: ca.hessian(y, z)[0]]):
            found = np.array(ca.Function("f", [x], [derivative(external(x), x)])(point))
            expected = np.array(ca.Function("f", [s], [derivative(own(s), s)])(point))
            difference = np.abs(found - expected).max()
            print(f"derivative {order}: differs by {difference:.1e}")
            assert difference < 1e-12
        quiet = {"ipopt.print_level": 0, "ipopt.sb": "yes", "print_time": 0}
        results = []
        for variable, function in [(x, external(x)), (s, own(s))]:
            solver = ca.nlpsol("solver", "ipopt", {"x": variable, "f": function, "g": variable[0] + variable[1]}, quiet)
            solution = solver(x0=point, lbg=2.5, ubg=ca.inf)
            results.append((solver.stats()["return_status"], solver.stats()["iter_count"], float(solution["f"])))
            print("Ipopt: {}, {} iterations, {:.12g}".format(*results[-1]))
        assert results[0][:2] == results[1][:2] and abs(results[0][2] - results[1][2]) < 1e-10


if __name__ == "__main__":
    main(sys.argv[1])
