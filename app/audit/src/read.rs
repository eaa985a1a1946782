//! A model's history from a cluster.
//!
//! A recorded statement is told of by the event that the verifier logs. Logs are cut after 10,000 bytes, whoever wrote the ones before: then a
//! statement is taken from the instruction that recorded it (its receipt was created there), its time from the slot's clock, its position from the one before. The audit
//! chain shows whether that was right.

use std::collections::{BTreeMap, HashMap, HashSet};

use assay_chain::rpc::{Executed, Named, Past};
use assay_chain::{Error, Result, Rpc, registry};
use assay_interface::field::Scalar;
use assay_interface::groth16::batch::{Batch, Layout};
use assay_interface::statement::digest_of_encoded;
use assay_verifier_host::evidence::{Brought, Recording, brought, recording};
use assay_verifier_host::{Buffer, ID, Model, receipt_address};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use solana_address::Address;

use crate::checkpoint::Checkpoint;
use crate::history::{self, Evidence, History, Record};

/// The program that creates accounts, and its instructions that only the account itself can sign for: to create it, and to give it to a program.
const SYSTEM: Address = Address::new_from_array([0; 32]);
const CREATES: [[u8; 4]; 2] = [0u32.to_le_bytes(), 1u32.to_le_bytes()];
/// What a server shows where it left lines out.
const TRUNCATED: &str = "Log truncated";

/// Whoever tells of the past: a server, or a test that stands before one.
pub trait Source {
    /// The hash of the cluster's genesis.
    ///
    /// # Errors
    /// It cannot be asked.
    fn genesis(&self) -> Result<String>;
    /// A model, and the bytes of its account.
    ///
    /// # Errors
    /// It cannot be asked, or there is none.
    fn model(&self, address: &Address) -> Result<(Model, Vec<u8>)>;
    /// The transactions that named an address, the oldest first, after one of them.
    ///
    /// # Errors
    /// It cannot be asked.
    fn naming(&self, address: &Address, after: Option<&str>) -> Result<Vec<Named>>;
    /// What a transaction did.
    ///
    /// # Errors
    /// It cannot be asked.
    fn past(&self, signature: &str) -> Result<Option<Past>>;
}

impl Source for Rpc {
    fn genesis(&self) -> Result<String> {
        Rpc::genesis(self)
    }

    fn model(&self, address: &Address) -> Result<(Model, Vec<u8>)> {
        registry::model_with_bytes(self, address)
    }

    fn naming(&self, address: &Address, after: Option<&str>) -> Result<Vec<Named>> {
        Rpc::naming(self, address, after)
    }

    fn past(&self, signature: &str) -> Result<Option<Past>> {
        Rpc::past(self, signature, &[ID, SYSTEM])
    }
}

/// What is recorded of the model at `address`: all, or what came after a checkpoint. `progress` hears how many transactions of how many were read.
/// One question for each transaction that names the model.
///
/// # Errors
/// The cluster cannot be asked, or there is no model. What it keeps no more, or shows in a form that is none, is missing in the history, and
/// [`crate::check`](fn@crate::check) says so.
pub fn read(
    source: &impl Source,
    address: &Address,
    from: Option<&Checkpoint>,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<History> {
    // The account first: what is recorded while the rest is read belongs to the next audit.
    let (model, account) = source.model(address)?;
    let first = from.map_or(0, |checkpoint| checkpoint.count);
    let mut history = History::new(source.genesis()?, address, &account, first);
    history.last = from.map(|checkpoint| checkpoint.last.clone()).filter(|last| !last.is_empty());
    let named = source.naming(address, history.last.as_deref())?;
    let named: Vec<&str> =
        named.iter().filter(|named| !named.failed).map(|named| named.signature.as_str()).collect();
    let mut reader = Reader {
        source,
        address,
        model: &model,
        mine: named.iter().copied().collect(),
        buffers: HashMap::new(),
        replayed: HashSet::new(),
        found: BTreeMap::new(),
        next: first,
    };
    for (done, signature) in named.iter().enumerate() {
        progress(done, named.len());
        if let Some(past) = known(source.past(signature))? {
            reader.take(signature, &past, &mut history.batches)?;
        }
    }
    progress(named.len(), named.len());
    history.records = reader.found.into_values().collect();
    // From the last statement on: what came behind it recorded nothing that counts.
    history.last = history.records.last().map(|record| record.transaction.clone()).or(history.last);
    Ok(history)
}

/// A transaction that a server shows in no form that can be read is as good as one that it keeps no more: anybody can name a model in one.
fn known(past: Result<Option<Past>>) -> Result<Option<Past>> {
    match past {
        Err(Error::Answer { .. } | Error::LongAnswer { .. }) => Ok(None),
        past => past,
    }
}

struct Reader<'a, S> {
    source: &'a S,
    address: &'a Address,
    model: &'a Model,
    /// The transactions that name the model.
    mine: HashSet<&'a str>,
    /// What buffers held when they were recorded for the model, by transaction and buffer.
    buffers: HashMap<(String, Address), Vec<Vec<u8>>>,
    /// Buffers whose life is known.
    replayed: HashSet<Address>,
    found: BTreeMap<u64, Record>,
    /// The position behind the last that was found.
    next: u64,
}

