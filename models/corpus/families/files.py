"""One small network in every form that a file may have: operator sets, number types, weights beside the model, several
inputs and outputs, fixed batches and free dimensions."""

import ml_dtypes
import numpy as np
from onnx import TensorProto, helper

from .data import generator
from .graphs import case, graph, node, weights


def cases():
    yield from operator_sets()
    yield from number_types()
    yield from inputs_and_outputs()
    yield from shapes()


def network(name):
    rng = generator(name)
    return {"w1": weights(rng, 5, 8), "b1": weights(rng, 8), "w2": weights(rng, 8, 2), "b2": weights(rng, 2)}


NODES = [
    node("Gemm", "x w1 b1", "h"),
    node("Relu", "h", "a"),
    node("Gemm", "a w2 b2", "y"),
]
X, Y = {"x": ("float", [None, 5])}, {"y": ("float", [None, 2])}


def five(rng, rows, dtype=np.float32):
    return {"x": (rng.integers(-128, 128, (rows, 5)) / 64).astype(dtype)}


def operator_sets():
    for opset in [7, 8, 9, 10, 11, 12, 13, 15, 17, 19, 22, 24, 25, 26, 27, 28]:
        name = f"opset-{opset}"
        softmax = [node("Softmax", "y", "p", axis=1)]
        ir = 8 if opset < 19 else 10
        model = graph(name, NODES + softmax, X, {"p": ("float", [None, 2])}, network(name), opset=opset, ir=ir)
        if opset < 9:  # constants are inputs as well in files that are this old
            declared = [helper.make_tensor_value_info(t.name, t.data_type, t.dims) for t in model.graph.initializer]
            model.graph.input.extend(declared)
            model.ir_version = 3
        reference = None if opset <= 26 else formula(network(name))
        yield case(name, model, five, reference=reference)


def formula(w):
    """The network, for a file that onnxruntime does not read yet."""

    def run(feed):
        y = np.maximum(feed["x"] @ w["w1"] + w["b1"], 0) @ w["w2"] + w["b2"]
        e = np.exp(y - y.max(axis=1, keepdims=True))
        return {"p": e / e.sum(axis=1, keepdims=True)}

    return run


def number_types():
    for kind, dtype in [("float16", np.float16), ("double", np.float64)]:
        name = f"{kind}-throughout"
        w = {k: v.astype(dtype) for k, v in network(name).items()}
        model = graph(name, NODES, {"x": (kind, [None, 5])}, {"y": (kind, [None, 2])}, w)
        yield case(name, model, lambda rng, rows, dtype=dtype: five(rng, rows, dtype), max_error=0.02)

    name = "float16-weights"
    w = {f"{k}_h": v.astype(np.float16) for k, v in network(name).items()}
    casts = [node("Cast", f"{k}_h", k, to=TensorProto.FLOAT) for k in network(name)]
    yield case(name, graph(name, casts + NODES, X, Y, w), five)

    name = "bfloat16-weights"
    w = {f"{k}_h": bfloat16(v) for k, v in network(name).items()}
    casts = [node("Cast", f"{k}_h", k, to=TensorProto.FLOAT) for k in network(name)]
    yield case(name, graph(name, casts + NODES, X, Y, w), five)

    name = "int8-weights"
    w = network(name)
    whole = {f"{k}_q": np.round(w[k] * 100).clip(-127, 127).astype(np.int8) for k in ("w1", "w2")}
    steps = [n for k in ("w1", "w2") for n in (node("Cast", f"{k}_q", f"{k}_f", to=TensorProto.FLOAT), node("Mul", f"{k}_f step", k))]
    constants = whole | {"step": np.float32(0.01), "b1": w["b1"], "b2": w["b2"]}
    yield case(name, graph(name, steps + NODES, X, Y, constants), five)

    name = "mixed-precision"
    w = {k: v.astype(np.float16) for k, v in network(name).items()}
    nodes = [node("Cast", "x", "x16", to=TensorProto.FLOAT16), node("Gemm", "x16 w1 b1", "h"), node("Relu", "h", "a"),
             node("Gemm", "a w2 b2", "y16"), node("Cast", "y16", "y", to=TensorProto.FLOAT)]
    yield case(name, graph(name, nodes, X, Y, w), five, max_error=0.02)

    name = "weights-beside-the-model"
    yield case(name, graph(name, NODES, X, Y, network(name)), five, external="weights.bin")

    name = "constants-as-nodes"
    constants = [
        helper.make_node("Constant", [], [k], name=k, value=helper.make_tensor(k, TensorProto.FLOAT, v.shape, v.ravel()))
        for k, v in network(name).items()
    ]
    yield case(name, graph(name, constants + NODES, X, Y), five)

    name = "dequantized-weights"
    w = network(name)
    whole = {f"{k}_q": np.round(w[k] * 100).clip(-127, 127).astype(np.int8) for k in ("w1", "w2")}
    nodes = [node("DequantizeLinear", f"{k}_q step zero", k) for k in ("w1", "w2")] + NODES
    constants = whole | {"step": np.float32(0.01), "zero": np.int8(0), "b1": w["b1"], "b2": w["b2"]}
    yield case(name, graph(name, nodes, X, Y, constants), five)


def bfloat16(values):
    data = values.astype(ml_dtypes.bfloat16).tobytes()
    return helper.make_tensor("w", TensorProto.BFLOAT16, values.shape, data, raw=True)


