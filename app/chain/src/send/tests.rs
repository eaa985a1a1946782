//! Against servers that take note of all that they are shown.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use solana_keypair::Keypair;
use solana_signer::SignerError;

use super::*;
use crate::{rpc::Commitment, testing};

type Questions = Arc<Mutex<Vec<(String, String)>>>;

/// A server at which a blockhash lives until `last_height`, and which knows every transaction; what it is asked, by method.
fn server(last_height: u64, refused: &'static str) -> (String, Questions) {
    let questions = Questions::default();
    let noted = Arc::clone(&questions);
    let url = testing::server(move |method, params| {
        let value = match method {
            "getLatestBlockhash" => json!({ "value": {
                "blockhash": Address::default().to_string(), "lastValidBlockHeight": last_height,
            } }),
            "getBlockHeight" => json!(1_000),
            "simulateTransaction" => json!({ "value": { "err": null, "logs": [], "unitsConsumed": 1 } }),
            "getSignatureStatuses" => json!({ "value": [{
                "slot": 7, "err": null, "confirmationStatus": "confirmed",
            }] }),
            _ => json!("taken"),
        };
        noted.lock().unwrap().push((method.to_owned(), params.to_string()));
        match method == refused {
            true => json!({ "error": { "code": -32000, "message": "not today" } }),
            false => json!({ "result": value }),
        }
    });
    (url, questions)
}

/// A key that takes its time.
struct Slow(Keypair, Duration);

impl Signer for Slow {
    fn try_pubkey(&self) -> std::result::Result<Address, SignerError> {
        self.0.try_pubkey()
    }

    fn try_sign_message(
        &self,
        message: &[u8],
    ) -> std::result::Result<solana_keypair::Signature, SignerError> {
        thread::sleep(self.1);
        self.0.try_sign_message(message)
    }

    fn is_interactive(&self) -> bool {
        false
    }
}

fn sender<'a>(rpc: &'a Rpc, key: &'a Slow) -> Sender<'a> {
    let (price, patience) = (Price::Fixed(0), Duration::from_secs(30));
    Sender { rpc, payer: key.pubkey(), keys: vec![key], price, most_priority: 0, patience }
}

fn count(questions: &Questions, method: &str) -> usize {
    questions.lock().unwrap().iter().filter(|(asked, _)| asked == method).count()
}

/// Whoever is shown signed bytes may hand them in: nobody is before the transaction is written down.
#[test]
fn what_is_signed_is_shown_to_nobody_before_it_is_written_down() {
    let (url, questions) = server(1_150, "");
    let rpc = Rpc::new(&url, Commitment::Confirmed);
    let key = Slow(Keypair::new(), TRIED);
    let sender = sender(&rpc, &key);
    let simulated = sender.simulate(&[]).unwrap();
    let before = Mutex::new(Vec::new());
    let mut sending = |_: Signed<'_>| {
        before.lock().unwrap().extend(questions.lock().unwrap().clone());
        Ok(())
    };
    sender.send(&simulated, &mut sending).unwrap();
    let handed_in = questions.lock().unwrap().iter().find(|(method, _)| method == "sendTransaction").cloned();
    let wire: Value = serde_json::from_str(&handed_in.unwrap().1).unwrap();
    let before = before.into_inner().unwrap();
    let trials = before.iter().filter(|(method, _)| method == "simulateTransaction").count();
    assert_eq!(trials, 2, "the signer took its time");
    assert!(before.iter().all(|(_, shown)| !shown.contains(wire[0].as_str().unwrap())));
}

/// A signer that outlasts the blockhash is asked once more, and then it is given up before anything is written down.
#[test]
fn what_is_signed_too_late_is_not_handed_in() {
    let (url, questions) = server(1_000 + LEAST_LEFT - 1, "");
    let rpc = Rpc::new(&url, Commitment::Confirmed);
    let key = Slow(Keypair::new(), FRESH);
    let sender = sender(&rpc, &key);
    let simulated = sender.simulate(&[]).unwrap();
    let sent = sender.send(&simulated, &mut |_| panic!("it is written down"));
    assert!(matches!(sent, Err(Error::Withheld(_))), "{sent:?}");
    assert_eq!((count(&questions, "getLatestBlockhash"), count(&questions, "sendTransaction")), (2, 0));
}

#[test]
fn a_blockhash_that_outlives_all_others_is_refused() {
    for (last_height, holds) in [(1_150, true), (1_300, true), (1_301, false), (u64::MAX, false)] {
        let (url, _) = server(last_height, "");
        let blockhash = Rpc::new(&url, Commitment::Confirmed).blockhash();
        assert_eq!(blockhash.is_ok(), holds, "{last_height}: {blockhash:?}");
    }
}

