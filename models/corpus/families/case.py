"""A case of the corpus: a model as its exporter wrote it, calibration data, and what onnxruntime answers.

Files of a case: `model.onnx` (with the files of its external data), `calibration.csv`, `expected.csv`. A row of
`expected.csv` is a sample: the cells of the inputs, named as in `calibration.csv`, then those of the outputs, named
`OUTPUT[i]`. Labels stand as onnxruntime gives them; `corpus.csv` lists the classes in order."""

import csv
import hashlib
import math
import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

from .data import UNSEEN

onnxruntime.set_default_logger_severity(3)

SEEN = 8  # rows of the calibration data among the samples
COLUMNS = ["name", "family", "exporter", "max_error", "shape", "output", "classes", "expect", "operators"]


@dataclass
class Case:
    """What a family's module says about one model."""

    name: str
    exporter: str
    model: onnx.ModelProto
    calibration: dict  # input -> array, a sample a row, without a free batch dimension
    unseen: dict
    max_error: float | None = None  # chosen from the size of the outputs if absent
    shape: dict = field(default_factory=dict)  # --shape SYMBOL=SIZE
    output: list = field(default_factory=list)  # --output NAME
    classes: dict = field(default_factory=dict)  # output -> labels in order
    refused: str | None = None  # words that a refusal's message must hold; None where it is to compile
    exact_floats: bool = False  # --exact-floats
    margin: bool = True  # leave out samples whose decision is a near tie
    optimized: bool = True  # onnxruntime may rewrite the graph
    reference: object = None  # a function of a feed, where onnxruntime does not run the model
    columns: list = field(default_factory=list)  # names of the calibration data's columns, where the model has its own
    external: str | None = None  # name of a file that the weights go to
    threshold: int = 0  # weights of fewer bytes stay in the model
    family: str = ""


def write(case, folder):
    """Writes the case's files, and returns its row of `corpus.csv`."""
    folder.mkdir(parents=True)
    model = clean(case)
    path = folder / "model.onnx"
    if case.external:
        onnx.save(model, path, save_as_external_data=True, location=case.external, size_threshold=case.threshold)
    else:
        onnx.save(model, path)
    for file in folder.iterdir():
        file.chmod(0o644)
    if case.refused is None or case.reference is not None:
        run = case.reference or session(path, case.optimized)
    else:
        run = attempt(path)
    answers = {part: [run(feed(model, values, row)) for row in range(rows(values))] for part, values in parts(case)}
    seen = [flat(case, answer) for answer in answers["calibration"]]
    error = case.max_error or error_for(case, seen)
    order = [("calibration", r) for r in range(rows(case.calibration))][: 3 * SEEN]
    keep = chosen(case, answers["calibration"], order, SEEN, error)
    order = [("unseen", r) for r in range(rows(case.unseen))]
    keep += chosen(case, answers["unseen"], order, UNSEEN, error)
    header = case.columns or columns(case.calibration)
    write_csv(folder / "calibration.csv", header, [cells(case.calibration, r) for r in range(rows(case.calibration))])
    titles = header + (list(seen[0]) if seen else [])
    data = dict(parts(case))
    body = [cells(data[part], r) + [text(v) for v in flat(case, answers[part][r]).values()] for part, r in keep]
    write_csv(folder / "expected.csv", titles, body)
    operators = sorted({name_of(node) for node in every_node(model.graph)})
    return {
        "name": case.name,
        "family": case.family,
        "exporter": case.exporter,
        "max_error": f"{error:g}",
        "shape": " ".join(f"{k}={v}" for k, v in case.shape.items()),
        "output": " ".join(case.output),
        "classes": " ".join(f"{k}={'|'.join(map(str, v))}" for k, v in case.classes.items()),
        "expect": expected(case),
        "operators": " ".join(operators),
    }


def expected(case):
    if case.refused is not None:
        return f"refused: {case.refused}"
    return "compiles with exact floats" if case.exact_floats else "compiles"


