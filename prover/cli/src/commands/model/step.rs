//! What every command does that changes a model: look, see whether who signs may, send, and show what came of it.
//!
//! Where the model is already what it would become, nothing is sent, and that is no error: a script may run the command again after it lost
//! the answer.

use anyhow::anyhow;
use assay_chain::registry;
use assay_verifier_host::Model;
use serde_json::json;
use solana_address::Address;
use solana_instruction::Instruction;

use super::facts::Facts;
use crate::commands::chain::{Signing, Wallet, address, merged, told};
use crate::commands::print;
use crate::failure::hinted;
use crate::outcome::Outcome;
use crate::ui::{self, GOOD, paint};

/// Which model, and who signs.
#[derive(Debug, clap::Args)]
pub struct Subject {
    /// Address of the model, which `assay model register` printed
    #[arg(value_name = "ADDRESS", value_parser = address)]
    model: Address,
    #[command(flatten)]
    signing: Signing,
}

/// Who may take a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Who manages the model.
    Authority,
    /// Who may suspend it.
    Guardian,
    /// Whom the authority was offered to.
    Offered,
}

/// A step that changes a model.
pub struct Step {
    /// What was done.
    pub done: &'static str,
    /// Who may, the first of them in any case.
    pub roles: &'static [Role],
    /// What of the model is shown afterwards.
    pub shows: fn(&Facts<'_>) -> Vec<(&'static str, String)>,
}

impl Role {
    fn of(self, model: &Model) -> Address {
        match self {
            Self::Authority => model.authority,
            Self::Guardian => model.guardian,
            Self::Offered => model.pending_authority,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Authority => "its authority",
            Self::Guardian => "its guardian",
            Self::Offered => "whom its authority was offered to",
        }
    }
}

impl Step {
    /// Takes the step with the instruction that `build` makes of who signs and the model. `look` is given the model and who signs, and says what
    /// the model is already, if anything, or why it cannot be taken.
    pub fn take(
        &self,
        subject: &Subject,
        look: impl FnOnce(&Facts<'_>, Address) -> anyhow::Result<Option<String>>,
        build: impl FnOnce(Address, Address) -> Instruction,
    ) -> anyhow::Result<Outcome> {
        let wallet = subject.signing.open()?;
        let rpc = &wallet.target.rpc;
        let address = subject.model;
        let model = told(registry::model(rpc, &address))?;
        let now = told(rpc.unix_time())?;
        let facts = Facts { address, model: &model, now };
        if let Some(already) = look(&facts, wallet.signer())? {
            print(
                || merged([facts.json(), json!({ "changed": false, "transaction": null })]),
                || {
                    let fields = ui::fields(&(self.shows)(&facts));
                    format!("{}  nothing was sent\n{fields}", paint(GOOD, &format!("{already} already")))
                },
            )?;
            return Ok(Outcome::Valid);
        }
        self.may(&wallet, &model)?;
        let done = wallet.act(build(wallet.signer(), address), 0, None)?;
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
                    facts.as_ref().map_or_else(|| vec![("model", address.to_string())], self.shows);
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
        if self.roles.iter().any(|role| role.of(model) == signer) {
            return Ok(());
        }
        if model.is_immutable() {
            return Err(hinted(
                anyhow!("nobody manages this model: its authority was renounced"),
                "it stays active for good",
            ));
        }
        let known = self.roles.iter().filter(|role| role.of(model) != Address::default());
        let who: Vec<String> = known.map(|role| format!("{}, {}", role.word(), role.of(model))).collect();
        Err(hinted(
            anyhow!("{signer} signs, and this is for {}", who.join(", or ")),
            "--keypair names the key file of one who may",
        ))
    }
}
