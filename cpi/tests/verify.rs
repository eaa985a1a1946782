//! The call against a runtime that lies: each refusal of `assay_cpi::verify`, and what it sends.

use std::cell::RefCell;

use assay_cpi::{
    BatchClaim, Claim, CpiError, Expect, Key, Proven, RecordAccounts, ReturnData, Role, SetupKind, Setups,
    Tensor, VERIFIER, record, verify, verify_batch,
};
use assay_interface::field::Scalar;
use assay_interface::missing::Missing;
use assay_interface::scales::Scales;
use assay_interface::schema::{ModelSchema, TensorSchema, Visibility};
use assay_interface::statement::pack;
use assay_interface::verifier::{
    RECORD, RETURN_DATA_LEN, VERIFY, VERIFY_BATCH, Verified, VerifiedBatch, digests_hash, model_account,
};

const MODEL: [u8; 32] = [1; 32];
const KEY_HASH: [u8; 32] = [2; 32];
const DOMAIN: [u8; 32] = [3; 32];
const DIGEST: [u8; 32] = [4; 32];
const CONTEXT: [u8; 32] = [5; 32];
const PROOF: [u8; 256] = [6; 256];

const FEATURES: Tensor<16> = Tensor::at(0, 15);
const SCORE: Tensor<1> = Tensor::at(FEATURES.end(), 16);

/// An account whose runtime answers what it is told to.
struct Account {
    address: [u8; 32],
    owner: [u8; 32],
    data: Vec<u8>,
    answer: Option<ReturnData>,
    calls: RefCell<Vec<Call>>,
}

/// What an account was asked to call.
#[derive(Clone, Debug, PartialEq)]
struct Call {
    program: [u8; 32],
    accounts: Vec<([u8; 32], Role)>,
    data: Vec<u8>,
}

impl assay_cpi::Account for Account {
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

    fn call<const N: usize>(
        &self,
        program: &[u8; 32],
        accounts: [(&Self, Role); N],
        data: &[u8],
    ) -> Result<(), CpiError> {
        let accounts = accounts.map(|(account, role)| (account.address, role)).to_vec();
        self.calls.borrow_mut().push(Call { program: *program, accounts, data: data.to_vec() });
        Ok(())
    }

    fn return_data(&self) -> Option<ReturnData> {
        self.answer
    }
}

fn answer(model: [u8; 32], setup: SetupKind) -> ReturnData {
    ReturnData::new(VERIFIER, &Verified { model, digest: DIGEST, setup }.encode())
}

fn honest() -> Account {
    let mut data = vec![0; model_account::LENGTH];
    data[model_account::KEY_HASH].copy_from_slice(&KEY_HASH);
    data[model_account::DOMAIN].copy_from_slice(&DOMAIN);
    let answer = Some(answer(MODEL, SetupKind::Ceremony));
    Account { address: MODEL, owner: VERIFIER, data, answer, calls: RefCell::default() }
}

const EXPECT: Expect<'_> =
    Expect { model: &MODEL, key: Key::Hash(&KEY_HASH), domain: &DOMAIN, setups: Setups::CEREMONY };

fn limbs() -> Vec<Scalar> {
    let mut limbs = FEATURES.pack(&std::array::from_fn(|i| i as i64 - 8)).unwrap();
    limbs.extend(SCORE.pack(&[-1234]).unwrap());
    limbs
}

fn call<'a>(
    account: &Account,
    limbs: &'a [Scalar],
    expect: &Expect<'_>,
) -> Result<Proven<'a, Scalar>, CpiError> {
    verify(account, &Claim { proof: &PROOF, context: &CONTEXT, limbs }, expect)
}

#[track_caller]
fn refuses(account: &Account, expect: &Expect<'_>, error: CpiError) {
    assert_eq!(call(account, &limbs(), expect).err(), Some(error));
}

#[test]
fn an_honest_answer_gives_the_values() {
    let (account, limbs) = (honest(), limbs());
    let proven = call(&account, &limbs, &EXPECT).unwrap();
    assert_eq!(proven.values(&SCORE), Ok([-1234]));
    assert_eq!(proven.values(&FEATURES), Ok(std::array::from_fn(|i| i as i64 - 8)));
    assert_eq!((proven.digest(), proven.setup()), (&DIGEST, SetupKind::Ceremony));

    let mut data = VERIFY.to_vec();
    data.extend(256_u32.to_le_bytes());
    data.extend(PROOF);
    data.extend(CONTEXT);
    data.extend(2_u32.to_le_bytes());
    limbs.iter().for_each(|limb| data.extend(limb.as_be_bytes()));
    let accounts = vec![(MODEL, Role::Reads)];
    assert_eq!(*account.calls.borrow(), [Call { program: VERIFIER, accounts, data }]);
}

