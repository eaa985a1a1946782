"""Models of the repository, the keys of one, and the command line."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any, Callable

import pytest

import assay

_CACHE = tempfile.TemporaryDirectory(prefix="assay-tests-")
os.environ["XDG_CACHE_HOME"] = _CACHE.name  # keys that were checked are noted there, not among the user's

ROOT = Path(__file__).resolve().parents[3]
MODELS = ROOT / "models"
LINEAR = MODELS / "suite" / "linear-score"
CREDIT = MODELS / "credit-score"


@pytest.fixture(scope="session")
def linear() -> assay.Compiled:
    return assay.compile(LINEAR / "model.onnx", LINEAR / "calibration.csv", max_error=0.01)


@pytest.fixture(scope="session")
def row(linear: assay.Compiled) -> dict[str, float]:
    """The middle of the domain."""
    return {feature.name: (feature.min + feature.max) / 2 for tensor in linear.inputs for feature in tensor.features}


@pytest.fixture(scope="session")
def key(linear: assay.Compiled) -> assay.Key:
    return linear.setup(seed=bytes(31) + b"\1", progress=False)


@pytest.fixture(scope="session")
def proof(linear: assay.Compiled, key: assay.Key, row: dict[str, float]) -> assay.Proof:
    return linear.prove(row, key, context=b"\x1f" * 32)


Command = Callable[..., Any]


@pytest.fixture(scope="session")
def command() -> Command:
    """The command line, of which the answer is its JSON: `ASSAY_BINARY`, or the release build."""
    binary = Path(os.environ.get("ASSAY_BINARY", ROOT / "target/release/assay"))
    if not binary.is_file():
        pytest.skip(f"{binary} is not there: `cargo xtask python` builds it")

    def run(*arguments: object, fails: bool = False) -> Any:
        words = [str(binary), *map(str, arguments), "--json"]
        done = subprocess.run(words, capture_output=True, text=True, timeout=300)
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        return json.loads(done.stdout)

    run.binary = binary  # type: ignore[attr-defined]
    return run
