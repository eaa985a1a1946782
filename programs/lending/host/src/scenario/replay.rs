//! The replay: hour by hour a price arrives, and each market's keeper looks at every position once.

use assay_host::strategy::Answer;
use assay_keeper::{Conclusion, Keeper, Proof, Report};
use assay_lending::{
    math::{
        liquidation::Exposure,
        value::{Value, ltv_bps},
    },
    state::{Decision, Market, Position},
};
use rand_chacha::ChaCha20Rng;
use solana_address::Address;

use super::{
    candles::Update,
    error::DemoError,
    market::SimulatedMarket,
    outcome::{Hour, LiquidationRecord, PositionOutcome},
    participants::{COLLATERAL_DECIMALS, DEBT_PRICE, DEBT_UNIT},
    simulation::Simulation,
};
use crate::{
    assess::MarketView,
    strategy::{LIQUIDATE_BY_PROOF, Liquidations, NO_DEBT, SAFE, SNAPSHOT_YOUNG, only_score},
};

/// A market with its keeper and what became of its positions.
pub struct MarketReplay<'a> {
    /// The market.
    pub market: &'a SimulatedMarket,
    /// Its keeper.
    pub keeper: Keeper<Liquidations, ChaCha20Rng>,
    /// One for each borrower.
    pub positions: Vec<PositionOutcome>,
    /// The proofs that opened liquidations, in order.
    pub proofs: Vec<Proof>,
    /// What the market's chain of decisions must hold, in order.
    pub decisions: Vec<Decision>,
    /// Proven scores that the keeper had computed otherwise before: none, if it computes as the program does.
    pub surprises: usize,
}

/// The first early liquidation, with the simulation as it was right before: where the attacks begin.
pub struct Opening {
    /// The simulation before the keeper's look.
    pub before: Simulation,
    /// Which borrower.
    pub borrower: usize,
}

impl<'a> MarketReplay<'a> {
    /// A market on which nothing happened yet.
    pub fn new(market: &'a SimulatedMarket, keeper: Keeper<Liquidations, ChaCha20Rng>) -> Self {
        let positions = vec![PositionOutcome::default(); market.borrowers.len()];
        Self { market, keeper, positions, proofs: Vec::new(), decisions: Vec::new(), surprises: 0 }
    }

    /// One look at every position; a second one, a second later, where the first took a snapshot.
    pub fn hour(
        &mut self,
        simulation: &mut Simulation,
        hour: usize,
        update: &Update,
    ) -> Result<(), DemoError> {
        for (index, borrower) in self.market.borrowers.iter().enumerate() {
            let address = self.market.position(borrower);
            let before = self.market.view(simulation)?;
            let owed = self.market.read_position(simulation, borrower)?;
            let mut report = self.look(simulation, &address)?;
            if report.conclusion == Conclusion::LeftAlone(SNAPSHOT_YOUNG) {
                simulation.warp(simulation.now() + 1);
                let first = core::mem::replace(&mut report, self.look(simulation, &address)?);
                let later = core::mem::replace(&mut report.prepared, first.prepared);
                report.prepared.extend(later);
                report.expected = first.expected.or(report.expected);
            }
            let (market, position) =
                (self.market.read(simulation)?, self.market.read_position(simulation, borrower)?);
            let change = Change {
                address,
                before,
                owed,
                debt: position.debt(&market).map_err(|_| DemoError::Books)?,
                collateral: position.collateral,
            };
            let (mark, record) = self.book(simulation, hour, update, report, &change)?;
            let ltv = current_ltv(&market, &position, update.price)?;
            if let Some(outcome) = self.positions.get_mut(index) {
                outcome.hours.push(mark);
                outcome.liquidations.extend(record);
                outcome.peak_ltv_bps = outcome.peak_ltv_bps.max(ltv);
                outcome.final_ltv_bps = ltv;
                outcome.collateral = change.collateral;
                outcome.debt = change.debt;
            }
        }
        Ok(())
    }

    fn look(&mut self, simulation: &mut Simulation, address: &Address) -> Result<Report, DemoError> {
        simulation.keep(&self.market.keeper, |chain| self.keeper.check(chain, address))
    }

    /// Books what the keeper did.
    fn book(
        &mut self,
        simulation: &mut Simulation,
        hour: usize,
        update: &Update,
        report: Report,
        change: &Change,
    ) -> Result<(Hour, Option<LiquidationRecord>), DemoError> {
        let settled = match report.conclusion {
            Conclusion::LeftAlone(NO_DEBT | SAFE) => return Ok((Hour::Safe, None)),
            Conclusion::LeftAlone(_) | Conclusion::Would(_) => return Ok((Hour::LeftAlone, None)),
            Conclusion::Settled(sent) => sent,
        };
        for sent in report.prepared.iter().chain([&settled]) {
            simulation.note(sent.action, &sent.executed);
        }
        let mut score = None;
        if let Some(proof) = report.proof {
            self.surprises += usize::from(report.expected.as_ref() != Some(&proof.answer.outputs));
            score = Some(only_score(&proof.answer.outputs)?);
            self.decisions.push(Decision {
                digest: proof.answer.digest.to_be_bytes(),
                position: change.address.to_bytes(),
                repaid: settled.spent,
                seized: change.owed.collateral.saturating_sub(change.collateral),
                at: simulation.now(),
            });
            self.proofs.push(*proof);
        }
        let assessment = change.before.assess(&change.owed)?;
        let terms = match score {
            Some(_) => change.before.early_terms(&assessment.exposure, &change.owed)?,
            None => change.before.plain_terms(&assessment.exposure)?,
        };
        let repaid = assessment.exposure.debt.saturating_sub(change.debt);
        let seized = change.owed.collateral.saturating_sub(change.collateral);
        let value = Value::of_collateral(seized, update.price, COLLATERAL_DECIMALS).get();
        let cost = u64::try_from(value.saturating_sub(debt_value(repaid))).map_err(|_| DemoError::Books)?;
        let by_proof = settled.action == LIQUIDATE_BY_PROOF;
        let record = LiquidationRecord {
            hour,
            by_proof,
            ltv_bps: assessment.ltv_bps,
            score,
            repaid,
            seized,
            bonus_bps: terms.bonus_bps,
            cost,
        };
        Ok((if by_proof { Hour::ByProof } else { Hour::ByRule }, Some(record)))
    }

    /// The answers that opened liquidations, in order.
    pub fn answers(&self) -> Vec<Answer> {
        self.proofs.iter().map(|proof| proof.answer.clone()).collect()
    }
}

/// A position before and after the keeper's look.
struct Change {
    address: Address,
    before: MarketView,
    owed: Position,
    debt: u64,
    collateral: u64,
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
