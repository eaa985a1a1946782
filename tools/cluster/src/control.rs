//! Clock and prices of a running cluster, changed over its RPC.

use std::fmt::Write as _;

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use serde_json::{Value, json};
use solana_account::Account;
use solana_clock::Clock;
use solana_commitment_config::CommitmentConfig;
use solana_pubkey::{Pubkey, pubkey};
use solana_rpc_client::rpc_client::RpcClient;
use solana_rpc_client_api::request::RpcRequest;

use crate::accounts;
use crate::parse::{Dollars, Moment};
use crate::prices::{self, ASSETS, RECEIVER};

const CLOCK: Pubkey = pubkey!("SysvarC1ock11111111111111111111111111111111");

/// Shows prices, or sets one.
pub fn price(
    url: &str,
    name: Option<&str>,
    price: Option<Dollars>,
    confidence: Option<Dollars>,
    shard: u16,
) -> Result<()> {
    let cluster = Running::at(url)?;
    let (Some(name), Some(price)) = (name, price) else {
        let names = name.map_or_else(|| ASSETS.iter().map(|asset| asset.name).collect(), |name| vec![name]);
        for name in names {
            cluster.show_price(name, shard)?;
        }
        return Ok(());
    };
    let feed = prices::feed_id(name)?;
    let address = prices::address(shard, &feed);
    let clock = cluster.clock()?;
    let update = prices::publish(feed, price, confidence, clock.unix_timestamp, clock.slot)?;
    let mut data = String::new();
    for byte in update.encode() {
        write!(data, "{byte:02x}")?;
    }
    let account = json!({
        "lamports": accounts::rent(update.encode().len()),
        "owner": RECEIVER.to_string(),
        "data": data,
    });
    cluster.cheat("surfnet_setAccount", json!([address.to_string(), account]))?;
    cluster.show_price(name, shard)
}

/// Shows the clock, or moves it.
pub fn clock(url: &str, change: Option<Moment>) -> Result<()> {
    let cluster = Running::at(url)?;
    let target = match change {
        None => None,
        Some(Moment::Later(seconds)) => {
            Some(cluster.clock()?.unix_timestamp.saturating_add(i64::try_from(seconds)?))
        }
        Some(Moment::At(target)) => Some(target),
        Some(Moment::Pause) => {
            cluster.cheat("surfnet_pauseClock", json!([]))?;
            None
        }
        Some(Moment::Resume) => {
            cluster.cheat("surfnet_resumeClock", json!([]))?;
            None
        }
    };
    if let Some(target) = target {
        let now = cluster.clock()?.unix_timestamp;
        ensure!(target > now, "the clock stands at @{now} and goes forward only; @{target} is not later");
        let milliseconds = target.checked_mul(1_000).context("that is too far in the future")?;
        cluster.cheat("surfnet_timeTravel", json!([{ "absoluteTimestamp": milliseconds }]))?;
    }
    let clock = cluster.clock()?;
    println!("@{} slot {} epoch {}", clock.unix_timestamp, clock.slot, clock.epoch);
    Ok(())
}

struct Running {
    url: String,
    rpc: RpcClient,
}

impl Running {
    fn at(url: &str) -> Result<Self> {
        let cluster = Self {
            url: url.to_owned(),
            rpc: RpcClient::new_with_commitment(url, CommitmentConfig::processed()),
        };
        cluster.rpc.get_slot().map_err(|error| {
            anyhow!(
                "no cluster answers at {url} ({error})\n\
                 hint: start one with `cargo xtask localnet`, or say where it is: `--url http://127.0.0.1:PORT`"
            )
        })?;
        Ok(cluster)
    }

    fn cheat(&self, method: &'static str, parameters: Value) -> Result<Value> {
        self.rpc.send(RpcRequest::Custom { method }, parameters).map_err(|error| {
            anyhow!(
                "{} refuses {method}: {error}\nhint: only a cluster of `cargo xtask localnet` can be told its clock and \
                 its prices",
                self.url
            )
        })
    }

    /// The account at the slot in progress.
    fn account(&self, address: &Pubkey) -> Result<Option<Account>> {
        Ok(self.rpc.get_account_with_commitment(address, self.rpc.commitment())?.value)
    }

    fn clock(&self) -> Result<Clock> {
        let account = self.account(&CLOCK)?.context("the cluster has no clock")?;
        let field = |offset: usize| -> Result<[u8; 8]> {
            Ok(account.data.get(offset..offset + 8).context("the clock account is too short")?.try_into()?)
        };
        Ok(Clock {
            slot: u64::from_le_bytes(field(0)?),
            epoch_start_timestamp: i64::from_le_bytes(field(8)?),
            epoch: u64::from_le_bytes(field(16)?),
            leader_schedule_epoch: u64::from_le_bytes(field(24)?),
            unix_timestamp: i64::from_le_bytes(field(32)?),
        })
    }

    fn show_price(&self, name: &str, shard: u16) -> Result<()> {
        let feed = prices::feed_id(name)?;
        let address = prices::address(shard, &feed);
        let Some(account) = self.account(&address)? else {
            bail!("{name} has no account under shard {shard}; `price {name} USD --shard {shard}` makes one")
        };
        ensure!(account.owner == RECEIVER, "{address} belongs to {}, not to Pyth's receiver", account.owner);
        let (update, price, confidence) = prices::read(&account.data)?;
        let name = ASSETS
            .iter()
            .find(|asset| asset.name.eq_ignore_ascii_case(name))
            .map_or(name, |asset| asset.name);
        println!("{name:<6} {price:>16} ± {confidence:<10} @{} {address}", update.publish_time);
        Ok(())
    }
}
