//! The model that the lending program makes statements about: its tensors, inputs and score.

use assay_host::strategy::only_value;
use assay_interface::missing::Missing;
use assay_interface::schema::{ModelSchema, TensorSchema, Visibility};
use assay_lending_interface::{
    features,
    formats::{FEATURES, Format, SCORE},
};

use crate::error::ReadError;

/// Fails unless a model has one public tensor of sixteen features, and one score.
///
/// # Errors
/// Its tensors are others.
pub(super) fn accepts(schema: &ModelSchema) -> Result<(), ReadError> {
    match (schema.inputs(), schema.outputs()) {
        ([input], [output]) => {
            expect(input, features::COUNT, FEATURES)?;
            // The threshold is in the model's own units, so its scale is its own: that of the one score.
            expect(output, 1, Format { bits: SCORE.bits, scale: output.scales.single().unwrap_or(0) })
        }
        (inputs, outputs) => Err(ReadError::Tensors { inputs: inputs.len(), outputs: outputs.len() }),
    }
}

/// The score: the one element of the one output.
///
/// # Errors
/// The outputs are no score of 16 bits.
pub fn only_score(outputs: &[Vec<i64>]) -> Result<i16, ReadError> {
    let score = only_value(outputs).ok_or(ReadError::Score(None))?;
    i16::try_from(score).map_err(|_| ReadError::Score(Some(score)))
}

/// The model's inputs for some features.
pub fn inputs(features: &[i16; features::COUNT]) -> Vec<Vec<i64>> {
    vec![features.map(i64::from).to_vec()]
}

/// Fails unless a tensor is what the lending program makes its statements of.
fn expect(tensor: &TensorSchema, elements: usize, format: Format) -> Result<(), ReadError> {
    let fits = tensor.elements() == elements
        && (tensor.bits, tensor.scales.single()) == (format.bits, Some(format.scale))
        && (tensor.visibility, &tensor.missing) == (Visibility::Public, &Missing::Never);
    if fits { Ok(()) } else { Err(ReadError::Tensor { tensor: Box::new(tensor.clone()), elements, format }) }
}

#[cfg(test)]
mod tests {
    use assay_interface::{float32, scales::Scales};

    use super::*;

    /// Features are integers at one scale: no others, none missing, and no order keys of float32 numbers, whatever the bits.
    #[test]
    fn features_have_the_programs_scale() {
        let tensor = |name: &str, elements: usize, format: Format| TensorSchema {
            name: name.into(),
            shape: vec![1, elements as u32],
            bits: format.bits,
            scales: format.scale.into(),
            missing: Missing::Never,
            visibility: Visibility::Public,
        };
        let accepted = |change: fn(&mut TensorSchema)| {
            let mut input = tensor("x", features::COUNT, FEATURES);
            change(&mut input);
            let outputs = vec![tensor("score", 1, SCORE)];
            let schema = ModelSchema::new("m".into(), vec![input], outputs);
            schema.is_ok_and(|schema| accepts(&schema).is_ok())
        };
        assert!(accepted(|_| {}));
        assert!(!accepted(|x| x.scales = Scales::One(FEATURES.scale + 1)));
        assert!(!accepted(|x| x.missing = Missing::Anywhere));
        assert!(!accepted(|x| (x.bits, x.scales) = (float32::BITS, Scales::Float32)));
    }
}
