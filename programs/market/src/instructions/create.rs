//! `create`: a question and its vault. Anyone may; who buys looks at the terms first, which never change.
//!
//! The creator chooses everything but its enforcement, so everything is checked here or shown in the account: rows that sum
//! to a whole, thresholds that partition the outputs, times in order, trading closed before the first price that counts
//! (or a flag), sources that exist, models that nobody can stop (or a flag) and of an accepted setup, attested where a set
//! of attestors is named, a collateral that nobody can freeze and whose token program takes no fee.
//!
//! Behind the accounts come the sources, one account each.

#![allow(unused_variables)] // the derive names the argument in each of its functions, and uses it in one

use anchor_lang::prelude::*;
use anchor_spl::{
    mint::Mint,
    token::{self, TokenAccount},
};
use assay_cpi::{Setups, model_facts, require_attested, require_immutable};
use assay_feed_interface::{PROGRAM as FEED, Source};
use assay_market_interface::seeds::{QUESTION, VAULT};

use super::now;
use crate::{
    errors::MarketError,
    events::QuestionCreated,
    state::{Question, TRUSTS_AUTHORITY, Terms, VERSION},
};

const FEED_PROGRAM: Address = Address::new_from_array(FEED);

/// Accounts of `create`, then the sources.
#[derive(Accounts)]
#[instruction(nonce: u64)]
pub struct Create {
    /// 0. `[signer, writable]` Creator; pays rent and bounties.
    #[account(mut)]
    pub creator: Signer,
    /// 1. `[writable]` The question, which must not exist.
    #[account(init, payer = creator, seeds = [QUESTION, creator, &nonce.to_le_bytes()], bump)]
    pub question: Account<Question>,
    /// 2. `[]` Mint of the collateral, of the SPL token program.
    pub mint: Account<Mint>,
    /// 3. `[writable]` The vault, which must not exist.
    #[account(init, payer = creator, seeds = [VAULT, question], bump,
        token::mint = mint, token::authority = question)]
    pub vault: Account<TokenAccount>,
    /// 4. `[]` The model.
    pub model: UncheckedAccount,
    /// 5. `[]` The model that answers a dispute; the system program for none.
    pub second_model: UncheckedAccount,
    /// 6. `[]` The set of attestors who must have attested the models; the system program for none.
    pub attestors: UncheckedAccount,
    /// 7. `[]` Their attestation of the model.
    pub attestation: UncheckedAccount,
    /// 8. `[]` Their attestation of the second model.
    pub second_attestation: UncheckedAccount,
    /// 9. `[]` The SPL token program.
    pub token_program: Program<Token>,
    /// 10. `[]` The system program.
    pub system_program: Program<System>,
}

impl Create {
    /// The domain of a model that may resolve the question.
    fn model_domain(
        &self,
        model: &AccountView,
        attestation: &AccountView,
        terms: &Terms,
    ) -> Result<[u8; 32]> {
        let setups = Setups::from_bits(terms.setups).ok_or(MarketError::InvalidSetupKinds)?;
        // Which model is the creator's choice: its address is what the question keeps.
        let address = model.address().as_array();
        let (domain, setup) = model_facts(address, model, |facts| (*facts.domain, facts.setup))?;
        if !setups.contain(setup) {
            return Err(MarketError::InvalidSetupKinds.into());
        }
        if terms.flags & TRUSTS_AUTHORITY == 0 {
            require_immutable(address, model)?;
        }
        let attestors = self.attestors.address();
        if *attestors != System::id() {
            let set = self.attestors.account();
            require_attested(attestors.as_array(), set, attestation, address)?;
        }
        Ok(domain)
    }
}

/// Creates the question, open for trading once its outcomes have mints.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<Create>, nonce: u64, council: Address, terms: &Terms) -> Result<()> {
    let (now, bump) = (now()?, ctx.bumps.question);
    let sources = ctx.remaining_accounts()?;
    terms.validate(now)?;
    if council == Address::default() {
        return Err(MarketError::NoAppeal.into());
    }
    let accounts = &mut ctx.accounts;
    if accounts.mint.has_freeze_authority() {
        return Err(MarketError::FreezableMint.into());
    }
    let model = accounts.model.account();
    let domain = accounts.model_domain(model, accounts.attestation.account(), terms)?;
    let second = accounts.second_model.account();
    let has_second = *second.address() != System::id();
    if has_second && second.address() == model.address() {
        return Err(MarketError::SameModel.into());
    }
    let second_domain = match has_second {
        true => accounts.model_domain(second, accounts.second_attestation.account(), terms)?,
        false => [0; 32],
    };
    let (model, second) = (*model.address(), if has_second { *second.address() } else { Address::default() });
    let attestors = *accounts.attestors.address();

    let Create { creator, question, mint, vault, .. } = accounts;
    question.creator = *creator.address();
    question.payer = *creator.address();
    question.mint = *mint.address();
    question.vault = *vault.address();
    question.models = [model, second];
    question.domains = [domain, second_domain];
    question.attestors = if attestors == System::id() { Address::default() } else { attestors };
    question.council = council;
    question.terms = *terms;
    question.nonce = nonce;
    question.decimals = mint.decimals();
    question.bump = bump;
    question.version = VERSION;
    take_sources(question, &sources)?;
    let bounties = terms.observe_bounty.saturating_add(terms.resolve_bounty);
    transfer_lamports(creator, question, bounties)?;
    emit!(QuestionCreated {
        question: *question.address(),
        creator: question.creator,
        mint: question.mint,
        model,
        second_model: second,
        flags: terms.flags,
    });
    Ok(question.invariant()?)
}

/// Notes the sources: accounts of the feed program, none twice.
fn take_sources(question: &mut Account<Question>, accounts: &[AccountView]) -> Result<()> {
    if accounts.len() != usize::from(question.terms.sources) {
        return Err(MarketError::InvalidSources.into());
    }
    for (index, account) in accounts.iter().enumerate() {
        let address = *account.address();
        let is_source = account.owned_by(&FEED_PROGRAM) && Source::read(&account.try_borrow()?).is_ok();
        if !is_source || question.sources.contains(&address) {
            return Err(MarketError::InvalidSources.into());
        }
        *question.sources.get_mut(index).ok_or(MarketError::InvalidSources)? = address;
    }
    Ok(())
}

/// Moves lamports from a signer to the question.
pub(super) fn transfer_lamports(
    from: &mut Signer,
    question: &mut Account<Question>,
    lamports: u64,
) -> Result<()> {
    if lamports == 0 {
        return Ok(());
    }
    let system = System::id();
    let accounts =
        system_program::Transfer { from: from.to_cpi_handle_mut(), to: question.to_cpi_handle_mut() };
    system_program::transfer(CpiContext::new(&system, accounts), lamports)
}
