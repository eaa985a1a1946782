"""A small network, and the tier as its only output.

The score s is the logit that the credit will be good. With thresholds t1 < t2 < t3 the tier is the number of those below s.
It is the index of the largest of four lines,

    v_i = i s - (t1 + ... + t_i),   i = 0..3

since v_i - v_(i-1) = s - t_i; of equal ones ArgMax takes the lowest, so a score at a threshold stays below it. The lines
fold into the last layer, and the score itself leaves no trace in the statement.
"""

import numpy as np
from onnx import TensorProto, helper

import features
import mlp

SETTINGS = mlp.Settings(sizes=(len(features.NAMES), 16, 1), epochs=80, batch=64, rate=5e-3, weight_decay=1.0, noise=0.5)
BAD_BELOW = (0.5, 0.25, 0.1)  # predicted risk at the thresholds: tier 3 is below 10 %
THRESHOLDS = tuple(float(np.log((1 - bad) / bad)) for bad in BAD_BELOW)
TIERS = 4


class Scorer:
    def __init__(self, network):
        self.network = network

    def scores(self, codes):
        return self.network.outputs(codes)[:, 0]

    def tiers(self, codes):
        return tiers(self.scores(codes))

    def to_onnx(self):
        return mlp.to_onnx(self.network, "credit-score", "applicant", features.NAMES, "tier", tail)

    def score_to_onnx(self):
        """The network without the tier, to measure what rounding does to the ranking."""
        return mlp.to_onnx(self.network, "credit-score-only", "applicant", features.NAMES, "score")


def tiers(scores):
    return sum((scores > threshold).astype(int) for threshold in THRESHOLDS)


def fit(codes, bad, seed):
    good = (~bad).astype(float)[:, None]
    return Scorer(mlp.fit(codes.astype(float), mlp.cross_entropy(good), SETTINGS, seed))


def tail(score):
    """The tier as nodes of ONNX."""
    lines = {
        "slopes": np.arange(TIERS)[:, None],
        "offsets": -np.concatenate([[0], np.cumsum(THRESHOLDS)]),
    }
    nodes = [
        helper.make_node("Gemm", [score, "slopes", "offsets"], ["lines"], name="lines", transB=1),
        helper.make_node("ArgMax", ["lines"], ["tier"], name="tier", axis=1, keepdims=0),
    ]
    return nodes, lines, TensorProto.INT64, [1]
