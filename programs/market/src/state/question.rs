//! A question: what is asked, who resolves it how, and where it stands.
//!
//! ```text
//! Open --observe--> Observed --proof 1--> Proposed --window--> Settled (row 1)
//!  |                   |                     | dispute (bond)
//!  | observe_by        | resolve_by          v
//!  v                   v                  Disputed --proof 2--> Answered --window--> Settled (row 2)
//! Void               Void                    |                     | dispute (bond)
//!                                            | no second model     v
//!                                            +------------------> Council --choice--> Settled (row 1, row 2 or fallback)
//!                                            | deadline            | deadline
//!                                            v                     v
//!                                           Void                  Void (fallback)
//! ```
//!
//! Every path ends, by time alone if nobody acts. The payout is set once, to a row of the terms or to the fallback, all of which
//! stood in the account before anybody bought: no path names another. There is no admin.
//!
//! Who chooses what: the creator the terms; nobody the prices ([`crate::state::Observation`]); the prover nothing but the moment, since a
//! model gives one output for them; a challenger whether the second model, then the council looks; the council one of at
//! most three rows. Silence is the fallback.

use anchor_lang::prelude::*;
use assay_market_interface::features::MAX_SOURCES;

use crate::{
    errors::{MarketError, Rule},
    state::{Row, Terms, VERSION, WHOLE, terms::MAX_OUTCOMES},
};

/// Where a question stands. Closed is time alone: an open question after `close_at`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Status {
    /// Sets are made, until `close_at`; then prices are observed.
    Open = 0,
    /// The observation is complete.
    Observed = 1,
    /// The first model's row is proven.
    Proposed = 2,
    /// The first row is disputed.
    Disputed = 3,
    /// The second model's row is proven.
    Answered = 4,
    /// The second row is disputed too, or there is no second model to ask.
    Council = 5,
    /// The payout is a proven row, or what the council chose.
    Settled = 6,
    /// The payout is the fallback, because time ran out.
    Void = 7,
}

impl Status {
    /// The status that a byte stands for.
    pub const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            0 => Some(Self::Open),
            1 => Some(Self::Observed),
            2 => Some(Self::Proposed),
            3 => Some(Self::Disputed),
            4 => Some(Self::Answered),
            5 => Some(Self::Council),
            6 => Some(Self::Settled),
            7 => Some(Self::Void),
            _ => None,
        }
    }

    /// Whether the payout is set.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Settled | Self::Void)
    }
}

/// Which of the two models.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Place {
    /// The question's model.
    First = 1,
    /// The one that answers a dispute.
    Second = 2,
}

impl Place {
    /// Its place in lists.
    pub const fn index(self) -> usize {
        match self {
            Self::First => 0,
            Self::Second => 1,
        }
    }
}

/// What a council may choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Choice {
    /// The first model's row.
    First = 0,
    /// The second model's row.
    Second = 1,
    /// The fallback.
    Fallback = 2,
}

impl Choice {
    /// The choice that a byte stands for.
    pub const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            0 => Some(Self::First),
            1 => Some(Self::Second),
            2 => Some(Self::Fallback),
            _ => None,
        }
    }
}

/// Lamports that a bond pays out, when the payout is set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stakes {
    /// To the challenger of each place.
    pub challengers: [u64; 2],
    /// To the prover of each place.
    pub provers: [u64; 2],
    /// To whoever paid for the bounties.
    pub payer: u64,
}

/// A question. 1,024 bytes after the discriminator.
#[account]
pub struct Question {
    /// Who made it; part of its address, and of no other meaning.
    pub creator: Address,
    /// Who paid for account and bounties, and gets back what is left.
    pub payer: Address,
    /// Mint of the collateral.
    pub mint: Address,
    /// Token account of the collateral; its authority is the question.
    pub vault: Address,
    /// The two models; zero for no second one.
    pub models: [Address; 2],
    /// Domains of their statements.
    pub domains: [[u8; 32]; 2],
    /// Attestors whom the models had when the question was made; zero where none was asked for.
    pub attestors: Address,
    /// Who decides between proven rows.
    pub council: Address,
    /// Sources of the prices; zero beyond their number.
    pub sources: [Address; MAX_SOURCES],
    /// Who proved each row.
    pub provers: [Address; 2],
    /// Who disputed each row; zero for nobody.
    pub challengers: [Address; 2],
    /// What never changes.
    pub terms: Terms,
    /// Part of the address.
    pub nonce: u64,
    /// Collateral that the books count in the vault: before the payout is set, the number of sets.
    pub held: u64,
    /// When the current window ends, Unix seconds.
    pub deadline: i64,
    /// Share of each outcome; all zero until it is set, once.
    pub payout: [u16; MAX_OUTCOMES],
    /// What each model gave.
    pub outputs: [i16; 2],
    /// The bucket of each output.
    pub buckets: [u8; 2],
    /// A [`Status`].
    pub status: u8,
    /// How many models have given an output.
    pub proven: u8,
    /// How many outcomes have their mint.
    pub mints: u8,
    /// Decimals of the collateral.
    pub decimals: u8,
    /// Bumps of the outcomes' mints.
    pub mint_bumps: [u8; MAX_OUTCOMES],
    /// Bump of this address.
    pub bump: u8,
    /// Version of this layout.
    pub version: u8,
    /// Zero.
    pub padding: [u8; 4],
    /// Zero; for later versions.
    pub reserved: [u64; 19],
}

