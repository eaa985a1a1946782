"""scikit-learn's linear models, as they are and behind a scaler."""

import numpy as np
from sklearn import linear_model as lm
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import RobustScaler, StandardScaler
from sklearn.svm import LinearSVC, LinearSVR

from .sk import amounts, applicants, case, tiers


def cases():
    for name, estimator in REGRESSORS.items():
        x, y = amounts(name)
        yield case(name, estimator.fit(x, y), x)
    for name, estimator in SCORECARDS.items():
        x, y = applicants(name)
        yield case(name, estimator.fit(x, y), x)
    for name, estimator in CLASSIFIERS.items():
        x, y = tiers(name)
        yield case(name, estimator.fit(x, y), x)

    name = "logistic-string-labels"
    x, y = applicants(name)
    pipe = make_pipeline(StandardScaler(), lm.LogisticRegression())
    yield case(name, pipe.fit(x, np.where(y == 1, "default", "repaid")), x)

    name = "logistic-two-labels-of-any-number"
    x, y = tiers(name)
    yield case(name, lm.LogisticRegression().fit(x, np.where(y > 1, 7, 3)), x)

    name = "linear-several-targets"
    x, y = amounts(name)
    yield case(name, lm.LinearRegression().fit(x, np.stack([y, -2 * y + x[:, 0], x[:, 1]], axis=1)), x)

    name = "poisson-regression"
    x, y = amounts(name)
    counts = np.random.default_rng(3).poisson(np.exp(0.3 * y).clip(0, 20))
    yield case(name, lm.PoissonRegressor().fit(x, counts), x)

    name = "logistic-without-zipmap"
    x, y = applicants(name)
    pipe = make_pipeline(StandardScaler(), lm.LogisticRegression()).fit(x, y)
    yield case(name, pipe, x, export={"options": {id(pipe): {"zipmap": False}}})

    name = "logistic-zipmap-by-columns"
    x, y = tiers(name)
    model = lm.LogisticRegression().fit(x, y)
    yield case(name, model, x, export={"options": {id(model): {"zipmap": "columns"}}}, margin=False)

    name = "logistic-raw-scores"
    x, y = tiers(name)
    model = lm.LogisticRegression().fit(x, y)
    yield case(name, model, x, export={"options": {id(model): {"raw_scores": True}}})


REGRESSORS = {
    "linear-regression": lm.LinearRegression(),
    "ridge": lm.Ridge(alpha=0.5),
    "lasso": lm.Lasso(alpha=0.05),
    "huber": lm.HuberRegressor(),
    "linear-svr": LinearSVR(random_state=1, max_iter=20_000),
    "scaled-ridge": make_pipeline(RobustScaler(), lm.Ridge()),
}
SCORECARDS = {
    "logistic": lm.LogisticRegression(max_iter=5_000),
    "scaled-logistic": make_pipeline(StandardScaler(), lm.LogisticRegression()),
    "scaled-sgd-log-loss": make_pipeline(StandardScaler(), lm.SGDClassifier(loss="log_loss", random_state=1)),
    "scaled-ridge-classifier": make_pipeline(StandardScaler(), lm.RidgeClassifier()),
}
CLASSIFIERS = {
    "logistic-three-classes": lm.LogisticRegression(),
    "one-against-rest": OneVsRestClassifier(lm.LogisticRegression()),
    "linear-svc-three-classes": LinearSVC(random_state=1),
    "perceptron": lm.Perceptron(random_state=1),
    "linear-discriminant": LinearDiscriminantAnalysis(),
}
