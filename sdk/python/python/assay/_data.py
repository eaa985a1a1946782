"""Samples for the native half, and arrays from it."""

from __future__ import annotations

import json
import math
import os
from typing import TYPE_CHECKING, Any, Mapping, Optional, Union

import numpy as np
import numpy.typing as npt

from ._errors import argument

if TYPE_CHECKING:
    from ._native import Cells, Source

Data = Any
"""A NumPy array whose first dimension counts samples, a pandas data frame, a dict of arrays by input or column, or a path to a CSV, JSON,
.npy or .npz file."""

_HINT = "give a NumPy array, a pandas data frame, a dict of arrays, or a path to a CSV, JSON, .npy or .npz file"


def source(data: Data, *, single: bool = False) -> Source:
    """Samples as the native half takes them. Of `single` an array of one dimension, a dict of values or arrays, and a
    series are one row."""
    if isinstance(data, (str, os.PathLike)):
        return path_of(data)
    if hasattr(data, "columns") and hasattr(data, "iloc"):
        return _frame(data)
    if isinstance(data, Mapping):
        return _arrays(data, single)
    if hasattr(data, "index") and hasattr(data, "to_frame"):  # a series: one row of a data frame
        if single and not all(isinstance(label, int) for label in data.index):
            return _frame(data.to_frame().T.infer_objects())
        data = data.to_numpy()
    array = _array(data, "the data")
    if array.ndim == 0:
        raise argument("the data are a single value", _HINT)
    if array.ndim == 1:
        array = array.reshape(1, -1) if single else array.reshape(-1, 1)
    rows = _rows(array)
    return (rows.shape[1], _cells(rows, "the data"))


def _rows(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return array.reshape(array.shape[0], math.prod(array.shape[1:]))


def _array(data: Any, what: str) -> npt.NDArray[Any]:
    if isinstance(data, np.ma.MaskedArray):  # what is masked is missing
        kind = np.float64 if data.dtype.kind in "fiub" else np.object_
        data = np.where(np.ma.getmaskarray(data), np.nan, data.data.astype(kind))
    try:
        array = np.asarray(data)
    except ValueError as error:
        raise argument(f"{what} are not an array: {error}", _HINT) from None
    if array.dtype.kind == "O" and any(isinstance(value, (list, tuple, dict, np.ndarray)) for value in array.flat):
        raise argument(f"{what} are rows of different lengths", _HINT)
    return array


def _cells(array: npt.NDArray[Any], what: str) -> Cells:
    """Numbers as bytes of doubles; where there are texts, all as texts."""
    kind = array.dtype.kind
    if kind in "fiub":
        if kind in "iu" and array.size and (int(array.max()) > 2**53 or int(array.min()) < -(2**53)):
            raise argument(f"{what} hold integers beyond 2^53, which no double holds", "models take numbers of at most 32 bits")
        return np.ascontiguousarray(array, dtype=np.float64).tobytes()
    if kind in "US":
        return [_text(value, what) for value in array.ravel().tolist()]
    if kind != "O":
        raise argument(f"{what} are of dtype {array.dtype}", "models take numbers, booleans and texts")
    values = [None if _is_missing(value) else value for value in array.ravel().tolist()]
    if all(value is None or isinstance(value, (int, float, np.number, np.bool_)) for value in values):
        if any(isinstance(value, int) and abs(value) > 2**53 for value in values):
            raise argument(f"{what} hold integers beyond 2^53, which no double holds", "models take numbers of at most 32 bits")
        return np.array([math.nan if value is None else float(value) for value in values], dtype=np.float64).tobytes()
    wrong = next((value for value in values if not (value is None or isinstance(value, (str, bytes, int, float, np.generic)))), None)
    if wrong is not None:
        raise argument(f"{what} hold {wrong!r}, a {type(wrong).__name__}", "models take numbers, booleans and texts")
    return [None if value is None else _text(value, what) for value in values]


def _text(value: Any, what: str) -> str:
    try:
        if isinstance(value, bytes):
            return value.decode()
        value.encode() if isinstance(value, str) else None
    except UnicodeError:
        raise argument(f"{what} hold {value!r}, which is no Unicode text", "decode it first") from None
    return str(value) if isinstance(value, str) else repr(value.item() if isinstance(value, np.generic) else value)


def _is_missing(value: Any) -> bool:
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, (float, np.floating)) and math.isnan(value)


def _column(series: Any, what: str) -> Cells:
    values = series.to_numpy()
    if values.dtype.kind not in "fiubUS":  # categories, texts, nullable numbers
        values = np.asarray(series.astype(object).to_numpy(), dtype=object)
    return _cells(values, what)


def _frame(frame: Any) -> Source:
    names = [_text(name, "the columns' names") for name in frame.columns]
    columns = [(name, 1, _column(frame.iloc[:, at], f"column '{name}'")) for at, name in enumerate(names)]
    return ("columns", len(frame), columns)


def _arrays(data: Mapping[Any, Any], single: bool) -> Source:
    arrays = {}
    for name, values in data.items():
        array = _array(values.to_numpy() if hasattr(values, "to_numpy") else values, f"'{name}'")
        if single or array.ndim == 0:
            array = array.reshape(1, array.size)
        arrays[_text(name, "the arrays' names")] = array
    if not arrays:
        raise argument("the data are an empty dict", _HINT)
    counts = {name: array.shape[0] for name, array in arrays.items()}
    if len(set(counts.values())) > 1:
        said = ", ".join(f"'{name}' {count}" for name, count in counts.items())
        raise argument(f"the arrays are of different numbers of samples: {said}", "their first dimension counts samples")
    samples = next(iter(counts.values()))
    tensors = []
    for name, array in arrays.items():
        rows = _rows(array)
        tensors.append((name, rows.shape[1], _cells(rows, f"'{name}'")))
    return ("tensors", samples, tensors)


def path_of(path: Any, what: str = "the path") -> str:
    """A path as text."""
    try:
        return os.fsdecode(path)
    except TypeError:
        raise argument(f"{what} is a {type(path).__name__}", "give a text or a pathlib.Path") from None


def bytes_of(data: Any, what: str) -> bytes:
    """Bytes from whatever holds some."""
    if not isinstance(data, (bytes, bytearray, memoryview)):
        raise argument(f"{what} is a {type(data).__name__}", "give bytes")
    return bytes(data)


def json_bytes(value: Any, what: str) -> Optional[bytes]:
    """JSON as bytes, from itself or from a dict."""
    if value is None:
        return None
    if isinstance(value, Mapping):
        try:
            return json.dumps(dict(value)).encode()
        except (TypeError, ValueError) as error:
            raise argument(f"{what} is no JSON: {error}") from None
    return value.encode(errors="replace") if isinstance(value, str) else bytes_of(value, what)


def context_bytes(context: Any, what: str = "context") -> Optional[bytes]:
    """32 bytes, from themselves or 64 hexadecimal digits."""
    if context is None:
        return None
    if isinstance(context, (bytearray, memoryview)):
        context = bytes(context)
    if isinstance(context, str):
        try:
            context = bytes.fromhex(context[2:] if context.startswith("0x") else context)
        except ValueError:
            raise argument(f"{what} {context!r} is not hexadecimal", f"{what}= is 32 bytes, or 64 hexadecimal digits") from None
    if not isinstance(context, bytes) or len(context) != 32:
        size = f"{len(context)} bytes" if isinstance(context, bytes) else f"a {type(context).__name__}"
        raise argument(f"{what} is {size}", f"{what}= is 32 bytes, or 64 hexadecimal digits: hash longer ones")
    return context
