//! The cluster, the keys, and what is wanted: what every step is given.

use std::path::Path;
use std::time::Duration;

use assay_chain::rpc::{At, Cluster};
use assay_chain::settings::{self, url};
use assay_chain::{Commitment, MOST_PRIORITY, Price, Rpc, Sender, sol};
use assay_host::Account;
use solana_address::Address;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer;

use crate::description::Description;
use crate::error::{Result, Stop};

/// Keys that everybody has: they are files of the repository.
const TEST_ONLY: [&str; 11] = [
    include_str!("../../programs/verifier/test-only-keypair.json"),
    include_str!("../../programs/feed/test-only-keypair.json"),
    include_str!("../../programs/lending/test-only-keypair.json"),
    include_str!("../../programs/market/test-only-keypair.json"),
    include_str!("../../programs/credit/test-only-keypair.json"),
    include_str!("../../examples/anchor/test-only-keypair.json"),
    include_str!("../../examples/native/test-only-keypair.json"),
    include_str!("../../examples/pinocchio/test-only-keypair.json"),
    include_str!("../../tests/accomplice/test-only-keypair.json"),
    include_str!("../../tests/relay/test-only-keypair.json"),
    include_str!("../../tools/cluster/test-only-wallet.json"),
];
/// In place of a genesis: a cluster of this machine that comes and goes.
pub const LOCAL: &str = "local";
/// How long a transaction is waited for.
const PATIENCE: Duration = Duration::from_secs(120);
/// Most lamports that any cluster wants for a byte of an account that stays, and bytes that each account counts for beside its own.
const BYTE: i64 = 6_960;
const BESIDE: usize = 128;
/// What accounts without a program belong to.
const SYSTEM: Address = Address::from_str_const("11111111111111111111111111111111");

/// A cluster, and who signs there.
pub struct World {
    /// The server.
    pub rpc: Rpc,
    /// The hash of the cluster's genesis.
    pub genesis: String,
    /// What is wanted.
    pub description: Description,
    /// Whether keys that somebody else may have are taken here: the cluster is local, or it was said so.
    pub takes_development_keys: bool,
    /// Who pays.
    pub payer: Address,
    /// Who may upgrade programs.
    pub upgrade: Address,
    /// Who registers the model.
    pub model: Address,
    /// Who creates the market.
    pub market: Address,
    keys: Vec<Keypair>,
    price: Price,
}

impl World {
    /// Reads the keys, and asks the cluster which one it is. `payer` is a key file in place of the description's.
    ///
    /// # Errors
    /// A key file is none, nobody answers, or it is another cluster than the description's.
    pub fn open(
        description: Description,
        payer: Option<&Path>,
        price: Price,
        takes_development_keys: bool,
    ) -> Result<Self> {
        let named = |file: &Path| settings::keypair(&description.path(file));
        let payer = match payer {
            Some(file) => settings::keypair(file)?,
            None => named(&description.keys.payer)?,
        };
        let paying = payer.pubkey();
        let mut keys = vec![payer];
        let mut role = |file: &Option<std::path::PathBuf>| match file {
            Some(file) => {
                if let Some(address) = file.to_str().and_then(|text| text.parse().ok()) {
                    return Ok(address);
                }
                let key = named(file)?;
                let address = key.pubkey();
                keys.push(key);
                Ok::<_, Stop>(address)
            }
            None => Ok(paying),
        };
        let upgrade = role(&description.keys.upgrade)?;
        let model = role(&description.keys.model)?;
        let market = role(&description.keys.market)?;
        let server = url(&description.cluster.url)?;
        let rpc = Rpc::new(&server, Commitment::Confirmed);
        let genesis = rpc.genesis()?;
        let wanted = &description.cluster.genesis;
        // Behind an address of this machine may be a tunnel: whoever names a genesis means no cluster that comes and goes.
        let is_local = wanted == LOCAL && rpc.is_here() && Cluster::of_genesis(&genesis) == Cluster::Other;
        right_cluster(wanted, &genesis, is_local)?;
        let takes_development_keys = is_local || takes_development_keys;
        let world = Self {
            rpc,
            genesis,
            description,
            takes_development_keys,
            payer: paying,
            upgrade,
            model,
            market,
            keys,
            price,
        };
        let roles = [("payer", paying), ("upgrade", upgrade), ("model", model), ("market", market)];
        for (role, key) in roles {
            world.refuse_test_only(&key, &format!("keys.{role}"))?;
        }
        for (name, address) in &world.description.addresses {
            world.refuse_test_only(address, name)?;
        }
        Ok(world)
    }

