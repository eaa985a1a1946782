//! Many transactions at once, of those that may be executed in any order and more than once: the pieces of a file.

use std::collections::VecDeque;
use std::thread;
use std::time::Instant;

use solana_instruction::Instruction;

use super::{AGAIN, FIRST_PACE, FRESH, MARGIN, PACE, Sender};
use crate::error::{Error, Result};
use crate::refusal::Refusal;
use crate::rpc::Blockhash;
use crate::transaction::Unsigned;

/// Transactions on their way at once: what one question about them holds.
const AT_ONCE: usize = 128;
/// How many hand them in.
const HANDS: usize = 4;

/// A transaction on its way.
struct Flying {
    call: usize,
    signature: String,
    wire: Vec<u8>,
    last_height: u64,
    handed_in: Option<Instant>,
}

impl Sender<'_> {
    /// Sends a transaction for each instruction, in any order. One whose blockhash expires is signed anew, so an instruction may be executed
    /// more than once: it must be of those that do the same again. No more than `most` are signed. `progress` is told how many have landed. What is allowed to each is what the
    /// first takes in a simulation, with a tenth more; no progress is waited for as long as [`Sender::patience`] says. How many were signed.
    ///
    /// # Errors
    /// [`Error::Refused`], [`Error::Price`] before anything is sent; [`Error::Failed`] where one failed, [`Error::Unconfirmed`] where nothing landed for
    /// long, [`Error::Expired`] where one would have to be signed beyond `most`.
    pub fn send_many(
        &self,
        calls: &[Instruction],
        most: usize,
        progress: &mut dyn FnMut(usize),
    ) -> Result<usize> {
        let Some(first) = calls.first() else { return Ok(0) };
        let budget = self.simulate(std::slice::from_ref(first))?.budget;
        let mut waiting: VecDeque<usize> = (0..calls.len()).collect();
        let mut flying: Vec<Flying> = Vec::new();
        let mut blockhash: Option<(Blockhash, Instant)> = None;
        let mut programs = Vec::new();
        let (mut landed, mut advanced, mut pace) = (0, Instant::now(), FIRST_PACE);
        let (mut signed, mut expired) = (0, String::new());
        while !waiting.is_empty() || !flying.is_empty() {
            if flying.is_empty() && signed >= most {
                return Err(Error::Expired { signature: expired });
            }
            while flying.len() < AT_ONCE && !waiting.is_empty() && signed < most {
                let latest = match blockhash.filter(|(_, asked)| asked.elapsed() < FRESH) {
                    Some((latest, _)) => latest,
                    None => blockhash.insert((self.rpc.blockhash()?, Instant::now())).0,
                };
                let Some(call) = waiting.pop_front() else { break };
                let Some(instruction) = calls.get(call) else { continue };
                let unsigned =
                    Unsigned::new(&self.payer, std::slice::from_ref(instruction), budget, latest.hash)?;
                programs = unsigned.programs();
                let (signature, wire) = unsigned.sign(&self.keys)?;
                let last_height = latest.last_height;
                signed += 1;
                flying.push(Flying { call, signature, wire, last_height, handed_in: None });
            }
            self.hand_in(&mut flying);
            thread::sleep(pace);
            pace = (pace * 2).min(PACE);
            let signatures: Vec<&str> = flying.iter().map(|one| one.signature.as_str()).collect();
            // A server that does not answer now may do so in a moment.
            let Ok(statuses) = self.rpc.statuses(&signatures) else {
                self.give_up_after(advanced, &flying)?;
                continue;
            };
            let mut left = Vec::with_capacity(flying.len());
            for (one, status) in flying.into_iter().zip(statuses) {
                match status.filter(|status| status.commitment >= self.rpc.commitment()) {
                    Some(status) => {
                        self.rpc.not_before(status.slot);
                        if let Some(error) = status.error {
                            let refusal = Box::new(Refusal::read(&error, &[], &programs));
                            return Err(Error::Failed {
                                signature: one.signature,
                                slot: status.slot,
                                refusal,
                            });
                        }
                        landed += 1;
                        (advanced, pace) = (Instant::now(), FIRST_PACE);
                        progress(landed);
                    }
                    None => left.push(one),
                }
            }
            flying = left;
            self.give_up_after(advanced, &flying)?;
            if flying.iter().any(|one| one.handed_in.is_some_and(|at| at.elapsed() >= AGAIN))
                && let Ok(height) = self.rpc.height()
            {
                let is_over = |one: &Flying| height > one.last_height.saturating_add(MARGIN);
                for one in flying.iter().filter(|one| is_over(one)) {
                    waiting.push_back(one.call);
                    expired.clone_from(&one.signature);
                    // What is signed anew wants another one.
                    blockhash = None;
                }
                flying.retain(|one| !is_over(one));
            }
        }
        Ok(signed)
    }

    /// Hands in what is new, or was handed in a while ago. What the server says to it decides nothing: the statuses do.
    fn hand_in(&self, flying: &mut [Flying]) {
        let is_due = |one: &&mut Flying| one.handed_in.is_none_or(|at| at.elapsed() >= AGAIN);
        let mut due: Vec<&mut Flying> = flying.iter_mut().filter(is_due).collect();
        let share = due.len().div_ceil(HANDS).max(1);
        thread::scope(|scope| {
            for part in due.chunks_mut(share) {
                scope.spawn(|| {
                    for one in part {
                        drop(self.rpc.send(&one.wire));
                        one.handed_in = Some(Instant::now());
                    }
                });
            }
        });
    }

    fn give_up_after(&self, advanced: Instant, flying: &[Flying]) -> Result<()> {
        match flying.first() {
            Some(one) if advanced.elapsed() > self.patience => {
                Err(Error::Unconfirmed { signature: one.signature.clone(), seconds: self.patience.as_secs() })
            }
            _ => Ok(()),
        }
    }
}
