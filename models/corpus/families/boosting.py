"""XGBoost, LightGBM and CatBoost."""

import tempfile
from pathlib import Path

import catboost
import lightgbm
import numpy as np
import onnx
import onnxmltools
import xgboost
from onnxmltools.convert.common.data_types import FloatTensorType

from .case import Case
from .data import CALIBRATION, UNSEEN, generator, split
from .sk import amounts, applicants, tiers

MLTOOLS = onnxmltools.__version__


def cases():
    yield from with_xgboost()
    yield from with_lightgbm()
    yield from with_catboost()


def rare(name):
    """Defaults that are rare: the base score is far from a half."""
    x, _ = tiers(name)
    risk = x[:, 0] + 0.4 * x[:, 1] ** 2 + 0.3 * generator(name + "-noise").standard_normal(len(x))
    return x, (risk > 1.9).astype(np.int64)


def holes(name):
    """Applicants with values that are missing."""
    x, y = applicants(name)
    x[generator(name + "-holes").random(x.shape) < 0.1] = np.nan
    return x, y


def made(name, exporter, model, x, classes=None, **options):
    seen, unseen = split(x, CALIBRATION, UNSEEN)
    labels = [o.name for o in model.graph.output if "label" in o.name]
    if classes is not None and labels:
        options["classes"] = {labels[0]: list(classes)}
    given = model.graph.input[0].name
    family = {"x": "XGBoost", "l": "LightGBM", "c": "CatBoost"}[name[0]]
    return Case(name, exporter, model, {given: seen}, {given: unseen}, family=family, **options)


def with_xgboost():
    common = {"n_estimators": 10, "max_depth": 4, "random_state": 1, "n_jobs": 1}
    runs = {
        "xgboost-binary": (xgboost.XGBClassifier(**common), applicants),
        "xgboost-three-classes": (xgboost.XGBClassifier(**common | {"n_estimators": 5}), tiers),
        "xgboost-imbalanced": (xgboost.XGBClassifier(**common), rare),
        "xgboost-missing-values": (xgboost.XGBClassifier(**common), holes),
        "xgboost-regressor": (xgboost.XGBRegressor(**common), amounts),
        "xgboost-stumps": (xgboost.XGBClassifier(**common | {"max_depth": 1, "n_estimators": 20}), applicants),
        "xgboost-leafwise": (xgboost.XGBRegressor(**common, grow_policy="lossguide", max_leaves=12), amounts),
        "xgboost-random-forest": (xgboost.XGBRFRegressor(**common), amounts),
    }
    for name, (estimator, data) in runs.items():
        x, y = data(name)
        yield xgb(name, estimator.fit(x, y), x)
    name = "xgboost-poisson"
    x, y = amounts(name)
    counts = np.floor(np.exp(0.3 * y)).clip(0, 30)
    yield xgb(name, xgboost.XGBRegressor(**common, objective="count:poisson").fit(x, counts), x)


def xgb(name, estimator, x):
    model = onnxmltools.convert_xgboost(estimator, initial_types=[("features", FloatTensorType([None, x.shape[1]]))])
    exporter = f"onnxmltools {MLTOOLS} of xgboost {xgboost.__version__}"
    return made(name, exporter, model, x, getattr(estimator, "classes_", None))


def with_lightgbm():
    common = {"n_estimators": 10, "num_leaves": 10, "random_state": 1, "n_jobs": 1, "verbose": -1, "deterministic": True}
    runs = {
        "lightgbm-binary": (lightgbm.LGBMClassifier(**common), applicants),
        "lightgbm-three-classes": (lightgbm.LGBMClassifier(**common | {"n_estimators": 5}), tiers),
        "lightgbm-imbalanced": (lightgbm.LGBMClassifier(**common, is_unbalance=True), rare),
        "lightgbm-missing-values": (lightgbm.LGBMClassifier(**common), holes),
        "lightgbm-regressor": (lightgbm.LGBMRegressor(**common), amounts),
        "lightgbm-random-forest": (
            lightgbm.LGBMRegressor(**common, boosting_type="rf", subsample=0.7, subsample_freq=1),
            amounts,
        ),
        "lightgbm-quantile": (lightgbm.LGBMRegressor(**common, objective="quantile", alpha=0.9), amounts),
    }
    for name, (estimator, data) in runs.items():
        x, y = data(name)
        yield lgb(name, estimator.fit(x, y), x)
    name = "lightgbm-poisson"
    x, y = amounts(name)
    estimator = lightgbm.LGBMRegressor(**common, objective="poisson")
    yield lgb(name, estimator.fit(x, np.floor(np.exp(0.3 * y)).clip(0, 30)), x)
    name = "lightgbm-categories"
    x, y = tiers(name)
    x[:, 1] = generator(name + "-codes").integers(0, 6, len(x))
    y = (x[:, 0] + np.isin(x[:, 1], [1, 4]) * 1.5 > 0.6).astype(np.int64)
    yield lgb(name, lightgbm.LGBMClassifier(**common).fit(x, y, categorical_feature=[1]), x)
    name = "lightgbm-without-zipmap"
    x, y = applicants(name)
    yield lgb(name, lightgbm.LGBMClassifier(**common).fit(x, y), x, zipmap=False)


def lgb(name, estimator, x, **export):
    types = [("features", FloatTensorType([None, x.shape[1]]))]
    model = onnxmltools.convert_lightgbm(estimator, initial_types=types, target_opset=15, **export)
    exporter = f"onnxmltools {MLTOOLS} of lightgbm {lightgbm.__version__}"
    return made(name, exporter, model, x, getattr(estimator, "classes_", None))


def with_catboost():
    common = {"iterations": 8, "depth": 4, "random_seed": 1, "thread_count": 1, "verbose": False, "allow_writing_files": False}
    runs = {
        "catboost-binary": (catboost.CatBoostClassifier(**common), applicants),
        "catboost-three-classes": (catboost.CatBoostClassifier(**common), tiers),
        "catboost-imbalanced": (catboost.CatBoostClassifier(**common), rare),
        "catboost-missing-values": (catboost.CatBoostClassifier(**common), holes),
        "catboost-regressor": (catboost.CatBoostRegressor(**common), amounts),
        "catboost-deep": (catboost.CatBoostRegressor(**common | {"depth": 6, "iterations": 4}), amounts),
    }
    for name, (estimator, data) in runs.items():
        x, y = data(name)
        yield cat(name, estimator.fit(x, y), x)
    name = "catboost-string-labels"
    x, y = tiers(name)
    yield cat(name, catboost.CatBoostClassifier(**common).fit(x, np.array(["high", "low", "middle"])[y]), x)


def cat(name, estimator, x):
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "model.onnx"
        estimator.save_model(str(path), format="onnx")
        model = onnx.load(path)
    return made(name, f"catboost {catboost.__version__}", model, x, getattr(estimator, "classes_", None))
