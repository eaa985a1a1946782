"""EZKL's steps on a folder of `models.py`, one a process: python ezkl_steps.py STEP FOLDER.

Input and output public and weights fixed in the circuit, as in Assay's statements; an image is private, where Assay hides it
behind a commitment. Everything else is EZKL's default. Prints one line of JSON.
"""

import json
import os
import sys
import time
from pathlib import Path

import ezkl
import numpy as np

CALIBRATION_ROWS = 8


def calibrate(folder):
    rows = np.load("calibration.npy")
    as_input = lambda part: {"input_data": [part.ravel().tolist()]}  # noqa: E731
    Path("input.json").write_text(json.dumps(as_input(rows[:1])))
    Path("samples.json").write_text(json.dumps(as_input(rows[:CALIBRATION_ROWS])))
    args = ezkl.PyRunArgs()
    args.input_visibility = "private" if rows.ndim == 4 else "public"
    args.output_visibility, args.param_visibility = "public", "fixed"
    ezkl.gen_settings("network.onnx", "settings.json", py_run_args=args)
    ezkl.calibrate_settings("samples.json", "network.onnx", "settings.json", "resources")
    ezkl.compile_circuit("network.onnx", "network.ezkl", "settings.json")
    settings = json.loads(Path("settings.json").read_text())
    return {"rows": settings["num_rows"], "logrows": settings["run_args"]["logrows"]}


def srs(folder):
    """A string of a development setup, made here; real ones come from a ceremony that every circuit shares."""
    ezkl.gen_srs("kzg.srs", json.loads(Path("settings.json").read_text())["run_args"]["logrows"])
    return {"srs_bytes": os.path.getsize("kzg.srs")}


def setup(folder):
    ezkl.setup("network.ezkl", "vk.key", "pk.key", srs_path="kzg.srs")
    return {"pk_bytes": os.path.getsize("pk.key"), "vk_bytes": os.path.getsize("vk.key")}


def prove(folder):
    ezkl.gen_witness("input.json", "network.ezkl", "witness.json")
    start = time.perf_counter()
    ezkl.prove("witness.json", "network.ezkl", "pk.key", "proof.json", srs_path="kzg.srs")
    inside = time.perf_counter() - start
    proof = json.loads(Path("proof.json").read_text())["proof"]
    said = json.loads(Path("witness.json").read_text())["pretty_elements"]["rescaled_outputs"][0]
    expected = json.loads(Path("expected.json").read_text())
    return {
        "proof_bytes": len(proof) if isinstance(proof, list) else len(proof) // 2 - 1,
        "error": max(abs(float(a) - b) for a, b in zip(said, expected, strict=True)),
        "inside_seconds": inside,
    }


def verify(folder):
    if not ezkl.verify("proof.json", "settings.json", "vk.key", srs_path="kzg.srs"):
        raise SystemExit("EZKL does not verify its own proof")
    return {}


STEPS = {step.__name__: step for step in (calibrate, srs, setup, prove, verify)}

if __name__ == "__main__":
    name, where = sys.argv[1:]
    os.chdir(where)
    print(json.dumps(STEPS[name](where)))
