"""The ONNX project's own node tests, which the `onnx` package makes: one operator each, with inputs and what it gives.

    python nodes.py            write `node/OPERATOR.json`
    python nodes.py --check    compare with the committed files

Kept are the tests of the operators below with at most `ELEMENTS` numbers, or `MORE` of those whose least test has more. What a circuit must know to be built (shapes,
axes, counts, weights, exponents) the tests give as inputs like all else: those, listed in `FIXED` by operator and position,
become initializers here. Operators whose results depend on no input (Shape, Range, ...) are not among them. A file has one test a line: name, model in hexadecimal, inputs and outputs with shape, type and values."""

import argparse
import json
import sys
import warnings
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper
from onnx.backend.test.case.node import collect_testcases

HERE = Path(__file__).resolve().parent / "node"
ELEMENTS = 700  # most numbers of a test, inputs and outputs together
MORE = {"Attention": 1000, "RotaryEmbedding": 1000}
MODEL = 6000  # most bytes of a test's model
TYPES = {"float32", "float64", "float16", "int64", "int32", "int8", "uint8", "int16", "uint16", "uint32", "uint64", "bool", "object", "str"}

# What must be constant, by position of the input.
FIXED = {
    "Attention": (6,), "RotaryEmbedding": (1, 2, 3), "BatchNormalization": (1, 2, 3, 4), "BitShift": (1,), "BitwiseAnd": (1,), "BitwiseOr": (1,), "BitwiseXor": (1,), "CenterCropPad": (1,), "Clip": (1, 2), "Col2Im": (1, 2), "Compress": (1,),
    "Conv": (1, 2), "ConvTranspose": (1, 2), "CumProd": (1,), "CumSum": (1,), "Dropout": (1, 2), "Expand": (1,), "Gather": (1,),
    "GatherElements": (1,), "GatherND": (1,), "GRU": (1, 2, 3, 4, 5), "Gemm": (1, 2), "GroupNormalization": (1, 2), "InstanceNormalization": (1, 2),
    "LSTM": (1, 2, 3, 4, 5, 6, 7), "LayerNormalization": (1, 2), "Mod": (1,), "OneHot": (1, 2), "Pow": (1,), "PRelu": (1,), "Pad": (1, 2, 3), "Reshape": (1,), "Resize": (1, 2, 3),
    "RMSNormalization": (1,), "RNN": (1, 2, 3, 4, 5), "Slice": (1, 2, 3, 4), "Split": (1,), "Squeeze": (1,), "Tile": (1,), "TopK": (1,), "Trilu": (1,),
    "Unsqueeze": (1,), "Upsample": (1,), "ScatterElements": (1,), "ScatterND": (1,),
    "DequantizeLinear": (1, 2), "QuantizeLinear": (1, 2), "MatMulInteger": (1, 2, 3), "ConvInteger": (1, 2, 3),
    "QLinearMatMul": (1, 2, 3, 4, 5, 6, 7), "QLinearConv": (1, 2, 3, 4, 5, 6, 7, 8),
    **{f"Reduce{kind}": (1,) for kind in ("L1", "L2", "LogSum", "LogSumExp", "Max", "Mean", "Min", "Prod", "Sum", "SumSquare")},
}
OPERATORS = set(FIXED) | set(
    """Abs Acos Acosh Add And ArgMax ArgMin ArrayFeatureExtractor Asin Asinh Atan Atanh AveragePool Binarizer Cast CastLike Ceil
    Celu Concat Cos Cosh DepthToSpace Div DynamicQuantizeLinear Einsum Elu Equal Erf Exp Flatten Floor Gelu
    GlobalAveragePool GlobalMaxPool Greater GreaterOrEqual HardSigmoid HardSwish Hardmax Identity IsInf IsNaN LabelEncoder LeakyRelu
    Less LessOrEqual Log LogSoftmax LpNormalization LpPool MatMul Max MaxPool Mean MeanVarianceNormalization Min Mish Mod Mul Neg Not
    Or Pow Reciprocal Relu Round Selu Shrink Sigmoid Sign Sin Sinh Softmax Softplus Softsign SpaceToDepth Sqrt Sub Sum
    Swish Tan Tanh ThresholdedRelu Transpose TreeEnsemble Where Xor""".split()
)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare with the committed files, write nothing")
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore")
    files = {}
    for test in collect_testcases(None):
        packed = pack(test)
        if packed:
            files.setdefault(operator(test), []).append(packed)
    texts = {f"{name}.json": lines(tests) for name, tests in files.items()}
    print(sum(map(len, files.values())), "tests of", len(files), "operators", file=sys.stderr)
    if arguments.check:
        committed = {path.name: path.read_text() for path in HERE.glob("*.json")}
        differing = sorted(name for name in {*texts, *committed} if texts.get(name) != committed.get(name))
        print("\n".join(f"{name}: DIFFERS" for name in differing) or f"{len(texts)} files: identical")
        sys.exit(min(len(differing), 1))
    HERE.mkdir(exist_ok=True)
    for path in HERE.glob("*.json"):
        path.unlink()
    for name, text in texts.items():
        (HERE / name).write_text(text)


def operator(test):
    return test.model.graph.node[0].op_type


def pack(test):
    """The test, or none where its operator, its types or its size are not for here."""
    graph = test.model.graph
    if len(graph.node) != 1 or operator(test) not in OPERATORS or not test.data_sets:
        return None
    given, expected = test.data_sets[0]
    values = [*given, *expected]
    if not all(isinstance(v, (np.ndarray, np.generic)) for v in values):
        return None
    values = [np.asarray(v) for v in values]
    if any(v.dtype.name not in TYPES for v in values) or sum(v.size for v in values) > MORE.get(operator(test), ELEMENTS):
        return None
    model = onnx.ModelProto()
    model.CopyFrom(test.model)
    names = [i.name for i in graph.input]
    node = graph.node[0]
    fixed = {node.input[i] for i in FIXED.get(operator(test), ()) if i < len(node.input)}
    constant = [n for n in names if n in fixed]
    for name, value in zip(names, given):
        if name in constant:
            model.graph.initializer.append(numpy_helper.from_array(np.asarray(value), name))
    kept = [i for i in model.graph.input if i.name not in constant]
    del model.graph.input[:]
    model.graph.input.extend(kept)
    data = model.SerializeToString()
    if len(data) > MODEL:
        return None
    return {
        "name": test.name.removeprefix("test_"),
        "model": data.hex(),
        "inputs": [tensor(n, np.asarray(v)) for n, v in zip(names, given) if n not in constant],
        "outputs": [tensor(o.name, np.asarray(v)) for o, v in zip(graph.output, expected)],
    }


def tensor(name, value):
    return {"name": name, "type": value.dtype.name, "shape": list(value.shape), "values": [number(v, value.dtype) for v in value.ravel()]}


def number(value, dtype):
    if dtype.kind == "b":
        return int(value)
    if dtype.kind in "iu":
        return int(value)
    if dtype.kind == "f":
        return float(np.format_float_positional(value, trim="-")) if np.isfinite(value) else str(value)
    return value.decode() if isinstance(value, bytes) else str(value)


def lines(tests):
    return "[\n" + ",\n".join(json.dumps(test, separators=(",", ":")) for test in tests) + "\n]\n"


if __name__ == "__main__":
    main()
