"""What the command line writes this module reads, and the reverse; the integers are those of the Rust reference."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

import assay
from assay._compile import OPTIONS
from conftest import CREDIT, LINEAR, Command


def test_every_row_is_what_the_rust_reference_computes(command: Command, tmp_path: Path) -> None:
    onnx, rows, path = CREDIT / "model.onnx", CREDIT / "calibration.csv", tmp_path / "credit.assay"
    compiled = assay.compile(onnx, rows, input_format=(20, 8), margin=0.25, max_error_calibrated=0.05, threshold=3)
    compiled.save(path)
    options = ["--input-format", "20:8", "--margin", "25%", "--max-error-calibrated", 0.05, "--threshold", 3]
    command("compile", onnx, rows, *options, "-o", tmp_path / "cli.assay")
    assert path.read_bytes() == (tmp_path / "cli.assay").read_bytes()

    answer = command("run", "--model", path, "--input", rows, "--all")
    expected = np.array([line["outputs"][0]["integers"] for line in answer["rows"]])
    outputs, name = compiled.run(rows), compiled.outputs[0].name
    assert len(expected) > 100
    assert np.array_equal(outputs.integers[name].reshape(expected.shape), expected)
    scale = compiled.outputs[0].scale
    assert isinstance(scale, int) and np.array_equal(outputs[name], outputs.integers[name] / 2.0**scale)
    assert np.array_equal(assay.load(path).run(rows)[name], outputs[name])

    table = np.genfromtxt(rows, delimiter=",", skip_header=1)
    assert np.array_equal(compiled.run(table).integers[name], outputs.integers[name])
    # As float32 a value may lie on the other side of the middle between two integers of the input's format, so a row of it may differ.
    assert compiled.run(table.astype(np.float32))[name].shape == outputs[name].shape


def test_files_of_either_serve_the_other(
    linear: assay.Compiled, key: assay.Key, proof: assay.Proof, row: dict[str, float], command: Command, tmp_path: Path
) -> None:
    model, pk, ours, theirs = (tmp_path / name for name in ("m.assay", "m.pk", "ours.proof", "theirs.proof"))
    linear.save(model)
    key.save(pk, setup_record=tmp_path / "m.secret")
    proof.save(ours)
    context = "1f" * 32
    vk = pk.with_suffix(".vk")
    answer = command(
        "verify", "--vk", vk, "--proof", ours, "--model", model, "--context", context, "--setup-record", tmp_path / "m.secret"
    )
    assert answer["valid"] and answer["digest"] == proof.statement["digest"] and answer["circuit_binding"] == "recomputed"
    for output in answer["outputs"]:
        assert output["integers"] == proof.integers[output["name"]].tolist()
    assert not command("verify", "--vk", vk, "--proof", ours, "--context", "00" * 32, fails=True)["valid"]

    (tmp_path / "x.json").write_text(json.dumps(row))
    command("prove", "--model", model, "--key", pk, "--input", tmp_path / "x.json", "--context", context, "-o", theirs)
    verified = linear.verify(theirs, assay.VerifyingKey.load(vk), context=context, x=row)
    assert verified.binding == "claimed" and verified.digest == proof.statement["digest"]
    assert linear.verify(assay.Proof.load(theirs), assay.Key.load(pk)).integers == proof.integers
    assert assay.verify(theirs, key, context=context).digest == proof.statement["digest"]

    command("setup", model, "--development", "-o", tmp_path, "--force")
    loaded = assay.load(model)
    loaded.key = assay.Key.load(pk)
    assert loaded.verify(loaded.prove(row)).outputs == proof.outputs


def test_every_option_of_the_command_line_is_a_keyword(command: Command) -> None:
    text = subprocess.run([command.binary, "compile", "--help"], capture_output=True, text=True, check=True).stdout  # type: ignore[attr-defined]
    options = {name.replace("-", "_") for name in re.findall(r"^ +(?:-\w, )?--([a-z-]+)", text, re.MULTILINE)}
    files = {"calibration", "to", "check", "report", "force", "json", "help", "quiet", "color", "no_progress"}
    elsewhere = {"weights"}  # committed ones go into files of their own, which the command line knows
    assert options - files - elsewhere == set(OPTIONS) - files
    described = assay.compile.__doc__ or ""
    assert all(f"\n        {option}: " in described for option in OPTIONS)


def test_compilation_is_deterministic(linear: assay.Compiled, tmp_path: Path) -> None:
    again = assay.compile((LINEAR / "model.onnx").read_bytes(), LINEAR / "calibration.csv", max_error=0.01)
    assert again.to_bytes() == linear.to_bytes() == assay.load(again.to_bytes()).to_bytes()
    assert again.circuit == linear.circuit and again.name == linear.name


def test_a_file_is_written_whole_or_not_at_all(linear: assay.Compiled, tmp_path: Path) -> None:
    with pytest.raises(assay.AssayError) as caught:
        linear.save(tmp_path / "absent" / "m.assay")
    assert caught.value.code == "io"
    assert list(tmp_path.iterdir()) == []


def test_secrets_are_readable_by_their_owner_only(linear: assay.Compiled, tmp_path: Path) -> None:
    linear.setup().save(tmp_path / "m.pk", setup_record=tmp_path / "m.secret")
    assert (tmp_path / "m.secret").stat().st_mode & 0o077 == 0
    with pytest.raises(assay.AssayError) as caught:
        assay.Key.load(tmp_path / "m.pk").save(tmp_path / "n.pk", setup_record=tmp_path / "n.secret")
    assert caught.value.code == "setup-record" and not (tmp_path / "n.pk").exists()


def test_a_member_of_a_tree(row: dict[str, float], command: Command, tmp_path: Path) -> None:
    tensor = assay.compile(LINEAR / "model.onnx", LINEAR / "calibration.csv").inputs[0].name
    compiled = assay.compile(LINEAR / "model.onnx", LINEAR / "calibration.csv", member=(tensor, 3))
    assert compiled.inputs[0].visibility == "member"
    model, x, secret, salt, leaves, path = (tmp_path / name for name in ("m.assay", "x.json", "k.json", "s.json", "l.txt", "p.json"))
    compiled.save(model)
    x.write_text(json.dumps(row))
    holder = command("member", "key", "--save-secret", secret)["key"]
    leaf = command("member", "leaf", "--model", model, "--input", x, "--key", holder, "--save-salt", salt)["leaf"]
    leaves.write_text(leaf + "\n")
    scope = "1f" * 32
    ways = ["--secret", secret, "--salt", salt, "--leaves", leaves, "--scope", scope, "-o", path]
    root = command("member", "path", "--model", model, "--input", x, *ways)["root"]

    compiled.setup()
    proof = compiled.prove(row, membership=path.read_text())
    assert proof.inputs == {} and proof.to_dict()["inputs"][0]["root"] == root
    assert compiled.verify(proof, root=root, scope=scope).to_dict()["inputs"][0]["scope"] == scope
    for asked in ({"root": "0x" + "00" * 32}, {"scope": "00" * 32}):
        with pytest.raises(assay.InvalidProof) as caught:
            compiled.verify(proof, **asked)  # type: ignore[arg-type]
        assert caught.value.code == "other-input"
    with pytest.raises(assay.AssayError) as refused:
        compiled.prove(row)
    assert refused.value.code == "member"
    with pytest.raises(assay.AssayError) as refused:
        compiled.verify(proof, root="root")
    assert refused.value.code == "member"
