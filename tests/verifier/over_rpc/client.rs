//! A cluster for these tests: the client that everybody uses, with transactions of every version, and a subscription.

use std::net::TcpStream;
use std::time::{Duration, Instant};
use std::{env, thread};

use anchor_lang::solana_program::system_instruction;
use assay_chain::{Commitment, Error, Rpc, base64};
use assay_localnet::Version;
use serde_json::{Value, json};
use solana_address::Address;
use solana_instruction::Instruction;
use solana_keypair::{Keypair, read_keypair_file};
use solana_message::v1::{self, TransactionConfig};
use solana_message::{Message, VersionedMessage, v0};
use solana_signer::Signer;
use solana_transaction::versioned::VersionedTransaction;
use tungstenite::WebSocket;

const PATIENCE: Duration = Duration::from_secs(60);

/// A cluster, and the wallet that pays there.
pub struct Cluster {
    url: String,
    pub rpc: Rpc,
    pub wallet: Keypair,
}

/// A signed transaction.
pub struct Signed {
    signature: String,
    wire: Vec<u8>,
}

/// A transaction that went through.
#[derive(Debug)]
pub struct Executed {
    pub compute_units: u64,
    pub bytes: usize,
}

impl Cluster {
    /// The one that Anchor's variables name.
    pub fn of_the_environment() -> Self {
        let variable = |name| {
            env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run `cargo xtask anchor-test`"))
        };
        let wallet = read_keypair_file(variable("ANCHOR_WALLET")).unwrap();
        let url = variable("ANCHOR_PROVIDER_URL");
        Self { rpc: Rpc::new(&url, Commitment::Confirmed), url, wallet }
    }

    /// The programs' clock, in Unix seconds.
    pub fn now(&self) -> i64 {
        self.rpc.unix_time().unwrap()
    }

    /// Moves the clock, unless it is there already, and waits until the cluster's programs see it.
    pub fn wait_until(&self, time: i64) {
        if self.now() < time {
            // Others may have moved it further in the meantime: then this is refused, and all is well.
            let _ = self.rpc.ask("surfnet_timeTravel", &json!([{ "absoluteTimestamp": time * 1_000 }]));
        }
        self.wait("the clock", || (self.now() >= time).then_some(()));
    }

    /// Gives a key SOL of the wallet's.
    pub fn fund(&self, address: &Address, lamports: u64) {
        let transfer = system_instruction::transfer(&self.wallet.pubkey(), address, lamports);
        self.send(Version::V0, &[transfer], &[&self.wallet]).unwrap();
    }

    /// Sends a transaction and waits until it is confirmed; the preflight's error where it is refused.
    pub fn send(
        &self,
        version: Version,
        instructions: &[Instruction],
        signers: &[&Keypair],
    ) -> Result<Executed, Error> {
        self.hand_in(&self.sign(version, instructions, signers))
    }

    pub fn sign(&self, version: Version, instructions: &[Instruction], signers: &[&Keypair]) -> Signed {
        let blockhash = self.rpc.blockhash().unwrap().hash;
        let payer = signers[0].pubkey();
        let message = match version {
            Version::Legacy => {
                VersionedMessage::Legacy(Message::new_with_blockhash(instructions, Some(&payer), &blockhash))
            }
            Version::V0 => {
                VersionedMessage::V0(v0::Message::try_compile(&payer, instructions, &[], blockhash).unwrap())
            }
            Version::V1 => {
                let config = TransactionConfig::empty()
                    .with_compute_unit_limit(200_000)
                    .with_loaded_accounts_data_size_limit(64 * 1024 * 1024);
                let message = v1::Message::try_compile_with_config(&payer, instructions, blockhash, config);
                VersionedMessage::V1(message.unwrap())
            }
        };
        let transaction = VersionedTransaction::try_new(message, signers).unwrap();
        let signature = transaction.signatures[0].to_string();
        let signatures = transaction.signatures.iter().flat_map(|signature| signature.as_ref().to_vec());
        let wire = match version {
            Version::V1 => transaction.message.serialize().into_iter().chain(signatures).collect(),
            Version::Legacy | Version::V0 => {
                let count = u8::try_from(transaction.signatures.len()).unwrap();
                [count].into_iter().chain(signatures).chain(transaction.message.serialize()).collect()
            }
        };
        Signed { signature, wire }
    }

    pub fn hand_in(&self, Signed { signature, wire }: &Signed) -> Result<Executed, Error> {
        // Tried first, as other clients have it: what is refused is refused at once, with its reason.
        let options = json!({ "encoding": "base64", "preflightCommitment": "confirmed" });
        self.rpc.ask("sendTransaction", &json!([base64(wire), options]))?;
        self.wait("the transaction", || {
            let status = self.rpc.status(signature, false).unwrap()?;
            assert_eq!(status.error, None, "the preflight would have said so");
            (status.commitment >= Commitment::Confirmed).then_some(())
        });
        let options =
            json!({ "encoding": "base64", "commitment": "confirmed", "maxSupportedTransactionVersion": 1 });
        let compute_units = self.wait("the transaction's record", || {
            let found = self.rpc.ask("getTransaction", &json!([signature, options])).ok()?;
            found["meta"]["computeUnitsConsumed"].as_u64()
        });
        Ok(Executed { compute_units, bytes: wire.len() })
    }

    fn wait<T>(&self, what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(answer) = ask() {
                return answer;
            }
            assert!(Instant::now() < deadline, "{} did not show {what} within {PATIENCE:?}", self.url);
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// Changes of an account, on the port after that of requests.
    pub fn subscribe(&self, address: &Address) -> Subscription {
        let authority = self.url.strip_prefix("http://").unwrap().trim_end_matches('/');
        let (host, port) = authority.rsplit_once(':').unwrap();
        let authority = format!("{host}:{}", port.parse::<u16>().unwrap() + 1);
        let stream = TcpStream::connect(&authority).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let (mut socket, _) = tungstenite::client(format!("ws://{authority}"), stream).unwrap();
        let options = json!({ "encoding": "base64", "commitment": "confirmed" });
        let request = json!({ "jsonrpc": "2.0", "id": 1, "method": "accountSubscribe", "params": [address.to_string(), options] });
        socket.send(request.to_string().into()).unwrap();
        let mut subscription = Subscription(socket);
        assert!(subscription.next()["result"].is_u64(), "the subscription is confirmed");
        subscription
    }
}

pub struct Subscription(WebSocket<TcpStream>);

impl Subscription {
    pub fn next(&mut self) -> Value {
        let message = self.0.read().unwrap();
        serde_json::from_str(message.to_text().unwrap()).unwrap()
    }
}
