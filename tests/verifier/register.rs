use ark_bn254::Fq;
use ark_ff::{BigInteger, PrimeField};
use assay_host::compute_budget;
use assay_interface::groth16::{BASE_MODULUS, Form, SetupKind, VerifyingKey};
use assay_interface::verifier::model_id;
use assay_localnet::{Localnet, Outcome};
use assay_tests::encoding::outside_the_subgroup;
use assay_verifier::{ModelRegistered, RegisterArgs, accounts, instruction};
use assay_verifier_host::{
    self as verifier, MAX_LIMBS, MAX_SCHEMA_LEN, MAX_TIMELOCK, MIN_TIMELOCK, Registration, Status,
};
use solana_address::Address;
use solana_keypair::Keypair;
use solana_signer::Signer;

use crate::support::{Echo, emitted, fixed_key, refused};

/// Offsets of the key's points.
const ALPHA: usize = 0;
const BETA: usize = 64;
const GAMMA: usize = 192;
const DELTA: usize = 320;
const IC_0: usize = 448;
const IC_1: usize = 512;
const IC_2: usize = 576;
const SIGMA_GAMMA: usize = 640;

/// Where the points lie; a plain key has the first six.
const POINTS: [(usize, usize); 8] = [
    (ALPHA, 64),
    (BETA, 128),
    (GAMMA, 128),
    (DELTA, 128),
    (IC_0, 64),
    (IC_1, 64),
    (IC_2, 64),
    (SIGMA_GAMMA, 128),
];

struct Registry {
    net: Localnet,
    authority: Keypair,
}

impl Registry {
    fn new() -> Self {
        let mut net = Localnet::new(&[assay_verifier_host::IDENTITY]).unwrap();
        let authority = fixed_key(1);
        net.airdrop(&authority.pubkey(), 100_000_000_000);
        Self { net, authority }
    }

    fn register(&mut self, registration: &Registration<'_>) -> Outcome {
        self.net.send(&[registration.instruction().unwrap()], &[&self.authority])
    }

    /// `register` with raw bytes, at the address that they give if the key is one.
    fn register_raw(&mut self, key: Vec<u8>, schema: Vec<u8>) -> Outcome {
        let authority = self.authority.pubkey();
        let id = VerifyingKey::decompress(&key)
            .map_or([0; 32], |key| model_id(SetupKind::Development, &[0; 32], &key, &schema));
        let (model, _) = Address::find_program_address(&[b"model", authority.as_ref(), &id], &verifier::ID);
        let args = RegisterArgs {
            key: key.into(),
            schema: schema.into(),
            setup: 0,
            transcript_hash: [0; 32],
            timelock: MIN_TIMELOCK,
            guardian: Address::default(),
        };
        let accounts =
            accounts::Register { authority, payer: authority, model, system_program: Address::default() };
        let register = instruction::Register { args }.to_instruction(accounts);
        // Naming the point of a refused key takes more than accepting one.
        self.net.send(&[compute_budget::limit(400_000), register], &[&self.authority])
    }

    /// `register` of a model with its key changed: to points of the curves, or it could not be compressed.
    fn register_key(&mut self, echo: &Echo, change: impl FnOnce(&mut [u8])) -> Outcome {
        let mut key = echo.key.as_bytes().to_vec();
        change(&mut key);
        let compressed = VerifyingKey::from_slice(&key).unwrap().compress().unwrap();
        self.register_raw(compressed, echo.schema.encode())
    }

    /// `register` of a model with its compressed key changed.
    fn register_compressed(&mut self, echo: &Echo, change: impl FnOnce(&mut Vec<u8>)) -> Outcome {
        let mut key = echo.key.compress().unwrap();
        change(&mut key);
        self.register_raw(key, echo.schema.encode())
    }
}

/// The points that the key of `echo` has.
fn points(echo: &Echo) -> impl Iterator<Item = (usize, usize)> {
    let length = echo.key.as_bytes().len();
    POINTS.into_iter().filter(move |(start, len)| start + len <= length)
}

#[test]
fn a_model_holds_what_it_was_registered_with() {
    for echo in Echo::of_each_form() {
        holds_what_it_was_registered_with(echo);
    }
}

