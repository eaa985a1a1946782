//! `assay model guardian`: who may suspend a model besides its authority, changed behind the model's timelock.

use anyhow::anyhow;
use assay_host::time::{span, utc};
use assay_verifier_host::{self as verifier, Status, WINDOW};
use solana_address::Address;

use super::facts::Facts;
use super::step::{Role, Step, Subject};
use crate::commands::chain::address;
use crate::failure::hinted;
use crate::outcome::Outcome;

const EXAMPLE: &str = "\
Example:
  $ assay model guardian propose 5x3b... --to 7Kq1...
  $ assay model guardian apply 5x3b...     once the model's timelock has passed

The guardian may suspend the model, and nothing else.";

/// Change who may suspend a model besides its authority.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    #[command(subcommand)]
    step: Hand,
}

#[derive(Debug, clap::Subcommand)]
enum Hand {
    Propose(Propose),
    Apply(Apply),
    Cancel(Cancel),
}

/// Propose another guardian, or none, in place of any proposal before.
///
/// Its authority signs. The guardian stays until `assay model guardian apply`, which waits for the model's timelock.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  $ assay model guardian propose 5x3b... --to 7Kq1...")]
struct Propose {
    #[command(flatten)]
    subject: Subject,
    #[command(flatten)]
    whom: Whom,
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Whom {
    /// Who is to be the guardian
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    to: Option<Address>,
    /// The model is to have none
    #[arg(long)]
    nobody: bool,
}

/// Put the proposed guardian in place, within 14 days from the end of the timelock. The model's authority signs.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  $ assay model guardian apply 5x3b...")]
struct Apply {
    #[command(flatten)]
    subject: Subject,
}

/// Withdraw a proposal that is not in place. The model's authority signs.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  $ assay model guardian cancel 5x3b...")]
struct Cancel {
    #[command(flatten)]
    subject: Subject,
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<Outcome> {
    match &args.step {
        Hand::Propose(args) => propose(args),
        Hand::Apply(args) => apply(args),
        Hand::Cancel(args) => cancel(args),
    }
}

fn step(done: &'static str) -> Step {
    Step { done, roles: &[Role::Authority], shows: |facts| facts.with_hands() }
}

fn propose(args: &Propose) -> anyhow::Result<Outcome> {
    let to = args.whom.to.unwrap_or_default();
    let look = |facts: &Facts<'_>, _: Address| {
        let model = facts.model;
        if model.guardian_from != 0 && to == model.pending_guardian {
            return Ok(Some("proposed".into()));
        }
        if to == model.guardian && model.guardian_from == 0 {
            return Ok(Some("so".into()));
        }
        if facts.status() == Some(Status::Retired) {
            return Err(hinted(
                anyhow!("the model was retired on {}", utc(model.retired_at)),
                "nothing is left to guard",
            ));
        }
        if to == model.guardian {
            return Err(hinted(
                anyhow!("that is so, and another change is proposed"),
                "`assay model guardian cancel` withdraws it",
            ));
        }
        if to == model.authority {
            return Err(hinted(
                anyhow!("{to} is the model's authority, and nobody is both"),
                "the authority may suspend the model in any case",
            ));
        }
        Ok(None)
    };
    let build = |signer, model| verifier::propose_guardian(signer, model, to);
    step("proposed").take(&args.subject, look, build)
}

fn apply(args: &Apply) -> anyhow::Result<Outcome> {
    let look = |facts: &Facts<'_>, _: Address| {
        let (model, now) = (facts.model, facts.now);
        let lapses = model.guardian_from.saturating_add(WINDOW);
        match model.guardian_from {
            0 => Err(hinted(
                anyhow!("no change of the guardian is proposed"),
                "`assay model show` says who it is; `assay model guardian propose` proposes another",
            )),
            from if now < from => Err(hinted(
                anyhow!(
                    "the model's timelock runs until {}, {} from now",
                    utc(from),
                    span(from.saturating_sub(now))
                ),
                "run the command again then; on a local cluster, `cargo xtask localnet clock +1d` lets a day pass",
            )),
            _ if now > lapses => Err(hinted(
                anyhow!("the proposal lapsed on {}, 14 days after its timelock", utc(lapses)),
                "`assay model guardian propose` proposes it again, with a new timelock",
            )),
            _ if model.pending_guardian == model.authority => Err(hinted(
                anyhow!("the proposed guardian is the model's authority by now, and nobody is both"),
                "`assay model guardian propose` proposes another",
            )),
            _ => Ok(None),
        }
    };
    step("applied").take(&args.subject, look, verifier::apply_guardian)
}

fn cancel(args: &Cancel) -> anyhow::Result<Outcome> {
    let look = |facts: &Facts<'_>, _: Address| {
        Ok((facts.model.guardian_from == 0).then(|| "without a proposal".into()))
    };
    step("cancelled").take(&args.subject, look, verifier::cancel_guardian)
}
