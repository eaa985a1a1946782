//! One builder for each instruction of the lending program. Amounts are base units; [`ALL`](crate::ALL) stands for all.

use anchor_lang::Id;
use anchor_lang::programs::{System, Token};
use assay_interface::groth16::Proof;
use assay_lending::{accounts, instruction, instructions::Claim, state::RiskParams};
use solana_address::Address;
use solana_instruction::Instruction;

use crate::keys::MarketKeys;

/// The price accounts that an instruction reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PriceAccounts {
    /// Price of the collateral.
    pub collateral: Address,
    /// Price of the debt asset.
    pub debt: Address,
}

/// Who liquidates what, for how much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Liquidation {
    /// The liquidator, who signs.
    pub liquidator: Address,
    /// The position.
    pub position: Address,
    /// The liquidator's token account that receives collateral.
    pub collateral_destination: Address,
    /// The liquidator's token account that pays the debt.
    pub debt_source: Address,
    /// The prices.
    pub prices: PriceAccounts,
    /// Debt to repay.
    pub repay: u64,
    /// Collateral to receive at least.
    pub min_seized: u64,
}

/// What opens an early liquidation.
#[derive(Clone, Copy, Debug)]
pub struct Proven {
    /// The model that the market accepts.
    pub model: Address,
    /// Who paid for the snapshot, from its account.
    pub snapshot_payer: Address,
    /// The score.
    pub score: i16,
    /// The proof of the score.
    pub proof: Proof,
}

impl MarketKeys {
    /// `init_market`: creates the market of `creator` for the mints of `self`.
    pub fn init_market(&self, creator: Address, params: RiskParams) -> Instruction {
        instruction::InitMarket { params }.to_instruction(accounts::InitMarket {
            creator,
            market: self.market,
            history: self.history,
            collateral_mint: self.collateral_mint,
            debt_mint: self.debt_mint,
            collateral_vault: self.collateral_vault,
            liquidity_vault: self.liquidity_vault,
            token_program: Token::id(),
            system_program: System::id(),
        })
    }

    /// `propose_params`.
    pub fn propose_params(&self, admin: Address, params: RiskParams) -> Instruction {
        let accounts = accounts::Administer { admin, market: self.market };
        instruction::ProposeParams { params }.to_instruction(accounts)
    }

    /// `apply_params`.
    pub fn apply_params(&self, admin: Address) -> Instruction {
        instruction::ApplyParams {}.to_instruction(accounts::Administer { admin, market: self.market })
    }

    /// `cancel_params`.
    pub fn cancel_params(&self, admin: Address) -> Instruction {
        instruction::CancelParams {}.to_instruction(accounts::Administer { admin, market: self.market })
    }

    /// `propose_admin`.
    pub fn propose_admin(&self, admin: Address, successor: Address) -> Instruction {
        let accounts = accounts::Administer { admin, market: self.market };
        instruction::ProposeAdmin { successor }.to_instruction(accounts)
    }

    /// `accept_admin`.
    pub fn accept_admin(&self, successor: Address) -> Instruction {
        instruction::AcceptAdmin {}.to_instruction(accounts::AcceptAdmin { successor, market: self.market })
    }

    /// `set_pause`: 0 open, 1 reduce-only, 2 halted.
    pub fn set_pause(&self, admin: Address, level: u8) -> Instruction {
        instruction::SetPause { level }.to_instruction(accounts::Administer { admin, market: self.market })
    }

    /// `supply`.
    pub fn supply(&self, owner: Address, source: Address, amount: u64) -> Instruction {
        instruction::Supply { amount }.to_instruction(accounts::Supply {
            owner,
            market: self.market,
            deposit: self.deposit(&owner),
            mint: self.debt_mint,
            vault: self.liquidity_vault,
            source,
            token_program: Token::id(),
            system_program: System::id(),
        })
    }

    /// `withdraw_supply`.
    pub fn withdraw_supply(&self, owner: Address, destination: Address, shares: u64) -> Instruction {
        instruction::WithdrawSupply { shares }.to_instruction(accounts::WithdrawSupply {
            owner,
            market: self.market,
            deposit: self.deposit(&owner),
            mint: self.debt_mint,
            vault: self.liquidity_vault,
            destination,
            token_program: Token::id(),
        })
    }

