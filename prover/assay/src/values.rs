//! The integers that go into a model and come out of it, each tied to their model.

use assay_compiler::LayerTrace;
use assay_interface::{
    field::Scalar,
    member::Claim,
    schema::{TensorSchema, Visibility},
    statement::{Statement, commit},
};

use crate::{
    causes::MembershipError,
    error::Error,
    membership::{Membership, leaf_of},
    model::Model,
    number::{no_number, reals},
    salts::Salts,
    tensor::{self, Content, Tensor, Tensors, name_categories, name_classes, name_elements},
};

/// Inputs of one model: as many integers as its tensors have elements, each within its tensor's bits.
///
/// [`Model::quantize`] makes them from real values, [`Model::inputs`] from integers that a caller has already.
#[derive(Clone, Debug)]
pub struct Inputs {
    pub(crate) model: Model,
    pub(crate) values: Vec<Vec<i64>>,
    pub(crate) membership: Option<Membership>,
}

/// Outputs of one model for some inputs.
#[derive(Clone, Debug)]
pub struct Outputs {
    pub(crate) model: Model,
    pub(crate) values: Vec<Vec<i64>>,
}

/// What each layer of the integer model computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// The layers, in order.
    pub layers: Vec<LayerTrace>,
}

impl Model {
    /// The model's integers for one row of real values, each the nearest one, or where it takes float32 numbers exactly (the schema's
    /// [`Scales::Float32`](assay_interface::scales::Scales::Float32)) that of the nearest such number; NaN is a value that is missing, where the model takes one.
    ///
    /// # Errors
    /// [`Error::Input`] names the first value that is outside its declared domain or not finite.
    pub fn quantize(&self, row: &[f64]) -> Result<Inputs, Error> {
        Ok(Inputs { values: self.compiled().quantize_inputs(row)?, model: self.clone(), membership: None })
    }

    /// Inputs that are integers already, a list for each tensor. Each is in its declared domain where it is one of the integers from that to
    /// which the one end rounds to that of the other; real numbers that round there are [`Model::quantize`]'s to judge. Of an element that may be missing
    /// (`TensorSchema::is_missing`) the least integer says that it is: a caller that rounds numbers to such an element saturates above it.
    ///
    /// # Errors
    /// [`Error::Integers`] where a list has another length than its tensor, or an integer does not fit its bits, or stands for no number;
    /// [`Error::Input`] where one is outside its declared domain: no proof of it is possible.
    pub fn inputs(&self, values: Vec<Vec<i64>>) -> Result<Inputs, Error> {
        let (expected, given) = (self.schema().inputs().len(), values.len());
        if expected != given {
            return Err(Error::TensorCount { expected, found: given });
        }
        for (tensor, values) in self.schema().inputs().iter().zip(&values) {
            check_integers(tensor, values)?;
        }
        self.compiled().check_domains(&values)?;
        Ok(Inputs { values, model: self.clone(), membership: None })
    }

    /// The outputs of the integer model, without a proof: what a proof would show.
    ///
    /// # Errors
    /// [`Error::OtherModel`] for the inputs of another model.
    pub fn evaluate(&self, inputs: &Inputs) -> Result<Outputs, Error> {
        self.own(inputs)?;
        self.weight_values()?;
        Ok(Outputs { values: self.compiled().run_reference(&inputs.values)?, model: self.clone() })
    }

    /// What each layer of the integer model computes.
    ///
    /// # Errors
    /// As [`Model::evaluate`].
    pub fn trace(&self, inputs: &Inputs) -> Result<Trace, Error> {
        self.own(inputs)?;
        self.weight_values()?;
        Ok(Trace { layers: self.compiled().trace(&inputs.values)? })
    }

    /// The tensors that a statement of this model shows. Whether it is true, a [`crate::Verifier`] says.
    ///
    /// # Errors
    /// [`Error::Decode`] for a statement of another model, or one that no values give.
    pub fn decode(&self, statement: &Statement) -> Result<Tensors, Error> {
        let mut tensors = tensor::decode(self.schema(), self.feature_names(), self.classes(), statement)?;
        name_categories(&mut tensors.inputs, self.features());
        Ok(tensors)
    }

    /// Refuses the inputs of another model.
    pub(crate) fn own(&self, inputs: &Inputs) -> Result<(), Error> {
        if inputs.model.circuit_digest() == self.circuit_digest() {
            return Ok(());
        }
        Err(Error::OtherModel { expected: self.name().into(), found: inputs.model.name().into() })
    }
}

impl Inputs {
    /// The integers, a list for each input tensor.
    pub fn integers(&self) -> &[Vec<i64>] {
        &self.values
    }

    /// The numbers in the model's own units that the integers stand for: the inputs after rounding, a list for each tensor. NaN is a value
    /// that is missing.
    pub fn reals(&self) -> Vec<Vec<f64>> {
        let tensors = self.model.schema().inputs().iter().zip(&self.values);
        tensors.map(|(tensor, values)| reals(tensor, values)).collect()
    }

    /// What a statement says of these inputs: public values as they are, committed ones under their salt, of a member root,
    /// scope and nullifier.
    pub(crate) fn contents(&self, salts: &Salts) -> Result<Vec<Content>, Error> {
        salts.check(&self.model)?;
        let mut salts = salts.as_slice().iter();
        let tensors = self.model.schema().inputs().iter().zip(&self.values);
        tensors
            .map(|(tensor, values)| match (tensor.visibility, values) {
                (Visibility::Public, values) => Ok(Content::Values(values.clone())),
                (Visibility::Member { depth }, values) => {
                    Ok(Content::Member(self.claim_of(tensor, depth, values)?))
                }
                (Visibility::Committed, values) => {
                    let salt: Scalar =
                        *salts.next().ok_or(Error::Internal("a salt that was counted is missing"))?;
                    Ok(Content::Commitment(commit(salt, values, tensor.bits)?))
                }
            })
            .collect()
    }