fn holds_what_it_was_registered_with(echo: &Echo) {
    let mut registry = Registry::new();
    let authority = registry.authority.pubkey();
    let registration = Registration {
        setup: SetupKind::Ceremony,
        transcript_hash: [5; 32],
        timelock: MIN_TIMELOCK,
        guardian: Address::new_from_array([9; 32]),
        ..echo.registration(authority)
    };
    let outcome = registry.register(&registration).expect_ok();
    let model = registry.net.read::<verifier::Model>(&registration.model()).unwrap().unwrap();
    let now = registry.net.now();
    assert_eq!(model.status().unwrap(), Status::Proposed);
    assert_eq!(model.setup().unwrap(), SetupKind::Ceremony);
    assert_eq!((model.authority, model.pending_authority), (authority, Address::default()));
    assert_eq!((model.registrar, model.payer), (authority, authority));
    assert_eq!((model.guardian, model.guardian_from), (registration.guardian, 0));
    assert_eq!((model.offer_expires_at, model.retired_at), (0, 0));
    assert_eq!(model.key().unwrap(), echo.key.as_ref());
    assert_eq!(model.key_form, echo.key.form().to_byte());
    assert_eq!(model.key_hash, echo.key.key_hash());
    assert_eq!(model.id, model_id(SetupKind::Ceremony, &[5; 32], &echo.key, &echo.schema.encode()));
    assert_eq!(model.schema().unwrap(), echo.schema.encode());
    assert_eq!(model.domain, echo.schema.domain().to_be_bytes());
    assert_eq!(model.limb_count, 2);
    assert_eq!(model.transcript_hash, [5; 32]);
    assert_eq!((model.registered_at, model.activates_at), (now, now + MIN_TIMELOCK));
    assert_eq!((model.accepted, model.last_accepted_at, model.reserved), (0, 0, [0; 55]));
    emitted(
        &outcome,
        &ModelRegistered {
            model: registration.model(),
            authority,
            guardian: registration.guardian,
            key_hash: echo.key.key_hash(),
            key_form: echo.key.form().to_byte(),
            setup: 1,
            transcript_hash: [5; 32],
            activates_at: now + MIN_TIMELOCK,
        },
    );
}

#[test]
fn an_authority_owns_several_models_and_a_key_has_several_authorities() {
    let mut registry = Registry::new();
    let authority = registry.authority.pubkey();
    registry.register(&Echo::shared().registration(authority)).expect_ok();
    registry.register(&Echo::other().registration(authority)).expect_ok();
    let second = registry.net.fund();
    let registration = Echo::shared().registration(second.pubkey());
    registry.net.send(&[registration.instruction().unwrap()], &[&second]).expect_ok();
}

#[test]
fn the_same_model_is_not_registered_twice() {
    let mut registry = Registry::new();
    let registration = Echo::shared().registration(registry.authority.pubkey());
    registry.register(&registration).expect_ok();
    let before = registry.net.account(&registration.model());
    refused(&registry.register(&registration), "ModelExists");
    assert_eq!(registry.net.account(&registration.model()), before);
}

#[test]
fn lamports_on_its_address_do_not_stop_a_model() {
    let mut registry = Registry::new();
    let registration = Echo::shared().registration(registry.authority.pubkey());
    registry.net.airdrop(&registration.model(), 1);
    registry.register(&registration).expect_ok();
}

#[test]
fn authority_and_payer_sign() {
    let mut registry = Registry::new();
    let payer = registry.net.fund();
    let registration =
        Registration { payer: payer.pubkey(), ..Echo::shared().registration(registry.authority.pubkey()) };
    for (position, signer) in [(0, &payer), (1, &registry.authority)] {
        let mut register = registration.instruction().unwrap();
        register.accounts[position].is_signer = false;
        refused(&registry.net.send(&[register], &[signer]), "MissingRequiredSignature");
    }
}

