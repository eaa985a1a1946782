//! Programs: upgraded, longer and shorter, in others' hands, and handed over.

use std::fs;
use std::thread;
use std::time::Duration;

use solana_keypair::Keypair;
use solana_signer::Signer as _;

use crate::program;
use crate::world::{World, committed, replaced, repository};

#[test]
fn other_bytes_are_an_upgrade() {
    let world = World::new(10);
    let feed = program("feed");
    let of = |bytes: &[u8], name: &str| world.describe_feed(&world.feed_of(name, bytes), "");
    let [first, longer, shorter] = ["feed", "market", "verifier"].map(|name| committed(&program(name)));
    world.run(&of(&first, "first"), &["--yes"]).ends(0, "done");
    assert_eq!(world.program(&feed).unwrap().bytes, first);

    let plan = world.run(&of(&longer, "longer"), &["--dry-run"]).ends(0, "dry run");
    let more = longer.len() - first.len();
    assert!(plan.out.contains(&format!("room for {more} bytes more")), "{plan:#?}");
    world.run(&of(&longer, "longer"), &["--yes"]).ends(0, "done");
    assert_eq!(world.program(&feed).unwrap().bytes, longer);

    // What a shorter one leaves is zeros. Most of a shorter one's cost comes back: its buffer's rent.
    world.run(&of(&shorter[..shorter.len()], "other"), &["--yes"]).ends(0, "done");
    let found = world.program(&feed).unwrap();
    assert!(found.holds(&shorter));
    world.run(&of(&first, "first"), &["--yes"]).ends(0, "done");
    assert!(world.program(&feed).unwrap().holds(&first));
    let executed = world.executed();
    world.run(&of(&first, "first"), &["--yes"]).ends(0, "nothing to do");
    assert_eq!(world.executed(), executed);
}

#[test]
fn bytes_that_nobody_listed_are_not_deployed() {
    let world = World::new(10);
    let folder = world.feed_of("altered", &committed(&program("feed")));
    let path = folder.join("bin/assay_feed.so");
    let mut bytes = fs::read(&path).unwrap();
    bytes[5_000] ^= 1;
    fs::write(&path, &bytes).unwrap();
    world.run(&world.describe_feed(&folder, ""), &["--yes"]).refused("has the SHA-256");
    fs::write(folder.join("SHA256SUMS"), "").unwrap();
    world.run(&world.describe_feed(&folder, ""), &["--yes"]).refused("does not list it");
    assert!(world.state().sent.is_empty());
}

/// Whose key is not here is left alone; who was handed a program decides about it alone.
#[test]
fn programs_in_other_hands_are_left_alone() {
    let world = World::new(10);
    let committed_folder = repository().join("programs");
    let feed = program("feed");
    let heir = Keypair::new();
    world.key("heir.json", &heir);
    let mine = world.describe_feed(&committed_folder, "");
    world.run(&replaced(&mine, "keypairs", "# keypairs"), &["--yes"]).refused("the key of its address");
    world.run(&mine, &["--yes"]).ends(0, "done");
    let executed = world.executed();

    let theirs = world.describe_feed(&committed_folder, "upgrade = \"heir.json\"\n");
    world.run(&theirs, &["--yes"]).refused("the upgrade authority of the feed program is");
    let other = world.feed_of("other", &committed(&program("verifier")));
    world
        .run(&world.describe_feed(&other, "upgrade = \"heir.json\"\n"), &["--yes"])
        .refused("the upgrade authority");
    assert_eq!(world.executed(), executed);

    let to = format!("[hand_over]\nupgrade_authority = \"{}\"\n", heir.pubkey());
    world.run(&world.describe_feed(&committed_folder, &to), &["--yes"]).ends(0, "done");
    assert_eq!(world.program(&feed).unwrap().authority, Some(heir.pubkey()));
    world.run(&world.describe_feed(&committed_folder, &to), &["--yes"]).ends(0, "nothing to do");
    world.run(&world.describe_feed(&other, &to), &["--yes"]).refused("was handed over to");
    assert_eq!(world.executed(), executed + 1);
}

/// SOL at the address before the program is there keeps nothing from it; something else there does.
#[test]
fn an_address_with_sol_is_still_free() {
    let world = World::new(10);
    let feed = program("feed");
    world.state().net.airdrop(&feed.id, 5);
    let mine = world.describe_feed(&repository().join("programs"), "");
    world.run(&mine, &["--yes"]).ends(0, "done");
    assert!(world.program(&feed).unwrap().holds(&committed(&feed)));

    let world = World::new(10);
    let account = assay_host::Account { owner: world.mints[0], data: vec![1] };
    world.state().net.put(feed.id, account);
    let mine = world.describe_feed(&repository().join("programs"), "");
    world.run(&mine, &["--yes"]).refused("is something else");
    assert!(world.state().sent.is_empty());
}

/// Pieces that are lost, with blockhashes that expire, are signed and sent anew.
#[test]
fn lost_pieces_are_sent_anew() {
    let world = World::new(10);
    let mine = world.describe_feed(&repository().join("programs"), "");
    let mut child = world.start(&mine);
    let wait = |until: &dyn Fn() -> bool| {
        while !until() {
            thread::sleep(Duration::from_millis(2));
        }
    };
    wait(&|| world.executed() >= 10);
    world.state().loses_sends = true;
    let handed_in = world.state().sent.len();
    wait(&|| world.state().sent.len() > handed_in);
    {
        let mut state = world.state();
        state.loses_sends = false;
        state.slot += 1_000;
    }
    assert!(child.wait().unwrap().success());
    assert!(world.program(&program("feed")).unwrap().holds(&committed(&program("feed"))));
}