    /// The tensors with a name for each element.
    pub fn tensors(&self) -> Vec<Tensor> {
        let schema = self.model.schema().inputs();
        let mut tensors = tensors(schema, &self.values);
        name_elements(&mut tensors, self.model.feature_names());
        name_categories(&mut tensors, self.model.features());
        tensors
    }
}

impl Inputs {
    /// The same inputs with what shows that the member input is in a tree. That the path leads to a root that counts, the
    /// consumer finds: here every path leads to some root, which [`Inputs::member_claim`] shows.
    ///
    /// # Errors
    /// [`Error::Membership`] where the model has no member input, the path has another length than its tree is deep, or the
    /// position is not in the tree.
    pub fn with_membership(self, membership: Membership) -> Result<Inputs, Error> {
        membership.check(&self.model)?;
        Ok(Inputs { membership: Some(membership), ..self })
    }

    /// Root, scope and nullifier that a statement about these inputs shows; `None` for a model without a member input.
    ///
    /// # Errors
    /// [`Error::Membership`] where the membership is missing.
    pub fn member_claim(&self) -> Result<Option<Claim>, Error> {
        let Some((tensor, depth, values)) = self.member() else { return Ok(None) };
        self.claim_of(tensor, depth, values).map(Some)
    }

    /// The leaf of the member input under a salt, for the owner of a key: what an issuer puts into the tree. The salt must be
    /// random, and fresh in each tree: values of few possibilities can be guessed under a salt that is known, and equal leaves
    /// show that they are.
    ///
    /// # Errors
    /// [`Error::Membership`] for a model without a member input.
    pub fn leaf(&self, salt: Scalar, key: Scalar) -> Result<Scalar, Error> {
        let unwanted = || MembershipError::Unwanted(self.model.name().into());
        let (tensor, _, values) = self.member().ok_or_else(unwanted)?;
        leaf_of(values, tensor.bits, salt, key)
    }

    /// The member input, the depth of its tree, its values.
    fn member(&self) -> Option<(&TensorSchema, u8, &[i64])> {
        let mut tensors = self.model.schema().inputs().iter().zip(&self.values);
        tensors.find_map(|(tensor, values)| Some((tensor, tensor.member_depth()?, values.as_slice())))
    }

    fn claim_of(&self, tensor: &TensorSchema, depth: u8, values: &[i64]) -> Result<Claim, Error> {
        let needed = || MembershipError::Needed { input: tensor.name.clone(), depth };
        self.membership.as_ref().ok_or_else(needed)?.claim(values, tensor.bits)
    }
}

impl PartialEq for Inputs {
    fn eq(&self, other: &Inputs) -> bool {
        (&self.values, &self.membership) == (&other.values, &other.membership)
            && self.model.circuit_digest() == other.model.circuit_digest()
    }
}

impl Outputs {
    /// The integers, a list for each output tensor.
    pub fn integers(&self) -> &[Vec<i64>] {
        &self.values
    }

    /// The numbers that the integers stand for, a list for each output tensor.
    pub fn reals(&self) -> Vec<Vec<f64>> {
        let tensors = self.model.schema().outputs().iter().zip(&self.values);
        tensors.map(|(tensor, values)| reals(tensor, values)).collect()
    }

    /// The integer of a model with one output of one element: a score, a class.
    pub fn single(&self) -> Option<i64> {
        match &self.values[..] {
            [values] => match values[..] {
                [value] => Some(value),
                _ => None,
            },
            _ => None,
        }
    }

    /// The tensors with a name for each element.
    pub fn tensors(&self) -> Vec<Tensor> {
        let mut tensors = tensors(self.model.schema().outputs(), &self.values);
        name_classes(&mut tensors, self.model.classes());
        tensors
    }
}

impl PartialEq for Outputs {
    fn eq(&self, other: &Outputs) -> bool {
        self.values == other.values && self.model.circuit_digest() == other.model.circuit_digest()
    }
}

fn tensors(schema: &[TensorSchema], values: &[Vec<i64>]) -> Vec<Tensor> {
    let tensor = |(schema, values): (&TensorSchema, &Vec<i64>)| {
        Tensor::unnamed(schema, Content::Values(values.clone()))
    };
    schema.iter().zip(values).map(tensor).collect()
}

fn check_integers(tensor: &TensorSchema, values: &[i64]) -> Result<(), Error> {
    let (expected, found) = (tensor.elements(), values.len());
    if expected != found {
        return Err(Error::TensorLength { tensor: tensor.name.clone(), expected, found });
    }
    let half = 1i64 << (u32::from(tensor.bits) - 1); // a schema has 1 to 32 bits
    match values.iter().enumerate().find(|(_, value)| !(-half..half).contains(value)) {
        Some((index, &value)) => {
            Err(Error::TensorRange { tensor: tensor.name.clone(), index, value, bits: tensor.bits })
        }
        None => match no_number(tensor, values).and_then(|index| Some((index, *values.get(index)?))) {
            Some((index, value)) => {
                Err(Error::NoNumber { element: format!("{}[{index}]", tensor.name), value })
            }
            None => Ok(()),
        },
    }
}
