//! The verdict on a history.

use assay_groth16::{VerifyError, VerifyingKey, verify_many};
use assay_interface::field::Scalar;
use assay_interface::groth16::ProofRef;
use assay_interface::groth16::batch::{self, BatchError, Layout};
use assay_interface::statement::digest_of_encoded;
use assay_interface::verifier::{audit_extend, audit_start};
use assay_verifier_host::Model;
use rand::{CryptoRng, RngCore};
use thiserror::Error;

use crate::checkpoint::Checkpoint;
use crate::history::{Evidence, History, HistoryError, Record};

/// Proofs that are verified by one product.
const TOGETHER: usize = 1024;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Statements that were checked before: those of the checkpoint.
    pub from: u64,
    /// Statements that the model's account counts.
    pub accepted: u64,
    /// How many are proven: by proofs and batches in the history, every one verified.
    pub proven: u64,
    /// What is wrong, by the position of the statement, in ascending order.
    pub findings: Vec<(u64, Finding)>,
    /// Whether the chain that the records give is the account's.
    pub chain: Chain,
}

/// The audit chain, computed again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Chain {
    /// It is the account's: nothing was left out, added, altered or moved.
    Whole([u8; 32]),
    /// It is another one.
    Broken,
    /// Records are missing.
    #[default]
    Incomplete,
}

/// What is wrong with a recorded statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// Nothing shows that it was proven.
    Missing(String),
    /// The history lacks it, and others behind it.
    Left {
        /// How many in a row.
        count: u64,
    },
    /// The statement has another digest than the one that was recorded, or none.
    Statement,
    /// Its proof is not accepted.
    Proof(String),
}

/// Why nothing could be checked.
#[derive(Debug, Error)]
pub enum CheckError {
    /// The history cannot be used.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// The model's key is none that proofs can be verified under.
    #[error("the model's key: {0}")]
    Key(String),
    /// The history was read from a checkpoint on, and that was not named.
    #[error("the history begins behind the first {first} statements: it was read from a checkpoint on")]
    Beginning {
        /// Statements before it.
        first: u64,
    },
    /// The checkpoint counts more than the account does.
    #[error(
        "the checkpoint is of {checkpoint} statements, and the model counts {accepted}: one of them is wrong"
    )]
    Behind {
        /// Statements of the checkpoint.
        checkpoint: u64,
        /// Statements that the account counts.
        accepted: u64,
    },
}

impl Report {
    /// Nothing is told of the statements from `first` to before `end`.
    fn left(&mut self, first: u64, end: u64) {
        if first < end {
            self.findings.push((first, Finding::Left { count: end - first }));
        }
    }

    /// Whether every statement is proven and the chain is whole.
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty() && matches!(self.chain, Chain::Whole(_))
    }
}

/// Checks a history from nothing, or from a checkpoint on. `progress` hears how many statements of how many are done.
///
/// # Errors
/// [`CheckError`]: what is wrong with single statements is in the report.
pub fn check(
    history: &History,
    from: Option<&Checkpoint>,
    rng: &mut (impl RngCore + CryptoRng),
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Report, CheckError> {
    let (_, model) = history.account()?;
    let (count, start) = from
        .map_or_else(|| (0, audit_start(&model.id)), |checkpoint| (checkpoint.count, checkpoint.audit_chain));
    if count > model.accepted {
        return Err(CheckError::Behind { checkpoint: count, accepted: model.accepted });
    }
    if history.first > count {
        return Err(CheckError::Beginning { first: history.first });
    }
    let mut report = Report { from: count, accepted: model.accepted, ..Report::default() };
    // A record for each position, in their order: what is there twice, or out of its place, is as good as missing.
    let (mut records, mut next) = (Vec::with_capacity(history.records.len()), count);
    for record in &history.records {
        if (next..model.accepted).contains(&record.index) {
            report.left(next, record.index);
            next = record.index + 1;
            records.push(record);
        }
    }
    report.left(next, model.accepted);

    let checker = Checker::new(&model)?;
    let mut done = 0;
    for part in records.chunks(TOGETHER) {
        checker.singles(part, rng, &mut report);
        done += part.len();
        progress(done, records.len());
    }
    checker.batches(history, &records, &mut report);
    report.findings.sort_by_key(|(index, _)| *index);
    report.findings.dedup_by_key(|(index, _)| *index);
    let bad = report.findings.iter().filter(|(_, finding)| !matches!(finding, Finding::Left { .. })).count();
    report.proven = u64::try_from(records.len() - bad).unwrap_or_default();

    let chain =
        records.iter().fold(start, |chain, record| audit_extend(&chain, &record.digest, record.recorded_at));
    let is_whole = !report.findings.iter().any(|(_, finding)| matches!(finding, Finding::Left { .. }));
    report.chain = match is_whole {
        false => Chain::Incomplete,
        true if chain == model.audit_chain => Chain::Whole(chain),
        true => Chain::Broken,
    };
    Ok(report)
}

/// A model, ready to verify.
struct Checker<'a> {
    model: &'a Model,
    key: VerifyingKey,
    domain: Scalar,
    layout: Layout,
}

