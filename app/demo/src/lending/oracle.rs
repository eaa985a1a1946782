//! Prices of the demonstration: an oracle that writes its accounts, as Pyth's would, and somebody who keeps the feed program's
//! sources. Everything from the oracle's accounts on is the feed program's own.

use assay_feed_host::{PythFeed, SourceKeys, oracle};
use assay_feed_interface::{
    Interval,
    pyth::{PriceUpdate, VerificationLevel},
};
use solana_address::Address;
use solana_instruction::Instruction;
use solana_signer::Signer as _;

use super::{
    candles::{HOUR, Update},
    participants::{COLLATERAL_FEED, DEBT_CONFIDENCE, DEBT_FEED, DEBT_PRICE},
    simulation::{ENDOWMENT, Simulation},
};
use crate::error::DemoError;

/// Decimal exponent of the oracle's amounts.
const EXPONENT: i32 = -8;

/// Seconds of a minute.
const MINUTE: i64 = 60;

/// The collateral's feed, and the debt asset's.
const FEEDS: [PythFeed; 2] =
    [PythFeed { shard: 0, id: COLLATERAL_FEED }, PythFeed { shard: 0, id: DEBT_FEED }];

/// Label of the key that keeps the sources.
const KEEPER: &str = "feed keeper";

impl Simulation {
    /// Creates both sources.
    ///
    /// # Errors
    /// The feed program refuses.
    pub(super) fn create_sources(&mut self) -> Result<[Address; 2], DemoError> {
        let keeper = self.key(KEEPER);
        self.net.airdrop(&keeper.pubkey(), ENDOWMENT);
        for feed in &FEEDS {
            let create = SourceKeys::of(feed).create(keeper.pubkey(), feed);
            self.send("create_source", &keeper, &[create])?;
        }
        Ok(FEEDS.map(|feed| SourceKeys::of(&feed).source))
    }

    /// The accounts that a change of prices changes.
    pub(super) fn price_accounts() -> [Address; 4] {
        let [collateral, debt] = FEEDS.map(|feed| SourceKeys::of(&feed));
        [collateral.source, collateral.pinned, debt.source, debt.pinned]
    }

    /// Publishes an hour's prices. The updates before them lie an hour back, so these are the first of their hour and minute.
    ///
    /// # Errors
    /// The feed program refuses.
    pub fn publish(&mut self, update: &Update) -> Result<(), DemoError> {
        let quote = |feed: PythFeed, price: i64, confidence, ema_price| PriceUpdate {
            write_authority: [0; 32],
            verification_level: VerificationLevel::Full,
            feed_id: feed.id,
            price,
            confidence,
            exponent: EXPONENT,
            publish_time: update.publish_time,
            previous_publish_time: update.publish_time - HOUR,
            ema_price,
            ema_confidence: confidence,
            posted_slot: 0,
        };
        let signed =
            |amount: u64| i64::try_from(amount).map_err(|_| DemoError::Scenario("prices fit 63 bits"));
        let (price, ema, dollar) = (signed(update.price)?, signed(update.ema)?, signed(DEBT_PRICE)?);
        let [collateral, debt] = FEEDS;
        let updates =
            [quote(collateral, price, update.confidence, ema), quote(debt, dollar, DEBT_CONFIDENCE, dollar)];
        self.feed(updates, &[Interval::Hour, Interval::Minute])
    }

    /// Publishes the last prices again, with the present as their time: spot prices, of no full minute.
    ///
    /// # Errors
    /// The feed program refuses.
    pub fn refresh_prices(&mut self) -> Result<(), DemoError> {
        let now = self.now();
        let updates = self.last()?.map(|update| PriceUpdate {
            publish_time: now,
            previous_publish_time: now,
            ..update
        });
        self.feed(updates, &[])
    }

    /// Publishes the last prices again as the first ones of the next minute, and waits for them.
    ///
    /// # Errors
    /// The feed program refuses.
    pub fn next_minute(&mut self) -> Result<(), DemoError> {
        let at = (self.now() / MINUTE + 1) * MINUTE;
        self.warp(at);
        let updates = self.last()?.map(|update| PriceUpdate {
            publish_time: at,
            previous_publish_time: at - 1,
            ..update
        });
        self.feed(updates, &[Interval::Minute])
    }

    /// `refresh` of the collateral's source from an update that somebody posted for themselves, to half the price.
    ///
    /// # Errors
    /// Nothing was published yet.
    pub fn refresh_from_elsewhere(&mut self) -> Result<Instruction, DemoError> {
        let [collateral, _] = self.last()?;
        let update = PriceUpdate {
            price: collateral.price / 2,
            publish_time: self.now(),
            previous_publish_time: collateral.publish_time,
            ..collateral
        };
        let posted = self.key("posted update").pubkey();
        self.net.put(posted, oracle::account(&update));
        let [feed, _] = FEEDS;
        Ok(SourceKeys { pinned: posted, ..SourceKeys::of(&feed) }.refresh())
    }

    fn last(&self) -> Result<[PriceUpdate; 2], DemoError> {
        self.published.ok_or(DemoError::Scenario("prices were published"))
    }

    /// The oracle writes its accounts, and the keeper of the sources takes them over.
    fn feed(&mut self, updates: [PriceUpdate; 2], rings: &[Interval]) -> Result<(), DemoError> {
        let mut instructions = Vec::new();
        for (feed, update) in FEEDS.iter().zip(&updates) {
            let keys = SourceKeys::of(feed);
            self.net.put(keys.pinned, oracle::account(update));
            instructions.push(keys.refresh());
            instructions
                .extend(rings.iter().map(|&ring| keys.observe(ring, update.publish_time, keys.pinned)));
        }
        self.published = Some(updates);
        let keeper = self.key(KEEPER);
        self.send("refresh, observe", &keeper, &instructions)?;
        Ok(())
    }
}
