"""A small multilayer perceptron in numpy: training, and export to ONNX.

The network is Sub, Mul (standardization, which a compiler folds into the first layer), then Gemm and Relu, the last
Gemm giving the logit. Training is Adam with decoupled weight decay on the cross-entropy, a cosine schedule, and two
regularizers that the small number of independent market days calls for:

- Gaussian noise on the standardized price features: each is an estimate from a few returns, and the network must
  not read more into one than it holds;
- a group penalty on a feature's whole column of first-layer weights (a proximal step, so a useless feature goes to
  exactly zero), heaviest for the features of direction.
"""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SIZES = (16, 32, 16, 1)
EPOCHS = 8
BATCH = 256
RATE = 2e-3
WEIGHT_DECAY = 0.05
NOISE = 1.0
OPSET = 17

# In the order of the features. Noise: on what prices say, not on the position's own numbers.
NOISE_MASK = np.array([0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0], dtype=float)
GROUP_PENALTY = np.array([0.3, 0.3, 0, 0, 0, 0.3, 1, 1, 1, 1, 1, 0.5, 0.3, 1, 1, 0])


class Network:
    """Layers as (weights, bias) pairs behind a standardization."""

    def __init__(self, mean, deviation, layers):
        self.mean, self.deviation, self.layers = mean, deviation, layers

    def activations(self, inputs):
        """Outputs of every layer, the standardized inputs first."""
        values = [(inputs - self.mean) / self.deviation]
        for number, (weights, bias) in enumerate(self.layers):
            output = values[-1] @ weights.T + bias
            values.append(output if number == len(self.layers) - 1 else np.maximum(output, 0))
        return values

    def logits(self, inputs):
        return self.activations(inputs)[-1][:, 0]


def fit(inputs, labels, seed):
    """Trains a `Network`; the same arguments give the same weights."""
    rng = np.random.default_rng(seed)
    mean, deviation = inputs.mean(0), inputs.std(0)
    layers = [
        [rng.normal(0, np.sqrt(2 / fan_in), (fan_out, fan_in)), np.zeros(fan_out)]
        for fan_in, fan_out in zip(SIZES, SIZES[1:])
    ]
    network = Network(mean, deviation, layers)
    first = [[np.zeros_like(part) for part in layer] for layer in layers]
    second = [[np.zeros_like(part) for part in layer] for layer in layers]
    steps = EPOCHS * (len(labels) // BATCH)
    step = 0
    for _ in range(EPOCHS):
        order = rng.permutation(len(labels))
        for start in range(0, len(labels) - BATCH + 1, BATCH):
            step += 1
            batch = order[start : start + BATCH]
            noise = rng.normal(0, NOISE, (BATCH, SIZES[0])) * NOISE_MASK * deviation
            values = network.activations(inputs[batch] + noise)
            error = (sigmoid(values[-1][:, 0]) - labels[batch])[:, None] / BATCH
            rate = RATE * 0.5 * (1 + np.cos(np.pi * step / steps))
            for number in reversed(range(len(layers))):
                gradients = (error.T @ values[number], error.sum(0))
                if number:
                    error = (error @ layers[number][0]) * (values[number] > 0)
                for part, gradient in enumerate(gradients):
                    adam(layers[number], first[number], second[number], part, gradient, rate, step)
            columns = np.sqrt((layers[0][0] ** 2).sum(0))
            layers[0][0] *= np.maximum(0, 1 - rate * GROUP_PENALTY / np.maximum(columns, 1e-12))
    return network


def adam(layer, first, second, part, gradient, rate, step):
    """One step of AdamW on one array; weights decay, biases do not."""
    first[part] += 0.1 * (gradient - first[part])
    second[part] += 0.001 * (gradient**2 - second[part])
    direction = first[part] / (1 - 0.9**step) / (np.sqrt(second[part] / (1 - 0.999**step)) + 1e-8)
    decay = WEIGHT_DECAY * layer[part] if part == 0 else 0
    layer[part] -= rate * (direction + decay)


def sigmoid(logits):
    return 1 / (1 + np.exp(-np.clip(logits, -30, 30)))


def to_onnx(network, feature_names):
    """The network as an ONNX model with static shapes and float32 weights."""
    constants = {"mean": network.mean[None], "inverse_deviation": 1 / network.deviation[None]}
    nodes = [
        helper.make_node("Sub", ["features", "mean"], ["centred"], name="centre"),
        helper.make_node("Mul", ["centred", "inverse_deviation"], ["standardized"], name="standardize"),
    ]
    value = "standardized"
    for number, (weights, bias) in enumerate(network.layers, 1):
        constants[f"weights_{number}"], constants[f"bias_{number}"] = weights, bias
        last = number == len(network.layers)
        output = "score" if last else f"sum_{number}"
        gemm = [value, f"weights_{number}", f"bias_{number}"]
        nodes.append(helper.make_node("Gemm", gemm, [output], name=f"dense_{number}", transB=1))
        if not last:
            value = f"hidden_{number}"
            nodes.append(helper.make_node("Relu", [output], [value], name=f"relu_{number}"))
    graph = helper.make_graph(
        nodes,
        "liquidation-risk",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, [1, SIZES[0]])],
        [helper.make_tensor_value_info("score", TensorProto.FLOAT, [1, 1])],
        [numpy_helper.from_array(array.astype(np.float32), name) for name, array in constants.items()],
    )
    model = helper.make_model(graph, producer_name="assay", opset_imports=[helper.make_opsetid("", OPSET)])
    model.ir_version = 8
    helper.set_model_props(model, {"feature_names": ",".join(feature_names)})
    onnx.checker.check_model(model, full_check=True)
    return model
