"""Writes anes96.csv and likelihood.json: estimates, standard errors and log-likelihoods by statsmodels.

The data are six columns of the American National Election Study of 1996 (electionstudies.org), which are in the public domain
and come with statsmodels. Columns of the models are a constant, educ, income and age; standard errors are those of the
observed information, `robust` those of the sandwich without corrections (HC0). The last parameter of the negative binomial is
alpha, the variance being mu + alpha mu^2; the multinomial logit has strong Democrats (PID 0) as its base.

    pip install statsmodels && python likelihood.py
"""

import json

import numpy as np
import statsmodels.api as sm

data = sm.datasets.anes96.load_pandas().data
columns = ["vote", "TVnews", "PID", "educ", "income", "age"]
data[columns].astype(int).to_csv("anes96.csv", index=False)
X = data[["educ", "income", "age"]].astype(float)
X.insert(0, "const", 1.0)
results = {}


def record(name, result, robust=None):
    flat = lambda values: np.asarray(values).ravel(order="F").tolist()
    results[name] = dict(params=flat(result.params), bse=flat(result.bse), llf=float(result.llf))
    if robust is not None:
        results[name]["robust"] = flat(robust.bse)


def fit(model, **options):
    return model.fit(disp=0, tol=1e-14, maxiter=200, **options)


for name, model in [
    ("logit", sm.Logit(data.vote, X)),
    ("probit", sm.Probit(data.vote, X)),
    ("poisson", sm.Poisson(data.TVnews, X)),
]:
    record(name, fit(model), fit(model, cov_type="HC0"))
record("multinomialLogit", sm.MNLogit(data.PID, X).fit(disp=0, method="newton", tol=1e-14, maxiter=100))

# Newton steps with the Hessian of statsmodels, to its last digits.
model = sm.NegativeBinomial(data.TVnews, X)
b = np.array(model.fit(disp=0, method="bfgs", gtol=1e-8, maxiter=500).params)
for _ in range(20):
    b = b - np.linalg.solve(model.hessian(b), model.score(b))
errors = np.sqrt(np.diag(np.linalg.inv(-model.hessian(b))))
results["negativeBinomial"] = dict(params=b.tolist(), bse=errors.tolist(), llf=float(model.loglike(b)))

with open("likelihood.json", "w") as file:
    json.dump(results, file, indent=1)
    file.write("\n")
