//! Step 6: the right to upgrade the programs goes to whoever decides about them from then on. Last, for this key can do nothing more afterwards.

use assay_host::Identity;
use solana_address::Address;

use crate::error::{Result, Stop};
use crate::loader::{data_address, deployed, hand_over};
use crate::plan::{Action, Plan, Step, Work};
use crate::world::World;

/// The authority over some programs.
pub struct HandOver(pub Vec<Identity>);

impl Step for HandOver {
    fn number(&self) -> u16 {
        6
    }

    fn name(&self) -> String {
        "upgrade authority".into()
    }

    fn plan(&self, world: &World) -> Result<Plan> {
        let Some(to) = world.description.hand_over.as_ref().map(|to| to.upgrade_authority) else {
            return Ok(Plan::nothing("it stays"));
        };
        let addresses: Vec<_> =
            self.0.iter().flat_map(|program| [program.id, data_address(&program.id)]).collect();
        let accounts = world.accounts(&addresses)?;
        let (mut actions, mut finals) = (Vec::new(), Vec::new());
        for (program, found) in self.0.iter().zip(accounts.chunks(2)) {
            let [account, data] = found else { continue };
            let found = deployed(&program.id, account.as_ref(), data.as_ref())?;
            if found.as_ref().is_some_and(|found| found.authority.is_none()) {
                finals.push(program.name);
            }
            // Whose it is otherwise, step 1 refuses.
            if found.is_none_or(|found| found.authority == Some(world.upgrade)) && to != world.upgrade {
                let call = vec![hand_over(&program.id, &world.upgrade, &to)];
                actions.push(Action {
                    what: format!("hand {} over to {to}, for good", program.name),
                    account: program.id,
                    lamports: world.fee(&call),
                    digest: None,
                    work: Work::Send(call),
                });
            }
        }
        if !actions.is_empty() {
            signs(world, &to)?;
        }
        let nobody = match finals.as_slice() {
            [] => String::new(),
            names => format!(", and nobody that of {}, which are final", names.join(", ")),
        };
        Ok(Plan { found: format!("{to} has it{nobody}"), actions })
    }
}

/// Refuses an heir who signs nothing: an account of a program, a program, or nobody.
fn signs(world: &World, to: &Address) -> Result<()> {
    let owner = world.account(to)?.map(|found| found.owner);
    if owner.is_none() && *to != Address::default() {
        return Ok(());
    }
    let owner = owner.map_or_else(String::new, |owner| format!(", an account of {owner},"));
    Err(Stop::new(
        format!("hand_over.upgrade_authority is {to}{owner} and nobody signs for it"),
        "nobody could upgrade the programs ever again: name who signs, which is a multisig's vault and not the multisig's own account",
    ))
}
