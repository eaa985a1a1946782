"""What the compiler makes of a model: its integers' answers, its constraints, its time to prove."""

import csv
import json
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent.parent
BENCH_RUNS = 30


@dataclass(frozen=True)
class Compiled:
    """A compiled model: the options that made it, the compiler's report, and its answers and costs."""

    options: tuple
    report: dict
    outputs: np.ndarray  # integers, one row a row of the inputs
    bench: dict

    def cost(self):
        """What `metrics.json` says of the circuit."""
        circuit, ranges = self.report["circuit"], self.report["ranges"]
        times = dict(self.bench["model"]["times"])
        return {
            "options": " ".join(self.options),
            "constraints": circuit["constraints"],
            "domain": circuit["domain"],
            "ranges": ranges["chosen"],
            "constraints_by_lookups": ranges["lookups"]["constraints"] if ranges.get("lookups") else None,
            "verify_by_cpi_compute_units": self.report["compute_units"]["verify_by_cpi"],
            "proving_ms_as_the_compiler_estimates": ranges[ranges["chosen"]]["proving"]["typical"]["with_ifma_ms"],
            "largest_error_on_calibration": max(output["max_error"] for output in self.report["outputs"]),
            "measured": {
                "arithmetic": self.bench["machine"]["backend"],
                "threads": self.bench["machine"]["threads"],
                "witness_and_prove_ms": times["witness + prove"]["median_ms"],
                "fastest_ms": times["witness + prove"]["min_ms"],
            },
        }


def compiled(assay, folder, options, names, inputs):
    """Compiles `model.onnx` of a folder with its `calibration.csv`, and runs it on `inputs`, rows of real numbers."""
    with tempfile.TemporaryDirectory() as scratch:
        target, table, report = (Path(scratch) / name for name in ("model.assay", "inputs.csv", "report.json"))
        write_table(table, names, inputs)
        command = ["compile", folder / "model.onnx", "--calibration", folder / "calibration.csv", *options]
        call(assay, *command, "--report", report, "-o", target)
        rows = json.loads(call(assay, "run", "--model", target, "--input", table, "--all", "--json"))["rows"]
        bench = json.loads(call(assay, "bench", "--model", target, "--runs", BENCH_RUNS, "--json"))
        outputs = np.array([row["outputs"][0]["integers"] for row in rows])
        return Compiled(tuple(options), json.loads(report.read_text())["assay_report"], outputs, bench)


def call(assay, *arguments):
    """Standard output of a command of `assay`; its message where it fails."""
    done = subprocess.run([assay, "--quiet", *map(str, arguments)], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, done.args))}\n{done.stderr}{done.stdout}")
    return done.stdout


def write_table(path, names, real):
    with open(path, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names)
        writer.writerows([repr(float(value)) for value in row] for row in real)
