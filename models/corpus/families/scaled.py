"""Trees behind scalers, on rows that lie on their thresholds: flags and counts, of which trainers take thresholds, and sums of money."""

import lightgbm
import numpy as np
import onnxmltools
import skl2onnx
import xgboost
from onnxmltools.convert.lightgbm.operator_converters.LightGbm import convert_lightgbm
from onnxmltools.convert.xgboost.operator_converters.XGBoost import convert_xgboost
from skl2onnx.common.shape_calculator import (
    calculate_linear_classifier_output_shapes,
    calculate_linear_regressor_output_shapes,
)
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, RobustScaler, StandardScaler

from .data import generator
from .exact import exact
from .sk import TRAIN, case

skl2onnx.update_registered_converter(
    xgboost.XGBClassifier,
    "XGBoostXGBClassifier",
    calculate_linear_classifier_output_shapes,
    convert_xgboost,
    options={"nocl": [True, False], "zipmap": [True, False, "columns"]},
)
skl2onnx.update_registered_converter(
    xgboost.XGBRegressor, "XGBoostXGBRegressor", calculate_linear_regressor_output_shapes, convert_xgboost
)
skl2onnx.update_registered_converter(
    lightgbm.LGBMRegressor,
    "LightGbmLGBMRegressor",
    calculate_linear_regressor_output_shapes,
    convert_lightgbm,
    options={"split": None},
)

EXPORTER = f"onnxmltools {onnxmltools.__version__} of xgboost {xgboost.__version__}"
VERSIONS = {"export": {"target_opset": {"": 17, "ai.onnx.ml": 3}}}


def cases():
    trees = {"n_estimators": 12, "max_depth": 4, "random_state": 1, "n_jobs": 1}
    for name, scaler in {
        "standard-scaler-before-xgboost": StandardScaler(),
        "min-max-scaler-before-xgboost": MinMaxScaler((-1, 1)),
    }.items():
        x, y = accounts(name)
        yield case(name, make_pipeline(scaler, xgboost.XGBClassifier(**trees)).fit(x, y > 0), x, exporter=EXPORTER, **VERSIONS)

    # Scaled in double precision where the model is trained, and in single where it runs: rows lie one bit beside thresholds.
    name = "standard-scaler-before-xgboost-of-losses"
    x, y = accounts(name)
    losses = np.exp(y / 4) * 900
    pipe = make_pipeline(StandardScaler(), xgboost.XGBRegressor(**trees | {"max_depth": 5})).fit(x.astype(np.float64), losses)
    yield case(name, pipe, x, exporter=EXPORTER, max_error=0.05, **VERSIONS)

    name = "imputer-and-standard-scaler-before-xgboost"
    x, y = accounts(name)
    x[generator(name + "-holes").random(x.shape) < 0.08] = np.nan
    pipe = make_pipeline(SimpleImputer(strategy="median"), StandardScaler(), xgboost.XGBClassifier(**trees))
    yield case(name, pipe.fit(x, y > 0), x, exporter=EXPORTER, **VERSIONS)

    name = "robust-scaler-before-lightgbm"
    x, y = accounts(name)
    leaves = {"n_estimators": 10, "num_leaves": 10, "random_state": 1, "n_jobs": 1, "verbose": -1, "deterministic": True}
    pipe = make_pipeline(RobustScaler(), lightgbm.LGBMRegressor(**leaves)).fit(x, y)
    exporter = f"onnxmltools {onnxmltools.__version__} of lightgbm {lightgbm.__version__}"
    yield case(name, pipe, x, exporter=exporter, **VERSIONS)

    name = "standard-scaler-before-xgboost-exact-floats"
    x, y = accounts(name)
    pipe = make_pipeline(StandardScaler(), xgboost.XGBClassifier(**trees)).fit(x, y > 0)
    yield exact(case(name, pipe, x, exporter=EXPORTER, **VERSIONS), pipe[0])


def accounts(name):
    """Two flags, counts, terms, a rate and a sum of money; how much of it will be late."""
    rng = generator(name)
    flags = rng.random((TRAIN, 2)) < [0.3, 0.6]
    counts = rng.poisson([1.5, 4.0], (TRAIN, 2))
    term = rng.choice([12, 24, 36, 48, 60], TRAIN)
    rate = rng.uniform(0.01, 0.25, TRAIN).round(4)
    amount = rng.lognormal(9, 1, TRAIN).round(2)
    x = np.column_stack([flags, counts, term, rate, amount]).astype(np.float32)
    y = x[:, 0] - x[:, 1] + 0.5 * x[:, 2] - 0.2 * x[:, 3] + x[:, 4] / 60 + 8 * x[:, 5] - 0.1 * np.log(x[:, 6])
    return x, (y - np.median(y) + 0.3 * rng.standard_normal(TRAIN)).astype(np.float32)