impl<'a> Checker<'a> {
    fn new(model: &'a Model) -> Result<Self, CheckError> {
        let invariant = || CheckError::Key("the account has no key".into());
        let (key, setup) = (model.key().map_err(|_| invariant())?, model.setup().map_err(|_| invariant())?);
        let layout = Layout { form: key.form(), limbs: usize::from(model.limb_count) };
        // Which circuit the key is for, the account does not say, and no proof asks.
        let key = VerifyingKey::from_interface(key, [0; 32], setup);
        Ok(Self {
            model,
            key: key.map_err(|error| CheckError::Key(error.to_string()))?,
            domain: Scalar::from_be_bytes(model.domain).map_err(|_| invariant())?,
            layout,
        })
    }

    /// Those with proofs of their own, and those with nothing.
    fn singles(&self, records: &[&Record], rng: &mut (impl RngCore + CryptoRng), report: &mut Report) {
        let (mut proofs, mut indices) = (Vec::new(), Vec::new());
        for record in records {
            let finding = match &record.evidence {
                Evidence::Batch { .. } => continue,
                Evidence::Missing { what } => Finding::Missing(what.clone()),
                Evidence::Proof { proof, context, limbs } => match self.digest(context, limbs) {
                    Some(digest) if *digest.as_be_bytes() == record.digest => {
                        match ProofRef::from_slice(proof) {
                            Ok(proof) => {
                                proofs.push((proof, digest));
                                indices.push(record.index);
                                continue;
                            }
                            Err(error) => Finding::Proof(error.to_string()),
                        }
                    }
                    _ => Finding::Statement,
                },
            };
            report.findings.push((record.index, finding));
        }
        for rejected in verify_many(&self.key, &proofs, rng).err().into_iter().flatten() {
            let error: VerifyError = rejected.error;
            report.findings.push((indices[rejected.index], Finding::Proof(error.to_string())));
        }
    }

    /// The digest of a statement of the model's; `None` where it has none.
    fn digest(&self, context: &[u8; 32], limbs: &[u8]) -> Option<Scalar> {
        let (limbs, rest) = limbs.as_chunks::<32>();
        let is_one = rest.is_empty() && limbs.len() == usize::from(self.model.limb_count);
        is_one.then(|| digest_of_encoded(&self.domain, context, limbs).ok()).flatten()
    }

    /// Those of batches: each batch is verified by its own product, which the chain took as well.
    fn batches(&self, history: &History, records: &[&Record], report: &mut Report) {
        let mut verdicts: Vec<Option<Result<Vec<Scalar>, BatchError>>> = vec![None; history.batches.len()];
        for record in records {
            let Evidence::Batch { batch } = &record.evidence else { continue };
            let finding = match (history.batches.get(*batch), verdicts.get_mut(*batch)) {
                (Some(bytes), Some(verdict)) => match verdict.get_or_insert_with(|| self.batch(&bytes.0)) {
                    Ok(digests) => {
                        let is_of_it = digests.iter().any(|digest| *digest.as_be_bytes() == record.digest);
                        if is_of_it {
                            continue;
                        }
                        Finding::Statement
                    }
                    Err(error) => Finding::Proof(format!("its batch: {error}")),
                },
                _ => Finding::Missing(format!("batch {batch} is not in the history")),
            };
            report.findings.push((record.index, finding));
        }
    }

    /// The digests that a batch proves.
    fn batch(&self, bytes: &[u8]) -> Result<Vec<Scalar>, BatchError> {
        let batch = batch::Batch::read(bytes, self.layout)?;
        let digests = batch.digests(&self.domain)?;
        batch::verify_batch(&self.key.to_interface(), &batch, &digests)?;
        Ok(digests)
    }
}
