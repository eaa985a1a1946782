//! Programs: upgraded, longer and shorter, in others' hands, and handed over.

use std::fs;
use std::thread;
use std::time::Duration;

use assay_interface::bytes::Hex;
use assay_interface::sha256;
use assay_migrations::loader::{LOADER, Upload, data_address};
use solana_address::Address;
use solana_keypair::Keypair;
use solana_signer::Signer as _;

use crate::program;
use crate::world::{World, committed, replaced, repository};

/// How a plan says it.
fn upgrade(from: &[u8], to: &[u8]) -> String {
    let [from, to] = [from, to].map(|bytes| Hex(&sha256(&[bytes])).to_string());
    format!("upgrade SHA-256 {} to {}", &from[..8], &to[..8])
}

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
    assert!(plan.out.contains(&upgrade(&first, &longer)), "{plan:#?}");
    world.run(&of(&longer, "longer"), &["--yes"]).ends(0, "done");
    assert_eq!(world.program(&feed).unwrap().bytes, longer);

    // What a shorter one leaves is zeros. Most of a shorter one's cost comes back: its buffer's rent.
    world.run(&of(&shorter[..shorter.len()], "other"), &["--yes"]).ends(0, "done");
    let found = world.program(&feed).unwrap();
    assert!(found.holds(&shorter));
    let plan = world.run(&of(&first, "first"), &["--dry-run"]).ends(0, "dry run");
    assert!(plan.out.contains(&upgrade(&shorter, &first)), "{plan:#?}");
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

    // Accounts of programs sign nothing, and nor does nobody.
    for nobody in [world.mints[0], feed.id, Address::default()] {
        let to = format!("[hand_over]\nupgrade_authority = \"{nobody}\"\n");
        world.run(&world.describe_feed(&committed_folder, &to), &["--yes"]).refused("nobody signs for it");
    }
    assert_eq!(world.executed(), executed);
    let to = format!("[hand_over]\nupgrade_authority = \"{}\"\n", heir.pubkey());
    world.run(&world.describe_feed(&committed_folder, &to), &["--yes"]).ends(0, "done");
    assert_eq!(world.program(&feed).unwrap().authority, Some(heir.pubkey()));
    world.run(&world.describe_feed(&committed_folder, &to), &["--yes"]).ends(0, "nothing to do");
    world.run(&world.describe_feed(&other, &to), &["--yes"]).refused("was handed over to");
    assert_eq!(world.executed(), executed + 1);

    // A final one is nobody's.
    let data = data_address(&feed.id);
    let mut found = world.state().net.account(&data).unwrap();
    found.data[12] = 0;
    world.state().net.set_account(data, found);
    assert_eq!(world.program(&feed).unwrap().authority, None);
    world.run(&world.describe_feed(&committed_folder, &to), &["--yes"]).ends(0, "nobody that of feed");
    world.run(&world.describe_feed(&other, &to), &["--yes"]).refused("is final: nobody can upgrade it");
    assert_eq!(world.executed(), executed + 1);
}

/// A buffer of the bytes that are there: two runs at once, or a server that was behind.
#[test]
fn a_buffer_that_is_left_is_closed() {
    let world = World::new(10);
    let feed = program("feed");
    let mine = world.describe_feed(&repository().join("programs"), "");
    world.run(&mine, &["--yes"]).ends(0, "done");
    let bytes = committed(&feed);
    let [payer, authority] = [world.payer.pubkey(); 2];
    let upload = Upload { payer, authority, program: feed.id, bytes: &bytes };
    let buffer = upload.buffer().unwrap();
    let head = [&[1, 0, 0, 0, 1][..], authority.as_ref()].concat();
    let data = [head, vec![0; bytes.len()]].concat();
    world.state().net.put(buffer, assay_host::Account { owner: LOADER, data });
    let had = world.state().net.account(&payer).unwrap().lamports;
    world.run(&mine, &["--yes"]).ends(0, "close the buffer that is left");
    assert!(world.state().net.account(&payer).unwrap().lamports > had + 700_000_000);
    assert!(world.state().net.account(&buffer).is_none_or(|found| found.lamports == 0));
    world.run(&mine, &["--yes"]).ends(0, "nothing to do");
}

