"""Models that are integers already: by onnxruntime's static quantization, as QDQ and as operators on integers, and by hand. Answers are
those of onnxruntime's own kernels, without its optimizer. Samples lie on a grid of 1/256, which inputs have here as well; the error asked
for is an eighth of the last scale, so that whatever is not the file's own integer is found."""

import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

from .data import generator
from .graphs import case as optimized
from .graphs import graph, node, weights

EXPORTER = f"onnxruntime.quantization {onnxruntime.__version__}"
KINDS = {
    "qdq": (QuantFormat.QDQ, QuantType.QUInt8, QuantType.QInt8, False),
    "qdq-signed-by-channel": (QuantFormat.QDQ, QuantType.QInt8, QuantType.QInt8, True),
    "qdq-16-bits": (QuantFormat.QDQ, QuantType.QInt16, QuantType.QInt8, False),
    "operators": (QuantFormat.QOperator, QuantType.QUInt8, QuantType.QUInt8, False),
    "operators-signed-by-channel": (QuantFormat.QOperator, QuantType.QInt8, QuantType.QInt8, True),
}


def case(*arguments, **options):
    return optimized(*arguments, optimized=False, **options)


def grid(shape):
    return lambda rng, rows: {"x": (np.round(rng.uniform(-2, 2, (rows, *shape)) * 256) / 256).astype(np.float32)}


class Reader(CalibrationDataReader):
    def __init__(self, shape):
        self.rows = iter([{"x": row[None]} for row in grid(shape)(generator("quantized"), 64)["x"]])

    def get_next(self):
        return next(self.rows, None)


def perceptron(rng):
    w = {"w1": weights(rng, 8, 6), "b1": weights(rng, 8), "w2": weights(rng, 8, 8), "b2": weights(rng, 8), "w3": weights(rng, 2, 8), "b3": weights(rng, 2)}
    nodes = [
        node("Gemm", "x w1 b1", "h", transB=1),
        node("Relu", "h", "r"),
        node("Gemm", "r w2 b2", "g", transB=1),
        node("Sigmoid", "g", "s"),
        node("Gemm", "s w3 b3", "y", transB=1),
    ]
    return nodes, [6], [2], w


def convolutional(rng):
    w = {"w1": weights(rng, 4, 1, 3, 3), "b1": weights(rng, 4), "w2": weights(rng, 4, 4, 3, 3), "b2": weights(rng, 4), "w3": weights(rng, 3, 4), "b3": weights(rng, 3)}
    nodes = [
        node("Conv", "x w1 b1", "a", pads=[1, 1, 1, 1]),
        node("Relu", "a", "ar"),
        node("MaxPool", "ar", "p", kernel_shape=[2, 2], strides=[2, 2]),
        node("Conv", "p w2 b2", "b", pads=[1, 1, 1, 1]),
        node("Add", "b p", "sum"),
        node("Relu", "sum", "sr"),
        node("GlobalAveragePool", "sr", "g"),
        node("Flatten", "g", "f"),
        node("Gemm", "f w3 b3", "y", transB=1),
    ]
    return nodes, [1, 6, 6], [3], w


def gated(rng):
    w = {"w1": weights(rng, 5, 6), "w2": weights(rng, 6, 6), "w3": weights(rng, 12, 2)}
    nodes = [
        node("MatMul", "x w1", "h"),
        node("LeakyRelu", "h", "l", alpha=0.1),
        node("MatMul", "l w2", "g"),
        node("Tanh", "g", "t"),
        node("Mul", "t l", "m"),
        node("Concat", "m t", "c", axis=1),
        node("MatMul", "c w3", "y"),
    ]
    return nodes, [5], [2], w


def cases():
    for name, build in [("perceptron", perceptron), ("convolutional", convolutional), ("gated", gated)]:
        nodes, x, y, w = build(generator(name))
        model = graph(name, nodes, {"x": ("float", [1, *x])}, {"y": ("float", [1, *y])}, w, opset=17, ir=8)
        for kind, options in KINDS.items():
            made = static(model, x, *options)
            # Halves of integers of 16 bits are nearer to each other than single precision, which decides them, is to any of them.
            make = case if kind.endswith("16-bits") else done
            yield make(f"{name}-{kind}", made, grid(x), exporter=EXPORTER)
    yield from by_hand()


def static(model, shape, style, activations, kind, by_channel):
    with tempfile.TemporaryDirectory() as folder:
        before, after = Path(folder) / "before.onnx", Path(folder) / "after.onnx"
        onnx.save(model, before)
        quantize_static(before, after, Reader(shape), quant_format=style, activation_type=activations, weight_type=kind, per_channel=by_channel)
        return onnx.load(after)


def done(name, model, draw, **options):
    return case(name, model, draw, max_error=last_scale(model) / 8, **options)


def last_scale(model):
    """Of what gives the output."""
    makers = {output: n for n in model.graph.node for output in n.output}
    values = {i.name: numpy_helper.to_array(i) for i in model.graph.initializer}
    last = makers[model.graph.output[0].name]
    return float(values[last.input[1]]) if last.op_type == "DequantizeLinear" else 0.08


def by_hand():
    rng = generator("quantized by hand")
    w = np.round(weights(rng, 4, 4) * 60).astype(np.int8)
    x, y = {"x": ("float", [None, 4])}, {"y": ("float", [None, 4])}
    q = {"w": w, "s": np.float32(0.02), "z": np.uint8(128), "zw": np.int8(0)}
    nodes = [
        node("QuantizeLinear", "x s z", "q"),
        node("DequantizeLinear", "q s z", "d"),
        node("DequantizeLinear", "w s zw", "wd"),
        node("MatMul", "d wd", "y"),
    ]
    yield done("quantize-dequantize", graph("qdq", nodes, x, y, q), grid([4]))

    # Powers of two: half of all sums are ties.
    q = {"w": w // 16, "s": np.float32(1 / 32), "z": np.uint8(100), "o": np.int8(3), "half": np.float32(0.5), "sy": np.float32(1 / 16)}
    nodes = [
        node("QuantizeLinear", "x s z", "q"),
        node("QLinearMatMul", "q s z w half o sy z", "p"),
        node("DequantizeLinear", "p sy z", "y"),
    ]
    yield done("ties-to-even", graph("ties", nodes, x, y, q), grid([4]))

    nodes = [
        node("QuantizeLinear", "x s z", "q"),
        node("MatMulInteger", "q w z o", "i"),
        node("Cast", "i", "f", to=1),
        node("Mul", "f half", "g"),
        node("QuantizeLinear", "g sy z", "p"),
        node("DequantizeLinear", "p sy z", "y"),
    ]
    yield done("sums-of-integers", graph("sums", nodes, x, y, q | {"sy": np.float32(0.37)}), grid([4]))

    # Weights as they are trained, rounded in the graph; what lies between is no function of integers.
    q = {"w": weights(rng, 4, 4), "sw": np.float32(0.013), "zw": np.int8(0), "s": np.float32(0.021), "z": np.uint8(117)}
    nodes = [
        node("QuantizeLinear", "w sw zw", "qw"),
        node("DequantizeLinear", "qw sw zw", "dw"),
        node("QuantizeLinear", "x s z", "q"),
        node("DequantizeLinear", "q s z", "d"),
        node("MatMul", "d dw", "m"),
        node("Softmax", "m", "p"),
        node("QuantizeLinear", "p s z", "r"),
        node("DequantizeLinear", "r s z", "y"),
    ]
    yield case("rounded-softmax", graph("rounded", nodes, x, y, q), grid([4]), max_error=0.022)
