//! Membership: what shows that an input is in a tree that somebody else keeps, without showing which.
//!
//! A model compiled with a *member* input says nothing of its values, and not even their commitment: the statement shows the
//! root of a tree in which the commitment is a leaf, a scope, and a nullifier. [`assay_interface::member`] has the hashes;
//! `assay_circuits` proves them, and says there what a proof says and what not.
//!
//! | who | has | makes |
//! |---|---|---|
//! | the holder | a secret ([`crate::draw_scalar`]) | its [`key`](crate::member::key), for the issuer |
//! | the issuer | the values, the key, a fresh salt ([`crate::draw_scalar`]) | the leaf ([`crate::Inputs::leaf`]), for the tree; values and salt for the holder |
//! | the holder | all leaves ([`crate::member::Tree`]) | a [`Membership`], and proofs ([`crate::Inputs::with_membership`]) |
//! | a consumer | a root that counts, its own scope | checks both in the statement, and keeps the nullifier |

use assay_groth16::element;
use assay_interface::{
    field::Scalar,
    member::{Claim, key, leaf, nullifier, root_of_path},
    statement::{StatementError, commit},
};
use rand::{CryptoRng, RngCore};
use serde_json::json;

use crate::{
    causes::MembershipError,
    error::Error,
    hex,
    model::Model,
    scalars::{draw_scalar, parse_scalar},
    secret_json,
};

/// What shows that an input is in a tree, and whose it is. A secret: whoever has it proves as its owner.
#[derive(Clone, PartialEq, Eq)]
pub struct Membership {
    /// The owner's secret.
    pub secret: Scalar,
    /// Salt of the input's commitment, from the issuer.
    pub salt: Scalar,
    /// Position of the leaf.
    pub position: u32,
    /// Siblings on its path to the root, the lowest first: one a level.
    pub siblings: Vec<Scalar>,
    /// What the nullifier is for: 32 bytes of the consumer, such as its account's address.
    pub scope: [u8; 32],
}

/// Fields of a membership's JSON.
const FIELDS: [&str; 5] = ["secret", "salt", "position", "siblings", "scope"];
const SCALAR: &str = "64 hexadecimal digits below the field's order";

impl Membership {
    /// The membership in a JSON object, as [`Membership::to_secret_json`] writes it.
    ///
    /// # Errors
    /// [`Error::Membership`] names the field that is missing or malformed.
    pub fn from_json(json: &[u8]) -> Result<Membership, Error> {
        Ok(read(json)?)
    }

    /// The membership as JSON, for a file that only its owner can read.
    pub fn to_secret_json(&self) -> String {
        let siblings: Vec<String> = self.siblings.iter().map(Scalar::to_string).collect();
        let object = json!({
            "secret": self.secret.to_string(),
            "salt": self.salt.to_string(),
            "position": self.position,
            "siblings": siblings,
            "scope": hex::encode(&self.scope),
        });
        format!("{object:#}\n")
    }

    /// A membership of the model's member input in a tree that nobody keeps: for measurements and audits. Without such an
    /// input there is none.
    pub fn made_up(model: &Model, rng: &mut (impl RngCore + CryptoRng)) -> Option<Membership> {
        let (_, depth) = model.member_input()?;
        let mut scope = [0; 32];
        rng.fill_bytes(&mut scope);
        Some(Membership {
            secret: draw_scalar(rng),
            salt: draw_scalar(rng),
            position: 0,
            siblings: (0..depth).map(|_| draw_scalar(rng)).collect(),
            scope,
        })
    }

    /// The membership as the circuit takes it.
    pub fn for_circuit(&self) -> assay_circuits::Membership {
        assay_circuits::Membership {
            secret: element(&self.secret),
            salt: element(&self.salt),
            position: self.position,
            siblings: self.siblings.iter().map(element).collect(),
            scope: self.scope,
        }
    }

    /// What a statement says of it, for a tensor of these values.
    pub(crate) fn claim(&self, values: &[i64], bits: u8) -> Result<Claim, Error> {
        let leaf = leaf_of(values, bits, self.salt, key(self.secret).map_err(StatementError::from)?)?;
        // Length and position were checked when it was given: see `Inputs::with_membership`.
        let root = root_of_path(leaf, self.position, &self.siblings)
            .map_err(|_| Error::Internal("a membership that was checked has no root"))?;
        let nullifier = nullifier(self.secret, &self.scope).map_err(StatementError::from)?;
        Ok(Claim { root, scope: self.scope, nullifier })
    }

    pub(crate) fn check(&self, model: &Model) -> Result<(), MembershipError> {
        let (input, depth) =
            model.member_input().ok_or_else(|| MembershipError::Unwanted(model.name().into()))?;
        let (found, position) = (self.siblings.len(), self.position);
        if found != usize::from(depth) {
            return Err(MembershipError::PathLength { input: input.into(), depth, found });
        }
        if u64::from(position) >> depth != 0 {
            return Err(MembershipError::Position { position, depth });
        }
        Ok(())
    }
}

impl std::fmt::Debug for Membership {
    /// Without what is secret, the position among it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Membership(secret, depth {}, scope {})", self.siblings.len(), hex::encode(&self.scope))
    }
}

/// The leaf of a tensor's values.
pub(crate) fn leaf_of(values: &[i64], bits: u8, salt: Scalar, key: Scalar) -> Result<Scalar, Error> {
    Ok(leaf(commit(salt, values, bits)?, key).map_err(StatementError::from)?)
}

fn read(json: &[u8]) -> Result<Membership, MembershipError> {
    let object = secret_json::object(json).map_err(MembershipError::Json)?;
    if let Some(unknown) = object.keys().find(|name| !FIELDS.contains(&name.as_str())) {
        return Err(MembershipError::Unknown(secret_json::shown(unknown)));
    }
    let field = |name: &'static str| object.get(name).ok_or(MembershipError::Missing(name));
    let scalar = |name: &'static str| {
        let scalar = field(name)?.as_str().and_then(parse_scalar);
        scalar.ok_or(MembershipError::Malformed(name, SCALAR))
    };
    let position = field("position")?.as_u64().and_then(|position| u32::try_from(position).ok());
    let siblings = field("siblings")?.as_array().and_then(|list| {
        list.iter().map(|sibling| sibling.as_str().and_then(parse_scalar)).collect::<Option<Vec<_>>>()
    });
    let scope = field("scope")?.as_str().and_then(hex::parse_32);
    Ok(Membership {
        secret: scalar("secret")?,
        salt: scalar("salt")?,
        position: position.ok_or(MembershipError::Malformed("position", "an integer below 2^32"))?,
        siblings: siblings.ok_or(MembershipError::Malformed(
            "siblings",
            "a list of elements, each 64 hexadecimal digits below the field's order",
        ))?,
        scope: scope.ok_or(MembershipError::Malformed("scope", "64 hexadecimal digits"))?,
    })
}
