"""Rules as risk teams write them, in ONNX's own operators: limits, grades, health factors, ratios; and whatever a
network's building blocks are by hand."""

import numpy as np

from .data import generator
from .graphs import case, graph, node, weights

ONE = ("float", [1, 1])


def f(*values):
    return np.array(values, dtype=np.float32)


def cases():
    yield from limits()
    yield from lending()
    yield from arithmetic()
    yield from blocks()


def grid(low, high, step, shape):
    """Values halfway between multiples of a step: never on a rule's limit."""
    steps = int((high - low) / step)
    return lambda rng, rows: (low + step * (rng.integers(0, steps, (rows, *shape)) + 0.5)).astype(np.float32)


def limits():
    x = {"x": ("float", [None, 3])}
    columns = [
        node("Split", "x", "ltv debt age", axis=1, num_outputs=3),
    ]
    nodes = columns + [
        node("Greater", "ltv high", "risky"),
        node("LessOrEqual", "debt small", "modest"),
        node("Not", "modest", "large"),
        node("And", "risky large", "reject"),
        node("Less", "age young", "new"),
        node("Or", "reject new", "flagged"),
        node("Where", "flagged hundred zero", "points"),
    ]
    constants = {"high": f(0.75), "small": f(0.5), "young": f(0.25), "hundred": f([100]), "zero": f([0])}
    draw = lambda rng, rows: {"x": grid(0, 1, 0.0625, (3,))(rng, rows)}
    yield case("limits", graph("limits", nodes, x, {"points": ONE}, constants), draw, max_error=0.5)

    nodes = [
        node("GreaterOrEqual", "x limits", "reached"),
        node("Cast", "reached", "steps", to=1),
        node("Mul", "steps points", "each"),
        node("ReduceSum", "each axes", "score", keepdims=1),
    ]
    constants = {"limits": f([0.3, 0.5, 0.7]), "points": f([10, 25, 40]), "axes": np.array([1])}
    yield case("scorecard-points", graph("scorecard", nodes, x, {"score": ONE}, constants), draw, max_error=0.5)

    nodes = columns + [
        node("Mul", "ltv ten", "tenths"),
        node("Floor", "tenths", "bucket"),
        node("Ceil", "debt", "any"),
        node("Round", "age", "near"),
        node("Sum", "bucket any near", "grade"),
    ]
    yield case("grades-by-rounding", graph("grades", nodes, x, {"grade": ONE}, {"ten": f(10)}), draw, max_error=0.5)

    nodes = columns + [
        node("Xor", "a b", "differ"),
        node("Equal", "a b", "same"),
        node("Cast", "differ", "differ_f", to=1),
        node("Cast", "same", "same_f", to=1),
        node("Sub", "same_f differ_f", "agreement"),
    ]
    nodes = columns + [node("Greater", "ltv half", "a"), node("Greater", "debt half", "b")] + nodes[1:]
    yield case("two-opinions", graph("opinions", nodes, x, {"agreement": ONE}, {"half": f(0.5)}), draw, max_error=0.1)

    nodes = [node("Less", "x middle", "below"), node("Not", "below", "above")]
    model = graph("truth", nodes, x, {"above": ("bool", [None, 3])}, {"middle": f([0.5, 0.25, 0.75])})
    yield case("truth-values", model, draw, max_error=0.1)


