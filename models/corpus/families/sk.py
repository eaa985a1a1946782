"""What the families of scikit-learn share: a fitted estimator becomes a case by `to_onnx` with its defaults."""

import numpy as np
import onnx
import skl2onnx

from .case import Case
from .data import CALIBRATION, UNSEEN, credit, default_risk, generator, normal, split

EXPORTER = f"skl2onnx {skl2onnx.__version__}"
TRAIN = 400


def make_attribute(key, value, *rest, made=onnx.helper.make_attribute, **more):
    """skl2onnx 1.20 hands over the missing tracks of a HistGradientBoosting as truth values, which onnx 1.23 refuses."""
    if isinstance(value, (list, np.ndarray)) and any(isinstance(v, (bool, np.bool_)) for v in value):
        value = [int(v) for v in value]
    return made(key, value, *rest, **more)


onnx.helper.make_attribute = make_attribute


def applicants(name):
    """Applicants, and whether each defaulted."""
    rng = generator(name)
    x = credit(rng, TRAIN)
    return x, (default_risk(rng, x) > 0).astype(np.int64)


def tiers(name):
    """Standard features, and one of three tiers."""
    rng = generator(name)
    x = normal(rng, TRAIN, 5)
    score = x[:, 0] + 0.8 * x[:, 1] - 0.5 * x[:, 2] * x[:, 3] + 0.2 * rng.standard_normal(TRAIN)
    return x, np.digitize(score, [-0.7, 0.7])


def amounts(name):
    """Standard features, and an amount that depends on them smoothly."""
    rng = generator(name)
    x = normal(rng, TRAIN, 5)
    y = 2 * x[:, 0] - x[:, 1] + np.abs(x[:, 2]) + x[:, 3] * x[:, 4] + 0.1 * rng.standard_normal(TRAIN)
    return x, y.astype(np.float32)


def case(name, estimator, x, **options):
    """The estimator, exported with defaults. A classifier's outputs are its label and its classes' probabilities."""
    model = skl2onnx.to_onnx(estimator, x[:1], **options.pop("export", {}))
    given = options.pop("classes", None)
    labels = {o.name for o in model.graph.output} & {"label", "output_label", "variable_label"}
    known = given if given is not None else getattr(estimator, "classes_", None)
    if labels and known is not None and "classes_" not in options:
        options["classes"] = {next(iter(labels)): list(known)}
    name_in = model.graph.input[0].name
    seen, unseen = split(np.asarray(x), CALIBRATION, UNSEEN)
    return Case(name, options.pop("exporter", EXPORTER), model, {name_in: seen}, {name_in: unseen}, **options)