#[test]
fn encoded_limbs_say_the_same() {
    let encoded: Vec<[u8; 32]> = limbs().into_iter().map(Scalar::to_be_bytes).collect();
    let claim = Claim { proof: &PROOF, context: &CONTEXT, limbs: &encoded };
    assert_eq!(verify(&honest(), &claim, &EXPECT).unwrap().values(&SCORE), Ok([-1234]));
}

#[test]
fn another_account_is_not_asked() {
    let accounts = [
        (Account { address: [9; 32], ..honest() }, CpiError::WrongModel),
        (Account { owner: [9; 32], ..honest() }, CpiError::NotAModel),
        (
            Account { data: honest().data[..model_account::DOMAIN.end - 1].to_vec(), ..honest() },
            CpiError::NotAModel,
        ),
    ];
    for (account, error) in accounts {
        refuses(&account, &EXPECT, error);
        assert!(account.calls.borrow().is_empty());
    }
}

#[test]
fn another_key_is_refused_where_the_key_is_named() {
    let expect = Expect { key: Key::Hash(&[9; 32]), ..EXPECT };
    refuses(&honest(), &expect, CpiError::WrongKey);
    assert!(call(&honest(), &limbs(), &Expect { key: Key::OfModel, ..EXPECT }).is_ok());
}

#[test]
fn another_domain_is_refused() {
    for key in [Key::OfModel, Key::Hash(&KEY_HASH)] {
        refuses(&honest(), &Expect { domain: &[9; 32], key, ..EXPECT }, CpiError::WrongDomain);
    }
}

#[test]
fn answers_of_others_are_refused() {
    let of = |answer: Option<ReturnData>| Account { answer, ..honest() };
    let honest = answer(MODEL, SetupKind::Ceremony);
    let mut unknown_setup = honest;
    unknown_setup.bytes[RETURN_DATA_LEN - 1] = 2;
    let foreign = [
        None,
        Some(ReturnData { program: [9; 32], ..honest }),
        Some(ReturnData { length: RETURN_DATA_LEN - 1, ..honest }),
        Some(ReturnData { length: RETURN_DATA_LEN + 1, ..honest }),
        Some(unknown_setup),
    ];
    for answer in foreign {
        refuses(&of(answer), &EXPECT, CpiError::ForeignAnswer);
    }
    refuses(&of(Some(answer([9; 32], SetupKind::Ceremony))), &EXPECT, CpiError::WrongModel);
}

#[test]
fn a_development_key_opens_only_what_accepts_it() {
    let account = Account { answer: Some(answer(MODEL, SetupKind::Development)), ..honest() };
    refuses(&account, &EXPECT, CpiError::SetupRefused);
    let both = Expect { setups: Setups::CEREMONY_AND_DEVELOPMENT, ..EXPECT };
    assert_eq!(call(&account, &limbs(), &both).unwrap().setup(), SetupKind::Development);
}

#[test]
fn bytes_of_no_proofs_length_are_refused() {
    for length in [0, 255, 257, 383, 385, 100_000] {
        let claim = Claim { proof: &vec![1; length], context: &CONTEXT, limbs: &limbs() };
        assert_eq!(verify(&honest(), &claim, &EXPECT).err(), Some(CpiError::CallerProofLength));
    }
}

