//! The salts of committed inputs.
//!
//! A statement hides a committed input behind `Poseidon(tag, salt, packed values)`. The salt is uniform, so the commitment tells
//! nothing; whoever holds salt and values can show later what was committed to. A salt that is used for two decisions shows
//! whether their inputs were equal.

use assay_interface::field::Scalar;
use rand::{CryptoRng, RngCore};
use serde_json::{Map, Value};

use crate::{
    causes::SaltsError,
    error::Error,
    model::Model,
    scalars::{draw_scalar, parse_scalar},
    secret_json,
};

/// One salt for each committed input, in the order of the schema.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Salts(Vec<Scalar>);

impl Salts {
    /// For a model that commits to nothing.
    pub const fn none() -> Salts {
        Salts(Vec::new())
    }

    /// A uniformly random salt for each committed input of the model.
    pub fn draw(model: &Model, rng: &mut (impl RngCore + CryptoRng)) -> Salts {
        Salts(model.committed_inputs().map(|_| draw_scalar(rng)).collect())
    }

    /// These salts.
    pub fn from_scalars(salts: Vec<Scalar>) -> Salts {
        Salts(salts)
    }

    /// The salts.
    pub fn as_slice(&self) -> &[Scalar] {
        &self.0
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The salts in a JSON object by input name, as [`Salts::to_json`] writes it.
    ///
    /// # Errors
    /// [`Error::Salts`] says which input lacks a salt, or has one that is none.
    pub fn from_json(model: &Model, json: &[u8]) -> Result<Salts, Error> {
        let object = secret_json::object(json).map_err(SaltsError::Json)?;
        let salt = |name: &str| {
            let text = object.get(name).and_then(Value::as_str);
            let text = text.ok_or_else(|| SaltsError::Missing(name.into()))?;
            parse_scalar(text).ok_or_else(|| SaltsError::Malformed(name.into()))
        };
        Ok(Salts(model.committed_inputs().map(salt).collect::<Result<_, SaltsError>>()?))
    }

    /// The salts by input name, for a file that only its owner can read.
    pub fn to_json(&self, model: &Model) -> String {
        let named = model.committed_inputs().zip(&self.0);
        let object: Map<String, Value> =
            named.map(|(name, salt)| (name.to_owned(), salt.to_string().into())).collect();
        format!("{:#}\n", Value::Object(object))
    }

    pub(crate) fn check(&self, model: &Model) -> Result<(), Error> {
        let (expected, found) = (model.committed_inputs().count(), self.0.len());
        if expected == found { Ok(()) } else { Err(Error::SaltCount { expected, found }) }
    }
}

impl std::fmt::Debug for Salts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Salts({} secret)", self.0.len())
    }
}
