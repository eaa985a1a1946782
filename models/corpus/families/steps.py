"""Loops, branches, sequences and recurrent networks, written out; what onnxruntime's optimizer fuses; bits, powers and quotients of
variables; thresholds and nearest values; outputs that are constants or inputs."""

import numpy as np
from onnx import TensorProto, helper

from .data import generator
from .graphs import case, graph, node, weights

X = {"x": ("float", [None, 6])}


def f(*values):
    return np.array(values, dtype=np.float32)


def draw(columns, low=-2, high=2):
    return lambda rng, rows: {"x": rng.uniform(low, high, (rows, *np.atleast_1d(columns))).round(2).astype(np.float32)}


def body(nodes, inputs, outputs, constants=None):
    """A graph of an attribute; `inputs` and `outputs` are name -> (type, shape)."""
    types = {"float": TensorProto.FLOAT, "int64": TensorProto.INT64, "bool": TensorProto.BOOL}
    value = lambda item: helper.make_tensor_value_info(item[0], types[item[1][0]], item[1][1])
    tensors = [helper.make_tensor(k, helper.np_dtype_to_tensor_dtype(v.dtype), v.shape, v.ravel()) for k, v in (constants or {}).items()]
    return helper.make_graph(nodes, "body", [*map(value, inputs.items())], [*map(value, outputs.items())], tensors)


def cases():
    yield from loops()
    yield from branches()
    yield from sequences()
    yield from recurrent()
    yield from attention()
    yield from fused()
    yield from variables()
    yield from decisions()


def loops():
    step = {"i": ("int64", []), "c": ("bool", []), "v": ("float", [None])}
    nodes = [
        node("Gather", "x i", "r", axis=1),
        node("Mul", "r r", "square"),
        node("Mul", "v l", "kept"),
        node("Mul", "square m", "added"),
        node("Add", "kept added", "next"),
        node("Identity", "next", "seen"),
        node("Identity", "c", "on"),
    ]
    inner = body(nodes, step, {"on": ("bool", []), "next": ("float", [None]), "seen": ("float", [None])}, {"l": f(0.94).reshape(()), "m": f(0.06).reshape(())})
    nodes = [node("Loop", "n go first", "last all", body=inner)]
    constants = {"n": np.array(6), "go": np.array(True), "first": f(0.25)}
    outputs = {"last": ("float", [1]), "all": ("float", [6, 1])}
    yield case("loop-of-a-variance", graph("loop", nodes, X, outputs, constants), draw(6))

    nodes = [node("MatMul", "h wh", "a"), node("MatMul", "e wx", "b"), node("Add", "a b", "s"), node("Tanh", "s", "next"), node("Identity", "next", "seen")]
    rng = generator("scan")
    inner = body(
        nodes, {"h": ("float", [1, 3]), "e": ("float", [1, 2])}, {"next": ("float", [1, 3]), "seen": ("float", [1, 3])},
        {"wh": weights(rng, 3, 3), "wx": weights(rng, 2, 3)},
    )
    for name, options in [
        ("scan-of-a-network", {}),
        ("scan-backwards", dict(scan_input_directions=[1], scan_output_directions=[1])),
        ("scan-along-others", dict(scan_input_axes=[1], scan_output_axes=[1])),
    ]:
        along = 1 if options.get("scan_input_axes") else 0
        shape = [1, 5, 2] if along else [5, 1, 2]
        nodes = [node("Scan", "first x", "last all", body=inner, num_scan_inputs=1, **options)]
        outputs = {"last": ("float", [1, 3]), "all": ("float", [1, 5, 3] if along else [5, 1, 3])}
        model = graph(name, nodes, {"x": ("float", shape)}, outputs, {"first": np.zeros((1, 3), np.float32)})
        yield case(name, model, draw(shape))


def branches():
    rng = generator("branches")
    make = lambda w, y: body([node("MatMul", f"x {w}", y)], {}, {y: ("float", [None, 2])})
    nodes = [
        node("ReduceSum", "x", "sum", keepdims=0),
        node("Greater", "sum half", "c"),
        node("If", "c", "y", then_branch=make("w", "a"), else_branch=make("v", "b")),
    ]
    constants = {"w": weights(rng, 6, 2), "v": weights(rng, 6, 2), "half": f(0.5).reshape(())}
    yield case("branch-by-a-sum", graph("branch", nodes, X, {"y": ("float", [None, 2])}, constants), draw(6), max_error=0.02, margin=False)


def sequences():
    nodes = [
        node("SplitToSequence", "x", "parts", axis=1),
        node("SequenceAt", "parts two", "third"),
        node("SequenceEmpty", "", "none"),
        node("SequenceInsert", "none third", "one"),
        node("Relu", "x", "positive"),
        node("SequenceInsert", "one positive zero", "both"),
        node("ConcatFromSequence", "both", "y", axis=1),
    ]
    constants = {"two": np.array(2), "zero": np.array(0)}
    yield case("sequence-of-parts", graph("parts", nodes, X, {"y": ("float", [None, 7])}, constants), draw(6))