/// The verifier refuses such limbs; if it did not, nothing would be decoded from them.
#[test]
fn a_tensor_is_read_from_its_own_limbs_only() {
    let whole = limbs();
    let account = honest();
    let cut = call(&account, &whole[..1], &EXPECT).unwrap();
    assert_eq!(cut.values(&SCORE), Err(CpiError::TensorLayout));
    let far: Tensor<1> = Tensor::at(usize::MAX, 16);
    assert_eq!(cut.values(&far), Err(CpiError::TensorLayout));

    // A value more than the tensor has, in the padding; and a limb that would be the same value, had it been reduced.
    let two = pack(&[-1234, 5], 16).unwrap();
    let proven = [whole[0].to_be_bytes(), two[0].to_be_bytes()];
    let claim = Claim { proof: &PROOF, context: &CONTEXT, limbs: &proven };
    assert_eq!(verify(&account, &claim, &EXPECT).unwrap().values(&SCORE), Err(CpiError::TensorLayout));
    let modulus = [whole[0].to_be_bytes(), Scalar::MODULUS];
    let claim = Claim { proof: &PROOF, context: &CONTEXT, limbs: &modulus };
    assert_eq!(verify(&account, &claim, &EXPECT).unwrap().values(&SCORE), Err(CpiError::TensorLayout));
}

#[test]
fn a_value_beyond_its_bits_is_not_packed() {
    assert_eq!(SCORE.pack(&[1 << 15]).err(), Some(CpiError::TensorLayout));
}

#[test]
fn a_declaration_is_held_against_the_schema() {
    let tensor = |name: &str, shape: &[u32], bits, visibility| TensorSchema {
        name: name.into(),
        shape: shape.to_vec(),
        bits,
        scales: 0.into(),
        missing: Default::default(),
        visibility,
    };
    let schema = |visibility| {
        let inputs =
            vec![tensor("secret", &[40], 8, Visibility::Committed), tensor("in", &[4, 4], 15, visibility)];
        ModelSchema::new("m".into(), inputs, vec![tensor("out", &[1], 16, Visibility::Public)]).unwrap()
    };
    let public = schema(Visibility::Public);
    let (input, output): (Tensor<16>, Tensor<1>) = (Tensor::at(1, 15), Tensor::at(2, 16));
    assert!(input.is(&public, "in") && output.is(&public, "out"));
    assert!(!FEATURES.is(&public, "in"), "another place");
    assert!(!Tensor::<15>::at(1, 15).is(&public, "in"), "another length");
    assert!(!Tensor::<1>::at(2, 15).is(&public, "out"), "other bits");
    assert!(!input.is(&public, "secret") && !Tensor::<40>::at(0, 8).is(&public, "secret"), "committed");
    assert!(!input.is(&schema(Visibility::Committed), "in"));
    let with = |features| {
        let first = tensor("secret", &[40], 8, Visibility::Committed);
        let score = tensor("out", &[1], 16, Visibility::Public);
        ModelSchema::new("m".into(), vec![first, features], vec![score]).unwrap()
    };
    let missing =
        with(TensorSchema { missing: Missing::Anywhere, ..tensor("in", &[4, 4], 15, Visibility::Public) });
    assert!(!input.is(&missing, "in") && output.is(&missing, "out"), "the least integer would be no number");
    // 16 integers of 32 bits take three limbs.
    let (input, output): (Tensor<16>, Tensor<1>) = (Tensor::at(1, 32), Tensor::at(4, 16));
    let scaled = tensor("in", &[4, 4], 32, Visibility::Public);
    let float32 = with(TensorSchema { scales: Scales::Float32, ..scaled.clone() });
    assert!(!input.is(&float32, "in") && output.is(&float32, "out"), "order keys are no numbers at a scale");
    assert!(input.is(&with(scaled), "in"));
}

const BATCH: &[u8] = &[3, 1, 4, 1, 5];

fn batch_digests() -> [Scalar; 3] {
    [5_u64, 6, 7].map(Scalar::from)
}

fn batch_answer(change: impl FnOnce(&mut VerifiedBatch)) -> Account {
    let digests_hash = digests_hash(&batch_digests());
    let mut answer = VerifiedBatch { model: MODEL, setup: SetupKind::Ceremony, count: 3, digests_hash };
    change(&mut answer);
    Account { answer: Some(ReturnData::new(VERIFIER, &answer.encode())), ..honest() }
}

fn call_batch(account: &Account, digests: &[Scalar]) -> Result<SetupKind, CpiError> {
    verify_batch(account, &BatchClaim { batch: BATCH, digests }, &EXPECT)
}

#[test]
fn a_batch_proves_the_claimed_digests() {
    let account = batch_answer(|_| ());
    assert_eq!(call_batch(&account, &batch_digests()), Ok(SetupKind::Ceremony));
    let data = [&VERIFY_BATCH[..], &5_u32.to_le_bytes(), BATCH].concat();
    let call = Call { program: VERIFIER, accounts: vec![(MODEL, Role::Reads)], data };
    assert_eq!(*account.calls.borrow(), [call]);
}

