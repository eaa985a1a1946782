//! What a keeper does for a market: liquidations, early ones that a proven score opens and those of the plain rule, and all that
//! they need and leave behind.
//!
//! | account | what is done | in |
//! | --- | --- | --- |
//! | the market's two price sources | their hours are observed, 24 a day; minutes and spot prices where a position needs them | here |
//! | the market's positions | flagged, cleared, liquidated, their losses booked | `position` |
//! | the wallet's snapshots and receipts | closed once they may be: the rent returns | here |
//!
//! Every action can be repeated: a snapshot that lives is used instead of taking another, and a position's budget makes the
//! program refuse what goes beyond it. A snapshot is acted on in a later second than it was taken in, so a look that takes
//! one leaves the position and the next one proves. The program is the judge of all of it: it computes the features, has
//! the proof checked and decides again. A keeper that lies, or is late, can at worst fail to liquidate, and then the plain
//! rule remains.
//!
//! Where the market follows a series, the keeper proves for the series' current model if that is its own, and leaves positions to
//! others once it is not: whoever runs it watches for the switch, which the series announces by its timelock.

mod policy;
mod position;
mod reasons;
mod schema;

use std::cmp::Reverse;
use std::sync::Arc;

use assay_feed_host::keeping::keep_hours;
use assay_host::{
    Account, Chain, StrategyEntry, Watch,
    account::decode,
    strategy::{Action, Answer, Decision, Strategy, StrategyError, View},
};
use assay_interface::schema::ModelSchema;
use assay_lending::state::{Position, Snapshot};
use assay_verifier_host::{Receipt, close_when_due, own_receipts};
use solana_address::Address;

pub use self::{
    policy::{Liquidations, Rules},
    reasons::*,
    schema::{inputs, only_score},
};
use crate::{error::ReadError, keys::MarketKeys, read, source::FEED};

/// How a keeper of a market is opened.
pub const ENTRY: StrategyEntry = StrategyEntry {
    addresses: &policy::ADDRESSES,
    open: |named| policy::open(named).map(|strategy| Arc::new(strategy) as Arc<dyn Strategy>),
};

impl Strategy for Liquidations {
    fn accepts(&self, schema: &ModelSchema) -> Result<(), StrategyError> {
        Ok(schema::accepts(schema)?)
    }

    fn targets(&self, chain: &dyn Chain) -> Result<Vec<Address>, StrategyError> {
        let (wallet, market) = (chain.wallet(), self.route.keys.market);
        // Where there is no such market, or it has other prices, nothing would be found, and nobody told of the mistake.
        read::market(chain, &self.route)?;
        let watches = [
            Watch::of::<Position>().holding(core::mem::offset_of!(Position, market), &market),
            Watch::of::<Snapshot>().holding(core::mem::offset_of!(Snapshot, payer), &wallet),
            own_receipts(&wallet),
        ];
        let mut targets = vec![self.route.prices.collateral, self.route.prices.debt];
        let [positions, own @ ..] = &watches;
        // Anybody may open positions: those that owe most come first.
        let mut owing = Vec::new();
        for address in chain.addresses(positions)? {
            let found = chain.listed(positions, &address)?;
            let position = found.and_then(|found| decode::<Position>(&found.owner, &found.data).ok());
            owing.push((Reverse(position.map_or(0, |position| position.debt_shares)), address));
        }
        owing.sort_unstable();
        targets.extend(owing.into_iter().map(|(_, address)| address));
        for watch in own {
            targets.extend(chain.addresses(watch)?);
        }
        Ok(targets)
    }

    fn decide(&self, view: &View<'_>, target: &Address) -> Result<Decision, StrategyError> {
        let Some(found) = view.chain.account(target)? else { return Ok(Decision::Leave(GONE)) };
        if found.owner == FEED {
            return Ok(keep_hours(view.chain, target).map_err(ReadError::from)?);
        }
        if Watch::of::<Snapshot>().admits(&found) || Watch::of::<Receipt>().admits(&found) {
            return Ok(close(view, target, &found)?);
        }
        self.decide_position(view, target)
    }

    fn act(&self, view: &View<'_>, target: &Address, answer: &Answer) -> Result<Decision, StrategyError> {
        self.act_on_position(view, target, answer)
    }
}

/// Closes a snapshot or a receipt of the wallet's once it may be closed.
fn close(view: &View<'_>, target: &Address, found: &Account) -> Result<Decision, ReadError> {
    let (wallet, now) = (view.chain.wallet(), view.chain.unix_time()?);
    let foreign = |what| move |source| ReadError::Foreign { what, address: *target, source };
    let action = if Watch::of::<Receipt>().admits(found) {
        let close = close_when_due(target, found, &wallet, now).map_err(foreign("receipt"))?;
        close.map(|close| Action::of(CLOSE_RECEIPT, close))
    } else {
        let snapshot: Snapshot = decode(&found.owner, &found.data).map_err(foreign("snapshot"))?;
        let is_due = snapshot.payer == wallet && now > snapshot.expires_at;
        is_due.then(|| Action::of(CLOSE_SNAPSHOT, MarketKeys::close_snapshot(*target, wallet)))
    };
    Ok(action.map_or(Decision::Leave(NOT_DUE), Decision::Settle))
}
