"""What is to be refused, each with its reason: scales that are other ones for each input, what draws random numbers, and what
makes no sense. Recurrent networks and loops were among them once."""

import numpy as np
from onnx import TensorProto, helper

from .data import generator
from .graphs import case, graph, node, weights

X = {"x": ("float", [None, 4])}
Y = {"y": ("float", [None, 4])}


def draw(rng, rows):
    return {"x": rng.uniform(-2, 2, (rows, 4)).round(2).astype(np.float32)}


def cases():
    rng = generator("later")
    series = {"x": ("float", [5, 1, 3])}
    walk = lambda r, rows: {"x": r.uniform(-2, 2, (rows, 5, 1, 3)).round(2).astype(np.float32)}
    for operator, gates in [("LSTM", 4), ("GRU", 3), ("RNN", 1)]:
        w = {"w": weights(rng, 1, gates * 2, 3), "r": weights(rng, 1, gates * 2, 2)}
        nodes = [node(operator, "x w r", "y", hidden_size=2)]
        model = graph(operator.lower(), nodes, series, {"y": ("float", [5, 1, 1, 2])}, w)
        yield case(operator.lower(), model, walk)

    w = {"w": np.round(weights(rng, 4, 4) * 60).astype(np.int8), "z": np.uint8(128)}
    nodes = [node("DynamicQuantizeLinear", "x", "q s z"), node("MatMulInteger", "q w z", "i"), node("Cast", "i", "f", to=1), node("Mul", "f s", "y")]
    yield case("dynamic-quantization", graph("dynamic", nodes, X, Y, {"w": w["w"]}), draw, refused="DynamicQuantizeLinear")

    nodes = [node("RandomNormalLike", "x", "noise", seed=1.0), node("Add", "x noise", "y")]
    yield case("random-noise", graph("noise", nodes, X, Y), draw, refused="RandomNormalLike", margin=False, reference=nothing)

    nodes = [node("NonZero", "x", "places"), node("Cast", "places", "y", to=1)]
    yield case("places-of-values", graph("places", nodes, X, {"y": ("float", [2, None])}), draw, refused="NonZero", reference=nothing)

    nodes = [node("Mul", "x w", "y")]
    model = graph("diverged", nodes, X, Y, {"w": np.array([1, np.nan, 2, np.inf], dtype=np.float32)})
    yield case("weights-that-diverged", model, draw, refused="NaN", reference=nothing)

    body = helper.make_graph(
        [helper.make_node("Add", ["s", "s"], ["s_out"]), helper.make_node("Identity", ["c"], ["c_out"])], "body",
        [helper.make_tensor_value_info("i", TensorProto.INT64, []), helper.make_tensor_value_info("c", TensorProto.BOOL, []),
         helper.make_tensor_value_info("s", TensorProto.FLOAT, [None, 4])],
        [helper.make_tensor_value_info("c_out", TensorProto.BOOL, []), helper.make_tensor_value_info("s_out", TensorProto.FLOAT, [None, 4])],
    )
    nodes = [node("Loop", "n go x", "y", body=body)]
    model = graph("loop", nodes, X, Y, {"n": np.array(3), "go": np.array(True)})
    yield case("loop", model, draw)

    nodes = [helper.make_node("FusedMatMul", ["x", "w"], ["y"], name="fused", domain="com.microsoft")]
    model = graph("runtime", [node("Relu", "x", "y")], X, Y)
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    model.graph.initializer.append(helper.make_tensor("w", TensorProto.FLOAT, [4, 4], weights(rng, 4, 4).ravel()))
    model.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    yield case("operator-of-a-runtime", model, draw)

    name = "time-left-free"
    nodes = [node("ReduceMean", "x axes", "y", keepdims=0)]
    model = graph(name, nodes, {"x": ("float", ["batch", "time", 2])}, {"y": ("float", ["batch", 2])}, {"axes": np.array([1])})
    yield case(name, model, lambda r, rows: {"x": r.random((rows, 3, 2)).round(2).astype(np.float32)}, refused="time")


def nothing(feed):
    """onnxruntime's answer says nothing here."""
    return {}
