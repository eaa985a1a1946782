//! One event for each change of state, in the program's logs.

use anchor_lang::prelude::*;

/// A model was registered.
#[event]
pub struct ModelRegistered {
    /// The model's account.
    pub model: Address,
    /// Who may manage it.
    pub authority: Address,
    /// Who may suspend it as well; zeros for nobody.
    pub guardian: Address,
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
    /// Until when, in Unix seconds; 0 when an offer was withdrawn.
    pub expires_at: i64,
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

/// The authority over a model was renounced: it is active for good.
#[event]
pub struct AuthorityRenounced {
    /// The model's account.
    pub model: Address,
    /// Who had it.
    pub previous: Address,
}

/// Another guardian was proposed for a model, or the proposal withdrawn.
#[event]
pub struct GuardianProposed {
    /// The model's account.
    pub model: Address,
    /// Who may become the guardian; zeros for nobody.
    pub proposed: Address,
    /// From when the proposal can be applied, in Unix seconds; 0 when it was withdrawn.
    pub applies_from: i64,
}

/// A model has another guardian.
#[event]
pub struct GuardianChanged {
    /// The model's account.
    pub model: Address,
    /// Who was it; zeros for nobody.
    pub previous: Address,
    /// Who is it; zeros for nobody.
    pub guardian: Address,
}

/// A set of attestors was created.
#[event]
pub struct AttestorSetCreated {
    /// The set's account.
    pub set: Address,
    /// Attestors.
    pub count: u8,
    /// How many of them must attest.
    pub threshold: u8,
}

/// An attestor attested a model.
#[event]
pub struct ModelAttested {
    /// The set's account.
    pub set: Address,
    /// The model's account.
    pub model: Address,
    /// Who attested.
    pub attestor: Address,
}

/// A series was created; its first model waits.
#[event]
pub struct SeriesCreated {
    /// The series' account.
    pub series: Address,
    /// Who proposes its models.
    pub authority: Address,
    /// The model that waits to be its first.
    pub model: Address,
    /// Domain of its models.
    pub domain: [u8; 32],
    /// The set that attests its models; zeros for none.
    pub attestor_set: Address,
    /// From proposal to effect, in seconds.
    pub timelock: i64,
}

/// A model was proposed to a series, or the proposal withdrawn.
#[event]
pub struct SeriesProposed {
    /// The series' account.
    pub series: Address,
    /// The model that waits; zeros when the proposal was withdrawn.
    pub model: Address,
    /// From when it can become current, in Unix seconds; 0 when the proposal was withdrawn.
    pub applies_from: i64,
}

/// A series has another current model.
#[event]
pub struct SeriesApplied {
    /// The series' account.
    pub series: Address,
    /// The model that was current; zeros before the first.
    pub previous: Address,
    /// The model that is current.
    pub model: Address,
}

/// A series keeps its current model for good.
#[event]
pub struct SeriesRenounced {
    /// The series' account.
    pub series: Address,
    /// The model that stays current.
    pub model: Address,
}

/// An account was closed, and its rent returned.
#[event]
pub struct AccountClosed {
    /// The account.
    pub account: Address,
    /// Who paid for it and was paid back.
    pub payer: Address,
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
