//! Up to where a history was checked, signed by who did: the next audit goes on from there.

use serde::{Deserialize, Serialize};
use solana_address::Address;
use solana_keypair::Keypair;
use solana_signature::Signature;
use solana_signer::Signer as _;
use thiserror::Error;

/// What is signed begins with this: no transaction does.
const PREFIX: &[u8] = b"assay:checkpoint:v1\0";
const FORMAT: &str = "assay checkpoint 1";

/// The statements of a model that an auditor has checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    format: String,
    /// The cluster, by the hash of its genesis.
    pub genesis: String,
    /// Address of the model.
    pub model: String,
    /// How many statements, from the first.
    pub count: u64,
    /// The audit chain after the last of them.
    #[serde(with = "hex::serde")]
    pub audit_chain: [u8; 32],
    /// The transaction of the last of them; empty where there was none.
    pub last: String,
    /// Who checked.
    pub auditor: String,
    /// The auditor's signature over all of the above.
    signature: String,
}

/// Why a checkpoint is not believed.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum CheckpointError {
    /// It is no checkpoint file.
    #[error("this is no checkpoint of an audit: {0}")]
    Form(String),
    /// Its signature is not the auditor's.
    #[error("the signature is not that of {0}: the checkpoint was altered")]
    Signature(String),
    /// Somebody signed it whose word was not asked for.
    #[error("{signed} signed it, not {asked}")]
    Auditor {
        /// Who signed.
        signed: String,
        /// Whose word was asked for.
        asked: Address,
    },
    /// It is of another model, or another cluster.
    #[error("it is of model {model} on the cluster of genesis {genesis}")]
    Elsewhere {
        /// The model.
        model: String,
        /// The cluster's genesis.
        genesis: String,
    },
}

impl Checkpoint {
    /// Of the first `count` statements of a model, after which the chain is `audit_chain`; signed with `key`.
    pub fn sign(
        genesis: &str,
        model: &Address,
        (count, audit_chain): (u64, [u8; 32]),
        last: Option<&str>,
        key: &Keypair,
    ) -> Self {
        let mut checkpoint = Self {
            format: FORMAT.into(),
            genesis: genesis.into(),
            model: model.to_string(),
            count,
            audit_chain,
            last: last.unwrap_or_default().into(),
            auditor: key.pubkey().to_string(),
            signature: String::new(),
        };
        checkpoint.signature = key.sign_message(&checkpoint.message()).to_string();
        checkpoint
    }

    /// From the bytes of a file, signed by `auditor`, for a model of a cluster.
    ///
    /// # Errors
    /// [`CheckpointError`].
    pub fn read(
        bytes: &[u8],
        auditor: &Address,
        genesis: &str,
        model: &Address,
    ) -> Result<Self, CheckpointError> {
        let form = |error: serde_json::Error| CheckpointError::Form(error.to_string());
        let checkpoint: Self = serde_json::from_slice(bytes).map_err(form)?;
        if checkpoint.format != FORMAT {
            let what = format!("it says {:?} of itself, not {FORMAT:?}", checkpoint.format);
            return Err(CheckpointError::Form(what));
        }
        if checkpoint.auditor != auditor.to_string() {
            return Err(CheckpointError::Auditor { signed: checkpoint.auditor, asked: *auditor });
        }
        let signature: Result<Signature, _> = checkpoint.signature.parse();
        if !signature.is_ok_and(|signature| signature.verify(&auditor.to_bytes(), &checkpoint.message())) {
            return Err(CheckpointError::Signature(checkpoint.auditor));
        }
        if checkpoint.model != model.to_string() || checkpoint.genesis != genesis {
            let Self { model, genesis, .. } = checkpoint;
            return Err(CheckpointError::Elsewhere { model, genesis });
        }
        Ok(checkpoint)
    }

    /// The bytes of a file.
    pub fn to_json(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(self).unwrap_or_default(); // strings and numbers
        bytes.push(b'\n');
        bytes
    }

    /// What is signed: every part ahead of its length.
    fn message(&self) -> Vec<u8> {
        let mut message = PREFIX.to_vec();
        for part in [&self.genesis, &self.model, &self.last, &self.auditor] {
            message.extend_from_slice(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
            message.extend_from_slice(part.as_bytes());
        }
        message.extend_from_slice(&self.count.to_le_bytes());
        message.extend_from_slice(&self.audit_chain);
        message
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_is_its_auditors_word_and_nobody_elses() {
        let (key, other) = (Keypair::new_from_array([1; 32]), Keypair::new_from_array([2; 32]));
        let model = Address::new_from_array([3; 32]);
        let made = Checkpoint::sign("genesis", &model, (5, [7; 32]), Some("last"), &key);
        let read = |bytes: &[u8], by: &Keypair| Checkpoint::read(bytes, &by.pubkey(), "genesis", &model);
        assert_eq!(read(&made.to_json(), &key).as_ref(), Ok(&made));
        assert!(matches!(read(&made.to_json(), &other), Err(CheckpointError::Auditor { .. })));
        // Whatever is altered, in the file or by who claims to be somebody else.
        let text = String::from_utf8(made.to_json()).unwrap();
        for (from, to) in [("\"count\": 5", "\"count\": 6"), ("0707", "0708"), ("\"last\"", "\"lost\"")] {
            let altered = text.replacen(from, to, 1);
            assert_ne!(altered, text);
            assert!(read(altered.as_bytes(), &key).is_err(), "{from}");
        }
        let stolen = text.replace(&key.pubkey().to_string(), &other.pubkey().to_string());
        assert_eq!(
            read(stolen.as_bytes(), &other),
            Err(CheckpointError::Signature(other.pubkey().to_string()))
        );
        let elsewhere = Checkpoint::read(&made.to_json(), &key.pubkey(), "another", &model);
        assert!(matches!(elsewhere, Err(CheckpointError::Elsewhere { .. })));
        assert!(matches!(read(b"{}", &key), Err(CheckpointError::Form(_))));
    }
}
