//! A proof of a tier: what it must state, and how it is checked.
//!
//! The statement's limbs are root, both halves of the scope, nullifier, tier. The program compares the root with the tree's
//! last ones, writes the pool's address as the scope, takes the nullifier from the line's address, and binds pool, line,
//! issuer, epoch and who signs by the context. So a proof opens nothing for who copies it, nothing in another pool, and
//! nothing from another tree.
//!
//! The prover chooses the leaf, among those that are theirs, and the root, among the last ones; the model gives one tier for the
//! leaf's numbers. Whoever recorded the statement before made the proof unnecessary, not impossible.

use anchor_lang::prelude::*;
use assay_cpi::{Expect, Key, RecordAccounts, Setups};
use assay_credit_interface::{Taking, context, limbs};
use assay_interface::{field::Scalar, member::Claim};
use assay_program::bounded::Vec; // by this name, which an IDL knows

use crate::{
    errors::CreditError,
    state::{Issuer, Pool, Tree},
};

/// What a prover claims, beside what the accounts say, and the proof of it.
#[derive(SchemaWrite, SchemaRead, IdlType)]
pub struct Claimed {
    /// The bytes of a plain proof or of a committed one, as the model's key is; none where the statement has a receipt.
    pub proof: Vec<u8>,
    /// Root of the tree that the leaf is in.
    pub root: [u8; 32],
    /// The person's nullifier in this pool.
    pub nullifier: [u8; 32],
    /// The tier.
    pub tier: u8,
}

/// Whose word counts, and who checks the proof.
#[derive(Accounts)]
pub struct Evidence {
    /// 0. `[]` The pool's issuer.
    pub issuer: Account<Issuer>,
    /// 1. `[]` The issuer's tree.
    #[account(constraint = tree.issuer == *issuer.address() @ CreditError::WrongTree)]
    pub tree: Account<Tree>,
    /// 2. `[writable]` The pool's model.
    #[account(mut)]
    pub model: UncheckedAccount,
    /// 3. `[writable]` The statement's receipt, at `["receipt", model, digest]` of the verifier.
    #[account(mut)]
    pub receipt: UncheckedAccount,
    /// 4. `[]` The verifier program.
    #[account(address = Address::new_from_array(assay_cpi::VERIFIER) @ CreditError::WrongVerifier)]
    pub verifier: UncheckedAccount,
    /// 5. `[]` The system program.
    pub system_program: Program<System>,
}

impl Evidence {
    /// Has the verifier check that a leaf of the tree is the signer's, and that the pool's model gives it the tier. Returns the
    /// statement's digest.
    pub(crate) fn verify(
        &self,
        borrower: &AccountView,
        pool: &Account<Pool>,
        line: &Address,
        claimed: &Claimed,
        now: i64,
    ) -> Result<[u8; 32]> {
        let (terms, tree) = (&pool.terms, &self.tree);
        if *self.issuer.address().as_array() != terms.issuer {
            return Err(CreditError::WrongIssuer.into());
        }
        self.issuer.require_running()?;
        tree.require_root(&claimed.root, now)?;
        if *self.model.address().as_array() != terms.model {
            return Err(CreditError::WrongModel.into());
        }
        terms.tier(claimed.tier)?;
        let element = |bytes| Scalar::from_be_bytes(bytes).map_err(|_| CreditError::StatementEncoding);
        let claim = Claim {
            root: element(claimed.root)?,
            scope: pool.address().to_bytes(),
            nullifier: element(claimed.nullifier)?,
        };
        let limbs = limbs(&claim, claimed.tier).map_err(|_| CreditError::StatementEncoding)?;
        let context = context(&Taking {
            program: crate::ID.to_bytes(),
            pool: pool.address().to_bytes(),
            line: line.to_bytes(),
            borrower: borrower.address().to_bytes(),
            issuer: terms.issuer,
            epoch: tree.epoch,
        });
        let expect = Expect {
            model: &terms.model,
            key: Key::OfModel, // its address is derived from key and schema, and stood in the terms
            domain: &terms.domain,
            setups: Setups::from_bits(terms.setups).ok_or(CreditError::InvalidSetupKinds)?,
        };
        let accounts = RecordAccounts {
            payer: borrower,
            model: self.model.account(),
            receipt: self.receipt.account(),
            system_program: self.system_program.account(),
        };
        let claim = assay_cpi::Claim { proof: &claimed.proof, context: &context, limbs: &limbs };
        Ok(*assay_cpi::record(&accounts, &claim, &expect)?.digest())
    }
}
