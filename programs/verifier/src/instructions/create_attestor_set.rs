//! `create_attestor_set`: who must attest a model, and how many of them. Anyone creates any set, since its address says all
//! of it; whom to trust is the consumer's choice.

use anchor_lang::prelude::*;
use assay_interface::verifier::{MAX_ATTESTORS, attestor_set_account};
use assay_program::bounded::Vec;

use crate::create::create;
use crate::{AttestorSet, AttestorSetCreated, VerifierError, attestor_set_seeds};

/// What `create_attestor_set` is given.
#[derive(SchemaWrite, SchemaRead, IdlType)]
pub struct AttestorSetArgs {
    /// The attestors, 1 to 8, in strictly increasing order: one encoding for each set, and nobody twice.
    pub attestors: Vec<[u8; 32]>,
    /// How many of them must attest.
    pub threshold: u8,
}

/// 0. `[signer, writable]` payer, 1. `[writable]` set, 2. system program.
#[derive(Accounts)]
pub struct CreateAttestorSet {
    /// Who pays for the account.
    #[account(mut)]
    pub payer: Signer,
    /// The set, at `["attestors", id]`, see `assay_interface::verifier::attestor_set_id`: created here.
    #[account(mut)]
    pub set: UncheckedAccount,
    /// Creates the account.
    pub system_program: Program<System>,
}

impl AttestorSetArgs {
    /// The set that these arguments describe.
    fn validate(&self, payer: Address) -> Result<AttestorSet> {
        require!(self.attestors.len() <= MAX_ATTESTORS, VerifierError::AttestorSetMalformed);
        let mut attestors = [Address::default(); MAX_ATTESTORS];
        attestors
            .iter_mut()
            .zip(self.attestors.iter())
            .for_each(|(to, from)| *to = Address::new_from_array(*from));
        let set = AttestorSet {
            payer,
            id: [0; 32],
            attestors,
            count: u8::try_from(self.attestors.len()).map_err(|_| VerifierError::AttestorSetMalformed)?,
            threshold: self.threshold,
            version: attestor_set_account::VERSION,
            bump: 0,
            reserved: [0; 28],
        };
        set.invariant()?;
        Ok(set)
    }
}

/// Creates the set's account.
#[inline(never)] // the dispatcher would have to hold the frames of all handlers
pub fn handler(ctx: &mut Context<CreateAttestorSet>, args: &AttestorSetArgs) -> Result<()> {
    let accounts = &ctx.accounts;
    let set = args.validate(*accounts.payer.address())?;
    let (id, count, threshold) = (set.computed_id()?, set.count, set.threshold);
    create(
        accounts.payer.account(),
        accounts.set.account(),
        attestor_set_seeds(&id),
        VerifierError::AttestorSetExists,
        |bump, place: &mut AttestorSet| {
            *place = set;
            place.id = id;
            place.bump = bump;
            Ok(())
        },
    )?;
    emit!(AttestorSetCreated { set: *accounts.set.address(), count, threshold });
    Ok(())
}
