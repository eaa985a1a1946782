//! One line of the journal: a checksum and a JSON document.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::book::{InFlight, Sums};
use super::spend::Spend;

/// What this version writes.
pub(super) const VERSION: u32 = 1;
/// Hexadecimal digits of a checksum.
const DIGITS: usize = 16;

/// A line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "kebab-case")]
pub(super) enum Record {
    /// The first one: whose journal this is.
    Journal { version: u32, wallet: String, genesis: String },
    /// Sums of what was left out.
    Sums(Sums),
    /// A transaction is about to be handed in.
    Sending(InFlight),
    /// One ended.
    Ended { id: u64, at: i64, outcome: Outcome, slot: Option<u64>, spent: Spend },
}

/// How a transaction ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Outcome {
    Landed,
    Failed,
    Expired,
    Unknown,
}

impl Record {
    /// Its line, the end of line included.
    pub(super) fn line(&self) -> serde_json::Result<Vec<u8>> {
        let json = serde_json::to_string(self)?;
        Ok(format!("{} {json}\n", checksum(json.as_bytes())).into_bytes())
    }

    /// What a line holds, given without its end; `None` where it is not as it was written.
    pub(super) fn read(line: &[u8]) -> Option<Self> {
        let (sum, rest) = line.split_at_checked(DIGITS)?;
        let json = rest.strip_prefix(b" ")?;
        if checksum(json).as_bytes() != sum {
            return None;
        }
        serde_json::from_slice(json).ok()
    }
}

fn checksum(json: &[u8]) -> String {
    Sha256::digest(json).iter().take(DIGITS / 2).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_what_was_written_or_nothing() {
        let record = Record::Ended {
            id: 3,
            at: 5,
            outcome: Outcome::Landed,
            slot: Some(9),
            spent: Spend::lamports(u64::MAX),
        };
        let line = record.line().unwrap();
        let text = &line[..line.len() - 1];
        assert_eq!(Record::read(text), Some(record));
        for at in 0..text.len() {
            assert_eq!(Record::read(&text[..at]), None, "cut at {at}");
            for bit in 0..8 {
                let mut wrong = text.to_vec();
                wrong[at] ^= 1 << bit;
                assert_eq!(Record::read(&wrong), None, "bit {bit} of byte {at}");
            }
        }
    }
}
