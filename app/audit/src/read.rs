//! A model's history from a cluster.

use std::collections::{BTreeMap, HashMap};

use assay_chain::rpc::{Executed, Past};
use assay_chain::{Error, Rpc, registry};
use assay_interface::field::Scalar;
use assay_interface::groth16::batch::{Batch, Layout};
use assay_interface::statement::digest_of_encoded;
use assay_verifier_host::evidence::{Brought, Recording, brought, recording};
use assay_verifier_host::{Buffer, ID, Model};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use solana_address::Address;

use crate::checkpoint::Checkpoint;
use crate::history::{self, Evidence, History, Record};

/// What is recorded of the model at `address`: all, or what came after a checkpoint. `progress` hears how many transactions of how many were read.
/// One question for each transaction that names the model.
///
/// # Errors
/// The cluster cannot be asked, or there is no model. What it keeps no more is missing in the history, and
/// [`crate::check`](fn@crate::check) says so.
pub fn read(
    rpc: &Rpc,
    address: &Address,
    from: Option<&Checkpoint>,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<History, Error> {
    // The account first: what is recorded while the rest is read belongs to the next audit.
    let (model, account) = registry::model_with_bytes(rpc, address)?;
    let mut history = History::new(rpc.genesis()?, address, &account);
    history.last = from.map(|checkpoint| checkpoint.last.clone()).filter(|last| !last.is_empty());
    let named = rpc.naming(address, history.last.as_deref())?;
    let named: Vec<&str> =
        named.iter().filter(|named| !named.failed).map(|named| named.signature.as_str()).collect();
    let mut reader = Reader { rpc, address, model: &model, buffers: HashMap::new(), found: BTreeMap::new() };
    let mut counted = true;
    for (done, signature) in named.iter().enumerate() {
        progress(done, named.len());
        let Some(past) = rpc.past(signature)? else { continue };
        // What the account does not count yet, and all behind it, the next audit looks at again.
        counted = reader.take(signature, &past, &mut history.batches)? && counted;
        if counted {
            history.last = Some((*signature).to_owned());
        }
    }
    progress(named.len(), named.len());
    history.records = reader.found.into_values().collect();
    Ok(history)
}

struct Reader<'a> {
    rpc: &'a Rpc,
    address: &'a Address,
    model: &'a Model,
    /// What buffers held at `record_buffer`, by transaction and buffer.
    buffers: HashMap<(String, Address), Vec<Vec<u8>>>,
    found: BTreeMap<u64, Record>,
}

impl Reader<'_> {
    /// The records of one transaction; whether all of them are among those that the account counts.
    fn take(
        &mut self,
        signature: &str,
        past: &Past,
        batches: &mut Vec<history::Batch>,
    ) -> Result<bool, Error> {
        let recordings: Vec<Recording> =
            recordings(&past.logs).into_iter().filter(|recording| recording.model == *self.address).collect();
        let mut evidence: HashMap<[u8; 32], Evidence> = HashMap::new();
        for (place, executed) in past.instructions.iter().enumerate() {
            if recordings.is_empty() || executed.program != ID {
                continue;
            }
            match brought(&executed.data) {
                Some(Brought::Record { proof, context, limbs }) if self.is_for_model(executed) => {
                    if let Some(digest) = self.digest(&context, &limbs).filter(|_| !proof.is_empty()) {
                        let limbs = limbs.concat();
                        evidence.entry(digest).or_insert(Evidence::Proof { proof, context, limbs });
                    }
                }
                Some(Brought::Batch(bytes)) if self.is_for_model(executed) => {
                    self.batch(bytes, batches, &mut evidence);
                }
                Some(Brought::Buffer) if self.is_for_model(executed) => {
                    if let Some(bytes) = self.buffer(signature, past, place)? {
                        self.batch(bytes, batches, &mut evidence);
                    }
                }
                _ => {}
            }
        }
        let mut all_counted = true;
        for Recording { digest, index, recorded_at, .. } in recordings {
            if index >= self.model.accepted {
                all_counted = false;
                continue;
            }
            let what = || "the transaction holds no proof of it that was found".to_owned();
            let evidence = evidence.get(&digest).cloned();
            let evidence = evidence.unwrap_or_else(|| Evidence::Missing { what: what() });
            let record = Record { index, recorded_at, transaction: signature.to_owned(), digest, evidence };
            self.found.entry(index).or_insert(record);
        }
        Ok(all_counted)
    }

    /// `record` and its forms for batches have the model as account 1.
    fn is_for_model(&self, executed: &Executed) -> bool {
        executed.accounts.get(1) == Some(self.address)
    }

    fn digest(&self, context: &[u8; 32], limbs: &[[u8; 32]]) -> Option<[u8; 32]> {
        let domain = Scalar::from_be_bytes(self.model.domain).ok()?;
        Some(digest_of_encoded(&domain, context, limbs).ok()?.to_be_bytes())
    }

    /// The statements of a batch.
    fn batch(
        &self,
        bytes: Vec<u8>,
        batches: &mut Vec<history::Batch>,
        evidence: &mut HashMap<[u8; 32], Evidence>,
    ) {
        let digests = || {
            let layout =
                Layout { form: self.model.key().ok()?.form(), limbs: usize::from(self.model.limb_count) };
            let domain = Scalar::from_be_bytes(self.model.domain).ok()?;
            Batch::read(&bytes, layout).ok()?.digests(&domain).ok()
        };
        let Some(digests) = digests() else { return };
        for digest in digests {
            evidence.entry(digest.to_be_bytes()).or_insert(Evidence::Batch { batch: batches.len() });
        }
        batches.push(history::Batch(bytes));
    }

    /// What the buffer held that the instruction at `place` of a transaction recorded: from what was written into it since it was created.
    fn buffer(&mut self, signature: &str, past: &Past, place: usize) -> Result<Option<Vec<u8>>, Error> {
        let Some(buffer) =
            past.instructions.get(place).and_then(|executed| executed.accounts.get(2)).copied()
        else {
            return Ok(None);
        };
        let before = past.instructions.iter().take(place);
        let earlier = before.filter(|executed| records(executed, &buffer)).count();
        let key = (signature.to_owned(), buffer);
        if !self.buffers.contains_key(&key) {
            self.replay(&buffer)?;
        }
        Ok(self.buffers.get(&key).and_then(|held| held.get(earlier)).cloned())
    }

    /// Goes through the life of a buffer.
    fn replay(&mut self, buffer: &Address) -> Result<(), Error> {
        let mut held = Vec::new();
        for named in self.rpc.naming(buffer, None)?.iter().filter(|named| !named.failed) {
            let Some(past) = self.rpc.past(&named.signature)? else { continue };
            for executed in past.instructions.iter().filter(|executed| executed.program == ID) {
                let is_its = executed.accounts.get(1) == Some(buffer);
                match brought(&executed.data) {
                    Some(Brought::Chunk { offset, chunk }) if is_its => write(&mut held, offset, &chunk),
                    Some(Brought::Close) if is_its => held.clear(),
                    Some(Brought::Buffer) if records(executed, buffer) => {
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

/// Whether an instruction records what a buffer holds.
fn records(executed: &Executed, buffer: &Address) -> bool {
    executed.program == ID
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
