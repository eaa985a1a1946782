"""What goes wrong, as exceptions with codes that stay."""

from __future__ import annotations

import re
from typing import Optional


class AssayError(Exception):
    """Something was not done.

    Attributes:
        code: a word for the kind of error that stays the same from version to version, such as ``"input"`` or ``"compile"``: those of the
            command line and of the Rust library, and of this module ``"argument"``, ``"not-installed"``, ``"no-key"`` and ``"no-report"``.
        message: what is wrong.
        hint: what to do about it, or ``None``.
        row: of many rows the one that it is about, counted from 0, or ``None``. (Messages count from 1, as lines of a file.)
    """

    def __init__(self, message: str, code: str, hint: Optional[str] = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.hint = hint
        self.row: Optional[int] = None

    def at_row(self, row: int) -> None:
        """Says which row it is about (used by this module)."""
        self.row = row
        self.message = f"row {row + 1}: {self.message}"

    def __str__(self) -> str:
        advice = "" if self.hint is None else f" ({self.hint})"
        return f"{self.message}{advice}"

    def __reduce__(self) -> tuple[object, ...]:
        return (_again, (type(self), self.message, self.code, self.hint, self.row))


class InvalidProof(AssayError):
    """The answer is no: the proof, or what it is about, is not what was asked for.

    ``code`` says which: ``invalid-proof``, ``proof-key``, ``other-statement``, ``other-context`` or ``other-input``.
    """


class Cancelled(AssayError):
    """A callback ended the work."""


class InternalError(AssayError):
    """A check of the library on itself failed: a damaged key, a damaged machine, or a bug."""


def _again(kind: type[AssayError], message: str, code: str, hint: Optional[str], row: Optional[int]) -> AssayError:
    error = kind(message, code, hint)
    error.row = row
    return error


_CLASSES: dict[str, type[AssayError]] = {"invalid": InvalidProof, "cancelled": Cancelled, "internal": InternalError}


def make(code: str, kind: str, message: str, hint: Optional[str]) -> AssayError:
    """The exception of an error of the library."""
    error = _CLASSES.get(kind, AssayError)(in_python(message), code, None if hint is None else in_python(hint))
    row = _ROW.match(message)
    error.row = int(row[1]) - 1 if row is not None else None
    return error


def argument(message: str, hint: Optional[str] = None) -> AssayError:
    """The exception of an argument that makes no sense."""
    return AssayError(message, "argument", hint)


_ROW = re.compile(r"(?:calibration data[:,] )?row ([1-9][0-9]*)\b")
_DOMAIN = re.compile(r"--domain '([^']*)=([^:' ]*):([^:' ]*)'")
_VALUE = re.compile(r"--([a-z][a-z-]*)[= ](-?[0-9][0-9.e+-]*)(%?)(?![\w:])")
_FORMAT = re.compile(r"--([a-z]+-format) (\d+):(-?\d+)")
_NAMED = re.compile(r"--([a-z][a-z-]*)=([A-Z]+)\b")
_FLAG = re.compile(r"--([a-z][a-z-]*[a-z])")
_COMMAND = re.compile(r"`assay ([a-z]+)([^`]*)`")
_COMMANDS = {
    "compile": "assay.compile",
    "setup": "Compiled.setup",
    "prove": "Compiled.prove",
    "verify": "Compiled.verify",
    "run": "Compiled.run",
    "inspect": "Compiled.inputs",
}


def _word(option: str) -> str:
    return option.replace("-", "_")


def _value(match: re.Match[str]) -> str:
    number = match[2].rstrip(".")
    end = match[2][len(number) :]
    value = repr(float(number) / 100) if match[3] else number
    return f"{_word(match[1])}={value}{end}"


def in_python(text: str) -> str:
    """The command line's options in a text as this module's keywords."""
    text = _DOMAIN.sub(lambda m: f"domain={{{m[1]!r}: ({m[2] or None}, {m[3] or None})}}", text)
    text = _FORMAT.sub(lambda m: f"{_word(m[1])}=({m[2]}, {m[3]})", text)
    text = _VALUE.sub(_value, text)
    text = _NAMED.sub(lambda m: f"{_word(m[1])}=['{m[2]}']", text)
    text = _FLAG.sub(lambda m: f"{_word(m[1])}=", text)
    return _COMMAND.sub(lambda m: f"`{_COMMANDS[m[1]]}`" if m[1] in _COMMANDS else m[0], text)
