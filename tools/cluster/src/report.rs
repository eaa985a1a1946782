//! What is printed when the cluster answers: a table for people, JSON for scripts.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::{Map, Value, json};

use crate::accounts::{self, Program, TOKENS};
use crate::parse::Dollars;
use crate::prices::{self, ASSETS};
use crate::wallet::Wallet;

/// A running cluster, as far as others have to know it.
pub struct Report<'a> {
    pub port: u16,
    pub slot_time: u64,
    pub publish_every: u64,
    pub wallet: &'a Wallet,
    pub sol: u64,
    pub programs: &'a [Program],
}

impl Report<'_> {
    pub fn rpc(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn websocket(&self) -> String {
        format!("ws://127.0.0.1:{}", self.port + 1)
    }

    /// Addresses by name.
    pub fn json(&self) -> Result<Value> {
        let programs: Map<String, Value> = self
            .programs
            .iter()
            .map(|program| (program.library.clone(), json!(program.id.to_string())))
            .collect();
        let mut mints = Map::new();
        let mut prices = Map::new();
        for asset in &ASSETS {
            let mint = accounts::mint_address(asset);
            mints.insert(
                asset.name.to_owned(),
                json!({
                    "address": mint.to_string(),
                    "decimals": asset.decimals,
                    "walletAccount": accounts::token_address(&self.wallet.address, &mint).to_string(),
                }),
            );
            let account = prices::address(0, &prices::feed_id(asset.name)?);
            prices.insert(
                asset.name.to_owned(),
                json!({ "account": account.to_string(), "feedId": asset.feed, "shard": 0 }),
            );
        }
        Ok(json!({
            "rpc": self.rpc(),
            "websocket": self.websocket(),
            "slotTimeMs": self.slot_time,
            "wallet": { "address": self.wallet.address.to_string(), "file": self.wallet.file },
            "programs": programs,
            "mints": mints,
            "prices": prices,
        }))
    }

    /// The table.
    pub fn table(&self) -> Result<String> {
        let mut page = String::new();
        let mut line = |name: &str, address: &str, note: &str| {
            writeln!(page, "{}", format!("  {name:<10} {address:<46} {note}").trim_end())
        };
        line("RPC", &self.rpc(), &format!("a slot every {} ms", self.slot_time))?;
        line("WebSocket", &self.websocket(), "")?;
        line("wallet", &self.wallet.address.to_string(), &format!("{} SOL", grouped(self.sol)))?;
        line("", "", "")?;
        line("program", "address", "")?;
        for program in self.programs {
            let name = program.library.strip_prefix("assay_").unwrap_or(&program.library);
            line(name, &program.id.to_string(), &format!("{} bytes", grouped(program.bytes.len() as u64)))?;
        }
        line("", "", "")?;
        line("test mint", "address", "the wallet is its authority and has")?;
        for asset in &ASSETS {
            let note = format!("{} of {} decimals", grouped(TOKENS), asset.decimals);
            line(asset.name, &accounts::mint_address(asset).to_string(), &note)?;
        }
        line("", "", "")?;
        let published = match self.publish_every {
            0 => "US dollars, published once".to_owned(),
            1 => "US dollars, published every second".to_owned(),
            seconds => format!("US dollars, published every {seconds} seconds"),
        };
        line("price", "account of Pyth's receiver", &published)?;
        for asset in &ASSETS {
            let account = prices::address(0, &prices::feed_id(asset.name)?);
            line(asset.name, &account.to_string(), &Dollars(asset.start).to_string())?;
        }
        let (rpc, key) = (self.rpc(), self.wallet.file.display());
        let url = if self.port == 8899 { String::new() } else { format!(" --url {rpc}") };
        write!(
            page,
            "\n  solana config set --url {rpc} --keypair {key}\
             \n  cargo xtask localnet price SOL 120.5{url}\
             \n  cargo xtask localnet clock +1h{url}\n\
             \n  Ctrl-C stops it; nothing is kept.\n"
        )?;
        Ok(page)
    }

    /// Writes the JSON where scripts wait for it: whole or not at all.
    pub fn write(&self, file: &Path) -> Result<()> {
        let write = || -> Result<()> {
            let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
            let name = file.file_name().context("it names no file")?.to_string_lossy().into_owned();
            let part = folder.unwrap_or(Path::new(".")).join(format!(".{name}.part"));
            let mut out = std::fs::File::create(&part)?;
            writeln!(out, "{}", self.json()?)?;
            std::fs::rename(&part, file)?;
            Ok(())
        };
        write().with_context(|| format!("cannot write the ready file {}", file.display()))
    }
}

/// `1234567` as `1,234,567`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn digits_stand_in_threes() {
        let grouped = [0, 12, 123, 1_234, 1_234_567].map(super::grouped);
        assert_eq!(grouped, ["0", "12", "123", "1,234", "1,234,567"]);
    }
}
