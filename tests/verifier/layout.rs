//! Accounts as earlier programs wrote them: later code must read these bytes, or refuse them by name. The fixtures are never
//! rewritten; those of a new layout are written once, by `ASSAY_FIXTURES=write`.
//!
//! Nothing of an earlier layout was ever deployed, so models of versions 1 and 2 are refused and not migrated.

use std::path::PathBuf;

use assay_host::account::{AccountError, decode};
use assay_interface::groth16::{Form, SetupKind, check_key};
use assay_interface::schema::ModelSchema;
use assay_interface::verifier::{
    self as interface, ModelFacts, attested, audit_extend, audit_start, model_id,
};
use assay_verifier_host::{
    self as verifier, Attestation, AttestorSet, Buffer, ID, MIN_TIMELOCK, Model, NewSeries, Receipt, Series,
    Status, attestation_address, buffer,
};
use solana_account::Account;
use solana_address::Address;
use solana_signer::Signer;

use crate::attest::Committee;
use crate::series::new_series;
use crate::support::{Echo, World, fixed_key, refused};

const MODELS: [(&str, &str, Form); 2] =
    [("model-plain-v3", "echo", Form::Plain), ("model-committed-v3", "committed", Form::Committed)];

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("verifier/fixtures/{name}.bin"))
}

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Writes the fixtures of the present layouts that are not there.
#[test]
fn new_layouts_leave_fixtures() {
    if std::env::var("ASSAY_FIXTURES").is_err() {
        return;
    }
    let write = |world: &World, name: &str, address: Address| {
        if !path(name).exists() {
            std::fs::write(path(name), world.net.account(&address).unwrap().data).unwrap();
        }
    };
    for (echo, (name, ..)) in Echo::of_each_form().into_iter().zip(MODELS) {
        let mut world = World::active_with(echo);
        let proven = echo.prove(3, [0xc7; 32]);
        world.record(&proven).expect_ok();
        write(&world, name, world.model);
        write(&world, &format!("receipt-of-{name}"), verifier::receipt_address(&world.model, &proven.digest));
    }
    let mut world = World::active();
    let committee = Committee::two_of_three(&mut world);
    for member in [0, 1] {
        let model = world.model;
        committee.attest(&mut world, member, model).expect_ok();
    }
    let series = NewSeries { attestor_set: committee.set, ..new_series(&world) };
    world.authority_sends(series.create()).expect_ok();
    world.net.advance(series.timelock);
    let apply = verifier::apply_series(series.creator, series.address(), world.model, committee.set);
    world.authority_sends(apply).expect_ok();
    write(&world, "attestor-set-v1", committee.set);
    write(&world, "attestation-v1", attestation_address(&committee.set, &world.model));
    write(&world, "series-v1", series.address());
    let payer = world.stranger.pubkey();
    world.stranger_sends(buffer::write_buffer(payer, 7, 0, &[])).expect_ok();
    write(&world, "buffer-v1", buffer::buffer_address(&payer, 7));
}

#[test]
fn models_of_version_3_are_read() {
    for (file, name, form) in MODELS {
        let bytes = fixture(file);
        let model: Model = decode(&ID, &bytes).unwrap();
        assert_eq!(model.version, 3);
        assert_eq!(model.status().unwrap(), Status::Active);
        assert_eq!(model.setup().unwrap(), SetupKind::Development);
        assert_eq!((model.accepted, model.limb_count, model.timelock), (1, 2, MIN_TIMELOCK));
        let schema = ModelSchema::decode(model.schema().unwrap()).unwrap();
        assert_eq!(schema.name(), name);
        assert_eq!(model.domain, schema.domain().to_be_bytes());
        let key = model.key().unwrap();
        assert_eq!((key.form(), check_key(key)), (form, Ok(())));
        assert_eq!(model.key_hash, key.key_hash());
        let id = model_id(SetupKind::Development, &[0; 32], key, model.schema().unwrap());
        assert_eq!(model.id, id);
        model.invariant().unwrap();

        let facts = ModelFacts::read(&bytes).unwrap();
        assert_eq!((facts.setup, facts.status), (SetupKind::Development, Status::Active));
        assert_eq!((*facts.authority, *facts.guardian), (model.authority.to_bytes(), [0; 32]));
        assert_eq!((facts.id, facts.key_hash), (&model.id, &model.key_hash));
        assert_eq!((facts.domain, facts.transcript_hash), (&model.domain, &[0; 32]));
    }
}

#[test]
fn receipts_of_version_1_are_read() {
    for (file, ..) in MODELS {
        let model: Model = decode(&ID, &fixture(file)).unwrap();
        let receipt: Receipt = decode(&ID, &fixture(&format!("receipt-of-{file}"))).unwrap();
        assert_eq!((receipt.version, receipt.index, receipt.setup), (1, 0, 0));
        assert_eq!(receipt.context, [0xc7; 32]);
        assert_eq!(receipt.recorded_at, model.last_accepted_at);
        let chain = audit_extend(&audit_start(&model.id), &receipt.digest, receipt.recorded_at);
        assert_eq!(model.audit_chain, chain);
    }
    // Written when models had version 2; the receipt's layout is the same.
    let receipt: Receipt = decode(&ID, &fixture("receipt-v1")).unwrap();
    assert_eq!((receipt.version, receipt.index, receipt.context), (1, 0, [0xc7; 32]));
}

