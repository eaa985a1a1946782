//! What a keeper does for a market: liquidations, early ones that a proven score opens and those of the plain rule, and all that
//! they need and leave behind.
//!
//! | account | what is done | in |
//! | --- | --- | --- |
//! | the market's two price sources | their hours are observed, 24 a day; minutes and spot prices where a position needs them | here |
//! | the market's positions | flagged, cleared, liquidated, their losses booked | `position` |
//! | the wallet's snapshots and receipts | closed once they may be: the rent returns | `rent` |
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
mod rent;
mod schema;

use anchor_lang::Discriminator;
use assay_feed_host::Keeping;
use assay_host::{
    Account, Chain, Holds, StrategyEntry, Watch,
    account::decode,
    strategy::{Action, Answer, Decision, Strategy, StrategyError, View},
};
use assay_interface::schema::ModelSchema;
use assay_lending::state::{Position, Snapshot};
use assay_verifier_host::Receipt;
use solana_address::Address;

pub use self::{
    policy::{Liquidations, Rules},
    reasons::*,
    schema::{inputs, only_score},
};
use crate::{ID, error::ReadError, source::FEED};

/// How a keeper of a market is opened.
pub const ENTRY: StrategyEntry = StrategyEntry {
    addresses: &policy::ADDRESSES,
    open: |named| policy::open(named).map(|strategy| Box::new(strategy) as Box<dyn Strategy>),
};

/// Where a position holds its market, the discriminator counted.
const POSITION_MARKET: usize = 8;
/// Where a snapshot holds who paid for it.
const SNAPSHOT_PAYER: usize = 8 + core::mem::offset_of!(Snapshot, payer);
/// Where a receipt holds who paid for it.
const RECEIPT_PAYER: usize = 8 + core::mem::offset_of!(Receipt, payer);

/// Hours that one transaction observes at most.
const HOURS_AT_ONCE: usize = 6;

impl Strategy for Liquidations {
    fn accepts(&self, schema: &ModelSchema) -> Result<(), StrategyError> {
        Ok(schema::accepts(schema)?)
    }

    fn targets(&self, chain: &dyn Chain) -> Result<Vec<Address>, StrategyError> {
        let (wallet, market) = (chain.wallet(), self.route.keys.market);
        let watches = [
            watch::<Position>(ID, POSITION_MARKET, &market),
            watch::<Snapshot>(ID, SNAPSHOT_PAYER, &wallet),
            watch::<Receipt>(assay_verifier_host::ID, RECEIPT_PAYER, &wallet),
        ];
        let mut targets = vec![self.route.prices.collateral, self.route.prices.debt];
        for watch in &watches {
            targets.extend(chain.addresses(watch)?);
        }
        Ok(targets)
    }

    fn decide(&self, view: &View<'_>, target: &Address) -> Result<Decision, StrategyError> {
        let Some(found) = view.chain.account(target)? else { return Ok(Decision::Leave(GONE)) };
        if found.owner == FEED {
            return Ok(observe_hours(view, target)?);
        }
        if is::<Snapshot>(ID, &found) {
            let snapshot: Snapshot = read(&found, target, "snapshot")?;
            return Ok(rent::snapshot(view, target, &snapshot)?);
        }
        if is::<Receipt>(assay_verifier_host::ID, &found) {
            let receipt: Receipt = read(&found, target, "receipt")?;
            return Ok(rent::receipt(view, target, &receipt)?);
        }
        self.decide_position(view, target)
    }

    fn act(&self, view: &View<'_>, target: &Address, answer: &Answer) -> Result<Decision, StrategyError> {
        self.act_on_position(view, target, answer)
    }
}

/// Brings the hours that a source lacks, as far as there are updates for them.
fn observe_hours(view: &View<'_>, source: &Address) -> Result<Decision, ReadError> {
    let mut keeping = Keeping::read(view.chain, source)?;
    let instructions = keeping.observe_hours(view.chain.unix_time()?, HOURS_AT_ONCE);
    if instructions.is_empty() {
        return Ok(Decision::Leave(KEPT));
    }
    Ok(Decision::Settle(Action { name: OBSERVE, instructions, pays_from: None }))
}

fn watch<T: Discriminator>(program: Address, offset: usize, holds: &Address) -> Watch {
    let holds = Some(Holds { offset, bytes: holds.to_bytes() });
    Watch { program, discriminator: discriminator(T::DISCRIMINATOR), holds }
}

fn is<T: Discriminator>(program: Address, found: &Account) -> bool {
    Watch { program, discriminator: discriminator(T::DISCRIMINATOR), holds: None }.admits(found)
}

fn read<T: anchor_lang::Owner + Discriminator + bytemuck::Pod>(
    found: &Account,
    address: &Address,
    what: &'static str,
) -> Result<T, ReadError> {
    decode(&found.owner, &found.data).map_err(|source| ReadError::Foreign { what, address: *address, source })
}

/// Eight bytes, as the framework writes them.
const fn discriminator(bytes: &[u8]) -> [u8; 8] {
    match bytes.first_chunk() {
        Some(discriminator) if bytes.len() == 8 => *discriminator,
        _ => panic!("a discriminator has eight bytes"),
    }
}
