//! One builder for each instruction of the lending program. Amounts are base units; [`ALL`](crate::ALL) stands for all.

use anchor_lang::Id;
use anchor_lang::programs::{System, Token};
use assay_interface::{field::Scalar, groth16::Proof};
use assay_lending::{
    accounts,
    instruction,
    // The framework gives accounts that are nested in others no other name.
    instructions::{__client_accounts_recorder::Recorder, __client_accounts_takenup::TakenUp, Claim},
    state::{Evidence, RiskParams},
};
use assay_verifier_host::{attestation_address, receipt_address};
use solana_address::Address;
use solana_instruction::Instruction;

use crate::keys::MarketKeys;

/// The transaction's own instructions, as a program reads them.
const INSTRUCTIONS: Address = Address::from_str_const("Sysvar1nstructions1111111111111111111111111");

/// The price sources that an instruction reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PriceAccounts {
    /// Source of the collateral.
    pub collateral: Address,
    /// Source of the debt asset.
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

/// A proven score of a snapshot.
#[derive(Clone, Copy, Debug)]
pub struct Proven {
    /// The model that the market accepts.
    pub model: Address,
    /// The series, where the market follows one.
    pub series: Option<Address>,
    /// The snapshot.
    pub snapshot: Address,
    /// Digest of the statement, in whose name the receipt is.
    pub digest: Scalar,
    /// The score.
    pub score: i16,
    /// The proof of the score; none where the statement has its receipt.
    pub proof: Option<Proof>,
}

impl Proven {
    fn claim(&self) -> Claim {
        let proof = self.proof.as_ref().map_or_else(Vec::new, |proof| proof.as_bytes().to_vec());
        Claim { proof: proof.into(), score: self.score }
    }

    fn recorder(&self) -> Recorder {
        Recorder {
            model: self.model,
            series: self.series,
            receipt: receipt_address(&self.model, &self.digest),
            verifier: assay_verifier_host::ID,
            system_program: System::id(),
        }
    }
}

/// What a market is created with, beside its parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offices {
    /// Who may raise the pause level.
    pub guardian: Address,
    /// Whose token accounts reserves go to.
    pub reserve_owner: Address,
}

/// What vouches for the model that a market takes up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vouched {
    /// Nothing: it is pinned, and its key is a development key.
    Nothing,
    /// The attestation of this set: it is pinned, and its key is a ceremony's.
    Attestors(Address),
    /// The series that the parameters name: this is its current model.
    Series(Address),
}

impl MarketKeys {
    /// `init_market`: creates the market of `creator` for the mints of `self`.
    pub fn init_market(
        &self,
        creator: Address,
        params: RiskParams,
        offices: Offices,
        vouched: Vouched,
    ) -> Instruction {
        let Offices { guardian, reserve_owner } = offices;
        instruction::InitMarket { params, guardian, reserve_owner }.to_instruction(accounts::InitMarket {
            creator,
            market: self.market,
            collateral_mint: self.collateral_mint,
            debt_mint: self.debt_mint,
            collateral_vault: self.collateral_vault,
            liquidity_vault: self.liquidity_vault,
            token_program: Token::id(),
            system_program: System::id(),
            taken_up: taken_up(&params, vouched),
        })
    }

    fn administer(&self, admin: Address) -> accounts::Administer {
        accounts::Administer { admin, market: self.market }
    }

    /// `propose_params`.
    pub fn propose_params(&self, admin: Address, params: RiskParams) -> Instruction {
        instruction::ProposeParams { params }.to_instruction(self.administer(admin))
    }

    /// `propose_admin`.
    pub fn propose_admin(&self, admin: Address, successor: Address) -> Instruction {
        instruction::ProposeAdmin { successor }.to_instruction(self.administer(admin))
    }

    /// `propose_guardian`.
    pub fn propose_guardian(&self, admin: Address, guardian: Address) -> Instruction {
        instruction::ProposeGuardian { guardian }.to_instruction(self.administer(admin))
    }

