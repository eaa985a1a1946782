//! What is being sent at this moment: what several want sent, word for word, is sent once.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use assay_host::{Executed, SendError};
use solana_instruction::Instruction;

/// What a transaction, named by its instructions, came to.
type Outcome = Arc<(Mutex<Option<Result<Executed, String>>>, Condvar)>;

/// What is being sent at this moment.
#[derive(Default)]
pub struct Sending(Mutex<HashMap<Vec<u8>, Outcome>>);

impl Sending {
    /// Sends, unless the same is being sent: then that is waited for.
    pub(super) fn once(
        &self,
        instructions: &[Instruction],
        send: impl FnOnce() -> Result<Executed, SendError>,
    ) -> Result<Executed, SendError> {
        let name = name(instructions);
        let mine: Outcome = Arc::default();
        let other = {
            let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let found = all.get(&name).cloned();
            if found.is_none() {
                all.insert(name.clone(), Arc::clone(&mine));
            }
            found
        };
        if let Some(other) = other {
            let (outcome, is_there) = &*other;
            let outcome = outcome.lock().unwrap_or_else(PoisonError::into_inner);
            let outcome = is_there.wait_while(outcome, |outcome| outcome.is_none());
            let outcome = outcome.unwrap_or_else(PoisonError::into_inner).clone();
            return match outcome {
                Some(Ok(executed)) => Ok(executed),
                Some(Err(message)) => Err(SendError::Withheld(format!("another sent the same: {message}"))),
                None => Err(SendError::Withheld("another was to send the same".into())),
            };
        }
        // Whatever happens in it, nobody waits for ever.
        let _sent = Sent { sending: self, name: &name, outcome: &mine };
        let executed = send();
        let told = executed.as_ref().map(Clone::clone).map_err(ToString::to_string);
        *mine.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(told);
        executed
    }
}

struct Sent<'a> {
    sending: &'a Sending,
    name: &'a [u8],
    outcome: &'a Outcome,
}

impl Drop for Sent<'_> {
    fn drop(&mut self) {
        self.sending.0.lock().unwrap_or_else(PoisonError::into_inner).remove(self.name);
        let (outcome, is_there) = &**self.outcome;
        let mut outcome = outcome.lock().unwrap_or_else(PoisonError::into_inner);
        outcome.get_or_insert_with(|| Err("it was given up".into()));
        is_there.notify_all();
    }
}

/// Bytes that two lists of instructions share only where they are the same.
fn name(instructions: &[Instruction]) -> Vec<u8> {
    let mut name = Vec::new();
    for instruction in instructions {
        name.extend(instruction.program_id.as_ref());
        name.extend(instruction.accounts.len().to_le_bytes());
        for meta in &instruction.accounts {
            name.extend(meta.pubkey.as_ref());
            name.extend([u8::from(meta.is_signer), u8::from(meta.is_writable)]);
        }
        name.extend(instruction.data.len().to_le_bytes());
        name.extend(&instruction.data);
    }
    name
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use solana_address::Address;

    use super::*;

    #[test]
    fn what_is_the_same_is_sent_once() {
        let (sending, sent, waiting) = (Sending::default(), AtomicUsize::new(0), AtomicUsize::new(0));
        let instruction = |byte| Instruction {
            program_id: Address::new_from_array([byte; 32]),
            accounts: Vec::new(),
            data: vec![byte],
        };
        std::thread::scope(|scope| {
            for byte in [1, 1, 1, 2] {
                let (sending, sent, waiting) = (&sending, &sent, &waiting);
                scope.spawn(move || {
                    waiting.fetch_add(1, Ordering::SeqCst);
                    let executed = sending.once(&[instruction(byte)], || {
                        sent.fetch_add(1, Ordering::SeqCst);
                        // The others have come by then, or come to what has ended.
                        while waiting.load(Ordering::SeqCst) < 4 {
                            std::thread::yield_now();
                        }
                        std::thread::sleep(Duration::from_millis(50));
                        Ok(Executed { compute_units: byte.into(), size: 1 })
                    });
                    assert_eq!(executed.unwrap().compute_units, u64::from(byte));
                });
            }
        });
        assert!((2..=4).contains(&sent.into_inner()));
        assert!(sending.0.into_inner().unwrap().is_empty());
    }

    #[test]
    fn nobody_waits_for_what_panicked() {
        let sending = Sending::default();
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            sending.once(&[], || panic!("in the middle"))
        }));
        assert!(panicked.is_err());
        assert!(sending.once(&[], || Ok(Executed { compute_units: 1, size: 1 })).is_ok());
    }
}