def lending():
    inputs = {"collateral": ("float", [None, 1]), "debt": ("float", [None, 1])}
    draw = lambda rng, rows: {
        "collateral": rng.uniform(200, 5000, (rows, 1)).round(1).astype(np.float32),
        "debt": rng.uniform(300, 4000, (rows, 1)).round(1).astype(np.float32),
    }
    nodes = [node("Mul", "collateral threshold", "weighted"), node("Div", "weighted debt", "health")]
    model = graph("health", nodes, inputs, {"health": ONE}, {"threshold": f(0.825)})
    yield case("health-factor", model, draw)

    nodes += [
        node("Less", "health one", "liquidatable"),
        node("Sub", "debt weighted", "missing"),
        node("Relu", "missing", "shortfall"),
        node("Where", "liquidatable shortfall zero", "amount"),
    ]
    constants = {"threshold": f(0.825), "one": f(1), "zero": f(0)}
    model = graph("liquidation", nodes, inputs, {"health": ONE, "amount": ONE}, constants)
    yield case("liquidation-amount", model, draw, max_error=1)

    nodes = [
        node("Mul", "amounts prices", "values"),
        node("Mul", "values thresholds", "weighted"),
        node("ReduceSum", "weighted axes", "backing", keepdims=1),
        node("ReduceSum", "values axes", "total", keepdims=1),
        node("Div", "backing total", "average"),
    ]
    inputs = {"amounts": ("float", [None, 4]), "prices": ("float", [None, 4])}
    draw_basket = lambda rng, rows: {
        "amounts": rng.uniform(0.5, 10, (rows, 4)).round(2).astype(np.float32),
        "prices": rng.uniform(1, 20, (rows, 4)).round(2).astype(np.float32),
    }
    constants = {"thresholds": f([0.9, 0.8, 0.65, 0.5]), "axes": np.array([1])}
    model = graph("basket", nodes, inputs, {"average": ONE}, constants)
    yield case("collateral-basket", model, draw_basket)

    nodes = [
        node("Min", "utilization kink", "low"),
        node("Sub", "utilization kink", "over"),
        node("Max", "over zero", "high"),
        node("Mul", "low slope", "gentle"),
        node("Mul", "high steep", "sharp"),
        node("Add", "gentle sharp", "rate"),
    ]
    constants = {"kink": f(0.8), "zero": f(0), "slope": f(0.05), "steep": f(3)}
    model = graph("rates", nodes, {"utilization": ("float", [None, 1])}, {"rate": ONE}, constants)
    yield case("interest-rate-kink", model, lambda rng, rows: {"utilization": rng.random((rows, 1)).round(3).astype(np.float32)})


def arithmetic():
    x = {"x": ("float", [None, 4])}
    positive = lambda rng, rows: {"x": rng.uniform(0.25, 4, (rows, 4)).round(2).astype(np.float32)}
    signed = lambda rng, rows: {"x": rng.uniform(-2, 2, (rows, 4)).round(2).astype(np.float32)}
    wide = {"y": ("float", [None, 4])}
    one = {"y": ONE}
    axes = {"axes": np.array([1])}
    reductions = ["ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceSumSquare", "ReduceLogSumExp", "ReduceLogSum"]
    nodes = [node(op, "x axes", f"r{i}", keepdims=1) for i, op in enumerate(reductions)]
    nodes += [node("Concat", " ".join(f"r{i}" for i in range(len(reductions))), "y", axis=1)]
    model = graph("reductions", nodes, x, {"y": ("float", [None, len(reductions)])}, axes)
    yield case("reductions", model, positive, max_error=0.5)

    nodes = [
        node("Pow", "x three", "cube"),
        node("Pow", "x half", "root"),
        node("Log", "x", "log"),
        node("Reciprocal", "x", "inverse"),
        node("Sqrt", "x", "sqrt"),
        node("Neg", "log", "minus"),
        node("Sum", "cube root minus inverse sqrt", "y"),
    ]
    yield case("powers-and-logarithms", graph("powers", nodes, x, wide, {"three": f(3), "half": f(0.5)}), positive, max_error=0.1)

    nodes = [node("Abs", "x", "size"), node("Sign", "x", "sign"), node("Mul", "size sign", "again"), node("Mean", "again size", "y")]
    yield case("signs", graph("signs", nodes, x, wide), signed)

    nodes = [node("Mod", "x two", "y", fmod=1)]
    yield case("remainder", graph("remainder", nodes, x, wide, {"two": f(0.75)}), lambda rng, rows: {"x": grid(0, 4, 0.0625, (4,))(rng, rows)})

    nodes = [node("Sin", "x", "s"), node("Cos", "x", "c"), node("Mul", "s c", "y")]
    yield case("angles", graph("angles", nodes, x, wide), signed)

    nodes = [node("ReduceMax", "x axes", "top", keepdims=1), node("Sub", "x top", "under"), node("Exp", "under", "e"),
             node("ReduceSum", "e axes", "sum", keepdims=1), node("Div", "e sum", "y")]
    yield case("softmax-by-hand", graph("softmax", nodes, x, wide, axes), signed)

    nodes = [node("TopK", "x two", "best places", axis=1), node("ReduceMean", "best axes", "y", keepdims=1)]
    yield case("mean-of-the-best-two", graph("topk", nodes, x, one, {"two": np.array([2]), **axes}), signed)

    nodes = [node("ArgMin", "x", "least", axis=1, keepdims=0)]
    yield case("smallest-of-four", graph("argmin", nodes, x, {"least": ("int64", [None])}), signed)

    nodes = [node("Hardmax", "x", "y", axis=1)]
    yield case("hardmax", graph("hardmax", nodes, x, wide), signed, max_error=0.1)

    nodes = [node("LpNormalization", "x", "y", axis=1, p=2)]
    yield case("unit-length", graph("unit", nodes, x, wide), positive)

    nodes = [node("CumSum", "x axis", "path"), node("Max", "path zero", "y")]
    yield case("running-sums", graph("sums", nodes, x, wide, {"axis": np.array(1), "zero": f(0)}), signed, max_error=0.05)


