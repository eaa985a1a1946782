//! Verification: is this proof one of this statement, and what does that mean?

use assay_groth16::{Proof, SetupKind, VerifyingKey, verify};
use assay_interface::{field::Scalar, member::Claim, proof_file::ProofFile, statement::Statement};

use crate::{
    causes::MembershipError,
    context::Context,
    decisions::OutputDecision,
    error::Error,
    execution::statement_digest,
    keys::{CircuitBinding, Keys, same_key},
    model::Model,
    salts::Salts,
    tensor::{Content, Tensors},
    values::Inputs,
};

/// Accepts the proofs of one verifying key, and decodes them where a model is given.
///
/// A valid proof says: whoever made it knows a witness of *the key's* circuit for this statement. That the key is of the
/// model's circuit is [claimed](CircuitBinding::Claimed) by the key's file until [`Verifier::confirm`] has compared it with
/// a recomputation; every [`Verified`] says which it is.
#[derive(Clone, Debug)]
pub struct Verifier {
    key: VerifyingKey,
    model: Option<Model>,
    binding: CircuitBinding,
}

/// A statement whose proof is valid.
#[derive(Clone, Debug, PartialEq)]
pub struct Verified {
    /// The statement.
    pub statement: Statement,
    /// Its digest.
    pub digest: Scalar,
    /// Digest of the circuit that the key is of, or claims to be of.
    pub circuit: [u8; 32],
    /// Which of the two.
    pub binding: CircuitBinding,
    /// How the key's secrets were made: under a development key, whoever made it can prove anything.
    pub setup: SetupKind,
    /// What the statement shows, where the verifier has the model.
    pub tensors: Option<Tensors>,
    /// What its outputs decide, where the verifier has a model that decides: made of the statement and of what the model's file claims.
    pub decisions: Vec<OutputDecision>,
}

impl Verifier {
    /// A verifier of this key's proofs.
    pub fn new(key: VerifyingKey) -> Verifier {
        Verifier { key, model: None, binding: CircuitBinding::Claimed }
    }

    /// A verifier of the proofs that these keys make.
    pub fn of_keys(keys: &Keys) -> Verifier {
        Verifier { key: keys.verifying_key().clone(), model: None, binding: keys.binding() }
    }

    /// The same for statements of this model only, which it decodes. The key must name the model's circuit and be of its form;
    /// that says what its file claims, and [`Verifier::binding`] is what it was.
    ///
    /// # Errors
    /// [`Error::WrongCircuit`] where the key names another circuit, or cannot be this circuit's.
    pub fn for_model(self, model: &Model) -> Result<Verifier, Error> {
        if self.key.circuit_digest() != model.circuit_digest() {
            return Err(Error::WrongCircuit {
                key: self.key.circuit_digest(),
                model: model.name().into(),
                circuit: model.circuit_digest(),
            });
        }
        if self.key.has_commitment() != model.circuit().commitment.is_some() {
            return Err(Error::KeyForm { model: model.name().into() });
        }
        Ok(Verifier { model: Some(model.clone()), ..self })
    }

    /// The same verifier with the circuit [recomputed](CircuitBinding::Recomputed), if its key is the one that
    /// [`Keys::recompute`] gave.
    ///
    /// # Errors
    /// [`Error::OtherKey`] where a byte differs.
    pub fn confirm(self, recomputed: &Keys) -> Result<Verifier, Error> {
        same_key(&self.key, recomputed)?;
        Ok(Verifier { binding: CircuitBinding::Recomputed, ..self })
    }

    /// The key.
    pub fn key(&self) -> &VerifyingKey {
        &self.key
    }

    /// What ties the key to its circuit.
    pub fn binding(&self) -> CircuitBinding {
        self.binding
    }

    /// Whether this is a proof of this statement.
    ///
    /// # Errors
    /// [`Error::Verify`] where it is none; [`Error::Decode`] where the statement is none of the model's. Both mean: invalid.
    pub fn verify(&self, statement: &Statement, proof: &Proof) -> Result<Verified, Error> {
        let digest = statement_digest(statement)?;
        verify(&self.key, proof, &digest)?;
        let tensors = self.model.as_ref().map(|model| model.decode(statement)).transpose()?;
        let decisions = match (&self.model, &tensors) {
            (Some(model), Some(tensors)) => model.decisions_of(&tensors.outputs, &[]),
            _ => Vec::new(),
        };
        Ok(Verified {
            statement: statement.clone(),
            digest,
            circuit: self.key.circuit_digest(),
            binding: self.binding,
            setup: self.key.setup_kind(),
            tensors,
            decisions,
        })
    }

    /// As [`Verifier::verify`], for a `.proof` file.
    ///
    /// # Errors
    /// As [`Verifier::verify`], and [`Error::ProofKey`] where the file names another key.
    pub fn verify_file(&self, file: &ProofFile) -> Result<Verified, Error> {
        let key = self.key.digest();
        if file.key != key {
            return Err(Error::ProofKey { proof: file.key, key });
        }
        self.verify(&file.statement, &Proof::from_interface(&file.proof)?)
    }
}

impl Verified {
    /// Fails unless the statement was made for this use.
    ///
    /// # Errors
    /// [`Error::OtherContext`].
    pub fn expect_context(&self, context: Context) -> Result<(), Error> {
        let found = Context(self.statement.context);
        if found == context { Ok(()) } else { Err(Error::OtherContext { expected: context, found }) }
    }

    /// Fails unless the statement is about these inputs; committed ones need their salts.
    ///
    /// # Errors
    /// [`Error::OtherInput`] names the first element that differs.
    pub fn expect_inputs(&self, inputs: &Inputs, salts: &Salts) -> Result<(), Error> {
        let decoded = inputs.model.decode(&self.statement)?;
        let expected = inputs.contents(salts)?;
        match decoded.inputs.iter().zip(&expected).find_map(|(stated, given)| stated.difference(given)) {
            Some(difference) => Err(Error::OtherInput(difference)),
            None => Ok(()),
        }
    }

    /// Fails unless the member input is in the tree with this root, and its nullifier is for this scope: both are the prover's
    /// choice, and a proof of a tree of his own is as valid. `None` asks nothing.
    ///
    /// # Errors
    /// [`Error::OtherInput`] says which differs; [`Error::Membership`] for a model without a member input.
    pub fn expect_member(
        &self,
        model: &Model,
        root: Option<Scalar>,
        scope: Option<[u8; 32]>,
    ) -> Result<(), Error> {
        let decoded = model.decode(&self.statement)?;
        let member = decoded.inputs.iter().find_map(|tensor| match tensor.content {
            Content::Member(claim) => Some((tensor, claim)),
            Content::Values(_) | Content::Commitment(_) => None,
        });
        let (tensor, stated) = member.ok_or_else(|| MembershipError::Unwanted(model.name().into()))?;
        let expected =
            Claim { root: root.unwrap_or(stated.root), scope: scope.unwrap_or(stated.scope), ..stated };
        match tensor.difference(&Content::Member(expected)) {
            Some(difference) => Err(Error::OtherInput(difference)),
            None => Ok(()),
        }
    }

    /// Fails unless this is known of the key's circuit.
    ///
    /// # Errors
    /// [`Error::NotRecomputed`] where the circuit is only claimed.
    pub fn expect_recomputed(&self) -> Result<(), Error> {
        match self.binding {
            CircuitBinding::Recomputed => Ok(()),
            CircuitBinding::Claimed => Err(Error::NotRecomputed),
        }
    }
}
