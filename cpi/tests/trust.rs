//! What is asked of a model before it is taken up: each refusal, over accounts as bytes.

use assay_cpi::{
    Account, Choice, CpiError, Role, SetupKind, VERIFIER, model_facts, require_attested, require_immutable,
    series_facts,
};
use assay_interface::verifier::{attestation_account, attestor_set_account, model_account, series_account};

const MODEL: [u8; 32] = [1; 32];
const SET: [u8; 32] = [2; 32];
const SERIES: [u8; 32] = [3; 32];
const DOMAIN: [u8; 32] = [4; 32];

/// An account that calls nobody.
#[derive(Clone)]
struct Bytes {
    address: [u8; 32],
    owner: [u8; 32],
    data: Vec<u8>,
}

impl Account for Bytes {
    type Error = CpiError;

    fn address(&self) -> &[u8; 32] {
        &self.address
    }

    fn is_owned_by(&self, program: &[u8; 32]) -> bool {
        self.owner == *program
    }

    fn with_data<T>(&self, read: impl FnOnce(&[u8]) -> T) -> Result<T, CpiError> {
        Ok(read(&self.data))
    }

    fn call<const N: usize>(&self, _: &[u8; 32], _: [(&Self, Role); N], _: &[u8]) -> Result<(), CpiError> {
        panic!("reading calls nobody")
    }
}

fn account(address: [u8; 32], discriminator: [u8; 8], length: usize, fields: &[(usize, &[u8])]) -> Bytes {
    let mut data = vec![0; length];
    data[..8].copy_from_slice(&discriminator);
    for (at, bytes) in fields {
        data[*at..at + bytes.len()].copy_from_slice(bytes);
    }
    Bytes { address, owner: VERIFIER, data }
}

fn model(authority: [u8; 32]) -> Bytes {
    use model_account::{AUTHORITY, DISCRIMINATOR, DOMAIN as AT, LENGTH, VERSION};
    let states: &[u8] = &[VERSION, 255, 1, 1]; // version, bump, ceremony, active
    let fields = [(AUTHORITY.start, &authority[..]), (AT.start, &DOMAIN), (1_452, states)];
    account(MODEL, DISCRIMINATOR, LENGTH, &fields)
}

/// Two of the members 5, 6 and 7.
fn set() -> Bytes {
    use attestor_set_account::{DISCRIMINATOR, LENGTH, VERSION};
    let fields: [(usize, &[u8]); 4] =
        [(72, &[5; 32]), (104, &[6; 32]), (136, &[7; 32]), (8 + 320, &[3, 2, VERSION])];
    account(SET, DISCRIMINATOR, LENGTH, &fields)
}

fn attestation(bitmap: u8) -> Bytes {
    use attestation_account::{DISCRIMINATOR, LENGTH, VERSION};
    let fields: [(usize, &[u8]); 3] = [(8, &SET), (40, &MODEL), (8 + 104, &[bitmap, VERSION])];
    account([9; 32], DISCRIMINATOR, LENGTH, &fields)
}

fn series(current: [u8; 32]) -> Bytes {
    use series_account::{DISCRIMINATOR, LENGTH, VERSION};
    let fields: [(usize, &[u8]); 4] =
        [(8, &172_800_i64.to_le_bytes()), (120, &current), (184, &DOMAIN), (8 + 304, &[VERSION])];
    account(SERIES, DISCRIMINATOR, LENGTH, &fields)
}

/// The same account with another owner, then with every other length and discriminator.
fn spoiled(honest: &Bytes) -> Vec<Bytes> {
    let mut all = vec![Bytes { owner: [9; 32], ..honest.clone() }];
    for change in [
        |data: &mut Vec<u8>| data[0] ^= 1,
        |data: &mut Vec<u8>| data.push(0),
        |data: &mut Vec<u8>| data.truncate(data.len() - 1),
        |data: &mut Vec<u8>| data.clear(),
    ] {
        let mut account = honest.clone();
        change(&mut account.data);
        all.push(account);
    }
    all
}

#[test]
fn a_model_says_what_it_is() {
    let facts = model_facts(&MODEL, &model([8; 32]), |facts| (facts.setup, *facts.domain, *facts.authority));
    assert_eq!(facts, Ok((SetupKind::Ceremony, DOMAIN, [8; 32])));
    for account in spoiled(&model([8; 32])) {
        assert_eq!(model_facts(&MODEL, &account, |_| ()), Err(CpiError::NotAModel));
    }
    let elsewhere = Bytes { address: [9; 32], ..model([8; 32]) };
    assert_eq!(model_facts(&MODEL, &elsewhere, |_| ()), Err(CpiError::WrongModel));
}

#[test]
fn an_immutable_model_has_no_authority() {
    assert_eq!(require_immutable(&MODEL, &model([0; 32])), Ok(()));
    assert_eq!(require_immutable(&MODEL, &model([8; 32])), Err(CpiError::MutableModel));
    for account in spoiled(&model([0; 32])) {
        assert_eq!(require_immutable(&MODEL, &account), Err(CpiError::NotAModel));
    }
    // Another model that nobody can stop, in the place of the one that is meant.
    let elsewhere = Bytes { address: [9; 32], ..model([0; 32]) };
    assert_eq!(require_immutable(&MODEL, &elsewhere), Err(CpiError::WrongModel));
}

#[test]
fn enough_members_of_the_trusted_set_attested() {
    let check = |set: &Bytes, attestation: &Bytes, model| require_attested(&SET, set, attestation, model);
    for bitmap in 0..=255_u8 {
        let expected = if (bitmap & 0b111).count_ones() >= 2 { Ok(()) } else { Err(CpiError::NotAttested) };
        assert_eq!(check(&set(), &attestation(bitmap), &MODEL), expected, "{bitmap:#b}");
    }
    let refused = Err(CpiError::NotAttested);
    assert_eq!(check(&set(), &attestation(7), &[9; 32]), refused, "another model");
    assert_eq!(check(&Bytes { address: [9; 32], ..set() }, &attestation(7), &MODEL), refused, "another set");
    let mut of_other = attestation(7);
    of_other.data[8] ^= 1;
    assert_eq!(check(&set(), &of_other, &MODEL), refused, "another set's attestation");
    for account in spoiled(&set()) {
        assert_eq!(check(&account, &attestation(7), &MODEL), refused);
    }
    for account in spoiled(&attestation(7)) {
        assert_eq!(check(&set(), &account, &MODEL), refused);
    }
}

#[test]
fn a_model_is_pinned_or_followed() {
    assert_eq!(Choice::<Bytes>::Pinned(&MODEL).model(), Ok(MODEL));
    let follow = |account: &Bytes| Choice::Followed { series: &SERIES, account }.model();
    assert_eq!(follow(&series(MODEL)), Ok(MODEL));
    let refused = Err(CpiError::WrongSeries);
    assert_eq!(follow(&series([0; 32])), refused, "before its first model");
    assert_eq!(follow(&Bytes { address: [9; 32], ..series(MODEL) }), refused, "another series");
    for account in spoiled(&series(MODEL)) {
        assert_eq!(follow(&account), refused);
    }
    let facts = series_facts(&SERIES, &series(MODEL), |facts| (facts.timelock, *facts.domain));
    assert_eq!(facts, Ok((172_800, DOMAIN)));
}
