//! `create_series`: a name under which an authority publishes models of one domain. The first waits like every other.

use anchor_lang::prelude::*;
use assay_interface::verifier::{series_account, series_id};
use assay_program::bounded::Vec;

use super::manage::now;
use crate::create::create;
use crate::{MAX_SERIES_NAME, Model, Series, SeriesCreated, VerifierError, is_timelock, series_seeds};

/// What `create_series` is given.
#[derive(SchemaWrite, SchemaRead, IdlType)]
pub struct SeriesArgs {
    /// 1 to 32 bytes of UTF-8.
    pub name: Vec<u8>,
    /// The set that must have attested each model of the series; zeros for none.
    pub attestor_set: Address,
    /// Seconds from a proposal to its effect: a day to 30 days.
    pub timelock: i64,
}

/// 0. `[signer]` creator, 1. `[signer, writable]` payer, 2. `[]` model, 3. `[writable]` series, 4. system program.
#[derive(Accounts)]
pub struct CreateSeries {
    /// Who will propose models.
    pub creator: Signer,
    /// Who pays for the account; may be the creator.
    #[account(mut, unsafe(dup))]
    pub payer: Signer,
    /// The first model; its domain is the series'.
    pub model: Account<Model>,
    /// The series, at `["series", creator, id]`, see `assay_interface::verifier::series_id`: created here.
    #[account(mut)]
    pub series: UncheckedAccount,
    /// Creates the account.
    pub system_program: Program<System>,
}

impl SeriesArgs {
    /// The name, padded.
    fn validate(&self) -> Result<[u8; MAX_SERIES_NAME]> {
        require!(is_timelock(self.timelock), VerifierError::TimelockRange);
        let mut name = [0; MAX_SERIES_NAME];
        let is_text = core::str::from_utf8(&self.name).is_ok_and(|name| !name.is_empty());
        let place = name.get_mut(..self.name.len()).filter(|_| is_text).ok_or(VerifierError::SeriesName)?;
        place.copy_from_slice(&self.name);
        Ok(name)
    }
}

/// Creates the series' account.
#[inline(never)] // the dispatcher would have to hold the frames of all handlers
pub fn handler(ctx: &mut Context<CreateSeries>, args: &SeriesArgs) -> Result<()> {
    let name = args.validate()?;
    let CreateSeries { creator, payer, model, series, .. } = &ctx.accounts;
    require!(model.version == Model::VERSION, VerifierError::ModelVersion);
    let (creator, model, domain, now) = (*creator.address(), *model.address(), model.domain, now()?);
    let id = series_id(args.timelock, &domain, args.attestor_set.as_array(), &args.name);
    create(
        payer.account(),
        series.account(),
        series_seeds(&creator, &id),
        VerifierError::SeriesExists,
        |bump, place: &mut Series| {
            *place = Series {
                timelock: args.timelock,
                pending_from: 0,
                creator,
                authority: creator,
                payer: *payer.address(),
                current: Address::default(),
                pending: Address::default(),
                domain,
                attestor_set: args.attestor_set,
                id,
                name,
                version: series_account::VERSION,
                bump,
                name_len: u8::try_from(args.name.len()).map_err(|_| VerifierError::SeriesName)?,
                reserved: [0; 53],
            };
            place.propose(&model, &domain, now)?;
            place.invariant()
        },
    )?;
    emit!(SeriesCreated {
        series: *series.address(),
        authority: creator,
        model,
        domain,
        attestor_set: args.attestor_set,
        timelock: args.timelock,
    });
    Ok(())
}