impl<S: Source> Reader<'_, S> {
    /// The records of one transaction.
    fn take(&mut self, signature: &str, past: &Past, batches: &mut Vec<history::Batch>) -> Result<()> {
        let mut recordings: Vec<Recording> =
            recordings(&past.logs).into_iter().filter(|recording| recording.model == *self.address).collect();
        let is_cut = past.logs.iter().any(|line| line == TRUNCATED);
        if recordings.is_empty() && !is_cut {
            return Ok(());
        }
        let mut evidence: HashMap<[u8; 32], Evidence> = HashMap::new();
        // In the order in which they were recorded.
        let mut digests: Vec<[u8; 32]> = Vec::new();
        for (place, executed) in past.instructions.iter().enumerate() {
            // `record` and its forms for batches have the model as account 1.
            if executed.program != ID || executed.accounts.get(1) != Some(self.address) {
                continue;
            }
            match brought(&executed.data) {
                Some(Brought::Record { proof, context, limbs }) => {
                    if let Some(digest) = self.digest(&context, &limbs).filter(|_| !proof.is_empty()) {
                        digests.push(digest);
                        let limbs = limbs.concat();
                        evidence.entry(digest).or_insert(Evidence::Proof { proof, context, limbs });
                    }
                }
                Some(Brought::Batch(bytes)) => {
                    digests.extend(self.batch(bytes, batches, &mut evidence));
                }
                Some(Brought::Buffer) => {
                    if let Some(bytes) = self.buffer(signature, past, place)? {
                        digests.extend(self.batch(bytes, batches, &mut evidence));
                    }
                }
                _ => {}
            }
        }
        if is_cut {
            recordings = self.restored(past, &recordings, &digests);
        }
        for Recording { digest, index, recorded_at, .. } in recordings {
            self.next = index.saturating_add(1);
            if index >= self.model.accepted {
                continue; // the next audit's
            }
            let what = || "the transaction holds no proof of it that was found".to_owned();
            let evidence = evidence.get(&digest).cloned();
            let evidence = evidence.unwrap_or_else(|| Evidence::Missing { what: what() });
            let record = Record { index, recorded_at, transaction: signature.to_owned(), digest, evidence };
            self.found.entry(index).or_insert(record);
        }
        Ok(())
    }

    /// The recordings of a transaction whose logs are cut, in their order: what was logged, and between it what was recorded all the same.
    fn restored(&self, past: &Past, logged: &[Recording], digests: &[[u8; 32]]) -> Vec<Recording> {
        let is_created = |digest: &[u8; 32]| {
            let receipt = Scalar::from_be_bytes(*digest).map(|digest| receipt_address(self.address, &digest));
            past.instructions.iter().any(|executed| {
                executed.program == SYSTEM
                    && executed.data.first_chunk().is_some_and(|tag| CREATES.contains(tag))
                    && receipt.as_ref().is_ok_and(|receipt| executed.accounts.contains(receipt))
            })
        };
        let (mut all, mut done, mut next) = (Vec::new(), HashSet::new(), self.next);
        for digest in digests {
            if !done.insert(digest) {
                continue;
            }
            let known = logged.iter().find(|recording| recording.digest == *digest).copied();
            let guessed = || {
                let recorded_at = past.time.filter(|_| is_created(digest))?;
                let (context, audit_chain) = ([0; 32], [0; 32]); // nobody asks for them
                Some(Recording {
                    model: *self.address,
                    digest: *digest,
                    context,
                    index: next,
                    recorded_at,
                    audit_chain,
                })
            };
            if let Some(recording) = known.or_else(guessed) {
                next = recording.index.saturating_add(1);
                all.push(recording);
            }
        }
        all
    }

    fn digest(&self, context: &[u8; 32], limbs: &[[u8; 32]]) -> Option<[u8; 32]> {
        let domain = Scalar::from_be_bytes(self.model.domain).ok()?;
        Some(digest_of_encoded(&domain, context, limbs).ok()?.to_be_bytes())
    }

    /// The digests of a batch's statements, in their order.
    fn batch(
        &self,
        bytes: Vec<u8>,
        batches: &mut Vec<history::Batch>,
        evidence: &mut HashMap<[u8; 32], Evidence>,
    ) -> Vec<[u8; 32]> {
        let digests = || {
            let layout =
                Layout { form: self.model.key().ok()?.form(), limbs: usize::from(self.model.limb_count) };
            let domain = Scalar::from_be_bytes(self.model.domain).ok()?;
            Batch::read(&bytes, layout).ok()?.digests(&domain).ok()
        };
        let Some(digests) = digests() else { return Vec::new() };
        let digests: Vec<[u8; 32]> = digests.into_iter().map(Scalar::to_be_bytes).collect();
        for digest in &digests {
            evidence.entry(*digest).or_insert(Evidence::Batch { batch: batches.len() });
        }
        batches.push(history::Batch(bytes));
        digests
    }

    /// What the buffer held that the instruction at `place` of a transaction recorded: from what was written into it since it was created.
    fn buffer(&mut self, signature: &str, past: &Past, place: usize) -> Result<Option<Vec<u8>>> {
        let Some(buffer) =
            past.instructions.get(place).and_then(|executed| executed.accounts.get(2)).copied()
        else {
            return Ok(None);
        };
        let before = past.instructions.iter().take(place);
        let earlier = before.filter(|executed| records(executed, self.address, &buffer)).count();
        if self.replayed.insert(buffer) {
            self.replay(&buffer)?;
        }
        Ok(self.buffers.get(&(signature.to_owned(), buffer)).and_then(|held| held.get(earlier)).cloned())
    }

    /// Goes through the life of a buffer. Kept is what it held when it was recorded for the model, in a transaction that names the model.
    fn replay(&mut self, buffer: &Address) -> Result<()> {
        let mut held = Vec::new();
        for named in self.source.naming(buffer, None)?.iter().filter(|named| !named.failed) {
            let Some(past) = known(self.source.past(&named.signature))? else { continue };
            for executed in past.instructions.iter().filter(|executed| executed.program == ID) {
                let is_its = executed.accounts.get(1) == Some(buffer);
                match brought(&executed.data) {
                    Some(Brought::Chunk { offset, chunk }) if is_its => write(&mut held, offset, &chunk),
                    Some(Brought::Close) if is_its => held.clear(),
                    Some(Brought::Buffer)
                        if records(executed, self.address, buffer)
                            && self.mine.contains(named.signature.as_str()) =>
                    {
                        let key = (named.signature.clone(), *buffer);
                        self.buffers.entry(key).or_default().push(held.clone());
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }
}

/// Whether an instruction records for a model what a buffer holds.
fn records(executed: &Executed, model: &Address, buffer: &Address) -> bool {
    executed.program == ID
        && executed.accounts.get(1) == Some(model)
        && executed.accounts.get(2) == Some(buffer)
        && brought(&executed.data) == Some(Brought::Buffer)
}

/// As `write_buffer` does it.
fn write(held: &mut Vec<u8>, offset: u32, chunk: &[u8]) {
    let Ok(start) = usize::try_from(offset) else { return };
    let end = start.saturating_add(chunk.len());
    if end > Buffer::MAX_LEN {
        return;
    }
    if end > held.len() {
        held.resize(end, 0);
    }
    held[start..end].copy_from_slice(chunk);
}

/// The recordings that the verifier itself logged: another program's lines are its own word.
fn recordings(logs: &[String]) -> Vec<Recording> {
    let (mut stack, mut found): (Vec<Address>, Vec<Recording>) = Default::default();
    for line in logs {
        if let Some(data) = line.strip_prefix("Program data: ") {
            let event = BASE64.decode(data).ok().filter(|_| stack.last() == Some(&ID));
            found.extend(event.and_then(|event| recording(&event)));
            continue;
        }
        // "Program ADDRESS invoke [DEPTH]", "Program ADDRESS success", "Program ADDRESS failed: ..."; a program's own lines begin with "Program log: ".
        let mut words = line.split(' ');
        let (Some("Program"), Some(program), Some(what)) = (words.next(), words.next(), words.next()) else {
            continue;
        };
        match (program.parse(), what) {
            (Ok(program), "invoke") => stack.push(program),
            (Ok(_), "success" | "failed:") => drop(stack.pop()),
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_verifiers_own_lines_are_recordings() {
        // The event's discriminator, then its fields.
        let event = assay_verifier_host::evidence::written(&Recording {
            model: Address::new_from_array([1; 32]),
            digest: [2; 32],
            context: [3; 32],
            index: 4,
            recorded_at: 5,
            audit_chain: [6; 32],
        });
        let data = format!("Program data: {}", BASE64.encode(event));
        let other = Address::new_from_array([9; 32]);
        let logs = |lines: &[String]| recordings(lines).len();
        let invoke = |program: &Address, depth: u8| format!("Program {program} invoke [{depth}]");
        let success = |program: &Address| format!("Program {program} success");
        assert_eq!(logs(&[invoke(&ID, 1), data.clone(), success(&ID)]), 1);
        let called = [invoke(&other, 1), invoke(&ID, 2), data.clone(), success(&ID), success(&other)];
        assert_eq!(logs(&called), 1);
        // By another program, alone, after a call of the verifier, or within what it logs as text.
        assert_eq!(logs(&[invoke(&other, 1), data.clone(), success(&other)]), 0);
        let after = [invoke(&other, 1), invoke(&ID, 2), success(&ID), data.clone(), success(&other)];
        assert_eq!(logs(&after), 0);
        let text = format!("Program log: Program {ID} invoke [2]");
        assert_eq!(logs(&[invoke(&other, 1), text, data, success(&other)]), 0);
    }
}
