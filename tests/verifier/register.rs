use ark_bn254::{Fq, Fq2, G2Affine};
use ark_ff::{BigInteger, PrimeField};
use assay_client::verifier::{
    self, MAX_SCHEMA_LEN, MAX_TIMELOCK, MIN_CEREMONY_TIMELOCK, Registration, Status,
};
use assay_interface::groth16::{BASE_MODULUS, SetupKind, VERIFYING_KEY_LEN};
use assay_interface::sha256;
use assay_localnet::{Localnet, Outcome};
use assay_verifier::{ModelRegistered, RegisterArgs, accounts, instruction};
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

struct Registry {
    net: Localnet,
    authority: Keypair,
}

impl Registry {
    fn new() -> Self {
        let mut net = Localnet::new().unwrap();
        let authority = fixed_key(1);
        net.airdrop(&authority.pubkey(), 100_000_000_000);
        Self { net, authority }
    }

    fn register(&mut self, registration: &Registration<'_>) -> Outcome {
        self.net.send(&[registration.instruction()], &[&self.authority])
    }

    /// `register` with raw bytes, at the address that they give.
    fn register_raw(&mut self, key: Vec<u8>, schema: Vec<u8>) -> Outcome {
        let authority = self.authority.pubkey();
        let id = sha256(&[&key, &schema]);
        let (model, _) = Address::find_program_address(&[b"model", authority.as_ref(), &id], &verifier::ID);
        let args = RegisterArgs { key, schema, setup: 0, transcript_hash: [0; 32], timelock: 0 };
        let accounts =
            accounts::Register { authority, payer: authority, model, system_program: Address::default() };
        self.net.send(&[instruction::Register { args }.to_instruction(accounts)], &[&self.authority])
    }

    /// `register` of the echo model with its key changed.
    fn register_key(&mut self, change: impl FnOnce(&mut Vec<u8>)) -> Outcome {
        let mut key = Echo::shared().key.as_bytes().to_vec();
        change(&mut key);
        self.register_raw(key, Echo::shared().schema.encode())
    }
}