#[test]
fn anyone_pays() {
    let mut registry = Registry::new();
    let (payer, fee_payer) = (registry.net.fund(), registry.net.fund());
    let registration =
        Registration { payer: payer.pubkey(), ..Echo::shared().registration(registry.authority.pubkey()) };
    let register = registration.instruction().unwrap();
    let before = registry.net.account(&payer.pubkey()).unwrap().lamports;
    let signers = [&fee_payer, &registry.authority, &payer];
    registry.net.send(std::slice::from_ref(&register), &signers).expect_ok();
    let rent = registry.net.account(&registration.model()).unwrap().lamports;
    assert_eq!(registry.net.account(&payer.pubkey()).unwrap().lamports, before - rent);

    let registration =
        Registration { payer: payer.pubkey(), ..Echo::other().registration(registry.authority.pubkey()) };
    let mut read_only = registration.instruction().unwrap();
    read_only.accounts[1].is_writable = false;
    // Anchor's `Signer` that pays must be writable too, and it has one error for both.
    refused(&registry.net.send(&[read_only], &signers), "MissingRequiredSignature");
}

#[test]
fn the_address_is_that_of_authority_key_and_schema() {
    let mut registry = Registry::new();
    let authority = registry.authority.pubkey();
    let mut register = Echo::shared().registration(authority).instruction().unwrap();
    register.accounts[2].pubkey = Echo::other().registration(authority).model();
    refused(&registry.net.send(&[register.clone()], &[&registry.authority]), "WrongAddress");
    register.accounts[2].pubkey = Echo::shared().registration(Address::default()).model();
    refused(&registry.net.send(&[register], &[&registry.authority]), "WrongAddress");
}

#[test]
fn the_system_program_is_the_system_program() {
    let mut registry = Registry::new();
    let mut register = Echo::shared().registration(registry.authority.pubkey()).instruction().unwrap();
    register.accounts[3].pubkey = verifier::ID;
    refused(&registry.net.send(&[register], &[&registry.authority]), "IncorrectProgramId");
}

#[test]
fn a_timelock_is_a_day_to_thirty_for_keys_of_every_kind() {
    let mut registry = Registry::new();
    let base = Echo::shared().registration(registry.authority.pubkey());
    let ceremony = Registration { setup: SetupKind::Ceremony, transcript_hash: [5; 32], ..base.clone() };
    for timelock in [i64::MIN, -1, 0, MIN_TIMELOCK - 1, MAX_TIMELOCK + 1, i64::MAX] {
        refused(&registry.register(&Registration { timelock, ..ceremony.clone() }), "TimelockRange");
        refused(&registry.register(&Registration { timelock, ..base.clone() }), "TimelockRange");
    }
    registry.register(&Registration { timelock: MIN_TIMELOCK, ..base }).expect_ok();
    registry.register(&Registration { timelock: MAX_TIMELOCK, ..ceremony }).expect_ok();
}

#[test]
fn a_ceremony_has_a_transcript_and_a_development_setup_none() {
    let mut registry = Registry::new();
    let base = Echo::shared().registration(registry.authority.pubkey());
    let without = Registration { setup: SetupKind::Ceremony, timelock: MAX_TIMELOCK, ..base.clone() };
    refused(&registry.register(&without), "Transcript");
    refused(&registry.register(&Registration { transcript_hash: [5; 32], ..base }), "Transcript");
}

/// What the registrar says of the setup is part of what the model is: one who calls a development key a ceremony's, or names
/// another transcript, has another model at another address, which no consumer pinned and no attestor attested.
#[test]
fn another_setup_or_transcript_is_another_model() {
    let mut registry = Registry::new();
    let base = Echo::shared().registration(registry.authority.pubkey());
    let ceremony = |hash| Registration { setup: SetupKind::Ceremony, transcript_hash: hash, ..base.clone() };
    let all = [base.clone(), ceremony([5; 32]), ceremony([6; 32])];
    for registration in &all {
        registry.register(registration).expect_ok();
        let model = registry.net.read::<verifier::Model>(&registration.model()).unwrap().unwrap();
        assert_eq!((model.setup().unwrap(), model.id), (registration.setup, registration.id()));
        refused(&registry.register(registration), "ModelExists");
    }
    let [a, b, c] = all.each_ref().map(Registration::model);
    assert!(a != b && b != c && c != a);

    let mut elsewhere = ceremony([7; 32]).instruction().unwrap();
    elsewhere.accounts[2].pubkey = ceremony([5; 32]).model();
    refused(&registry.net.send(&[elsewhere], &[&registry.authority]), "WrongAddress");
}

