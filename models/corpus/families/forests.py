"""scikit-learn's trees and their ensembles."""

import numpy as np
from sklearn import ensemble as en
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor, ExtraTreeClassifier

from .sk import amounts, applicants, case, tiers


def cases():
    for name, estimator in DEFAULTERS.items():
        x, y = applicants(name)
        yield case(name, estimator.fit(x, y), x)
    for name, estimator in CLASSIFIERS.items():
        x, y = tiers(name)
        yield case(name, estimator.fit(x, y), x)
    for name, estimator in REGRESSORS.items():
        x, y = amounts(name)
        yield case(name, estimator.fit(x, y), x)

    name = "isolation-forest"
    x, _ = applicants(name)
    forest = en.IsolationForest(n_estimators=10, max_samples=64, random_state=1).fit(x)
    yield case(name, forest, x, classes=[-1, 1], export={"target_opset": {"": 18, "ai.onnx.ml": 3}}, max_error=0.005)

    name = "forest-string-labels"
    x, y = applicants(name)
    labels = np.where(y == 1, "reject", "accept")
    yield case(name, en.RandomForestClassifier(6, max_depth=4, random_state=1).fit(x, labels), x)

    name = "forest-two-targets"
    x, y = amounts(name)
    yield case(name, en.RandomForestRegressor(5, max_depth=4, random_state=1).fit(x, np.stack([y, -y], axis=1)), x)


DEFAULTERS = {
    "tree-classifier": DecisionTreeClassifier(max_depth=5, random_state=1),
    "random-forest": en.RandomForestClassifier(10, max_depth=5, random_state=1),
    "extra-trees": en.ExtraTreesClassifier(8, max_depth=5, random_state=1),
    "gradient-boosting": en.GradientBoostingClassifier(n_estimators=12, max_depth=3, random_state=1),
    "hist-gradient-boosting": en.HistGradientBoostingClassifier(max_iter=12, max_leaf_nodes=8, random_state=1),
    "adaboost": en.AdaBoostClassifier(n_estimators=8, random_state=1),
    "bagging": en.BaggingClassifier(DecisionTreeClassifier(max_depth=4), n_estimators=5, random_state=1),
}
CLASSIFIERS = {
    "tree-three-classes": DecisionTreeClassifier(max_depth=4, random_state=1),
    "extra-tree": ExtraTreeClassifier(max_depth=5, random_state=1),
    "forest-three-classes": en.RandomForestClassifier(8, max_depth=4, random_state=1),
    "gradient-boosting-three-classes": en.GradientBoostingClassifier(n_estimators=6, max_depth=3, random_state=1),
    "hist-gradient-boosting-three-classes": en.HistGradientBoostingClassifier(
        max_iter=6, max_leaf_nodes=6, random_state=1
    ),
    "adaboost-three-classes": en.AdaBoostClassifier(
        DecisionTreeClassifier(max_depth=2), n_estimators=6, random_state=1
    ),
}
REGRESSORS = {
    "tree-regressor": DecisionTreeRegressor(max_depth=5, random_state=1),
    "random-forest-regressor": en.RandomForestRegressor(8, max_depth=5, random_state=1),
    "extra-trees-regressor": en.ExtraTreesRegressor(6, max_depth=5, random_state=1),
    "gradient-boosting-regressor": en.GradientBoostingRegressor(n_estimators=15, max_depth=3, random_state=1),
    "hist-gradient-boosting-regressor": en.HistGradientBoostingRegressor(max_iter=15, max_leaf_nodes=8, random_state=1),
    "adaboost-regressor": en.AdaBoostRegressor(n_estimators=6, random_state=1),
}
