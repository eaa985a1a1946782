"""Compiling."""

from __future__ import annotations

import inspect
import operator
import re
from typing import Any, Collection, Literal, Mapping, Optional, Union

from . import _native
from ._data import Data, source
from ._errors import argument
from ._export import onnx_of
from ._model import Compiled, Format
from ._progress import Progress, shown
from ._report import Report


def compile(
    model: Any,
    X: Data,
    *,
    output: Union[str, Collection[str]] = (),
    shape: Optional[Mapping[str, int]] = None,
    max_error: Optional[float] = None,
    max_error_calibrated: Optional[float] = None,
    widths: Literal["certified", "calibrated"] = "certified",
    threshold: Optional[float] = None,
    max_flips: Optional[int] = None,
    name: Optional[str] = None,
    input_format: Optional[Format] = None,
    exact_floats: Union[bool, str, Collection[str]] = False,
    output_format: Optional[Format] = None,
    domain: Optional[Mapping[str, tuple[Optional[float], Optional[float]]]] = None,
    margin: float = 0.0,
    missing: Union[str, Collection[str]] = (),
    commit: Union[str, Collection[str]] = (),
    member: Optional[tuple[str, int]] = None,
    ranges: Literal["auto", "bits", "lookup"] = "auto",
    progress: Progress = None,
) -> Compiled:
    """Turns a model into integers and a circuit.

    Every option of ``assay compile`` that is about the model is a keyword of the same name.

    Args:
        model: an ``onnx.ModelProto``, its bytes, a path to its file (beside which its weights may lie), or a fitted scikit-learn, XGBoost,
            LightGBM or CatBoost estimator, which its library's exporter turns into ONNX.
        X: calibration data: inputs as the model will see them, in its own units. A NumPy array whose first dimension counts samples, a
            pandas data frame, a dict of arrays by input or column, or a path to a CSV, JSON, ``.npy`` or ``.npz`` file. They choose scales
            and widths, and the domain of each feature, outside which :meth:`Compiled.prove` refuses values.
        output: the outputs, or inner tensors, that are proven; all of the model's where left out. What they do not need is left out.
        shape: sizes of dimensions that the model leaves free, such as ``{"time": 24}``, or ``{"x:1": 24}`` where one has no name.
        max_error: largest absolute error of any output for every input of the domain: certified, and kept to on the calibration data. Of an
            output that has no certificate of use the calibration data alone keeps to it, with a warning in the report.
        max_error_calibrated: largest absolute error of any output over the calibration data. Where left out that of ``max_error``; without
            it 0.01 or, where no format keeps to that, up to a thousandth of what the outputs vary by, with a warning.
        widths: of hidden results: ``"certified"``, so that none is clamped for any input of the domain, as far as that is certain and costs
            less than a tenth of the constraints; or ``"calibrated"``, so that none is on the calibration data.
        threshold: the report counts how many decisions ``output >= threshold`` rounding changes.
        max_flips: most decisions that rounding may change, over the calibration data.
        name: name of the model in its statements, at most 32 bytes; where left out the ONNX graph's, or the file's or the estimator's where
            the exporter calls every graph the same.
        input_format: ``(bits, scale)`` of every input, such as ``(15, 12)``, where another program computes the inputs.
        exact_floats: ``True`` rounds no input of floats, names only those: trees then branch as the model does, bit for bit.
        output_format: ``(bits, scale)`` of every output.
        domain: ``{"ltv": (0, 1.5)}`` declares a feature's domain; an end that is ``None`` is as if it was not given.
        margin: widens the domain of every feature that is the data's range by this part of its span on either side, such as 0.5.
        missing: features that may be missing, beside those of which the data miss some.
        commit: input tensors that statements hide behind a commitment.
        member: ``("applicant", 20)``: of this input is proven only that its commitment is in a tree of this depth.
        ranges: how the circuit proves ranges; lookups need fewer constraints and a proof with a commitment.
        progress: see :data:`assay.Progress`.

    Raises:
        AssayError: ``compile`` where the model or an option cannot be followed, ``samples`` where the data are not of this model,
            ``not-installed`` where an exporter is missing, ``export`` where it failed.
    """
    choices = {
        "output": _names(output, "output"),
        "shape": _mapping(shape, "shape", "{'time': 24}"),
        "max_error": max_error,
        "max_error_calibrated": max_error_calibrated,
        "widths": widths,
        "threshold": threshold,
        "max_flips": max_flips,
        "name": name,
        "input_format": _format(input_format, "input_format"),
        "exact_floats": exact_floats if isinstance(exact_floats, bool) else set(_names(exact_floats, "exact_floats")),
        "output_format": _format(output_format, "output_format"),
        "domain": _domains(_mapping(domain, "domain", "{'ltv': (0, 1.5)}")),
        "margin": margin,
        "missing": set(_names(missing, "missing")),
        "commit": _names(commit, "commit"),
        "member": member,
        "ranges": ranges,
    }
    onnx = onnx_of(model, X)
    try:
        with shown(progress, "compiling") as show:
            native, report = _native.compile(onnx.bytes, onnx.path, source(X), choices, onnx.name, show)
    except (TypeError, OverflowError) as error:
        option = re.search(r"Choices\.(\w+)", str(error))
        if option is None:
            raise
        name = option[1]
        raise argument(f"{name} is {choices[name]!r}", f"help(assay.compile) says what {name}= takes") from error
    return Compiled(native, Report(report))


def _names(value: Any, what: str) -> list[str]:
    names = [value] if isinstance(value, str) else list(value) if isinstance(value, (list, tuple, set, frozenset)) else None
    if names is None or not all(isinstance(name, str) for name in names):
        raise argument(f"{what} is {value!r}", f"{what}= is a name, or a list of names")
    return names


def _mapping(value: Any, what: str, example: str) -> dict[Any, Any]:
    if value is not None and not isinstance(value, Mapping):
        raise argument(f"{what} is {value!r}", f"{what}= is a dict such as {example}")
    return dict(value or {})


def _format(value: Any, what: str) -> Optional[Format]:
    if value is None:
        return None
    try:
        bits, scale = map(int, value.split(":")) if isinstance(value, str) else map(operator.index, tuple(value))
    except (TypeError, ValueError):
        raise argument(f"{what} is {value!r}", f"{what}= is (bits, scale), such as (15, 12)") from None
    if not (0 <= bits <= 255 and -128 <= scale <= 127):
        raise argument(f"{what} is {value!r}", "bits are 2 to 32, scales -60 to 60")
    return bits, scale


def _domains(declared: dict[Any, Any]) -> dict[str, tuple[Optional[float], Optional[float]]]:
    found = {str(name): _ends(name, ends) for name, ends in declared.items()}
    return {name: ends for name, ends in found.items() if ends != (None, None)}


def _ends(name: Any, ends: Any) -> tuple[Optional[float], Optional[float]]:
    try:
        low, high = (None if end is None else float(end) for end in (() if isinstance(ends, (str, bytes)) else ends))
    except (TypeError, ValueError, OverflowError):
        raise argument(f"the domain of '{name}' is {ends!r}", "domain= has (min, max), either of which may be None") from None
    return low, high


OPTIONS = tuple(inspect.signature(compile).parameters)[2:-1]
"""Keywords of :func:`compile` that are options of ``assay compile``."""
