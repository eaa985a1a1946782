"""Writes the small networks of the model suite, each in a folder of its own.

    python make.py            write them
    python make.py --check    do it again in a scratch folder and compare with the committed files

Together with liquidation-risk they use every operator that the compiler takes. Inputs are drawn from a fixed seed,
with as many binary digits as float32 holds exactly; the expected outputs are ONNX's own reference implementation's.
"""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", OPENBLAS_CORETYPE="Haswell")

import numpy as np  # noqa: E402
import onnx  # noqa: E402
from onnx import TensorProto, helper, numpy_helper  # noqa: E402
from onnx.reference import ReferenceEvaluator  # noqa: E402

HERE = Path(__file__).resolve().parent
OPSET, ML_OPSET = 17, 3
CALIBRATION_ROWS, SAMPLE_ROWS = 256, 64
MARGIN = 0.25  # a class must lead by this much to be an expected one: quantization may settle a near tie differently


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare with the committed files, write nothing")
    if parser.parse_args().check:
        with tempfile.TemporaryDirectory() as scratch:
            files = produce(Path(scratch))
            differing = [name for name in files if not same(HERE / name, Path(scratch) / name)]
        print("\n".join(f"{name}: DIFFERS" for name in differing) or f"{len(files)} files: identical or within 1e-4")
        sys.exit(1 if differing else 0)
    produce(HERE)


def produce(folder):
    files = []
    for number, (name, make) in enumerate(MODELS.items()):
        rng = np.random.default_rng([2024, number])
        model, draw, *corners = make(rng)
        model.ir_version = 8
        onnx.checker.check_model(model, full_check=True)
        evaluator = ReferenceEvaluator(model)
        case = folder / name
        case.mkdir(exist_ok=True)
        onnx.save(model, case / "model.onnx")
        calibration = [draw() for _ in range(CALIBRATION_ROWS)] + [row for rows in corners for row in rows]
        samples = []
        while len(samples) < SAMPLE_ROWS:
            inputs = draw()
            shaped = {key: value[None].astype(np.float32) for key, value in inputs.items()}
            outputs = dict(zip(evaluator.output_names, evaluator.run(None, shaped)))
            if clear(outputs):
                samples.append((inputs, outputs))
        columns = column_names(model)
        if columns:
            write_csv(case / "calibration.csv", columns, calibration)
            files.append(f"{name}/calibration.csv")
        else:
            write_json(case / "calibration.json", {"inputs": stack(calibration)})
            files.append(f"{name}/calibration.json")
        document = {"inputs": stack(i for i, _ in samples), "outputs": stack(o for _, o in samples)}
        write_json(case / "samples.json", document)
        files += [f"{name}/model.onnx", f"{name}/samples.json"]
    return files


def clear(outputs):
    """Whether no other class comes near the winner; true for a model without classes."""
    if "class" not in outputs:
        return True
    second, first = np.sort(outputs["logits"].ravel())[-2:]
    return first - second >= MARGIN