#[test]
fn the_guardian_is_a_key_apart() {
    let mut registry = Registry::new();
    let authority = registry.authority.pubkey();
    let same = Registration { guardian: authority, ..Echo::shared().registration(authority) };
    refused(&registry.register(&same), "GuardianIsAuthority");
}

#[test]
fn there_are_two_kinds_of_setup() {
    let mut registry = Registry::new();
    let mut register = Echo::shared().registration(registry.authority.pubkey()).instruction().unwrap();
    let setup = register.data.len() - 32 - 8 - 32 - 1;
    for kind in [2, 255] {
        register.data[setup] = kind;
        refused(&registry.net.send(&[register.clone()], &[&registry.authority]), "SetupKind");
    }
}

#[test]
fn a_key_has_the_length_of_one_public_input() {
    let mut registry = Registry::new();
    for length in [0, 1, 256, 287, 289, 320, 383, 385, 576, 768] {
        let outcome = registry.register_compressed(Echo::shared(), |key| key.resize(length, 0));
        refused(&outcome, "KeyLength");
    }
    // Whole points, of another form: a committed key without its end is a plain one, and another model's.
    let cut = registry.register_compressed(Echo::committed(), |key| key.truncate(288)).expect_ok();
    let registered = cut.events().len();
    assert_eq!(registered, 1);
}

#[test]
fn no_point_of_a_key_is_the_identity() {
    let mut registry = Registry::new();
    for echo in Echo::of_each_form() {
        for (start, length) in points(echo) {
            for first in [0, 0x40] {
                // Zeros, and the flag of infinity.
                let outcome = registry.register_compressed(echo, |key| {
                    key[start / 2..(start + length) / 2].fill(0);
                    key[start / 2] = first;
                });
                refused(&outcome, "KeyIdentity");
            }
        }
    }
}

#[test]
fn gamma_is_not_delta_nor_its_negation() {
    let mut registry = Registry::new();
    for echo in Echo::of_each_form() {
        let equal = registry.register_key(echo, |key| key.copy_within(DELTA..DELTA + 128, GAMMA));
        refused(&equal, "KeyGammaEqualsDelta");
        let opposite = registry.register_key(echo, |key| copy_negated(key, DELTA, GAMMA, 128));
        refused(&opposite, "KeyGammaOppositeDelta");
    }
}

#[test]
fn beta_is_unrelated_to_gamma_and_delta() {
    let mut registry = Registry::new();
    for echo in Echo::of_each_form() {
        for other in [GAMMA, DELTA] {
            let equal = registry.register_key(echo, |key| key.copy_within(other..other + 128, BETA));
            refused(&equal, "KeyBetaRelated");
            let opposite = registry.register_key(echo, |key| copy_negated(key, other, BETA, 128));
            refused(&opposite, "KeyBetaRelated");
        }
    }
}

#[test]
fn sigma_gamma_is_unrelated_to_the_other_points_of_g2() {
    let mut registry = Registry::new();
    let echo = Echo::committed();
    for other in [BETA, GAMMA, DELTA] {
        let equal = registry.register_key(echo, |key| key.copy_within(other..other + 128, SIGMA_GAMMA));
        refused(&equal, "KeySigmaRelated");
        let opposite = registry.register_key(echo, |key| copy_negated(key, other, SIGMA_GAMMA, 128));
        refused(&opposite, "KeySigmaRelated");
    }
}

#[test]
fn the_input_points_differ() {
    let mut registry = Registry::new();
    for echo in Echo::of_each_form() {
        let pairs = [(IC_0, IC_1), (IC_0, IC_2), (IC_1, IC_2)];
        for (from, to) in pairs.into_iter().filter(|(_, to)| *to < echo.key.as_bytes().len()) {
            let equal = registry.register_key(echo, |key| key.copy_within(from..from + 64, to));
            refused(&equal, "KeyInputPoints");
            let opposite = registry.register_key(echo, |key| copy_negated(key, from, to, 64));
            refused(&opposite, "KeyInputPoints");
        }
    }
}

#[test]
fn every_point_of_a_key_is_on_its_curve() {
    let mut registry = Registry::new();
    for echo in Echo::of_each_form() {
        for (start, length) in points(echo) {
            // Of the xs that end in these bytes, half have no y.
            let last = (start + length) / 2 - 1;
            let off = (0..64).find(|&byte| {
                let mut key = echo.key.compress().unwrap();
                key[last] = byte;
                VerifyingKey::decompress(&key).is_err()
            });
            let outcome = registry.register_compressed(echo, |key| key[last] = off.unwrap());
            refused(&outcome, "KeyCompressed");
        }
    }
}

