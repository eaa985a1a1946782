"""Trains the liquidation-risk network and writes everything that is committed about it.

    python train.py            write model, calibration, samples, metrics, report, chart, feature fixture
    python train.py --check    do it again in a scratch folder and compare with the committed files
"""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

# One thread and one kernel: sums in a fixed order, so the same weights on every run.
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", OPENBLAS_CORETYPE="Haswell")

import numpy as np  # noqa: E402
import onnx  # noqa: E402
from onnx.reference import ReferenceEvaluator  # noqa: E402

import dataset  # noqa: E402
import evaluation  # noqa: E402
import features  # noqa: E402
import fixture  # noqa: E402
import network  # noqa: E402
import report  # noqa: E402

HERE = Path(__file__).resolve().parent
FIXTURE = HERE.parent.parent / "programs" / "lending" / "interface" / "tests" / "features.csv"
SEED = 2024
CALIBRATION_ROWS = 512
SAMPLE_ROWS = 256


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare with the committed files, write nothing")
    if parser.parse_args().check:
        with tempfile.TemporaryDirectory() as scratch:
            produce(Path(scratch), Path(scratch) / FIXTURE.name)
            sys.exit(0 if compare(Path(scratch)) else 1)
    produce(HERE, FIXTURE)


def produce(folder, fixture_path):
    """Runs the whole pipeline into `folder`."""
    rows = dataset.build(SEED)
    train, validation, test = dataset.split(rows)
    model = network.fit(train.real, train.label.astype(float), SEED)
    exported = network.to_onnx(model, features.NAMES)
    onnx.save(exported, folder / "model.onnx")

    rng = np.random.default_rng(SEED)
    write_table(folder / "calibration.csv", pick(rng, train, CALIBRATION_ROWS).real)
    write_samples(folder / "samples.json", exported, pick(rng, test, SAMPLE_ROWS).real)
    fixture.write(fixture_path, pick(rng, rows[~rows.derived], fixture.REAL_ROWS))

    metrics, curves = measure(model, rows, train, validation, test)
    metrics = rounded(metrics)
    (folder / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n")
    report.write(folder, metrics, curves)


def pick(rng, rows, count):
    return rows[np.isin(np.arange(len(rows)), rng.choice(len(rows), count, replace=False))]


def write_table(path, real):
    lines = [",".join(features.NAMES)]
    lines += [",".join(repr(float(value)) for value in row) for row in real]
    path.write_text("\n".join(lines) + "\n")


def write_samples(path, exported, real):
    """Inputs and the float model's outputs, one position a row. The inputs are exact: multiples of 2^-12."""
    evaluator = ReferenceEvaluator(exported)
    scores = [evaluator.run(None, {"features": row[None].astype(np.float32)})[0][0] for row in real]
    inputs = ",\n".join("      " + json.dumps([float(value) for value in row]) for row in real)
    outputs = ",\n".join("      " + json.dumps([round(float(value), 5) for value in row]) for row in scores)
    path.write_text(
        '{\n  "inputs": {\n    "features": [\n' + inputs + "\n    ]\n  },\n"
        '  "outputs": {\n    "score": [\n' + outputs + "\n    ]\n  }\n}\n"
    )


def measure(model, rows, train, validation, test):
    """Everything that the report says, and the curves of its chart."""
    close = {name: part[part.kind == "close"] for name, part in (("validation", validation), ("test", test))}
    ranked = {name: evaluation.rankings(model, part) for name, part in close.items()}
    threshold = evaluation.choose_threshold(close["validation"].label, ranked["validation"]["model"])
    tested = close["test"]
    metrics = {
        "horizon_hours": dataset.HORIZON,
        "rows": {
            name: {"rows": len(part), "positive": float(part.label.mean()), "hours": len(np.unique(part.hour))}
            for name, part in (("train", train), *close.items())
        },
        "test": evaluation.with_intervals(tested, ranked["test"], SEED),
        "test_by_asset": {
            asset: {
                "positive": float(tested.label[tested.asset == asset].mean()),
                **{
                    name: evaluation.quality(tested.label[tested.asset == asset], ranking[tested.asset == asset])
                    for name, ranking in ranked["test"].items()
                },
            }
            for asset in ("SOL", "BTC", "ETH")
        },
        "score_threshold": {"logit": threshold, "units_of_2^-8": round(threshold * 256)},
        "operating_points": evaluation.operating_points(
            tested, ranked["validation"], ranked["test"], threshold, SEED
        ),
        "calibration": evaluation.calibration(tested.label, ranked["test"]["model"]),
        "score_table": evaluation.score_table(model, test),
        "debt_monotonicity": evaluation.debt_monotonicity(model, test),
        "importance": evaluation.importance(model, tested, SEED),
        "rolling_origin": evaluation.rolling_origin(rows, network.fit, SEED),
        "activation_ranges": [
            [float(values.min()), float(values.max())] for values in model.activations(rows.real)
        ],
    }
    return metrics, {"labels": tested.label, "rankings": ranked["test"], "threshold": threshold}


def rounded(value):
    """Four decimals: what the numbers can bear, and the same on every machine."""
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [rounded(item) for item in value]
    return round(value, 4) if isinstance(value, float) else value


def compare(fresh):
    """Prints how each regenerated file compares with the committed one. Integers must agree exactly, everywhere;
    another processor may round the training differently, so scores and metrics have a tolerance."""
    agreed = True
    for name in ("features.csv", "calibration.csv", "samples.json", "model.onnx", "metrics.json", "REPORT.md"):
        committed = FIXTURE if name == FIXTURE.name else HERE / name
        if not committed.exists():
            verdict, same = "not committed", False
        elif committed.read_bytes() == (fresh / name).read_bytes():
            verdict, same = "identical", True
        elif name in ("samples.json", "metrics.json"):
            distance = difference(json.loads(committed.read_text()), json.loads((fresh / name).read_text()))
            limit = 0.25 if name == "samples.json" else 0.02
            verdict, same = f"differs by up to {distance:.2g}, {limit} allowed", distance <= limit
        elif name in ("model.onnx", "REPORT.md"):
            verdict, same = "other bytes (see samples.json and metrics.json)", True
        else:
            verdict, same = "DIFFERS", False
        print(f"{name}: {verdict}")
        agreed &= same
    return agreed


def difference(left, right):
    """Largest difference between the numbers of two equally shaped documents; infinite if the shapes differ."""
    if isinstance(left, dict) and isinstance(right, dict) and left.keys() == right.keys():
        return max((difference(left[key], right[key]) for key in left), default=0)
    if isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        return max((difference(*pair) for pair in zip(left, right)), default=0)
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        return abs(left - right) / max(1, abs(left))
    return 0 if left == right else float("inf")


if __name__ == "__main__":
    main()
