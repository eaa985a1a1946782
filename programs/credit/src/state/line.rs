//! A line of credit: one person in one pool, for ever.
//!
//! ```text
//! none --open_line_by_proof--> Active --due + grace, mark_default--> Defaulted --30 days, write_off--> WrittenOff
//!                               ^  |  renew_by_proof: the tier is replaced        |                        |
//!                               +--+                                              |                        |
//!                               +------- renew_by_proof: nothing owed, and the cool-off over --------------+
//! ```
//!
//! | | draw | repay | renew_by_proof | mark_default, write_off (anyone) |
//! | --- | --- | --- | --- | --- |
//! | Active | up to the tier's limit, before the debt is due, while issuer and model are the pool's | at most the debt | from a later epoch | after due and grace |
//! | Lapsed (its epoch is over, by time alone) | - | same | same | same |
//! | Defaulted | - | same; the debt stays | nothing owed, cool-off over | 30 days later |
//! | WrittenOff | - | same; to the reserves | nothing owed, cool-off over | - |
//!
//! The address holds the nullifier, which a secret gives for the pool, in every epoch the same. So a person has one line, a
//! default stays with them when the epoch ends, and the line never closes: whoever had one cannot come back as somebody new.
//!
//! Who chooses what. The borrower: which leaf of theirs to prove, of those that the issuer gave them in an epoch (it owes one);
//! when to draw and to repay. Not the tier, nor the due date: the first draw from zero sets it and no other draw, repayment or
//! renewal moves it; a draw from zero waits for the second after the debt was paid back, so a loan of one transaction moves
//! it neither. One proof an epoch, so a line says one tier of four an epoch about the numbers behind it. Anyone: when
//! a default is marked, from its second on. **Not stopped: a sold secret.** Who buys a person's secret and leaf can prove
//! as that person; it opens one line in a pool, whose default the seller carries there.

use anchor_lang::prelude::*;
use assay_credit_interface::epoch::is_in_force;
use assay_program::math::shares::{debt_ceil, shares_for_loan, shares_for_repayment};

use crate::{
    errors::{CreditError, Rule},
    state::{Pool, VERSION},
};

/// From a default until its debt is booked as lost: 30 days, in which what is paid back is still the suppliers'.
pub const WRITE_OFF_SECONDS: i64 = 2_592_000;

/// Where a line stands, as its account says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Status {
    /// It may be drawn on, while its epoch is in force.
    Active = 1,
    /// Its debt was not paid in time.
    Defaulted = 2,
    /// And is booked as lost.
    WrittenOff = 3,
}

/// Where a line stands at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It may be drawn on.
    Active,
    /// Its tier was proven in an epoch that is over.
    Lapsed,
    /// Its debt was not paid in time, and may be written off already.
    Defaulted,
}

impl Status {
    /// The status that a byte stands for.
    pub const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            1 => Some(Self::Active),
            2 => Some(Self::Defaulted),
            3 => Some(Self::WrittenOff),
            _ => None,
        }
    }
}

/// A line. 240 bytes after the discriminator.
#[account]
pub struct Line {
    /// The pool.
    pub pool: Address,
    /// Who may draw on it and renew it: who signed when it was opened.
    pub owner: Address,
    /// The issuer whose tree the tier was proven from.
    pub issuer: Address,
    /// The model that gave the tier.
    pub model: Address,
    /// The nullifier; part of the address.
    pub nullifier: [u8; 32],
    /// Debt in shares of the tier: `ceil(shares * index)` is owed. Zero once it has defaulted.
    pub debt_shares: u64,
    /// What a defaulted line owes, base units: it bears no interest.
    pub owed: u64,
    /// When the whole debt is due, Unix seconds; zero without a debt.
    pub due: i64,
    /// When it defaulted, Unix seconds; zero if it never did.
    pub defaulted_at: i64,
    /// When the last debt was paid back whole, Unix seconds; zero before, and while a default is owed.
    pub cleared_at: i64,
    /// Epoch of the tree that the tier was proven from.
    pub epoch: u32,
    /// How often it has defaulted.
    pub defaults: u32,
    /// The tier, 0 the riskiest.
    pub tier: u8,
    /// A [`Status`].
    pub status: u8,
    /// Bump of this address.
    pub bump: u8,
    /// Version of this layout.
    pub version: u8,
    /// Zero.
    pub padding: [u8; 4],
    /// Zero; for later versions.
    pub reserved: [u64; 3],
}

const _: () = assert!(size_of::<Line>() == 240);

impl Line {
    /// The status.
    ///
    /// # Errors
    /// A byte that stands for nothing; never in an account of the program.
    pub fn status(&self) -> Rule<Status> {
        Status::from_byte(self.status).ok_or(CreditError::InvariantViolated)
    }

