"""Proofs, and what verification says of them."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import Any, Literal, Optional, Union, cast

import numpy as np
import numpy.typing as npt

from . import _native
from ._data import Data, bytes_of, context_bytes, json_bytes, path_of, source
from ._decision import Decision, decisions
from ._errors import AssayError, argument
from ._keys import Key, PathLike, VerifyingKey


class Proof:
    """A proof of what a model decides for one input, with the statement that it proves.

    A proof that was read from bytes or a file is nothing but a claim until :meth:`Compiled.verify` has verified it, and what it shows is
    what that returns. Only a proof that this process made has ``outputs`` and ``inputs``.
    """

    def __init__(self, native: _native.Proof, made: Optional[dict[str, Any]] = None, salts: Optional[str] = None) -> None:
        self._native = native
        self._made = made
        self.salts = salts
        """The salts of committed inputs as JSON, of a proof made here: secret, and needed to show later what was committed to."""

    @staticmethod
    def from_bytes(data: bytes) -> Proof:
        """The proof in the bytes of a ``.proof`` file; not verified."""
        return Proof(_native.Proof.from_bytes(bytes_of(data, "the proof")))

    @staticmethod
    def load(path: PathLike) -> Proof:
        """The proof in a ``.proof`` file, which the command line writes as well; not verified."""
        try:
            return Proof.from_bytes(Path(path_of(path)).read_bytes())
        except (OSError, ValueError) as error:
            raise AssayError(f"cannot read {path_of(path)}: {getattr(error, 'strerror', None) or error}", "io") from error

    def to_bytes(self) -> bytes:
        """The bytes of a ``.proof`` file."""
        return self._native.to_bytes()

    def save(self, path: PathLike, *, salts: Optional[PathLike] = None) -> None:
        """Writes a ``.proof`` file, and the salts of committed inputs to ``salts``, readable by their owner only."""
        if salts is not None:
            if self.salts is None:
                raise argument("this proof has no salts", "only a proof made here of a model with commit= has them")
            _native.save(path_of(salts, "salts"), self.salts.encode(), True)
        _native.save(path_of(path), self.to_bytes(), False)

    def _facts(self) -> dict[str, Any]:
        if self._made is None:
            raise AssayError(
                "what a proof from elsewhere shows is not known before it is verified",
                "unverified",
                "Compiled.verify(proof) returns its inputs and outputs",
            )
        return self._made

    @property
    def outputs(self) -> dict[str, npt.NDArray[np.float64]]:
        """What the model decided, by output: the numbers that the proven integers stand for."""
        return _values(self._facts()["outputs"])

    @property
    def integers(self) -> dict[str, npt.NDArray[np.int64]]:
        """The same as the proven integers."""
        return _integers(self._facts()["outputs"])

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """What the outputs decide, and whether the float model certainly decides the same; none of a model without a threshold, scores of
        classes or places of the largest."""
        return decisions(self._facts()["decisions"])

    @property
    def decision(self) -> Optional[Decision]:
        """The only one of :attr:`decisions`; ``None`` where there are none or several."""
        return _only(self.decisions)

    @property
    def inputs(self) -> dict[str, npt.NDArray[np.float64]]:
        """The inputs that the statement shows, as rounded; committed ones are not among them."""
        return _values(self._facts()["inputs"])

    @property
    def seconds(self) -> dict[str, float]:
        """How long solving, proving and checking took."""
        return cast("dict[str, float]", self._facts()["seconds"])

    @property
    def statement(self) -> dict[str, Any]:
        """What it claims to prove: ``digest``, ``domain``, ``context`` and ``limbs`` in hex, and ``key``, the digest of the key's file."""
        return cast("dict[str, Any]", json.loads(self._native.statement()))

    @property
    def public(self) -> int:
        """The proof's one public input: the digest of its statement, as a field element."""
        return int(self.statement["digest"], 16)

    @property
    def context(self) -> bytes:
        """The 32 bytes that bind it to its use; zeros where it was made for none."""
        return bytes.fromhex(self.statement["context"])

    def __reduce__(self) -> tuple[object, ...]:
        """For other processes: what it shows is a claim there, and its salts stay here."""
        return (Proof.from_bytes, (self.to_bytes(),))

    def to_dict(self) -> dict[str, Any]:
        """The statement, and of a proof made here what it shows, for JSON."""
        made = {} if self._made is None else {key: self._made[key] for key in ("inputs", "outputs", "decisions")}
        return {**self.statement, **made, "proof": self.to_bytes().hex()}

    def to_json(self) -> str:
        """:meth:`to_dict` as JSON."""
        return json.dumps(self.to_dict(), indent=2)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Proof) and self.to_bytes() == other.to_bytes()

    def __hash__(self) -> int:
        return hash(self.to_bytes())

    def __repr__(self) -> str:
        shown = "not verified" if self._made is None else ", ".join(f"{n}={v.tolist()}" for n, v in self.outputs.items())
        return f"<Proof {self.statement['digest'][:16]}..., {shown}>"


