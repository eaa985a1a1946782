//! Sends what a plan has to do, with a line in the record before and after each transaction.

use std::thread;
use std::time::{Duration, Instant};

use assay_chain::send::MARGIN;
use assay_chain::{Error, Landed, Signed};
use assay_interface::bytes::Hex;
use serde_json::{Value, json};

use crate::agreed::most_priority;
use crate::error::{Result, Stop};
use crate::plan::{Action, Step};
use crate::record::{Pending, Record};
use crate::world::World;

/// Between two looks.
const PACE: Duration = Duration::from_millis(100);
/// How long slots are waited for.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long the end of a transaction is waited for that an earlier run handed in: longer than blockhashes live.
const SETTLING: Duration = Duration::from_secs(180);
/// Blocks that no blockhash outlives.
const LONGEST_LIFE: u64 = 300;

/// What an action is about, for the record.
fn about(step: &dyn Step, action: &Action) -> Value {
    json!({
        "step": step.number(),
        "name": step.name(),
        "action": action.what,
        "account": action.account.to_string(),
        "sha256": action.digest.map(|digest| Hex(&digest).to_string()),
    })
}

fn merged(mut one: Value, other: Value) -> Value {
    if let (Value::Object(one), Value::Object(other)) = (&mut one, other) {
        one.extend(other);
    }
    one
}

/// Sends one transaction, and waits for it. `left` are those that may be signed.
///
/// # Errors
/// It was refused, failed, or its end is not known. Where the record cannot be written, nothing is handed in.
pub fn one(
    world: &World,
    record: &mut Record,
    step: &dyn Step,
    action: &Action,
    left: &mut usize,
) -> Result<Landed> {
    let instructions = action.work.calls();
    let sender = world.sender(instructions, most_priority(world, &action.work));
    let simulated = sender.simulate(instructions)?;
    let about = about(step, action);
    *left = left.saturating_sub(1);
    let sent = sender.send(&simulated, &mut |Signed { signature, last_height }| {
        let line = json!({ "signature": signature, "last_height": last_height });
        let written = record.append("sending", merged(about.clone(), line));
        written.map_err(|stop| Error::Withheld(stop.what))
    });
    match sent {
        Ok(landed) => {
            let line =
                json!({ "signature": landed.signature, "slot": landed.slot, "fee_lamports": landed.fee });
            record.append("landed", merged(about, line))?;
            Ok(landed)
        }
        Err(error) => {
            let event = match &error {
                Error::Failed { .. } => "failed",
                Error::Expired { .. } => "expired",
                // Its end is looked up by the next run.
                _ => return Err(error.into()),
            };
            let line = json!({ "signature": error.signature(), "why": error.to_string() });
            record.append(event, merged(about, line))?;
            Err(error.into())
        }
    }
}

/// Sends a transaction for each of some instructions, in any order. `left` are those that may be signed.
///
/// # Errors
/// One failed, or none lands any more.
pub fn many(
    world: &World,
    record: &mut Record,
    step: &dyn Step,
    action: &Action,
    left: &mut usize,
) -> Result<()> {
    let instructions = action.work.calls();
    let about = about(step, action);
    let mut landed = 0;
    let sender = world.sender(instructions, most_priority(world, &action.work));
    let sent = sender.send_many(instructions, *left, &mut |count| landed = count);
    let line = json!({ "transactions": landed, "of": instructions.len(), "why": sent.as_ref().err().map(ToString::to_string) });
    record.append("written", merged(about, line))?;
    *left = left.saturating_sub(sent?);
    Ok(())
}

/// Waits until no transaction can be executed any more in the slot of one that landed.
///
/// # Errors
/// Slots do not pass.
pub fn next_slot(world: &World, slot: u64) -> Result<()> {
    let since = Instant::now();
    while since.elapsed() < PATIENCE {
        if world.rpc.clock_at()?.slot > slot {
            return Ok(());
        }
        thread::sleep(PACE);
    }
    Err(Stop::new(format!("no slot came after {slot}"), "does the cluster run? run the command again then"))
}

/// Looks up what became of the transactions whose end the record does not tell, and writes it down. Those that may land yet are waited for.
///
/// # Errors
/// The cluster cannot be asked, or the record not written.
pub fn settle(world: &World, record: &mut Record) -> Result<()> {
    let pending = record.pending().to_vec();
    let since = Instant::now();
    for Pending { signature, last_height } in &pending {
        let (event, line) = loop {
            let height = world.rpc.height()?;
            match world.rpc.status(signature, true)? {
                Some(status) if status.commitment >= world.rpc.commitment() => {
                    let event = if status.error.is_some() { "failed" } else { "landed" };
                    break (event, json!({ "slot": status.slot, "why": status.error }));
                }
                Some(_) => {}
                None if height > last_height.saturating_add(MARGIN) => {
                    // Who keeps the latest blocks only says nothing of older ones.
                    let event = if world.rpc.keeps_history(signature)? { "expired" } else { "unknown" };
                    break (event, json!({}));
                }
                // A local cluster that began anew has not had that block.
                None if last_height.saturating_sub(height) > LONGEST_LIFE => break ("forgotten", json!({})),
                None => {}
            }
            if since.elapsed() > SETTLING {
                return Err(Stop::new(
                    format!(
                        "{signature} was handed in by an earlier run, and what became of it is not to be learnt"
                    ),
                    "does the cluster run, and is the server (cluster.url) up to date? run the command again then",
                ));
            }
            thread::sleep(PACE);
        };
        record.append(event, merged(json!({ "signature": signature, "looked_up": true }), line))?;
    }
    Ok(())
}