#[test]
fn a_bundle_that_nobody_takes_goes_the_usual_way_at_once_and_that_is_told() {
    for refused in ["sendBundle", ""] {
        let (bundles, asked) = server(1_150, refused);
        let (url, questions) = server(1_150, "");
        let rpc = Rpc::new(&url, Commitment::Confirmed).with_bundles(&bundles);
        let key = Slow(Keypair::new(), Duration::ZERO);
        let sender = sender(&rpc, &key);
        let mut simulated = sender.simulate(&[]).unwrap();
        simulated.is_bundled = true;
        sender.send(&simulated, &mut |_| Ok(())).unwrap();
        assert_eq!(count(&asked, "sendBundle"), 1);
        assert_eq!(count(&questions, "sendTransaction"), usize::from(!refused.is_empty()));
        assert_eq!(rpc.unbundled().is_some(), !refused.is_empty());
        assert_eq!(rpc.unbundled(), None, "it is told once");
    }
}

/// Of many, each is handed in until its status is known; where one failed, the others are not waited for.
#[test]
fn many_are_handed_in_and_one_that_fails_ends_them() {
    for fails in [false, true] {
        let handed_in = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&handed_in);
        let url = testing::server(move |method, params| {
            let value = match method {
                "getLatestBlockhash" => json!({ "value": {
                    "blockhash": Address::default().to_string(), "lastValidBlockHeight": 1_150,
                } }),
                "getBlockHeight" => json!(1_000),
                "simulateTransaction" => {
                    json!({ "value": { "err": null, "logs": [], "unitsConsumed": 1 } })
                }
                "getSignatureStatuses" => {
                    let asked = params[0].as_array().unwrap();
                    let error = |index: usize| match fails && index == 1 {
                        true => json!({ "InstructionError": [1, "IncorrectAuthority"] }),
                        false => Value::Null,
                    };
                    let status =
                        |index| json!({ "slot": 7, "err": error(index), "confirmationStatus": "confirmed" });
                    json!({ "value": (0..asked.len()).map(status).collect::<Vec<_>>() })
                }
                _ => {
                    noted.lock().unwrap().push(params[0].to_string());
                    // What is said to it decides nothing.
                    return json!({ "error": { "code": -32000, "message": "not today" } });
                }
            };
            json!({ "result": value })
        });
        let rpc = Rpc::new(&url, Commitment::Confirmed);
        let key = Slow(Keypair::new(), Duration::ZERO);
        let calls: Vec<Instruction> = (0..200_u8)
            .map(|data| Instruction {
                program_id: Address::new_from_array([7; 32]),
                accounts: Vec::new(),
                data: vec![data],
            })
            .collect();
        let mut landed = Vec::new();
        let sent = sender(&rpc, &key).send_many(&calls, 200, &mut |count| landed.push(count));
        let mut handed_in = handed_in.lock().unwrap().clone();
        match fails {
            true => assert!(matches!(sent, Err(Error::Failed { slot: 7, .. })), "{sent:?}"),
            false => assert!(matches!(sent, Ok(200)) && landed == (1..=200).collect::<Vec<_>>(), "{sent:?}"),
        }
        handed_in.sort_unstable();
        handed_in.dedup();
        assert_eq!(handed_in.len(), if fails { 128 } else { 200 });
    }
}

/// Whatever expires, no more are signed than whoever pays for them allowed.
#[test]
fn no_more_are_signed_than_was_said() {
    let handed_in = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&handed_in);
    let url = testing::server(move |method, params| {
        let value = match method {
            "getLatestBlockhash" => json!({ "value": {
                "blockhash": Address::default().to_string(), "lastValidBlockHeight": 1_150,
            } }),
            "getBlockHeight" => json!(2_000),
            "simulateTransaction" => json!({ "value": { "err": null, "logs": [], "unitsConsumed": 1 } }),
            "getSignatureStatuses" => {
                json!({ "value": params[0].as_array().unwrap().iter().map(|_| Value::Null).collect::<Vec<_>>() })
            }
            _ => {
                noted.lock().unwrap().push(params[0].to_string());
                json!("taken")
            }
        };
        json!({ "result": value })
    });
    let rpc = Rpc::new(&url, Commitment::Confirmed);
    let key = Slow(Keypair::new(), Duration::ZERO);
    let call = |data| Instruction {
        program_id: Address::new_from_array([7; 32]),
        accounts: Vec::new(),
        data: vec![data],
    };
    let sent = sender(&rpc, &key).send_many(&[call(1), call(2)], 2, &mut |_| {});
    assert!(matches!(&sent, Err(Error::Expired { signature }) if !signature.is_empty()), "{sent:?}");
    let mut handed_in = handed_in.lock().unwrap().clone();
    handed_in.sort_unstable();
    handed_in.dedup();
    assert_eq!(handed_in.len(), 2);
}