#[test]
fn a_batch_of_other_digests_is_refused() {
    let [first, second, third] = batch_digests();
    let others: [&[Scalar]; 5] = [
        &[],
        &[first, second],
        &[second, first, third],
        &[first, second, second],
        &[first, second, third, third],
    ];
    for digests in others {
        assert_eq!(call_batch(&batch_answer(|_| ()), digests), Err(CpiError::WrongStatements));
    }
    let counted = batch_answer(|answer| answer.count = 4);
    assert_eq!(call_batch(&counted, &batch_digests()), Err(CpiError::WrongStatements));
}

#[test]
fn answers_of_others_to_a_batch_are_refused() {
    let digests = batch_digests();
    let of_a_single = answer(MODEL, SetupKind::Ceremony);
    let foreign = ReturnData { program: [9; 32], ..batch_answer(|_| ()).answer.unwrap() };
    let long = ReturnData { length: 68, ..batch_answer(|_| ()).answer.unwrap() };
    for answer in [None, Some(of_a_single), Some(foreign), Some(long)] {
        let account = Account { answer, ..honest() };
        assert_eq!(call_batch(&account, &digests), Err(CpiError::ForeignAnswer));
    }
    // Nor is the answer to a batch one to a single claim.
    refuses(&batch_answer(|_| ()), &EXPECT, CpiError::ForeignAnswer);
    let other_model = batch_answer(|answer| answer.model = [9; 32]);
    assert_eq!(call_batch(&other_model, &digests), Err(CpiError::WrongModel));
    let development = batch_answer(|answer| answer.setup = SetupKind::Development);
    assert_eq!(call_batch(&development, &digests), Err(CpiError::SetupRefused));
    assert_eq!(
        call_batch(&Account { owner: [9; 32], ..batch_answer(|_| ()) }, &digests),
        Err(CpiError::NotAModel)
    );
}

/// `record` is held to the same terms, brings four accounts, and may bring no proof.
#[test]
fn recording_asks_the_same_with_four_accounts() {
    let other = |byte| Account { address: [byte; 32], ..honest() };
    let (payer, receipt, system_program) = (other(11), other(12), other(13));
    let limbs = limbs();
    let ask = |model: &Account, proof: &[u8], expect: &Expect<'_>| {
        let accounts =
            RecordAccounts { payer: &payer, model, receipt: &receipt, system_program: &system_program };
        record(&accounts, &Claim { proof, context: &CONTEXT, limbs: &limbs }, expect)
            .map(|proven| *proven.digest())
    };
    for proof in [&PROOF[..], &[]] {
        let model = honest();
        assert_eq!(ask(&model, proof, &EXPECT), Ok(DIGEST));
        let calls = model.calls.borrow();
        let [Call { program, accounts, data }] = &calls[..] else { panic!("one call") };
        assert_eq!(*program, VERIFIER);
        let expected = [
            ([11; 32], Role::Pays),
            (MODEL, Role::Writes),
            ([12; 32], Role::Writes),
            ([13; 32], Role::Reads),
        ];
        assert_eq!(*accounts, expected);
        assert_eq!((&data[..8], &data[8..12]), (&RECORD[..], &(proof.len() as u32).to_le_bytes()[..]));
        assert_eq!(data.len(), 8 + 4 + proof.len() + 32 + 4 + 64);
    }
    assert_eq!(ask(&honest(), &[1; 255], &EXPECT), Err(CpiError::CallerProofLength));
    assert_eq!(ask(&other(9), &[], &EXPECT), Err(CpiError::WrongModel));
    let foreign = Account { owner: [9; 32], ..honest() };
    assert_eq!(ask(&foreign, &[], &EXPECT), Err(CpiError::NotAModel));
    let expect = Expect { domain: &[9; 32], ..EXPECT };
    assert_eq!(ask(&honest(), &[], &expect), Err(CpiError::WrongDomain));
    let silent = Account { answer: None, ..honest() };
    assert_eq!(ask(&silent, &[], &EXPECT), Err(CpiError::ForeignAnswer));
    let development = Account { answer: Some(answer(MODEL, SetupKind::Development)), ..honest() };
    assert_eq!(ask(&development, &[], &EXPECT), Err(CpiError::SetupRefused));
}
