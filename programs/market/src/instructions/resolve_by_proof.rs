//! `resolve_by_proof`: what a model gives for the observed prices, proven. Anyone may; the first gets the bounty.
//!
//! The prover chooses nothing: features come from the observation, the model is the question's, and it gives one output for
//! them. The context binds question, observation, which of the two models, and the prover, so that a copied proof pays the
//! copier nothing. A receipt that somebody recorded before makes the proof unnecessary, not impossible.

use anchor_lang::prelude::*;
use assay_cpi::{Expect, Key, RecordAccounts, Setups};
use assay_market_interface::{Resolution, context, limbs};
use assay_program::bounded::Vec; // by this name, which an IDL knows

use super::{endings::pay_lamports, now};
use crate::{
    errors::MarketError,
    events::OutputProven,
    state::{Observation, Place, Question},
};

/// What the prover claims: the model's output for the observed prices, and the proof of it.
#[derive(SchemaWrite, SchemaRead, IdlType)]
pub struct Claim {
    /// The bytes of a plain proof or of a committed one, as the model's key is; none where the statement has a receipt.
    pub proof: Vec<u8>,
    /// The output.
    pub output: i16,
}

/// Accounts of `resolve_by_proof`.
#[derive(Accounts)]
pub struct ResolveByProof {
    /// 0. `[signer, writable]` The prover: pays the receipt's rent, and gets the first proof's bounty.
    #[account(mut)]
    pub prover: Signer,
    /// 1. `[writable]` The question.
    #[account(mut)]
    pub question: Account<Question>,
    /// 2. `[]` Its observation.
    #[account(constraint = observation.question == *question.address() @ MarketError::WrongObservation)]
    pub observation: Account<Observation>,
    /// 3. `[writable]` The model that may answer now.
    #[account(mut)]
    pub model: UncheckedAccount,
    /// 4. `[writable]` The statement's receipt, at `["receipt", model, digest]` of the verifier.
    #[account(mut)]
    pub receipt: UncheckedAccount,
    /// 5. `[]` The verifier program.
    #[account(address = Address::new_from_array(assay_cpi::VERIFIER) @ MarketError::WrongVerifier)]
    pub verifier: UncheckedAccount,
    /// 6. `[]` The system program.
    pub system_program: Program<System>,
}

impl ResolveByProof {
    /// Has the verifier check that the model of this place gives `output`. Returns the statement's digest.
    fn verify(&self, place: Place, proof: &[u8], output: i16) -> Result<[u8; 32]> {
        let (question, observation) = (&self.question, &self.observation);
        let model = question.models.get(place.index()).ok_or(MarketError::WrongModel)?;
        let domain = question.domains.get(place.index()).ok_or(MarketError::WrongModel)?;
        if self.model.address() != model {
            return Err(MarketError::WrongModel.into());
        }
        let limbs = limbs(&observation.features, output).map_err(|_| MarketError::StatementEncoding)?;
        let context = context(&Resolution {
            program: crate::ID.to_bytes(),
            question: question.address().to_bytes(),
            observation: observation.hash,
            place: place as u8,
            prover: self.prover.address().to_bytes(),
        });
        let expect = Expect {
            model: model.as_array(),
            key: Key::OfModel, // its address is derived from key and schema, and stood in the question
            domain,
            setups: Setups::from_bits(question.terms.setups).ok_or(MarketError::InvalidSetupKinds)?,
        };
        let accounts = RecordAccounts {
            payer: self.prover.account(),
            model: self.model.account(),
            receipt: self.receipt.account(),
            system_program: self.system_program.account(),
        };
        let claim = assay_cpi::Claim { proof, context: &context, limbs: &limbs };
        Ok(*assay_cpi::record(&accounts, &claim, &expect)?.digest())
    }
}

/// Takes the output: its row stands until somebody disputes it.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<ResolveByProof>, Claim { proof, output }: &Claim) -> Result<()> {
    let output = *output;
    let accounts = &mut ctx.accounts;
    let now = now()?;
    let place = accounts.question.place(now)?;
    let digest = accounts.verify(place, proof, output)?;
    let ResolveByProof { prover, question, .. } = accounts;
    question.propose(output, *prover.address(), now)?;
    if place == Place::First {
        pay_lamports(question, prover.account(), question.terms.resolve_bounty)?;
    }
    emit!(OutputProven {
        question: *question.address(),
        place: place as u8,
        output,
        bucket: question.terms.bucket(output),
        digest,
        deadline: question.deadline,
    });
    Ok(question.invariant()?)
}
