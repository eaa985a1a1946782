"""The network, held between what the sources say.

The network's estimate z is clamped to [LOW * lower median, HIGH * upper median] of the sources' own volatilities:

    m = low + relu(z - low)        max(z, low)
    y = high - relu(high - m)      min(m, high), low <= high

Of four sources both middle ones lie between two honest ones when one lies, so that one alone cannot carry the answer
out of what the others say, whatever the network learned. Where two lie, one bound is theirs and the network
chooses. LOW lies below one because noise of the quotes adds to a source's volatility.
"""

import numpy as np
from onnx import TensorProto, helper

import features
import mlp

SETTINGS = mlp.Settings(sizes=(16, 24, 12, 1), epochs=150, rate=3e-3, weight_decay=0.01)
LOW, HIGH = 0.96, 1.02
PERCENT = 100 / 2 ** features.MULTIPLIERS[2]  # percent a day for one unit of a volatility's real input
LOWER, UPPER = features.NAMES.index("volatility_lower_median"), features.NAMES.index("volatility_upper_median")
HUBER = 0.1  # relative error from which on the loss grows linearly


class Resolver:
    def __init__(self, network):
        self.network = network

    def estimates(self, real):
        """Percent a day, one a row of real inputs."""
        return clamped(self.network.outputs(real)[:, 0], real)

    def to_onnx(self):
        return mlp.to_onnx(self.network, "market-resolver", "features", features.NAMES, "volatility", tail)


def bounds(real):
    return LOW * PERCENT * real[:, LOWER], HIGH * PERCENT * real[:, UPPER]


def clamped(estimates, real):
    return np.clip(estimates, *bounds(real))


def fit(real, truth, seed):
    """Trains on the relative error of the clamped estimate. Outside the bounds a pull leads back to them: there the
    clamped one does not change and would teach nothing."""
    low, high = bounds(real)

    def gradient(outputs, rows):
        estimate, target = outputs[:, 0], truth[rows]
        inside = np.clip(estimate, low[rows], high[rows])
        missed = np.clip((inside - target) / target, -HUBER, HUBER) * (inside == estimate)
        away = np.clip((estimate - inside) / target, -HUBER, HUBER)
        return ((missed + away) / target / HUBER / len(rows))[:, None]

    return Resolver(mlp.fit(real, gradient, SETTINGS, seed))


def tail(estimate):
    """The clamp as nodes of ONNX."""
    select = {"low": (LOWER, LOW), "high": (UPPER, HIGH)}
    constants, nodes = {}, []
    for name, (place, factor) in select.items():
        row = np.zeros((1, features.COUNT))
        row[0, place] = factor * PERCENT
        constants[f"{name}_of_features"] = row
        inputs = ["features", f"{name}_of_features"]
        nodes.append(helper.make_node("Gemm", inputs, [name], name=f"bound_{name}", transB=1))
    steps = [
        ("Sub", [estimate, "low"], "above_low"),
        ("Relu", ["above_low"], "lifted"),
        ("Add", ["low", "lifted"], "raised"),
        ("Sub", ["high", "raised"], "below_high"),
        ("Relu", ["below_high"], "lowered"),
        ("Sub", ["high", "lowered"], "volatility"),
    ]
    nodes += [helper.make_node(kind, inputs, [out], name=out) for kind, inputs, out in steps]
    return nodes, constants, TensorProto.FLOAT, [1, 1]
