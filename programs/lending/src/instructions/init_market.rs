//! `init_market`: creates a market and its vaults. Anyone may; who uses it chooses to trust its admin, its guardian and its
//! parameters, which are checked and afterwards change only behind the exit clock.

use anchor_lang::prelude::*;
use anchor_spl::{
    mint::Mint,
    token::{self, TokenAccount},
};
use assay_lending_interface::seeds::{COLLATERAL_VAULT, LIQUIDITY_VAULT, MARKET};

use super::now;
#[allow(clippy::wildcard_imports)] // with the modules that the nested accounts generate
use super::trust::*;
use crate::{
    errors::LendingError,
    events::MarketCreated,
    math::{fixed::ONE_Q64, value::decimals_supported},
    state::{ExitClock, Market, RiskParams, VERSION},
};

/// Accounts of `init_market`.
#[derive(Accounts)]
pub struct InitMarket {
    /// 0. `[signer, writable]` Creator, payer and first admin.
    #[account(mut)]
    pub creator: Signer,
    /// 1. `[writable]` The market, which must not exist.
    #[account(init, payer = creator, seeds = [MARKET, creator, collateral_mint, debt_mint], bump)]
    pub market: Account<Market>,
    /// 2. `[]` Mint of the collateral, of the SPL token program.
    pub collateral_mint: Account<Mint>,
    /// 3. `[]` Mint that is supplied and borrowed, of the SPL token program.
    pub debt_mint: Account<Mint>,
    /// 4. `[writable]` Vault of the collateral, which must not exist.
    #[account(init, payer = creator, seeds = [COLLATERAL_VAULT, market], bump,
        token::mint = collateral_mint, token::authority = market)]
    pub collateral_vault: Account<TokenAccount>,
    /// 5. `[writable]` Vault of the debt asset, which must not exist.
    #[account(init, payer = creator, seeds = [LIQUIDITY_VAULT, market], bump,
        token::mint = debt_mint, token::authority = market)]
    pub liquidity_vault: Account<TokenAccount>,
    /// 6. `[]` The SPL token program.
    pub token_program: Program<Token>,
    /// 7. `[]` The system program.
    pub system_program: Program<System>,
    /// 8 to 11. The model that the market takes up.
    pub taken_up: Nested<TakenUp>,
}

/// Who the market answers to, beside its admin.
pub(crate) struct Offices {
    /// Who may raise the pause level; zero for nobody.
    pub guardian: Address,
    /// Whose token accounts reserves go to.
    pub reserve_owner: Address,
}

impl InitMarket {
    fn validate(&self, params: &RiskParams) -> Result<()> {
        if self.collateral_mint.address() == self.debt_mint.address() {
            return Err(LendingError::SameMint.into());
        }
        let decimals = [self.collateral_mint.decimals(), self.debt_mint.decimals()];
        if !decimals.into_iter().all(decimals_supported) {
            return Err(LendingError::UnsupportedDecimals.into());
        }
        params.validate()?;
        self.taken_up.require_trusted(params)
    }
}

/// Creates the market.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<InitMarket>, params: &RiskParams, offices: &Offices) -> Result<()> {
    ctx.accounts.validate(params)?;
    let accounts = &mut ctx.accounts;
    let now = now()?;
    let market = &mut accounts.market;
    market.creator = *accounts.creator.address();
    market.admin = *accounts.creator.address();
    market.guardian = offices.guardian;
    market.reserve_owner = offices.reserve_owner;
    market.collateral_mint = *accounts.collateral_mint.address();
    market.debt_mint = *accounts.debt_mint.address();
    market.collateral_vault = *accounts.collateral_vault.address();
    market.liquidity_vault = *accounts.liquidity_vault.address();
    market.params = *params;
    market.exit = ExitClock::start(now);
    market.last_accrual = now;
    market.borrow_index = PodU128::from(ONE_Q64);
    market.collateral_decimals = accounts.collateral_mint.decimals();
    market.debt_decimals = accounts.debt_mint.decimals();
    market.bump = ctx.bumps.market;
    market.version = VERSION;
    emit!(MarketCreated {
        market: *market.address(),
        admin: market.admin,
        collateral_mint: market.collateral_mint,
        debt_mint: market.debt_mint,
    });
    Ok(market.invariant()?)
}