#[test]
fn every_point_of_g2_is_in_the_subgroup() {
    let mut registry = Registry::new();
    let outside = outside_the_subgroup();
    for echo in Echo::of_each_form() {
        for (start, _) in points(echo).filter(|(_, length)| *length == 128) {
            let outcome =
                registry.register_key(echo, |key| key[start..start + 128].copy_from_slice(&outside));
            refused(&outcome, "KeyNotInSubgroup");
        }
    }
}

#[test]
fn coordinates_are_below_the_order_of_the_base_field() {
    let mut registry = Registry::new();
    for echo in Echo::of_each_form() {
        for start in (0..echo.key.as_bytes().len() / 2).step_by(32) {
            for bytes in [BASE_MODULUS, [0x3f; 32]] {
                let outcome =
                    registry.register_compressed(echo, |key| key[start..start + 32].copy_from_slice(&bytes));
                refused(&outcome, "KeyCompressed");
            }
        }
    }
}

/// The runtime gives back the key that the host compressed, in each sign of each y.
#[test]
fn the_runtime_decompresses_as_the_host_does() {
    let mut registry = Registry::new();
    let echo = Echo::committed();
    for (start, _) in points(echo) {
        let mut compressed = echo.key.compress().unwrap();
        compressed[start / 2] ^= 0x80;
        let key = VerifyingKey::decompress(&compressed).unwrap();
        assert_eq!(key.form(), Form::Committed);
        // At the address of the host's key, or it would be refused.
        registry.register_raw(compressed, echo.schema.encode()).expect_ok();
        let registration = Registration { key: &key, ..echo.registration(registry.authority.pubkey()) };
        let model = registry.net.read::<verifier::Model>(&registration.model()).unwrap().unwrap();
        assert_eq!(model.key().unwrap(), key.as_ref());
    }
}

#[test]
fn a_schema_is_whole_and_has_nothing_behind_it() {
    let mut registry = Registry::new();
    let key = Echo::shared().key.compress().unwrap();
    let schema = Echo::shared().schema.encode();
    for length in 0..schema.len() {
        refused(&registry.register_raw(key.clone(), schema[..length].to_vec()), "SchemaMalformed");
    }
    let longer = [&schema[..], &[0]].concat();
    refused(&registry.register_raw(key.clone(), longer), "SchemaMalformed");
    refused(&registry.register_raw(key, vec![0; MAX_SCHEMA_LEN + 1]), "SchemaTooLong");
}

#[test]
fn a_statement_of_the_schema_fits_a_transaction() {
    let mut registry = Registry::new();
    let key = Echo::shared().key.compress().unwrap();
    let mut schema = Echo::shared().schema.encode();
    // "echo" 5 bytes, one input, "in" 3 bytes, rank 1, then the dimension: 31 values of 8 bits a limb.
    let dimension = 5 + 1 + 3 + 1;
    let mut with = |registry: &mut Registry, elements: u32| {
        schema[dimension..dimension + 4].copy_from_slice(&elements.to_le_bytes());
        registry.register_raw(key.clone(), schema.clone())
    };
    with(&mut registry, 31 * 95).expect_ok();
    refused(&with(&mut registry, 31 * 95 + 1), "TooManyLimbs");
}

/// Puts the negation of the point at `from` where another lies.
fn copy_negated(key: &mut [u8], from: usize, to: usize, length: usize) {
    key.copy_within(from..from + length, to);
    for coordinate in key[to + length / 2..to + length].chunks_exact_mut(32) {
        let negated = -Fq::from_be_bytes_mod_order(coordinate);
        coordinate.copy_from_slice(&negated.into_bigint().to_bytes_be());
    }
}

/// What the compiler warns of is what the program refuses.
#[test]
fn the_compiler_knows_the_limits() {
    use assay_compiler::registration;
    assert_eq!((registration::MAX_SCHEMA_LEN, registration::MAX_LIMBS), (MAX_SCHEMA_LEN, MAX_LIMBS));
}
