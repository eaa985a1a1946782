"""The network: the same small function of every source, which also sees the sum over all.

Layers of h, h' and 1 units a source. A layer's weights are blocks: one for a source's own values, another for the
values of each other source, the same for all (a permutation-equivariant layer, as in Deep Sets). So a source's score
does not depend on its place, and places that a feed does not use cost nothing to learn. In the circuit the blocks are
constants like any weights, and only the Relus cost.
"""

import numpy as np

import features
import mlp

UNITS = (4, 4, 3, 1)  # values of a source, then units of each layer
SETTINGS = mlp.Settings(
    sizes=tuple(features.SOURCES * units for units in UNITS), epochs=80, rate=4e-3, weight_decay=0.05
)
SPREAD = 0.8  # the quantile of distances to the median that is one unit: wrong prices would stretch a deviation
ABSENT_WEIGHT = 0.5  # of sources that are not there, whose score is to be low as well
LARGE_LIE, LIE_WEIGHT = 150e-4, 1.5  # a wrong quote weighs more the farther it is off, up to 150 bps


class Filter:
    def __init__(self, network):
        self.network = network

    def scores(self, real):
        """Logits that a source is sound, eight a row."""
        return self.network.outputs(real)

    def to_onnx(self):
        return mlp.to_onnx(self.network, "anomaly-filter", "sources", features.NAMES, "scores")


def shared(number, weights, bias):
    """The nearest parameters of that form: the mean of each kind of block."""
    count, columns, units = features.SOURCES, UNITS[number], UNITS[number + 1]
    blocks = weights.reshape(count, units, count, columns)
    own = np.einsum("iuic->uc", blocks) / count
    others = (blocks.sum((0, 2)) - own * count) / (count * (count - 1))
    result = np.broadcast_to(others[None, :, None, :], blocks.shape).copy()
    for source in range(count):
        result[source, :, source, :] = own
    return result.reshape(weights.shape), np.tile(bias.reshape(count, units).mean(0), count)


def fit(rows, seed):
    """Trains on the cross-entropy of each source's label."""
    real, labels = rows.real, (rows.present & ~rows.wrong).astype(float)
    lies = np.where(rows.wrong, np.minimum(np.abs(rows.price), LARGE_LIE) / LARGE_LIE, 0)
    weights = np.where(rows.present, 1 + LIE_WEIGHT * lies, ABSENT_WEIGHT)
    there = real.reshape(-1, features.SOURCES, UNITS[0])[rows.present]
    middle = np.median(there, axis=0)
    spread = np.quantile(np.abs(there - middle), SPREAD, axis=0)
    standard = tuple(np.tile(statistic, features.SOURCES) for statistic in (middle, spread))

    def gradient(outputs, at):
        return weights[at] * (mlp.sigmoid(outputs) - labels[at]) / len(at)

    return Filter(mlp.fit(real, gradient, SETTINGS, seed, standard, shared))
