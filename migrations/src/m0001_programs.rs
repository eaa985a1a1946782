//! Step 1: the programs. Each is deployed where it is not there, and upgraded where its bytes are others.
//!
//! Bytes go into a buffer first, in as many transactions as it takes. A run that was killed finds the buffer again, by an address that is made of
//! what it is for, and writes what it lacks. The loader takes a buffer over whole or not at all.

use assay_chain::settings;
use assay_host::Identity;
use assay_interface::bytes::Hex;
use assay_interface::sha256;
use solana_address::Address;
use solana_keypair::Keypair;
use solana_signer::Signer as _;

use crate::description::Description;
use crate::error::{Result, Stop};
use crate::files::{self, listed_digest};
use crate::loader::{Deployed, Upload, data_address, deployed};
use crate::plan::{Action, Plan, Step, Work};
use crate::world::{World, unanswered};

/// Most bytes of a program: more than an account holds.
const LONGEST: u64 = 10 << 20;
/// Bytes of a program's account, beside its data.
const PROGRAM_LENGTH: usize = 36;

/// One program.
pub struct Program {
    identity: Identity,
    bytes: Vec<u8>,
    digest: [u8; 32],
    /// Whether it is deployed and upgraded from here, or compared alone.
    pub may_change: bool,
}

/// The programs that a description deploys or whose instructions it sends, with their bytes as `SHA256SUMS` lists them, and the keys of their addresses.
///
/// # Errors
/// A file cannot be read, or is another than it should be.
pub fn programs(description: &Description) -> Result<(Vec<Program>, Vec<Keypair>)> {
    let folder = description.path(&description.programs.folder);
    let sums = folder.join("SHA256SUMS");
    let list = files::read(&sums, LONGEST)?;
    let list = String::from_utf8_lossy(&list);
    let may_change = |identity: &Identity| match &description.programs.deploy {
        Some(names) => names.iter().any(|name| name == identity.name),
        None => true,
    };
    // Whoever stands at the address of a program that is called is given the payer's signature.
    let called = description.called();
    let wanted = |identity: &Identity| may_change(identity) || called.contains(&identity.name);
    let (mut programs, mut keys) = (Vec::new(), Vec::new());
    for identity in assay_programs::identities().into_iter().filter(wanted) {
        let name = format!("bin/{}.so", identity.library);
        let path = folder.join(&name);
        let bytes = files::read(&path, LONGEST)?;
        let digest = sha256(&[&bytes]);
        let listed = listed_digest(&list, &name);
        if listed != Some(digest) {
            let said =
                listed.map_or_else(|| "does not list it".into(), |listed| format!("says {}", Hex(&listed)));
            return Err(Stop::new(
                format!("{} has the SHA-256 {}, and {} {said}", path.display(), Hex(&digest), sums.display()),
                "`cargo xtask verify-build` says whether it is what the sources give; `cargo xtask build` makes both anew",
            ));
        }
        if let Some(file) = description.programs.keypairs.get(identity.name) {
            let file = description.path(file);
            let key = settings::keypair(&file)?;
            if key.pubkey() != identity.id {
                return Err(Stop::new(
                    format!(
                        "{} is the key of {}, and the {} program is made for {}",
                        file.display(),
                        key.pubkey(),
                        identity.name,
                        identity.id
                    ),
                    "name the key file of that address, or put the key's address into the sources and build (migrations/README.md, program ids)",
                ));
            }
            keys.push(key);
        }
        programs.push(Program { identity, bytes, digest, may_change: may_change(&identity) });
    }
    Ok((programs, keys))
}

/// The first digits of a digest: what people compare.
fn short(digest: &[u8; 32]) -> String {
    Hex(digest).to_string().chars().take(8).collect()
}

impl Step for Program {
    fn number(&self) -> u16 {
        1
    }

    fn name(&self) -> String {
        format!("{} program", self.identity.name)
    }

