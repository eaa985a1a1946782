//! `assay model authority`: a model is handed over, by an offer that is accepted, or to nobody.

use anyhow::anyhow;
use assay_host::time::utc;
use assay_verifier_host::{self as verifier, Status};
use solana_address::Address;

use super::facts::{Facts, word};
use super::step::{Role, Step, Subject};
use crate::commands::chain::address;
use crate::failure::hinted;
use crate::outcome::Outcome;

const EXAMPLE: &str = "\
Example:
  $ assay model authority offer 5x3b... --to 7Kq1...
  $ assay model authority accept 5x3b... --keypair theirs.json     within 14 days

Until it is accepted nothing changes, so an address that nobody has a key for costs nothing.";

/// Hand a model over to another authority, or to nobody.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    #[command(subcommand)]
    step: Hand,
}

#[derive(Debug, clap::Subcommand)]
enum Hand {
    Offer(Offer),
    Accept(Accept),
    Withdraw(Withdraw),
    Renounce(Renounce),
}

/// Offer a model to another authority, in place of any offer before.
///
/// Its authority signs. The offer stands for 14 days.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  $ assay model authority offer 5x3b... --to 7Kq1...")]
struct Offer {
    #[command(flatten)]
    subject: Subject,
    /// Whose it becomes, once they accept
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    to: Address,
}

/// Accept a model that was offered: whoever it was offered to signs, and is its authority from then on.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  $ assay model authority accept 5x3b... --keypair theirs.json")]
struct Accept {
    #[command(flatten)]
    subject: Subject,
}

/// Withdraw an offer that was not accepted. Its authority signs.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  $ assay model authority withdraw 5x3b...")]
struct Withdraw {
    #[command(flatten)]
    subject: Subject,
}

/// Leave an active model to nobody: it stays as it is, for good.
///
/// Its authority signs. Nobody can suspend or retire it afterwards, so it must have no guardian.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  $ assay model authority renounce 5x3b... --for-good")]
struct Renounce {
    #[command(flatten)]
    subject: Subject,
    /// Yes, for good
    #[arg(long)]
    for_good: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<Outcome> {
    match &args.step {
        Hand::Offer(args) => offer(args),
        Hand::Accept(args) => accept(args),
        Hand::Withdraw(args) => withdraw(args),
        Hand::Renounce(args) => renounce(args),
    }
}

fn step(done: &'static str, roles: &'static [Role]) -> Step {
    Step { done, roles, shows: |facts| facts.with_hands() }
}

fn offer(args: &Offer) -> anyhow::Result<Outcome> {
    let to = args.to;
    let look = |facts: &Facts<'_>, _: Address| {
        let model = facts.model;
        if to == Address::default() {
            return Err(hinted(
                anyhow!("{to} is nobody's address"),
                "`assay model authority withdraw` takes an offer back, `renounce` leaves the model to nobody",
            ));
        }
        if to == model.guardian {
            return Err(hinted(
                anyhow!("{to} is the model's guardian, and nobody is both"),
                "`assay model guardian propose` names another one first",
            ));
        }
        let is_offered = to == model.pending_authority && facts.now <= model.offer_expires_at;
        Ok(match to == model.authority {
            true => Some("the authority".into()),
            false => is_offered.then(|| "offered".into()),
        })
    };
    let build = |signer, model| verifier::propose_authority(signer, model, to);
    step("offered", &[Role::Authority]).take(&args.subject, look, build)
}

fn accept(args: &Accept) -> anyhow::Result<Outcome> {
    let look = |facts: &Facts<'_>, signer: Address| {
        let model = facts.model;
        if signer == model.authority {
            return Ok(Some("the authority".into()));
        }
        if model.pending_authority == Address::default() {
            return Err(hinted(
                anyhow!("the model is offered to nobody"),
                "its authority offers it: `assay model authority offer`",
            ));
        }
        if facts.now > model.offer_expires_at {
            return Err(hinted(
                anyhow!("the offer lapsed on {}", utc(model.offer_expires_at)),
                "its authority offers it again: `assay model authority offer`",
            ));
        }
        if model.pending_authority == model.guardian {
            return Err(hinted(
                anyhow!("whom it was offered to is the model's guardian by now, and nobody is both"),
                "its authority names another guardian first: `assay model guardian propose`",
            ));
        }
        Ok(None)
    };
    step("accepted", &[Role::Offered]).take(&args.subject, look, verifier::accept_authority)
}

fn withdraw(args: &Withdraw) -> anyhow::Result<Outcome> {
    let look = |facts: &Facts<'_>, _: Address| {
        let is_offered = facts.model.pending_authority != Address::default();
        Ok((!is_offered).then(|| "offered to nobody".into()))
    };
    let build = |signer, model| verifier::propose_authority(signer, model, Address::default());
    step("withdrawn", &[Role::Authority]).take(&args.subject, look, build)
}

fn renounce(args: &Renounce) -> anyhow::Result<Outcome> {
    if !args.for_good {
        return Err(hinted(
            anyhow!("nobody can ever suspend or retire a model whose authority was renounced"),
            "--for-good says that you mean it",
        ));
    }
    let look = |facts: &Facts<'_>, _: Address| {
        let model = facts.model;
        if model.is_immutable() {
            return Ok(Some("renounced".into()));
        }
        if facts.status() != Some(Status::Active) {
            return Err(hinted(
                anyhow!("the model is {}, and would stay so for good", word(facts.status())),
                "`assay model activate` makes it active first",
            ));
        }
        if model.guardian != Address::default() {
            return Err(hinted(
                anyhow!("the model has a guardian, {}", model.guardian),
                "`assay model guardian propose --nobody`, and after the timelock `assay model guardian apply`, leave it without one",
            ));
        }
        Ok(None)
    };
    step("renounced", &[Role::Authority]).take(&args.subject, look, verifier::renounce_authority)
}
