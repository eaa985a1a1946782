//! What happens to a model between registration and its end.
//!
//! Two keys stand behind a model. The authority proposes, and what it proposes waits; it stops at once. The guardian, a key
//! apart, stops at once as well, and can do nothing else. So whoever steals the authority cannot undo a stop of the
//! guardian's in less than a day, and cannot be rid of the guardian in less than the timelock, which is at least that.

use anchor_lang::prelude::*;
use assay_interface::verifier::{ModelFacts, Status};

use super::Model;
use super::waits::{WINDOW, after, has_lapsed, require_ripe};
use crate::VerifierError;

impl Model {
    /// The signer may stop the model. Nobody signs for the zero address, so nobody stops an immutable one.
    pub fn require_authority_or_guardian(&self, signer: &Address) -> Result<()> {
        require!(
            *signer == self.authority || *signer == self.guardian,
            VerifierError::NotAuthorityNorGuardian
        );
        Ok(())
    }

    /// Proposed, past its timelock and within its window, to active.
    pub fn activate(&mut self, now: i64) -> Result<()> {
        match self.status()? {
            Status::Proposed => {}
            Status::Retired => return Err(VerifierError::ModelRetired.into()),
            Status::Active | Status::Suspended => return Err(VerifierError::NotProposed.into()),
        }
        require_ripe(self.activates_at, now)?;
        self.status = Status::Active as u8;
        Ok(())
    }

    /// Proposed or active to suspended.
    pub fn suspend(&mut self) -> Result<()> {
        match self.status()? {
            Status::Proposed | Status::Active => {}
            Status::Suspended => return Err(VerifierError::ModelSuspended.into()),
            Status::Retired => return Err(VerifierError::ModelRetired.into()),
        }
        self.status = Status::Suspended as u8;
        Ok(())
    }

    /// Suspended, or proposed and lapsed, to proposed with a new timelock.
    pub fn resume(&mut self, now: i64) -> Result<()> {
        match self.status()? {
            Status::Suspended => {}
            Status::Proposed if has_lapsed(self.activates_at, now) => {}
            Status::Retired => return Err(VerifierError::ModelRetired.into()),
            Status::Proposed | Status::Active => return Err(VerifierError::NotSuspended.into()),
        }
        self.activates_at = after(now, self.timelock)?;
        self.status = Status::Proposed as u8;
        Ok(())
    }

    /// Anything but retired to retired. What was pending ends with it.
    pub fn retire(&mut self, now: i64) -> Result<()> {
        require!(self.status()? != Status::Retired, VerifierError::ModelRetired);
        self.status = Status::Retired as u8;
        self.retired_at = now;
        self.drop_offer();
        self.drop_pending_guardian();
        Ok(())
    }

    /// Nobody will ever manage the model again. It must be active; and it must have no guardian, as whoever took the
    /// authority would be rid of the guardian at once.
    pub fn renounce(&mut self) -> Result<()> {
        match self.status()? {
            Status::Active => {}
            Status::Proposed => return Err(VerifierError::ModelProposed.into()),
            Status::Suspended => return Err(VerifierError::ModelSuspended.into()),
            Status::Retired => return Err(VerifierError::ModelRetired.into()),
        }
        require!(self.guardian == Address::default(), VerifierError::GuardianInPlace);
        self.authority = Address::default();
        self.drop_offer();
        self.drop_pending_guardian();
        Ok(())
    }

    /// Whether the account at a model's address says that nothing will be proven for it: it is retired, or closed.
    ///
    /// # Errors
    /// The account is no model, and never was.
    pub fn has_ended(account: &AccountView) -> Result<bool> {
        require!(account.owned_by(&crate::ID), VerifierError::ModelInUse);
        if account.is_data_empty() {
            return Ok(true); // what `close_model` leaves
        }
        let data = account.try_borrow()?;
        let facts = ModelFacts::read(&data).map_err(|_| VerifierError::ModelVersion)?;
        Ok(facts.status == Status::Retired)
    }

    /// Offers the authority; the zero address withdraws an offer.
    pub fn offer_authority(&mut self, proposed: Address, now: i64) -> Result<()> {
        require!(proposed != self.authority, VerifierError::AuthorityUnchanged);
        require!(
            proposed == Address::default() || proposed != self.guardian,
            VerifierError::GuardianIsAuthority
        );
        if proposed == Address::default() {
            self.drop_offer();
        } else {
            self.pending_authority = proposed;
            self.offer_expires_at = after(now, WINDOW)?;
        }
        Ok(())
    }

    /// Moves the authority to whom it was offered. A guardian stays: who offers the authority to the guardian is refused
    /// before, and a guardian who was made since is refused here.
    pub fn accept_authority(&mut self, now: i64) -> Result<()> {
        require!(now <= self.offer_expires_at, VerifierError::ProposalLapsed);
        require!(self.pending_authority != self.guardian, VerifierError::GuardianIsAuthority);
        self.authority = self.pending_authority;
        self.drop_offer();
        Ok(())
    }

    /// Proposes another guardian, or none by the zero address, after the timelock. A second proposal replaces the first.
    pub fn propose_guardian(&mut self, proposed: Address, now: i64) -> Result<()> {
        require!(self.status()? != Status::Retired, VerifierError::ModelRetired);
        require!(proposed != self.guardian, VerifierError::GuardianUnchanged);
        require!(proposed != self.authority, VerifierError::GuardianIsAuthority);
        self.pending_guardian = proposed;
        self.guardian_from = after(now, self.timelock)?;
        Ok(())
    }

    /// Withdraws the proposal.
    pub fn cancel_guardian(&mut self) -> Result<()> {
        require!(self.guardian_from != 0, VerifierError::NothingPending);
        self.drop_pending_guardian();
        Ok(())
    }

    /// Puts the proposed guardian in place.
    pub fn apply_guardian(&mut self, now: i64) -> Result<()> {
        require!(self.guardian_from != 0, VerifierError::NothingPending);
        require_ripe(self.guardian_from, now)?;
        require!(self.pending_guardian != self.authority, VerifierError::GuardianIsAuthority);
        self.guardian = self.pending_guardian;
        self.drop_pending_guardian();
        Ok(())
    }

    fn drop_offer(&mut self) {
        self.pending_authority = Address::default();
        self.offer_expires_at = 0;
    }

    fn drop_pending_guardian(&mut self) {
        self.pending_guardian = Address::default();
        self.guardian_from = 0;
    }
}