class Verified:
    """What a valid proof shows. There is none for a proof that is not valid: :meth:`Compiled.verify` raises then.

    Attributes:
        digest: of the statement.
        context: the 32 bytes that the statement is bound to.
        circuit: digest of the circuit that the key is of.
        binding: ``"recomputed"`` where this process made the key from the circuit; ``"claimed"`` where that the key is of this circuit is
            what its file says.
        setup: how the key's secrets were made; under a ``"development"`` key, whoever made it can prove anything.
        inputs: by input, the numbers that the statement shows.
        outputs: by output, the numbers that are proven.
        integers: by output, the proven integers.
        decisions: what they decide, and whether the float model certainly decides the same: made of the proven outputs and the model's file.
            No field of a proof says it.
        decision: the only one of them; ``None`` where there are none or several.
    """

    def __init__(self, facts: dict[str, Any]) -> None:
        self.digest: str = facts["digest"]
        self.context: bytes = bytes.fromhex(facts["context"])
        self.circuit: str = facts["circuit"]
        self.binding: Literal["claimed", "recomputed"] = facts["binding"]
        self.setup: Literal["development", "ceremony"] = facts["setup"]
        self.inputs = _values(facts["inputs"] or [])
        self.outputs = _values(facts["outputs"] or [])
        self.integers = _integers(facts["outputs"] or [])
        self.decisions = decisions(facts["decisions"])
        self.decision = _only(self.decisions)
        self._facts = facts

    def to_dict(self) -> dict[str, Any]:
        """All of it, for JSON."""
        return dict(self._facts)

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value.tolist()}" for name, value in self.outputs.items())
        return f"<Verified {shown}; {self.setup} key, circuit {self.binding}>"


def _only(found: tuple[Decision, ...]) -> Optional[Decision]:
    return found[0] if len(found) == 1 else None


def _values(tensors: list[dict[str, Any]]) -> dict[str, npt.NDArray[np.float64]]:
    def number(value: Any) -> float:
        return math.nan if value is None else float(value)

    return {t["name"]: np.array([number(value) for value in t["values"]]) for t in tensors if "values" in t}


def _integers(tensors: list[dict[str, Any]]) -> dict[str, npt.NDArray[np.int64]]:
    return {t["name"]: np.array(t["integers"], dtype=np.int64) for t in tensors if "integers" in t}


def _hex(root: Any) -> str:
    if not isinstance(root, (str, bytes)):
        raise argument(f"root is a {type(root).__name__}", "root= is 64 hexadecimal digits")
    return root.hex() if isinstance(root, bytes) else root


def verified(
    proof: Union[Proof, bytes, PathLike],
    key: Union[Key, VerifyingKey],
    model: Optional[_native.Model],
    context: Union[None, bytes, str],
    x: Optional[Data] = None,
    salts: Union[None, str, bytes] = None,
    membership: Union[None, str, bytes] = None,
    root: Optional[str] = None,
    scope: Union[None, bytes, str] = None,
) -> Verified:
    if isinstance(proof, (bytes, bytearray, memoryview)):
        proof = Proof.from_bytes(bytes_of(proof, "the proof"))
    elif isinstance(proof, (str, os.PathLike)):
        proof = Proof.load(proof)
    if not isinstance(proof, Proof):
        raise argument(f"proof is a {type(proof).__name__}", "give a Proof, the bytes of one, or a path to a .proof file")
    if not isinstance(key, (Key, VerifyingKey)):
        raise argument(f"key is a {type(key).__name__}", "assay.VerifyingKey.load reads one")
    if x is None and not (salts is None and membership is None):
        raise argument("salts= and membership= are of a row, and no row is given", "x= is the row that the proof must be about")
    facts = _native.verify(
        proof._native,
        key._native,
        model,
        context_bytes(context),
        None if x is None else source(x, single=True),
        json_bytes(salts, "salts"),
        json_bytes(membership, "membership"),
        None if root is None else _hex(root),
        context_bytes(scope, "scope"),
    )
    return Verified(json.loads(facts))


def verify(proof: Union[Proof, bytes, PathLike], key: Union[Key, VerifyingKey], *, context: Union[None, bytes, str] = None) -> Verified:
    """Verifies a proof without its model: that it is one of its statement under this key. What the statement says is not decoded.

    Raises:
        InvalidProof: the answer is no; ``code`` says why.
    """
    return verified(proof, key, None, context)