const _: () = assert!(size_of::<Question>() == 1_024);

impl Question {
    /// Where it stands.
    ///
    /// # Errors
    /// A byte that stands for nothing; never in an account of the program.
    pub fn status(&self) -> Rule<Status> {
        Status::from_byte(self.status).ok_or(MarketError::InvariantViolated)
    }

    /// Notes the next outcome's mint.
    ///
    /// # Errors
    /// All are there, or trading is over.
    pub fn add_outcome(&mut self, bump: u8) -> Rule<()> {
        if self.mints >= self.terms.outcomes {
            return Err(MarketError::OutcomesComplete);
        }
        *self.mint_bumps.get_mut(usize::from(self.mints)).ok_or(MarketError::InvariantViolated)? = bump;
        self.mints = self.mints.saturating_add(1);
        Ok(())
    }

    /// Makes `amount` sets: collateral comes in, one token of each outcome goes out for each unit.
    ///
    /// # Errors
    /// Nothing to make, trading is closed, or an outcome has no mint yet.
    pub fn split(&mut self, amount: u64, now: i64) -> Rule<()> {
        if amount == 0 {
            return Err(MarketError::ZeroAmount);
        }
        if self.status()? != Status::Open || now >= self.terms.close_at {
            return Err(MarketError::TradingClosed);
        }
        if self.mints != self.terms.outcomes {
            return Err(MarketError::WrongOutcomeMint);
        }
        self.held = self.held.checked_add(amount).ok_or(MarketError::MathOverflow)?;
        Ok(())
    }

    /// Takes `amount` sets back, for their collateral: at every time, since a full set is worth its collateral whatever happens.
    ///
    /// # Errors
    /// Nothing to take.
    pub fn merge(&mut self, amount: u64) -> Rule<()> {
        if amount == 0 {
            return Err(MarketError::ZeroAmount);
        }
        self.held = self.held.checked_sub(amount).ok_or(MarketError::InvariantViolated)?;
        Ok(())
    }

    /// Fails unless prices may be observed now: trading is over, and time is not.
    ///
    /// # Errors
    /// [`MarketError::WrongState`] or [`MarketError::WindowOver`].
    pub fn require_observing(&self, now: i64) -> Rule<()> {
        if self.status()? != Status::Open || now < self.terms.close_at {
            return Err(MarketError::WrongState);
        }
        if now > self.terms.observe_by { Err(MarketError::WindowOver) } else { Ok(()) }
    }

    /// Which model may give its output now.
    ///
    /// # Errors
    /// None may, or it is too late.
    pub fn place(&self, now: i64) -> Rule<Place> {
        let (place, until) = match self.status()? {
            Status::Observed => (Place::First, self.terms.resolve_by),
            Status::Disputed => (Place::Second, self.deadline),
            _ => return Err(MarketError::WrongState),
        };
        if now > until { Err(MarketError::WindowOver) } else { Ok(place) }
    }

    /// Takes a model's proven output: its bucket is the row until somebody disputes it.
    ///
    /// # Errors
    /// As [`Question::place`].
    pub fn propose(&mut self, output: i16, prover: Address, now: i64) -> Rule<Place> {
        let place = self.place(now)?;
        let bucket = self.terms.bucket(output);
        set(&mut self.outputs, place, output)?;
        set(&mut self.buckets, place, bucket)?;
        set(&mut self.provers, place, prover)?;
        self.proven = place as u8;
        self.open_window(now)?;
        self.status = match place {
            Place::First => Status::Proposed,
            Place::Second => Status::Answered,
        } as u8;
        Ok(place)
    }

    /// Disputes the row that stands, for a bond.
    ///
    /// # Errors
    /// No row stands, or its window is over.
    pub fn dispute(&mut self, challenger: Address, now: i64) -> Rule<Place> {
        let place = match self.status()? {
            Status::Proposed => Place::First,
            Status::Answered => Place::Second,
            _ => return Err(MarketError::WrongState),
        };
        if now >= self.deadline {
            return Err(MarketError::WindowOver);
        }
        set(&mut self.challengers, place, challenger)?;
        self.open_window(now)?;
        let [_, second] = &self.models;
        self.status = match place {
            Place::First if *second != Address::default() => Status::Disputed,
            Place::First | Place::Second => Status::Council,
        } as u8;
        Ok(place)
    }

    /// Pays the row that nobody disputed in its window.
    ///
    /// # Errors
    /// No row stands, or its window is open.
    pub fn settle(&mut self, now: i64) -> Rule<()> {
        let place = match self.status()? {
            Status::Proposed => Place::First,
            Status::Answered => Place::Second,
            _ => return Err(MarketError::WrongState),
        };
        if now < self.deadline {
            return Err(MarketError::WindowOpen);
        }
        let row = self.proven_row(place)?;
        self.finish(row, Status::Settled)
    }

