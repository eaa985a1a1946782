//! `assay model activate`, `suspend`, `resume` and `retire`: the authority moves a model through its life.
//!
//! Each looks first. Where the model is already what it would become, nothing is sent, and that is no error: a script may run the command
//! again after it lost the answer.

use anyhow::anyhow;
use assay_chain::registry;
use assay_host::time::{span, utc};
use assay_verifier_host::{self as verifier, Model, Status, WINDOW};
use serde_json::json;
use solana_address::Address;
use solana_instruction::Instruction;

use super::facts::{Facts, word};
use crate::commands::chain::{Signing, Wallet, address, merged, told};
use crate::commands::print;
use crate::failure::hinted;
use crate::outcome::Outcome;
use crate::ui::{self, GOOD, paint};

/// Which model, and who signs.
#[derive(Debug, clap::Args)]
struct Subject {
    /// Address of the model, which `assay model register` printed
    #[arg(value_name = "ADDRESS", value_parser = address)]
    model: Address,
    #[command(flatten)]
    signing: Signing,
}

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

/// A step in a model's life.
struct Move {
    /// What was done.
    done: &'static str,
    /// What the model is afterwards.
    becomes: Status,
    /// The instruction.
    build: fn(Address, Address) -> Instruction,
    /// Whether the guardian may as well.
    guardian: bool,
}

/// Runs `assay model activate`.
pub fn activate(args: &Activate) -> anyhow::Result<Outcome> {
    let step =
        Move { done: "activated", becomes: Status::Active, build: verifier::activate, guardian: false };
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
    let step =
        Move { done: "suspended", becomes: Status::Suspended, build: verifier::suspend, guardian: true };
    step.run(&args.subject, |_| Ok(()))
}

/// Runs `assay model resume`.
pub fn resume(args: &Resume) -> anyhow::Result<Outcome> {
    let step =
        Move { done: "proposed again", becomes: Status::Proposed, build: verifier::resume, guardian: false };
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
    let step = Move { done: "retired", becomes: Status::Retired, build: verifier::retire, guardian: false };
    step.run(&args.subject, |_| Ok(()))
}

impl Move {
    /// Takes the step, unless it was taken, cannot be, or `refuse` says why not.
    fn run(
        &self,
        subject: &Subject,
        refuse: impl FnOnce(&Facts<'_>) -> anyhow::Result<()>,
    ) -> anyhow::Result<Outcome> {
        let wallet = subject.signing.open()?;
        let rpc = &wallet.target.rpc;
        let address = subject.model;
        let model = told(registry::model(rpc, &address))?;
        let now = told(rpc.unix_time())?;
        let facts = Facts { address, model: &model, now };
        let status = facts.status();
        let has_lapsed = now > model.activates_at.saturating_add(WINDOW);
        let is_renewed = self.becomes == Status::Proposed && has_lapsed;
        if status == Some(self.becomes) && !is_renewed {
            print(
                || merged([facts.json(), json!({ "changed": false, "transaction": null })]),
                || {
                    format!(
                        "{}  nothing was sent\n{}",
                        paint(GOOD, &format!("{} already", word(status))),
                        ui::fields(&facts.short())
                    )
                },
            )?;
            return Ok(Outcome::Valid);
        }
        if status == Some(Status::Retired) {
            return Err(hinted(
                anyhow!("the model was retired on {}", utc(model.retired_at)),
                "that is for good: register another model",
            ));
        }
        refuse(&facts)?;
        self.may(&wallet, &model)?;
        let done = wallet.act((self.build)(wallet.signer(), address), 0, None)?;
        // The step was taken, whether the server shows it by now or not: what it was before is not shown in its place.
        let name = registry::name(&model);
        let after = if done.is_sent() { registry::model(rpc, &address).ok() } else { Some(model) };
        let facts = after.as_ref().map(|model| Facts { address, model, now });
        print(
            || {
                let state = json!({ "model": address.to_string(), "changed": done.is_sent(), "transaction": done.json() });
                merged([facts.as_ref().map_or(json!({}), Facts::json), state])
            },
            || {
                let mut lines =
                    facts.as_ref().map_or_else(|| vec![("model", address.to_string())], Facts::short);
                lines.extend(done.lines());
                format!(
                    "{}  {}\n{}",
                    paint(GOOD, done.verb(self.done)),
                    ui::escaped(&name),
                    ui::fields(&lines)
                )
            },
        )?;
        Ok(Outcome::Valid)
    }

    /// Whether who signs may take the step.
    fn may(&self, wallet: &Wallet, model: &Model) -> anyhow::Result<()> {
        let signer = wallet.signer();
        if signer == model.authority || (self.guardian && signer == model.guardian) {
            return Ok(());
        }
        if model.is_immutable() {
            return Err(hinted(
                anyhow!("nobody manages this model: its authority was renounced"),
                "it stays active for good",
            ));
        }
        let mut who = format!("its authority, {}", model.authority);
        if self.guardian && model.guardian != Address::default() {
            who += &format!(", or its guardian, {}", model.guardian);
        }
        Err(hinted(
            anyhow!("{signer} signs, and this is for {who}"),
            "--keypair names the key file of one who may",
        ))
    }
}
