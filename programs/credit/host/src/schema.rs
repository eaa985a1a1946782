//! The model that the credit program makes statements about.

use assay_credit_interface::formats::{APPLICANT_BITS, APPLICANT_VALUES, DEPTH, TIER_BITS};
use assay_interface::{
    missing::Missing,
    schema::{ModelSchema, Visibility},
};
use thiserror::Error;

/// A model whose proofs the program would read as something else than a tier of the borrower's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum UnfitModel {
    /// Not one input and one output.
    #[error("the model has {inputs} inputs and {outputs} outputs, and a pool takes one of each")]
    Tensors {
        /// Inputs.
        inputs: usize,
        /// Outputs.
        outputs: usize,
    },
    /// The numbers are others than those of an issuer's leaves.
    #[error(
        "the input is not {APPLICANT_VALUES} integers of {APPLICANT_BITS} bits at scale 0, none missing, of a member of a tree \
         of depth {DEPTH}: compile it with --member INPUT:{DEPTH} --input-format {APPLICANT_BITS}:0"
    )]
    Input,
    /// The output is no tier.
    #[error(
        "the output is not one integer of {TIER_BITS} bits at scale 0: let the model end in ArgMax over the tiers"
    )]
    Output,
}

/// Fails unless a model states the tier of a member's numbers, as an issuer's leaves hold them. Whoever proposes terms, votes
/// on them, or puts money into a pool asks this of the model whose domain the terms name: the program knows the domain only.
/// Which numbers the model takes is no part of a schema: `assay inspect` says of the `.assay` file whether it is all of the format, or
/// who can never have a proof.
///
/// # Errors
/// What does not fit. In a leaf no number is missing: an issuer says what is known, and where a model took the least integer for
/// "unknown", whoever's number is the least would be judged as unknown.
pub fn accepts(schema: &ModelSchema) -> Result<(), UnfitModel> {
    let ([input], [output]) = (schema.inputs(), schema.outputs()) else {
        return Err(UnfitModel::Tensors { inputs: schema.inputs().len(), outputs: schema.outputs().len() });
    };
    let is_member = matches!(input.visibility, Visibility::Member { depth } if usize::from(depth) == DEPTH);
    if !is_member
        || input.elements() != APPLICANT_VALUES
        || (input.bits, input.scales.single()) != (APPLICANT_BITS, Some(0))
        || input.missing != Missing::Never
    {
        return Err(UnfitModel::Input);
    }
    if output.elements() != 1 || (output.bits, output.scales.single()) != (TIER_BITS, Some(0)) {
        return Err(UnfitModel::Output);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use assay_interface::{scales::Scales, schema::TensorSchema};

    use super::*;

    fn fit() -> (TensorSchema, TensorSchema) {
        let tensor = |name: &str, elements, bits, visibility| TensorSchema {
            name: name.into(),
            shape: vec![1, elements],
            bits,
            scales: Scales::One(0),
            missing: Missing::Never,
            visibility,
        };
        (tensor("x", 20, 5, Visibility::Member { depth: 20 }), tensor("tier", 1, 3, Visibility::Public))
    }

    fn judged(input: TensorSchema, outputs: Vec<TensorSchema>) -> Result<(), UnfitModel> {
        let schema = ModelSchema::new("m".into(), vec![input], outputs);
        accepts(&schema.unwrap_or_else(|error| panic!("{error}")))
    }

    #[test]
    fn only_tiers_of_members_fit() {
        let (input, output) = fit();
        assert_eq!(judged(input.clone(), vec![output.clone()]), Ok(()));
        let inputs: [fn(&mut TensorSchema); 7] = [
            |x| x.bits = 6,
            |x| x.scales = Scales::One(1),
            |x| (x.scales, x.bits) = (Scales::Float32, 32),
            |x| x.shape = vec![1, 19],
            |x| x.missing = Missing::Anywhere,
            |x| x.visibility = Visibility::Committed,
            |x| x.visibility = Visibility::Member { depth: 19 },
        ];
        for change in inputs {
            let mut other = input.clone();
            change(&mut other);
            assert_eq!(judged(other, vec![output.clone()]), Err(UnfitModel::Input));
        }
        let outputs: [fn(&mut TensorSchema); 3] =
            [|y| y.bits = 4, |y| y.scales = Scales::One(1), |y| y.shape = vec![2]];
        for change in outputs {
            let mut other = output.clone();
            change(&mut other);
            assert_eq!(judged(input.clone(), vec![other]), Err(UnfitModel::Output));
        }
        let mut second = output.clone();
        second.name = "more".into();
        let two = judged(input, vec![output, second]);
        assert_eq!(two, Err(UnfitModel::Tensors { inputs: 1, outputs: 2 }));
    }
}
