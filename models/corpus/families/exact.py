"""Trees whose float inputs are not rounded, on rows that lie on thresholds, and one step of single precision beside them."""

import catboost
import lightgbm
import numpy as np
import onnx
import xgboost
from onnx import TensorProto, helper
from sklearn.ensemble import GradientBoostingRegressor, HistGradientBoostingClassifier

from .boosting import cat, holes, lgb, xgb
from .case import Case
from .data import generator
from .sk import amounts, applicants, case


def cases():
    name = "xgboost-exact-floats"
    x, y = holes(name)
    common = {"n_estimators": 10, "max_depth": 4, "random_state": 1, "n_jobs": 1}
    yield exact(xgb(name, xgboost.XGBClassifier(**common).fit(x, y), x))

    name = "lightgbm-exact-floats"
    x, y = holes(name)
    common = {"n_estimators": 10, "num_leaves": 10, "random_state": 1, "n_jobs": 1, "verbose": -1, "deterministic": True}
    yield exact(lgb(name, lightgbm.LGBMClassifier(**common).fit(x, y), x, zipmap=False))

    name = "catboost-exact-floats"
    x, y = amounts(name)
    common = {"iterations": 8, "depth": 4, "random_seed": 1, "thread_count": 1}
    common |= {"verbose": False, "allow_writing_files": False}
    yield exact(cat(name, catboost.CatBoostRegressor(**common).fit(x, y), x))

    name = "gradient-boosting-exact-floats"
    x, y = amounts(name)
    yield exact(case(name, GradientBoostingRegressor(n_estimators=15, max_depth=3, random_state=1).fit(x, y), x))

    name = "hist-gradient-boosting-exact-floats"
    x, y = applicants(name)
    yield exact(case(name, HistGradientBoostingClassifier(max_iter=12, max_leaf_nodes=8, random_state=1).fit(x, y), x))

    yield by_hand("every-comparison-exact-floats", np.array([0.1, -0.0, 1e-45, 3e38, np.inf], np.float32))
    yield by_hand("double-thresholds-exact-floats", np.array([0.1, 1 + 1e-12, -1 - 1e-12, 1e-46, 1e39]))


def by_hand(name, thresholds):
    """A stump for each comparison with each threshold, with an output of its own; NaN goes to either side in turns."""
    modes = [f"BRANCH_{mode}" for mode in ["LT", "LEQ", "GT", "GTE", "EQ", "NEQ"]]
    stumps = [(mode, t) for mode in modes for t in thresholds]
    count = len(stumps)
    values = [v for _, t in stumps for v in (t, 0, 0)]
    double = thresholds.dtype == np.float64
    made = {"nodes_values_as_tensor": helper.make_tensor("t", TensorProto.DOUBLE, [len(values)], values)}
    made |= {"target_weights_as_tensor": helper.make_tensor("w", TensorProto.DOUBLE, [2 * count], [1.0, 0.0] * count)}
    trees = helper.make_node(
        "TreeEnsembleRegressor",
        ["doubles" if double else "x"],
        ["y"],
        domain="ai.onnx.ml",
        n_targets=count,
        nodes_treeids=[tree for tree in range(count) for _ in range(3)],
        nodes_nodeids=[0, 1, 2] * count,
        nodes_featureids=[0] * 3 * count,
        nodes_modes=[mode for of, _ in stumps for mode in (of, "LEAF", "LEAF")],
        nodes_truenodeids=[1, 0, 0] * count,
        nodes_falsenodeids=[2, 0, 0] * count,
        nodes_missing_value_tracks_true=[track for tree in range(count) for track in (tree % 2, 0, 0)],
        target_treeids=[tree for tree in range(count) for _ in range(2)],
        target_nodeids=[1, 2] * count,
        target_ids=[tree for tree in range(count) for _ in range(2)],
        **(made if double else {"nodes_values": values, "target_weights": [1.0, 0.0] * count}),
    )
    casts = [helper.make_node("Cast", ["x"], ["doubles"], to=TensorProto.DOUBLE)] if double else []
    shapes = [("x", [1, 1]), ("y", [1, count])]
    x, y = (helper.make_tensor_value_info(value, TensorProto.FLOAT, shape) for value, shape in shapes)
    versions = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
    model = helper.make_model(helper.make_graph([*casts, trees], name, [x], [y]), opset_imports=versions, ir_version=8)
    with np.errstate(all="ignore"):
        single = thresholds.astype(np.float32)
        rows = [single, np.nextafter(single, np.float32(-np.inf)), np.nextafter(single, np.float32(np.inf))]
    more = np.array([np.nan, 0.0, -1e-45, np.inf, -np.inf, 1.1754942e-38], np.float32)
    rows = np.concatenate([more, *rows]).reshape(-1, 1)
    exporter = f"onnx {onnx.__version__}"
    family = "trees with exact floats"
    return Case(name, exporter, model, {"x": rows}, {"x": rows[6:]}, 1e-4, exact_floats=True, family=family)


def exact(made, scaler=None):
    """The case with the option, a small error, and rows beside thresholds in place of those that calibration does not see."""
    ((given, unseen),) = made.unseen.items()
    made.unseen = {given: beside(made, unseen, scaler)}
    made.exact_floats, made.max_error, made.family = True, 1e-3, "trees with exact floats"
    return made


def beside(made, rows, scaler):
    """Each feature is one of its thresholds, before the scaler, or a neighbour below or above; some are infinite, or zeros with a sign."""
    rng = generator(made.name + "-beside")
    thresholds = {}
    for node in made.model.graph.node:
        attributes = {a.name: a for a in node.attribute}
        if "nodes_values" in attributes:
            columns = [attributes[name] for name in ("nodes_featureids", "nodes_values", "nodes_modes")]
            for feature, value, mode in zip(columns[0].ints, columns[1].floats, columns[2].strings):
                if mode != b"LEAF":
                    thresholds.setdefault(feature, []).append(np.float32(value))
    rows = rows.astype(np.float32)
    for row in rows:
        for feature, values in thresholds.items():
            value = values[rng.integers(len(values))]
            if scaler is not None:
                value = np.float32(value * scaler.scale_[feature] + scaler.mean_[feature])
            below, above = (np.nextafter(value, np.float32(end)) for end in (-np.inf, np.inf))
            row[feature] = [value, below, above][rng.integers(3)]
        if rng.random() < 0.25:
            row[rng.integers(len(row))] = [np.inf, -np.inf, -0.0, np.float32(1e-45)][rng.integers(4)]
    return rows
