"""Compiled models, keys and proofs."""

from __future__ import annotations

import json
import math
import warnings
from dataclasses import dataclass
from typing import Any, Literal, Optional, Union

import numpy as np
import numpy.typing as npt

from . import _native
from ._data import Data, bytes_of, context_bytes, json_bytes, path_of, source
from ._errors import AssayError, argument, in_python
from ._export import onnx_of
from ._keys import Key, PathLike, VerifyingKey
from ._progress import Progress, shown
from ._proof import Proof, Verified, verified
from ._report import Report

Format = tuple[int, int]
"""Bits and binary scale: signed integers of so many bits, each standing for ``q * 2**-scale``."""


@dataclass(frozen=True)
class Feature:
    """One element of an input: its name, and the values that the model is declared for."""

    name: str
    min: float
    max: float
    kind: Literal["real", "integer", "bool", "category"]
    categories: Optional[tuple[str, ...]]
    """The texts that the model knows, which stand as their positions."""
    takes_missing: bool
    """Whether NaN, or ``None`` among texts, is a value."""


@dataclass(frozen=True)
class Tensor:
    """An input or output of the integer model."""

    name: str
    shape: tuple[int, ...]
    bits: int
    scale: Union[int, Literal["float32"], tuple[int, ...]]
    """Binary scale of all elements, or along an axis; ``"float32"`` where single-precision numbers are taken as they are."""
    visibility: Literal["public", "committed", "member"]
    """What statements show of it."""
    features: tuple[Feature, ...] = ()
    """Its elements in order (inputs)."""
    classes: Optional[tuple[str, ...]] = None
    """The classes that its values or its elements are of (a classifier's outputs)."""


@dataclass(frozen=True)
class Estimate:
    """What a proof will take."""

    milliseconds: float
    """Of witness and proof."""
    memory_bytes: int
    """Of key and working set."""
    constraints: int
    measured: bool
    """Whether this machine was measured for it; else the time is that of two cores of a server."""


class Outputs(dict[str, npt.NDArray[np.float64]]):
    """Arrays by output name, the first dimension counting rows.

    ``integers`` has the same as the proven integers, of dtype ``int64``.
    """

    integers: dict[str, npt.NDArray[np.int64]]


def _tensor(fields: dict[str, Any]) -> Tensor:
    scale = fields["scale"]
    features = tuple(
        Feature(
            name=feature["name"],
            min=-math.inf if feature["min"] is None else feature["min"],
            max=math.inf if feature["max"] is None else feature["max"],
            kind=feature["kind"],
            categories=None if feature["categories"] is None else tuple(feature["categories"]),
            takes_missing=feature["missing"] is not None,
        )
        for feature in fields.get("features", [])
    )
    classes = fields.get("classes")
    return Tensor(
        name=fields["name"],
        shape=tuple(fields["shape"]),
        bits=fields["bits"],
        scale=tuple(scale["scales"]) if isinstance(scale, dict) else scale,
        visibility=fields["visibility"],
        features=features,
        classes=None if classes is None else tuple(classes),
    )


def _warn(texts: list[str]) -> None:
    for text in texts:
        warnings.warn(in_python(text), stacklevel=3)