#[test]
fn attestors_and_series_of_version_1_are_read() {
    let (set, attestation, series) =
        (fixture("attestor-set-v1"), fixture("attestation-v1"), fixture("series-v1"));
    let state: AttestorSet = decode(&ID, &set).unwrap();
    state.invariant().unwrap();
    assert_eq!((state.version, state.count, state.threshold), (1, 3, 2));
    assert_eq!(state.computed_id().unwrap(), state.id);
    let given: Attestation = decode(&ID, &attestation).unwrap();
    assert_eq!((given.version, given.bitmap), (1, 0b11));
    assert_eq!(attested(given.set.as_array(), &set, &attestation, given.model.as_array()), Ok(()));
    let named: Series = decode(&ID, &series).unwrap();
    named.invariant().unwrap();
    assert_eq!((named.version, named.current, named.attestor_set), (1, given.model, given.set));
    let read = interface::Series::read(&series).unwrap();
    assert_eq!((read.model(), read.timelock), (Ok(given.model.as_array()), 2 * MIN_TIMELOCK));
    assert_eq!((read.authority, read.domain), (named.authority.as_array(), &named.domain));
}

#[test]
fn buffers_of_version_1_are_read() {
    let buffer: Buffer = decode(&ID, &fixture("buffer-v1")).unwrap();
    assert_eq!((buffer.version, buffer.nonce, buffer.payer), (1, 7, fixed_key(2).pubkey()));
    assert_eq!(Buffer::START, fixture("buffer-v1").len());
}

#[test]
fn what_the_readers_do_not_know_they_refuse() {
    use interface::AccountError::{Kind, Malformed, Version};

    let accounts = ["model-plain-v3", "attestor-set-v1", "attestation-v1", "series-v1"].map(fixture);
    let read = |bytes: &[u8]| {
        [
            ModelFacts::read(bytes).err(),
            interface::AttestorSet::read(bytes).err(),
            interface::Attestation::read(bytes).err(),
            interface::Series::read(bytes).err(),
        ]
    };
    // Versions lie at 8 + 1,444, 8 + 322, 8 + 105 and 8 + 304.
    for (i, (bytes, version)) in accounts.iter().zip([1_452, 330, 113, 312]).enumerate() {
        for (j, error) in read(bytes).into_iter().enumerate() {
            assert_eq!(error, (i != j).then_some(Kind));
        }
        for length in [0, 7, 8, bytes.len() - 1] {
            assert_eq!(read(&bytes[..length])[i], Some(Kind));
        }
        let mut other = bytes.clone();
        other[version] = 77;
        assert_eq!(read(&other)[i], Some(Version(77)));
    }
    for (at, byte) in [(8 + 1_446, 2), (8 + 1_447, 4)] {
        let mut model = accounts[0].clone();
        model[at] = byte;
        assert_eq!(ModelFacts::read(&model).err(), Some(Malformed));
    }
    for (count, threshold) in [(9, 1), (3, 4), (3, 0), (0, 0)] {
        let mut set = accounts[1].clone();
        (set[8 + 320], set[8 + 321]) = (count, threshold);
        assert_eq!(interface::AttestorSet::read(&set).err(), Some(Malformed));
    }
}

#[test]
fn models_of_earlier_versions_are_refused() {
    for file in ["model-plain-v2", "model-committed-v2"] {
        let old = fixture(file);
        assert!(matches!(decode::<Model>(&ID, &old), Err(AccountError::Length { .. })));
        assert_eq!(ModelFacts::read(&old).err(), Some(interface::AccountError::Kind));
        let mut world = World::active();
        let address = Address::new_from_array([8; 32]);
        let honest = world.net.account(&world.model).unwrap();
        world.net.set_account(address, Account { data: old, ..honest });
        world.model = address;
        refused(&world.verify(&Echo::shared().prove(3, [1; 32])), "AccountDataTooSmall");
    }
    // The same length and another version: refused by name.
    let mut world = World::active();
    let mut account = world.net.account(&world.model).unwrap();
    account.data[1_452] = 2;
    world.net.set_account(world.model, account);
    let proven = Echo::shared().prove(3, [1; 32]);
    refused(&world.verify(&proven), "ModelVersion");
    refused(&world.record(&proven), "ModelVersion");
    refused(&world.sends_as_authority(verifier::suspend), "ModelVersion");
}

#[test]
fn states_that_no_instruction_leaves_break_the_invariant() {
    let model: Model = decode(&ID, &fixture("model-plain-v3")).unwrap();
    let mut immutable = model;
    immutable.authority = Address::default();
    immutable.invariant().unwrap();
    let broken: [fn(&mut Model); 10] = [
        |model| model.key[576] = 1,
        |model| model.guardian = model.authority,
        |model| (model.authority, model.status) = (Address::default(), Status::Suspended as u8),
        |model| (model.authority, model.guardian) = (Address::default(), Address::new_from_array([1; 32])),
        |model| model.pending_authority = Address::new_from_array([1; 32]),
        |model| model.offer_expires_at = 1,
        |model| model.pending_guardian = Address::new_from_array([1; 32]),
        |model| model.retired_at = 1,
        |model| model.timelock = MIN_TIMELOCK - 1,
        |model| model.setup = 1,
    ];
    for (index, change) in broken.into_iter().enumerate() {
        let mut other = model;
        change(&mut other);
        assert!(other.invariant().is_err(), "{index}");
    }
    let mut model: Model = decode(&ID, &fixture("model-committed-v3")).unwrap();
    model.key_form = 2;
    assert!(model.key().is_err() && model.invariant().is_err());
}
