"""scikit-learn's estimators that are made of others: calibration, voting, stacking; and the probabilistic ones,
clusters and neighbours."""

import numpy as np
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import KMeans, MiniBatchKMeans
from sklearn.discriminant_analysis import QuadraticDiscriminantAnalysis
from sklearn.ensemble import RandomForestClassifier, StackingClassifier, StackingRegressor, VotingClassifier, VotingRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.mixture import GaussianMixture
from sklearn.multioutput import MultiOutputRegressor
from sklearn.naive_bayes import BernoulliNB, ComplementNB, GaussianNB, MultinomialNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from .sk import amounts, applicants, case, tiers


def cases():
    yield from ensembles()
    yield from probabilities()

    few = 40  # neighbours are the model's size
    name = "neighbours-classifier"
    x, y = tiers(name)
    yield case(name, KNeighborsClassifier(3).fit(x[:few], y[:few]), x, margin=False)
    name = "neighbours-regressor"
    x, y = amounts(name)
    yield case(name, KNeighborsRegressor(3).fit(x[:few], y[:few]), x)

    name = "k-means"
    x, _ = tiers(name)
    yield case(name, KMeans(4, random_state=1, n_init=3).fit(x), x, margin=False)
    name = "mini-batch-k-means-of-scaled"
    x, _ = applicants(name)
    clusters = MiniBatchKMeans(3, random_state=1, n_init=3)
    yield case(name, make_pipeline(StandardScaler(), clusters).fit(x), x, margin=False)
    name = "gaussian-mixture"
    x, _ = tiers(name)
    yield case(name, GaussianMixture(3, random_state=1).fit(x), x, classes=[0, 1, 2])


def ensembles():
    two = [("tree", DecisionTreeClassifier(max_depth=3, random_state=1)), ("linear", LogisticRegression(max_iter=5_000))]
    pair = [("tree", DecisionTreeRegressor(max_depth=3, random_state=1)), ("linear", Ridge())]
    classifiers = {
        "calibrated-by-sigmoid": CalibratedClassifierCV(LinearSVC(random_state=1), method="sigmoid", cv=2),
        "calibrated-by-isotonic": CalibratedClassifierCV(DecisionTreeClassifier(max_depth=3), method="isotonic", cv=2),
        "calibrated-forest": CalibratedClassifierCV(RandomForestClassifier(4, max_depth=3, random_state=1), cv=2),
        "voting-soft": VotingClassifier(two, voting="soft", flatten_transform=False),
        "stacking-classifier": StackingClassifier(two, cv=3),
    }
    for name, estimator in classifiers.items():
        x, y = tiers(name)
        yield case(name, estimator.fit(x, (y > 0).astype(int)), x)
    name = "voting-hard"
    x, y = tiers(name)
    yield case(name, VotingClassifier(two, voting="hard", flatten_transform=False).fit(x, y), x, margin=False)
    regressors = {
        "voting-regressor": VotingRegressor(pair),
        "stacking-regressor": StackingRegressor(pair, cv=3),
        "several-targets": MultiOutputRegressor(LinearRegression()),
    }
    for name, estimator in regressors.items():
        x, y = amounts(name)
        yield case(name, estimator.fit(x, np.stack([y, x[:, 0]], 1) if name == "several-targets" else y), x)


def probabilities():
    name = "gaussian-naive-bayes"
    x, y = tiers(name)
    yield case(name, GaussianNB().fit(x, y), x)
    name = "gaussian-naive-bayes-of-scaled"
    x, y = applicants(name)
    yield case(name, make_pipeline(StandardScaler(), GaussianNB()).fit(x, y), x)
    name = "bernoulli-naive-bayes"
    x, y = tiers(name)
    yield case(name, BernoulliNB(binarize=0.25).fit(x, y), x)
    for kind in [MultinomialNB, ComplementNB]:
        name = f"{kind.__name__[:-2].lower()}-naive-bayes"
        x, y = tiers(name)
        counts = np.abs(x * 3).round()
        yield case(name, kind().fit(counts, y), counts)
    name = "quadratic-discriminant"
    x, y = tiers(name)
    yield case(name, QuadraticDiscriminantAnalysis().fit(x, y), x)
