//! One event for each change of state, so that an indexer needs no account reads. [`LeafAppended`] is where the leaves are:
//! whoever wants a path rebuilds the tree from it.

use anchor_lang::prelude::*;

/// An issuer exists.
#[event]
pub struct IssuerCreated {
    /// The issuer.
    pub issuer: Address,
    /// Who appends.
    pub authority: Address,
    /// Who stops it.
    pub guardian: Address,
}

/// An issuer was stopped, or started again.
#[event]
pub struct IssuerChanged {
    /// The issuer.
    pub issuer: Address,
    /// When it was stopped, Unix seconds; zero where it was started.
    pub stopped_at: i64,
}

/// A tree exists.
#[event]
pub struct TreeCreated {
    /// The tree.
    pub tree: Address,
    /// The issuer.
    pub issuer: Address,
    /// The epoch.
    pub epoch: u32,
}

/// A leaf was appended.
#[event]
pub struct LeafAppended {
    /// The tree.
    pub tree: Address,
    /// Its position, from 0 on without a gap.
    pub position: u64,
    /// The leaf.
    pub leaf: [u8; 32],
    /// The new root.
    pub root: [u8; 32],
}

/// A tree was closed.
#[event]
pub struct TreeClosed {
    /// The tree.
    pub tree: Address,
}

/// A pool exists.
#[event]
pub struct PoolCreated {
    /// The pool.
    pub pool: Address,
    /// Who made it, and may propose.
    pub creator: Address,
    /// Who may pause it.
    pub guardian: Address,
    /// Its mint.
    pub mint: Address,
    /// The issuer whose people may borrow.
    pub issuer: [u8; 32],
    /// The model whose tiers count.
    pub model: [u8; 32],
}

/// A supplier deposited or withdrew.
#[event]
pub struct SupplyChanged {
    /// The pool.
    pub pool: Address,
    /// The supplier.
    pub owner: Address,
    /// Base units deposited.
    pub deposited: u64,
    /// Base units withdrawn.
    pub withdrawn: u64,
    /// The supplier's shares.
    pub shares: u64,
}

/// A tier was proven: a line was opened, or renewed.
#[event]
pub struct TierProven {
    /// The pool.
    pub pool: Address,
    /// The line.
    pub line: Address,
    /// Its owner.
    pub owner: Address,
    /// The tier.
    pub tier: u8,
    /// Epoch of the tree.
    pub epoch: u32,
    /// The statement's digest.
    pub digest: [u8; 32],
}

/// A debt changed: a draw, a repayment, a default, a write-off.
#[event]
pub struct LineChanged {
    /// The pool.
    pub pool: Address,
    /// The line.
    pub line: Address,
    /// Base units drawn.
    pub drawn: u64,
    /// Base units repaid.
    pub repaid: u64,
    /// What is owed.
    pub debt: u64,
    /// When the whole of it is due, Unix seconds; zero without a debt, and after a default.
    pub due: i64,
    /// 1 active, 2 defaulted, 3 written off.
    pub status: u8,
}

/// Something was proposed.
#[event]
pub struct Proposed {
    /// The pool.
    pub pool: Address,
    /// 1 terms, 2 withdrawal.
    pub kind: u8,
    /// Withdrawal, base units.
    pub amount: u64,
    /// The exit clock.
    pub clock: u64,
}

/// A proposal was dropped.
#[event]
pub struct ProposalCancelled {
    /// The pool.
    pub pool: Address,
    /// 1 terms, 2 withdrawal.
    pub kind: u8,
}

/// Terms took effect.
#[event]
pub struct TermsApplied {
    /// The pool.
    pub pool: Address,
    /// The issuer whose people may borrow.
    pub issuer: [u8; 32],
    /// The model whose tiers count.
    pub model: [u8; 32],
}

/// Reserves were paid out.
#[event]
pub struct ReservesWithdrawn {
    /// The pool.
    pub pool: Address,
    /// Base units.
    pub amount: u64,
    /// What is left of them.
    pub reserves: u64,
}

/// The pause level changed.
#[event]
pub struct PauseChanged {
    /// The pool.
    pub pool: Address,
    /// 0 open, 1 reduce-only, 2 halted.
    pub level: u8,
    /// First second after a halt, Unix seconds.
    pub halted_until: i64,
}

/// The admin gave its role up.
#[event]
pub struct AdminRenounced {
    /// The pool.
    pub pool: Address,
}

/// A pool is no more.
#[event]
pub struct PoolClosed {
    /// The pool.
    pub pool: Address,
}
