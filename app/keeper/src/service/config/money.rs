//! What is paid, to whom, and how much of it there may be.

use std::collections::BTreeMap;

use solana_address::Address;

use super::super::journal::{Asset, Cap, Caps};
use super::super::wallet::Tip;
use super::url::Url;
use assay_operate::config::{ConfigError, Table, Value};

/// What is paid for being early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fees {
    /// Micro-lamports for a compute unit; none for what others paid of late.
    pub price: Option<u64>,
    /// Most of it, micro-lamports for a compute unit.
    pub most_price: u64,
    /// Most lamports of fees for one transaction.
    pub most_lamports: u64,
    /// Most of the expected profit that goes into fees, percent.
    pub percent_of_profit: u8,
    /// Most lamports for being early of what brings nothing by itself.
    pub upkeep_lamports: u64,
    /// Lamports that a transaction for a gain has to bring beyond its own fee.
    pub least_profit: u64,
}

/// Transactions on the way to one gain: a snapshot, a flag, the liquidation. What all of them may pay stays below the gain.
const STEPS: u64 = 3;

/// What a token is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// Lamports for 10^9 base units; none where nobody said.
    pub lamports_per_billion: Option<u64>,
}

pub(super) const FEES: &[&str] =
    &["price", "most_price", "most_lamports", "percent_of_profit", "upkeep_lamports", "least_profit"];
pub(super) const BUNDLE: &[&str] = &["url", "tip_account", "tip_percent", "most_tip"];
pub(super) const CAPS: &[&str] = &["lamports_day", "lamports_life"];
pub(super) const TOKEN: &[&str] = &["mint", "day", "life", "lamports_per_billion"];
pub(super) fn fees(table: &Table<'_>) -> Result<Fees, ConfigError> {
    let number = |key, default, most, unit| table.or(key, default, |value| value.integer(0, most, unit));
    let most_price = number("most_price", 1_000_000, 100_000_000_000, "micro-lamports")?;
    let price = table.or("price", None, |value| match value.is_integer() {
        true => value.integer(0, most_price, "micro-lamports").map(Some),
        false => value.word(&[("auto", None)]),
    })?;
    Ok(Fees {
        price,
        most_price,
        most_lamports: number("most_lamports", 1_000_000, 1_000_000_000, "lamports")?,
        percent_of_profit: u8::try_from(number("percent_of_profit", 25, 100 / STEPS, "percent")?)
            .unwrap_or(100),
        upkeep_lamports: number("upkeep_lamports", 10_000, 1_000_000_000, "lamports")?,
        least_profit: number("least_profit", 0, u64::MAX, "lamports")?,
    })
}

/// Who takes bundles; nobody where no address is named.
pub(super) fn bundle(root: &Table<'_>) -> Result<Option<(Url, Tip)>, ConfigError> {
    let (table, share_of_fees) =
        (root.table("bundle", BUNDLE)?, fees(&root.table("fees", FEES)?)?.percent_of_profit);
    let Some(url) = table.find("url") else {
        return match table.entries().first() {
            Some((_, value)) => {
                Err(value.error("no url is named that takes bundles", "name it, or remove this"))
            }
            None => Ok(None),
        };
    };
    let server = "write the http address of a server that takes sendBundle";
    let url = Url::http(url.string(server)?).map_err(|what| url.error(what, server))?;
    let number = |key, default, most, unit| table.or(key, default, |value| value.integer(1, most, unit));
    // On the way to a gain each step pays a fee and the last a tip.
    let left = 100u64.saturating_sub(STEPS.saturating_mul(share_of_fees.into()));
    let share =
        number("tip_percent", 10.min(left), left, "percent, which three times fees.percent_of_profit leave")?;
    let to = address(&table.get("tip_account", "name the account that the server's tips go to")?)?;
    let most = number("most_tip", 100_000, 1_000_000_000, "lamports")?;
    Ok(Some((url, Tip { to, share_percent: u8::try_from(share).unwrap_or(100), most })))
}

/// The caps of lamports and of each token, and what the tokens are worth.
pub(super) fn spending(root: &Table<'_>) -> Result<(Caps, BTreeMap<Address, Token>), ConfigError> {
    let table = root.table("caps", CAPS)?;
    let lamports = |key, default| table.or(key, default, |value| value.integer(0, u64::MAX, "lamports"));
    let day = lamports("lamports_day", 500_000_000)?;
    let life = lamports("lamports_life", 5_000_000_000)?;
    in_order(&table, ["lamports_life", "lamports_day"], day, life)?;
    let mut caps = vec![(Asset::Lamports, Cap { life, day })];
    let mut tokens = BTreeMap::new();
    for table in root.tables("token", TOKEN)? {
        let named = table.get("mint", "name the token's mint")?;
        let mint = address(&named)?;
        let units = |key| {
            let value = table.get(key, "write the most base units that may be spent")?;
            value.integer(0, u64::MAX, "base units")
        };
        let (day, life) = (units("day")?, units("life")?);
        in_order(&table, ["life", "day"], day, life)?;
        caps.push((Asset::Token(mint), Cap { life, day }));
        let worth = |value: &Value<'_>| value.integer(0, u64::MAX, "lamports").map(Some);
        let token = Token { lamports_per_billion: table.or("lamports_per_billion", None, worth)? };
        if tokens.insert(mint, token).is_some() {
            return Err(named.error("this mint stands twice", "keep one [[token]] for each mint"));
        }
    }
    Ok((caps.into_iter().collect(), tokens))
}

/// A cap for life that is below the day's makes that one of no effect.
fn in_order(table: &Table<'_>, keys: [&str; 2], day: u64, life: u64) -> Result<(), ConfigError> {
    match keys.into_iter().find_map(|key| table.find(key)) {
        Some(value) if life < day => Err(value.error(
            format!("{life} for life is less than {day} in a day"),
            "write no less for the journal's life than for a day of it",
        )),
        _ => Ok(()),
    }
}

pub(super) fn address(value: &Value<'_>) -> Result<Address, ConfigError> {
    let remedy = "write the account's address, 32 bytes in base58";
    let text = value.string(remedy)?;
    text.parse().map_err(|_| value.error(format!("{text:?} is no address"), remedy))
}