    /// Where it stands at a time.
    ///
    /// # Errors
    /// As [`Line::status`].
    pub fn standing(&self, now: i64) -> Rule<Standing> {
        Ok(match self.status()? {
            Status::Active if is_in_force(self.epoch, now) => Standing::Active,
            Status::Active => Standing::Lapsed,
            Status::Defaulted | Status::WrittenOff => Standing::Defaulted,
        })
    }

    /// What is owed, rounded up. Interest must have accrued.
    ///
    /// # Errors
    /// The debt exceeds 64 bits; not while the pool's invariant holds.
    pub fn debt(&self, pool: &Pool) -> Rule<u64> {
        match self.status()? {
            Status::Active => Ok(debt_ceil(self.debt_shares, pool.index(self.tier)?)?),
            Status::Defaulted | Status::WrittenOff => Ok(self.owed),
        }
    }

    /// Takes up a proven tier: of a new line, or in place of the one before.
    ///
    /// A debt moves to the new tier's books, rounded up: it never falls by a renewal.
    ///
    /// # Errors
    /// A tier that there is not; no later epoch; a default whose debt or cool-off is not over.
    pub fn take_tier(&mut self, pool: &mut Pool, tier: u8, epoch: u32, now: i64) -> Rule<()> {
        pool.terms.tier(tier)?;
        let [issuer, model] = [pool.terms.issuer, pool.terms.model].map(Address::new_from_array);
        match Status::from_byte(self.status) {
            None => {} // a new line
            Some(status) => {
                // One proof an epoch, and one more where the pool has changed whose word or which model counts.
                let same = issuer == self.issuer && model == self.model;
                if epoch < self.epoch || (epoch == self.epoch && same) {
                    return Err(CreditError::NoLaterEpoch);
                }
                if status != Status::Active {
                    self.require_cooled(pool, now)?;
                }
                let debt = self.debt(pool)?;
                let moved = core::mem::take(&mut self.debt_shares);
                let books = pool.tier_books(self.tier)?;
                books.shares = books.shares.checked_sub(moved).ok_or(CreditError::InvariantViolated)?;
                self.add_shares(pool, tier, debt)?;
            }
        }
        self.tier = tier;
        self.epoch = epoch;
        self.issuer = issuer;
        self.model = model;
        self.status = Status::Active as u8;
        Ok(())
    }

    fn require_cooled(&self, pool: &Pool, now: i64) -> Rule<()> {
        if self.owed != 0 {
            return Err(CreditError::StillOwed);
        }
        let until = self.cleared_at.saturating_add(i64::from(pool.terms.cool_off));
        if now < until { Err(CreditError::CoolOffRunning) } else { Ok(()) }
    }

    /// Books a draw in line and pool. The tokens are the caller's to move.
    ///
    /// # Errors
    /// The line does not stand, its tier is another issuer's or model's, or its debt is due or was paid back in this second;
    /// the debt would exceed the tier's limit, or all debts the cap; the pool does not hold the amount.
    pub fn draw(&mut self, pool: &mut Pool, amount: u64, now: i64) -> Rule<()> {
        match self.standing(now)? {
            Standing::Active => {}
            Standing::Lapsed => return Err(CreditError::LineLapsed),
            Standing::Defaulted => return Err(CreditError::LineDefaulted),
        }
        if *self.issuer.as_array() != pool.terms.issuer {
            return Err(CreditError::WrongIssuer);
        }
        if *self.model.as_array() != pool.terms.model {
            return Err(CreditError::WrongModel);
        }
        if self.debt_shares == 0 {
            // Or a loan of one transaction would move the due date of a debt that nobody can pay.
            if now <= self.cleared_at {
                return Err(CreditError::JustRepaid);
            }
            self.due = now.checked_add(i64::from(pool.terms.term)).ok_or(CreditError::MathOverflow)?;
        } else if now >= self.due {
            return Err(CreditError::DebtDue);
        }
        self.add_shares(pool, self.tier, amount)?;
        pool.cash = pool.cash.checked_sub(amount).ok_or(CreditError::InsufficientLiquidity)?;
        if self.debt(pool)? > pool.terms.tier(self.tier)?.limit {
            return Err(CreditError::AboveLimit);
        }
        if pool.owed()? > pool.terms.debt_cap {
            return Err(CreditError::CapExceeded);
        }
        Ok(())
    }

    /// Adds the shares of a debt, rounded up, to the line and to a tier's books.
    fn add_shares(&mut self, pool: &mut Pool, tier: u8, debt: u64) -> Rule<()> {
        let shares = shares_for_loan(debt, pool.index(tier)?)?;
        self.debt_shares = self.debt_shares.checked_add(shares).ok_or(CreditError::MathOverflow)?;
        let books = pool.tier_books(tier)?;
        books.shares = books.shares.checked_add(shares).ok_or(CreditError::MathOverflow)?;
        Ok(())
    }

