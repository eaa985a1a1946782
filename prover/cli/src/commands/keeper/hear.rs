//! What happens in a keeper, as logs.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use assay_keeper::Conclusion;
use assay_keeper::service::hear::Hear;
use assay_keeper::service::journal::End;
use assay_keeper::service::pipeline::{Told, counted};
use assay_keeper::service::wallet::Event;
use solana_address::Address;

/// Logs what changes: what is found in a look again is not said again.
#[derive(Default)]
pub struct Logs {
    would: Mutex<HashMap<(String, Address), &'static str>>,
}

impl Hear for Logs {
    fn pipeline(&self, told: &Told<'_>) {
        match told {
            Told::Looked { lane, looks, left_out, took } => {
                tracing::debug!(
                    strategy = lane,
                    accounts = looks.len(),
                    left_out,
                    micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
                    found = ?counted(looks),
                    "looked"
                );
                let mut known = self.would.lock().unwrap_or_else(PoisonError::into_inner);
                let mut now = HashMap::new();
                for look in *looks {
                    let Some(action) = look.would() else { continue };
                    if known.get(&((*lane).to_owned(), look.target)) != Some(&action) {
                        let gain = look.found.as_ref().ok().and_then(|report| report.gain);
                        tracing::info!(strategy = lane, account = %look.target, action, gain, "to do");
                    }
                    now.insert(((*lane).to_owned(), look.target), action);
                }
                known.retain(|(of, _), _| of.as_str() != *lane);
                known.extend(now);
            }
            Told::Blind { lane, error } => {
                tracing::error!(strategy = lane, %error, "what matters cannot be seen: it is tried again");
            }
            Told::Worked { lane, target, found, counters } => match found {
                Ok(report) => match &report.conclusion {
                    Conclusion::Settled(sent) => {
                        let proof_ms = counters.latency.percentile(100).map(millis);
                        tracing::info!(strategy = lane, account = %target, action = sent.action, compute_units = sent.executed.compute_units, proof_ms, "done");
                    }
                    Conclusion::LeftAlone(reason) => {
                        tracing::info!(strategy = lane, account = %target, reason = reason.0, prepared = report.prepared.len(), "left alone");
                    }
                    Conclusion::Would(action) => {
                        tracing::info!(strategy = lane, account = %target, action, "not sent");
                    }
                },
                Err(error) => {
                    tracing::warn!(strategy = lane, account = %target, reason = error.reason(), %error, "failed");
                }
            },
        }
    }

    fn transaction(&self, event: &Event<'_>) {
        match event {
            Event::Sending { flight, since } => tracing::info!(
                action = flight.action,
                account = %flight.target,
                signature = flight.signature,
                since_change_ms = millis(*since),
                "sending"
            ),
            Event::Unbundled { error } => {
                tracing::warn!(error, "a bundle was not taken: it went the usual way");
            }
            Event::Ended { flight, end } => {
                let (how, slot) = match end {
                    End::Landed { slot, .. } => ("executed", Some(*slot)),
                    End::Failed { slot, .. } => ("refused", Some(*slot)),
                    End::Expired => ("expired", None),
                    End::Unknown => ("unknown", None),
                };
                tracing::info!(action = flight.action, account = %flight.target, signature = flight.signature, how, slot, "ended");
            }
        }
    }

    fn tick(&self, slot: u64, cluster: u64, accounts: usize) {
        tracing::trace!(slot, cluster, accounts, "tick");
    }

    fn unanswered(&self, error: &assay_chain::Error) {
        tracing::warn!(%error, "the server does not answer");
    }
}

/// Milliseconds, as logs have numbers: JSON has none of 128 bits.
fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