    /// `deposit_collateral`.
    pub fn deposit_collateral(&self, owner: Address, source: Address, amount: u64) -> Instruction {
        instruction::DepositCollateral { amount }.to_instruction(accounts::DepositCollateral {
            owner,
            market: self.market,
            position: self.position(&owner),
            mint: self.collateral_mint,
            vault: self.collateral_vault,
            source,
            token_program: Token::id(),
            system_program: System::id(),
        })
    }

    /// `withdraw_collateral`.
    pub fn withdraw_collateral(
        &self,
        owner: Address,
        destination: Address,
        prices: PriceAccounts,
        amount: u64,
    ) -> Instruction {
        instruction::WithdrawCollateral { amount }.to_instruction(accounts::WithdrawCollateral {
            owner,
            market: self.market,
            position: self.position(&owner),
            mint: self.collateral_mint,
            vault: self.collateral_vault,
            destination,
            collateral_price: prices.collateral,
            debt_price: prices.debt,
            token_program: Token::id(),
        })
    }

    /// `borrow`.
    pub fn borrow(
        &self,
        owner: Address,
        destination: Address,
        prices: PriceAccounts,
        amount: u64,
    ) -> Instruction {
        instruction::Borrow { amount }.to_instruction(accounts::Borrow {
            owner,
            market: self.market,
            position: self.position(&owner),
            mint: self.debt_mint,
            vault: self.liquidity_vault,
            destination,
            collateral_price: prices.collateral,
            debt_price: prices.debt,
            token_program: Token::id(),
        })
    }

    /// `repay`, for any position.
    pub fn repay(&self, payer: Address, position: Address, source: Address, amount: u64) -> Instruction {
        instruction::Repay { amount }.to_instruction(accounts::Repay {
            payer,
            market: self.market,
            position,
            mint: self.debt_mint,
            vault: self.liquidity_vault,
            source,
            token_program: Token::id(),
        })
    }

    /// `observe`.
    pub fn observe(&self, collateral_price: Address) -> Instruction {
        instruction::Observe {}.to_instruction(accounts::Observe {
            market: self.market,
            history: self.history,
            collateral_price,
        })
    }

    /// `snapshot`.
    pub fn take_snapshot(&self, payer: Address, position: Address, prices: PriceAccounts) -> Instruction {
        instruction::Snapshot {}.to_instruction(accounts::TakeSnapshot {
            payer,
            market: self.market,
            position,
            snapshot: Self::snapshot(&position),
            history: self.history,
            collateral_price: prices.collateral,
            debt_price: prices.debt,
            system_program: System::id(),
        })
    }

    /// `liquidate`, by the plain rule.
    pub fn liquidate(&self, liquidation: &Liquidation) -> Instruction {
        let Liquidation { repay, min_seized, .. } = *liquidation;
        instruction::Liquidate { repay, min_seized }.to_instruction(self.liquidation_accounts(liquidation))
    }

    /// `liquidate_by_proof`.
    pub fn liquidate_by_proof(&self, liquidation: &Liquidation, proven: &Proven) -> Instruction {
        let Liquidation { repay, min_seized, .. } = *liquidation;
        let Proven { model, snapshot_payer, score, proof } = *proven;
        let claim = Claim { proof: proof.as_bytes().to_vec().into(), score };
        instruction::LiquidateByProof { claim, repay, min_seized }.to_instruction(
            accounts::LiquidateByProof {
                liquidation: self.liquidation_accounts(liquidation),
                snapshot: Self::snapshot(&liquidation.position),
                rent_receiver: snapshot_payer,
                model,
                verifier: assay_verifier_host::ID,
            },
        )
    }

    fn liquidation_accounts(&self, liquidation: &Liquidation) -> accounts::Liquidate {
        accounts::Liquidate {
            liquidator: liquidation.liquidator,
            market: self.market,
            position: liquidation.position,
            collateral_mint: self.collateral_mint,
            debt_mint: self.debt_mint,
            collateral_vault: self.collateral_vault,
            liquidity_vault: self.liquidity_vault,
            collateral_destination: liquidation.collateral_destination,
            debt_source: liquidation.debt_source,
            collateral_price: liquidation.prices.collateral,
            debt_price: liquidation.prices.debt,
            token_program: Token::id(),
        }
    }
}