    /// Takes one more key that may sign.
    pub fn add(&mut self, key: Keypair) {
        self.keys.push(key);
    }

    /// Whether a key is here.
    pub fn has(&self, address: &Address) -> bool {
        self.keys.iter().any(|key| key.pubkey() == *address)
    }

    /// Refuses an address whose secret key is a file of the repository, where that matters. `what` names it in the message.
    ///
    /// # Errors
    /// It is one, and the cluster is none of this machine's.
    pub fn refuse_test_only(&self, address: &Address, what: &str) -> Result<()> {
        if self.takes_development_keys || !test_only().any(|public| public == *address) {
            return Ok(());
        }
        Err(Stop::new(
            format!(
                "{what} is {address}, whose key is in this repository, so everybody has it, and this cluster is not local"
            ),
            "make key pairs of your own (migrations/README.md, program ids); --development-keys takes it all the same, for trials",
        ))
    }

    /// The accounts at some addresses, in their order. An account without an owner's bytes, which anybody makes by sending SOL there, is none.
    ///
    /// # Errors
    /// The cluster cannot be asked.
    pub fn accounts(&self, addresses: &[Address]) -> Result<Vec<Option<Account>>> {
        let is_empty = |found: &Account| found.owner == SYSTEM && found.data.is_empty();
        let read = |At { value, .. }: At<Option<Account>>| value.filter(|found| !is_empty(found));
        Ok(self.rpc.accounts_at(addresses)?.into_iter().map(read).collect())
    }

    /// The account at an address, if there is one.
    ///
    /// # Errors
    /// As [`World::accounts`].
    pub fn account(&self, address: &Address) -> Result<Option<Account>> {
        Ok(self.accounts(&[*address])?.pop().flatten())
    }

    /// Lamports that an account of this length must hold.
    ///
    /// # Errors
    /// The cluster cannot be asked, or it wants more than any does.
    pub fn rent(&self, length: usize) -> Result<i64> {
        let asked = i64::try_from(self.rpc.rent(length)?).unwrap_or(i64::MAX);
        let most = i64::try_from(length.saturating_add(BESIDE)).unwrap_or(i64::MAX).saturating_mul(BYTE);
        if asked > most {
            return Err(Stop::new(
                format!(
                    "the server wants {} SOL for an account of {length} bytes, and no cluster wants more than {}",
                    sol(asked.unsigned_abs()),
                    sol(most.unsigned_abs())
                ),
                "what is paid there does not come back: name another server with cluster.url",
            ));
        }
        Ok(asked)
    }

    /// Lamports of the fee for a transaction of these instructions, without what is paid for being early.
    pub fn fee(&self, instructions: &[Instruction]) -> i64 {
        5_000_i64.saturating_mul(i64::try_from(self.signers(instructions).len()).unwrap_or(i64::MAX))
    }

    /// Most lamports that a transaction of this many compute units pays for being early.
    pub fn priority(&self, units: u32) -> u64 {
        let (Price::Fixed(price) | Price::Upto(price) | Price::Recent(price)) = self.price;
        let lamports = u128::from(price).saturating_mul(u128::from(units)).div_ceil(1_000_000);
        u64::try_from(lamports).unwrap_or(u64::MAX).min(MOST_PRIORITY)
    }