def recurrent():
    rng = generator("recurrent")
    series = {"x": ("float", [5, 2, 3])}
    walk = draw([5, 2, 3])
    for operator, gates, name, options in [
        ("LSTM", 4, "lstm-both-ways", dict(direction="bidirectional")),
        ("GRU", 3, "gru-reset-before", dict(linear_before_reset=0)),
        ("GRU", 3, "gru-backwards", dict(linear_before_reset=1, direction="reverse")),
        ("RNN", 1, "rnn-of-rectifiers", dict(activations=["Relu"])),
        ("LSTM", 4, "lstm-peepholes", dict(clip=0.4)),
        ("LSTM", 4, "lstm-coupled", dict(input_forget=1)),
        ("GRU", 3, "gru-clipped", dict(linear_before_reset=0, clip=0.3)),
    ]:
        d = 2 if options.get("direction") == "bidirectional" else 1
        w = {
            "w": weights(rng, d, gates * 2, 3) * 0.5, "r": weights(rng, d, gates * 2, 2) * 0.5,
            "b": weights(rng, d, gates * 4) * 0.5, "h0": weights(rng, d, 2, 2) * 0.5, "c0": weights(rng, d, 2, 2) * 0.5,
        }
        first = " h0 c0" if operator == "LSTM" else " h0"
        inputs = ["x", "w", "r", "b", ""] + first.split()
        if name == "lstm-peepholes":
            inputs.append("p")
            w["p"] = weights(rng, d, 6)
        outputs = {"y": ("float", [5, d, 2, 2]), "last": ("float", [d, 2, 2])} | ({"cell": ("float", [d, 2, 2])} if operator == "LSTM" else {})
        made = helper.make_node(operator, inputs, list(outputs), name=name, hidden_size=2, **options)
        constants = {k: v for k, v in w.items() if k in inputs}
        yield case(name, graph(name, [made], series, outputs, constants), walk, max_error=0.02)


SERIES = {"x": ("float", [1, 4, 6])}


def attention():
    """A small decoder's layer: turned by positions, more heads of queries than of keys, each looks back two places."""
    rng = generator("attention")
    angles = np.outer(np.arange(8), [1.0, 0.1])
    constants = {"cos": np.cos(angles).astype("f"), "sin": np.sin(angles).astype("f"), "places": np.array([[0, 1, 2, 3]])}
    constants |= {k: weights(rng, 6, width) * 0.5 for k, width in [("wq", 16), ("wk", 8), ("wv", 8)]}
    rotated = lambda name, heads: helper.make_node("RotaryEmbedding", [name, "cos", "sin", "places"], [name + "r"], num_heads=heads)
    nodes = [node("MatMul", f"x w{k}", k) for k in "qkv"] + [rotated("q", 4), rotated("k", 2)]
    attention = helper.make_node(
        "Attention", ["qr", "kr", "v"], ["y"], q_num_heads=4, kv_num_heads=2, is_causal=1, softcap=2.0
    )
    model = swapped("decoder", [*nodes, attention], SERIES, [1, 4, 16], constants, 23)
    yield case("decoder-layer", model, draw([1, 4, 6]), max_error=0.05)
    # onnxruntime's own operator, with its operands in another order.
    nodes = [
        node("MatMul", "x wq", "q"),
        helper.make_node("RotaryEmbedding", ["q", "places", "cos", "sin"], ["r"], domain="com.microsoft", num_heads=4, interleaved=1),
        node("Relu", "r", "y"),
    ]
    kept = {k: constants[k] for k in ("wq", "places", "cos", "sin")}
    model = swapped("rotated", nodes, SERIES, [1, 4, 16], kept)
    yield case("rotated-in-pairs", model, draw([1, 4, 6]))


def fused():
    rng = generator("fused")
    w, v = weights(rng, 4, 6), weights(rng, 4)
    micro = lambda operator, inputs, outputs, **options: helper.make_node(
        operator, inputs.split(), outputs.split(), name=operator, domain="com.microsoft", **options
    )
    for name, nodes in [
        ("fused-gelu", [micro("FusedMatMul", "x w", "m", transB=1, alpha=0.5), micro("BiasGelu", "m v", "g"), micro("QuickGelu", "g", "q"), micro("FastGelu", "q v", "h"), micro("Gelu", "h", "y")]),
        ("fused-gemm", [micro("FusedGemm", "x w v", "g", transB=1, activation="LeakyRelu", activation_alpha=0.2), node("Relu", "g", "y")]),
        ("fused-layer-norm", [micro("FusedMatMul", "x w", "m", transB=1), node("Mul", "m m", "s"), micro("SkipLayerNormalization", "m s scale v", "y", epsilon=1e-3)]),
    ]:
        constants = {"w": w, "v": v, "scale": f(1, 0.5, 2, 1)}
        read = {i for n in nodes for i in n.input}
        yield case(name, microsoft(name, nodes, {k: t for k, t in constants.items() if k in read}), draw(6), max_error=0.06)


