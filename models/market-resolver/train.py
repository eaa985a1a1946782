"""Trains the market-resolver network and writes everything that is committed about it.

    python train.py            write model, calibration, samples, metrics, report, chart, feature fixture
    python train.py --check    do it again in a scratch folder and compare with the committed files

`--assay` names the compiler (`cargo build --release -p assay-cli`): the report holds what the circuit's integers say.
"""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "common"))

import mlp  # noqa: E402, F401 (sets numpy's threads)
import numpy as np  # noqa: E402
import onnx  # noqa: E402

import artifacts  # noqa: E402
import attack  # noqa: E402
import dataset  # noqa: E402
import evaluation  # noqa: E402
import features  # noqa: E402
import fixture  # noqa: E402
import quantized  # noqa: E402
import report  # noqa: E402
import resolver  # noqa: E402

SEED = 2024
CALIBRATION_ROWS, SAMPLE_ROWS = 768, 200
OTHER_LENGTHS = (12, 18, 31)
OPTIONS = ("--input-format", "15:12", "--output-format", "16:10", "--max-error-calibrated", "0.04")


def produce(folder, assay):
    """Runs the whole pipeline into `folder`."""
    parts = dataset.build(SEED)
    train, test = parts["train"], parts["test"]
    model = resolver.fit(train.real, train.truth, SEED)
    exported = model.to_onnx()
    onnx.save(exported, folder / "model.onnx")

    rng = np.random.default_rng(SEED)
    quantized.write_table(folder / "calibration.csv", features.NAMES, train.real[pick(rng, train, CALIBRATION_ROWS)])
    artifacts.write_samples(
        folder / "samples.json", exported, "features", "volatility", test.real[pick(rng, test, SAMPLE_ROWS)]
    )
    fixture.write(folder / "features.csv", [test.prices[i] for i in pick(rng, test, fixture.REAL_ROWS)])

    compiled = quantized.compiled(assay, folder, OPTIONS, features.NAMES, test.real)
    metrics = artifacts.rounded(measure(model, parts, compiled))
    artifacts.write_metrics(folder / "metrics.json", metrics)
    report.write(folder, metrics)


def pick(rng, rows, count):
    return np.sort(rng.choice(len(rows), count, replace=False))


def estimated(model, rows):
    return {evaluation.MODEL: model.estimates(rows.real), **evaluation.plain(rows)}


def measure(model, parts, compiled):
    """Everything that the report says."""
    test = parts["test"]
    rules = estimated(model, test)
    kinds = dataset.TRAINED + dataset.UNSEEN
    sound = test[test.fault == "none"]
    return {
        "rows": {
            name: {"windows": len(part), "hours": len(np.unique(part.hour)), "median": float(np.median(part.truth))}
            for name, part in parts.items()
        },
        "validation": {
            name: evaluation.quality(estimates, parts["validation"])
            for name, estimates in estimated(model, parts["validation"]).items()
        },
        "test": evaluation.with_leads(rules, test, SEED),
        "by_fault": evaluation.by_group(rules, test, test.fault, kinds),
        "sound_by_sources": evaluation.by_group(estimated(model, sound), sound, sound.sources, features.SOURCES),
        "by_length": {
            str(returns): {
                name: evaluation.quality(estimates, rows) for name, estimates in estimated(model, rows).items()
            }
            for returns, rows in ((n, dataset.test_of_length(SEED, n)) for n in OTHER_LENGTHS)
        },
        "attack_tries": attack.STEPS * attack.TRIES,
        "attacks": evaluation.attacks(
            {
                evaluation.MODEL: lambda inputs: model.estimates(features.real(inputs)),
                evaluation.MEDIAN: evaluation.of_medians,
                "median return": evaluation.of_returns,
            },
            SEED,
        ),
        "quantized": evaluation.quantized(compiled.outputs, rules[evaluation.MODEL], test),
        "circuit": compiled.cost(),
    }


if __name__ == "__main__":
    artifacts.main(HERE, __doc__, produce, ("features.csv", "calibration.csv"))
