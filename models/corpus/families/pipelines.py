"""scikit-learn's preprocessing, alone and before a model, with text categories and missing values."""

import numpy as np
import pandas as pd
import skl2onnx
from skl2onnx.common.data_types import FloatTensorType, Int64TensorType, StringTensorType
from sklearn import preprocessing as pp
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.feature_selection import SelectKBest, VarianceThreshold
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline

from .case import Case
from .data import CALIBRATION, CREDIT, UNSEEN, credit, default_risk, generator, normal
from .sk import EXPORTER, TRAIN, amounts, applicants, case, tiers


def cases():
    for name, transformer in TRANSFORMERS.items():
        x, y = amounts(name)
        yield case(name, transformer.fit(x, y), x)
    for name, transformer in SCALERS.items():
        x, y = applicants(name)
        yield case(name, make_pipeline(transformer, LogisticRegression(max_iter=2_000)).fit(x, y), x)
    for name, transformer in CURVED.items():
        x, y = amounts(name)
        yield case(name, make_pipeline(transformer, LinearRegression()).fit(x, y), x)

    name = "pca-logistic"
    x, y = tiers(name)
    yield case(name, make_pipeline(PCA(3, random_state=1), LogisticRegression()).fit(x, y), x)
    name = "whitened-pca-ridge"
    x, y = amounts(name)
    yield case(name, make_pipeline(PCA(4, whiten=True, random_state=1), Ridge()).fit(x, y), x)

    name = "imputed-by-mean"
    x, y = applicants(name)
    x[generator(name + "-holes").random(x.shape) < 0.08] = np.nan
    pipe = make_pipeline(SimpleImputer(), pp.StandardScaler(), LogisticRegression())
    yield case(name, pipe.fit(x, y), x)
    name = "imputed-by-median-before-trees"
    x, y = applicants(name)
    x[generator(name + "-holes").random(x.shape) < 0.08] = np.nan
    pipe = make_pipeline(SimpleImputer(strategy="median"), GradientBoostingClassifier(n_estimators=6, random_state=1))
    yield case(name, pipe.fit(x, y), x)

    yield one_hot_numbers("one-hot-of-numbers")
    yield mixed("columns-with-text-categories", unknown="ignore", by_name=True)
    yield mixed("columns-with-text-categories-and-trees", unknown="ignore", by_name=True, trees=True)
    yield mixed("ordinal-text-categories", unknown="ordinal", by_name=True)
    yield mixed("columns-of-one-tensor", unknown=None, by_name=False)
    yield from frames()


def bank_table(name, rows):
    """A table as a frame holds it: ten numbers, two counts, four texts, with column names of all lengths; and each applicant's default."""
    rng = generator(name)
    numbers = credit(rng, rows)
    frame = pd.DataFrame({n: numbers[:, i] for i, n in enumerate(CREDIT)})
    frame["savings"] = rng.lognormal(8, 1, rows).clip(100, 200_000).round(-1).astype(np.float32)
    frame["credit_to_annual_income_of_household"] = rng.beta(2, 5, rows).round(3).astype(np.float32)
    frame["months_at_address"] = rng.integers(1, 240, rows).astype(np.float32)
    frame["n_transactions_30d"] = rng.poisson(20, rows)
    for count in ["age", "late_payments"]:
        frame[count] = frame[count].astype(np.int64)
    for text, values in TEXTS.items():
        frame[text] = rng.choice(values, rows)
    y = default_risk(rng, numbers) + 0.8 * (frame["purpose"] == "education") - 0.6 * (frame["housing"] == "own") > 0
    return frame, y.to_numpy()


