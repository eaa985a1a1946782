//! What was agreed to is what is done, whatever the server says and whoever else does something meanwhile.

use std::sync::atomic::{AtomicUsize, Ordering};

use assay_host::Account;
use assay_migrations::loader::data_address;
use serde_json::{Value, json};
use solana_signer::Signer as _;

use crate::program;
use crate::world::{World, committed, replaced, repository};

const RENT: &str = "getMinimumBalanceForRentExemption";

#[test]
fn no_server_says_what_is_put_into_an_account() {
    let world = World::new(600);
    let feed = world.describe_feed(&repository().join("programs"), "");
    world.state().lies = Some(|method, _| (method == RENT).then(|| json!(500_000_000_000_u64)));
    world.run(&feed, &["--yes"]).refused("and no cluster wants more than");
    assert!(world.state().sent.is_empty());

    // One that asks for half of it, and for all of it once somebody agreed.
    world.state().lies = Some(|method, parameters| {
        static ASKED: AtomicUsize = AtomicUsize::new(0);
        let length = parameters[0].as_u64().filter(|_| method == RENT)?;
        (ASKED.fetch_add(1, Ordering::Relaxed) < 3).then(|| json!((128 + length) * 3_480))
    });
    world.run(&feed, &["--yes"]).refused("is not what was agreed to");
    assert!(world.state().sent.is_empty());
    world.run(&feed, &["--yes"]).ends(0, "done");
}

/// What was right in the plan is not touched because it became something else meanwhile.
#[test]
fn what_was_not_in_the_plan_is_not_done() {
    let world = World::new(10);
    let feed = program("feed");
    let mine = world.describe_feed(&repository().join("programs"), "");
    world.run(&mine, &["--yes"]).ends(0, "done");
    let keys = format!(
        "keypairs = {{ verifier = \"{}/programs/verifier/test-only-keypair.json\",",
        repository().display()
    );
    let both = replaced(&mine, "keypairs = {", &keys);
    let both = replaced(&both, "deploy = [\"feed\"]", "deploy = [\"verifier\", \"feed\"]");
    world.state().before_send = Some(Box::new(move |net| {
        let address = data_address(&feed.id);
        let mut found = net.account(&address).unwrap();
        found.data[5_000] ^= 1;
        net.put(address, Account { owner: found.owner, data: found.data });
    }));
    let stopped = world.run(&both, &["--yes"]).refused("is not what was agreed to");
    assert!(
        stopped.err.contains("0001, feed program") && stopped.err.contains("run the command again"),
        "{stopped:#?}"
    );
    assert_eq!(world.program(&program("verifier")).unwrap().bytes, committed(&program("verifier")));
    let executed = world.executed();
    // The new plan has it.
    world.run(&both, &["--yes"]).ends(0, "done");
    assert!(world.executed() > executed && world.program(&feed).unwrap().holds(&committed(&feed)));
}

/// A server that says each piece takes all that a transaction may take, and that everybody pays the most, makes it no dearer than was shown.
#[test]
fn no_server_says_what_is_paid_for_being_early() {
    let world = World::new(10);
    let feed = world.describe_feed(&repository().join("programs"), "");
    world.state().lies = Some(|method, _| match method {
        "getRecentPrioritizationFees" => Some(json!([{ "slot": 1, "prioritizationFee": 1_000_000 }])),
        "simulateTransaction" => {
            Some(json!({ "value": { "err": Value::Null, "logs": [], "unitsConsumed": 1_400_000 } }))
        }
        _ => None,
    });
    let holds = |address| world.state().net.account(&address).map_or(0, |found| found.lamports);
    let before = holds(world.payer.pubkey());
    let run = world.run(&feed, &["--yes", "--priority-fee", "auto"]).ends(0, "done");
    let spent = before - holds(world.payer.pubkey());
    let id = program("feed").id;
    let fees = spent - holds(id) - holds(data_address(&id));
    let pieces = world.executed() as u64 - 2;
    assert!(pieces > 80, "{pieces}");
    // 10,000 lamports a piece, and 1,400,000 for each of two others; signatures: one of each piece, two, and three at most.
    assert!(fees >= pieces * 15_000 && fees <= pieces * 15_000 + 2 * 1_400_000 + 25_000, "{fees}");
    let shown = run.out.split("never more than ").nth(1).unwrap().split(' ').next().unwrap();
    assert!(spent as f64 / 1e9 <= shown.parse::<f64>().unwrap(), "{spent} of {shown}");
}
