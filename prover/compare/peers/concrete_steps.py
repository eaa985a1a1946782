"""Concrete ML's steps on a folder of `models.py`, one a process: python concrete_steps.py STEP FOLDER.

The client encrypts an input, the server computes on it without seeing it, the client decrypts the answer. Nothing is proved: the
client trusts the server for the answer, and the server's operator for the model. Networks are quantized after training, to
the bits below. Prints one line of JSON.
"""

import json
import os
import sys
import time
from pathlib import Path

import numpy as np

OPERATOR_SET = 14  # of ONNX, the one that Concrete ML takes
BITS = 6  # of weights and activations, and of the features of trees
ROUNDING = 6  # bits that a table's argument is rounded to


def model(rows):
    """The compiled model, and how many bits its widest integer has."""
    if os.path.exists("ensemble.joblib"):
        import joblib
        from concrete.ml.sklearn import RandomForestClassifier, XGBClassifier

        fitted = joblib.load("ensemble.joblib")
        kinds = {"XGBClassifier": XGBClassifier, "RandomForestClassifier": RandomForestClassifier}
        kind = kinds.get(type(fitted).__name__)
        if kind is None:
            raise SystemExit(f"Concrete ML has no {type(fitted).__name__}")
        ours = kind.from_sklearn_model(fitted, rows, n_bits=BITS)
        circuit = ours.compile(rows)
        return ours, circuit
    import onnx
    from concrete.ml.torch.compile import compile_onnx_model
    from onnx.version_converter import convert_version

    network = convert_version(onnx.load("model.onnx"), OPERATOR_SET)
    ours = compile_onnx_model(network, rows, n_bits=BITS, rounding_threshold_bits=ROUNDING)
    return ours, ours.fhe_circuit


def compile(folder):
    from concrete.ml.deployment import FHEModelDev

    rows = np.load("calibration.npy")[:100]
    ours, circuit = model(rows)
    FHEModelDev("fhe", ours).save()
    return {"widest_bits": circuit.graph.maximum_integer_bit_width(), "n_bits": BITS}


def client():
    from concrete.ml.deployment import FHEModelClient

    return FHEModelClient("fhe", key_dir="fhe-keys")


def keygen(folder):
    one = client()
    one.generate_private_and_evaluation_keys(force=True)
    keys = one.get_serialized_evaluation_keys()
    Path("evaluation.keys").write_bytes(keys)
    return {"evaluation_key_bytes": len(keys)}


def encrypt(folder):
    sealed = client().quantize_encrypt_serialize(np.load("calibration.npy")[:1])
    Path("sealed.in").write_bytes(sealed)
    return {"input_bytes": len(sealed)}


def infer(folder):
    from concrete.ml.deployment import FHEModelServer

    server = FHEModelServer("fhe")
    server.load()
    start = time.perf_counter()
    answer = server.run(Path("sealed.in").read_bytes(), Path("evaluation.keys").read_bytes())
    inside = time.perf_counter() - start
    Path("sealed.out").write_bytes(answer)
    return {"proof_bytes": None, "answer_bytes": len(answer), "inside_seconds": inside}


def decrypt(folder):
    one = client()
    one.generate_private_and_evaluation_keys()  # loads those of `keygen`
    said = np.ravel(one.deserialize_decrypt_dequantize(Path("sealed.out").read_bytes()))
    expected = json.loads(Path("expected.json").read_text())
    return {"error": max(abs(float(a) - b) for a, b in zip(said, expected, strict=True))}


STEPS = {step.__name__: step for step in (compile, keygen, encrypt, infer, decrypt)}

if __name__ == "__main__":
    name, where = sys.argv[1:]
    os.chdir(where)
    print(json.dumps(STEPS[name](where)))
