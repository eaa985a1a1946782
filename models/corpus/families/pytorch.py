"""PyTorch networks, through both of its exporters: `-dynamo` is the default one, `-script` the former.

Weights are drawn, not trained. The default exporter writes larger weights beside the model, as it does to a file."""

import io
import logging
import tempfile
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import nn
from torch.nn import functional as F

from .case import Case
from .data import generator

logging.getLogger("torch").setLevel(logging.ERROR)
ROWS, UNSEEN = 48, 16
BESIDE = 1024  # the default exporter writes weights of this many bytes and more into a file of their own


def cases():
    for name, (build, shapes, more) in networks().items():
        torch.manual_seed(int.from_bytes(name.encode(), "big") % 2**31)
        module = build().eval()
        statistics(module)
        default = exported(f"torch-{name}-dynamo", name, module, shapes, "dynamo", more)
        yield default
        if "only" not in more:
            former = exported(f"torch-{name}-script", name, module, shapes, "script", more)
            if operators(former.model) != operators(default.model):  # else it says nothing new
                yield former


def operators(model):
    return [node.op_type for node in model.graph.node]


def exported(title, name, module, shapes, exporter, more):
    rng = generator(name)
    draw = more.get("draw", {})
    seen, unseen = {}, {}
    for key, shape in shapes.items():
        values = draw.get(key, plain)(rng, (ROWS + 4 * UNSEEN, *shape))
        seen[key] = values[:ROWS]
        unseen[key] = within(values[ROWS:], seen[key])[:UNSEEN] if values.dtype.kind == "f" else values[ROWS:][:UNSEEN]
    batch = more.get("batch", 1)
    example = tuple(torch.from_numpy(v[:batch]) for v in seen.values())
    free = more.get("free")
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "model.onnx"
        names = {"input_names": list(shapes), "output_names": more.get("outputs", ["output"])}
        if exporter == "dynamo":
            dynamic = tuple({0: torch.export.Dim("batch")} for _ in shapes) if free else None
            torch.onnx.export(module, example, path, dynamo=True, verbose=False, dynamic_shapes=dynamic, **names)
        else:
            dynamic = {key: {0: "batch"} for key in shapes} if free else None
            buffer = io.BytesIO()
            torch.onnx.export(module, example, buffer, dynamo=False, dynamic_axes=dynamic, **names)
            path.write_bytes(buffer.getvalue())
        model = onnx.load(path)
    if batch > 1:
        fold = lambda v: v[: len(v) // batch * batch].reshape(-1, batch, *v.shape[1:])
        seen, unseen = ({k: fold(v) for k, v in part.items()} for part in (seen, unseen))
        unseen = {k: within(v, seen[k]) for k, v in unseen.items()}
    external = "model.onnx.data" if exporter == "dynamo" else None
    given = {k: more[k] for k in ("max_error", "classes", "output", "refused", "margin") if k in more}
    label = f"torch {torch.__version__.split('+')[0]} {exporter}"
    return Case(title, label, model, seen, unseen, external=external, threshold=BESIDE, **given)


def within(values, seen):
    return values.clip(seen.min(axis=0), seen.max(axis=0))


def plain(rng, shape):
    return rng.standard_normal(shape).clip(-3, 3).round(2).astype(np.float32)


def picture(rng, shape):
    return rng.random(shape).round(2).astype(np.float32)


def positive(rng, shape):
    return rng.uniform(0.2, 4, shape).round(2).astype(np.float32)


def codes(count):
    return lambda rng, shape: rng.integers(0, count, shape)


def statistics(module):
    """Statistics of normalizations as if they had been measured."""
    for part in module.modules():
        if isinstance(part, (nn.BatchNorm1d, nn.BatchNorm2d)):
            part.running_mean.normal_(0, 0.2)
            part.running_var.uniform_(0.6, 1.6)


class Fn(nn.Module):
    """A function of parts."""

    def __init__(self, function, *parts, **named):
        super().__init__()
        self.parts = nn.ModuleList(parts)
        self.function = function
        for key, value in named.items():
            self.register_buffer(key, value)

    def forward(self, *inputs):
        return self.function(self, *inputs)


def mlp(*layers):
    return lambda: nn.Sequential(*[layer() for layer in layers])


def linear(inputs, outputs, **more):
    return lambda: nn.Linear(inputs, outputs, **more)


def networks():
    six = {"x": (6,)}
    image = {"x": (1, 8, 8)}
    pixels = {"draw": {"x": picture}}
    return (
        {f"mlp-{name}": (mlp(linear(6, 10), kind, linear(10, 2)), six, {}) for name, kind in ACTIVATIONS.items()}
        | {f"norm-{name}": (mlp(linear(6, 8), kind, nn.ReLU, linear(8, 1)), six, more) for name, (kind, more) in NORMS.items()}
        | {
            "two-layers": (mlp(linear(6, 32), nn.ReLU, linear(32, 32), nn.ReLU, linear(32, 1)), six, {"free": True}),
            "dropout": (mlp(linear(6, 12), nn.ReLU, lambda: nn.Dropout(0.3), linear(12, 1), nn.Sigmoid), six, {"free": True}),
            "classifier": (mlp(linear(6, 12), nn.ReLU, linear(12, 3), lambda: nn.Softmax(-1)), six, {}),
            "log-probabilities": (mlp(linear(6, 8), nn.Tanh, linear(8, 3), lambda: nn.LogSoftmax(-1)), six, {}),
            "residual": (residual, six, {}),
            "gated": (mlp(linear(6, 16), lambda: nn.GLU(-1), linear(8, 1)), six, {}),
            "crosses": (crosses, six, {}),
            "factorization-machine": (factorization, six, {}),
            "two-heads": (two_heads, six, {"outputs": ["score", "rank"]}),
            "embeddings": (embeddings, {"codes": (3,)}, {"draw": {"codes": codes(5)}}),
            "wide-and-deep": (wide_and_deep, {"x": (4,), "codes": (2,)}, {"draw": {"codes": codes(6)}}),
            "autoencoder": (autoencoder, six, {}),
            "cosine": (cosine, six, {}),
            "conditional": (conditional, six, {}),
            "quantiles": (quantiles, six, {}),
            "batch-of-three": (mlp(linear(6, 8), nn.ReLU, linear(8, 1)), six, {"batch": 3}),
            "standardized-ratios": (ratios, {"x": (4,)}, {"draw": {"x": positive}}),
            "double": (lambda: mlp(linear(6, 8), nn.ReLU, linear(8, 1))().double(), six, {"draw": {"x": doubles}}),
            "half": (lambda: mlp(linear(6, 8), nn.ReLU, linear(8, 1))().half(), six, {"draw": {"x": halves}, "max_error": 0.02}),
            "cnn": (cnn, image, pixels),
            "cnn-batch-norm": (cnn_norm, image, pixels),
            "cnn-residual": (cnn_residual, image, pixels),
            "cnn-depthwise": (depthwise, image, pixels),
            "cnn-group-norm": (group_norm, image, pixels),
            "cnn-squeeze-excitation": (squeeze, image, pixels),
            "cnn-adaptive-pool": (adaptive, image, pixels),
            "cnn-transposed": (transposed, {"x": (2, 3, 3)}, pixels),
            "cnn-upsample": (upsample, {"x": (1, 4, 4)}, pixels),
            "series-dilated": (dilated, {"x": (2, 12)}, {}),
            "series-statistics": (series, {"x": (10,)}, {}),
            "series-cumulative": (cumulative, {"x": (8,)}, {"max_error": 0.05}),
            "attention": (attention, {"x": (4, 6)}, {}),
            "encoder-layer": (encoder, {"x": (3, 8)}, {"only": True}),
            "top-k": (top_k, six, {}),
            "einsum": (einsum, {"x": (3, 4)}, {}),
        }
    )


ACTIVATIONS = {
    "relu": nn.ReLU,
    "gelu": nn.GELU,
    "gelu-tanh": lambda: nn.GELU(approximate="tanh"),
    "silu": nn.SiLU,
    "prelu": lambda: nn.PReLU(10),
    "mish": nn.Mish,
    "softsign": nn.Softsign,
    "elu": nn.ELU,
    "selu": nn.SELU,
    "celu": lambda: nn.CELU(0.7),
    "hardswish": nn.Hardswish,
    "leaky": lambda: nn.LeakyReLU(0.1),
    "softplus": nn.Softplus,
    "relu6": nn.ReLU6,
    "tanhshrink": nn.Tanhshrink,
    "threshold": lambda: nn.Threshold(0, 0),
    "square": lambda: Fn(lambda self, x: x * x),
}
NORMS = {
    "batch": (lambda: nn.BatchNorm1d(8), {}),
    "layer": (lambda: nn.LayerNorm(8), {}),
    "rms": (lambda: nn.RMSNorm(8, eps=1e-5), {"only": True}),
    "group": (lambda: nn.GroupNorm(2, 8), {}),
}


def doubles(rng, shape):
    return rng.standard_normal(shape).clip(-3, 3).round(3)


def halves(rng, shape):
    return (rng.standard_normal(shape).clip(-3, 3) * 64).round().astype(np.float16) / np.float16(64)


def residual():
    return Fn(lambda s, x: s.parts[2](F.relu(x + s.parts[1](F.relu(s.parts[0](x))))), nn.Linear(6, 12), nn.Linear(12, 6), nn.Linear(6, 1))


def crosses():
    """Two cross layers of a deep and cross network: x0 * (W x + b) + x."""

    def forward(s, x):
        y = x
        for layer in s.parts[:2]:
            y = x * layer(y) + y
        return s.parts[2](y)

    return Fn(forward, nn.Linear(6, 6), nn.Linear(6, 6), nn.Linear(6, 1))


def factorization():
    def forward(s, x):
        pairs = (x @ s.factors).square() - x.square() @ s.factors.square()
        return s.parts[0](x) + 0.5 * pairs.sum(-1, keepdim=True)

    return Fn(forward, nn.Linear(6, 1), factors=0.4 * torch.randn(6, 3))


def two_heads():
    def forward(s, x):
        hidden = torch.relu(s.parts[0](x))
        return torch.sigmoid(s.parts[1](hidden)), s.parts[2](hidden).argmax(-1)

    return Fn(forward, nn.Linear(6, 10), nn.Linear(10, 1), nn.Linear(10, 3))


def embeddings():
    return Fn(lambda s, codes: s.parts[1](torch.relu(s.parts[0](codes).flatten(1))), nn.Embedding(5, 4), nn.Linear(12, 1))


def wide_and_deep():
    def forward(s, x, codes):
        deep = torch.cat([x, s.parts[0](codes).flatten(1)], 1)
        return torch.sigmoid(s.parts[2](torch.relu(s.parts[1](deep))) + s.parts[3](x))

    return Fn(forward, nn.Embedding(6, 3), nn.Linear(10, 8), nn.Linear(8, 1), nn.Linear(4, 1))


def autoencoder():
    """The error of a reconstruction: how unusual the input is."""

    def forward(s, x):
        return (s.parts[1](torch.tanh(s.parts[0](x))) - x).pow(2).mean(1, keepdim=True)

    return Fn(forward, nn.Linear(6, 3), nn.Linear(3, 6))


def cosine():
    return Fn(lambda s, x: F.normalize(x + 4, dim=1) @ F.normalize(s.anchors, dim=0), anchors=torch.randn(6, 2))


def conditional():
    return Fn(lambda s, x: torch.where(x[:, :1] > 0.005, s.parts[0](x), s.parts[1](x)), nn.Linear(6, 1), nn.Linear(6, 1))


def quantiles():
    """Quantiles that do not cross: a first one, and what is added for each further."""

    def forward(s, x):
        raw = s.parts[0](x)
        return torch.cumsum(torch.cat([raw[:, :1], F.softplus(raw[:, 1:])], 1), 1)

    return Fn(forward, nn.Linear(6, 3))


def ratios():
    def forward(s, x):
        features = torch.cat([x[:, :2] / x[:, 2:], x.log(), x.sqrt()], 1)
        return s.parts[0]((features - s.mean) / s.deviation)

    return Fn(forward, nn.Linear(10, 1), mean=torch.rand(10), deviation=0.5 + torch.rand(10))


def cnn():
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(16, 3)
    )