    /// `propose_withdrawal`.
    pub fn propose_withdrawal(&self, admin: Address, amount: u64) -> Instruction {
        instruction::ProposeWithdrawal { amount }.to_instruction(self.administer(admin))
    }

    /// `cancel_proposal`.
    pub fn cancel_proposal(&self, admin: Address) -> Instruction {
        instruction::CancelProposal {}.to_instruction(self.administer(admin))
    }

    /// `apply_params`, which are `params`.
    pub fn apply_params(&self, admin: Address, params: &RiskParams, vouched: Vouched) -> Instruction {
        instruction::ApplyParams {}.to_instruction(accounts::ApplyParams {
            admin,
            market: self.market,
            taken_up: taken_up(params, vouched),
        })
    }

    /// `accept_admin`.
    pub fn accept_admin(&self, successor: Address) -> Instruction {
        instruction::AcceptAdmin {}.to_instruction(accounts::AcceptAdmin { successor, market: self.market })
    }

    /// `set_guardian`.
    pub fn set_guardian(&self, admin: Address) -> Instruction {
        instruction::SetGuardian {}.to_instruction(self.administer(admin))
    }

    /// `withdraw_reserves` into a token account of the reserves' owner.
    pub fn withdraw_reserves(&self, admin: Address, destination: Address) -> Instruction {
        instruction::WithdrawReserves {}.to_instruction(accounts::WithdrawReserves {
            admin,
            market: self.market,
            mint: self.debt_mint,
            vault: self.liquidity_vault,
            destination,
            token_program: Token::id(),
        })
    }

    /// `renounce_admin`.
    pub fn renounce_admin(&self, admin: Address) -> Instruction {
        instruction::RenounceAdmin {}.to_instruction(self.administer(admin))
    }

    /// `set_pause`: 1 reduce-only, 2 halted.
    pub fn set_pause(&self, guardian: Address, level: u8) -> Instruction {
        instruction::SetPause { level }.to_instruction(accounts::SetPause { guardian, market: self.market })
    }

