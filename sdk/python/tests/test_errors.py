"""Wrong inputs of every kind: a code, a message in this module's words, and nothing but exceptions of this module."""

from __future__ import annotations

import copy
import pickle
from datetime import date
from pathlib import Path
from typing import Any, Callable

import numpy as np
import pytest

import assay
from assay._errors import in_python
from conftest import LINEAR

ONNX, ROWS = LINEAR / "model.onnx", LINEAR / "calibration.csv"
N = 6
CASES: list[tuple[str, Callable[[], Any], str, str]] = [
    ("no model", lambda: assay.compile(b"nothing", ROWS), "compile", "onnx.ModelProto"),
    ("empty model", lambda: assay.compile(b"", ROWS), "compile", ""),
    ("no file", lambda: assay.compile("absent.onnx", ROWS), "io", "absent.onnx"),
    ("no estimator", lambda: assay.compile(object(), ROWS), "argument", "exporter"),
    ("no samples", lambda: assay.compile(ONNX, "absent.csv"), "io", "absent.csv"),
    ("empty array", lambda: assay.compile(ONNX, np.zeros((0, N))), "compile", ""),
    ("wrong width", lambda: assay.compile(ONNX, np.zeros((9, N + 1))), "compile", ""),
    ("a number", lambda: assay.compile(ONNX, 3.5), "argument", "single value"),
    ("ragged", lambda: assay.compile(ONNX, [[1.0], [1.0, 2.0]]), "argument", ""),
    ("complex numbers", lambda: assay.compile(ONNX, np.zeros((9, N), complex)), "argument", "complex128"),
    ("dates", lambda: assay.compile(ONNX, np.zeros((9, N), "datetime64[s]")), "argument", "datetime64"),
    ("NaN", lambda: assay.compile(ONNX, np.full((9, N), np.nan)), "compile", ""),
    ("text", lambda: assay.compile(ONNX, np.full((9, N), "x")), "compile", ""),
    ("wide integers", lambda: assay.compile(ONNX, np.full((9, N), 2**60)), "argument", "2^53"),
    ("masked numbers", lambda: assay.compile(ONNX, np.ma.masked_array(np.zeros((9, N)), mask=np.eye(9, N) > 0)), "compile", "is missing"),
    ("bytes of no text", lambda: assay.compile(ONNX, np.full((9, N), b"\xff")), "argument", "Unicode"),
    ("half a character", lambda: assay.compile(ONNX, np.full((9, N), "\udcff")), "argument", "Unicode"),
    ("dates as objects", lambda: assay.compile(ONNX, np.full((9, N), date(2020, 1, 1))), "argument", "a date"),
    ("empty dict", lambda: assay.compile(ONNX, {}), "argument", "empty"),
    ("unknown column", lambda: assay.compile(ONNX, {"nobody": np.zeros(9)}), "compile", ""),
    ("lengths differ", lambda: assay.compile(ONNX, {"a": np.zeros(3), "b": np.zeros(4)}), "argument", "'a' 3, 'b' 4"),
    ("an open file", lambda: assay.compile(ONNX.open("rb"), ROWS), "argument", "BufferedReader"),
    ("an empty path", lambda: assay.compile("", ROWS), "io", "No such file"),
    ("a path of NUL", lambda: assay.compile(ONNX, "a\0b"), "io", ""),
    ("max_error of 0", lambda: assay.compile(ONNX, ROWS, max_error=0), "compile", "max error 0"),
    ("max_error of text", lambda: assay.compile(ONNX, ROWS, max_error="x"), "argument", "max_error"),  # type: ignore[arg-type]
    ("flips below 0", lambda: assay.compile(ONNX, ROWS, max_flips=-1), "argument", ""),
    ("unknown width", lambda: assay.compile(ONNX, ROWS, widths="some"), "compile", "'calibrated'"),  # type: ignore[arg-type]
    ("unknown keyword", lambda: assay.compile(ONNX, ROWS, ranges="some"), "compile", "'lookup'"),  # type: ignore[arg-type]
    ("format of text", lambda: assay.compile(ONNX, ROWS, input_format="wide"), "argument", "(15, 12)"),  # type: ignore[arg-type]
    ("format of fractions", lambda: assay.compile(ONNX, ROWS, input_format=(15.5, 12)), "argument", "(15, 12)"),  # type: ignore[arg-type]
    ("format of 300 bits", lambda: assay.compile(ONNX, ROWS, input_format=(300, 1)), "argument", "2 to 32"),
    ("format of 40 bits", lambda: assay.compile(ONNX, ROWS, input_format=(40, 1)), "compile", "40 bits"),
    ("unknown domain", lambda: assay.compile(ONNX, ROWS, domain={"nobody": (0, 1)}), "compile", "nobody"),
    ("empty domain", lambda: assay.compile(ONNX, ROWS, domain={"nobody": 3}), "argument", "(min, max)"),  # type: ignore[dict-item]
    ("domain of text", lambda: assay.compile(ONNX, ROWS, domain={"a": "01"}), "argument", "(min, max)"),  # type: ignore[dict-item]
    ("domain beyond numbers", lambda: assay.compile(ONNX, ROWS, domain={"a": (0, 10**400)}), "argument", "(min, max)"),
    ("unknown commit", lambda: assay.compile(ONNX, ROWS, commit="nobody"), "compile", "nobody"),
    ("unknown output", lambda: assay.compile(ONNX, ROWS, output="nobody"), "compile", "output="),
    ("shape of text", lambda: assay.compile(ONNX, ROWS, shape=3), "argument", "{'time': 24}"),  # type: ignore[arg-type]
    ("margin below 0", lambda: assay.compile(ONNX, ROWS, margin=-1), "compile", "margin -1"),
    ("name of half a character", lambda: assay.compile(ONNX, ROWS, name="\udcff"), "argument", "name="),
    ("member of text", lambda: assay.compile(ONNX, ROWS, member="x"), "argument", "member="),  # type: ignore[arg-type]
    ("long name", lambda: assay.compile(ONNX, ROWS, name="x" * 33), "compile", ""),
    ("tree of depth 99", lambda: assay.compile(ONNX, ROWS, member=("x", 99)), "compile", "depth 99"),
    ("progress of text", lambda: assay.compile(ONNX, ROWS, progress="bar"), "argument", "progress="),  # type: ignore[arg-type]
    ("no compiled model", lambda: assay.load(b"nothing"), "model-file", ""),
    ("nothing to load", lambda: assay.load(None), "argument", "NoneType"),  # type: ignore[arg-type]
    ("no path of a key", lambda: assay.Key.load(3), "argument", "int"),  # type: ignore[arg-type]
    ("no bytes of a proof", lambda: assay.Proof.from_bytes("x"), "argument", "str"),  # type: ignore[arg-type]
    ("a folder", lambda: assay.load("/"), "io", ""),
    ("no key", lambda: assay.Key.load(ONNX), "key-file", ""),
    ("no verifying key", lambda: assay.VerifyingKey.load(ONNX), "key-file", ""),
    ("no proof", lambda: assay.Proof.from_bytes(b"nothing"), "proof-file", ""),
    ("no proof file", lambda: assay.Proof.load("absent.proof"), "io", "absent.proof"),
]