def blocks():
    rng = generator("blocks")
    x = {"x": ("float", [None, 3, 4])}
    draw = lambda r, rows: {"x": r.standard_normal((rows, 3, 4)).clip(-3, 3).round(2).astype(np.float32)}
    w = {k: weights(rng, 4, 4) for k in ("wq", "wk", "wv")}
    nodes = [node("MatMul", f"x {k}", k[1]) for k in w]
    nodes += [
        node("Transpose", "k", "kt", perm=[0, 2, 1]),
        node("MatMul", "q kt", "products"),
        node("Mul", "products scale", "scaled"),
        node("Softmax", "scaled", "attention", axis=-1),
        node("MatMul", "attention v", "mixed"),
        node("Add", "x mixed", "residual"),
        node("LayerNormalization", "residual gain shift", "y", axis=-1),
    ]
    constants = w | {"scale": f(0.5), "gain": np.linspace(0.8, 1.2, 4, dtype=np.float32), "shift": f(0, 0.1, 0, -0.1)}
    model = graph("attention", nodes, x, {"y": ("float", [None, 3, 4])}, constants)
    yield case("attention-by-hand", model, draw, max_error=0.05)

    nodes = [
        node("Shape", "x", "shape"),
        node("Gather", "shape zero", "rows", axis=0),
        node("Unsqueeze", "rows first", "row"),
        node("Concat", "row rest", "target", axis=0),
        node("Reshape", "x target", "flat"),
        node("Gather", "flat picked", "some", axis=1),
        node("Slice", "some start end one", "part"),
        node("MatMul", "part w", "y"),
    ]
    constants = {
        "zero": np.array(0), "first": np.array([0]), "rest": np.array([12]), "picked": np.array([11, 3, 5, 0, 7]),
        "start": np.array([1]), "end": np.array([5]), "one": np.array([1]), "w": weights(rng, 4, 1),
    }
    yield case("computed-shapes", graph("shapes", nodes, x, {"y": ONE}, constants), draw)

    nodes = [
        node("Pad", "x pads", "padded"),
        node("Tile", "padded repeats", "tiled"),
        node("Transpose", "tiled", "turned", perm=[0, 2, 1]),
        node("Expand", "turned shape", "wide"),
        node("ReduceMean", "wide axes", "y", keepdims=0),
    ]
    constants = {"pads": np.array([0, 0, 1, 0, 0, 1]), "repeats": np.array([1, 2, 1]), "shape": np.array([1, 6, 6]), "axes": np.array([1])}
    yield case("pad-tile-expand", graph("moves", nodes, {"x": ("float", [1, 3, 4])}, {"y": ("float", [1, 6])}, constants),
               lambda r, rows: {"x": draw(r, rows)["x"][:, None].reshape(rows, 1, 3, 4)})
