//! Constants of the model: ONNX `TensorProto` into `f64` elements, every one checked. Their elements stand in the
//! file one by one, so they cost what it does.

use super::refusal::{Refusal, Shape};
use super::value::Kind;
use crate::onnx::{DataType, TensorProto};

/// A constant tensor, row-major.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Constant {
    pub shape: Vec<usize>,
    pub kind: Kind,
    pub data: Vec<f64>,
}

/// Reads one constant. `name` stands in messages where the tensor itself has none (`Constant` nodes).
pub(crate) fn read(tensor: &TensorProto, name: &str) -> Result<Constant, Refusal> {
    let name = if tensor.name.is_empty() { name } else { &tensor.name }.to_owned();
    let external = tensor.data_location == Some(1) || !tensor.external_data.is_empty();
    if external {
        return Err(Refusal::ExternalData { tensor: name });
    }
    let shape = shape(tensor, &name)?;
    let data_type = DataType::try_from(tensor.data_type).unwrap_or(DataType::Undefined);
    let raw = &tensor.raw_data;
    let has_raw = !raw.is_empty();
    let constant = match data_type {
        DataType::Float if has_raw => {
            floats(shape, words(raw).map(|b| f64::from(f32::from_le_bytes(b))).collect())
        }
        DataType::Float => floats(shape, tensor.float_data.iter().copied().map(f64::from).collect()),
        DataType::Double if has_raw => floats(shape, words(raw).map(f64::from_le_bytes).collect()),
        DataType::Double => floats(shape, tensor.double_data.clone()),
        DataType::Int64 if has_raw => integers(shape, words(raw).map(i64::from_le_bytes).collect()),
        DataType::Int64 => integers(shape, tensor.int64_data.clone()),
        DataType::Int32 if has_raw => {
            integers(shape, words(raw).map(|b| i64::from(i32::from_le_bytes(b))).collect())
        }
        DataType::Int32 => integers(shape, tensor.int32_data.iter().copied().map(i64::from).collect()),
        _ => return Err(Refusal::TensorType { tensor: name, data_type: type_name(tensor.data_type) }),
    };
    // `words` drops a ragged tail, so the byte length is compared as well.
    let size = if matches!(data_type, DataType::Float | DataType::Int32) { 4 } else { 8 };
    let found = constant.data.len();
    let elements = shape_len(&constant.shape);
    if elements != Some(found) || (has_raw && Some(raw.len()) != found.checked_mul(size)) {
        return Err(Refusal::TensorLength { tensor: name, dims: tensor.dims.clone(), found });
    }
    check_finite(&constant.shape, &constant.data, &name)?;
    Ok(constant)
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

/// The ONNX name of a data type number.
pub(crate) fn type_name(data_type: i32) -> String {
    match DataType::try_from(data_type) {
        Ok(known) => format!("{known:?}").to_lowercase(),
        Err(_) => format!("number {data_type}"),
    }
}

fn floats(shape: Vec<usize>, data: Vec<f64>) -> Constant {
    Constant { shape, kind: Kind::Real, data }
}

fn integers(shape: Vec<usize>, data: Vec<i64>) -> Constant {
    Constant { shape, kind: Kind::Integer, data: data.into_iter().map(|value| value as f64).collect() }
}

fn words<const N: usize>(raw: &[u8]) -> impl Iterator<Item = [u8; N]> + '_ {
    raw.as_chunks::<N>().0.iter().copied()
}

fn shape(tensor: &TensorProto, name: &str) -> Result<Vec<usize>, Refusal> {
    let bad = || Refusal::TensorLength { tensor: name.to_owned(), dims: tensor.dims.clone(), found: 0 };
    let dims: Vec<usize> =
        tensor.dims.iter().map(|&dim| usize::try_from(dim).map_err(|_| bad())).collect::<Result<_, _>>()?;
    Ok(dims)
}

/// The number of elements of a shape, if it can be addressed.
pub(crate) fn shape_len(dims: &[usize]) -> Option<usize> {
    // A zero anywhere makes the others harmless.
    let factors = || dims.iter().copied();
    if factors().any(|dim| dim == 0) { Some(0) } else { factors().try_fold(1usize, usize::checked_mul) }
}

fn unravel(mut flat: usize, shape: &[usize]) -> Vec<usize> {
    let mut index = vec![0; shape.len()];
    for (slot, &dim) in index.iter_mut().zip(shape).rev() {
        *slot = flat % dim.max(1);
        flat /= dim.max(1);
    }
    index
}
