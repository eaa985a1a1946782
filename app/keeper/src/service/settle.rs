//! Transactions whose end is not known: those that a keeper sent before it was killed, and those that it lost sight of.
//!
//! Each is looked up, beyond the latest blocks too, until a server shows it or its blockhash is long expired. Until then the journal holds
//! its account and its spending. It is not sent again: whoever decides later decides on what the chain shows then.
//!
//! That nothing is shown of a transaction means that it expired only to who asked while the latest blocks still had it, or asks a server
//! that keeps older ones. To a keeper that was away for longer it may as well have been executed and forgotten: then all that it
//! could spend counts as spent.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use assay_chain::Result;
use assay_chain::send::MARGIN;

use super::journal::{End, InFlight};
use super::prices::now;
use super::wallet::Shared;

/// Between two looks at everything.
const PACE: Duration = Duration::from_secs(2);
/// Looks at a transaction whose blockhash has expired before it is given up.
const LAST_LOOKS: u32 = 4;

/// Blocks after the last that takes a blockhash for which every server still shows what came of it: they show 300 slots, and a
/// blockhash lives for 150 blocks.
const SHOWN: u64 = 100;
/// How far back a server that says that it keeps a history is believed to, seconds.
const KEPT: i64 = 86_400;
/// For how long one whose end nobody shows is waited for, seconds: a hundred times a blockhash's life. Otherwise a server that named a wrong
/// height once, or shows it in no block that is confirmed, would hold its account and its spending for good.
const LONGEST: i64 = 7_200;

/// What is known of transactions that may be on their way.
#[derive(Default)]
pub struct Settling {
    /// Looks since the blockhash expired, by the transaction's number.
    looks: HashMap<u64, u32>,
    /// Those that were looked at while every server would have shown them.
    watched: HashSet<u64>,
}

impl Settling {
    /// Looks at every transaction that is on its way and that nobody waits for; how many of them are left.
    ///
    /// # Errors
    /// The cluster cannot be asked.
    pub fn look(&mut self, shared: &Shared, is_waited_for: impl Fn(&InFlight) -> bool) -> Result<usize> {
        let Some(journal) = &shared.journal else { return Ok(0) };
        let flights = journal.in_flight().into_iter().filter(|flight| !is_waited_for(flight));
        let mut left = 0;
        for flight in flights {
            let end = self.end(shared, &flight)?;
            match end.map(|end| shared.ended(&flight, &end)) {
                Some(Ok(())) => {
                    self.looks.remove(&flight.id);
                    self.watched.remove(&flight.id);
                }
                Some(Err(error)) => {
                    left += 1;
                    tracing::error!(%error, "a transaction's end could not be noted");
                }
                None => left += 1,
            }
        }
        Ok(left)
    }

    fn end(&mut self, shared: &Shared, flight: &InFlight) -> Result<Option<End>> {
        let age = now().saturating_sub(flight.at);
        match shared.rpc.status(&flight.signature, true)? {
            Some(status) if status.commitment >= shared.rpc.commitment() => {
                shared.rpc.not_before(status.slot);
                let is_failed = status.error.is_some();
                let end = if is_failed { Shared::failed } else { Shared::landed };
                Ok(Some(end(shared, flight, status.slot)))
            }
            // It is in a block: that is waited for.
            Some(_) if age < LONGEST => {
                self.looks.remove(&flight.id);
                Ok(None)
            }
            status => {
                let height = shared.rpc.height()?;
                if height <= flight.last_height.saturating_add(SHOWN) {
                    self.watched.insert(flight.id);
                }
                let is_past = status.is_none() && height > flight.last_height.saturating_add(MARGIN);
                if !is_past && age < LONGEST {
                    return Ok(None);
                }
                let looks = self.looks.entry(flight.id).or_insert(0);
                *looks += 1;
                if *looks < LAST_LOOKS {
                    return Ok(None);
                }
                let is_seen = is_past
                    && (self.watched.contains(&flight.id)
                        || (age < KEPT && shared.rpc.keeps_history(&flight.signature)?));
                Ok(Some(if is_seen { End::Expired } else { End::Unknown }))
            }
        }
    }
}

