"""Prove that a decision came from the model you committed to.

>>> import assay
>>> compiled = assay.compile(model, X)     # an ONNX model or a fitted estimator, and samples of its inputs
>>> compiled.report                        # what it costs and what it loses
>>> key = compiled.setup()                 # a development key
>>> proof = compiled.prove(X[0])
>>> compiled.verify(proof).outputs         # raises unless the proof is valid
"""

from ._compile import compile
from ._data import Data
from ._decision import Decision
from ._errors import AssayError, Cancelled, InternalError, InvalidProof
from ._keys import Key, VerifyingKey
from ._model import Compiled, Estimate, Feature, Format, Outputs, Tensor, load
from ._progress import Progress
from ._proof import Proof, Verified, verify
from ._report import Report

__all__ = [
    "AssayError",
    "Cancelled",
    "Compiled",
    "Data",
    "Decision",
    "Estimate",
    "Feature",
    "Format",
    "InternalError",
    "InvalidProof",
    "Key",
    "Outputs",
    "Progress",
    "Proof",
    "Report",
    "Tensor",
    "Verified",
    "VerifyingKey",
    "compile",
    "load",
    "verify",
]