    /// Whoever sends these instructions: the payer, and those of the keys that sign. Each transaction pays at most `most_priority` lamports for
    /// being early.
    pub fn sender(&self, instructions: &[Instruction], most_priority: u64) -> Sender<'_> {
        Sender {
            rpc: &self.rpc,
            payer: self.payer,
            keys: self.signers(instructions),
            price: self.price,
            most_priority,
            patience: PATIENCE,
        }
    }

    fn signers(&self, instructions: &[Instruction]) -> Vec<&dyn Signer> {
        let metas = || instructions.iter().flat_map(|instruction| &instruction.accounts);
        let mut signers: Vec<&dyn Signer> = Vec::new();
        for key in &self.keys {
            let address = key.pubkey();
            let signs = address == self.payer || metas().any(|meta| meta.is_signer && meta.pubkey == address);
            if signs && signers.iter().all(|known| known.pubkey() != address) {
                signers.push(key);
            }
        }
        signers
    }
}

/// The server left something out.
pub fn unanswered() -> Stop {
    Stop::new(
        "the server answered another number of accounts than it was asked for",
        "name another server with cluster.url",
    )
}

fn right_cluster(wanted: &str, genesis: &str, is_local: bool) -> Result<()> {
    match wanted {
        LOCAL if is_local => Ok(()),
        LOCAL => Err(Stop::new(
            format!(
                "the description is for a local cluster, and {genesis} is at another machine, or a public one"
            ),
            "cluster.genesis in the description is what `solana genesis-hash` prints for the cluster that is meant",
        )),
        hash if hash == genesis => Ok(()),
        other => Err(Stop::new(
            format!("this is another cluster: its genesis is {genesis}, and the description's is {other}"),
            "cluster.url has to be a server of the described cluster; for another cluster, write another description",
        )),
    }
}

/// The addresses of keys that everybody has.
fn test_only() -> impl Iterator<Item = Address> {
    let address = |text: &&str| {
        let bytes: Vec<u8> = serde_json::from_str(text).ok()?;
        Some(Address::new_from_array(bytes.get(32..64)?.try_into().ok()?))
    };
    TEST_ONLY.iter().filter_map(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key files of a folder and those below it.
    fn key_files(folder: &Path, found: &mut Vec<Address>) {
        const OUTPUTS: [&str; 3] = ["target", "node_modules", "out"];
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let (path, name) = (entry.path(), entry.file_name().into_string().unwrap());
            let kind = entry.file_type().unwrap();
            if kind.is_dir() && !OUTPUTS.contains(&name.as_str()) && !name.starts_with('.') {
                key_files(&path, found);
            }
            // 64 numbers of three digits at most, each with a comma or so.
            if kind.is_file() && name.ends_with(".json") && entry.metadata().unwrap().len() < 1_000 {
                let bytes = serde_json::from_slice::<Vec<u8>>(&std::fs::read(&path).unwrap());
                if let Some(bytes) = bytes.ok().filter(|bytes| bytes.len() == 64) {
                    found.push(Address::new_from_array(bytes[32..].try_into().unwrap()));
                }
            }
        }
    }

    /// Each key file of the repository is known as one that everybody has.
    #[test]
    fn keys_that_everybody_has_are_known() {
        let mut found = Vec::new();
        key_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join(".."), &mut found);
        assert!(found.len() >= TEST_ONLY.len(), "{found:?}");
        for address in found {
            assert!(test_only().any(|public| public == address), "{address}");
        }
        assert_eq!(test_only().count(), TEST_ONLY.len());
        assert!(test_only().all(|public| public != Address::default()));
    }

    #[test]
    fn a_description_is_for_one_cluster() {
        right_cluster("local", "G", true).unwrap();
        right_cluster("G", "G", false).unwrap();
        for (wanted, genesis, is_local) in [("local", "G", false), ("H", "G", true)] {
            assert!(right_cluster(wanted, genesis, is_local).unwrap_err().remedy.is_some());
        }
    }
}
