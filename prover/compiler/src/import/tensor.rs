//! Constants of the model: ONNX `TensorProto` into numbers or text, every one checked. Their elements stand in the file
//! one by one, so they cost what it does; those of a sparse tensor do not, and are asked for before they are made.

use std::sync::Arc;

use super::refusal::{Refusal, Shape};
use super::storage::Storage;
use super::value::{INFINITY, Kind, Tensor, Value};
use crate::onnx::{DataType, SparseTensorProto, TensorProto};

/// Reads one constant. `name` stands in messages where the tensor itself has none (`Constant` nodes).
pub(crate) fn read(tensor: &TensorProto, name: &str) -> Result<Value, Refusal> {
    let name = if tensor.name.is_empty() { name } else { &tensor.name }.to_owned();
    let shape = shape(&tensor.dims, &name)?;
    // Elements that cannot be addressed do not stand in any file.
    let elements = shape_len(&shape).unwrap_or(usize::MAX);
    let wrong = |found| Refusal::TensorLength { tensor: name.clone(), dims: tensor.dims.clone(), found };
    let data_type = DataType::try_from(tensor.data_type).unwrap_or(DataType::Undefined);
    if data_type == DataType::String {
        if tensor.string_data.len() != elements {
            return Err(wrong(tensor.string_data.len()));
        }
        let data = Arc::new(tensor.string_data.iter().map(|text| text_of(text)).collect());
        return Ok(Value::Strings { shape, data });
    }
    let Some(storage) = Storage::of(data_type) else {
        return Err(Refusal::TensorType { tensor: name, data_type: type_name(tensor.data_type) });
    };
    let mut data = storage.read(tensor, elements).map_err(|length| wrong(length.found))?;
    fold_infinite(&shape, &mut data, &name)?;
    Ok(Tensor::constants(shape, data).of_kind(storage.kind()).into())
}

/// Reads a constant that is stored as its elements that are not zero; `afford` is asked for the size of the whole.
pub(crate) fn read_sparse(
    sparse: &SparseTensorProto,
    name: &str,
    afford: impl FnOnce(&[usize]) -> Result<(), Refusal>,
) -> Result<Value, Refusal> {
    let bad = || Refusal::Sparse { tensor: name.to_owned() };
    let (Some(values), Some(indices)) = (&sparse.values, &sparse.indices) else { return Err(bad()) };
    let (Value::Tensor(values), Value::Tensor(positions)) = (read(values, name)?, read(indices, name)?)
    else {
        return Err(bad());
    };
    let kind = values.kind;
    let (of_indices, indices) = (positions.shape.as_slice(), positions.as_constants().unwrap_or_default());
    let values = values.as_constants().unwrap_or_default();
    let shape = shape(&sparse.dims, name)?;
    afford(&shape)?;
    let mut data = vec![0.0; shape_len(&shape).ok_or_else(bad)?];
    // Either the positions, or the index along each axis.
    let width = match of_indices {
        [count] if *count == values.len() => 1,
        [count, rank] if *count == values.len() && *rank == shape.len() => *rank,
        _ => return Err(bad()),
    };
    let is_flat = of_indices.len() == 1;
    for (position, &value) in values.iter().enumerate() {
        let start = position.checked_mul(width).ok_or_else(bad)?;
        let index = indices.get(start..).and_then(|rest| rest.get(..width)).ok_or_else(bad)?;
        let mut at = 0usize;
        for (axis, &index) in index.iter().enumerate() {
            let size = if is_flat { data.len() } else { *shape.get(axis).ok_or_else(bad)? };
            if index < 0.0 || index.fract() != 0.0 || index >= size as f64 {
                return Err(bad());
            }
            at = at.checked_mul(size).and_then(|at| at.checked_add(index as usize)).ok_or_else(bad)?;
        }
        *data.get_mut(at).ok_or_else(bad)? = value;
    }
    Ok(Tensor::constants(shape, data).of_kind(kind).into())
}

/// Refuses NaN and `inf`, as [`check_finite`]; `-inf` becomes the number that stands for it.
pub(crate) fn fold_infinite(shape: &[usize], data: &mut [f64], name: &str) -> Result<(), Refusal> {
    data.iter_mut().filter(|value| **value == f64::NEG_INFINITY).for_each(|value| *value = -INFINITY);
    check_finite(shape, data, name)
}

/// Refuses NaN and infinities, naming the first one.
pub(crate) fn check_finite(shape: &[usize], data: &[f64], name: &str) -> Result<(), Refusal> {
    let Some((first, value)) = data.iter().enumerate().find(|(_, value)| !value.is_finite()) else {
        return Ok(());
    };
    Err(Refusal::Weight {
        tensor: name.to_owned(),
        index: Shape(unravel(first, shape)),
        value: value.to_string(),
        count: data.iter().filter(|value| !value.is_finite()).count(),
    })
}

/// What elements of a type are; `None` for text, and for types that no operator takes.
pub(crate) fn kind(data_type: DataType) -> Option<Kind> {
    Storage::of(data_type).map(Storage::kind)
}

/// The ONNX name of a data type number.
pub(crate) fn type_name(data_type: i32) -> String {
    match DataType::try_from(data_type) {
        Ok(known) => format!("{known:?}").to_lowercase(),
        Err(_) => format!("number {data_type}"),
    }
}

/// Text of the file; what is not UTF-8 is no value that anything equals.
pub(crate) fn text_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn shape(dims: &[i64], name: &str) -> Result<Vec<usize>, Refusal> {
    let bad = || Refusal::TensorLength { tensor: name.to_owned(), dims: dims.to_vec(), found: 0 };
    dims.iter().map(|&dim| usize::try_from(dim).map_err(|_| bad())).collect()
}

/// The number of elements of a shape, if it can be addressed.
pub(crate) fn shape_len(dims: &[usize]) -> Option<usize> {
    // A zero anywhere makes the others harmless.
    let factors = || dims.iter().copied();
    if factors().any(|dim| dim == 0) { Some(0) } else { factors().try_fold(1usize, usize::checked_mul) }
}

/// The number of elements of a shape whose empty axes had one, or as many as can be addressed.
pub(crate) fn extent(dims: &[usize]) -> usize {
    dims.iter().fold(1usize, |all, &dim| all.saturating_mul(dim.max(1)))
}

fn unravel(mut flat: usize, shape: &[usize]) -> Vec<usize> {
    let mut index = vec![0; shape.len()];
    for (slot, &dim) in index.iter_mut().zip(shape).rev() {
        *slot = flat % dim.max(1);
        flat /= dim.max(1);
    }
    index
}
