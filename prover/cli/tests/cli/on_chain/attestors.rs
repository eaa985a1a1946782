//! Sets of attestors, and what they say of a model.

use assay_interface::verifier::{attestation_account, attestor_set_account};
use assay_verifier_host::{Attestation, AttestorSet, Attestors};

use super::*;

const OTHER: Address = Address::new_from_array([5; 32]);

/// The set of the signer and somebody else, both of whom must attest.
fn set(world: &World) -> (Attestors, Vec<Address>) {
    let mut members = vec![world.key.pubkey(), OTHER];
    members.sort_unstable();
    (Attestors::new(2, &members), members)
}

impl World {
    pub fn put<T: bytemuck::Pod>(&self, address: Address, discriminator: [u8; 8], account: &T) {
        let data = [&discriminator[..], bytes_of(account)].concat();
        self.cluster.state().accounts.insert(address, (verifier::ID, data));
    }

    /// With the set on the cluster.
    pub fn put_set(&self) -> Address {
        let (set, members) = set(self);
        let mut account = AttestorSet::zeroed();
        (account.count, account.threshold, account.version) = (2, 2, attestor_set_account::VERSION);
        account.attestors[..2].copy_from_slice(&members);
        self.put(set.address(), attestor_set_account::DISCRIMINATOR, &account);
        set.address()
    }

    /// With what these members say of the model.
    pub fn put_attestation(&self, bitmap: u8) {
        let (set, model) = (set(self).0.address(), self.address);
        let mut account = Attestation::zeroed();
        (account.set, account.model, account.bitmap) = (set, model, bitmap);
        account.version = attestation_account::VERSION;
        let address = verifier::attestation_address(&set, &model);
        self.put(address, attestation_account::DISCRIMINATOR, &account);
    }

    fn bit(&self, who: Address) -> u8 {
        1 << set(self).1.iter().position(|member| *member == who).unwrap()
    }
}

#[test]
fn a_set_is_made_once() {
    let world = World::new();
    let (me, other) = (world.key.pubkey().to_string(), OTHER.to_string());
    let expected = set(&world).0;
    for order in [[&me, &other], [&other, &me]] {
        let create = ["attestors", "create", "--member", order[0], "--member", order[1], "--threshold", "2"];
        let done = world.json(&create);
        assert_eq!((&done["changed"], &done["set"]), (&json!(true), &json!(expected.address().to_string())));
        assert!(holds(&world.cluster.sent().pop().unwrap(), &expected.create(world.key.pubkey()).data));
    }
    world.put_set();
    let create = ["attestors", "create", "--member", &me, "--member", &other, "--threshold", "2"];
    assert_eq!(world.json(&create)["changed"], false);
    assert_eq!(world.cluster.sent().len(), 2);

    let nobody = Address::default().to_string();
    let many: Vec<String> = (1..10).map(|byte| Address::new_from_array([byte; 32]).to_string()).collect();
    let many: Vec<&str> = many.iter().flat_map(|member| ["--member", member]).collect();
    for (members, threshold, what) in [
        (&["--member", &me, "--member", &me][..], "1", "named twice"),
        (&["--member", &me, "--member", &nobody], "1", "nobody's"),
        (&["--member", &me], "2", "threshold of 2"),
        (&["--member", &me], "0", "threshold of 0"),
        (&many, "1", "9 attestors"),
    ] {
        let create = [&["attestors", "create"], members, &["--threshold", threshold]].concat();
        let (_, message) = world.refused(&create);
        assert!(message.contains(what), "{message}");
    }
}

#[test]
fn a_member_attests_what_the_files_are() {
    let world = World::new().with(|_| {});
    let (model, me) = (world.address.to_string(), world.key.pubkey());
    let address = set(&world).0.address();
    let set = address.to_string();
    let attest = ["attestors", "attest", &set, &model, "--vk", "model.vk", "--model", "model.assay"];
    assert_eq!(world.refused(&attest).0, "missing", "there is no set");
    world.put_set();
    let dry = world.json(&[&attest[..], &["--dry-run"]].concat());
    assert_eq!((&dry["changed"], &dry["attested"]), (&json!(false), &json!(false)));
    let done = world.json(&attest);
    assert_eq!((&done["changed"], &done["attested"]), (&json!(true), &json!(false)), "two have to");
    assert!(done["transaction"]["rent_lamports"].as_u64().unwrap() > 0);
    let show = ["attestors", "show", &set, "--of", &model];
    let code = |world: &World| world.look(&show).0;
    assert_eq!(code(&world), Some(1), "nobody did, as far as the cluster shows");
    world.put_attestation(world.bit(OTHER));
    assert_eq!(code(&world), Some(1), "one did");
    let done = world.json(&attest);
    assert_eq!((&done["changed"], &done["attested"]), (&json!(true), &json!(true)));
    assert_eq!(done["transaction"]["rent_lamports"], 0, "the account is there");
    world.put_attestation(world.bit(OTHER) | world.bit(me));
    assert_eq!(code(&world), Some(0));
    assert_eq!(world.json(&attest)["changed"], false);
    let sent = world.cluster.sent();
    let built = verifier::attest(me, me, address, world.address).data;
    assert!(sent.len() == 2 && sent.iter().all(|wire| holds(wire, &built)));

    // Of another key it is not what came out of the ceremony.
    let others = Workspace::compiled();
    others.succeed(["setup", "model.assay", "--development"]);
    world.workspace.write("model.vk", others.read("model.vk"));
    assert!(world.refused(&attest).1.contains("hash of the key"));
    let world = world.with(|model| (model.status, model.retired_at) = (Status::Retired as u8, 1));
    assert!(world.refused(&["attestors", "attest", &set, &model]).1.contains("retired"));
}

/// Whoever is no member, and a server that shows another set at the address.
#[test]
fn strangers_attest_nothing_and_a_set_is_its_address() {
    let world = World::new().with(|_| {});
    let alone = Attestors::new(1, &[OTHER]);
    let mut account = AttestorSet::zeroed();
    (account.count, account.threshold, account.version) = (1, 1, attestor_set_account::VERSION);
    account.attestors[0] = OTHER;
    world.put(alone.address(), attestor_set_account::DISCRIMINATOR, &account);
    let (set, model) = (alone.address().to_string(), world.address.to_string());
    assert!(world.refused(&["attestors", "attest", &set, &model]).1.contains("no member"));
    assert_eq!(world.look(&["attestors", "show", &set]).1["threshold"], 1);
    account.attestors[0] = world.key.pubkey();
    world.put(alone.address(), attestor_set_account::DISCRIMINATOR, &account);
    let (code, message) = world.refused(&["attestors", "attest", &set, &model]);
    assert_eq!(code, "rpc-answer", "{message}");
}