def of_frame(name, pipe, frame, y):
    """The pipeline, exported from the frame it was fitted on with the defaults: an input for each column."""
    pipe.fit(frame, y)
    model = skl2onnx.to_onnx(pipe, frame[:1])
    data = {n: frame[n].to_numpy()[:, None] for n in frame}
    data = {n: v.astype(object) if v.dtype.kind in "OUT" else v for n, v in data.items()}
    seen = {n: v[:CALIBRATION] for n, v in data.items()}
    inside = np.ones(len(frame), dtype=bool)
    for n, v in data.items():
        if v.dtype != object:
            low, high = np.nanmin(seen[n]), np.nanmax(seen[n])
            inside &= (np.isnan(v) | ((v >= low) & (v <= high)))[:, 0]
    inside[:CALIBRATION] = False
    unseen = {n: v[inside][: 3 * UNSEEN] for n, v in data.items()}
    return Case(name, EXPORTER, model, seen, unseen, classes={"output_label": [0, 1]})


def frames():
    """Tables of more columns than a statement holds tensors."""
    name = "frame-of-14-columns"
    frame, y = bank_table(name, TRAIN)
    texts = list(TEXTS)
    rest = [n for n in frame if n not in texts]
    encoder = pp.OneHotEncoder(handle_unknown="ignore")
    columns = ColumnTransformer([("numbers", pp.StandardScaler(), rest), ("texts", encoder, texts)])
    yield of_frame(name, make_pipeline(columns, LogisticRegression()), frame, y)

    name = "frame-with-holes-and-trees"
    frame, y = bank_table(name, TRAIN)
    for n in ["income", "savings", "utilization"]:
        frame.loc[generator(name + n).random(TRAIN) < 0.1, n] = np.nan
    encoder = pp.OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    columns = ColumnTransformer([("numbers", SimpleImputer(strategy="median"), rest), ("texts", encoder, texts)])
    trees = GradientBoostingClassifier(n_estimators=10, max_depth=3, random_state=1)
    yield of_frame(name, make_pipeline(columns, trees), frame, y)

    name = "frame-with-target-encoder"
    frame, y = bank_table(name, TRAIN)
    encoder = pp.TargetEncoder(random_state=1)
    columns = ColumnTransformer([("numbers", pp.StandardScaler(), rest), ("texts", encoder, texts)])
    yield of_frame(name, make_pipeline(columns, LogisticRegression()), frame, y)

    name = "frame-of-30-numbers"
    rng = generator(name)
    sizes = 10.0 ** rng.integers(-2, 5, 30)
    frame = pd.DataFrame({f"feature_{i}": (normal(rng, TRAIN, 1)[:, 0] * s).astype(np.float32) for i, s in enumerate(sizes)})
    y = (frame.to_numpy() / sizes)[:, :6] @ np.array([1, -1, 0.5, 0.5, -0.5, 2]) + 0.3 * rng.standard_normal(TRAIN) > 0
    yield of_frame(name, make_pipeline(pp.StandardScaler(), LogisticRegression()), frame, y)


def one_hot_numbers(name):
    """Categories that are integers, in one int64 tensor."""
    rng = generator(name)
    x = np.stack([rng.integers(0, 4, TRAIN), rng.integers(10, 13, TRAIN)], axis=1)
    y = x[:, 0] * 0.5 - (x[:, 1] == 11) + 0.1 * rng.standard_normal(TRAIN)
    pipe = make_pipeline(pp.OneHotEncoder(sparse_output=False, handle_unknown="ignore"), Ridge()).fit(x, y)
    model = skl2onnx.to_onnx(pipe, initial_types=[("codes", Int64TensorType([None, 2]))])
    return Case(name, EXPORTER, model, {"codes": x[:CALIBRATION]}, {"codes": x[CALIBRATION : CALIBRATION + UNSEEN]})