/// Looks again and again, for as long as the service runs.
pub async fn settle(shared: Arc<Shared>, is_waited_for: impl Fn(&InFlight) -> bool + Send + Sync + 'static) {
    let mut settling = Settling::default();
    let is_waited_for = Arc::new(is_waited_for);
    loop {
        let (looking, waited) = (Arc::clone(&shared), Arc::clone(&is_waited_for));
        let looked = tokio::task::spawn_blocking(move || {
            let left = settling.look(&looking, |flight| waited(flight));
            (settling, left)
        });
        let Ok((back, left)) = looked.await else { return };
        settling = back;
        if let Err(error) = left {
            tracing::warn!(%error, "transactions on their way could not be looked up");
        }
        tokio::time::sleep(PACE).await;
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader, Read as _, Write as _};
    use std::net::TcpListener;

    use assay_chain::{Commitment, Price, Rpc};
    use serde_json::{Value, json};
    use solana_address::Address;
    use solana_keypair::Keypair;

    use super::super::journal::Spend;
    use super::super::mirror::Mirror;
    use super::super::reader::Reader;
    use super::super::wallet::Fees;
    use super::*;

    const HEIGHT: u64 = 1_000;

    /// A server that shows this of every transaction, at the height of [`HEIGHT`], and keeps no history.
    fn shared(status: Value) -> Shared {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let (mut length, mut line) = (0, String::new());
                while reader.read_line(&mut line).unwrap() > 2 {
                    if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                        length = value.trim().parse().unwrap();
                    }
                    line.clear();
                }
                let mut body = vec![0; length];
                reader.read_exact(&mut body).unwrap();
                let question: Value = serde_json::from_slice(&body).unwrap();
                let answer = match question["method"].as_str().unwrap() {
                    "getBlockHeight" => json!({ "result": HEIGHT }),
                    "getSignatureStatuses" if question["params"][1]["searchTransactionHistory"] == true => {
                        json!({ "error": { "code": -32011, "message": "no history" } })
                    }
                    "getSignatureStatuses" => json!({ "result": { "value": [status] } }),
                    other => panic!("{other}"),
                };
                let answer = answer.to_string();
                let head = format!(
                    "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
                    answer.len()
                );
                stream.write_all((head + &answer).as_bytes()).unwrap();
            }
        });
        let rpc = Arc::new(Rpc::new(&url, Commitment::Confirmed));
        let (price, tip) = (Price::Fixed(0), None);
        Shared {
            reader: Arc::new(Reader::new(Arc::clone(&rpc), Arc::new(Mirror::default())).0),
            rpc,
            signer: Box::new(Keypair::new()),
            journal: None,
            fees: Fees { price, most: 0, share_percent: 0, upkeep: 0, least_profit: 0, tip },
            tell: Box::new(|_| {}),
            sending: Default::default(),
            is_stopping: Default::default(),
        }
    }

    fn flight(last_height: u64, age: i64) -> InFlight {
        InFlight {
            id: 1,
            target: Address::default(),
            action: "liquidate".into(),
            signature: "s".into(),
            last_height,
            most: Spend::lamports(5_000),
            at: now() - age,
        }
    }

    /// What comes of it, at each of so many looks.
    fn looks(shared: &Shared, flight: &InFlight) -> Vec<Option<End>> {
        let mut settling = Settling::default();
        (0..LAST_LOOKS).map(|_| settling.end(shared, flight).unwrap()).collect()
    }

    fn held() -> Vec<Option<End>> {
        vec![None; LAST_LOOKS as usize]
    }

    fn ends(end: End) -> Vec<Option<End>> {
        let mut all = held();
        all.pop();
        all.push(Some(end));
        all
    }

    /// A blockhash that is said to live for ever, and a block that nobody confirms: after two hours it is given up, and not before.
    #[test]
    fn what_nobody_says_the_end_of_is_given_up_after_two_hours() {
        let young = LONGEST - 60;
        for status in [
            Value::Null,
            json!({ "slot": 7, "err": null, "confirmationStatus": "processed" }),
            json!({ "slot": 7, "err": "AccountInUse", "confirmationStatus": "processed" }),
        ] {
            let shared = shared(status.clone());
            assert_eq!(looks(&shared, &flight(1 << 60, young)), held(), "{status}");
            assert_eq!(looks(&shared, &flight(1 << 60, LONGEST)), ends(End::Unknown), "{status}");
        }
    }

    /// Whoever asked while every server would have shown it knows that it expired. Whoever asks later, a server without a history, knows nothing.
    #[test]
    fn what_is_not_shown_expired_where_it_would_have_been() {
        let shared = shared(Value::Null);
        assert_eq!(looks(&shared, &flight(HEIGHT - MARGIN, 60)), held(), "it may be executed yet");
        assert_eq!(looks(&shared, &flight(HEIGHT - MARGIN - 1, 60)), ends(End::Expired));
        assert_eq!(looks(&shared, &flight(HEIGHT - SHOWN, 60)), ends(End::Expired));
        assert_eq!(looks(&shared, &flight(HEIGHT - SHOWN - 1, 60)), ends(End::Unknown));
    }
}
