//! Price accounts: Pyth's, written as its receiver program would after checking an update's signatures.

use anyhow::{Context as _, Result, bail, ensure};
use assay_feed_interface::pyth::{
    PUSH_ORACLE_PROGRAM, PriceUpdate, RECEIVER_PROGRAM, VerificationLevel, push_seeds,
};
use solana_pubkey::Pubkey;

use crate::parse::Dollars;

/// Owner of every price account.
pub const RECEIVER: Pubkey = Pubkey::new_from_array(RECEIVER_PROGRAM);

/// A price that every cluster starts with.
pub struct Asset {
    /// Its name in commands.
    pub name: &'static str,
    /// Id of Pyth's feed of its price in US dollars, in hexadecimal.
    pub feed: &'static str,
    /// Price at the start, in units of 10^-8 US dollars.
    pub start: u64,
    /// Decimals of its test mint.
    pub decimals: u8,
}

/// Those prices, under the ids that Pyth gives them.
pub const ASSETS: [Asset; 4] = [
    Asset {
        name: "SOL",
        feed: "ef0d8b6fda2ceba41da15d4095d1da392a0d2f8ed0c6c7bc0f4cfac8c280b56d",
        start: 150_00_000_000,
        decimals: 9,
    },
    Asset {
        name: "USDC",
        feed: "eaa020c61cc479712813461ce153894a96a6c00b21ed0cfc2798d1f9a9e9c94a",
        start: 1_00_000_000,
        decimals: 6,
    },
    Asset {
        name: "BTC",
        feed: "e62df6c8b4a85fe1a67db44dc12de5db330f7ac66b72dc658afedf0f4a415b43",
        start: 100_000_00_000_000,
        decimals: 8,
    },
    Asset {
        name: "ETH",
        feed: "ff61491a931112ddf1bd8147cd1b641375f79f5825126d665480874634fd0ace",
        start: 4_000_00_000_000,
        decimals: 8,
    },
];

/// The feed's id of a name, or the id itself.
pub fn feed_id(name: &str) -> Result<[u8; 32]> {
    let known = ASSETS.iter().find(|asset| asset.name.eq_ignore_ascii_case(name));
    let text = known.map_or_else(|| name.strip_prefix("0x").unwrap_or(name), |asset| asset.feed);
    let is_id = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    ensure!(
        is_id,
        "`{name}` is no price here: use {}, or a Pyth feed's id of 64 hexadecimal digits",
        ASSETS.map(|asset| asset.name).join(", ")
    );
    let mut id = [0; 32];
    for (byte, digits) in id.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits)?, 16)?;
    }
    Ok(id)
}

/// Where the push oracle keeps a feed.
pub fn address(shard: u16, feed: &[u8; 32]) -> Pubkey {
    let oracle = Pubkey::new_from_array(PUSH_ORACLE_PROGRAM);
    Pubkey::find_program_address(&push_seeds(&shard.to_le_bytes(), feed), &oracle).0
}

/// The contents of an account for a price published now: `now` in Unix seconds.
pub fn publish(
    feed: [u8; 32],
    price: Dollars,
    confidence: Option<Dollars>,
    now: i64,
    slot: u64,
) -> Result<PriceUpdate> {
    let confidence = confidence.map_or_else(|| (price.0 / 2_000).max(1), |given| given.0);
    let amount = i64::try_from(price.0).context("the price is too large for an account")?;
    Ok(PriceUpdate {
        write_authority: [0; 32],
        verification_level: VerificationLevel::Full,
        feed_id: feed,
        price: amount,
        confidence,
        exponent: -8,
        publish_time: now,
        previous_publish_time: now.saturating_sub(1),
        ema_price: amount,
        ema_confidence: confidence,
        posted_slot: slot,
    })
}

/// The same price, published again; `None` where the account has this second's already, or is none of Pyth's.
pub fn again(data: &[u8], now: i64, slot: u64) -> Option<PriceUpdate> {
    let update = PriceUpdate::decode(data).ok().filter(|update| update.publish_time < now)?;
    let previous_publish_time = update.publish_time;
    Some(PriceUpdate { publish_time: now, previous_publish_time, posted_slot: slot, ..update })
}

/// Price and confidence of an account as amounts, whatever its exponent.
pub fn read(data: &[u8]) -> Result<(PriceUpdate, Dollars, Dollars)> {
    let update = PriceUpdate::decode(data)?;
    let price = match update.checked(&update.feed_id) {
        Ok(price) => price,
        Err(error) => bail!("the account holds no usable price: {error}"),
    };
    Ok((update, Dollars(price.price), Dollars(price.confidence)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_lie_where_mainnets_sponsored_ones_do() {
        let sol = address(0, &feed_id("sol").unwrap());
        assert_eq!(sol.to_string(), "7UVimffxr9ow1uXYxsr4LHAcV58mLzhmwaeKvJ1pjLiE"); // docs.pyth.network lists it
        assert_ne!(address(1, &feed_id("SOL").unwrap()), sol);
    }

    #[test]
    fn names_and_ids_are_told_apart() {
        assert_eq!(feed_id(ASSETS[2].feed).unwrap(), feed_id("btc").unwrap());
        assert_eq!(feed_id(&format!("0x{}", ASSETS[2].feed)).unwrap(), feed_id("BTC").unwrap());
        for name in ["DOGE", "", "0x", "zz", &"g".repeat(64), &"é".repeat(32)] {
            assert!(feed_id(name).is_err(), "{name}");
        }
    }

    #[test]
    fn a_price_is_read_as_it_was_published() {
        let feed = feed_id("SOL").unwrap();
        let update = publish(feed, "120.5".parse().unwrap(), None, 1_000, 7).unwrap();
        let (read_back, price, confidence) = read(&update.encode()).unwrap();
        assert_eq!(read_back, update);
        assert_eq!((price.0, confidence.0), (12_050_000_000, 6_025_000));

        let later = again(&update.encode(), 1_002, 12).unwrap();
        assert_eq!(
            (later.price, later.publish_time, later.previous_publish_time),
            (update.price, 1_002, 1_000)
        );
        assert_eq!(again(&update.encode(), 1_000, 12), None);
        assert_eq!(again(&[0; 134], 1_000, 12), None);
    }
}
