"""Writes the data files of the examples from the packages they come with (statsmodels, scikit-learn).

    pip install numpy pandas statsmodels scikit-learn
    python data.py ../Sources/ExampleSupport/Data
"""

import pathlib
import sys

import numpy as np
import sklearn.datasets
import statsmodels.api as sm


def election(folder):
    data = sm.datasets.anes96.load_pandas().data
    columns = ["vote", "PID", "logpopul", "selfLR", "age", "educ", "income"]
    data[columns].to_csv(folder / "election.csv", index=False, float_format="%.17g")


def visits(folder):
    data = sm.datasets.randhie.load_pandas()
    np.savez_compressed(
        folder / "visits.npz",
        y=data.endog.to_numpy().astype(np.int32),
        x=data.exog.to_numpy().astype(np.float64),
        names=np.array(list(data.exog.columns), dtype="S8").view(np.uint8),
    )


def carbon_dioxide(folder):
    data = sm.datasets.co2.load_pandas().data["co2"].resample("QS").mean().dropna()
    years = data.index.year + (data.index.month - 0.5) / 12
    rows = np.column_stack([years, data.to_numpy()])
    np.savetxt(folder / "co2.csv", rows, delimiter=",", header="year,ppm", comments="", fmt="%.12g")


def nile(folder):
    data = sm.datasets.nile.load_pandas().data
    np.savetxt(folder / "nile.csv", data.to_numpy(), delimiter=",", header="year,volume", comments="", fmt="%g")


def digits(folder):
    data = sklearn.datasets.load_digits()
    np.savez_compressed(
        folder / "digits.npz", images=data.data.astype(np.uint8), labels=data.target.astype(np.uint8)
    )


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1])
    for write in (election, visits, carbon_dioxide, nile, digits):
        write(folder)
