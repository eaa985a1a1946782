//! Series of models: which is current, which comes next, and who says so.

use assay_interface::verifier::series_account;
use assay_verifier_host::{NewSeries, Series};

use super::*;

const NAME: &str = "liquidation risk";
const OTHER: Address = Address::new_from_array([5; 32]);

fn new(world: &World, attestor_set: Address) -> NewSeries<'static> {
    let (creator, domain) = (world.key.pubkey(), world.schema.domain().to_be_bytes());
    NewSeries {
        creator,
        payer: creator,
        name: NAME,
        model: world.address,
        domain,
        attestor_set,
        timelock: DAY,
    }
}

/// Puts a series on the cluster, without a model and as `change` leaves it; its address.
fn put(world: &World, attestor_set: Address, change: impl FnOnce(&mut Series)) -> Address {
    let new = new(world, attestor_set);
    let mut series = Series::zeroed();
    (series.creator, series.authority, series.payer) = (new.creator, new.creator, new.creator);
    (series.domain, series.attestor_set, series.timelock) = (new.domain, attestor_set, DAY);
    series.id =
        assay_interface::verifier::series_id(DAY, &new.domain, attestor_set.as_array(), NAME.as_bytes());
    series.name[..NAME.len()].copy_from_slice(NAME.as_bytes());
    (series.name_len, series.version) = (NAME.len() as u8, series_account::VERSION);
    change(&mut series);
    world.put(new.address(), series_account::DISCRIMINATOR, &series);
    new.address()
}

#[test]
fn a_series_is_made_once_with_its_first_model() {
    let world = World::new().with(|_| {});
    let first = world.address.to_string();
    let create = ["series", "create", "--name", NAME, "--first", &first];
    let expected = new(&world, Address::default());
    let done = world.json(&create);
    assert_eq!((&done["changed"], &done["series"]), (&json!(true), &json!(expected.address().to_string())));
    assert!(holds(&world.cluster.sent()[0], &expected.create().data));
    put(&world, Address::default(), |series| (series.pending, series.pending_from) = (world.address, 1));
    let done = world.json(&create);
    assert_eq!((&done["changed"], &done["pending"]), (&json!(false), &json!(first)));

    let other = OTHER.to_string();
    assert_eq!(world.refused(&[&create[..], &["--attestors", &other]].concat()).0, "missing");
    assert_eq!(world.refused(&["series", "create", "--name", NAME, "--first", &other]).0, "missing");
    for name in [String::new(), "x".repeat(33)] {
        assert!(world.refused(&["series", "create", "--name", &name, "--first", &first]).1.contains("bytes"));
    }
    let set = world.put_set();
    let named = set.to_string();
    let with_set = [&create[..], &["--attestors", &named]].concat();
    assert_eq!(world.json(&with_set)["series"], new(&world, set).address().to_string());
}

#[test]
fn a_series_moves_on_behind_its_timelock() {
    let world = World::new().with(|_| {});
    let now = world.cluster.state().now;
    let me = world.key.pubkey();
    let (next, other) = (world.address.to_string(), OTHER.to_string());
    let address = put(&world, Address::default(), |series| series.current = OTHER);
    let series = address.to_string();
    let step = |word: &'static str| ["series", word, series.as_str()];
    let propose = |model| [&step("propose")[..], &[model]].concat();
    assert_eq!(world.json(&propose(&next))["changed"], true);
    assert_eq!(world.json(&propose(&other))["changed"], false, "it is the current one");
    assert_eq!(world.json(&step("cancel"))["changed"], false);
    assert!(world.refused(&step("apply")).1.contains("no model is proposed"));

    put(&world, Address::default(), |series| {
        (series.current, series.pending, series.pending_from) = (OTHER, world.address, now);
    });
    assert_eq!(world.json(&propose(&next))["changed"], false, "it is proposed");
    assert!(world.refused(&propose(&other)).1.contains("another one is proposed"));
    assert!(world.refused(&step("apply")).1.contains("is not active"));
    let world = world.with(|model| model.status = Status::Active as u8);
    assert_eq!(world.json(&step("apply"))["changed"], true);
    assert_eq!(world.json(&step("cancel"))["changed"], true);
    world.cluster.state().now = now - 1;
    assert!(world.refused(&step("apply")).1.contains("timelock runs"));
    world.cluster.state().now = now + WINDOW + 1;
    assert!(world.refused(&step("apply")).1.contains("lapsed"));
    assert_eq!(world.json(&propose(&next))["changed"], true, "proposed anew");

    assert!(world.refused(&step("renounce")).1.contains("nobody can ever"));
    let renounce = [&step("renounce")[..], &["--for-good"]].concat();
    assert_eq!(world.json(&renounce)["changed"], true);
    put(&world, Address::default(), |_| {});
    assert!(world.refused(&renounce).1.contains("no current model"));
    put(&world, Address::default(), |series| {
        (series.current, series.authority) = (OTHER, Address::default());
    });
    assert_eq!(world.json(&renounce)["changed"], false);
    assert!(world.refused(&propose(&next)).1.contains("renounced"));
    assert_eq!(world.look(&step("show")).1["current"], other);

    let proposed = verifier::propose_series(me, address, world.address).data;
    let built = [
        proposed.clone(),
        verifier::apply_series(me, address, world.address, Address::default()).data,
        verifier::cancel_series(me, address).data,
        proposed,
        verifier::renounce_series(me, address).data,
    ];
    let sent = world.cluster.sent();
    assert!(sent.len() == 5 && sent.iter().zip(&built).all(|(wire, data)| holds(wire, data)));
}

/// Only its authority; only models of its statements; only what enough of its set attested; and only at its own address.
#[test]
fn a_series_keeps_what_it_promises() {
    let world = World::new().with(|model| model.status = Status::Active as u8);
    let now = world.cluster.state().now;
    let set = world.put_set();
    let pending = |series: &mut Series| (series.pending, series.pending_from) = (world.address, now);
    let series = put(&world, set, pending).to_string();
    let apply = ["series", "apply", &series];
    assert!(world.refused(&apply).1.contains("0 of the set"));
    world.put_attestation(1);
    assert!(world.refused(&apply).1.contains("1 of the set"));
    world.put_attestation(3);
    assert_eq!(world.json(&apply)["changed"], true);

    let others = world.beside(stranger());
    assert!(world.refused(&["series", "propose", &series, &others]).1.contains("other statements"));
    let address = put(&world, set, |series| series.creator = OTHER);
    let code = |address: &Address| {
        let (exit, shown) = world.look(&["series", "show", &address.to_string()]);
        assert_eq!(exit, Some(2), "{shown}");
        shown["error"]["code"].clone()
    };
    assert_eq!(code(&address), "account");
    let address = put(&world, set, |series| (series.creator, series.authority) = (OTHER, OTHER));
    assert_eq!(code(&address), "rpc-answer");
    assert_eq!(code(&OTHER), "missing");
}