    fn plan(&self, world: &World) -> Result<Plan> {
        let id = self.identity.id;
        world.refuse_test_only(&id, "the program's address")?;
        let upload = Upload { payer: world.payer, authority: world.upgrade, program: id, bytes: &self.bytes };
        let buffer = upload.buffer()?;
        let accounts = world.accounts(&[id, data_address(&id), buffer])?;
        let [program, data, held] = accounts.as_slice() else {
            return Err(unanswered());
        };
        let found = deployed(&id, program.as_ref(), data.as_ref())?;
        let is_right = found.as_ref().is_some_and(|found| found.holds(&self.bytes));
        if !self.may_change && !is_right {
            return Err(self.another(found.as_ref()));
        }
        if let Some(found) = &found {
            if self.may_change {
                self.check_authority(world, found.authority, is_right)?;
            }
            if is_right {
                let said = format!("{} bytes at {id}, as committed", self.bytes.len());
                let held =
                    held.as_ref().filter(|held| world.has(&world.upgrade) && upload.write(held).is_ok());
                return Ok(match held {
                    Some(_) => Plan { found: said, actions: vec![self.close(world, &upload, buffer)?] },
                    None => Plan::nothing(said),
                });
            }
        } else if !world.has(&id) {
            return Err(Stop::new(
                format!(
                    "the {} program is not deployed, and the key of its address, {id}, is not here",
                    self.identity.name
                ),
                format!(
                    "programs.keypairs.{} in the description names the key's file; it signs once",
                    self.identity.name
                ),
            ));
        }
        if found.is_none() && world.rpc.balance(&data_address(&id))? > 0 {
            let close = match held {
                Some(_) => format!("; `solana program close {buffer}` gives back what its buffer holds"),
                None => String::new(),
            };
            return Err(Stop::new(
                format!(
                    "somebody sent SOL to {}, where the bytes of the {} program would be, and the loader makes no program there any more",
                    data_address(&id),
                    self.identity.name
                ),
                format!(
                    "its address is lost: make another key pair for it, and keep it to yourself until it is deployed (migrations/README.md, program ids){close}"
                ),
            ));
        }
        let mut actions = Vec::new();
        let rent = world.rent(upload.buffer_length())?;
        let action = |what: String, account, lamports, work| Action {
            what,
            account,
            lamports,
            digest: Some(self.digest),
            work,
        };
        let writes = match held {
            Some(held) => upload.write(held)?,
            None => {
                let create = upload.create_buffer(rent.unsigned_abs())?;
                let cost = rent.saturating_add(world.fee(&create));
                actions.push(action(
                    format!("buffer for {} bytes", self.bytes.len()),
                    buffer,
                    cost,
                    Work::Send(create),
                ));
                upload.write_new()?
            }
        };
        if !writes.is_empty() {
            let each = writes.first().map_or(0, |write| world.fee(std::slice::from_ref(write)));
            let count = i64::try_from(writes.len()).unwrap_or(i64::MAX);
            let what = format!("write {} pieces", writes.len());
            actions.push(action(what, buffer, each.saturating_mul(count), Work::SendMany(writes)));
        }
        match &found {
            None => {
                let own = world.rent(PROGRAM_LENGTH)?;
                let deploy = upload.deploy(own.unsigned_abs())?;
                let cost = world.rent(upload.data_length())?.saturating_add(own).saturating_sub(rent);
                let cost = cost.saturating_add(world.fee(&deploy));
                let what = format!("deploy SHA-256 {}", short(&self.digest));
                actions.push(action(what, id, cost, Work::SendAndWait(deploy)));
            }
            Some(found) => {
                if let Some((extend, more)) = upload.extend(found.bytes.len()) {
                    let length = |bytes: usize| world.rent(upload.data_length() - self.bytes.len() + bytes);
                    let cost = length(found.bytes.len() + more)?.saturating_sub(length(found.bytes.len())?);
                    let what = format!("room for {more} bytes more");
                    actions.push(action(what, id, cost, Work::SendAndWait(vec![extend])));
                }
                let upgrade = vec![upload.upgrade()?];
                let cost = world.fee(&upgrade).saturating_sub(rent);
                let [from, to] = [short(&found.digest()), short(&self.digest)];
                let what = format!("upgrade SHA-256 {from} to {to}");
                actions.push(action(what, id, cost, Work::SendAndWait(upgrade)));
            }
        }
        Ok(Plan { found: "other bytes, or none".into(), actions })
    }
}

impl Program {
    /// What it is.
    pub fn identity(&self) -> Identity {
        self.identity
    }

    /// Takes back a buffer that nothing came of: somebody else deployed the same bytes meanwhile, or a server was behind.
    fn close(&self, world: &World, upload: &Upload<'_>, buffer: Address) -> Result<Action> {
        let close = vec![upload.close()?];
        let back = world.rent(upload.buffer_length())?;
        Ok(Action {
            what: "close the buffer that is left".into(),
            account: buffer,
            lamports: world.fee(&close).saturating_sub(back),
            digest: None,
            work: Work::Send(close),
        })
    }

    /// A program that is called, and that nobody may bring here to what it has to be.
    fn another(&self, found: Option<&Deployed>) -> Stop {
        let name = self.identity.name;
        let there = match found {
            Some(found) => format!("has other bytes, with SHA-256 {}", Hex(&found.digest())),
            None => "is not deployed".into(),
        };
        Stop::new(
            format!(
                "the description calls the {name} program, which {there}, and not {}; programs.deploy leaves it out",
                Hex(&self.digest)
            ),
            format!("add {name:?} to programs.deploy, or name the programs.folder that it was deployed from"),
        )
    }

    /// Refuses a program that is somebody else's.
    fn check_authority(&self, world: &World, authority: Option<Address>, is_right: bool) -> Result<()> {
        let heir = world.description.hand_over.as_ref().map(|to| to.upgrade_authority);
        let name = self.identity.name;
        match authority {
            Some(authority) if authority == world.upgrade => Ok(()),
            Some(authority) if Some(authority) == heir && is_right => Ok(()),
            Some(authority) if Some(authority) == heir => Err(Stop::new(
                format!(
                    "the {name} program has other bytes, and its upgrade authority was handed over to {authority}"
                ),
                format!(
                    "whoever holds {authority} upgrades it: `solana program write-buffer` the bytes with SHA-256 {}, and propose the upgrade there",
                    Hex(&self.digest)
                ),
            )),
            Some(authority) => Err(Stop::new(
                format!(
                    "the upgrade authority of the {name} program is {authority}, and the description's is {}",
                    world.upgrade
                ),
                "keys.upgrade names the key file of who may upgrade it; hand_over.upgrade_authority, whom it was handed over to",
            )),
            // Nobody can change it, and there is nothing to change.
            None if is_right => Ok(()),
            None => Err(Stop::new(
                format!("the {name} program has other bytes, and is final: nobody can upgrade it"),
                "another version is another program: make another key pair for it (migrations/README.md, program ids)",
            )),
        }
    }
}
