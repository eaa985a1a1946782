//! Tensors whose elements lie in a file beside the model's: `external_data` of a `TensorProto`, with the keys `location`,
//! `offset` and `length`. Reference: "External Tensor Data" in the documentation of ONNX's `onnx.proto`.
//!
//! A location is a path from the model's folder that stays in it. Several tensors may share bytes, so what all of them
//! take has a budget: [`PER_BYTE`] times the files that they lie in.

use std::collections::{BTreeMap, BTreeSet};

use super::problem::ExternalProblem;
use crate::budget::Budget;
use crate::import::refusal::{ImportError, Refusal};
use crate::onnx::{ModelProto, NodeProto, SparseTensorProto, TensorProto};
use crate::source::Source;

/// Bytes of tensors for each byte of their files: exporters that tie two weights write them once, or twice.
const PER_BYTE: u64 = 4;

/// Where a tensor's bytes are.
struct Place {
    location: String,
    offset: u64,
    length: Option<u64>,
}

/// Puts the external data of every tensor into the tensor.
pub(super) fn fetch(proto: &mut ModelProto, source: &Source<'_>, refusals: &mut Vec<Refusal>) {
    let none = BTreeMap::new();
    let files = source.external.unwrap_or(&none);
    let held: usize = files.values().map(Vec::len).sum();
    let mut budget = Budget::new(held, 0, PER_BYTE);
    for tensor in tensors(proto).into_iter().filter(|tensor| is_external(tensor)) {
        match place(tensor).and_then(|place| bytes(&place, files, &mut budget)) {
            Ok(bytes) => {
                tensor.raw_data = bytes.to_vec();
                tensor.data_location = None;
                tensor.external_data.clear();
            }
            Err(problem) => refusals.push(Refusal::ExternalData { tensor: tensor.name.clone(), problem }),
        }
    }
}

/// The files that the tensors of a model lie in.
pub(super) fn names(proto: &mut ModelProto) -> Result<BTreeSet<String>, ImportError> {
    let mut names = BTreeSet::new();
    let mut refusals = Vec::new();
    for tensor in tensors(proto).into_iter().filter(|tensor| is_external(tensor)) {
        match place(tensor) {
            Ok(place) => {
                names.insert(place.location);
            }
            Err(problem) => refusals.push(Refusal::ExternalData { tensor: tensor.name.clone(), problem }),
        }
    }
    if refusals.is_empty() { Ok(names) } else { Err(ImportError::Refused(refusals)) }
}

fn is_external(tensor: &TensorProto) -> bool {
    tensor.data_location == Some(1) || !tensor.external_data.is_empty()
}

/// What the keys of a tensor say.
fn place(tensor: &TensorProto) -> Result<Place, ExternalProblem> {
    let value = |key: &str| {
        let entry = tensor.external_data.iter().find(|entry| entry.key == key);
        entry.map(|entry| entry.value.as_str())
    };
    let number = |key: &'static str| {
        let Some(text) = value(key) else { return Ok(None) };
        text.parse().map(Some).map_err(|_| ExternalProblem::Number { key, value: text.to_owned() })
    };
    let location = value("location").ok_or(ExternalProblem::NoLocation)?;
    let location =
        inside(location).ok_or_else(|| ExternalProblem::Outside { location: location.to_owned() })?;
    Ok(Place { location, offset: number("offset")?.unwrap_or(0), length: number("length")? })
}

/// A path that stays in the model's folder, without the parts that stand for the folder itself. A backslash separates
/// folders on some machines and not on others, so it is in no name.
fn inside(location: &str) -> Option<String> {
    let is_plain = |part: &&str| !part.is_empty() && *part != "..";
    let parts: Vec<&str> = location.split('/').filter(|part| *part != ".").collect();
    let is_path = !parts.is_empty() && parts.iter().all(is_plain) && !location.contains(['\\', '\0']);
    is_path.then(|| parts.join("/"))
}

/// The bytes at a place.
fn bytes<'a>(
    place: &Place,
    files: &'a BTreeMap<String, Vec<u8>>,
    budget: &mut Budget,
) -> Result<&'a [u8], ExternalProblem> {
    let location = || place.location.clone();
    let file = files.get(&place.location).ok_or_else(|| ExternalProblem::Absent { location: location() })?;
    let (offset, found) = (place.offset, file.len() as u64);
    // Without a length, the tensor is the rest of the file.
    let length = place.length.unwrap_or(found.saturating_sub(offset));
    let range = || {
        let (start, length) = (usize::try_from(offset).ok()?, usize::try_from(length).ok()?);
        file.get(start..start.checked_add(length)?)
    };
    let bytes =
        range().ok_or_else(|| ExternalProblem::Bounds { location: location(), offset, length, found })?;
    budget.spend("bytes of tensors", length).map_err(ExternalProblem::TooLarge)?;
    Ok(bytes)
}

/// Every tensor of a model.
fn tensors(proto: &mut ModelProto) -> Vec<&mut TensorProto> {
    let mut tensors = Vec::new();
    if let Some(graph) = proto.graph.as_mut() {
        tensors.extend(&mut graph.initializer);
        tensors.extend(graph.sparse_initializer.iter_mut().flat_map(of_sparse));
        tensors.extend(graph.node.iter_mut().flat_map(of_node));
    }
    let functions = proto.functions.iter_mut();
    tensors.extend(functions.flat_map(|function| &mut function.node).flat_map(of_node));
    tensors
}

fn of_node(node: &mut NodeProto) -> impl Iterator<Item = &mut TensorProto> {
    node.attribute.iter_mut().flat_map(|attribute| {
        let sparse = attribute.sparse_tensor.iter_mut().flat_map(of_sparse);
        attribute.t.iter_mut().chain(&mut attribute.tensors).chain(sparse)
    })
}

fn of_sparse(sparse: &mut SparseTensorProto) -> impl Iterator<Item = &mut TensorProto> {
    sparse.values.iter_mut().chain(&mut sparse.indices)
}

#[cfg(test)]
mod tests {
    use super::inside;

    #[test]
    fn paths_inside_a_folder() {
        for (location, path) in [
            ("model.onnx.data", "model.onnx.data"),
            ("./weights/w1", "weights/w1"),
            ("weights/./w1", "weights/w1"),
            ("onnx::MatMul_12", "onnx::MatMul_12"),
            ("..data", "..data"),
        ] {
            assert_eq!(inside(location).as_deref(), Some(path));
        }
        for outside in
            ["", ".", "/etc/passwd", "../w", "a/../../w", "a/..", "a//b", "w/", "a\\..\\b", "C:\\w", "w\0"]
        {
            assert_eq!(inside(outside), None, "{outside:?}");
        }
    }
}
