//! Step 3: the model enters the verifier's registry. From there on its timelock runs.

use std::rc::Rc;

use assay_chain::registry::{Place, place};
use assay_host::time::span;
use assay_interface::bytes::Hex;
use assay_interface::verifier::model_account;
use assay_verifier_host::{Model, Status};
use solana_address::Address;

use crate::error::{Result, Stop};
use crate::model::ModelFiles;
use crate::plan::{Action, Plan, Step, Work};
use crate::world::World;

/// The registration.
pub struct Register(pub Rc<ModelFiles>);

impl Step for Register {
    fn number(&self) -> u16 {
        3
    }

    fn name(&self) -> String {
        format!("register {}", self.0.model.name())
    }

    fn details(&self, world: &World) -> Vec<String> {
        let ModelFiles { model, setup, key_digest, .. } = self.0.as_ref();
        let key = match self.0.transcript() {
            Some(transcript) => format!("of a ceremony, transcript {}", Hex(&transcript)),
            None => format!("{setup:?}"),
        };
        vec![
            format!("circuit {}", Hex(&model.circuit_digest())),
            format!("key SHA-256 {}, {key}", Hex(key_digest)),
            format!("registered by {}, guardian {}", world.model, shown(&self.0.guardian())),
        ]
    }

    fn plan(&self, world: &World) -> Result<Plan> {
        let registration = self.0.registration(world)?;
        let address = registration.model();
        match place(&world.rpc, &address)? {
            Place::Empty => {
                let register = registration.instruction().map_err(|error| {
                    Stop::new(
                        format!("the model's key cannot be registered: {error}"),
                        "`assay setup` makes another",
                    )
                })?;
                let register = vec![register];
                let action = Action {
                    what: format!("register, with a timelock of {}", span(self.0.timelock())),
                    account: address,
                    lamports: world.rent(model_account::LENGTH)?.saturating_add(world.fee(&register)),
                    digest: Some(self.0.model.circuit_digest()),
                    work: Work::Send(register),
                };
                Ok(Plan { found: "no such model".into(), actions: vec![action] })
            }
            Place::Closed => Err(assay_chain::Error::Closed(address).into()),
            Place::Model(model) => {
                self.check(world, &address, &model)?;
                Ok(Plan::nothing(format!("registered at {address}")))
            }
        }
    }
}

fn shown(who: &Address) -> String {
    if *who == Address::default() { "nobody".into() } else { who.to_string() }
}

impl Register {
    /// Refuses a model that is in other hands, or waits for other times, than is described.
    fn check(&self, world: &World, address: &Address, model: &Model) -> Result<()> {
        let differs = |what: &str, there: String, wanted: String, remedy: String| {
            Err(Stop::new(
                format!("the model at {address} has {there} as its {what}, and the description has {wanted}"),
                remedy,
            ))
        };
        if model.status().is_ok_and(|status| status == Status::Retired) {
            return Err(Stop::new(
                format!("the model at {address} was retired, and that is for good"),
                "register a model under another key: `assay setup` makes one",
            ));
        }
        let (authority, guardian) = (self.0.authority(world), self.0.guardian());
        if model.authority != authority && !model.is_immutable() {
            let remedy = "where it was handed over, model.authority says to whom; else `assay model authority` tells of it";
            return differs("authority", shown(&model.authority), shown(&authority), remedy.into());
        }
        if model.guardian != guardian && !model.is_immutable() {
            let remedy = format!(
                "`assay model guardian propose {address} --to ...`, and `apply` after its timelock; or describe what is there"
            );
            return differs("guardian", shown(&model.guardian), shown(&guardian), remedy);
        }
        if model.timelock != self.0.timelock() {
            let remedy = "a timelock stays as it is: describe what is there, or register under another key";
            return differs("timelock", span(model.timelock), span(self.0.timelock()), remedy.into());
        }
        Ok(())
    }
}
