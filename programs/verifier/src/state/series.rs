//! A series of models: what those follow who do not pin one.
//!
//! What a series promises its followers (timelock, domain, the set that attests its models) is part of its address. Its
//! first model waits like every other, so a series that is closed and created again moves nothing sooner.

use anchor_lang::prelude::*;
use assay_interface::pda;
use assay_interface::verifier::{series_account, series_id};

use super::waits::{after, is_timelock, require_ripe};
use crate::VerifierError;

/// Longest name of a series, in bytes.
pub const MAX_SERIES_NAME: usize = 32;

/// A series, at the address of `["series", creator, id]`: see [`series_id`].
#[account]
#[derive(Debug)]
pub struct Series {
    /// From proposal to effect, in seconds.
    pub timelock: i64,
    /// From when the pending model can become current, in Unix seconds; 0 for none pending.
    pub pending_from: i64,
    /// Who created it.
    pub creator: Address,
    /// Who proposes its models: the creator; zeros once renounced.
    pub authority: Address,
    /// Who paid for the account, and gets the rent back.
    pub payer: Address,
    /// The model that followers use; zeros before the first.
    pub current: Address,
    /// The model that waits; zeros for none.
    pub pending: Address,
    /// Domain of every model of the series.
    pub domain: [u8; 32],
    /// The set that attests every model of the series; zeros for none.
    pub attestor_set: Address,
    /// What the series promises.
    pub id: [u8; 32],
    /// Its name, then zeros.
    pub name: [u8; MAX_SERIES_NAME],
    /// Version of this layout.
    pub version: u8,
    /// Bump of the address.
    pub bump: u8,
    /// Bytes of the name.
    pub name_len: u8,
    /// Zeros, for later versions.
    pub reserved: [u8; 53],
}

const _: () = assert!(series_account::LENGTH == Series::DISCRIMINATOR.len() + size_of::<Series>());

/// Seeds of a series' address, without the bump.
pub fn series_seeds<'a>(creator: &'a Address, id: &'a [u8; 32]) -> [&'a [u8]; 3] {
    [pda::verifier::SERIES, creator.as_ref(), id]
}

impl Series {
    /// The name.
    pub fn name(&self) -> Result<&[u8]> {
        self.name.get(..usize::from(self.name_len)).ok_or(VerifierError::Invariant.into())
    }

    /// Proposes a model; a second proposal replaces the first and waits anew.
    pub fn propose(&mut self, model: &Address, domain: &[u8; 32], now: i64) -> Result<()> {
        require!(*domain == self.domain, VerifierError::SeriesDomain);
        require!(*model != self.current, VerifierError::SeriesUnchanged);
        self.pending = *model;
        self.pending_from = after(now, self.timelock)?;
        Ok(())
    }

    /// Makes the pending model current.
    pub fn apply(&mut self, now: i64) -> Result<()> {
        require!(self.pending_from != 0, VerifierError::NothingPending);
        require_ripe(self.pending_from, now)?;
        self.current = self.pending;
        self.drop_pending();
        Ok(())
    }

    /// Withdraws the proposal.
    pub fn cancel(&mut self) -> Result<()> {
        require!(self.pending_from != 0, VerifierError::NothingPending);
        self.drop_pending();
        Ok(())
    }

    /// Nobody will ever propose again: following the series is pinning its model.
    pub fn renounce(&mut self) -> Result<()> {
        require!(self.current != Address::default(), VerifierError::SeriesEmpty);
        self.authority = Address::default();
        self.drop_pending();
        Ok(())
    }

    /// What holds after every instruction that changes a series.
    pub fn invariant(&self) -> Result<()> {
        let nobody = Address::default();
        let name = self.name()?;
        let holds = self.version == series_account::VERSION
            && (self.authority == self.creator || self.authority == nobody)
            && (self.authority != nobody || (self.pending_from == 0 && self.current != nobody))
            && (self.pending_from != 0) == (self.pending != nobody)
            && (self.pending == nobody || self.pending != self.current)
            && is_timelock(self.timelock)
            && core::str::from_utf8(name).is_ok_and(|name| !name.is_empty())
            && self.id == series_id(self.timelock, &self.domain, self.attestor_set.as_array(), name);
        require!(holds, VerifierError::Invariant);
        Ok(())
    }

    fn drop_pending(&mut self) {
        self.pending = Address::default();
        self.pending_from = 0;
    }
}
