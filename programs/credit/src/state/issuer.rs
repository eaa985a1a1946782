//! An issuer: who attests people, and who can stop it.
//!
//! The authority appends whom it likes: an issuer gone bad, or its stolen key, can attest people who do not exist. Two things
//! bound that. The guardian, a key apart and fixed for good, stops the issuer, and then nothing is appended, no proof from
//! its trees is taken, and nobody draws on its word. And each pool has a cap on what the issuer's people may owe, which
//! counts losses too. The guardian can do nothing but stop. A start takes both keys, or the authority alone a week later:
//! time for pools to stop lending, or to name another issuer.
//!
//! An issuer never closes: one that came back at its address under another guardian would be trusted by pools that trusted the
//! first.

use anchor_lang::prelude::*;

use crate::{
    errors::{CreditError, Rule},
    state::VERSION,
};

/// From a stop until the authority may start alone: a week.
pub const STARTING_SECONDS: i64 = 604_800;

/// Who starts an issuer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartedBy {
    /// The authority.
    AuthorityAlone,
    /// The authority and the guardian.
    Both,
}

/// An issuer. 96 bytes after the discriminator.
#[account]
pub struct Issuer {
    /// Who appends leaves; part of the address.
    pub authority: Address,
    /// Who stops it.
    pub guardian: Address,
    /// When it was stopped, Unix seconds; zero while it is not.
    pub stopped_at: i64,
    /// Bump of this address.
    pub bump: u8,
    /// Version of this layout.
    pub version: u8,
    /// Zero.
    pub padding: [u8; 6],
    /// Zero; for later versions.
    pub reserved: [u64; 2],
}

const _: () = assert!(size_of::<Issuer>() == 96);

impl Issuer {
    /// Fails while it is stopped.
    ///
    /// # Errors
    /// [`CreditError::IssuerStopped`].
    pub const fn require_running(&self) -> Rule<()> {
        if self.stopped_at == 0 { Ok(()) } else { Err(CreditError::IssuerStopped) }
    }

    /// Stops it.
    ///
    /// # Errors
    /// It is stopped already: the week until the authority may start alone does not begin anew.
    pub fn stop(&mut self, now: i64) -> Rule<()> {
        self.require_running()?;
        self.stopped_at = now.max(1);
        Ok(())
    }

    /// Starts it.
    ///
    /// # Errors
    /// It is not stopped, or it is too soon for the authority alone.
    pub fn start(&mut self, by: StartedBy, now: i64) -> Rule<()> {
        if self.require_running().is_ok() {
            return Err(CreditError::NotStopped);
        }
        if by == StartedBy::AuthorityAlone && now < self.stopped_at.saturating_add(STARTING_SECONDS) {
            return Err(CreditError::StartTooSoon);
        }
        self.stopped_at = 0;
        Ok(())
    }

    /// What must hold after every instruction. Checked last.
    ///
    /// # Errors
    /// [`CreditError::InvariantViolated`].
    pub fn invariant(&self) -> Rule<()> {
        let sound = self.version == VERSION
            && self.guardian != Address::default()
            && self.guardian != self.authority
            && self.stopped_at >= 0;
        if sound { Ok(()) } else { Err(CreditError::InvariantViolated) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytemuck::Zeroable;

    #[test]
    fn a_stop_holds_a_week_against_the_authority_alone() {
        let mut issuer = Issuer::zeroed();
        assert_eq!(issuer.start(StartedBy::Both, 5), Err(CreditError::NotStopped));
        issuer.stop(100).unwrap();
        assert_eq!(issuer.require_running(), Err(CreditError::IssuerStopped));
        assert_eq!(issuer.stop(200), Err(CreditError::IssuerStopped));
        let early = issuer.start(StartedBy::AuthorityAlone, 100 + STARTING_SECONDS - 1);
        assert_eq!(early, Err(CreditError::StartTooSoon));
        let mut both = issuer;
        both.start(StartedBy::Both, 101).unwrap();
        issuer.start(StartedBy::AuthorityAlone, 100 + STARTING_SECONDS).unwrap();
        assert_eq!([issuer.require_running(), both.require_running()], [Ok(()); 2]);
    }

    #[test]
    fn a_guardian_is_there_and_is_not_the_authority() {
        let issuer =
            Issuer { version: VERSION, guardian: Address::new_from_array([1; 32]), ..Issuer::zeroed() };
        assert_eq!(issuer.invariant(), Ok(()));
        let broken = [
            Issuer { guardian: Address::default(), ..issuer },
            Issuer { authority: issuer.guardian, ..issuer },
            Issuer { version: 0, ..issuer },
            Issuer { stopped_at: -1, ..issuer },
        ];
        assert!(broken.iter().all(|issuer| issuer.invariant() == Err(CreditError::InvariantViolated)));
    }
}