class Compiled:
    """A model in integers, with the circuit that proves it. :func:`assay.compile` and :func:`assay.load` make it."""

    def __init__(self, native: _native.Model, report: Optional[Report] = None) -> None:
        self._native = native
        self._report = report
        self._key: Optional[Key] = None
        schema = json.loads(native.schema())
        self.inputs: tuple[Tensor, ...] = tuple(map(_tensor, schema["inputs"]))
        """The inputs, each element with its name and declared domain."""
        self.outputs: tuple[Tensor, ...] = tuple(map(_tensor, schema["outputs"]))
        """The outputs."""
        self.name = native.name()
        self.circuit = native.circuit()
        """The circuit's digest in hex: what keys name, and what tells models apart."""
        self.constraints = native.constraints()

    @property
    def report(self) -> Report:
        """What it costs and what it loses. A model that was loaded has none: the file does not hold it."""
        if self._report is None:
            raise AssayError(
                "a .assay file holds no report", "no-report", "assay.compile makes one; keep report.to_dict() beside the file"
            )
        return self._report

    @property
    def key(self) -> Key:
        """The key that :meth:`setup` made, or that was set: what :meth:`prove` and :meth:`verify` use where they are given none."""
        if self._key is None:
            raise AssayError("there is no key", "no-key", "Compiled.setup() makes a development key; assay.Key.load reads one")
        return self._key

    @key.setter
    def key(self, key: Key) -> None:
        self._key = self._own(key)

    def _own(self, key: Any) -> Key:
        """Refuses what is no key of this model's circuit."""
        if not isinstance(key, Key):
            raise argument(f"key is a {type(key).__name__}", "proofs need a proving key: Compiled.setup() or assay.Key.load")
        if key.circuit != self.circuit:
            raise AssayError(
                f"the key is for circuit {key.circuit[:16]}..., and model '{self.name}' has circuit {self.circuit[:16]}...",
                "wrong-circuit",
                "a key fits the one model that it was made for: Compiled.setup() makes one for this model",
            )
        return key

    def to_bytes(self) -> bytes:
        """The bytes of a ``.assay`` file."""
        return self._native.to_bytes()

    def save(self, path: PathLike) -> None:
        """Writes a ``.assay`` file, whole or not at all. The same model, data and options give the same bytes on every machine."""
        _native.save(path_of(path), self.to_bytes(), False)

    def run(self, X: Data, *, progress: Progress = False) -> Outputs:
        """What proofs would show for these rows, without keys or proofs, in microseconds each.

        Args:
            X: rows, as for :func:`assay.compile`.
            progress: see :data:`assay.Progress`.

        Returns:
            Arrays by output name, shaped as the float model's for a batch of as many rows: the numbers that the integers stand for;
            ``.integers`` has the integers.

        Raises:
            AssayError: ``input`` where a value is outside its declared domain, ``samples`` where columns are missing or unknown;
                ``row`` says where.
        """
        with shown(progress, "running") as show:
            rows, columns, said = self._native.run(source(X), show)
        _warn(said)
        found = Outputs()
        found.integers = {}
        # Of a model with a batch axis a proof is of a batch of one.
        shapes = {t.name: t.shape[1:] if t.shape[:1] == (1,) else t.shape for t in self.outputs}
        for name, integers, reals in columns:
            shape = (rows, *shapes[name])
            found[name] = np.frombuffer(reals, dtype=np.float64).reshape(shape)
            found.integers[name] = np.frombuffer(integers, dtype=np.int64).reshape(shape)
        return found

    def estimate(self, *, measure: bool = False, progress: Progress = False) -> Estimate:
        """What a proof will take.

        Args:
            measure: times this machine's arithmetic, once for this user, which takes seconds; else the time is that of two cores of a server.
            progress: see :data:`assay.Progress`.
        """
        with shown(progress, "measuring this machine") as show:
            ms, memory, measured = self._native.estimate(measure, show)
        return Estimate(milliseconds=ms, memory_bytes=memory, constraints=self.constraints, measured=measured)

    def setup(self, *, seed: Optional[bytes] = None, progress: Progress = None) -> Key:
        """Makes a **development** key, and makes it this model's :attr:`key`.

        This machine draws the key's secrets, uses and forgets them: whoever could read its memory can forge proofs. The key says so for
        good, and programs that hold real funds refuse it.

        Args:
            seed: 32 bytes to draw the secrets from, for tests: whoever knows them can forge proofs.
            progress: see :data:`assay.Progress`.
        """
        seed = context_bytes(seed, "seed")
        with shown(progress, "making development keys") as show:
            key = Key(*_native.Keys.setup(self._native, seed, show))
        self._key = key
        return key

    def prove(
        self,
        x: Data,
        key: Optional[Key] = None,
        *,
        context: Union[None, bytes, str] = None,
        salts: Union[None, str, bytes] = None,
        membership: Union[None, str, bytes] = None,
        progress: Progress = None,
    ) -> Proof:
        """Proves what the model decides for one row. The proof is checked before it is returned.

        Args:
            x: one row: an array of the model's elements, a row of a data frame, or a dict of values by feature or of arrays by input.
            key: the key; :attr:`key` where it is left out.
            context: 32 bytes, or 64 hexadecimal digits, that bind the proof to its use: whoever asks for a context accepts no proof made for
                another.
            salts: salts of committed inputs as JSON, as :attr:`Proof.salts` has them; fresh ones where left out.
            membership: what shows that the member input is in its tree: the JSON that ``assay member path`` writes.
            progress: see :data:`assay.Progress`.

        Raises:
            AssayError: ``input`` where a value is outside its declared domain, ``wrong-circuit`` where the key is another model's,
                ``no-key``, ``samples``, ``member``.
        """
        key = self.key if key is None else self._own(key)
        bound = context_bytes(context) or bytes(32)
        with shown(progress, "proving") as show:
            native, facts, drawn, said = _native.Proof.make(
                self._native, key._native, source(x, single=True), bound, json_bytes(salts, "salts"), json_bytes(membership, "membership"), show
            )
        _warn(said)
        return Proof(native, json.loads(facts), drawn)

    def explain(self, x: Data, model: Any, calibration: Optional[Data] = None) -> dict[str, Any]:
        """Why the integers say what they say for one row: the float model beside them, layer by layer, with what each cause adds to an error
        and what is certified, as ``assay explain --json`` has it.

        Args:
            x: one row.
            model: the one that was compiled, in whatever form :func:`assay.compile` took it: its digest is compared.
            calibration: what it was compiled with; needed for bounds of trees.

        Raises:
            AssayError: ``other-source`` for another model or other data, ``input``, ``samples``.
        """
        onnx = onnx_of(model, x if calibration is None else calibration)
        samples = None if calibration is None else source(calibration)
        facts, said = self._native.explain(onnx.bytes, onnx.path, samples, source(x, single=True))
        _warn(said)
        return dict(json.loads(facts))

    def verify(
        self,
        proof: Union[Proof, bytes, PathLike],
        key: Union[None, Key, VerifyingKey] = None,
        *,
        context: Union[None, bytes, str] = None,
        x: Optional[Data] = None,
        salts: Union[None, str, bytes] = None,
        membership: Union[None, str, bytes] = None,
        root: Optional[str] = None,
        scope: Union[None, bytes, str] = None,
    ) -> Verified:
        """Verifies a proof of this model, and returns what it shows. **It raises where the proof is not valid**, and never returns anything
        that means "no": a forgotten check of a returned value takes no wrong proof for right.

        Args:
            proof: the proof, its bytes, or a ``.proof`` file.
            key: the verifier's key; :attr:`key` where it is left out. What the proof says of its key is not believed.
            context: that the statement must have been made for.
            x: row that the statement must be about.
            salts: of its committed inputs.
            membership: of its member input.
            root: of the tree that its member must be in, as 64 hexadecimal digits.
            scope: that its member's nullifier must be for.

        Raises:
            InvalidProof: the answer is no; ``code`` says why.
            AssayError: the question makes no sense, such as a key of another circuit.
        """
        return verified(proof, self.key if key is None else key, self._native, context, x, salts, membership, root, scope)

    def __reduce__(self) -> tuple[object, ...]:
        """For other processes: the model without its key and its report."""
        return (load, (self.to_bytes(),))

    def __repr__(self) -> str:
        return f"<Compiled {self.name!r}: {self.constraints:,} constraints, circuit {self.circuit[:16]}...>"


def load(model: Union[bytes, PathLike]) -> Compiled:
    """The compiled model in a ``.assay`` file, or in its bytes. Every field is checked, and the circuit is built anew."""
    if isinstance(model, (bytes, bytearray, memoryview)):
        return Compiled(_native.load(None, bytes_of(model, "the model")))
    return Compiled(_native.load(path_of(model, "the model"), None))
