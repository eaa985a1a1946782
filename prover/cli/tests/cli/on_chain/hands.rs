//! In whose hands a model is: its authority and its guardian, and who takes their place.

use super::*;

const OTHER: Address = Address::new_from_array([5; 32]);
const THIRD: Address = Address::new_from_array([6; 32]);

impl World {
    /// Runs `assay model WORDS ADDRESS MORE`.
    fn hand(&self, words: [&str; 2], more: &[&str]) -> Vec<String> {
        let address = self.address.to_string();
        let arguments = ["model", words[0], words[1], &address].into_iter().chain(more.iter().copied());
        arguments.map(String::from).collect()
    }

    fn changes(&self, words: [&str; 2], more: &[&str]) -> bool {
        let done = self.json(&texts(&self.hand(words, more)));
        assert_eq!(done["model"], self.address.to_string());
        done["changed"].as_bool().unwrap()
    }

    fn refuses(&self, words: [&str; 2], more: &[&str]) -> String {
        self.refused(&texts(&self.hand(words, more))).1
    }
}

fn offer(to: &str) -> [&str; 2] {
    ["--to", to]
}

#[test]
fn an_authority_is_offered_accepted_and_withdrawn() {
    let (other, third, nobody) = (OTHER.to_string(), THIRD.to_string(), Address::default().to_string());
    let world = World::new().with(|_| {});
    let me = world.key.pubkey();
    assert!(world.changes(["authority", "offer"], &offer(&other)));
    assert!(!world.changes(["authority", "offer"], &offer(&me.to_string())), "it is already");
    assert!(!world.changes(["authority", "withdraw"], &[]), "nothing was offered");
    assert!(world.refuses(["authority", "offer"], &offer(&nobody)).contains("nobody's"));
    let dry = world.json(&texts(&world.hand(["authority", "offer"], &["--to", &other, "--dry-run"])));
    assert_eq!((&dry["changed"], &dry["pending_authority"]), (&json!(false), &Value::Null));

    let now = world.cluster.state().now;
    let world = world.with(|model| (model.pending_authority, model.offer_expires_at) = (OTHER, now));
    assert!(!world.changes(["authority", "offer"], &offer(&other)), "it is offered");
    assert!(world.changes(["authority", "offer"], &offer(&third)));
    assert!(world.changes(["authority", "withdraw"], &[]));
    assert!(!world.changes(["authority", "accept"], &[]), "whoever has it need not accept");
    let world = world.with(|model| {
        (model.pending_authority, model.offer_expires_at, model.authority) = (THIRD, now, OTHER);
    });
    let refused = world.refuses(["authority", "accept"], &[]);
    assert!(refused.contains(&third) && refused.contains("offered to"), "{refused}");
    assert!(world.refuses(["authority", "withdraw"], &[]).contains(&other));
    let world = world.with(|model| {
        (model.pending_authority, model.offer_expires_at, model.authority) = (me, now, OTHER);
    });
    assert!(world.changes(["authority", "accept"], &[]));
    world.cluster.state().now = now + 1;
    assert!(world.refuses(["authority", "accept"], &[]).contains("lapsed"));
    let world = world.with(|model| model.authority = OTHER);
    assert!(world.refuses(["authority", "accept"], &[]).contains("offered to nobody"));
    let world = world.with(|model| model.guardian = OTHER);
    assert!(world.refuses(["authority", "offer"], &offer(&other)).contains("guardian"));

    let to = |to| verifier::propose_authority(me, world.address, to).data;
    let accept = verifier::accept_authority(me, world.address).data;
    let built = [to(OTHER), to(THIRD), to(Address::default()), accept];
    let sent = world.cluster.sent();
    assert!(sent.len() == 4 && sent.iter().zip(&built).all(|(wire, data)| holds(wire, data)));
}

#[test]
fn an_active_model_without_a_guardian_is_left_to_nobody() {
    let world = World::new().with(|_| {});
    let renounce = ["authority", "renounce"];
    assert!(world.refuses(renounce, &[]).contains("nobody can ever"));
    assert!(world.refuses(renounce, &["--for-good"]).contains("proposed"));
    let world = world.with(|model| (model.status, model.guardian) = (Status::Active as u8, OTHER));
    assert!(world.refuses(renounce, &["--for-good"]).contains("guardian"));
    let world = world.with(|model| model.status = Status::Active as u8);
    assert!(world.changes(renounce, &["--for-good"]));
    let built = verifier::renounce_authority(world.key.pubkey(), world.address).data;
    assert!(holds(&world.cluster.sent()[0], &built));
    let nobodys = |model: &mut Model| {
        (model.status, model.authority) = (Status::Active as u8, Address::default());
    };
    let world = world.with(nobodys);
    assert!(!world.changes(renounce, &["--for-good"]));
    assert!(world.refuses(["authority", "offer"], &["--to", &OTHER.to_string()]).contains("renounced"));
}

#[test]
fn a_guardian_is_changed_behind_the_timelock() {
    let (other, third) = (OTHER.to_string(), THIRD.to_string());
    let [propose, apply, cancel] = ["propose", "apply", "cancel"].map(|step| ["guardian", step]);
    let world = World::new().with(|_| {});
    let me = world.key.pubkey();
    assert!(world.changes(propose, &["--to", &other]));
    assert!(!world.changes(propose, &["--nobody"]), "it has none");
    assert!(!world.changes(cancel, &[]));
    assert!(world.refuses(propose, &["--to", &me.to_string()]).contains("authority"));
    assert!(world.refuses(apply, &[]).contains("no change"));
    let both =
        world.cluster.run(&world.workspace, &texts(&world.hand(propose, &["--to", &other, "--nobody"])));
    assert_eq!(both.status.code(), Some(2), "{}", show(&both));

    let now = world.cluster.state().now;
    let world = world.with(|model| {
        (model.guardian, model.pending_guardian, model.guardian_from) = (OTHER, THIRD, now);
    });
    assert!(!world.changes(propose, &["--to", &third]), "it is proposed");
    assert!(world.refuses(propose, &["--to", &other]).contains("another change"));
    assert!(world.changes(propose, &["--nobody"]));
    assert!(world.changes(apply, &[]));
    assert!(world.changes(cancel, &[]));
    world.cluster.state().now = now - 1;
    assert!(world.refuses(apply, &[]).contains("timelock runs"));
    world.cluster.state().now = now + WINDOW + 1;
    assert!(world.refuses(apply, &[]).contains("lapsed"));
    world.cluster.state().now = now;
    let world = world.with(|model| (model.pending_guardian, model.guardian_from) = (me, now));
    assert!(world.refuses(apply, &[]).contains("by now"));
    let world = world.with(|model| (model.status, model.retired_at) = (Status::Retired as u8, 1));
    assert!(world.refuses(propose, &["--to", &other]).contains("retired"));

    let (address, propose) = (world.address, |to| verifier::propose_guardian(me, world.address, to).data);
    let built = [
        propose(OTHER),
        propose(Address::default()),
        verifier::apply_guardian(me, address).data,
        verifier::cancel_guardian(me, address).data,
    ];
    let sent = world.cluster.sent();
    assert!(sent.len() == 4 && sent.iter().zip(&built).all(|(wire, data)| holds(wire, data)));
}