def microsoft(name, nodes, constants):
    return swapped(name, nodes, X, [None, 4], constants)


def swapped(name, nodes, inputs, shape, constants, opset=None):
    """A graph of nodes that the checker of the operator set that all others are written in does not know."""
    model = graph(name, [node("Relu", "x", "y")], inputs, {"y": ("float", shape)}, constants)
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    if opset:
        model.opset_import[0].version = opset
    else:
        model.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    return model


def variables():
    y = {"y": ("float", [None, 3])}
    split = node("Split", "x", "a b", axis=1, num_outputs=2)
    positive = [split, node("Abs", "a", "m"), node("Add", "m half", "p"), node("Mul", "b half", "e")]
    yield case("power-of-variables", graph("power", [*positive, node("Pow", "p e", "y")], X, y, {"half": f(0.5)}), draw(6), max_error=0.02)

    nodes = [
        split,
        node("Equal", "b zero", "none"),
        node("Where", "none one b", "safe"),
        node("Sin", "b", "s"),
        node("Div", "s safe", "q"),
        node("Where", "none one q", "y"),
    ]
    yield case("quotient-around-zero", graph("sinc", nodes, X, y, {"zero": f(0), "one": f(1)}), draw(6), max_error=0.02)

    whole = {"n": ("int64", [None, 2])}
    nodes = [
        node("BitwiseAnd", "n mask", "kept"),
        node("BitwiseOr", "n mask", "set"),
        node("BitwiseXor", "n mask", "turned"),
        node("Concat", "kept set turned", "y", axis=1),
    ]
    numbers = lambda rng, rows: {"n": rng.integers(-40, 200, (rows, 2))}
    yield case("bits-of-flags", graph("bits", nodes, whole, {"y": ("int64", [None, 6])}, {"mask": np.array([5, 60])}), numbers, max_error=0.5)

    nodes = [node("TopK", "x two", "values places", axis=1), node("ScatterElements", "low places values", "y", axis=1)]
    yield case("scatter-the-largest", graph("scatter", nodes, {"x": ("float", [1, 6])}, {"y": ("float", [1, 6])}, {"two": np.array([2]), "low": np.full((1, 6), -3, np.float32)}), draw(6), max_error=0.02)


def decisions():
    rng = generator("decisions")
    w = {"w": weights(rng, 6, 4)}
    nodes = [node("MatMul", "x w", "z"), node("ReduceMax", "z axes", "top", keepdims=1), node("Equal", "z top", "is"), node("Cast", "is", "y", to=1)]
    yield case("equal-to-the-largest", graph("largest", nodes, X, {"y": ("float", [None, 4])}, w | {"axes": np.array([1])}), draw(6), max_error=0.01)

    nodes = [node("MatMul", "x w", "z"), node("Sigmoid", "z", "p"), node("Clip", "p low high", "c"), node("Greater", "c limits", "is"), node("Cast", "is", "y", to=1)]
    limits = {"limits": f(0.25, 0.5, 0.6, 0.9), "low": f(0.1).reshape(()), "high": f(0.95).reshape(())}
    yield case("thresholds-of-a-probability", graph("thresholds", nodes, X, {"y": ("float", [None, 4])}, w | limits), draw(6), max_error=0.01)

    nodes = [
        node("MatMul", "x v", "z"),
        node("Sub", "z knots", "d"),
        node("Abs", "d", "m"),
        node("ArgMin", "m", "at", axis=1, keepdims=0),
        node("Gather", "values at", "y"),
    ]
    knots = {"v": weights(rng, 6, 1), "knots": f(-1.5, -0.75, -0.5, -0.25, 0.5, 0.875, 1.75), "values": f(0, 0.25, 0.5, 0.5, 0.75, 0.9, 1)}
    yield case("nearest-knot", graph("nearest", nodes, {"x": ("float", [1, 6])}, {"y": ("float", [1])}, knots), draw(6), max_error=0.01)

    nodes = [node("Identity", "constant", "version"), node("MatMul", "x w", "y")]
    outputs = {"version": ("float", [2]), "y": ("float", [None, 4])}
    yield case("constant-beside-a-score", graph("version", nodes, X, outputs, w | {"constant": f(3, 1.5)}), draw(6), max_error=0.01)
