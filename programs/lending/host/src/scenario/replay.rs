//! The replay: hour by hour a price arrives, and each market's keeper looks at every position once.

use assay_client::lending::{Market, Position};
use assay_keeper::{Action, Keeper, ProvenScore, Reason, Report};
use assay_lending::math::{
    liquidation::Exposure,
    value::{Value, ltv_bps},
};
use rand_chacha::ChaCha20Rng;

use crate::{
    candles::Update,
    error::DemoError,
    market::Venue,
    outcome::{Hour, LiquidationRecord, PositionOutcome},
    scenario::{COLLATERAL_DECIMALS, DEBT_PRICE},
    world::World,
};

/// A market with its keeper and what became of its positions.
pub struct Side<'a> {
    /// The market.
    pub venue: &'a Venue,
    /// Its keeper.
    pub keeper: Keeper<'a, ChaCha20Rng>,
    /// One for each borrower.
    pub positions: Vec<PositionOutcome>,
    /// The proofs that opened liquidations, in order.
    pub proven: Vec<ProvenScore>,
    /// Proven scores that the keeper had computed otherwise before: none, if it computes as the program does.
    pub surprises: usize,
}

/// The first early liquidation, with the world as it was right before: where the attacks begin.
pub struct Opening {
    /// The world before the keeper's look.
    pub before: World,
    /// Which borrower.
    pub borrower: usize,
}

impl<'a> Side<'a> {
    /// A side on which nothing happened yet.
    pub fn new(venue: &'a Venue, keeper: Keeper<'a, ChaCha20Rng>) -> Self {
        let positions = vec![PositionOutcome::default(); venue.borrowers.len()];
        Self { venue, keeper, positions, proven: Vec::new(), surprises: 0 }
    }

    /// Brings the market's price history up to date.
    pub fn observe(&mut self, world: &mut World) -> Result<(), DemoError> {
        let route = self.venue.route();
        let observed = world.keep(&self.venue.keeper, |chain| self.keeper.observe(chain, &route))?;
        if let Some(executed) = observed {
            world.note("observe", &executed);
        }
        Ok(())
    }

    /// One look at every position.
    pub fn hour(&mut self, world: &mut World, hour: usize, update: &Update) -> Result<(), DemoError> {
        let route = self.venue.route();
        for (index, borrower) in self.venue.borrowers.iter().enumerate() {
            let address = self.venue.position(borrower);
            let report =
                world.keep(&self.venue.keeper, |chain| self.keeper.check(chain, &route, &address))?;
            let (mark, record) = self.book(world, hour, update, report);
            let (market, position) = (self.venue.read(world)?, self.venue.read_position(world, borrower)?);
            let ltv = current_ltv(&market, &position, update.price)?;
            if let Some(outcome) = self.positions.get_mut(index) {
                outcome.hours.push(mark);
                outcome.liquidations.extend(record);
                outcome.peak_ltv_bps = outcome.peak_ltv_bps.max(ltv);
                outcome.final_ltv_bps = ltv;
                outcome.collateral = position.collateral;
                outcome.debt = position.debt(&market).map_err(|_| DemoError::Books)?;
            }
        }
        Ok(())
    }

    /// Books what the keeper did.
    fn book(
        &mut self,
        world: &mut World,
        hour: usize,
        update: &Update,
        report: Report,
    ) -> (Hour, Option<LiquidationRecord>) {
        let Report { ltv_bps, score, action } = report;
        let (by_proof, score, liquidation) = match action {
            Action::LeftAlone(Reason::NoDebt | Reason::Safe) => {
                return (Hour::Safe, None);
            }
            Action::LeftAlone(_) | Action::Would(_) => return (Hour::LeftAlone, None),
            Action::ByRule(liquidation) => {
                world.note("liquidate", &liquidation.executed);
                (false, score, liquidation)
            }
            Action::ByProof { liquidation, snapshot, proven } => {
                if let Some(snapshot) = snapshot {
                    world.note("snapshot", &snapshot);
                }
                world.note("liquidate_by_proof", &liquidation.executed);
                self.surprises += usize::from(score != Some(proven.score));
                let score = proven.score;
                self.proven.push(*proven);
                (true, Some(score), liquidation)
            }
        };
        let seized = Value::of_collateral(liquidation.seized, update.price, COLLATERAL_DECIMALS).get();
        let repaid = debt_value(liquidation.repaid);
        let record = LiquidationRecord {
            hour,
            by_proof,
            ltv_bps,
            score,
            repaid: liquidation.repaid,
            seized: liquidation.seized,
            bonus_bps: liquidation.bonus_bps,
            cost: u64::try_from(seized.saturating_sub(repaid)).unwrap_or(u64::MAX),
        };
        (if by_proof { Hour::ByProof } else { Hour::ByRule }, Some(record))
    }
}

/// Value of an amount of the debt asset, 1e-8 USD.
pub fn debt_value(amount: u64) -> u128 {
    u128::from(amount) * u128::from(DEBT_PRICE) / u128::from(crate::scenario::DEBT_UNIT)
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
