"""A small multilayer perceptron in numpy: training, and export to ONNX.

The network is Sub, Mul (standardization, which a compiler folds into the first layer), then Gemm and Relu, the last
Gemm without Relu. Training is Adam with decoupled weight decay and a cosine schedule; the loss is the caller's, by its
gradient. One thread and one kernel of BLAS, so that the same arguments give the same weights: import this module
before numpy.
"""

import os
from dataclasses import dataclass

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", OPENBLAS_CORETYPE="Haswell")

import numpy as np  # noqa: E402
import onnx  # noqa: E402
from onnx import TensorProto, helper, numpy_helper  # noqa: E402

OPSET = 17


@dataclass(frozen=True)
class Settings:
    """How a network is trained."""

    sizes: tuple  # of the layers, inputs first
    epochs: int
    batch: int = 256
    rate: float = 2e-3
    weight_decay: float = 0.05
    noise: float = 0.0  # standard deviation of Gaussian noise on the standardized inputs


class Network:
    """Layers as [weights, bias] pairs behind a standardization."""

    def __init__(self, mean, deviation, layers):
        self.mean, self.deviation, self.layers = mean, deviation, layers

    def activations(self, inputs):
        """Outputs of every layer, the standardized inputs first."""
        values = [(inputs - self.mean) / self.deviation]
        for number, (weights, bias) in enumerate(self.layers):
            output = values[-1] @ weights.T + bias
            values.append(output if number == len(self.layers) - 1 else np.maximum(output, 0))
        return values

    def outputs(self, inputs):
        return self.activations(inputs)[-1]


def fit(inputs, gradient, settings, seed, standard=None, tie=None):
    """Trains a `Network`.

    gradient(outputs, rows): of the mean loss by the outputs for these rows of `inputs`.
    standard: mean and deviation of the inputs, where they are not each column's own.
    tie(number, weights, bias): projects a layer's parameters, and so its gradients, on a linear subspace."""
    rng = np.random.default_rng(seed)
    mean, deviation = standard or (inputs.mean(0), inputs.std(0))
    sizes = settings.sizes
    layers = [
        [rng.normal(0, np.sqrt(2 / fan_in), (fan_out, fan_in)), np.zeros(fan_out)]
        for fan_in, fan_out in zip(sizes, sizes[1:])
    ]
    tie = tie or (lambda number, weights, bias: (weights, bias))
    layers = [list(tie(number, *layer)) for number, layer in enumerate(layers)]
    network = Network(mean, deviation, layers)
    first = [[np.zeros_like(part) for part in layer] for layer in layers]
    second = [[np.zeros_like(part) for part in layer] for layer in layers]
    batch = min(settings.batch, len(inputs))
    steps = settings.epochs * (len(inputs) // batch)
    step = 0
    for _ in range(settings.epochs):
        order = rng.permutation(len(inputs))
        for start in range(0, len(inputs) - batch + 1, batch):
            step += 1
            rows = order[start : start + batch]
            seen = inputs[rows]
            if settings.noise:
                seen = seen + rng.normal(0, settings.noise, seen.shape) * deviation
            values = network.activations(seen)
            error = gradient(values[-1], rows)
            rate = settings.rate * 0.5 * (1 + np.cos(np.pi * step / steps))
            for number in reversed(range(len(layers))):
                gradients = tie(number, error.T @ values[number], error.sum(0))
                if number:
                    error = (error @ layers[number][0]) * (values[number] > 0)
                for part, value in enumerate(gradients):
                    decay = settings.weight_decay if part == 0 else 0  # weights decay, biases do not
                    adam(layers[number], first[number], second[number], part, value, rate, step, decay)
    return network


def adam(layer, first, second, part, gradient, rate, step, decay):
    """One step of AdamW on one array."""
    first[part] += 0.1 * (gradient - first[part])
    second[part] += 0.001 * (gradient**2 - second[part])
    direction = first[part] / (1 - 0.9**step) / (np.sqrt(second[part] / (1 - 0.999**step)) + 1e-8)
    layer[part] -= rate * (direction + decay * layer[part])


def sigmoid(logits):
    return 1 / (1 + np.exp(-np.clip(logits, -30, 30)))


def cross_entropy(labels):
    """The gradient of the mean cross-entropy of logits with `labels`, one row a row of the inputs."""
    return lambda outputs, rows: (sigmoid(outputs) - labels[rows]) / len(rows)


def to_onnx(network, name, tensor, feature_names, output, tail=None):
    """The network as an ONNX model with static shapes and float32 weights.

    tail(value): nodes that follow the last Gemm, its constants, and the type and shape of `output`."""
    constants = {"mean": network.mean[None], "inverse_deviation": 1 / network.deviation[None]}
    nodes = [
        helper.make_node("Sub", [tensor, "mean"], ["centred"], name="centre"),
        helper.make_node("Mul", ["centred", "inverse_deviation"], ["standardized"], name="standardize"),
    ]
    value = "standardized"
    for number, (weights, bias) in enumerate(network.layers, 1):
        constants[f"weights_{number}"], constants[f"bias_{number}"] = weights, bias
        last = number == len(network.layers)
        result = f"sum_{number}" if tail or not last else output
        gemm = [value, f"weights_{number}", f"bias_{number}"]
        nodes.append(helper.make_node("Gemm", gemm, [result], name=f"dense_{number}", transB=1))
        value = result
        if not last:
            value = f"hidden_{number}"
            nodes.append(helper.make_node("Relu", [result], [value], name=f"relu_{number}"))
    kind, shape = TensorProto.FLOAT, [1, len(network.layers[-1][1])]
    if tail:
        more, extra, kind, shape = tail(value)
        nodes += more
        constants |= extra
    graph = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info(tensor, TensorProto.FLOAT, [1, len(network.mean)])],
        [helper.make_tensor_value_info(output, kind, shape)],
        [numpy_helper.from_array(np.asarray(array, np.float32), key) for key, array in constants.items()],
    )
    model = helper.make_model(graph, producer_name="assay", opset_imports=[helper.make_opsetid("", OPSET)])
    model.ir_version = 8
    helper.set_model_props(model, {"feature_names": ",".join(feature_names)})
    onnx.checker.check_model(model, full_check=True)
    return model