    /// Pays what the council chose among the proven rows and the fallback.
    ///
    /// # Errors
    /// It was not asked, it is too late, or the row was not proven.
    pub fn decide(&mut self, choice: Choice, now: i64) -> Rule<()> {
        if self.status()? != Status::Council {
            return Err(MarketError::WrongState);
        }
        if now >= self.deadline {
            return Err(MarketError::WindowOver);
        }
        let row = match choice {
            Choice::First => self.proven_row(Place::First)?,
            Choice::Second => self.proven_row(Place::Second)?,
            Choice::Fallback => self.terms.fallback,
        };
        self.finish(row, Status::Settled)
    }

    /// Pays the fallback, because time ran out.
    ///
    /// # Errors
    /// It has not, or another instruction ends this state.
    pub fn void(&mut self, now: i64) -> Rule<()> {
        let is_over = match self.status()? {
            Status::Open => now > self.terms.observe_by,
            Status::Observed => now > self.terms.resolve_by,
            // The last second of an answer is the deadline itself, see `place`.
            Status::Disputed => now > self.deadline,
            Status::Council => now >= self.deadline,
            Status::Proposed | Status::Answered | Status::Settled | Status::Void => {
                return Err(MarketError::WrongState);
            }
        };
        if !is_over {
            return Err(MarketError::WindowOpen);
        }
        self.finish(self.terms.fallback, Status::Void)
    }

    /// What `amount` tokens of an outcome are worth, rounded down, and takes it off the books.
    ///
    /// # Errors
    /// The payout is not set, there is no such outcome, or it pays nothing.
    pub fn redeem(&mut self, outcome: u8, amount: u64) -> Rule<u64> {
        if !self.status()?.is_final() {
            return Err(MarketError::WrongState);
        }
        let share = self.payout.get(usize::from(outcome)).filter(|_| outcome < self.terms.outcomes);
        let share = u128::from(*share.ok_or(MarketError::WrongOutcomeMint)?);
        let paid = u64::try_from(u128::from(amount) * share / u128::from(WHOLE))
            .map_err(|_| MarketError::MathOverflow)?;
        if paid == 0 {
            return Err(MarketError::ZeroAmount);
        }
        self.held = self.held.checked_sub(paid).ok_or(MarketError::InvariantViolated)?;
        Ok(paid)
    }

    /// Who gets the bonds, now that the payout is set: back to the challenger where the payout is another row than the one that
    /// was disputed, else half to its prover and half to whoever paid for the bounties.
    ///
    /// # Errors
    /// The payout is not set.
    pub fn stakes(&self) -> Rule<Stakes> {
        if !self.status()?.is_final() {
            return Err(MarketError::WrongState);
        }
        let mut stakes = Stakes::default();
        for place in [Place::First, Place::Second] {
            let challenger = self.challengers.get(place.index()).ok_or(MarketError::InvariantViolated)?;
            if *challenger == Address::default() {
                continue;
            }
            if self.payout == self.proven_row(place)? {
                let half = self.terms.bond / 2;
                set(&mut stakes.provers, place, half)?;
                stakes.payer = stakes.payer.saturating_add(self.terms.bond.saturating_sub(half));
            } else {
                set(&mut stakes.challengers, place, self.terms.bond)?;
            }
        }
        Ok(stakes)
    }

    /// What must hold after every instruction. Checked last.
    ///
    /// # Errors
    /// [`MarketError::InvariantViolated`].
    pub fn invariant(&self) -> Rule<()> {
        let sum: u32 = self.payout.iter().copied().map(u32::from).sum();
        let expected = if self.status()?.is_final() { u32::from(WHOLE) } else { 0 };
        let sound = self.version == VERSION && sum == expected && self.mints <= self.terms.outcomes;
        if sound { Ok(()) } else { Err(MarketError::InvariantViolated) }
    }

    fn proven_row(&self, place: Place) -> Rule<Row> {
        if self.proven < place as u8 {
            return Err(MarketError::NotProven);
        }
        let bucket = self.buckets.get(place.index()).ok_or(MarketError::InvariantViolated)?;
        self.terms.row(*bucket).copied()
    }

    fn open_window(&mut self, now: i64) -> Rule<()> {
        self.deadline = now.checked_add(i64::from(self.terms.window)).ok_or(MarketError::MathOverflow)?;
        Ok(())
    }

    /// Sets the payout, which no instruction has set before.
    fn finish(&mut self, payout: Row, status: Status) -> Rule<()> {
        if self.payout != [0; MAX_OUTCOMES] {
            return Err(MarketError::InvariantViolated);
        }
        self.payout = payout;
        self.status = status as u8;
        Ok(())
    }
}

fn set<T>(list: &mut [T; 2], place: Place, value: T) -> Rule<()> {
    *list.get_mut(place.index()).ok_or(MarketError::InvariantViolated)? = value;
    Ok(())
}

#[cfg(test)]
mod tests;
