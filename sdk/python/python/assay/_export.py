"""Models as ONNX: files and bytes as they are, estimators through the exporters of their libraries."""

from __future__ import annotations

import copy
import importlib
import os
import tempfile
from pathlib import Path
from typing import Any, NamedTuple, Optional

from ._data import path_of
from ._errors import AssayError, argument


class Onnx(NamedTuple):
    """An ONNX model: its bytes, or the path of its file; and what it is called where its graph has no name of its own."""

    bytes: Optional[bytes]
    path: Optional[str]
    name: Optional[str]


def onnx_of(model: Any, data: Any) -> Onnx:
    """The ONNX of whatever `assay.compile` takes; `data` are samples of its inputs."""
    if isinstance(model, (bytes, bytearray, memoryview)):
        return Onnx(bytes(model), None, None)
    if isinstance(model, (str, os.PathLike)):
        path = path_of(model, "the model")
        return Onnx(None, path, _short(Path(path).stem))
    if hasattr(model, "SerializeToString") and hasattr(model, "graph"):
        return Onnx(model.SerializeToString(), None, None)
    libraries = [base.__module__.split(".")[0] for base in type(model).__mro__]
    name = _short(type(model).__name__)
    for library, export in _EXPORTERS.items():
        if library in libraries:
            return Onnx(_exported(export, library, model, data), None, name)
    raise argument(
        f"a model of type {type(model).__module__}.{type(model).__qualname__} has no exporter here",
        "give an onnx.ModelProto, its bytes, a path to its file, or a fitted scikit-learn, XGBoost, LightGBM or CatBoost estimator; "
        "torch.onnx.export writes a PyTorch model to a file",
    )


def _short(name: str) -> Optional[str]:
    name = "".join(c for c in name if c.isprintable())
    while len(name.encode()) > 32:
        name = name[:-1]
    return name or None


def _exported(export: Any, library: str, model: Any, data: Any) -> bytes:
    try:
        found = export(model, data)
    except AssayError:
        raise
    except Exception as error:
        raise AssayError(
            f"the exporter of {library} failed on {type(model).__name__}: {type(error).__name__}: {error}",
            "export",
            "fit the estimator first, with what its exporter supports; or export it to ONNX yourself and give its file",
        ) from error
    return found if isinstance(found, bytes) else bytes(found.SerializeToString())


def _need(package: str, of: str) -> Any:
    try:
        return importlib.import_module(package)
    except ImportError as error:
        top = package.split(".")[0]
        raise AssayError(
            f"{of} is exported to ONNX by {top}, which cannot be imported here: {error}",
            "not-installed",
            f"pip install {top}",
        ) from error


def _array(data: Any) -> Any:
    """Samples as one array, where they are one."""
    import numpy as np

    if isinstance(data, dict) or isinstance(data, (str, os.PathLike)):
        raise argument(
            "an estimator is exported by samples of its inputs in an array or a data frame",
            "give X as the estimator's fit had it",
        )
    return data if hasattr(data, "columns") else np.asarray(data)


def _sklearn(model: Any, data: Any) -> Any:
    skl2onnx = _need("skl2onnx", "a scikit-learn estimator")
    # Those converters write trees in this version; without them the exporter takes its newest.
    opset = {"": 15, "ai.onnx.ml": 3} if _register_boosters(model) else None
    data = _array(data)
    if hasattr(data, "columns"):
        return skl2onnx.to_onnx(model, initial_types=_frame_types(data), options=_options(model), target_opset=opset)
    sample = data[:1]
    if sample.dtype.kind in "fiub":
        sample = sample.astype("float32")  # as nearly everybody exports it; integers are numbers to an estimator
    return skl2onnx.to_onnx(model, sample, options=_options(model), target_opset=opset)


def _options(model: Any) -> Optional[dict[Any, Any]]:
    """Probabilities as one tensor, which is what a proof shows."""
    is_classifier = hasattr(model, "predict_proba") or hasattr(model, "classes_")
    return {id(model): {"zipmap": False}} if is_classifier else None