#[test]
fn a_model_holds_what_it_was_registered_with() {
    let mut registry = Registry::new();
    let echo = Echo::shared();
    let authority = registry.authority.pubkey();
    let registration = Registration {
        setup: SetupKind::Ceremony,
        transcript_hash: [5; 32],
        timelock: MIN_CEREMONY_TIMELOCK,
        ..echo.registration(authority)
    };
    let outcome = registry.register(&registration).expect_ok();
    let model = registry.net.read::<verifier::Model>(&registration.model()).unwrap().unwrap();
    let now = registry.net.now();
    assert_eq!(model.status().unwrap(), Status::Proposed);
    assert_eq!(model.setup().unwrap(), SetupKind::Ceremony);
    assert_eq!((model.authority, model.pending_authority), (authority, Address::default()));
    assert_eq!(model.key, *echo.key.as_bytes());
    assert_eq!(model.key_hash, echo.key.key_hash());
    assert_eq!(model.schema(), echo.schema.encode());
    assert_eq!(model.domain, echo.schema.domain().to_be_bytes());
    assert_eq!(model.limb_count, 2);
    assert_eq!(model.transcript_hash, [5; 32]);
    assert_eq!((model.registered_at, model.activates_at), (now, now + MIN_CEREMONY_TIMELOCK));
    assert_eq!((model.accepted, model.last_accepted_at, model.reserved), (0, 0, [0; 64]));
    emitted(
        &outcome,
        &ModelRegistered {
            model: registration.model(),
            authority,
            key_hash: echo.key.key_hash(),
            setup: 1,
            transcript_hash: [5; 32],
            activates_at: now + MIN_CEREMONY_TIMELOCK,
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
    registry.net.send(&[registration.instruction()], &[&second]).expect_ok();
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
        let mut register = registration.instruction();
        register.accounts[position].is_signer = false;
        refused(&registry.net.send(&[register], &[signer]), "MissingRequiredSignature");
    }
}

#[test]
fn the_address_is_that_of_authority_key_and_schema() {
    let mut registry = Registry::new();
    let authority = registry.authority.pubkey();
    let mut register = Echo::shared().registration(authority).instruction();
    register.accounts[2].pubkey = Echo::other().registration(authority).model();
    refused(&registry.net.send(&[register.clone()], &[&registry.authority]), "WrongAddress");
    register.accounts[2].pubkey = Echo::shared().registration(Address::default()).model();
    refused(&registry.net.send(&[register], &[&registry.authority]), "WrongAddress");
}

#[test]
fn the_system_program_is_the_system_program() {
    let mut registry = Registry::new();
    let mut register = Echo::shared().registration(registry.authority.pubkey()).instruction();
    register.accounts[3].pubkey = verifier::ID;
    refused(&registry.net.send(&[register], &[&registry.authority]), "IncorrectProgramId");
}

#[test]
fn a_timelock_is_in_the_range_of_its_setup() {
    let mut registry = Registry::new();
    let base = Echo::shared().registration(registry.authority.pubkey());
    let ceremony = Registration { setup: SetupKind::Ceremony, transcript_hash: [5; 32], ..base.clone() };
    for timelock in [i64::MIN, -1, 0, MIN_CEREMONY_TIMELOCK - 1, MAX_TIMELOCK + 1, i64::MAX] {
        refused(&registry.register(&Registration { timelock, ..ceremony.clone() }), "TimelockRange");
    }
    for timelock in [i64::MIN, -1, MAX_TIMELOCK + 1, i64::MAX] {
        refused(&registry.register(&Registration { timelock, ..base.clone() }), "TimelockRange");
    }
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

#[test]
fn there_are_two_kinds_of_setup() {
    let mut registry = Registry::new();
    let mut register = Echo::shared().registration(registry.authority.pubkey()).instruction();
    let setup = register.data.len() - 8 - 32 - 1;
    for kind in [2, 255] {
        register.data[setup] = kind;
        refused(&registry.net.send(&[register.clone()], &[&registry.authority]), "SetupKind");
    }
}

#[test]
fn a_key_has_the_length_of_one_public_input() {
    let mut registry = Registry::new();
    for length in [0, 1, VERIFYING_KEY_LEN - 64, VERIFYING_KEY_LEN - 1, VERIFYING_KEY_LEN + 1] {
        refused(&registry.register_key(|key| key.resize(length, 0)), "KeyLength");
    }
}

#[test]
fn no_point_of_a_key_is_the_identity() {
    let mut registry = Registry::new();
    for (start, length) in [(ALPHA, 64), (BETA, 128), (GAMMA, 128), (DELTA, 128), (IC_0, 64), (IC_1, 64)] {
        refused(&registry.register_key(|key| key[start..start + length].fill(0)), "KeyIdentity");
    }
}

#[test]
fn gamma_is_not_delta_nor_its_negation() {
    let mut registry = Registry::new();
    refused(&registry.register_key(|key| key.copy_within(DELTA..DELTA + 128, GAMMA)), "KeyGammaEqualsDelta");
    let opposite = registry.register_key(|key| {
        key.copy_within(DELTA..DELTA + 128, GAMMA);
        negate(&mut key[GAMMA + 64..GAMMA + 96]);
        negate(&mut key[GAMMA + 96..GAMMA + 128]);
    });
    refused(&opposite, "KeyGammaOppositeDelta");
}

#[test]
fn beta_is_unrelated_to_gamma_and_delta() {
    let mut registry = Registry::new();
    for other in [GAMMA, DELTA] {
        refused(&registry.register_key(|key| key.copy_within(other..other + 128, BETA)), "KeyBetaRelated");
    }
}

#[test]
fn the_input_points_differ() {
    let mut registry = Registry::new();
    refused(&registry.register_key(|key| key.copy_within(IC_0..IC_0 + 64, IC_1)), "KeyInputPoints");
    let opposite = registry.register_key(|key| {
        key.copy_within(IC_0..IC_0 + 64, IC_1);
        negate(&mut key[IC_1 + 32..IC_1 + 64]);
    });
    refused(&opposite, "KeyInputPoints");
}

#[test]
fn every_point_of_a_key_is_on_its_curve() {
    let mut registry = Registry::new();
    for (start, length) in [(ALPHA, 64), (BETA, 128), (GAMMA, 128), (DELTA, 128), (IC_0, 64), (IC_1, 64)] {
        refused(&registry.register_key(|key| key[start + length - 1] ^= 1), "KeyNotOnCurve");
    }
}

#[test]
fn every_point_of_g2_is_in_the_subgroup() {
    let mut registry = Registry::new();
    let outside = outside_the_subgroup();
    for start in [BETA, GAMMA, DELTA] {
        let outcome = registry.register_key(|key| key[start..start + 128].copy_from_slice(&outside));
        refused(&outcome, "KeyNotInSubgroup");
    }
}

#[test]
fn coordinates_are_below_the_order_of_the_base_field() {
    let mut registry = Registry::new();
    for start in (0..VERIFYING_KEY_LEN).step_by(32) {
        let equal = registry.register_key(|key| key[start..start + 32].copy_from_slice(&BASE_MODULUS));
        refused(&equal, "KeyNotCanonical");
        refused(&registry.register_key(|key| key[start..start + 32].fill(0xff)), "KeyNotCanonical");
    }
}

#[test]
fn a_schema_is_whole_and_has_nothing_behind_it() {
    let mut registry = Registry::new();
    let key = Echo::shared().key.as_bytes().to_vec();
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
    let key = Echo::shared().key;
    let mut schema = Echo::shared().schema.encode();
    // "echo" 5 bytes, one input, "in" 3 bytes, rank 1, then the dimension: 31 values of 8 bits a limb.
    let dimension = 5 + 1 + 3 + 1;
    let mut with = |registry: &mut Registry, elements: u32| {
        schema[dimension..dimension + 4].copy_from_slice(&elements.to_le_bytes());
        registry.register_raw(key.as_bytes().to_vec(), schema.clone())
    };
    with(&mut registry, 31 * 95).expect_ok();
    refused(&with(&mut registry, 31 * 95 + 1), "TooManyLimbs");
}

/// p - x, for a coordinate x.
fn negate(coordinate: &mut [u8]) {
    let negated = -Fq::from_be_bytes_mod_order(coordinate);
    coordinate.copy_from_slice(&negated.into_bigint().to_bytes_be());
}

/// A point of G2's curve outside the subgroup of prime order, encoded as in a key.
fn outside_the_subgroup() -> [u8; 128] {
    let point = (1_u64..)
        .filter_map(|x| G2Affine::get_point_from_x_unchecked(Fq2::new(x.into(), Fq::from(0_u64)), false))
        .find(|point| !point.is_in_correct_subgroup_assuming_on_curve())
        .unwrap();
    let coordinates = [point.x.c1, point.x.c0, point.y.c1, point.y.c0];
    let bytes = coordinates.map(|coordinate| coordinate.into_bigint().to_bytes_be()).concat();
    bytes.try_into().unwrap()
}
