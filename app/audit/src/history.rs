//! What was recorded of a model: claims, each with what shows it.

use assay_chain::registry;
use assay_host::account::decode;
use assay_verifier_host::{ID, Model};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};
use solana_address::Address;
use thiserror::Error;

/// What the files say that they are.
const FORMAT: &str = "assay history 1";

/// What was recorded of a model, from some statement on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct History {
    format: String,
    /// The cluster, by the hash of its genesis in base58.
    pub genesis: String,
    /// Address of the model, in base58.
    pub model: String,
    /// The model's account, in base64: as it was when the last record was the last one.
    account: String,
    /// Statements before the first of these: those of the checkpoint that it was read from.
    pub first: u64,
    /// The transaction of the last of them.
    pub last: Option<String>,
    /// Batches that records refer to.
    pub batches: Vec<Batch>,
    /// What was recorded, in the order of the positions.
    pub records: Vec<Record>,
}

/// Proofs that were verified together on chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Batch(
    /// As `assay_interface::groth16::batch` lays them out.
    #[serde(with = "hex::serde")]
    pub Vec<u8>,
);

/// A recorded statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Its position among the model's, from 0.
    pub index: u64,
    /// When, in Unix seconds.
    pub recorded_at: i64,
    /// The transaction that recorded it.
    pub transaction: String,
    /// The statement's digest.
    #[serde(with = "hex::serde")]
    pub digest: [u8; 32],
    /// What shows that it was proven.
    pub evidence: Evidence,
}

/// What shows that a statement was proven.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Evidence {
    /// A proof of its own.
    Proof {
        /// The proof.
        #[serde(with = "hex::serde")]
        proof: Vec<u8>,
        /// The statement's context.
        #[serde(with = "hex::serde")]
        context: [u8; 32],
        /// Its limbs, 32 bytes each.
        #[serde(with = "hex::serde")]
        limbs: Vec<u8>,
    },
    /// A batch.
    Batch {
        /// Its place among [`History::batches`].
        batch: usize,
    },
    /// Nothing that was found.
    Missing {
        /// What there is instead.
        what: String,
    },
}

/// Why a history cannot be used.
#[derive(Debug, Error)]
pub enum HistoryError {
    /// It is no history file.
    #[error("this is no history of recorded statements: {0}")]
    Form(String),
    /// The account in it is not the model's.
    #[error(
        "the account in it is no model of the verifier program at {0}: that address is made of other contents"
    )]
    Account(Address),
}

impl History {
    /// One without records yet.
    pub(crate) fn new(genesis: String, address: &Address, account: &[u8], first: u64) -> Self {
        let (batches, records) = (Vec::new(), Vec::new());
        let (model, account) = (address.to_string(), BASE64.encode(account));
        Self { format: FORMAT.into(), genesis, model, account, first, last: None, batches, records }
    }

    /// From the bytes of a file.
    ///
    /// # Errors
    /// [`HistoryError::Form`].
    pub fn from_json(bytes: &[u8]) -> Result<Self, HistoryError> {
        let form = |error: serde_json::Error| HistoryError::Form(error.to_string());
        let history: Self = serde_json::from_slice(bytes).map_err(form)?;
        match history.format.as_str() {
            FORMAT => Ok(history),
            other => Err(HistoryError::Form(format!("it says {other:?} of itself, not {FORMAT:?}"))),
        }
    }

    /// The bytes of a file.
    pub fn to_json(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec(self).unwrap_or_default(); // strings and numbers
        bytes.push(b'\n');
        bytes
    }

    /// The model: its key and its schema are what its address is made of; what changes in it is the claim that everything is held against.
    ///
    /// # Errors
    /// [`HistoryError`].
    pub fn account(&self) -> Result<(Address, Model), HistoryError> {
        let address: Address =
            self.model.parse().map_err(|_| HistoryError::Form(format!("{:?} is no address", self.model)))?;
        let bytes = BASE64.decode(&self.account).map_err(|error| HistoryError::Form(error.to_string()))?;
        let model: Model = decode(&ID, &bytes).map_err(|error| HistoryError::Form(error.to_string()))?;
        let is_here = model.invariant().is_ok() && registry::belongs(&model, &address);
        if is_here { Ok((address, model)) } else { Err(HistoryError::Account(address)) }
    }
}
