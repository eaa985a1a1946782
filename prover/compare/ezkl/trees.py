"""Tree ensembles proved by EZKL, through hummingbird: what the table of BENCHMARKS.md compares with.

    pip install -r requirements.txt
    python trees.py xgb100x6                   # or lgbm100x31, rf10x6, any TREESxDEPTH (LightGBM: TREESxLEAVES)

The ensemble is trained on a synthetic set of 30 features, made tensor operations by hummingbird (its `gemm` form, or that of
--form), exported by PyTorch, calibrated, set up, proved and verified by EZKL with its own defaults, input and score public. One line
of JSON says rows and logarithm of the circuit, seconds of each phase, user seconds of proving, peak memory, bytes of the proof,
and how far the score is from the library's. The same model for `assay bench` is written beside it, as `model.onnx` and
`calibration.csv`.
"""

import argparse
import json
import os
import resource
import sys
import time

import numpy as np

COLUMNS = 30


def data():
    """20,000 samples: 25 normal features, 5 of truth values; a target with steps, products and noise."""
    rng = np.random.default_rng(7)
    n = 20000
    x = rng.standard_normal((n, COLUMNS)).astype(np.float32)
    x[:, 25:] = rng.random((n, 5)) < 0.3
    w = rng.standard_normal(COLUMNS)
    z = x @ w * 0.5 + np.sin(x[:, 0] * 2) * 1.5 + x[:, 1] * x[:, 2] + (x[:, 3] > 0.5) * x[:, 4]
    return x, (z + rng.standard_normal(n) > 0.3).astype(int)


def train(name, x, y):
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
        return model, lambda: convert_xgboost(model, initial_types=inputs)
    if kind == "lgbm":
        from lightgbm import LGBMClassifier

        model = LGBMClassifier(n_estimators=trees, num_leaves=size, verbose=-1, n_jobs=2).fit(x, y)
        return model, lambda: convert_lightgbm(model, initial_types=inputs, zipmap=False, target_opset=15)
    if kind == "rf":
        from skl2onnx import to_onnx
        from sklearn.ensemble import RandomForestClassifier

        model = RandomForestClassifier(n_estimators=trees, max_depth=size, random_state=0, n_jobs=2).fit(x, y)
        return model, lambda: to_onnx(model, x[:1], options={"zipmap": False})
    raise SystemExit(f"no model {name}: xgbTREESxDEPTH, lgbmTREESxLEAVES or rfTREESxDEPTH")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="xgbTREESxDEPTH, lgbmTREESxLEAVES or rfTREESxDEPTH")
    parser.add_argument("--form", default="gemm", help="hummingbird's form of trees: gemm, tree_trav, perf_tree_trav")
    parser.add_argument("--only-train", action="store_true", help="write model.onnx and calibration.csv, and stop")
    args = parser.parse_args()
    x, y = data()
    model, convert = train(args.model, x, y)
    os.makedirs(args.model, exist_ok=True)
    os.chdir(args.model)
    header = ",".join(f"f{i}" for i in range(COLUMNS))
    np.savetxt("calibration.csv", x[:200], delimiter=",", header=header, comments="", fmt="%.9g")
    open("model.onnx", "wb").write(convert().SerializeToString())
    if not args.only_train:
        print(json.dumps({"model": args.model, **prove(model, x, args.form)}))


def prove(model, x, form):
    """EZKL's figures for one sample."""
    import ezkl
    import torch
    from hummingbird.ml import convert

    class Score(torch.nn.Module):
        """The probabilities alone."""

        def __init__(self, net):
            super().__init__()
            self.net = net

        def forward(self, x):
            return self.net(x)[1]

    net = Score(convert(model, "torch", x[:1], extra_config={"tree_implementation": form}).model).eval()
    torch.onnx.export(net, (torch.tensor(x[:1]),), "network.onnx", opset_version=17, input_names=["x"], output_names=["score"], dynamo=False)
    json.dump({"input_data": [x[0].tolist()]}, open("input.json", "w"))
    seconds = {}

    def phase(what, run):
        start = time.time()
        result = run()
        seconds[what] = round(time.time() - start, 2)
        print(what, seconds[what], flush=True, file=sys.stderr)
        return result

    args = ezkl.PyRunArgs()
    args.input_visibility, args.output_visibility, args.param_visibility = "public", "public", "fixed"
    phase("settings", lambda: ezkl.gen_settings("network.onnx", "settings.json", py_run_args=args))
    phase("calibrate", lambda: ezkl.calibrate_settings("input.json", "network.onnx", "settings.json", "resources"))
    settings = json.load(open("settings.json"))
    phase("compile", lambda: ezkl.compile_circuit("network.onnx", "network.ezkl", "settings.json"))
    srs = f"../kzg-{settings['run_args']['logrows']}.srs"  # of a development setup; kept for the next model
    if not os.path.exists(srs):
        phase("srs", lambda: ezkl.gen_srs(srs, settings["run_args"]["logrows"]))
    phase("witness", lambda: ezkl.gen_witness("input.json", "network.ezkl", "witness.json"))
    phase("setup", lambda: ezkl.setup("network.ezkl", "vk.key", "pk.key", srs_path=srs))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    phase("prove", lambda: ezkl.prove("witness.json", "network.ezkl", "pk.key", "proof.json", srs_path=srs))
    user = resource.getrusage(resource.RUSAGE_SELF).ru_utime - before
    verified = phase("verify", lambda: ezkl.verify("proof.json", "settings.json", "vk.key", srs_path=srs))
    outputs = json.load(open("witness.json"))["pretty_elements"]["rescaled_outputs"][0]
    expected = model.predict_proba(x[:1])[0]
    proof = json.load(open("proof.json"))["proof"]
    return {
        "verified": verified,
        "logrows": settings["run_args"]["logrows"],
        "rows": settings["num_rows"],
        "seconds": seconds,
        "prove_user_seconds": round(user, 1),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10,
        "proof_bytes": len(proof) if isinstance(proof, list) else len(proof) // 2 - 1,
        "proving_key_mib": os.path.getsize("pk.key") >> 20,
        "error": float(np.abs(np.array([float(value) for value in outputs]) - expected[: len(outputs)]).max()),
    }


if __name__ == "__main__":
    main()
