"""Proving and verifying keys."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Optional, Union

from . import _native
from ._data import bytes_of, path_of
from ._errors import AssayError, argument
from ._progress import Progress, shown

PathLike = Union[str, "os.PathLike[str]"]


class VerifyingKey:
    """What proofs are verified under."""

    def __init__(self, native: _native.VerifyingKey) -> None:
        self._native = native
        self.circuit, self.key_hash, self.setup = native.facts()

    @staticmethod
    def load(path: PathLike) -> VerifyingKey:
        """The key in a ``.vk`` file."""
        return VerifyingKey(_native.VerifyingKey.open(path_of(path)))

    @staticmethod
    def from_bytes(data: bytes) -> VerifyingKey:
        """The key in the bytes of a ``.vk`` file."""
        return VerifyingKey(_native.VerifyingKey.from_bytes(bytes_of(data, "the key")))

    def to_bytes(self) -> bytes:
        """The bytes of a ``.vk`` file."""
        return self._native.to_bytes()

    def save(self, path: PathLike) -> None:
        """Writes a ``.vk`` file, whole or not at all."""
        _native.save(path_of(path), self.to_bytes(), False)

    def __reduce__(self) -> tuple[object, ...]:
        return (VerifyingKey.from_bytes, (self.to_bytes(),))

    def __repr__(self) -> str:
        return f"<VerifyingKey {self.key_hash[:16]}..., {self.setup}>"


class Key:
    """A proving key with its verifying key.

    Attributes:
        circuit: digest of the circuit that it is of, in hex; of a loaded one, that its file claims.
        key_hash: what the verifier program registers, in hex.
        setup: ``"development"``: one machine knew the secrets, and whoever did can forge proofs. Programs that hold real funds refuse it.
    """

    def __init__(self, native: _native.Keys, record: Optional[bytes] = None) -> None:
        self._native = native
        self._record = record
        self.circuit, self.key_hash, self.setup = native.facts()

    @staticmethod
    def load(path: PathLike, *, progress: Progress = None) -> Key:
        """The keys in a ``.pk`` file, which is mapped; all points are checked the first time that this user loads it."""
        with shown(progress, "checking the key") as show:
            return Key(_native.Keys.open(path_of(path), show))

    @property
    def verifying_key(self) -> VerifyingKey:
        """What verifiers need of it."""
        return VerifyingKey(self._native.verifying_key())

    def save(self, path: PathLike, *, setup_record: Optional[PathLike] = None) -> None:
        """Writes ``path``, a ``.pk`` file, and beside it the ``.vk`` file.

        Args:
            path: where the proving key goes.
            setup_record: where the record of the setup goes, which shows whose circuit the key is of, as
                ``assay verify --setup-record`` reads it. Whoever has it can forge proofs; the file is readable by its owner only.
        """
        path = Path(path_of(path))
        if path.suffix == ".vk":
            raise argument(f"{path} ends in .vk, and the proving key goes there", "name it .pk; the verifying key goes beside it")
        if setup_record is not None:
            if self._record is None:
                raise AssayError("this key was loaded, and who made it has the record of its setup", "setup-record")
            record = Path(path_of(setup_record, "setup_record"))
            if record.resolve() in (path.resolve(), path.with_suffix(".vk").resolve()):
                raise argument(f"{record} is where a key goes as well", "setup_record= is a file of its own, such as model.secret")
            _native.save(record, self._record, True)
        self._native.save(path)
        self.verifying_key.save(path.with_suffix(".vk"))

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("a Key is not pickled: it can be large; Key.save writes it, and Key.load maps the file in every process")

    def __repr__(self) -> str:
        trust = ": do not trust it with real funds" if self.setup == "development" else ""
        return f"<Key {self.key_hash[:16]}..., {self.setup}{trust}>"