def inputs_and_outputs():
    name = "integer-input"
    nodes = [node("Cast", "counts", "c", to=TensorProto.FLOAT), node("Mul", "c unit", "x"), *NODES]
    model = graph(name, nodes, {"counts": ("int64", [None, 5])}, Y, network(name) | {"unit": np.float32(0.05)})
    yield case(name, model, lambda rng, rows: {"counts": rng.integers(0, 100, (rows, 5))})

    name = "truth-input"
    nodes = [node("Cast", "flags", "x", to=TensorProto.FLOAT), *NODES]
    model = graph(name, nodes, {"flags": ("bool", [None, 5])}, Y, network(name))
    yield case(name, model, lambda rng, rows: {"flags": rng.random((rows, 5)) > 0.5})

    name = "three-inputs"
    nodes = [node("Cast", "late", "l", to=TensorProto.FLOAT), node("Concat", "ratios income l", "x", axis=1), *NODES]
    inputs = {"ratios": ("float", [None, 3]), "income": ("float", [None, 1]), "late": ("int32", [None, 1])}
    draw = lambda rng, rows: {
        "ratios": rng.random((rows, 3)).round(3).astype(np.float32),
        "income": rng.uniform(0, 3, (rows, 1)).round(2).astype(np.float32),
        "late": rng.integers(0, 4, (rows, 1)).astype(np.int32),
    }
    yield case(name, graph(name, nodes, inputs, Y, network(name)), draw)

    name = "three-outputs"
    nodes = NODES + [node("Softmax", "y", "p", axis=1), node("ArgMax", "y", "class", axis=1, keepdims=0)]
    outputs = Y | {"p": ("float", [None, 2]), "class": ("int64", [None])}
    yield case(name, graph(name, nodes, X, outputs, network(name)), five, classes={"class": [0, 1]})

    name = "one-output-of-three"
    model = graph(name, nodes, X, outputs, network(name))
    yield case(name, model, five, output=["p"])

    name = "output-chosen-beside-text"
    nodes = NODES + [
        node("ArgMax", "y", "best", axis=1, keepdims=0),
        helper.make_node("LabelEncoder", ["best"], ["word"], name="words", domain="ai.onnx.ml",
                         keys_int64s=[0, 1], values_strings=["repaid", "default"]),
    ]
    model = graph(name, nodes, X, Y | {"word": ("string", [None])}, network(name), ml=3)
    yield case(name, model, five, output=["y"])

    name = "text-label"
    model = graph(name, nodes, X, Y | {"word": ("string", [None])}, network(name), ml=3)
    yield case(name, model, five, classes={"word": ["repaid", "default"]})

    name = "named-features"
    model = graph(name, NODES, X, Y, network(name))
    names = ["income", "debt", "age", "late", "used"]
    helper.set_model_props(model, {"feature_names": ",".join(names)})
    yield case(name, model, five, columns=names)

    name = "unused-input"
    model = graph(name, NODES, X | {"comment": ("float", [None, 1])}, Y, network(name))
    draw = lambda rng, rows: five(rng, rows) | {"comment": rng.random((rows, 1)).round(2).astype(np.float32)}
    yield case(name, model, draw)


def shapes():
    for batch in [2, 4]:
        name = f"batch-of-{batch}"
        model = graph(name, NODES, {"x": ("float", [batch, 5])}, {"y": ("float", [batch, 2])}, network(name))
        yield case(name, model, lambda rng, rows, b=batch: {"x": five(rng, rows * b)["x"].reshape(rows, b, 5)})

    rng = generator("series")
    constants = {"k": weights(rng, 4, 2, 3), "b": weights(rng, 4), "w": weights(rng, 4, 1)}
    nodes = [
        node("Conv", "series k b", "c", pads=[1, 1]),
        node("Relu", "c", "a"),
        node("GlobalAveragePool", "a", "m"),
        node("Flatten", "m", "flat"),
        node("MatMul", "flat w", "y"),
    ]
    one = {"y": ("float", ["batch", 1])}
    draw = lambda r, rows: {"series": r.standard_normal((rows, 2, 8)).clip(-3, 3).round(2).astype(np.float32)}
    model = graph("free-time", nodes, {"series": ("float", ["batch", 2, "time"])}, one, constants)
    yield case("free-time", model, draw, shape={"time": 8})

    model = graph("fixed-time", nodes, {"series": ("float", [1, 2, 8])}, {"y": ("float", [1, 1])}, constants)
    yield case("fixed-time", model, lambda r, rows: {"series": draw(r, rows)["series"][:, None].reshape(rows, 1, 2, 8)})

    name = "one-free-batch-of-several-inputs"
    nodes = [node("Concat", "left right", "x", axis=1), *NODES]
    inputs = {"left": ("float", ["n", 2]), "right": ("float", ["n", 3])}
    draw = lambda r, rows: {k: r.uniform(-2, 2, (rows, n)).round(2).astype(np.float32) for k, n in [("left", 2), ("right", 3)]}
    yield case(name, graph(name, nodes, inputs, {"y": ("float", ["n", 2])}, network(name)), draw)

    name = "scalar-input"
    nodes = [node("Mul", "amount rate", "fee"), node("Add", "fee base", "cost")]
    model = graph(name, nodes, {"amount": ("float", [1])}, {"cost": ("float", [1])}, {"rate": np.float32(0.03), "base": np.float32(0.5)})
    yield case(name, model, lambda r, rows: {"amount": r.uniform(0, 100, (rows, 1)).round(1).astype(np.float32)})

    name = "no-batch-dimension"
    nodes = [node("MatMul", "x w1", "h"), node("Tanh", "h", "a"), node("MatMul", "a w2", "y")]
    w = {k: v for k, v in network(name).items() if k[0] == "w"}
    yield case(name, graph(name, nodes, {"x": ("float", [5])}, {"y": ("float", [2])}, w), five)
