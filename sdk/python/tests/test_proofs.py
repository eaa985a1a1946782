"""Proofs: what they show, and that none but the right one is taken for right."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest

import assay
from conftest import LINEAR, MODELS

CONTEXT = b"\x1f" * 32


def test_a_proof_shows_what_the_model_decides(
    linear: assay.Compiled, key: assay.Key, proof: assay.Proof, row: dict[str, float]
) -> None:
    verified = linear.verify(proof, key, context=CONTEXT, x=row)
    assert verified.setup == "development" == key.setup and verified.binding == "recomputed"
    (name,) = proof.outputs
    assert verified.outputs[name].tolist() == proof.outputs[name].tolist()
    assert linear.run([list(row.values())])[name].ravel().tolist() == proof.outputs[name].tolist()
    assert proof.public == int(verified.digest, 16) and proof.context == CONTEXT == verified.context
    assert json.loads(proof.to_json())["digest"] == verified.digest
    assert proof.seconds["prove"] > 0


def test_a_decision_says_its_side_and_how_certain_it_is(row: dict[str, float]) -> None:
    scores = assay.compile(LINEAR / "model.onnx", LINEAR / "calibration.csv")
    (score,) = scores.run([list(row.values())]).values()
    seen = {}
    for off in (-1.0, 0.0, 1.0):
        threshold = float(score.ravel()[0]) + off
        compiled = assay.compile(LINEAR / "model.onnx", LINEAR / "calibration.csv", threshold=threshold)
        compiled.setup()
        proof = compiled.prove(row)
        decision = proof.decision
        assert decision is not None and (decision.rule, decision.why, decision.position) == ("threshold", None, None)
        assert decision.band is not None and decision.band[0] <= threshold < decision.band[1] + 1
        assert decision.value == proof.outputs[decision.output][0] and decision.integer == proof.integers[decision.output][0]
        # What a verifier makes of the proof and the model's file is the same; the proof holds nothing of it.
        read = assay.Proof.from_bytes(proof.to_bytes())
        verified = assay.load(compiled.to_bytes()).verify(read, compiled.key)
        assert verified.decision == decision and verified.decisions == (decision,)
        seen[off] = (decision.side, decision.certain)
    assert seen[-1.0] == ("at_least", True) and seen[1.0] == ("below", True)
    assert seen[0.0][1] is False, seen
    scores.setup()
    undecided = scores.prove(row)
    assert undecided.decisions == () and undecided.decision is None


def test_an_explanation_has_both_models(row: dict[str, float]) -> None:
    compiled = assay.compile(LINEAR / "model.onnx", LINEAR / "calibration.csv", threshold=0)
    explained = compiled.explain(row, LINEAR / "model.onnx")
    (output,) = explained["outputs"]
    worst = output["worst"]
    (values,) = compiled.run([list(row.values())]).values()
    assert worst["integer"] == values.ravel()[0] and abs(worst["integer"] - worst["float"]) <= worst["bound"]
    assert explained["decisions"][0]["decided"][0]["integer"] == compiled.run([list(row.values())]).integers[output["name"]].ravel()[0]
    with pytest.raises(assay.AssayError) as caught:
        compiled.explain(row, MODELS / "suite" / "signal" / "model.onnx")
    assert caught.value.code == "other-source"


def test_rows_in_every_form_are_one(linear: assay.Compiled, key: assay.Key, proof: assay.Proof, row: dict[str, float]) -> None:
    pandas = pytest.importorskip("pandas")
    numbers = list(row.values())
    frame = pandas.DataFrame([row])
    tensor = linear.inputs[0].name
    forms = [numbers, np.array(numbers), np.array([numbers]), row, frame, frame.iloc[0], {tensor: numbers}, {tensor: np.array([numbers])}]
    for form in forms:
        assert linear.prove(form, key, context=CONTEXT).statement["digest"] == proof.statement["digest"], form


def test_a_proof_from_elsewhere_shows_nothing_before_it_is_verified(proof: assay.Proof) -> None:
    loaded = assay.Proof.from_bytes(proof.to_bytes())
    assert loaded == proof and loaded.statement == proof.statement
    with pytest.raises(assay.AssayError) as caught:
        loaded.outputs
    assert caught.value.code == "unverified"


def resealed(proof: bytes, position: int, flip: int) -> bytes:
    """The file with a byte of its payload changed, and the checksum that fits."""
    payload = bytearray(proof[80:])
    payload[position] ^= flip
    return proof[:48] + hashlib.sha256(payload).digest() + bytes(payload)


def test_no_byte_of_a_proof_may_change(linear: assay.Compiled, key: assay.Key, proof: assay.Proof) -> None:
    data = proof.to_bytes()
    codes = set()
    for position in range(len(data) - 80):
        with pytest.raises(assay.AssayError) as caught:
            linear.verify(resealed(data, position, 1 << position % 8), key, context=CONTEXT)
        codes.add(caught.value.code)
        assert isinstance(caught.value, assay.InvalidProof) or caught.value.code == "proof-file"
    assert {"invalid-proof", "other-context"} & codes and codes <= {
        "invalid-proof", "other-context", "other-statement", "proof-file"
    }  # fmt: skip
    with pytest.raises(assay.AssayError) as caught:
        linear.verify(data[:100] + bytes([data[100] ^ 1]) + data[101:], key)
    assert caught.value.code == "proof-file" and "checksum" in str(caught.value)


def elsewhere(row: dict[str, float]) -> dict[str, float]:
    """Another row of the domain."""
    return {name: value + 0.125 * (at == 0) for at, (name, value) in enumerate(row.items())}


def test_a_valid_proof_of_something_else_is_refused(
    linear: assay.Compiled, key: assay.Key, proof: assay.Proof, row: dict[str, float]
) -> None:
    def code(**asked: object) -> str:
        with pytest.raises(assay.InvalidProof) as caught:
            linear.verify(proof, **{"key": key, **asked})  # type: ignore[arg-type]
        return caught.value.code

    assert code(context=bytes(32)) == "other-context"
    assert code(x=elsewhere(row)) == "other-input"
    other = linear.setup()
    assert code(key=other) == "proof-key"
    assert code(key=other.verifying_key) == "proof-key"


def test_committed_inputs_are_hidden_and_shown_by_their_salts(row: dict[str, float]) -> None:
    plain = assay.load(assay.compile(LINEAR / "model.onnx", LINEAR / "calibration.csv").to_bytes())
    tensor = plain.inputs[0].name
    hidden = assay.compile(LINEAR / "model.onnx", LINEAR / "calibration.csv", commit=tensor)
    hidden.setup()
    proof = hidden.prove(row)
    assert proof.inputs == {} and proof.salts is not None
    assert hidden.verify(proof, x=row, salts=proof.salts).inputs == {}
    with pytest.raises(assay.InvalidProof) as caught:
        hidden.verify(proof, x=elsewhere(row), salts=proof.salts)
    assert caught.value.code == "other-input"
    with pytest.raises(assay.AssayError) as refused:
        hidden.verify(proof, x=row)
    assert refused.value.code == "salt-count"
    assert hidden.prove(row, salts=proof.salts).public == proof.public != hidden.prove(row).public


def test_keys_of_another_model(linear: assay.Compiled, key: assay.Key, row: dict[str, float]) -> None:
    other = assay.compile(LINEAR / "model.onnx", LINEAR / "calibration.csv", name="other", output_format=(20, 10))
    made = linear.prove(row, key)
    for act in (lambda: other.prove(row, key), lambda: setattr(other, "key", key), lambda: other.verify(made, key)):
        with pytest.raises(assay.AssayError) as caught:
            act()
        assert caught.value.code == "wrong-circuit" and not isinstance(caught.value, assay.InvalidProof)
    for ask in (lambda: other.prove(row), lambda: other.key):
        with pytest.raises(assay.AssayError) as caught:
            ask()
        assert caught.value.code == "no-key"


def test_estimates(linear: assay.Compiled) -> None:
    estimate = linear.estimate()
    assert estimate.milliseconds > 0 and estimate.memory_bytes > 0 and estimate.constraints == linear.constraints
    assert not estimate.measured


def test_models_of_several_inputs() -> None:
    folder = LINEAR.parent / "two-branch"
    compiled = assay.compile(folder / "model.onnx", folder / "calibration.json")
    assert [tensor.shape for tensor in compiled.inputs] == [(1, 2, 4), (1, 3)]
    middle = {t.name: np.array([(f.min + f.max) / 2 for f in t.features]).reshape(t.shape[1:]) for t in compiled.inputs}
    rows = {name: np.stack([values] * 5) for name, values in middle.items()}
    outputs = compiled.run(rows)
    assert outputs["risk"].shape == (5, 2)
    flat = np.concatenate([values.reshape(5, -1) for values in rows.values()], axis=1)
    assert np.array_equal(compiled.run(flat)["risk"], outputs["risk"])
    compiled.setup()
    verified = compiled.verify(compiled.prove(middle), x={name: values[:1] for name, values in rows.items()})
    assert verified.outputs["risk"].tolist() == outputs["risk"][0].tolist()
    for wrong in ({"market": middle["market"]}, {**middle, "position": middle["position"][:2]}, {**middle, "more": 1.0}):
        with pytest.raises(assay.AssayError) as caught:
            compiled.prove(wrong)
        assert caught.value.code == "samples"