@pytest.mark.parametrize("act, code, part", [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_cannot_be_done_says_why(act: Callable[[], Any], code: str, part: str) -> None:
    with pytest.raises(assay.AssayError) as caught:
        act()
    error = caught.value
    assert error.code == code, str(error)
    assert part in str(error) and error.message and "--" not in str(error), str(error)


def test_values_that_a_model_does_not_take(linear: assay.Compiled, key: assay.Key, row: dict[str, float]) -> None:
    def refused(x: Any) -> assay.AssayError:
        with pytest.raises(assay.AssayError) as caught:
            linear.prove(x, key)
        return caught.value

    names, numbers = list(row), list(row.values())
    beyond = {**row, names[0]: 1e9}
    error = refused(beyond)
    assert error.code == "input" and names[0] in str(error) and "domain" in str(error)
    assert refused({**row, names[0]: float("nan")}).code in ("input", "samples")
    assert refused({**row, names[0]: float("inf")}).code in ("input", "samples")
    assert refused({**row, names[0]: "much"}).code == "samples"
    assert refused({name: row[name] for name in names[1:]}).code == "samples"
    assert refused(numbers[1:]).code == "samples"
    error = refused([numbers, numbers])
    assert error.code == "samples" and "2 rows" in str(error)
    for wrong in (b"short", "zz", "ab" * 31, 7):
        with pytest.raises(assay.AssayError) as caught:
            linear.prove(row, key, context=wrong)  # type: ignore[arg-type]
        assert caught.value.code == "argument"
    for wrong_key in ("key", key.verifying_key):
        with pytest.raises(assay.AssayError) as caught:
            linear.prove(row, wrong_key)  # type: ignore[arg-type]
        assert caught.value.code == "argument"
    with pytest.raises(assay.AssayError) as caught:
        linear.verify(7, key)  # type: ignore[arg-type]
    assert caught.value.code == "argument"


def test_the_row_is_named(linear: assay.Compiled, row: dict[str, float]) -> None:
    rows = np.array([list(row.values())] * 4)
    rows[2, 0] = 1e9
    with pytest.raises(assay.AssayError) as caught:
        linear.run(rows)
    assert (caught.value.code, caught.value.row) == ("input", 2) and str(caught.value).startswith("row 3: ")
    with pytest.raises(assay.AssayError) as missing:
        linear.run([*rows[:1], rows[1] * np.nan])
    assert (missing.value.code, missing.value.row) == ("samples", 1) and str(missing.value).startswith("row 2, ")
    again = pickle.loads(pickle.dumps(caught.value))
    assert (again.code, again.row, str(again)) == ("input", 2, str(caught.value))


def test_questions_that_make_no_sense(linear: assay.Compiled, key: assay.Key, proof: assay.Proof, tmp_path: Path) -> None:
    asked: list[tuple[Callable[[], object], str]] = [
        (lambda: linear.verify(proof, key, salts="{}"), "x="),
        (lambda: linear.verify(proof, key, membership="{}"), "x="),
        (lambda: linear.verify(proof, key, root=7), "root="),  # type: ignore[arg-type]
        (lambda: linear.save(None), "path"),  # type: ignore[arg-type]
        (lambda: key.save(tmp_path / "m.pk", setup_record=tmp_path / "m.pk"), "setup_record="),
        (lambda: key.save(tmp_path / "m.pk", setup_record=tmp_path / "m.vk"), "setup_record="),
    ]
    for act, part in asked:
        with pytest.raises(assay.AssayError) as caught:
            act()
        assert caught.value.code == "argument" and part in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_what_goes_to_other_processes(linear: assay.Compiled, key: assay.Key, proof: assay.Proof) -> None:
    again = pickle.loads(pickle.dumps(linear))
    assert again.circuit == copy.deepcopy(linear).circuit == linear.circuit
    sent = pickle.loads(pickle.dumps(proof))
    assert sent == proof and "not verified" in repr(sent)
    assert again.verify(sent, pickle.loads(pickle.dumps(key.verifying_key))).integers == proof.integers
    with pytest.raises(TypeError, match="Key.save"):
        pickle.dumps(key)


def test_a_loaded_model_has_no_report(linear: assay.Compiled) -> None:
    with pytest.raises(assay.AssayError) as caught:
        assay.load(linear.to_bytes()).report
    assert caught.value.code == "no-report"


def test_remedies_are_in_this_modules_words() -> None:
    for command_line, here in [
        ("with --domain 'ltv=0:1.5'", "with domain={'ltv': (0, 1.5)}"),
        ("compile with --margin 50%.", "compile with margin=0.5."),
        ("--max-error 0.04", "max_error=0.04"),
        ("--max-error=0.04 is met", "max_error=0.04 is met"),
        ("--input-format 15:12", "input_format=(15, 12)"),
        ("--exact-floats=INPUT names", "exact_floats=['INPUT'] names"),
        ("give --exact-floats, or", "give exact_floats=, or"),
        ("`assay inspect` shows", "`Compiled.inputs` shows"),
        ("`assay prove --witness`", "`Compiled.prove`"),
        ("a - b -- c", "a - b -- c"),
    ]:
        assert in_python(command_line) == here


def test_codes_are_unique_to_their_class() -> None:
    assert issubclass(assay.InvalidProof, assay.AssayError) and not issubclass(assay.AssayError, ValueError)
    assert Path(assay.__file__ or "").with_name("py.typed").is_file()
