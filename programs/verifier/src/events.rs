//! One event for each change of state, in the program's logs.

use anchor_lang::prelude::*;

/// A model was registered.
#[event]
pub struct ModelRegistered {
    /// The model's account.
    pub model: Address,
    /// Who may manage it.
    pub authority: Address,
    /// SHA-256 of the verifying key.
    pub key_hash: [u8; 32],
    /// 0 plain, 1 committed.
    pub key_form: u8,
    /// 0 development, 1 ceremony.
    pub setup: u8,
    /// SHA-256 of the ceremony's transcript; zeros for a development setup.
    pub transcript_hash: [u8; 32],
    /// Earliest activation, in Unix seconds.
    pub activates_at: i64,
}

/// A model became active.
#[event]
pub struct ModelActivated {
    /// The model's account.
    pub model: Address,
}

/// A model was suspended.
#[event]
pub struct ModelSuspended {
    /// The model's account.
    pub model: Address,
}

/// A suspended model was proposed again.
#[event]
pub struct ModelResumed {
    /// The model's account.
    pub model: Address,
    /// Earliest activation, in Unix seconds.
    pub activates_at: i64,
}

/// A model was retired.
#[event]
pub struct ModelRetired {
    /// The model's account.
    pub model: Address,
}

/// The authority over a model was offered.
#[event]
pub struct AuthorityProposed {
    /// The model's account.
    pub model: Address,
    /// Who may accept; zeros when an offer was withdrawn.
    pub proposed: Address,
}

/// The authority over a model changed hands.
#[event]
pub struct AuthorityAccepted {
    /// The model's account.
    pub model: Address,
    /// Who had it.
    pub previous: Address,
    /// Who has it.
    pub authority: Address,
}

/// A statement was proven and recorded.
#[event]
pub struct StatementRecorded {
    /// The model's account.
    pub model: Address,
    /// The statement's digest.
    pub digest: [u8; 32],
    /// The statement's context.
    pub context: [u8; 32],
    /// Its position among the model's recorded statements, from 0.
    pub index: u64,
    /// When, in Unix seconds.
    pub recorded_at: i64,
    /// The model's audit chain after this statement.
    pub audit_chain: [u8; 32],
}
