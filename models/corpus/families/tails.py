"""Networks on amounts and ratios over decades, whose logarithms, roots and reciprocals no table of a few thousand arguments holds."""

import numpy as np
import torch
from torch import nn

from .pytorch import exported


def amounts(rng, shape):
    """Over six decades, with the detail near 1 that cents have."""
    return np.exp(rng.normal(5, 3, shape)).clip(0, 1e6).round(2).astype(np.float32)


def ratios(rng, shape):
    """From 0.001 to 1, as many in each decade."""
    return np.exp(rng.uniform(np.log(0.001), 0, shape)).astype(np.float32)


class Of(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


class Risk(nn.Module):
    """A probability of default from the logarithms of amounts, standardized, and a ratio."""

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(5, 8), nn.ReLU(), nn.Linear(8, 1))

    def forward(self, amounts, ratio):
        z = (torch.log1p(amounts) - 5) / 3
        return torch.sigmoid(self.net(torch.cat([z, torch.log(ratio)], dim=1)))


def cases():
    of = {
        "log1p-of-amounts": (torch.log1p, amounts, 0.01),
        "logarithm-of-ratios": (lambda x: torch.log(x + 0.0005), ratios, 0.002),
        "root-of-amounts": (torch.sqrt, amounts, 0.1),
        "reciprocal-of-ratios": (torch.reciprocal, ratios, 0.1),
        "power-of-ratios": (lambda x: torch.pow(x, -0.5), ratios, 0.01),
    }
    for name, (function, draw, error) in of.items():
        torch.manual_seed(1)
        yield exported(name, name, Of(function).eval(), {"x": (3,)}, "script", {"draw": {"x": draw}, "max_error": error})
    torch.manual_seed(7)
    shapes, draw = {"amounts": (4,), "ratio": (1,)}, {"amounts": amounts, "ratio": ratios}
    yield exported("risk-of-amounts", "risk-of-amounts", Risk().eval(), shapes, "script", {"draw": draw})