def clean(case):
    """The model without what differs from run to run or names this machine: random names, stack traces."""
    model = onnx.ModelProto()
    model.CopyFrom(case.model)
    if re.fullmatch("[0-9a-f]{32}", model.graph.name):
        model.graph.name = hashlib.md5(case.name.encode()).hexdigest()
    for node in every_node(model.graph):
        del node.metadata_props[:]
        node.doc_string = ""
    for value in [*model.graph.input, *model.graph.output, *model.graph.value_info, *model.graph.initializer]:
        del value.metadata_props[:]
    del model.graph.metadata_props[:]
    kept = [p for p in model.metadata_props if not re.search("guid|time|date|stack", p.key.lower())]
    del model.metadata_props[:]
    model.metadata_props.extend(kept)
    return model


def every_node(graph):
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            for inner in [attribute.g, *attribute.graphs]:
                yield from every_node(inner)


def name_of(node):
    return f"{node.domain}:{node.op_type}" if node.domain else node.op_type


def parts(case):
    return [("calibration", case.calibration), ("unseen", case.unseen)]


def rows(values):
    return len(next(iter(values.values())))


def graph_inputs(model):
    initializers = {i.name for i in model.graph.initializer}
    return [i for i in model.graph.input if i.name not in initializers]


def feed(model, values, row):
    """One sample as onnxruntime takes it: with a batch dimension of one where the model has one more dimension."""
    result = {}
    for declared in graph_inputs(model):
        sample = values[declared.name][row]
        rank = len(declared.type.tensor_type.shape.dim)
        result[declared.name] = sample[None] if sample.ndim < rank else sample
    return result


def session(path, optimized=True):
    options = onnxruntime.SessionOptions()
    if not optimized:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    runtime = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    names = [o.name for o in runtime.get_outputs()]
    return lambda feed: dict(zip(names, runtime.run(None, feed)))


def attempt(path):
    """onnxruntime's answers, or none for a model that it refuses as well."""
    try:
        return session(path)
    except Exception:  # noqa: BLE001
        return lambda feed: {}


def flat(case, answer):
    """Cells of all outputs by title."""
    result = {}
    for name, value in answer.items():
        if case.output and name not in case.output:
            continue
        if isinstance(value, list) and value and isinstance(value[0], dict):
            value = [entry[key] for entry in value for key in entry]
        for i, v in enumerate(np.asarray(value).ravel().tolist()):
            result[f"{name}[{i}]"] = v
    return result


def error_for(case, answers):
    """A hundredth, or a hundredth of the largest output, as a power of two."""
    values = [abs(v) for a in answers for k, v in a.items() if is_real(case, k, v) and math.isfinite(v)]
    largest = max(values, default=1.0)
    return 0.01 if largest <= 2 else 0.01 * 2.0 ** math.ceil(math.log2(largest))


def is_real(case, title, value):
    return title.rsplit("[", 1)[0] not in case.classes and isinstance(value, (int, float))


def chosen(case, answers, order, count, error):
    """The first samples whose decisions are clear, or the first ones of a model that decides nothing."""
    clear = [(part, r) for part, r in order if not (case.classes and case.margin) or lead(case, answers[r]) >= 4 * error]
    return clear[:count]


def lead(case, answer):
    """By how much the best class leads, by the last real output: scores of all classes, or one score around zero."""
    values = [v for k, v in answer.items() if k not in case.classes]
    if not values:
        return math.inf
    last = values[-1]
    if isinstance(last, list):
        last = list(last[0].values())
    scores = np.sort(np.asarray(last, dtype=np.float64).ravel())
    return scores[-1] - scores[-2] if len(scores) > 1 else abs(scores[0])


def columns(values):
    result = []
    for name, array in values.items():
        size = int(np.prod(array.shape[1:]))
        result += [name] if size == 1 else [f"{name}[{i}]" for i in range(size)]
    return result


def cells(values, row):
    return [text(v) for array in values.values() for v in np.asarray(array[row]).ravel()]


def text(value):
    """The shortest text that gives the number back in the precision that it has."""
    if isinstance(value, (str, np.str_)):
        return str(value)
    if isinstance(value, (bool, np.bool_, int, np.integer)):
        return str(int(value))
    if isinstance(value, np.floating):
        return "nan" if np.isnan(value) else np.format_float_positional(value, trim="-")
    return "nan" if math.isnan(value) else f"{value:.9g}"


def write_csv(path, header, body):
    with open(path, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(body)