    /// Books a repayment in line and pool. Repaying the whole debt cancels every share.
    ///
    /// # Errors
    /// The amount exceeds the debt.
    pub fn repay(&mut self, pool: &mut Pool, amount: u64, now: i64) -> Rule<()> {
        let debt = self.debt(pool)?;
        let left = debt.checked_sub(amount).ok_or(CreditError::InsufficientBalance)?;
        pool.cash = pool.cash.checked_add(amount).ok_or(CreditError::MathOverflow)?;
        match self.status()? {
            Status::Active => {
                let index = pool.index(self.tier)?;
                let shares = if left == 0 { self.debt_shares } else { shares_for_repayment(amount, index)? };
                self.debt_shares =
                    self.debt_shares.checked_sub(shares).ok_or(CreditError::InvariantViolated)?;
                let books = pool.tier_books(self.tier)?;
                books.shares = books.shares.checked_sub(shares).ok_or(CreditError::InvariantViolated)?;
                if left == 0 {
                    (self.due, self.cleared_at) = (0, now);
                }
                return Ok(());
            }
            Status::Defaulted => {
                pool.defaulted = pool.defaulted.checked_sub(amount).ok_or(CreditError::InvariantViolated)?;
            }
            Status::WrittenOff => {
                pool.written_off =
                    pool.written_off.checked_sub(amount).ok_or(CreditError::InvariantViolated)?;
                pool.reserves = pool.reserves.checked_add(amount).ok_or(CreditError::MathOverflow)?;
            }
        }
        self.owed = left;
        if left == 0 {
            self.cleared_at = now;
        }
        Ok(())
    }

    /// Marks a debt that was not paid in time. It leaves the tier's books, bears no more interest, and is priced as lost.
    ///
    /// # Errors
    /// Nothing is owed, it has defaulted already, or the grace is not over.
    pub fn mark_default(&mut self, pool: &mut Pool, now: i64) -> Rule<u64> {
        if self.status()? != Status::Active {
            return Err(CreditError::LineDefaulted);
        }
        if self.debt_shares == 0 {
            return Err(CreditError::NoDebt);
        }
        if now < self.due.saturating_add(i64::from(pool.terms.grace)) {
            return Err(CreditError::NotOverdue);
        }
        let debt = self.debt(pool)?;
        let shares = core::mem::take(&mut self.debt_shares);
        let books = pool.tier_books(self.tier)?;
        books.shares = books.shares.checked_sub(shares).ok_or(CreditError::InvariantViolated)?;
        pool.defaulted = pool.defaulted.checked_add(debt).ok_or(CreditError::MathOverflow)?;
        self.owed = debt;
        self.due = 0;
        self.defaulted_at = now;
        self.cleared_at = 0;
        self.defaults = self.defaults.saturating_add(1);
        self.status = Status::Defaulted as u8;
        Ok(debt)
    }

    /// Books what a defaulted line owes as lost. The line owes it still.
    ///
    /// # Errors
    /// It has not defaulted, or is written off; nothing is owed; 30 days are not over.
    pub fn write_off(&mut self, pool: &mut Pool, now: i64) -> Rule<u64> {
        if self.status()? != Status::Defaulted {
            return Err(CreditError::NotDefaulted);
        }
        if self.owed == 0 {
            return Err(CreditError::NoDebt);
        }
        if now < self.defaulted_at.saturating_add(WRITE_OFF_SECONDS) {
            return Err(CreditError::WriteOffTooSoon);
        }
        pool.write_off(self.owed)?;
        self.status = Status::WrittenOff as u8;
        Ok(self.owed)
    }

    /// What must hold after every instruction. Checked last.
    ///
    /// # Errors
    /// [`CreditError::InvariantViolated`].
    pub fn invariant(&self, pool: &Pool) -> Rule<()> {
        let books = pool.books.get(usize::from(self.tier)).ok_or(CreditError::InvariantViolated)?;
        let owes = match self.status()? {
            Status::Active => self.owed == 0 && (self.debt_shares == 0) == (self.due == 0),
            Status::Defaulted => self.debt_shares == 0 && self.owed <= pool.defaulted,
            Status::WrittenOff => self.debt_shares == 0 && self.owed <= pool.written_off,
        };
        let sound = self.version == VERSION && self.debt_shares <= books.shares && owes;
        if sound { Ok(()) } else { Err(CreditError::InvariantViolated) }
    }
}

#[cfg(test)]
mod tests;