def mixed(name, unknown, by_name, trees=False):
    """A bank's table: numbers, an integer and two categories, through a column transformer. With `by_name` each column
    is an input of its own, as frames are exported; otherwise numbers share a tensor."""
    rng = generator(name)
    numbers = credit(rng, TRAIN)
    purpose = rng.choice(["car", "education", "furniture", "repairs"], TRAIN)
    housing = rng.choice(["own", "rent", "free"], TRAIN, p=[0.5, 0.4, 0.1])
    y = default_risk(rng, numbers) + 0.8 * (purpose == "education") - 0.6 * (housing == "own") > 0
    encoder = {
        "ignore": pp.OneHotEncoder(handle_unknown="ignore"),
        "ordinal": pp.OrdinalEncoder(),
        None: pp.OneHotEncoder(),
    }[unknown]
    model = GradientBoostingClassifier(n_estimators=6, random_state=1) if trees else LogisticRegression()
    names = ["income", "debt_ratio", "age"]
    frame = pd.DataFrame({n: numbers[:, i] for i, n in enumerate(names)} | {"purpose": purpose, "housing": housing})
    frame["age"] = frame["age"].astype(np.int64)
    texts = ["purpose", "housing"]
    if by_name:
        columns = ColumnTransformer([("numbers", pp.StandardScaler(), names), ("texts", encoder, texts)])
        pipe = make_pipeline(columns, model).fit(frame, y)
        types = [(n, FloatTensorType([None, 1])) for n in names[:2]] + [("age", Int64TensorType([None, 1]))]
        types += [(n, StringTensorType([None, 1])) for n in texts]
        data = {n: frame[n].to_numpy()[:, None] for n in frame}
        data |= {n: data[n].astype(np.float32) for n in names[:2]} | {n: data[n].astype(object) for n in texts}
    else:
        columns = ColumnTransformer([("texts", encoder, [0, 1])], remainder=pp.StandardScaler())
        rows = np.concatenate([frame[texts].to_numpy(), frame[names].to_numpy()], axis=1)
        pipe = make_pipeline(columns, model).fit(rows, y)
        types = [("texts", StringTensorType([None, 2])), ("numbers", FloatTensorType([None, 3]))]
        data = {"texts": frame[texts].to_numpy().astype(object), "numbers": frame[names].to_numpy(np.float32)}
    onnx_model = skl2onnx.to_onnx(pipe, initial_types=types)
    seen = {n: v[:CALIBRATION] for n, v in data.items()}
    inside = np.ones(TRAIN, dtype=bool)
    for n, v in data.items():
        if v.dtype != object:
            inside &= np.all((v >= seen[n].min(axis=0)) & (v <= seen[n].max(axis=0)), axis=1)
    inside[:CALIBRATION] = False
    unseen = {n: v[inside][: 3 * UNSEEN] for n, v in data.items()}
    return Case(name, EXPORTER, onnx_model, seen, unseen, classes={"output_label": [0, 1]})


TEXTS = {
    "purpose": ["car", "education", "furniture", "repairs"],
    "housing": ["own", "rent", "free"],
    "region": ["north", "east", "south", "west"],
    "grade": ["A", "B", "C"],
}
TRANSFORMERS = {
    "standard-scaler": pp.StandardScaler(),
    "normalizer-l2": pp.Normalizer("l2"),
    "normalizer-l1": pp.Normalizer("l1"),
    "normalizer-max": pp.Normalizer("max"),
    "truncated-svd": TruncatedSVD(2, random_state=1),
    "variance-threshold": VarianceThreshold(0.5),
    "polynomial-features": pp.PolynomialFeatures(2),
    "polynomial-interactions": pp.PolynomialFeatures(2, interaction_only=True, include_bias=False),
    "binarizer": pp.Binarizer(threshold=0.1005),
    "bins-ordinal": pp.KBinsDiscretizer(4, encode="ordinal", strategy="quantile", quantile_method="averaged_inverted_cdf"),
    "power-transformer": pp.PowerTransformer(),
}
SCALERS = {
    "min-max-logistic": pp.MinMaxScaler(),
    "max-abs-logistic": pp.MaxAbsScaler(),
    "robust-logistic": pp.RobustScaler(),
}
CURVED = {
    "bins-one-hot-linear": pp.KBinsDiscretizer(4, encode="onehot-dense", strategy="uniform"),
    "polynomial-linear": pp.PolynomialFeatures(2),
    "cubic-linear": pp.PolynomialFeatures(3, interaction_only=True),
    "best-features-linear": SelectKBest(k=3),
}
