"""What families of graphs written by hand share."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from .case import Case
from .data import generator

EXPORTER = f"onnx.helper {onnx.__version__}"
ROWS, UNSEEN = 64, 24
TYPES = {
    "float": TensorProto.FLOAT,
    "double": TensorProto.DOUBLE,
    "float16": TensorProto.FLOAT16,
    "bfloat16": TensorProto.BFLOAT16,
    "int64": TensorProto.INT64,
    "int32": TensorProto.INT32,
    "int8": TensorProto.INT8,
    "uint8": TensorProto.UINT8,
    "bool": TensorProto.BOOL,
    "string": TensorProto.STRING,
}


def node(operator, inputs, outputs, **attributes):
    """A node, its operands and results written as words."""
    return helper.make_node(operator, inputs.split(), outputs.split(), name=f"{operator}_{outputs.split()[0]}", **attributes)


def graph(name, nodes, inputs, outputs, constants=None, opset=21, ml=None, ir=10):
    """A model; `inputs` and `outputs` are name -> (type, shape), constants arrays or tensors."""
    value = lambda item: helper.make_tensor_value_info(item[0], TYPES[item[1][0]], item[1][1])
    tensors = [
        t if isinstance(t, TensorProto) else numpy_helper.from_array(np.asarray(t), k) for k, t in (constants or {}).items()
    ]
    for key, tensor in zip(constants or {}, tensors):
        tensor.name = key
    made = helper.make_graph(nodes, name, [*map(value, inputs.items())], [*map(value, outputs.items())], tensors)
    sets = [helper.make_opsetid("", opset)] + ([helper.make_opsetid("ai.onnx.ml", ml)] if ml else [])
    model = helper.make_model(made, opset_imports=sets, ir_version=ir)
    onnx.checker.check_model(model)
    return model


def case(name, model, draw, **options):
    """`draw` gives all rows of all inputs from a generator and their number; the last rows are cut to the first ones' range."""
    values = draw(generator(name), ROWS + UNSEEN)
    seen = {key: v[:ROWS] for key, v in values.items()}
    unseen = {key: v[ROWS:] for key, v in values.items()}
    for key, v in unseen.items():
        if v.dtype.kind in "fiu":
            unseen[key] = v.clip(seen[key].min(axis=0), seen[key].max(axis=0))
    return Case(name, options.pop("exporter", EXPORTER), model, seen, unseen, **options)


def weights(rng, *shape):
    return (rng.standard_normal(shape) / shape[0] ** 0.5).astype(np.float32)


def uniform(low, high, shape, digits=2, dtype=np.float32):
    return lambda rng, rows: rng.uniform(low, high, (rows, *shape)).round(digits).astype(dtype)