def cnn_norm():
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, stride=2, bias=False), nn.BatchNorm2d(4), nn.ReLU(), nn.AvgPool2d(2, ceil_mode=True), nn.Flatten(), nn.Linear(16, 2)
    )


def cnn_residual():
    def forward(s, x):
        x = torch.relu(s.parts[0](x))
        return s.parts[2](torch.relu(x + s.parts[1](x)).mean((2, 3)))

    return Fn(forward, nn.Conv2d(1, 4, 3, stride=2), nn.Conv2d(4, 4, 3, padding=1), nn.Linear(4, 2))


def depthwise():
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, stride=2), nn.Hardswish(), nn.Conv2d(4, 4, 3, groups=4), nn.Conv2d(4, 6, 1), nn.ReLU6(), nn.Flatten(), nn.Linear(6, 2)
    )


def group_norm():
    return nn.Sequential(nn.Conv2d(1, 4, 3, stride=2), nn.GroupNorm(2, 4), nn.SiLU(), nn.Flatten(), nn.Linear(36, 1))


def squeeze():
    def forward(s, x):
        x = torch.relu(s.parts[0](x))
        gate = torch.sigmoid(s.parts[2](torch.relu(s.parts[1](x.mean((2, 3), keepdim=True)))))
        return s.parts[3]((x * gate).flatten(1))

    return Fn(forward, nn.Conv2d(1, 4, 3, stride=2), nn.Conv2d(4, 2, 1), nn.Conv2d(2, 4, 1), nn.Linear(36, 1))


