"""The files that are committed beside a model, and their comparison with those of another run."""

import argparse
import json
import sys
import tempfile
from pathlib import Path

import numpy as np
from onnx.reference import ReferenceEvaluator

from quantized import ROOT

# What another processor may change: training rounds differently, and times are the machine's.
TOLERANCE = {"samples.json": 0.25, "metrics.json": 0.05}
FLOATING = ("model.onnx", "REPORT.md")
MACHINE = "measured"


def main(here, description, produce, exact):
    """The command line of a `train.py`. produce(folder, assay) writes everything; `exact` files must agree exactly."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare with the committed files, write nothing")
    parser.add_argument("--assay", type=Path, default=ROOT / "target" / "release" / "assay", help="the compiler")
    given = parser.parse_args()
    if not given.assay.exists():
        parser.error(f"{given.assay} is missing: cargo build --release -p assay-cli")
    if not given.check:
        produce(here, given.assay)
        return
    with tempfile.TemporaryDirectory() as scratch:
        produce(Path(scratch), given.assay)
        names = (*exact, "samples.json", "metrics.json", *FLOATING)
        verdicts = [verdict(name, here / name, Path(scratch) / name) for name in names]
        sys.exit(0 if all(verdicts) else 1)


def verdict(name, committed, fresh):
    """Whether a regenerated file agrees with the committed one, printed."""
    if not committed.exists():
        text, same = "not committed", False
    elif committed.read_bytes() == fresh.read_bytes():
        text, same = "identical", True
    elif name in TOLERANCE:
        distance = difference(json.loads(committed.read_text()), json.loads(fresh.read_text()))
        text, same = f"differs by up to {distance:.2g}, {TOLERANCE[name]} allowed", distance <= TOLERANCE[name]
    elif name in FLOATING:
        text, same = "other bytes (see samples.json and metrics.json)", True
    else:
        text, same = "DIFFERS", False
    print(f"{name}: {text}")
    return same


def difference(left, right):
    """Largest difference between the numbers of two equally shaped documents; infinite if the shapes differ."""
    if isinstance(left, dict) and isinstance(right, dict) and left.keys() == right.keys():
        return max((difference(left[key], right[key]) for key in left if key != MACHINE), default=0)
    if isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        return max((difference(*pair) for pair in zip(left, right)), default=0)
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        return abs(left - right) / max(1, abs(left))
    return 0 if left == right else float("inf")


def write_metrics(path, metrics):
    path.write_text(json.dumps(rounded(metrics), indent=2) + "\n")


def rounded(value):
    """Four decimals: what the numbers can bear, and the same on every machine."""
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [rounded(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    return round(value, 4) if isinstance(value, float) else value


def write_samples(path, exported, tensor, output, real):
    """Inputs and the float model's outputs, a row a decision. The inputs are exact: multiples of 2^-12."""
    evaluator = ReferenceEvaluator(exported)
    answers = [evaluator.run(None, {tensor: row[None].astype(np.float32)})[0].ravel() for row in real]
    inputs = ",\n".join("      " + json.dumps([float(value) for value in row]) for row in real)
    outputs = ",\n".join("      " + json.dumps([round(value.item(), 5) for value in row]) for row in answers)
    path.write_text(
        f'{{\n  "inputs": {{\n    "{tensor}": [\n{inputs}\n    ]\n  }},\n'
        f'  "outputs": {{\n    "{output}": [\n{outputs}\n    ]\n  }}\n}}\n'
    )


def percent(value):
    return f"{round(100 * value, 1):g} %"


def table(header, rows):
    """A Markdown table."""
    lines = ["| " + " | ".join(header) + " |", "| " + " | ".join("---" for _ in header) + " |"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def cost_text(cost):
    """What a report says of the circuit."""
    measured = cost["measured"]
    return (
        f"`assay compile model.onnx --calibration calibration.csv {cost['options']}`: **{cost['constraints']:,} constraints** (ranges by\n"
        f"{cost['ranges']}; FFT domain {cost['domain']:,}), {cost['verify_by_cpi_compute_units']:,} compute units to verify by CPI. "
        f"Witness and proof: {measured['fastest_ms']:.1f} ms at best,\n{measured['witness_and_prove_ms']:.1f} ms in the median, measured "
        f"with {measured['arithmetic']} on {measured['threads']} threads that other work shared; "
        f"the compiler's own estimate is {cost['proving_ms_as_the_compiler_estimates']:.1f} ms on two idle cores."
    )
