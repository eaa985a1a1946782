"""Trains the credit-score network and writes everything that is committed about it.

    python train.py            write model, calibration, samples, metrics, report, chart
    python train.py --check    do it again in a scratch folder and compare with the committed files

`--assay` names the compiler (`cargo build --release -p assay-cli`): the report holds what the circuit's integers say.
"""

import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "common"))

import mlp  # noqa: E402, F401 (sets numpy's threads)
import numpy as np  # noqa: E402
import onnx  # noqa: E402
from sklearn.model_selection import train_test_split  # noqa: E402

import artifacts  # noqa: E402
import evaluation  # noqa: E402
import features  # noqa: E402
import quantized  # noqa: E402
import report  # noqa: E402
import scorer  # noqa: E402

SEED = 2024
TEST_ROWS, SAMPLE_ROWS = 250, 200
PUBLIC = ("--input-format", "5:0", "--max-error-calibrated", "0.05")
OPTIONS = (*PUBLIC, "--commit", "applicant")


def produce(folder, assay):
    """Runs the whole pipeline into `folder`."""
    rows, bad = features.load()
    codes = np.array([features.encode(row) for row in rows])
    assert codes.min() >= 0 and codes.max() <= features.LARGEST
    train, test = (
        np.sort(part)
        for part in train_test_split(np.arange(len(rows)), test_size=TEST_ROWS, stratify=bad, random_state=SEED)
    )
    model = scorer.fit(codes[train], bad[train], SEED)
    exported = model.to_onnx()
    onnx.save(exported, folder / "model.onnx")
    rng = np.random.default_rng(SEED)
    quantized.write_table(folder / "calibration.csv", features.NAMES, codes[train])
    samples = codes[np.sort(rng.choice(test, SAMPLE_ROWS, replace=False))]
    artifacts.write_samples(folder / "samples.json", exported, "applicant", "tier", samples)

    metrics = artifacts.rounded(measure(model, rows, codes, bad, train, test, folder, assay))
    artifacts.write_metrics(folder / "metrics.json", metrics)
    report.write(folder, metrics)


def measure(model, rows, codes, bad, train, test, folder, assay):
    """Everything that the report says."""
    encodings = {
        evaluation.MODEL: codes,
        evaluation.CODES: codes,
        evaluation.ONE_HOT: features.one_hot(rows),
        evaluation.EVERYTHING: features.one_hot(rows, features.UNUSED),
    }
    folds, unseen = evaluation.folds(encodings, bad, train, SEED)
    scores = {evaluation.MODEL: model.scores(codes)}
    for name, inputs in encodings.items():
        if name != evaluation.MODEL:
            scores[name] = evaluation.logistic(inputs[train], bad[train], SEED)(inputs)
    hidden = quantized.compiled(assay, folder, OPTIONS, features.NAMES, codes)
    public = quantized.compiled(assay, folder, PUBLIC, features.NAMES, codes)
    assert (hidden.outputs == public.outputs).all()
    with tempfile.TemporaryDirectory() as scratch:
        onnx.save(model.score_to_onnx(), Path(scratch) / "model.onnx")
        quantized.write_table(Path(scratch) / "calibration.csv", features.NAMES, codes[train])
        ranking = quantized.compiled(assay, Path(scratch), PUBLIC, features.NAMES, codes).outputs[:, 0]
    return {
        "rows": {"train": len(train), "test": len(test), "test_bad": float(bad[test].mean())},
        "thresholds": list(scorer.THRESHOLDS),
        "folds": folds,
        "fold_tiers": evaluation.by_tier(scorer.tiers(unseen[train]), bad[train]),
        "test": evaluation.held_out({name: values[test] for name, values in scores.items()}, bad[test], SEED),
        "quantized": evaluation.quantized(
            hidden.outputs[:, 0], model.tiers(codes), ranking, scores[evaluation.MODEL], bad, test
        ),
        "circuit": hidden.cost(),
        "circuit_public": public.cost(),
    }


if __name__ == "__main__":
    artifacts.main(HERE, __doc__, produce, ("calibration.csv",))
