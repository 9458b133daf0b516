"""Writes the array files beside it with NumPy: `python3 make_fixtures.py`. The tests compare what is read with `A`."""
import os
import numpy as np

os.chdir(os.path.dirname(os.path.abspath(__file__)))
A = np.arange(6.0).reshape(2, 3) - 1.5


def save(name, array, version=None):
    with open(name + ".npy", "wb") as file:
        np.lib.format.write_array(file, array, version=version)


for descriptor in ["<f8", ">f8", "<f4", ">f4", "<f2"]:
    save("A_" + descriptor.replace("<", "little_").replace(">", "big_"), A.astype(descriptor))
save("A_fortran", np.asfortranarray(A))
save("A_version2", A, (2, 0))
save("A_version3", A, (3, 0))
for descriptor in ["|i1", ">i2", "<i4", ">i4", "<i8", ">i8"]:
    save("whole_" + descriptor.strip("|").replace("<", "little_").replace(">", "big_"), np.array([-3, 100], descriptor))
for descriptor in ["|u1", "<u2", ">u4", "<u8"]:
    save("natural_" + descriptor.strip("|").replace("<", "little_").replace(">", "big_"), np.array([3, 200], descriptor))
save("mask", np.array([True, False]))
save("scalar", np.array(2.5))
save("empty", np.zeros((0, 3)))
save("cube_fortran", np.asfortranarray(np.arange(24).reshape(2, 3, 4)))
save("half_special", np.array([np.inf, 2.0**-24, -65504], "f2"))
np.savez("stored.npz", a=A, b=np.array([1, 2]))
np.savez_compressed("deflated.npz", a=A, zeros=np.zeros(2000))
save("refused_complex", np.array([1j]))
save("refused_text", np.array(["a"]))
save("refused_record", np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]))
save("refused_large", np.array([2**63], "u8"))
