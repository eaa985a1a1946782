//! Step 4: the model becomes active, once its timelock has passed.

use std::rc::Rc;

use assay_chain::registry::{Place, place};
use assay_host::time::{span, utc};
use assay_verifier_host::{Status, WINDOW, activate};

use crate::error::{Result, Stop};
use crate::model::ModelFiles;
use crate::plan::{Action, Plan, Step, Work};
use crate::world::World;

/// The activation.
pub struct Activate(pub Rc<ModelFiles>);

impl Step for Activate {
    fn number(&self) -> u16 {
        4
    }

    fn name(&self) -> String {
        format!("activate {}", self.0.model.name())
    }

    fn plan(&self, world: &World) -> Result<Plan> {
        let address = self.0.registration(world)?.model();
        let action = |lamports, work| Action {
            what: "activate".into(),
            account: address,
            lamports,
            digest: None,
            work,
        };
        let found = "not active".to_owned();
        let Place::Model(model) = place(&world.rpc, &address)? else {
            let wait = format!("{} after it is registered", span(self.0.timelock()));
            return Ok(Plan { found, actions: vec![action(0, Work::NotYet(wait))] });
        };
        let now = world.rpc.unix_time()?;
        let lapses = model.activates_at.saturating_add(WINDOW);
        match model.status() {
            Ok(Status::Active) => Ok(Plan::nothing(format!("active at {address}"))),
            Ok(Status::Proposed) if now < model.activates_at => {
                let wait = span(model.activates_at.saturating_sub(now));
                let wait = format!("not before {}, in {wait}", utc(model.activates_at));
                Ok(Plan { found, actions: vec![action(0, Work::NotYet(wait))] })
            }
            Ok(Status::Proposed) if now <= lapses => {
                if !world.has(&model.authority) {
                    return Err(Stop::new(
                        format!(
                            "{} has to activate the model at {address}, and its key is not here",
                            model.authority
                        ),
                        "keys.model names its key file; or `assay model activate` with it elsewhere",
                    ));
                }
                let call = vec![activate(model.authority, address)];
                Ok(Plan { found, actions: vec![action(world.fee(&call), Work::Send(call))] })
            }
            Ok(Status::Proposed) => Err(Stop::new(
                format!("the proposal of the model at {address} lapsed on {}", utc(lapses)),
                format!("`assay model resume {address}` renews it; its timelock runs again"),
            )),
            Ok(Status::Suspended) => Err(Stop::new(
                format!("the model at {address} is suspended"),
                format!(
                    "somebody stopped it: find out why. `assay model resume {address}` proposes it again"
                ),
            )),
            Ok(Status::Retired) | Err(_) => Err(Stop::new(
                format!("the model at {address} can never be active again"),
                "register a model under another key: `assay setup` makes one",
            )),
        }
    }
}
