//! What the keeper of a market did in the replay, booked hour by hour from its reports and the accounts.

use std::collections::HashMap;

use assay_host::strategy::{Answer, Reason};
use assay_keeper::{Conclusion, Proof, Report, Sent};
use assay_lending::{
    math::{
        liquidation::Exposure,
        value::{Value, ltv_bps},
    },
    state::{Decision, Market, Position},
};
use assay_lending_host::{
    assess::MarketView,
    strategy::{LIQUIDATE, LIQUIDATE_BY_PROOF, NO_DEBT, SAFE, SNAPSHOT, only_score},
};
use solana_address::Address;

use super::{
    candles::Update,
    keeper::{Deed, Kept},
    market::SimulatedMarket,
    outcome::{Hour, LiquidationRecord, PositionOutcome},
    participants::{COLLATERAL_DECIMALS, DEBT_PRICE, DEBT_UNIT},
    simulation::Simulation,
};
use crate::error::DemoError;

/// A market and what became of its positions.
pub struct MarketReplay<'a> {
    /// The market.
    pub market: &'a SimulatedMarket,
    /// One for each borrower.
    pub positions: Vec<PositionOutcome>,
    /// The proofs that settled something, in order.
    pub proofs: Vec<Proof>,
    /// What the market's chain of decisions must hold, in order.
    pub decisions: Vec<Decision>,
    /// Proven scores that the keeper had computed otherwise before: none, if it computes as the program does.
    pub surprises: usize,
    /// What went wrong for the keeper.
    pub failures: usize,
    /// What it left when it stopped.
    pub kept: Kept,
    /// Scores by which snapshots were taken, by position.
    expected: HashMap<Address, Vec<Vec<i64>>>,
}

/// A market at the beginning of a scene.
pub struct Before {
    view: MarketView,
    positions: Vec<Position>,
}

impl Before {
    /// The market as it is now.
    ///
    /// # Errors
    /// An account cannot be read.
    pub fn read(simulation: &mut Simulation, market: &SimulatedMarket) -> Result<Self, DemoError> {
        let view = market.view(simulation)?;
        let positions = market.borrowers.iter().map(|borrower| market.read_position(simulation, borrower));
        Ok(Self { view, positions: positions.collect::<Result<_, _>>()? })
    }
}

impl<'a> MarketReplay<'a> {
    /// A market on which nothing happened yet.
    pub fn new(market: &'a SimulatedMarket) -> Self {
        Self {
            market,
            positions: vec![PositionOutcome::default(); market.borrowers.len()],
            proofs: Vec::new(),
            decisions: Vec::new(),
            surprises: 0,
            failures: 0,
            kept: Kept::default(),
            expected: HashMap::new(),
        }
    }

    /// Books what the keeper did in a scene, in order.
    ///
    /// # Errors
    /// The market's books are out of range.
    pub fn book(
        &mut self,
        simulation: &mut Simulation,
        hour: usize,
        update: &Update,
        mut before: Before,
        deeds: Vec<Deed>,
    ) -> Result<(), DemoError> {
        for Deed { target, report, mut market, position } in deeds {
            let Report { conclusion, prepared, expected, proof, .. } = report;
            let settled = match conclusion {
                Conclusion::Settled(sent) => Some(sent),
                Conclusion::LeftAlone(_) | Conclusion::Would(_) => None,
            };
            for sent in prepared.iter().chain(&settled) {
                simulation.note(sent.action, &sent.executed);
            }
            if let Some(expected) = expected.filter(|_| prepared.iter().any(|sent| sent.action == SNAPSHOT)) {
                self.expected.insert(target, expected);
            }
            let mut score = None;
            if let (Some(proof), Some(_)) = (proof, &settled) {
                self.surprises += usize::from(self.expected.get(&target) != Some(&proof.answer.outputs));
                score = Some((only_score(&proof.answer.outputs)?, proof.answer.digest.to_be_bytes()));
                self.proofs.push(*proof);
            }
            let mut borrowers = self.market.borrowers.iter();
            let index = borrowers.position(|borrower| self.market.position(borrower) == target);
            let (Some(index), Some(position)) = (index, position) else { continue };
            let Some(owed) = before.positions.get_mut(index) else { continue };
            market.accrue(before.view.now).map_err(|_| DemoError::Books)?;
            if let Some(sent) = settled.filter(|sent| [LIQUIDATE, LIQUIDATE_BY_PROOF].contains(&sent.action))
            {
                let seized = owed.collateral.saturating_sub(position.collateral);
                if let (Some((_, digest)), true) = (score, sent.action == LIQUIDATE_BY_PROOF) {
                    self.decisions.push(Decision {
                        digest,
                        position: target.to_bytes(),
                        repaid: sent.spent,
                        seized,
                        at: before.view.now,
                    });
                }
                let score = score.map(|(score, _)| score);
                let record = liquidation(hour, update, &before.view, owed, &sent, seized, score)?;
                if let Some(outcome) = self.positions.get_mut(index) {
                    outcome.liquidations.push(record);
                }
            }
            *owed = position;
            before.view.market = market;
        }
        Ok(())
    }

