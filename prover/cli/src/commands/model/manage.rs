//! `assay model activate`, `suspend`, `resume` and `retire`: the authority moves a model through its life.

use anyhow::anyhow;
use assay_host::time::{span, utc};
use assay_verifier_host::{self as verifier, Status, WINDOW};
use solana_address::Address;
use solana_instruction::Instruction;

use super::facts::{Facts, word};
use super::step::{Role, Step, Subject};
use crate::failure::hinted;
use crate::outcome::Outcome;

/// Make a proposed model active, once its timelock has passed.
///
/// Its authority signs, within 14 days from the end of the timelock. From then on the program accepts proofs for it.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  $ assay model activate 5x3b... --url devnet")]
pub struct Activate {
    #[command(flatten)]
    subject: Subject,
}

/// Stop a model at once.
///
/// Its authority or its guardian signs. No proof is accepted from then on, until the model is resumed and its timelock has passed.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  $ assay model suspend 5x3b... --keypair guardian.json --priority-fee auto"
)]
pub struct Suspend {
    #[command(flatten)]
    subject: Subject,
}

/// Propose a suspended model again, or one whose proposal lapsed.
///
/// Its authority signs, and its timelock starts anew: `assay model activate` makes it active after that.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  $ assay model resume 5x3b...")]
pub struct Resume {
    #[command(flatten)]
    subject: Subject,
}

/// Stop a model for good.
///
/// Its authority signs. Nothing brings a retired model back: another one has to be registered, under another key.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  $ assay model retire 5x3b... --for-good")]
pub struct Retire {
    #[command(flatten)]
    subject: Subject,
    /// Yes, for good
    #[arg(long)]
    for_good: bool,
}

/// A move in a model's life.
struct Move {
    /// What was done.
    done: &'static str,
    /// What the model is afterwards.
    becomes: Status,
    /// The instruction.
    build: fn(Address, Address) -> Instruction,
    /// Who may.
    roles: &'static [Role],
}

/// Runs `assay model activate`.
pub fn activate(args: &Activate) -> anyhow::Result<Outcome> {
    let step = Move {
        done: "activated",
        becomes: Status::Active,
        build: verifier::activate,
        roles: &[Role::Authority],
    };
    step.run(&args.subject, |facts| {
        let Facts { model, now, .. } = facts;
        let lapses = model.activates_at.saturating_add(WINDOW);
        match facts.status() {
            Some(Status::Proposed) if *now < model.activates_at => Err(hinted(
                anyhow!("the model's timelock runs until {}, {} from now", utc(model.activates_at), span(model.activates_at.saturating_sub(*now))),
                "run the command again then; on a local cluster, `cargo xtask localnet clock +1d` lets a day pass",
            )),
            Some(Status::Proposed) if *now > lapses => Err(hinted(
                anyhow!("the model's proposal lapsed on {}, 14 days after its timelock", utc(lapses)),
                "`assay model resume` proposes it again, with a new timelock",
            )),
            Some(Status::Suspended) => Err(hinted(
                anyhow!("the model is suspended"),
                "`assay model resume` proposes it again; it can be activated after its timelock",
            )),
            _ => Ok(()),
        }
    })
}

/// Runs `assay model suspend`.
pub fn suspend(args: &Suspend) -> anyhow::Result<Outcome> {
    let step = Move {
        done: "suspended",
        becomes: Status::Suspended,
        build: verifier::suspend,
        roles: &[Role::Authority, Role::Guardian],
    };
    step.run(&args.subject, |_| Ok(()))
}

/// Runs `assay model resume`.
pub fn resume(args: &Resume) -> anyhow::Result<Outcome> {
    let step = Move {
        done: "proposed again",
        becomes: Status::Proposed,
        build: verifier::resume,
        roles: &[Role::Authority],
    };
    step.run(&args.subject, |facts| match facts.status() {
        Some(Status::Active) => {
            Err(hinted(anyhow!("the model is active"), "nothing has to be done: proofs are accepted for it"))
        }
        _ => Ok(()),
    })
}

/// Runs `assay model retire`.
pub fn retire(args: &Retire) -> anyhow::Result<Outcome> {
    if !args.for_good {
        return Err(hinted(
            anyhow!(
                "a retired model never comes back, nor can the same key and schema be registered again by the same authority"
            ),
            "`assay model suspend` stops it as well, and can be undone; --for-good says that you mean it",
        ));
    }
    let step = Move {
        done: "retired",
        becomes: Status::Retired,
        build: verifier::retire,
        roles: &[Role::Authority],
    };
    step.run(&args.subject, |_| Ok(()))
}

impl Move {
    /// Makes the move, unless it was made, cannot be, or `refuse` says why not.
    fn run(
        &self,
        subject: &Subject,
        refuse: impl FnOnce(&Facts<'_>) -> anyhow::Result<()>,
    ) -> anyhow::Result<Outcome> {
        let Self { done, becomes, build, roles } = *self;
        let look = |facts: &Facts<'_>, _: Address| {
            let status = facts.status();
            let has_lapsed = facts.now > facts.model.activates_at.saturating_add(WINDOW);
            let is_renewed = becomes == Status::Proposed && has_lapsed;
            if status == Some(becomes) && !is_renewed {
                return Ok(Some(word(status).into()));
            }
            if status == Some(Status::Retired) {
                return Err(hinted(
                    anyhow!("the model was retired on {}", utc(facts.model.retired_at)),
                    "that is for good: register another model",
                ));
            }
            refuse(facts).map(|()| None)
        };
        Step { done, roles, shows: |facts| facts.short() }.take(subject, look, build)
    }
}
