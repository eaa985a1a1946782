"""Fitted estimators, through their exporters: what is proven is what they predict."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from lightgbm import Booster, LGBMClassifier, LGBMRegressor
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from xgboost import XGBClassifier, XGBRegressor

import assay

generator = np.random.default_rng(7)
X = generator.normal(size=(300, 4)).astype(np.float32)
SCORE = X @ np.array([1.0, -2.0, 0.5, 0.25]) + 0.1 * generator.normal(size=300)
GOOD = (SCORE > 0).astype(int)
NAMES = ["income", "debt", "age", "years"]
FRAME = pd.DataFrame(X, columns=NAMES)


def outputs(compiled: assay.Compiled, data: Any) -> npt.NDArray[np.float64]:
    """The values of the last output, which are a classifier's probabilities."""
    return compiled.run(data)[compiled.outputs[-1].name]


def classified(compiled: assay.Compiled, data: Any, expected: Any) -> None:
    found = outputs(compiled, data)
    assert np.abs(found.reshape(expected.shape) - expected).max() <= 0.02
    compiled.setup()
    proof = compiled.prove(data[:1])
    verified = compiled.verify(proof)
    assert verified.outputs[compiled.outputs[-1].name].tolist() == found[0].ravel().tolist()


REGRESSORS = [
    LinearRegression(),
    make_pipeline(StandardScaler(), MLPRegressor(hidden_layer_sizes=(8,), max_iter=300, random_state=1)),
    XGBRegressor(n_estimators=10, max_depth=3),
    LGBMRegressor(n_estimators=10, max_depth=3, verbose=-1),
]


@pytest.mark.parametrize("estimator", REGRESSORS, ids=lambda e: type(e).__name__)
def test_regressors(estimator: Any) -> None:
    estimator.fit(X, SCORE)
    compiled = assay.compile(estimator, X, max_error_calibrated=0.01, exact_floats=not hasattr(estimator, "steps") and hasattr(estimator, "n_estimators"))
    assert np.abs(outputs(compiled, X).ravel() - estimator.predict(X).ravel()).max() <= 0.011
    compiled.setup()
    compiled.verify(compiled.prove(X[0]), x=X[0])


CLASSIFIERS = [
    LogisticRegression(),
    RandomForestClassifier(n_estimators=5, max_depth=3, random_state=1),
    XGBClassifier(n_estimators=10, max_depth=3),
    LGBMClassifier(n_estimators=10, max_depth=3, verbose=-1),
]


@pytest.mark.parametrize("estimator", CLASSIFIERS, ids=lambda e: type(e).__name__)
def test_classifiers(estimator: Any) -> None:
    estimator.fit(X, GOOD)
    trees = hasattr(estimator, "n_estimators")
    compiled = assay.compile(estimator, X, output=names_of(estimator), exact_floats=trees)
    classified(compiled, X, estimator.predict_proba(X))


def names_of(estimator: Any) -> str:
    return "probabilities"


def test_boosters_of_data_frames() -> None:
    for estimator in (XGBClassifier(n_estimators=5, max_depth=2), LGBMClassifier(n_estimators=5, max_depth=2, verbose=-1)):
        estimator.fit(FRAME, GOOD)
        before = estimator.predict_proba(FRAME)
        compiled = assay.compile(estimator, FRAME, output="probabilities", exact_floats=True)
        assert np.abs(outputs(compiled, FRAME) - before).max() <= 0.011
        assert np.array_equal(estimator.predict_proba(FRAME), before)  # the estimator is as it was
        assert [feature.name for feature in compiled.inputs[0].features] == NAMES
        shuffled = compiled.run(FRAME[NAMES[::-1]])["probabilities"]
        assert np.array_equal(shuffled, outputs(compiled, FRAME))  # columns go by their names
    booster: Booster = estimator.booster_
    assert assay.compile(booster, FRAME, exact_floats=True).name == "Booster"
    xgb = XGBRegressor(n_estimators=3, max_depth=2).fit(FRAME, SCORE)
    assert np.abs(outputs(assay.compile(xgb.get_booster(), X), X).ravel() - xgb.predict(X)).max() < 0.5


def test_a_pipeline_of_a_data_frame_with_categories() -> None:
    frame = FRAME.assign(home=np.where(X[:, 0] > 0, "own", "rent"), region=pd.Categorical(np.where(X[:, 1] > 0, "north", "south")))
    encode = ColumnTransformer([("texts", OneHotEncoder(), ["home", "region"]), ("numbers", StandardScaler(), NAMES)])
    for last in (LogisticRegression(), XGBClassifier(n_estimators=5, max_depth=2), LGBMClassifier(n_estimators=5, max_depth=2, verbose=-1)):
        pipeline = make_pipeline(encode, last).fit(frame, GOOD)
        compiled = assay.compile(pipeline, frame, output="probabilities")
        texts = {feature.name: feature.categories for tensor in compiled.inputs for feature in tensor.features if feature.categories}
        assert texts["home"] == ("own", "rent") and texts["region"] == ("north", "south")
        found = outputs(compiled, frame)
        assert np.median(np.abs(found - pipeline.predict_proba(frame))) < 0.02
    compiled.setup()
    one = frame.iloc[[5]]
    proof = compiled.prove(one)
    assert compiled.prove(one.iloc[0]).public == compiled.prove(one.iloc[0].to_dict()).public == proof.public
    with pytest.raises(assay.AssayError) as caught:
        compiled.prove(one.assign(home="castle"))
    assert caught.value.code == "samples" and "castle" in str(caught.value)


def test_missing_values_and_nullable_columns() -> None:
    holes = FRAME.copy()
    holes.loc[::7, "debt"] = np.nan
    model = XGBClassifier(n_estimators=5, max_depth=2).fit(holes, GOOD)
    nullable = holes.astype({"debt": "Float64"})
    compiled = assay.compile(model, nullable, output="probabilities", exact_floats=True)
    assert [feature.takes_missing for feature in compiled.inputs[0].features][1]
    assert np.abs(outputs(compiled, nullable) - model.predict_proba(holes)).max() <= 0.011
    assert np.array_equal(outputs(compiled, holes.to_numpy()), outputs(compiled, nullable))


def test_an_estimator_that_is_not_fitted() -> None:
    for estimator in (LogisticRegression(), XGBClassifier(), LGBMClassifier()):
        with pytest.raises(assay.AssayError) as caught:
            assay.compile(estimator, X)
        assert caught.value.code == "export" and "fit" in str(caught.value)


@pytest.mark.parametrize("package, model", [("skl2onnx", LinearRegression()), ("onnxmltools", XGBRegressor(n_estimators=1))])
def test_an_exporter_that_is_not_installed_is_named(package: str, model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, package, None)  # as where it is not installed
    with pytest.raises(assay.AssayError) as caught:
        assay.compile(model.fit(X, SCORE), X)
    assert caught.value.code == "not-installed" and f"pip install {package}" in str(caught.value)