/// SOL at the address before the program is there keeps nothing from it; something else there does.
#[test]
fn an_address_with_sol_is_still_free() {
    let world = World::new(10);
    let feed = program("feed");
    let bytes = committed(&feed);
    let [payer, authority] = [world.payer.pubkey(); 2];
    // Everybody knows where the buffer is going to be.
    let buffer = Upload { payer, authority, program: feed.id, bytes: &bytes }.buffer().unwrap();
    for (address, lamports) in [(feed.id, 5), (buffer, 900_000)] {
        world.state().net.airdrop(&address, lamports);
    }
    let mine = world.describe_feed(&repository().join("programs"), "");
    world.run(&mine, &["--yes"]).ends(0, "done");
    assert!(world.program(&feed).unwrap().holds(&bytes));
    // An upgrade, beside more than any account has to hold.
    let other = committed(&program("verifier"));
    let buffer = Upload { payer, authority, program: feed.id, bytes: &other }.buffer().unwrap();
    world.state().net.airdrop(&buffer, 2_000_000_000);
    world.run(&world.describe_feed(&world.feed_of("other", &other), ""), &["--yes"]).ends(0, "done");
    assert!(world.program(&feed).unwrap().holds(&other));

    let world = World::new(10);
    world.state().net.airdrop(&feed.id, 2_000_000_000);
    let mine = world.describe_feed(&repository().join("programs"), "");
    world.run(&mine, &["--yes"]).ends(0, "done");

    let world = World::new(10);
    let account = assay_host::Account { owner: world.mints[0], data: vec![1] };
    world.state().net.put(feed.id, account);
    let mine = world.describe_feed(&repository().join("programs"), "");
    world.run(&mine, &["--yes"]).refused("is something else");
    assert!(world.state().sent.is_empty());
}

/// The loader makes no program where its bytes' address has SOL: that is told before anything is paid.
#[test]
fn a_lost_address_is_told_before_anything_is_paid() {
    let world = World::new(10);
    let feed = program("feed");
    world.state().net.airdrop(&data_address(&feed.id), 900_000);
    let mine = world.describe_feed(&repository().join("programs"), "");
    for how in ["--dry-run", "--yes"] {
        let refused = world.run(&mine, &[how]).refused("makes no program there any more");
        assert!(refused.err.contains("make another key pair"), "{refused:#?}");
    }
    assert!(world.state().sent.is_empty());
}

/// A program whose instructions are sent is compared, and where it may not be changed nothing is sent to it.
#[test]
fn whoever_is_called_is_compared() {
    let world = World::new(10);
    let source = format!("[sources.SOL]\nfeed = \"{}\"\nshard = 0\n", "11".repeat(32));
    let mine = world.describe_feed(&repository().join("programs"), &source);
    let compared = replaced(&mine, "deploy = [\"feed\"]", "deploy = []");
    world.run(&compared, &["--yes"]).refused("calls the feed program, which is not deployed");
    let theirs = committed(&program("verifier"));
    world.run(&world.describe_feed(&world.feed_of("theirs", &theirs), ""), &["--yes"]).ends(0, "done");
    let executed = world.executed();
    let digest = Hex(&sha256(&[&theirs])).to_string();
    world.run(&compared, &["--yes"]).refused(&format!("other bytes, with SHA-256 {digest}"));
    assert_eq!(world.executed(), executed);
    world.run(&replaced(&mine, &source, ""), &["--yes"]).ends(0, "done");
    // It is right now, in whoever's hands it is.
    let heir = Keypair::new();
    world.key("heir.json", &heir);
    let compared = replaced(&compared, "[sources", "upgrade = \"heir.json\"\n[sources");
    world.run(&compared, &["--yes"]).ends(0, "0002 price sources: 1 price sources");
    world.run(&compared, &["--yes"]).ends(0, "nothing to do");
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
