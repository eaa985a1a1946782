"""Writes the corpus: every model, its calibration data and onnxruntime's answers, and `corpus.csv`, which lists them.

    python generate.py                     write all of it, and the ONNX project's node tests
    python generate.py --only forests      write these families' models, and keep the rest
    python generate.py --check             do it again in a scratch folder and compare with the committed files
"""

import argparse
import csv
import importlib
import os
import shutil
import sys
import tempfile
import warnings
from pathlib import Path

if os.environ.get("PYTHONHASHSEED") != "0":  # exporters go through sets
    os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", PYTHONHASHSEED="0")
    os.execv(sys.executable, [sys.executable, *sys.argv])
warnings.filterwarnings("ignore")

from families.case import COLUMNS, write  # noqa: E402

HERE = Path(__file__).resolve().parent
FAMILIES = {
    "linear": "linear models of scikit-learn",
    "kernels": "support vectors and perceptrons of scikit-learn",
    "forests": "trees of scikit-learn",
    "combined": "calibration and voting and stacking and naive Bayes and clusters of scikit-learn",
    "pipelines": "preprocessing of scikit-learn",
    "boosting": "boosting",
    "exact": "trees with exact floats",
    "scaled": "trees behind scalers",
    "pytorch": "PyTorch",
    "tails": "PyTorch on heavy tails",
    "rules": "rules and blocks by hand",
    "steps": "loops and sequences and what optimizers write",
    "files": "types and operator sets and files",
    "quantized": "integers already",
    "later": "to be refused",
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=FAMILIES, help="these families")
    parser.add_argument("--check", action="store_true", help="compare with the committed files, write nothing")
    arguments = parser.parse_args()
    families = arguments.only or list(FAMILIES)
    with tempfile.TemporaryDirectory() as scratch:
        rows = produce(Path(scratch), families)
        if arguments.check:
            sys.exit(compare(Path(scratch), rows, families))
        adopt(Path(scratch), rows, families)


def produce(folder, families):
    rows = []
    for family in families:
        module = importlib.import_module(f"families.{family}")
        for case in module.cases():
            case.family = case.family or FAMILIES[family]
            rows.append({"module": family} | write(case, folder / family / case.name))
            print(f"{family}: {case.name}", file=sys.stderr)
    return rows


def adopt(folder, rows, families):
    kept = [row for row in listed() if row["module"] not in families]
    for family in families:
        shutil.rmtree(HERE / family, ignore_errors=True)
        shutil.copytree(folder / family, HERE / family)
    with open(HERE / "corpus.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, ["module", *COLUMNS], lineterminator="\n")
        writer.writeheader()
        writer.writerows(sorted(kept + rows, key=lambda row: (list(FAMILIES).index(row["module"]), row["name"])))


def listed():
    path = HERE / "corpus.csv"
    return list(csv.DictReader(path.open())) if path.exists() else []


def compare(folder, rows, families):
    """The number of files that differ. On another processor training may differ in last bits, and all behind it."""
    differing = [row["name"] for row in rows if row not in listed()]
    committed = [row for row in listed() if row["module"] in families]
    for row in committed:
        fresh, old = (root / row["module"] / row["name"] for root in (folder, HERE))
        names = {path.name for path in [*fresh.glob("*"), *old.glob("*")]}
        differing += [f"{row['name']}/{n}" for n in sorted(names) if content(fresh / n) != content(old / n)]
    print("\n".join(f"{name}: DIFFERS" for name in differing) or f"{len(rows)} models: identical")
    return min(len(differing), 1)


def content(path):
    return path.read_bytes() if path.exists() else None


if __name__ == "__main__":
    main()