def _frame_types(frame: Any) -> list[tuple[str, Any]]:
    types = _need("skl2onnx.common.data_types", "a scikit-learn estimator")

    def of(kind: str) -> Any:
        if kind in "biuf":
            return types.FloatTensorType([None, 1])
        return types.StringTensorType([None, 1])

    return [(str(name), of(getattr(frame[name].dtype, "kind", "O"))) for name in frame.columns]


def _register_boosters(model: Any) -> bool:
    """Lets skl2onnx convert a pipeline that holds estimators of other libraries, and says whether it does."""
    parts = model.get_params(deep=True).values() if hasattr(model, "get_params") else ()
    libraries = {base.__module__.split(".")[0] for part in parts for base in type(part).__mro__}
    wanted = libraries & _CONVERTERS.keys()
    for library in sorted(wanted):
        prefix, module, function = _CONVERTERS[library]
        convert = getattr(_need(module, f"a pipeline with a part of {library}"), function)
        skl2onnx = importlib.import_module("skl2onnx")
        shapes = importlib.import_module("skl2onnx.common.shape_calculator")
        estimators = importlib.import_module(library)
        classifier, regressor = f"{prefix}Classifier", f"{prefix}Regressor"
        skl2onnx.update_registered_converter(
            getattr(estimators, classifier),
            f"Assay{classifier}",
            shapes.calculate_linear_classifier_output_shapes,
            convert,
            options={"nocl": [True, False], "zipmap": [True, False, "columns"]},
        )
        skl2onnx.update_registered_converter(
            getattr(estimators, regressor), f"Assay{regressor}", shapes.calculate_linear_regressor_output_shapes, convert
        )
    return bool(wanted)


_CONVERTERS = {
    "xgboost": ("XGB", "onnxmltools.convert.xgboost.operator_converters.XGBoost", "convert_xgboost"),
    "lightgbm": ("LGBM", "onnxmltools.convert.lightgbm.operator_converters.LightGbm", "convert_lightgbm"),
}


def _floats(width: int) -> list[tuple[str, Any]]:
    types = _need("onnxmltools.convert.common.data_types", "a gradient boosting model")
    return [("input", types.FloatTensorType([None, width]))]


def _xgboost(model: Any, data: Any) -> Any:
    onnxmltools = _need("onnxmltools", "an XGBoost model")
    booster = model.get_booster() if hasattr(model, "get_booster") else model
    names = booster.feature_names
    if names is not None:
        # The exporter knows features by number only.
        model = copy.deepcopy(model)
        booster = model.get_booster() if hasattr(model, "get_booster") else model
        booster.feature_names = None
    return _named(onnxmltools.convert_xgboost(model, initial_types=_floats(int(booster.num_features()))), data)


def _lightgbm(model: Any, data: Any) -> Any:
    onnxmltools = _need("onnxmltools", "a LightGBM model")
    booster = getattr(model, "booster_", model)
    found = onnxmltools.convert_lightgbm(model, initial_types=_floats(int(booster.num_feature())), zipmap=False)
    return _named(found, data)


def _named(onnx: Any, data: Any) -> Any:
    """The model with the columns' names for its features, where they can be written down: their list has commas between them."""
    names = [str(name) for name in getattr(data, "columns", ())]
    if names and len(set(names)) == len(names) and all(name and name == name.strip() and "," not in name for name in names):
        entry = onnx.metadata_props.add()
        entry.key, entry.value = "feature_names", ",".join(names)
    return onnx


def _catboost(model: Any, data: Any) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        model.save_model(str(path), format="onnx")
        return path.read_bytes()


# Estimators of the others are scikit-learn's too, so that comes last.
_EXPORTERS = {"xgboost": _xgboost, "lightgbm": _lightgbm, "catboost": _catboost, "sklearn": _sklearn}