def adaptive():
    return nn.Sequential(nn.Conv2d(1, 3, 3), nn.ELU(), nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(12, 2))


def transposed():
    return nn.Sequential(nn.ConvTranspose2d(2, 3, 2, stride=2), nn.ReLU(), nn.Conv2d(3, 1, 3), nn.Sigmoid())


def upsample():
    return nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.ReLU(), nn.Upsample(scale_factor=2), nn.Conv2d(2, 1, 3, stride=2))


def dilated():
    def forward(s, x):
        x = torch.relu(s.parts[0](F.pad(x, (2, 0))))
        return s.parts[2](torch.relu(s.parts[1](F.pad(x, (4, 0))))[:, :, -1])

    return Fn(forward, nn.Conv1d(2, 4, 3), nn.Conv1d(4, 4, 3, dilation=2), nn.Linear(4, 1))


def series():
    def forward(s, x):
        change = x[:, 1:] - x[:, :-1]
        centred = x - x.mean(1, keepdim=True)
        parts = [centred.square().mean(1), change.abs().max(1).values, x.amin(1), torch.logsumexp(x, 1)]
        return s.parts[0](torch.stack(parts, 1))

    return Fn(forward, nn.Linear(4, 1))


def cumulative():
    """The largest loss from a peak: returns, added up, against their running maximum."""

    def forward(s, x):
        path = torch.cumsum(x, 1)
        peak = path[:, 0]
        losses = []
        for i in range(8):
            peak = torch.maximum(peak, path[:, i])
            losses.append(peak - path[:, i])
        return torch.stack(losses, 1).amax(1, keepdim=True)

    return Fn(forward)


def attention():
    def forward(s, x):
        query, key, value = (part(x) for part in s.parts[:3])
        weights = torch.softmax(query @ key.transpose(1, 2) / 6**0.5, -1)
        return s.parts[3]((weights @ value).mean(1))

    return Fn(forward, *[nn.Linear(6, 6) for _ in range(3)], nn.Linear(6, 1))


def encoder():
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, dropout=0.0)
    return Fn(lambda s, x: s.parts[1](s.parts[0](x)[:, -1]), layer, nn.Linear(8, 1))


def top_k():
    return Fn(lambda s, x: s.parts[1](torch.topk(s.parts[0](x), 3).values), nn.Linear(6, 8), nn.Linear(3, 1))


def einsum():
    return Fn(lambda s, x: torch.einsum("bij,jk->bik", x, s.weight).amax(1), weight=torch.randn(4, 3))
