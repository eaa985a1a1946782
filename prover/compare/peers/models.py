"""The models that the peers are compared on, with everything that each system reads.

    python models.py NAME --to FOLDER

NAME is `liquidation-risk`, the repository's own network; `lenet`, LeNet-5 with average pooling, trained on scikit-learn's
digits scaled up to 28 x 28; or an ensemble of trees on a synthetic set of 30 features: xgbTREESxDEPTH, lgbmTREESxLEAVES or
rfTREESxDEPTH, such as xgb20x4. Into the folder go

- model.onnx: the float model, as Assay takes it, and as the others do but for trees;
- calibration.npy: inputs of the training set, one a row, float32; the first is the one that is proved;
- network.onnx: of trees, the same ensemble as tensor operations (hummingbird), which EZKL needs; else model.onnx again;
- ensemble.joblib: of trees, the fitted estimator, which Concrete ML needs;
- expected.json: what the float model says of the first row.
"""

import argparse
import json
import shutil
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[3]
COLUMNS = 30
ROWS = 256


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", help="liquidation-risk, lenet, xgbTREESxDEPTH, lgbmTREESxLEAVES or rfTREESxDEPTH")
    parser.add_argument("--to", type=Path, help="the folder; made where it is missing [default: the name]")
    parser.add_argument("--form", default="gemm", help="hummingbird's form of trees: gemm, tree_trav, perf_tree_trav")
    args = parser.parse_args()
    folder = args.to or Path(args.name)
    folder.mkdir(parents=True, exist_ok=True)
    if args.name == "liquidation-risk":
        liquidation_risk(folder)
    elif args.name == "lenet":
        lenet(folder)
    else:
        trees(args.name, folder, args.form)


def write(folder, rows, expected):
    """The inputs, and what the float model says of the first."""
    np.save(folder / "calibration.npy", rows.astype(np.float32))
    (folder / "expected.json").write_text(json.dumps([float(value) for value in np.ravel(expected)]))


def run_onnx(path, row):
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: row.astype(np.float32)})[0]


def liquidation_risk(folder):
    source = ROOT / "models" / "liquidation-risk"
    shutil.copy(source / "model.onnx", folder / "model.onnx")
    shutil.copy(source / "model.onnx", folder / "network.onnx")
    rows = np.loadtxt(source / "calibration.csv", delimiter=",", skiprows=1)[:ROWS]
    write(folder, rows, run_onnx(folder / "model.onnx", rows[:1]))


def lenet(folder):
    import torch
    from sklearn.datasets import load_digits

    torch.manual_seed(0)
    torch.set_num_threads(1)  # sums in one order, the same weights on every run
    digits = load_digits()
    small = torch.tensor(digits.images[:, None] / 16.0, dtype=torch.float32)
    images = torch.nn.functional.interpolate(small, size=(28, 28), mode="bilinear")
    labels = torch.tensor(digits.target)
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))
    train, test = order[:1500], order[1500:]
    net = torch.nn.Sequential(
        torch.nn.Conv2d(1, 6, 5, padding=2), torch.nn.ReLU(), torch.nn.AvgPool2d(2),
        torch.nn.Conv2d(6, 16, 5), torch.nn.ReLU(), torch.nn.AvgPool2d(2),
        torch.nn.Flatten(), torch.nn.Linear(400, 120), torch.nn.ReLU(),
        torch.nn.Linear(120, 84), torch.nn.ReLU(), torch.nn.Linear(84, 10),
    )  # fmt: skip
    optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
    for _ in range(6):
        for batch in train.split(50):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(net(images[batch]), labels[batch]).backward()
            optimizer.step()
    net.eval()
    with torch.no_grad():
        right = (net(images[test]).argmax(1) == labels[test]).double().mean().item()
    print(f"lenet: {right:.1%} of {len(test)} digits that it was not trained on")
    export(net, images[:1], folder / "model.onnx", "image", "logits")
    shutil.copy(folder / "model.onnx", folder / "network.onnx")
    rows = images[test[:ROWS]].numpy()
    write(folder, rows, run_onnx(folder / "model.onnx", rows[:1]))


def export(net, sample, path, source, target):
    import torch

    torch.onnx.export(net, (sample,), str(path), opset_version=17, input_names=[source], output_names=[target])


def data():
    """20,000 samples: 25 normal features, 5 of truth values; a target with steps, products and noise."""
    rng = np.random.default_rng(7)
    n = 20000
    x = rng.standard_normal((n, COLUMNS)).astype(np.float32)
    x[:, 25:] = rng.random((n, 5)) < 0.3
    w = rng.standard_normal(COLUMNS)
    z = x @ w * 0.5 + np.sin(x[:, 0] * 2) * 1.5 + x[:, 1] * x[:, 2] + (x[:, 3] > 0.5) * x[:, 4]
    return x, (z + rng.standard_normal(n) > 0.3).astype(int)


def fit(name, x, y):
    """The ensemble of that name, and its converter to ONNX."""
    from onnxmltools import convert_lightgbm, convert_xgboost
    from onnxmltools.convert.common.data_types import FloatTensorType

    inputs = [("features", FloatTensorType([None, COLUMNS]))]
    kind = name.rstrip("0123456789x")
    try:
        trees, size = map(int, name[len(kind):].split("x"))
    except ValueError:
        kind = None
    if kind == "xgb":
        from xgboost import XGBClassifier

        model = XGBClassifier(n_estimators=trees, max_depth=size, n_jobs=2).fit(x, y)
        return model, lambda: convert_xgboost(model, initial_types=inputs, target_opset=15)
    if kind == "lgbm":
        from lightgbm import LGBMClassifier

        model = LGBMClassifier(n_estimators=trees, num_leaves=size, verbose=-1, n_jobs=2).fit(x, y)
        return model, lambda: convert_lightgbm(model, initial_types=inputs, zipmap=False, target_opset=15)
    if kind == "rf":
        from skl2onnx import to_onnx
        from sklearn.ensemble import RandomForestClassifier

        model = RandomForestClassifier(n_estimators=trees, max_depth=size, random_state=0, n_jobs=2).fit(x, y)
        return model, lambda: to_onnx(model, x[:1], options={"zipmap": False})
    raise SystemExit(f"no model {name}: liquidation-risk, lenet, xgbTREESxDEPTH, lgbmTREESxLEAVES or rfTREESxDEPTH")


def trees(name, folder, form):
    import joblib
    import torch
    from hummingbird.ml import convert

    class Score(torch.nn.Module):
        """The probabilities alone."""

        def __init__(self, net):
            super().__init__()
            self.net = net

        def forward(self, x):
            return self.net(x)[1]

    x, y = data()
    model, to_onnx = fit(name, x, y)
    (folder / "model.onnx").write_bytes(to_onnx().SerializeToString())
    joblib.dump(model, folder / "ensemble.joblib")
    net = Score(convert(model, "torch", x[:1], extra_config={"tree_implementation": form}).model).eval()
    export(net, torch.tensor(x[:1]), folder / "network.onnx", "x", "score")
    write(folder, x[:ROWS], model.predict_proba(x[:1]))


if __name__ == "__main__":
    main()