def clip_classifier(rng):
    """Four classes of market from eight hourly returns in percent: BatchNormalization, Gemm, Clip to [0, 6], ArgMax.

    The weights are written, not trained: detectors of a rise, a fall, and swings either way, each a sum of returns
    or of neighbouring differences; what none of them sees is calm."""
    hours = 8
    deviation = np.full(hours, 1.5)
    alternating = np.array([1, -1] * (hours // 2)) / 4
    halves = np.repeat([1, -1], hours // 2) / 4
    total = np.ones(hours) / 4
    late = np.linspace(0, 0.5, hours)
    detectors = np.stack([total, -total, late, -late, alternating, -alternating, halves, -halves])
    detectors = np.concatenate([detectors, rng.normal(0, 0.25, (4, hours))])
    bias = np.concatenate([np.zeros(8), rng.normal(0, 0.1, 4)])
    classes = np.zeros((4, 12))  # calm, rising, falling, turbulent
    classes[0] = -0.6
    classes[1, [0, 2]], classes[1, [1, 3]] = 1.5, -1
    classes[2, [1, 3]], classes[2, [0, 2]] = 1.5, -1
    classes[3, 4:8] = 1.1
    classes[:, 8:] = rng.normal(0, 0.05, (4, 4))
    nodes = [
        helper.make_node(
            "BatchNormalization", ["returns", "gain", "shift", "mean", "variance"], ["normal"], name="normalize"
        ),
        helper.make_node("Gemm", ["normal", "detectors", "bias"], ["sums"], name="detect", transB=1),
        helper.make_node("Clip", ["sums", "zero", "six"], ["hidden"], name="relu6"),
        helper.make_node("Gemm", ["hidden", "classes", "prior"], ["logits"], name="classify", transB=1),
        helper.make_node("ArgMax", ["logits"], ["class"], name="decide", axis=1, keepdims=0),
    ]
    constants = {
        "gain": np.linspace(0.9, 1.1, hours),
        "shift": np.linspace(-0.02, 0.02, hours),
        "mean": np.linspace(-0.05, 0.05, hours),
        "variance": deviation**2,
        "detectors": detectors,
        "bias": bias,
        "zero": np.array(0.0),
        "six": np.array(6.0),
        "classes": classes,
        "prior": np.array([1.2, 0.0, 0.0, -0.4]),
    }
    outputs = [("logits", TensorProto.FLOAT, [1, 4]), ("class", TensorProto.INT64, [1])]
    model = assemble("clip-classifier", nodes, constants, {"returns": [1, hours]}, outputs)
    helper.set_model_props(model, {"feature_names": ",".join(f"return_{hour}" for hour in range(hours))})

    def draw():
        trend, swing = rng.normal(0, 0.8), rng.exponential(1.2)
        return {"returns": exact(trend + swing * rng.normal(0, 1, hours), 8)}

    return model, draw


def two_branch(rng):
    """Two inputs, each through its own layers, joined by Concat: every operator that only moves values, constants on
    either side of Sub and Mul, MatMul with Add, and a result of two elements."""
    nodes = [
        helper.make_node("Flatten", ["market"], ["flat"], name="flatten"),
        helper.make_node("Sub", ["flat", "centre"], ["centred"], name="centre_market"),
        helper.make_node("Mul", ["gain", "centred"], ["scaled"], name="scale_market"),
        helper.make_node("MatMul", ["scaled", "market_weights"], ["market_product"], name="market_product"),
        helper.make_node("Add", ["market_product", "market_bias"], ["market_sum"], name="market_bias"),
        helper.make_node("Relu", ["market_sum"], ["market_hidden"], name="market_relu"),
        helper.make_node("Squeeze", ["position", "first_axis"], ["vector"], name="squeeze_position"),
        helper.make_node("Sub", ["ceiling", "vector"], ["room"], name="room_below_ceiling"),
        helper.make_node("Unsqueeze", ["room", "first_axis"], ["row"], name="unsqueeze_room"),
        helper.make_node(
            "Gemm", ["row", "position_weights", "position_bias"], ["position_sum"], name="position_sum", alpha=0.5
        ),
        helper.make_node("Relu", ["position_sum"], ["position_hidden"], name="position_relu"),
        helper.make_node("Concat", ["market_hidden", "position_hidden"], ["joined"], name="join", axis=1),
        helper.make_node("Reshape", ["joined", "column_shape"], ["column"], name="to_column"),
        helper.make_node("Reshape", ["column", "row_shape"], ["hidden"], name="to_row"),
        helper.make_node("Gemm", ["hidden", "weights", "bias"], ["risk"], name="combine"),
    ]
    constants = {
        "centre": rng.normal(0, 0.2, 8),
        "gain": rng.uniform(0.5, 2, 8),
        "market_weights": rng.normal(0, 0.5, (8, 10)),
        "market_bias": rng.normal(0, 0.2, 10),
        "ceiling": np.array([1.0, 1.0, 2.0]),
        "position_weights": rng.normal(0, 1, (3, 6)),
        "position_bias": rng.normal(0, 0.2, 6),
        "weights": rng.normal(0, 0.35, (16, 2)),
        "bias": rng.normal(0, 0.2, 2),
        "first_axis": np.array([0]),
        "column_shape": np.array([16, -1]),
        "row_shape": np.array([1, 16]),
    }
    inputs = {"market": [1, 2, 4], "position": [1, 3]}
    model = assemble("two-branch", nodes, constants, inputs, [("risk", TensorProto.FLOAT, [1, 2])])

    def draw():
        return {
            "market": exact(rng.normal(0, 1, (2, 4)), 10),
            "position": exact(rng.uniform(0, [1.0, 1.0, 2.0]), 10),
        }

    return model, draw


def linear_score(rng):
    """A credit scorecard: ai.onnx.ml Scaler and one Gemm with alpha and beta, through Identity. No activation at all,
    so the circuit is one requantization."""
    names = ["income", "debt_ratio", "years_employed", "late_payments", "utilization", "accounts"]
    offset = [4.0, 0.35, 6.0, 0.5, 0.4, 5.0]
    scale = [0.4, 5.0, 0.2, 1.25, 3.0, 0.3]
    nodes = [
        helper.make_node(
            "Scaler", ["applicant"], ["standard"], name="scale", domain="ai.onnx.ml", offset=offset, scale=scale
        ),
        helper.make_node("Identity", ["standard"], ["same"], name="pass"),
        helper.make_node("Gemm", ["same", "points", "base"], ["score"], name="add_up", alpha=0.25, beta=2.0),
    ]
    constants = {"points": np.array([[3.0, -4.5, 2.0, -5.0, -3.5, 0.75]]).T, "base": np.array([[0.3]])}
    score = [("score", TensorProto.FLOAT, [1, 1])]
    model = assemble("linear-score", nodes, constants, {"applicant": [1, len(names)]}, score)
    helper.set_model_props(model, {"feature_names": ",".join(names)})

    def draw():
        values = [rng.gamma(4, 1), rng.beta(2, 4), rng.gamma(2, 3), rng.poisson(0.6), rng.beta(2, 3), rng.poisson(5)]
        return {"applicant": exact(np.minimum(values, 16), 8)}

    return model, draw


def convolve(rng, name, source, channels, filters, size, **attributes):
    """A Conv node `name` and its constants: kernels scaled so that activations keep their size."""
    per_filter = channels // attributes.get("group", 1) * int(np.prod(size))
    constants = {
        f"{name}_kernels": rng.normal(0, 1.4 / per_filter**0.5, (filters, channels // attributes.get("group", 1), *size)),
        f"{name}_bias": rng.normal(0, 0.1, filters),
    }
    node = helper.make_node("Conv", [source, f"{name}_kernels", f"{name}_bias"], [name], name=name, **attributes)
    return node, constants


def connect(rng, name, source, rows, columns):
    """A Gemm node `name` and its constants."""
    constants = {
        f"{name}_weights": rng.normal(0, 1.4 / columns**0.5, (rows, columns)),
        f"{name}_bias": rng.normal(0, 0.1, rows),
    }
    node = helper.make_node(
        "Gemm", [source, f"{name}_weights", f"{name}_bias"], [name], name=name, transB=1
    )
    return node, constants


def gather(*parts):
    """Nodes in order, and all constants; a part is a node, or a node with its constants."""
    nodes, constants = [], {}
    for part in parts:
        node, more = part if isinstance(part, tuple) else (part, {})
        nodes.append(node)
        constants.update(more)
    return nodes, constants


def relu(source, name):
    return helper.make_node("Relu", [source], [name], name=name)


def picture(rng, channels, size):
    """A bright bar over noise, in every channel at another brightness."""
    start, thickness, across = rng.integers(0, size - 2), rng.integers(1, 3), rng.integers(0, 2)
    bar = np.zeros((size, size))
    bar[start : start + thickness] = 1
    bar = bar.T if across else bar
    brightness = rng.uniform(0.4, 1, (channels, 1, 1))
    return exact(np.minimum(bar * brightness + rng.uniform(0, 0.2, (channels, size, size)), 0.99), 7)


def conv_average(rng):
    """Three classes of 8 x 8 pictures: two padded convolutions with ReLU, an average pooling between them, a global one
    behind, Gemm and ArgMax."""
    nodes, constants = gather(
        convolve(rng, "edges", "pixels", 1, 4, (3, 3), pads=[1, 1, 1, 1]),
        relu("edges", "edges_relu"),
        helper.make_node("AveragePool", ["edges_relu"], ["half"], name="half", kernel_shape=[2, 2], strides=[2, 2]),
        convolve(rng, "shapes", "half", 4, 6, (3, 3)),
        relu("shapes", "shapes_relu"),
        helper.make_node("GlobalAveragePool", ["shapes_relu"], ["means"], name="means"),
        helper.make_node("Flatten", ["means"], ["features"], name="flatten"),
        connect(rng, "logits", "features", 3, 6),
        helper.make_node("ArgMax", ["logits"], ["class"], name="decide", axis=1, keepdims=0),
    )
    constants["logits_weights"] = constants["logits_weights"] * 20
    outputs = [("logits", TensorProto.FLOAT, [1, 3]), ("class", TensorProto.INT64, [1])]
    build = lambda: assemble("conv-average", nodes, constants, {"pixels": [1, 1, 8, 8]}, outputs)
    draw = lambda: {"pixels": picture(rng, 1, 8)}
    # Without the mean of the logits, every class is a winner now and then.
    evaluator = ReferenceEvaluator(build())
    logits = [evaluator.run(None, {"pixels": draw()["pixels"][None].astype(np.float32)})[0] for _ in range(64)]
    constants["logits_bias"] = constants["logits_bias"] - np.mean(logits, axis=(0, 1))
    return build(), draw


def conv_residual(rng):
    """A convolution with ReLU and max pooling, and a residual block behind it: the sum of a convolution and what it read."""
    nodes, constants = gather(
        convolve(rng, "edges", "pixels", 2, 4, (3, 3), pads=[1, 1, 1, 1]),
        relu("edges", "edges_relu"),
        helper.make_node("MaxPool", ["edges_relu"], ["half"], name="half", kernel_shape=[2, 2], strides=[2, 2]),
        convolve(rng, "block", "half", 4, 4, (3, 3), pads=[1, 1, 1, 1]),
        helper.make_node("Add", ["block", "half"], ["sum"], name="residual"),
        relu("sum", "sum_relu"),
        helper.make_node("Flatten", ["sum_relu"], ["features"], name="flatten"),
        connect(rng, "score", "features", 2, 36),
    )
    score = [("score", TensorProto.FLOAT, [1, 2])]
    model = assemble("conv-residual", nodes, constants, {"pixels": [1, 2, 6, 6]}, score)
    return model, lambda: {"pixels": picture(rng, 2, 6)}


def activations(rng):
    """Functions of one variable: sigmoid, tanh, GELU (as exporters write it, with Erf), error function, hard swish and
    leaky ReLU, each on a part of its own. The calibration holds the inputs where each argument is largest and smallest as
    well, so that no sample saturates."""
    parts = ["sigmoid", "tanh", "gelu", "erf", "swish", "leaky"]
    layers = [connect(rng, f"{part}_in", "x", 4, 6) for part in parts]
    nodes, constants = gather(
        *layers,
        helper.make_node("Sigmoid", ["sigmoid_in"], ["sigmoid"], name="sigmoid"),
        helper.make_node("Tanh", ["tanh_in"], ["tanh"], name="tanh"),
        helper.make_node("Div", ["gelu_in", "root"], ["gelu_scaled"], name="gelu_scale"),
        helper.make_node("Erf", ["gelu_scaled"], ["gelu_erf"], name="gelu_erf"),
        helper.make_node("Add", ["gelu_erf", "one"], ["gelu_gate"], name="gelu_gate"),
        helper.make_node("Mul", ["gelu_in", "gelu_gate"], ["gelu_twice"], name="gelu_product"),
        helper.make_node("Mul", ["gelu_twice", "half"], ["gelu"], name="gelu"),
        helper.make_node("Erf", ["erf_in"], ["erf"], name="erf"),
        helper.make_node("HardSwish", ["swish_in"], ["swish"], name="swish"),
        helper.make_node("LeakyRelu", ["leaky_in"], ["leaky"], name="leaky", alpha=0.1),
        helper.make_node("Concat", parts, ["joined"], name="join", axis=1),
        connect(rng, "score", "joined", 2, 24),
    )
    constants |= {"root": np.array(2**0.5), "one": np.array(1.0), "half": np.array(0.5)}
    score = [("score", TensorProto.FLOAT, [1, 2])]
    model = assemble("activations", nodes, constants, {"x": [1, 6]}, score)
    reach = 3
    rows = np.concatenate([constants[f"{part}_in_weights"] for part in parts])
    corners = [{"x": reach * side * np.where(row < 0, -1.0, 1.0)} for row in rows for side in (1, -1)]
    return model, lambda: {"x": exact(rng.normal(0, 1, 6).clip(-reach, reach), 8)}, corners


def softmax_classifier(rng):
    """Probabilities of four classes: Gemm, ReLU, Gemm, Softmax."""
    nodes, constants = gather(
        connect(rng, "hidden", "x", 8, 6),
        relu("hidden", "hidden_relu"),
        connect(rng, "logits", "hidden_relu", 4, 8),
        helper.make_node("Softmax", ["logits"], ["probabilities"], name="probabilities", axis=-1),
    )
    outputs = [("probabilities", TensorProto.FLOAT, [1, 4])]
    model = assemble("softmax-classifier", nodes, constants, {"x": [1, 6]}, outputs)
    return model, lambda: {"x": exact(rng.normal(0, 1, 6).clip(-3, 3), 8)}


def layer_norm(rng):
    """Two rows of features, each normalized with scale and bias, then SiLU (as exporters write it) and Gemm."""
    nodes, constants = gather(
        helper.make_node("MatMul", ["x", "mix"], ["mixed"], name="mix"),
        helper.make_node(
            "LayerNormalization", ["mixed", "gain", "shift"], ["normal"], name="normalize", axis=-1, epsilon=1e-2
        ),
        helper.make_node("Sigmoid", ["normal"], ["gate"], name="gate"),
        helper.make_node("Mul", ["normal", "gate"], ["active"], name="silu"),
        helper.make_node("Flatten", ["active"], ["features"], name="flatten"),
        connect(rng, "score", "features", 2, 16),
    )
    constants |= {
        "mix": rng.normal(0, 0.6, (4, 8)),
        "gain": rng.uniform(0.6, 1.4, 8),
        "shift": rng.normal(0, 0.3, 8),
    }
    score = [("score", TensorProto.FLOAT, [1, 2])]
    model = assemble("layer-norm", nodes, constants, {"x": [1, 2, 4]}, score)
    return model, lambda: {"x": exact(rng.normal(0, 1, (2, 4)).clip(-3, 3), 8)}


def signal(rng):
    """A signal of two channels: a strided convolution along one axis, max pooling, a grouped convolution, averages."""
    nodes, constants = gather(
        convolve(rng, "first", "signal", 2, 4, (5,), strides=[2], pads=[2, 2]),
        relu("first", "first_relu"),
        helper.make_node("MaxPool", ["first_relu"], ["peaks"], name="peaks", kernel_shape=[2], strides=[2]),
        convolve(rng, "second", "peaks", 4, 4, (3,), group=2, dilations=[1]),
        relu("second", "second_relu"),
        helper.make_node("ReduceMean", ["second_relu"], ["means"], name="means", axes=[2], keepdims=0),
        connect(rng, "score", "means", 2, 4),
    )
    score = [("score", TensorProto.FLOAT, [1, 2])]
    model = assemble("signal", nodes, constants, {"signal": [1, 2, 20]}, score)

    def draw():
        time = np.arange(20) / 20
        wave = np.sin(2 * np.pi * (rng.uniform(0.5, 4) * time + rng.uniform(0, 1)))
        return {"signal": exact(np.stack([wave, np.roll(wave, 3)]) + rng.normal(0, 0.2, (2, 20)), 8)}

    return model, draw


MODELS = {
    "clip-classifier": clip_classifier,
    "two-branch": two_branch,
    "linear-score": linear_score,
    "conv-average": conv_average,
    "conv-residual": conv_residual,
    "activations": activations,
    "softmax-classifier": softmax_classifier,
    "layer-norm": layer_norm,
    "signal": signal,
}


def assemble(name, nodes, constants, inputs, outputs):
    """A model with static shapes; constants become float32, or int64 where they are integers."""
    integers = {key for key, value in constants.items() if value.dtype.kind == "i"}
    initializers = [
        numpy_helper.from_array(value.astype(np.int64 if key in integers else np.float32), key)
        for key, value in constants.items()
    ]
    graph = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info(key, TensorProto.FLOAT, shape) for key, shape in inputs.items()],
        [helper.make_tensor_value_info(*output) for output in outputs],
        initializers,
    )
    domains = [helper.make_opsetid("", OPSET), helper.make_opsetid("ai.onnx.ml", ML_OPSET)]
    return helper.make_model(graph, producer_name="assay", opset_imports=domains)


def exact(values, fraction_bits):
    """Values rounded to a multiple of 2^-fraction_bits."""
    return np.round(np.asarray(values) * 2**fraction_bits) / 2**fraction_bits


def column_names(model):
    """The declared feature names, by which a CSV file's columns go."""
    for entry in model.metadata_props:
        if entry.key == "feature_names":
            return entry.value.split(",")
    return None


def stack(rows):
    """Rows by tensor, each row flattened."""
    result = {}
    for row in rows:
        for key, value in row.items():
            flat = np.asarray(value).ravel()
            numbers = [int(x) if flat.dtype.kind == "i" else round(float(x), 10 if flat.dtype == float else 5) for x in flat]
            result.setdefault(key, []).append(numbers)
    return result


def write_csv(path, columns, rows):
    lines = [",".join(columns)] + [",".join(repr(float(x)) for row in r.values() for x in row) for r in rows]
    path.write_text("\n".join(lines) + "\n")


def write_json(path, document):
    """Indented down to the rows, one row a line."""
    groups = []
    for group, tensors in document.items():
        blocks = []
        for tensor, rows in tensors.items():
            lines = ",\n".join("      " + json.dumps(row) for row in rows)
            blocks.append(f'    "{tensor}": [\n{lines}\n    ]')
        groups.append(f'  "{group}": {{\n' + ",\n".join(blocks) + "\n  }")
    path.write_text("{\n" + ",\n".join(groups) + "\n}\n")


def same(committed, fresh):
    """Equal bytes, or for samples equal numbers up to float32 rounding on another processor."""
    if not committed.exists():
        return False
    if committed.read_bytes() == fresh.read_bytes():
        return True
    if fresh.name != "samples.json":
        return False
    left, right = json.loads(committed.read_text()), json.loads(fresh.read_text())
    return left["inputs"] == right["inputs"] and all(
        np.allclose(left["outputs"][key], right["outputs"][key], atol=1e-4) for key in right["outputs"]
    )


if __name__ == "__main__":
    main()