    /// Ends an hour: what the keeper found of each position in the end, and how the positions stand.
    ///
    /// # Errors
    /// An account cannot be read.
    pub fn end_hour(
        &mut self,
        simulation: &Simulation,
        hour: usize,
        update: &Update,
        left: &HashMap<Address, Reason>,
    ) -> Result<(), DemoError> {
        let market = self.market.read(simulation)?;
        for (borrower, outcome) in self.market.borrowers.iter().zip(&mut self.positions) {
            let position = self.market.read_position(simulation, borrower)?;
            let last = outcome.liquidations.last().filter(|record| record.hour == hour);
            outcome.hours.push(match (last, left.get(&self.market.position(borrower))) {
                (Some(record), _) if record.by_proof => Hour::ByProof,
                (Some(_), _) => Hour::ByRule,
                (None, Some(&(NO_DEBT | SAFE))) => Hour::Safe,
                (None, _) => Hour::LeftAlone,
            });
            let ltv = current_ltv(&market, &position, update.price)?;
            outcome.peak_ltv_bps = outcome.peak_ltv_bps.max(ltv);
            outcome.final_ltv_bps = ltv;
            outcome.collateral = position.collateral;
            outcome.debt = position.debt(&market).map_err(|_| DemoError::Books)?;
        }
        Ok(())
    }

    /// The answers that settled something, in order.
    pub fn answers(&self) -> Vec<Answer> {
        self.proofs.iter().map(|proof| proof.answer.clone()).collect()
    }
}

/// What a liquidation did to a position.
fn liquidation(
    hour: usize,
    update: &Update,
    view: &MarketView,
    owed: &Position,
    sent: &Sent,
    seized: u64,
    score: Option<i16>,
) -> Result<LiquidationRecord, DemoError> {
    let assessment = view.assess(owed)?;
    let by_proof = sent.action == LIQUIDATE_BY_PROOF;
    let terms = match by_proof {
        true => view.early_terms(&assessment.exposure, owed)?,
        false => view.plain_terms(&assessment.exposure)?,
    };
    let value = Value::of_collateral(seized, update.price, COLLATERAL_DECIMALS).get();
    let cost = u64::try_from(value.saturating_sub(debt_value(sent.spent))).map_err(|_| DemoError::Books)?;
    Ok(LiquidationRecord {
        hour,
        by_proof,
        ltv_bps: assessment.ltv_bps,
        score,
        repaid: sent.spent,
        seized,
        bonus_bps: terms.bonus_bps,
        cost,
    })
}

/// Value of an amount of the debt asset, 1e-8 USD.
pub fn debt_value(amount: u64) -> u128 {
    u128::from(amount) * u128::from(DEBT_PRICE) / u128::from(DEBT_UNIT)
}

/// A position's loan-to-value ratio at mid prices, basis points.
fn current_ltv(market: &Market, position: &Position, price: u64) -> Result<u32, DemoError> {
    let exposure = Exposure {
        collateral: position.collateral,
        debt: position.debt(market).map_err(|_| DemoError::Books)?,
        collateral_price: price,
        debt_price: DEBT_PRICE,
        collateral_decimals: market.collateral_decimals,
        debt_decimals: market.debt_decimals,
    };
    Ok(ltv_bps(exposure.debt_value(), exposure.collateral_value()))
}
