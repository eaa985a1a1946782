"""Trains the anomaly-filter network and writes everything that is committed about it.

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
import filter as anomaly  # noqa: E402
import fixture  # noqa: E402
import quantized  # noqa: E402
import report  # noqa: E402

SEED = 2024
CALIBRATION_ROWS, SAMPLE_ROWS, ATTACKED_ROUNDS = 768, 200, 60
OPTIONS = ("--input-format", "15:12", "--output-format", "16:8", "--max-error-calibrated", "0.3")


def produce(folder, assay):
    """Runs the whole pipeline into `folder`."""
    parts = dataset.build(SEED)
    train, test = parts["train"], parts["test"]
    model = anomaly.fit(train, SEED)
    exported = model.to_onnx()
    onnx.save(exported, folder / "model.onnx")

    rng = np.random.default_rng(SEED)
    quantized.write_table(folder / "calibration.csv", features.NAMES, train.real[pick(rng, train, CALIBRATION_ROWS)])
    artifacts.write_samples(
        folder / "samples.json", exported, "sources", "scores", test.real[pick(rng, test, SAMPLE_ROWS)]
    )
    fixture.write(folder / "features.csv", [test.raw[i] for i in pick(rng, test, fixture.REAL_ROWS)])

    compiled = quantized.compiled(assay, folder, OPTIONS, features.NAMES, test.real)
    metrics = artifacts.rounded(measure(model, parts, compiled))
    artifacts.write_metrics(folder / "metrics.json", metrics)
    report.write(folder, metrics)


def pick(rng, rows, count):
    return np.sort(rng.choice(len(rows), count, replace=False))


def measure(model, parts, compiled):
    """Everything that the report says."""
    validation, test = parts["validation"], parts["test"]
    faults = dataset.TRAINED + dataset.UNSEEN
    judges = evaluation.judges(model)
    limits = {name: evaluation.threshold(judge(validation), validation) for name, judge in judges.items()}
    least = evaluation.score_threshold(model, validation)
    limits[evaluation.MODEL] = -least / evaluation.SCALE
    suspicions = {name: judge(test) for name, judge in judges.items()}
    outs = {name: suspicion >= limits[name] for name, suspicion in suspicions.items()}
    outs[evaluation.MODEL] = suspicions[evaluation.MODEL] > limits[evaluation.MODEL]
    groups = {"sound": ["none"], **{fault: [fault] for fault in faults if fault != "none"}}
    return {
        "rows": {
            name: {
                "rounds": len(part),
                "sources": int(part.present.sum()),
                "wrong": int(part.wrong.sum()),
                "hours": len(np.unique(part.hour)),
            }
            for name, part in parts.items()
        },
        "score_threshold": {"logit": least / evaluation.SCALE, "units_of_2^-8": least},
        "thresholds": {name: limit for name, limit in limits.items() if name != evaluation.MODEL},
        "test": {name: evaluation.detection(suspicions[name], out, test, faults) for name, out in outs.items()},
        "model_leads_by": {
            name: evaluation.by_lead(outs[evaluation.MODEL], out, test, SEED)
            for name, out in outs.items()
            if name != evaluation.MODEL
        },
        "found_by_size": evaluation.by_size(outs, test),
        "large_misses": evaluation.large_misses(outs[evaluation.MODEL], test),
        "published": evaluation.price_errors(outs, test, groups),
        "attack_tries": attack.STEPS * attack.TRIES,
        "attacked_rounds": ATTACKED_ROUNDS,
        "attacks": attack.table(judges, limits, test, ATTACKED_ROUNDS, SEED),
        "quantized": evaluation.quantized(compiled.outputs, model, test, least, faults),
        "circuit": compiled.cost(),
    }


if __name__ == "__main__":
    artifacts.main(HERE, __doc__, produce, ("features.csv", "calibration.csv"))
