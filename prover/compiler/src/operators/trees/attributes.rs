//! Attributes of tree ensembles: lists of equal length, in single or double precision.

use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::single::Precision;
use crate::onnx::{AttributeProto, DataType, TensorProto};

/// Numbers of an attribute, and their precision.
pub(super) struct Numbers {
    pub values: Vec<f64>,
    pub precision: Precision,
}

/// Reads attributes of a node.
pub(super) struct Attributes<'a, 'b>(pub &'a Node<'b>);

impl<'a> Attributes<'a, '_> {
    fn find(&self, name: &str) -> Option<&'a AttributeProto> {
        self.0.proto.attribute.iter().find(|proto| proto.name == name)
    }

    /// A list of integers; empty where it is left out.
    pub fn integers(&self, name: &'static str) -> Result<Vec<i64>, Refusal> {
        Ok(self.0.ints(name)?.unwrap_or_default())
    }

    /// A list of strings; empty where it is left out.
    pub fn strings(&self, name: &str) -> Vec<String> {
        let strings = self.find(name).map_or(&[][..], |proto| &proto.strings);
        strings.iter().map(|text| String::from_utf8_lossy(text).into_owned()).collect()
    }

    /// The list of this name, or the tensor `tensor`, which may be double; empty where both are left out. Numbers may be infinite, but
    /// not NaN.
    pub fn floats(&self, name: &'static str, tensor: &'static str) -> Result<Numbers, Refusal> {
        if let Some(numbers) = self.tensor(tensor)? {
            return self.without_nan(tensor, numbers);
        }
        let floats = self.find(name).map_or(&[][..], |proto| &proto.floats);
        let values = floats.iter().map(|&value| f64::from(value)).collect();
        self.without_nan(name, Numbers { values, precision: Precision::Single })
    }

    fn without_nan(&self, name: &'static str, numbers: Numbers) -> Result<Numbers, Refusal> {
        match numbers.values.iter().position(|value| value.is_nan()) {
            Some(at) => Err(self.0.bad_attribute(name, format!("NaN at position {at}"), "numbers")),
            None => Ok(numbers),
        }
    }

    /// The numbers of a tensor; `None` where it is left out.
    pub fn tensor(&self, name: &'static str) -> Result<Option<Numbers>, Refusal> {
        let Some(proto) = self.find(name) else { return Ok(None) };
        let allowed = "a tensor of float, double or uint8 with its elements inside";
        let refused = |found: String| self.0.bad_attribute(name, found, allowed);
        let tensor = proto.t.as_ref().ok_or_else(|| refused("of another type".into()))?;
        let data_type = DataType::try_from(tensor.data_type).unwrap_or(DataType::Undefined);
        let values = elements(tensor, data_type).ok_or_else(|| refused(format!("{data_type:?}")))?;
        let precision = if data_type == DataType::Double { Precision::Double } else { Precision::Single };
        Ok(Some(Numbers { values, precision }))
    }

    /// Fails unless a list has as many elements as it must.
    pub fn check_len(&self, name: &'static str, found: usize, expected: usize) -> Result<(), Refusal> {
        if found == expected {
            return Ok(());
        }
        let value = format!("{found} elements where {expected} are needed");
        Err(self.0.bad_attribute(name, value, "an element for each node, or for each leaf"))
    }
}

fn elements(tensor: &TensorProto, data_type: DataType) -> Option<Vec<f64>> {
    if tensor.data_location == Some(1) || !tensor.external_data.is_empty() {
        return None;
    }
    let raw = &tensor.raw_data;
    fn words<const N: usize>(raw: &[u8]) -> impl Iterator<Item = [u8; N]> + '_ {
        raw.chunks_exact(N).filter_map(|word| word.try_into().ok())
    }
    Some(match (data_type, raw.is_empty()) {
        (DataType::Float, false) => words(raw).map(|word| f64::from(f32::from_le_bytes(word))).collect(),
        (DataType::Float, true) => tensor.float_data.iter().map(|&value| f64::from(value)).collect(),
        (DataType::Double, false) => words(raw).map(f64::from_le_bytes).collect(),
        (DataType::Double, true) => tensor.double_data.clone(),
        (DataType::Uint8, false) => raw.iter().map(|&value| f64::from(value)).collect(),
        (DataType::Uint8, true) => tensor.int32_data.iter().map(|&value| f64::from(value)).collect(),
        _ => return None,
    })
}
