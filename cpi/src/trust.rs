//! What a program asks of a model when it takes it up: once, before it stores the model's address, not at each proof.
//!
//! All of it reads accounts, and calls nobody. Each account is one of the verifier program's, which [`crate::VERIFIER`] owns.

use assay_interface::verifier::{AccountError, ModelFacts, Series, attested};

use crate::verify::same;
use crate::{Account, CpiError, VERIFIER};

/// What `read` makes of what the account of the model at the address `expected` says: setup, status, domain, authority. The address
/// is what the program trusts or is about to store; an account is worth nothing without it.
///
/// # Errors
/// [`CpiError::WrongModel`] or [`CpiError::NotAModel`].
pub fn model_facts<A: Account, T>(
    expected: &[u8; 32],
    model: &A,
    read: impl FnOnce(&ModelFacts<'_>) -> T,
) -> Result<T, A::Error> {
    if !same(model.address(), expected) {
        return Err(CpiError::WrongModel.into());
    }
    if !model.is_owned_by(&VERIFIER) {
        return Err(CpiError::NotAModel.into());
    }
    let read = model.with_data(|data| ModelFacts::read(data).map(|facts| read(&facts)))?;
    Ok(read.map_err(|_| CpiError::NotAModel)?)
}

/// The model at the address `expected` is active, and nobody can ever suspend, retire or close it. It stays so, so it need not be
/// asked again.
///
/// # Errors
/// [`CpiError::WrongModel`], [`CpiError::NotAModel`] or [`CpiError::MutableModel`].
pub fn require_immutable<A: Account>(expected: &[u8; 32], model: &A) -> Result<(), A::Error> {
    if model_facts(expected, model, |facts| facts.is_immutable())? {
        Ok(())
    } else {
        Err(CpiError::MutableModel.into())
    }
}

/// The set of attestors at the address `set`, which the program trusts, attested the model at the address `model`. It stays
/// so while the model can be used.
///
/// # Errors
/// [`CpiError::NotAttested`]: another set's account, accounts that are no such, or too few who attested.
pub fn require_attested<A: Account>(
    set: &[u8; 32],
    set_account: &A,
    attestation: &A,
    model: &[u8; 32],
) -> Result<(), A::Error> {
    let is_pinned = same(set_account.address(), set);
    if !is_pinned || !set_account.is_owned_by(&VERIFIER) || !attestation.is_owned_by(&VERIFIER) {
        return Err(CpiError::NotAttested.into());
    }
    let checked = set_account
        .with_data(|set_data| attestation.with_data(|data| attested(set, set_data, data, model)))??;
    Ok(checked.map_err(|_| CpiError::NotAttested)?)
}

/// The model whose proofs a program accepts: one for good, or the current one of a series.
///
/// Who follows a series trusts its authority to choose among models of the series' domain, and has the series' timelock to see
/// the choice coming. Store the address and the mode; the accounts come with the instruction.
#[derive(Debug)]
pub enum Choice<'a, A> {
    /// The model at this address.
    Pinned(&'a [u8; 32]),
    /// The current model of a series.
    Followed {
        /// Address of the series, from the program's state.
        series: &'a [u8; 32],
        /// The series' account.
        account: &'a A,
    },
}

impl<A: Account> Choice<'_, A> {
    /// Address of the model: what [`crate::Expect::model`] wants.
    ///
    /// # Errors
    /// [`CpiError::WrongSeries`]: the account is not the series, or the series has no model yet.
    pub fn model(&self) -> Result<[u8; 32], A::Error> {
        match self {
            Choice::Pinned(model) => Ok(**model),
            Choice::Followed { series, account } => {
                series_facts(series, *account, |facts| facts.model().copied())?
                    .map_err(|_: AccountError| CpiError::WrongSeries.into())
            }
        }
    }
}

/// What `read` makes of what a series' account says: timelock, domain, the set that attests its models. For programs that are
/// about to follow it.
///
/// # Errors
/// [`CpiError::WrongSeries`].
pub fn series_facts<A: Account, T>(
    series: &[u8; 32],
    account: &A,
    read: impl FnOnce(&Series<'_>) -> T,
) -> Result<T, A::Error> {
    if !same(account.address(), series) || !account.is_owned_by(&VERIFIER) {
        return Err(CpiError::WrongSeries.into());
    }
    let read = account.with_data(|data| Series::read(data).map(|facts| read(&facts)))?;
    Ok(read.map_err(|_| CpiError::WrongSeries)?)
}
