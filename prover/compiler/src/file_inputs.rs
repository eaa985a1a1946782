//! The inputs of the ONNX file in a compiled model, which holds them where they are columns of tensors of the statement.

use std::collections::HashSet;

use assay_interface::schema::{MAX_RANK, ModelSchema, TensorSchema};

use crate::bytes::{ReadError, Reader, Writer};
use crate::model::FileInput;

/// The inputs of a file of which none are joined.
pub(crate) fn unjoined(schema: &ModelSchema) -> Vec<FileInput> {
    let shape = |tensor: &TensorSchema| tensor.shape.iter().map(|&dim| dim as usize).collect();
    FileInput::in_order(schema.inputs().iter().map(|tensor| (tensor.name.as_str(), shape(tensor))))
}

/// The inputs of the file that are columns of each tensor, in their order; none where it is the file's own.
pub(crate) fn columns<'a>(inputs: &'a [FileInput], schema: &ModelSchema) -> Vec<Vec<&'a str>> {
    let mut start = 0;
    let of_tensor = |tensor: &TensorSchema| {
        let elements = start..start + tensor.elements();
        start = elements.end;
        let mut columns: Vec<&FileInput> =
            inputs.iter().filter(|input| elements.contains(&input.first)).collect();
        columns.sort_by_key(|input| input.first);
        match columns.as_slice() {
            [input] if input.name == tensor.name => Vec::new(),
            columns => columns.iter().map(|input| input.name.as_str()).collect(),
        }
    };
    schema.inputs().iter().map(of_tensor).collect()
}

/// Writes the inputs of a file of which some are joined.
pub(crate) fn write(inputs: &[FileInput], out: &mut Writer) {
    out.count(inputs.len());
    for FileInput { name, shape, first, step } in inputs {
        out.text(name);
        out.count(shape.len());
        shape.iter().for_each(|&size| out.count(size));
        out.count(*first);
        out.count(*step);
    }
}

/// The inputs of the file, where they are joined: each element of the schema's inputs is one of theirs.
pub(crate) fn read(
    reader: &mut Reader<'_>,
    schema: &ModelSchema,
) -> Result<Option<Vec<FileInput>>, ReadError> {
    if reader.is_empty() {
        return Ok(None);
    }
    let elements = schema.inputs().iter().map(TensorSchema::elements).sum();
    let mut is_taken = vec![false; elements];
    let mut inputs: Vec<FileInput> = Vec::new();
    let mut names = HashSet::new();
    for _ in 0..reader.count("inputs of the file", elements)? {
        let name = reader.text()?;
        if !names.insert(name.clone()) {
            return Err(ReadError::FileInput(name));
        }
        let rank = reader.count("dimensions of an input", MAX_RANK)?;
        let size = |_| reader.count("elements along an axis", elements);
        let shape = (0..rank).map(size).collect::<Result<Vec<usize>, _>>()?;
        let first = reader.count("elements before an input", elements)?;
        let step = reader.count("columns", elements)?;
        // Of at most 2^19 elements, so that nothing overflows.
        let len = shape.iter().try_fold(1usize, |len, size| len.checked_mul(*size));
        if len.is_none_or(|len| !(1..=elements).contains(&len)) {
            return Err(ReadError::FileInput(name));
        }
        let input = FileInput { name, shape, first, step };
        for element in input.elements() {
            match is_taken.get_mut(element) {
                Some(taken @ false) => *taken = true,
                _ => return Err(ReadError::FileInput(input.name)),
            }
        }
        inputs.push(input);
    }
    if !is_taken.iter().all(|&taken| taken) || inputs == unjoined(schema) {
        let first = inputs.into_iter().next().map_or_else(String::new, |input| input.name);
        return Err(ReadError::FileInput(first));
    }
    Ok(Some(inputs))
}

#[cfg(test)]
mod tests {
    use assay_interface::{missing::Missing, schema::Visibility};

    use super::*;

    fn schema() -> ModelSchema {
        let tensor = |name: &str, shape: &[u32]| TensorSchema {
            name: name.into(),
            shape: shape.into(),
            bits: 8,
            scales: 0.into(),
            missing: Missing::Never,
            visibility: Visibility::Public,
        };
        let inputs = vec![tensor("numbers", &[1, 3]), tensor("x", &[1, 2])];
        ModelSchema::new("m".into(), inputs, vec![tensor("y", &[1])]).unwrap()
    }

    fn input(name: &str, shape: &[usize], first: usize, step: usize) -> FileInput {
        FileInput { name: name.into(), shape: shape.into(), first, step }
    }

    fn read_back(inputs: &[FileInput]) -> Result<Option<Vec<FileInput>>, ReadError> {
        let mut out = Writer::default();
        write(inputs, &mut out);
        let bytes = out.finish();
        read(&mut Reader::new(&bytes), &schema())
    }

    #[test]
    fn columns_are_read_as_written() {
        let column = |name, first| input(name, &[1, 1], first, 3);
        let inputs = vec![column("c", 2), input("x", &[1, 2], 3, 1), column("a", 0), column("b", 1)];
        assert_eq!(columns(&inputs, &schema()), [vec!["a", "b", "c"], vec![]]);
        assert_eq!(read_back(&inputs), Ok(Some(inputs)));
        assert_eq!(read(&mut Reader::new(&[]), &schema()), Ok(None));
    }

    #[test]
    fn what_does_not_cover_the_schema_once_is_refused() {
        let x = input("x", &[1, 2], 3, 1);
        for (name, wrong) in [
            ("overlap", vec![input("a", &[3], 0, 1), input("b", &[1], 2, 1), x.clone()]),
            ("gap", vec![input("a", &[2], 0, 1), x.clone()]),
            ("outside", vec![input("a", &[3], 0, 2), x.clone()]),
            ("repeated name", vec![input("a", &[1], 0, 1), input("a", &[2], 1, 1), x.clone()]),
            ("empty", vec![input("a", &[0], 0, 1), input("b", &[3], 0, 1), x.clone()]),
            ("many", vec![input("a", &[5, 5, 5, 5], 0, 1)]),
            ("beyond", vec![input("a", &[3], 6, 1), x.clone()]),
            ("nothing is joined", unjoined(&schema())),
            ("none", Vec::new()),
        ] {
            assert!(read_back(&wrong).is_err(), "{name}");
        }
    }
}