    /// `lower_pause`: 0 open, 1 reduce-only; at once if the guardian signs as well.
    pub fn lower_pause(&self, authority: Address, guardian: Option<Address>, level: u8) -> Instruction {
        instruction::LowerPause { level }.to_instruction(accounts::LowerPause {
            authority,
            market: self.market,
            guardian,
        })
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

    /// `snapshot` of a position at a final minute and its present revision.
    pub fn take_snapshot(
        &self,
        payer: Address,
        position: Address,
        evidence: Evidence,
        prices: PriceAccounts,
    ) -> Instruction {
        instruction::Snapshot { epoch: evidence.epoch }.to_instruction(accounts::TakeSnapshot {
            payer,
            market: self.market,
            position,
            snapshot: Self::snapshot(&position, evidence),
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

    /// `liquidate_start`: [`MarketKeys::liquidate_end`] must follow in the same transaction.
    pub fn liquidate_start(&self, liquidation: &Liquidation) -> Instruction {
        let Liquidation { repay, min_seized, .. } = *liquidation;
        instruction::LiquidateStart { repay, min_seized }.to_instruction(accounts::LiquidateStart {
            liquidator: liquidation.liquidator,
            market: self.market,
            position: liquidation.position,
            collateral_mint: self.collateral_mint,
            collateral_vault: self.collateral_vault,
            collateral_destination: liquidation.collateral_destination,
            collateral_price: liquidation.prices.collateral,
            debt_price: liquidation.prices.debt,
            token_program: Token::id(),
            instructions: INSTRUCTIONS,
        })
    }

    /// `liquidate_end`: repays what the start fixed.
    pub fn liquidate_end(&self, liquidation: &Liquidation) -> Instruction {
        instruction::LiquidateEnd {}.to_instruction(accounts::LiquidateEnd {
            liquidator: liquidation.liquidator,
            market: self.market,
            position: liquidation.position,
            debt_mint: self.debt_mint,
            liquidity_vault: self.liquidity_vault,
            debt_source: liquidation.debt_source,
            collateral_price: liquidation.prices.collateral,
            debt_price: liquidation.prices.debt,
            token_program: Token::id(),
        })
    }

    /// `liquidate_by_proof`.
    pub fn liquidate_by_proof(&self, liquidation: &Liquidation, proven: &Proven) -> Instruction {
        let Liquidation { repay, min_seized, .. } = *liquidation;
        let claim = proven.claim();
        instruction::LiquidateByProof { claim, repay, min_seized }.to_instruction(
            accounts::LiquidateByProof {
                liquidation: self.liquidation_accounts(liquidation),
                snapshot: proven.snapshot,
                recorder: proven.recorder(),
            },
        )
    }

    /// `flag_by_proof`.
    pub fn flag_by_proof(
        &self,
        prover: Address,
        position: Address,
        prices: PriceAccounts,
        proven: &Proven,
    ) -> Instruction {
        instruction::FlagByProof { claim: proven.claim() }.to_instruction(accounts::FlagByProof {
            prover,
            market: self.market,
            position,
            snapshot: proven.snapshot,
            collateral_price: prices.collateral,
            debt_price: prices.debt,
            recorder: proven.recorder(),
        })
    }

    /// `clear_by_proof`.
    pub fn clear_by_proof(&self, prover: Address, position: Address, proven: &Proven) -> Instruction {
        instruction::ClearByProof { claim: proven.claim() }.to_instruction(accounts::ClearByProof {
            prover,
            market: self.market,
            position,
            snapshot: proven.snapshot,
            recorder: proven.recorder(),
        })
    }

    fn assess_loss(&self, position: Address, prices: PriceAccounts) -> accounts::AssessLoss {
        accounts::AssessLoss {
            market: self.market,
            position,
            collateral_price: prices.collateral,
            debt_price: prices.debt,
        }
    }

    /// `impair`.
    pub fn impair(&self, position: Address, prices: PriceAccounts) -> Instruction {
        instruction::Impair {}.to_instruction(self.assess_loss(position, prices))
    }

    /// `socialize`.
    pub fn socialize(&self, position: Address, prices: PriceAccounts) -> Instruction {
        instruction::Socialize {}.to_instruction(self.assess_loss(position, prices))
    }

    /// `close_snapshot`, whose lamports go to its payer.
    pub fn close_snapshot(snapshot: Address, payer: Address) -> Instruction {
        instruction::CloseSnapshot {}.to_instruction(accounts::CloseSnapshot { snapshot, payer })
    }

    /// `close_position`.
    pub fn close_position(&self, owner: Address) -> Instruction {
        let position = self.position(&owner);
        instruction::ClosePosition {}.to_instruction(accounts::ClosePosition { owner, position })
    }

    /// `close_deposit`.
    pub fn close_deposit(&self, owner: Address) -> Instruction {
        let deposit = self.deposit(&owner);
        instruction::CloseDeposit {}.to_instruction(accounts::CloseDeposit { owner, deposit })
    }

    /// `close_market`: what the vaults hold goes to token accounts of the reserves' owner, collateral first.
    pub fn close_market(&self, admin: Address, creator: Address, destinations: [Address; 2]) -> Instruction {
        let [collateral_destination, debt_destination] = destinations;
        instruction::CloseMarket {}.to_instruction(accounts::CloseMarket {
            admin,
            market: self.market,
            creator,
            collateral_mint: self.collateral_mint,
            debt_mint: self.debt_mint,
            collateral_vault: self.collateral_vault,
            liquidity_vault: self.liquidity_vault,
            collateral_destination,
            debt_destination,
            token_program: Token::id(),
        })
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

fn taken_up(params: &RiskParams, vouched: Vouched) -> TakenUp {
    let named = Address::new_from_array(params.model);
    let nobody = [System::id(); 2];
    let (model, [attestors, attestation]) = match vouched {
        Vouched::Nothing => (named, nobody),
        Vouched::Attestors(set) => (named, [set, attestation_address(&set, &named)]),
        Vouched::Series(current) => (current, nobody),
    };
    TakenUp {
        model,
        series: params.series().map(|series| Address::new_from_array(*series)),
        attestors,
        attestation,
    }
}
