//! Keys that everybody has; and who pays, registers, creates and administers, each apart.

use assay_lending_host::Market;
use assay_localnet::Localnet;
use serde_json::json;
use solana_address::Address;
use solana_keypair::Keypair;
use solana_signer::Signer as _;

use crate::world::{World, replaced, repository};

const MAINNET: &str = "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d";
/// Of the local server.
const LOCAL: &str = "11111111111111111111111111111111";

/// What is in the repository is taken on clusters of this machine that come and go, and nowhere else unless somebody says so.
#[test]
fn keys_that_everybody_has_are_for_local_clusters() {
    let world = World::new(10);
    let wallet = repository().join("tools/cluster/test-only-wallet.json");
    let public = assay_chain::settings::keypair(&wallet).unwrap().pubkey();
    let local = world.describe_feed(&repository().join("programs"), "");
    let at = |genesis: &str| replaced(&local, "\"local\"", &format!("{genesis:?}"));

    // At an address of this machine may be a tunnel to any cluster.
    world.run(&at(LOCAL), &["--yes"]).refused("the program's address is");
    world.state().lies = Some(|method, _| (method == "getGenesisHash").then(|| json!(MAINNET)));
    world.run(&local, &["--yes"]).refused("or a public one");
    let named = at(MAINNET);
    world.run(&named, &["--yes"]).refused("the program's address is");
    let file = format!("{:?}", wallet.display().to_string());
    let payer = |text: &str| text.replace("\"payer.json\"", &file);
    world.run(&payer(&named), &["--yes"]).refused("keys.payer is");
    for role in ["upgrade", "model", "market"] {
        let text = world.describe_feed(&repository().join("programs"), &format!("{role} = {file}\n"));
        let text = replaced(&text, "\"local\"", &format!("{MAINNET:?}"));
        world.run(&text, &["--yes"]).refused(&format!("keys.{role} is"));
        world.run(&text.replace(&file, &format!("\"{public}\"")), &["--yes"]).refused("keys.");
    }
    let heir = format!("{named}[hand_over]\nupgrade_authority = \"{public}\"\n");
    world.run(&heir, &["--yes"]).refused("hand_over.upgrade_authority is");
    let model = replaced(&world.describe_all(), "\"local\"", &format!("{MAINNET:?}"));
    world.run(&model, &["--yes"]).refused("the model's key is a development key");
    assert!(world.state().sent.is_empty());
    world.run(&named, &["--yes", "--development-keys"]).ends(0, "done");

    world.state().lies = None;
    world.run(&local, &["--yes"]).ends(0, "nothing to do");
}

fn put(net: &mut Localnet, address: Address, market: &Market) {
    let mut found = net.account(&address).unwrap();
    found.data[8..].copy_from_slice(bytemuck::bytes_of(market));
    net.set_account(address, found);
}

/// On a cluster that has all of it: another payer makes nothing anew, and a market's admin may be another than its creator.
pub fn each_is_its_own(world: &World, all: &str, market: Address) {
    let executed = world.executed();
    let other = Keypair::new();
    world.key("other.json", &other);
    world.state().net.airdrop(&other.pubkey(), 1_000_000_000);
    let file = world.folder.path().join("other.json").display().to_string();
    world.run(all, &["--yes", "--keypair", &file]).ends(0, "nothing to do");
    // Where nothing is to be signed, addresses are enough.
    let payer = format!("{:?}", world.payer.pubkey().to_string());
    let addresses = ["model", "market"].into_iter().fold(all.to_owned(), |text, role| {
        replaced(&text, &format!("\n{role} = \"payer.json\""), &format!("\n{role} = {payer}"))
    });
    world.run(&addresses, &["--yes", "--keypair", &file]).ends(0, "nothing to do");
    let stranger =
        replaced(&addresses, &format!("\nmarket = {payer}"), &format!("\nmarket = \"{}\"", world.mints[0]));
    world
        .run(&stranger, &["--yes"])
        .refused(&format!("{} has to sign, and its key is not here", world.mints[0]));

    // What waits for a timelock is told.
    let mut proposed = world.state().net.read::<Market>(&market).unwrap().unwrap();
    let before = proposed;
    proposed.proposal.kind = 2;
    put(&mut world.state().net, market, &proposed);
    world.run(all, &["--yes"]).ends(0, "its admin proposed another admin");
    put(&mut world.state().net, market, &before);

    let administered = |net: &mut Localnet, admin: Address| {
        let mut changed: Market = net.read(&market).unwrap().unwrap();
        changed.admin = admin;
        put(net, market, &changed);
    };
    for (admin, said) in [(other.pubkey(), other.pubkey().to_string()), (Address::default(), "nobody".into())]
    {
        administered(&mut world.state().net, admin);
        let stopped = world.run(all, &["--yes"]).refused(&format!("admin is {admin}"));
        assert!(stopped.err.contains("where its section is left out"), "{stopped:#?}");
        let described = replaced(all, "# admin = \"...\"", &format!("admin = \"{said}\""));
        world.run(&described, &["--yes"]).ends(0, "nothing to do");
    }
    let (start, end) = (all.find("[market]\n").unwrap(), all.find("# [hand_over]").unwrap());
    world.run(&[&all[..start], &all[end..]].concat(), &["--yes"]).ends(0, "nothing to do");
    administered(&mut world.state().net, world.payer.pubkey());
    assert_eq!(world.executed(), executed);
}
