//! What is refused before any pairing: by name, and with the proof's place where it has one.

use assay_interface::{
    field::Scalar,
    groth16::{
        BASE_MODULUS, Form, Proof, ProofPoint, Transcript,
        batch::{Batch, BatchError, Layout, MAX_PROOFS, ProofFault, Whole, assemble, verify_batch},
        verify,
    },
    statement::{Statement, StatementError},
};

use super::{Case, LIMBS, statement};
use crate::groth16::{encoding::outside_the_subgroup, toy::Toy};

/// Where the parts of a batch lie.
struct Places {
    start: usize,
    member: usize,
}

impl Places {
    fn of(case: &Case) -> Places {
        let sums = if case.form == Form::Plain { 64 } else { 128 };
        let points = if case.form == Form::Plain { 192 } else { 256 };
        Places { start: 1 + sums, member: points + 32 + 32 * LIMBS }
    }

    fn member(&self, index: usize) -> usize {
        self.start + self.member * index
    }
}

fn at(index: usize, fault: ProofFault) -> Result<(), BatchError> {
    Err(BatchError::Proof { index, fault })
}

/// The points of a member, with their places in it.
fn points(form: Form) -> Vec<(ProofPoint, std::ops::Range<usize>)> {
    let mut points = vec![(ProofPoint::A, 0..64), (ProofPoint::B, 64..192)];
    if form == Form::Committed {
        points.push((ProofPoint::Commitment, 192..256));
    }
    points
}

#[test]
fn a_fault_of_one_proof_has_its_place() {
    for case in Case::of_each_form(3) {
        let (bytes, places) = (case.assemble(), Places::of(&case));
        for index in 0..3 {
            for (point, range) in points(case.form) {
                let start = places.member(index);
                let changed = |change: &dyn Fn(&mut [u8])| {
                    let mut bytes = bytes.clone();
                    change(&mut bytes[start..][range.clone()]);
                    case.verdict(&bytes)
                };
                assert_eq!(changed(&|bytes| bytes.fill(0)), at(index, ProofFault::Identity(point)));
                for coordinate in (0..range.len()).step_by(32) {
                    for bit in [0x80, 0x40] {
                        let flagged = changed(&|bytes| bytes[coordinate] |= bit);
                        assert_eq!(flagged, at(index, ProofFault::Encoding(point)));
                    }
                }
                let off_curve = changed(&|bytes| *bytes.last_mut().unwrap() ^= 1);
                match point {
                    // Only the pairing says that B is no point, and it does not say which.
                    ProofPoint::B => assert_eq!(off_curve, Err(BatchError::Invalid)),
                    _ => assert_eq!(off_curve, at(index, ProofFault::NotOnCurve(point))),
                }
            }
            for limb in 0..LIMBS {
                let mut bytes = bytes.clone();
                let place = places.member(index) + places.member - 32 * (LIMBS - limb);
                bytes[place..place + 32].copy_from_slice(&Scalar::MODULUS);
                let fault = ProofFault::Statement(StatementError::LimbNotCanonical(limb));
                assert_eq!(case.verdict(&bytes), at(index, fault));
            }
        }
    }
}

#[test]
fn b_is_in_the_subgroup() {
    for case in Case::of_each_form(2) {
        let mut bytes = case.assemble();
        let b = Places::of(&case).member(1) + 64;
        bytes[b..b + 128].copy_from_slice(&outside_the_subgroup());
        assert_eq!(case.verdict(&bytes), Err(BatchError::Invalid));
    }
}

#[test]
fn the_sums_are_points() {
    for case in Case::of_each_form(2) {
        let bytes = case.assemble();
        let mut sums = vec![(ProofPoint::C, 1..65)];
        if case.form == Form::Committed {
            sums.push((ProofPoint::Knowledge, 65..129));
        }
        for (point, range) in sums {
            let mut zeros = bytes.clone();
            zeros[range.clone()].fill(0);
            assert_eq!(case.verdict(&zeros), Err(BatchError::Identity(point)));
            let mut flagged = bytes.clone();
            flagged[range.start + 32] |= 0x80;
            assert_eq!(case.verdict(&flagged), Err(BatchError::Encoding(point)));
            let mut off_curve = bytes.clone();
            off_curve[range.end - 1] ^= 1;
            assert_eq!(case.verdict(&off_curve), Err(BatchError::Invalid));
        }
    }
}

#[test]
fn the_count_and_the_length_are_one() {
    for case in Case::of_each_form(3) {
        let (bytes, layout) = (case.assemble(), case.layout());
        let length = |given, count| Err(BatchError::Length { expected: layout.len(count), given });
        for count in [1, 2, 4, 64] {
            let mut bytes = bytes.clone();
            bytes[0] = count as u8;
            assert_eq!(case.verdict(&bytes), length(bytes.len(), count));
        }
        for count in [0, MAX_PROOFS + 1, 255] {
            let mut bytes = bytes.clone();
            bytes[0] = count as u8;
            assert_eq!(case.verdict(&bytes), Err(BatchError::Count(count)));
        }
        for given in 1..bytes.len() {
            assert_eq!(case.verdict(&bytes[..given]), length(given, 3));
        }
        assert_eq!(case.verdict(&[]), length(0, 1));
        assert_eq!(case.verdict(&[&bytes[..], &[0]].concat()), length(bytes.len() + 1, 3));
    }
}

#[test]
fn most_within_is_the_inverse_of_the_length() {
    for form in [Form::Plain, Form::Committed] {
        for limbs in 0..5 {
            let layout = Layout { form, limbs };
            for count in 1..=MAX_PROOFS {
                assert_eq!(layout.most_within(layout.len(count)), count);
                assert_eq!(layout.most_within(layout.len(count) - 1), count - 1);
            }
            assert_eq!(layout.most_within(usize::MAX), MAX_PROOFS);
            assert_eq!(layout.most_within(0), 0);
        }
    }
    let huge = Layout { form: Form::Plain, limbs: usize::MAX };
    assert_eq!((huge.len(1), huge.most_within(4_096)), (usize::MAX, 0));
    assert!(Batch::read(&[1; 300], huge).is_err());
}

#[test]
fn forms_do_not_mix() {
    let [plain, committed] = Case::of_each_form(2);
    for (case, other) in [(&plain, &committed), (&committed, &plain)] {
        let bytes = case.assemble();
        let batch = Batch::read(&bytes, case.layout()).unwrap();
        let form = BatchError::Form { key: other.form, proofs: case.form };
        assert_eq!(verify_batch(&other.key(), &batch, &case.digests()), Err(form.clone()));
        let (proofs, statements) = (case.proofs(), &case.statements);
        let whole = [Whole { proof: proofs[0].as_ref(), statement: &statements[0] }];
        assert_eq!(assemble(&other.key(), &whole), Err(form));
    }
}

#[test]
fn digests_are_as_many_as_proofs() {
    for case in Case::of_each_form(3) {
        let bytes = case.assemble();
        let batch = Batch::read(&bytes, case.layout()).unwrap();
        let digests = case.digests();
        for given in [0, 1, 2] {
            let error = BatchError::Digests { proofs: 3, given };
            assert_eq!(verify_batch(&case.key(), &batch, &digests[..given]), Err(error));
        }
        let four = [&digests[..], &digests[..1]].concat();
        let error = BatchError::Digests { proofs: 3, given: 4 };
        assert_eq!(verify_batch(&case.key(), &batch, &four), Err(error));
    }
}

#[test]
fn what_cannot_be_assembled_is_named() {
    let case = Case::honest(Form::Plain, 2);
    let (proofs, key) = (case.proofs(), case.key());
    let whole = |index: usize, statement| Whole { proof: proofs[index].as_ref(), statement };
    assert_eq!(assemble(&key, &[]), Err(BatchError::Count(0)));
    let (first, other) = (statement(0), Statement { limbs: vec![Scalar::ZERO; 3], ..statement(1) });
    let limbs = ProofFault::LimbCount { expected: 2, given: 3 };
    let error = BatchError::Proof { index: 1, fault: limbs };
    assert_eq!(assemble(&key, &[whole(0, &first), whole(1, &other)]), Err(error));
    let many = vec![whole(0, &first); MAX_PROOFS + 1];
    assert_eq!(assemble(&key, &many), Err(BatchError::Count(MAX_PROOFS + 1)));

    let mut broken = proofs[1];
    broken.plain_mut().c[63] ^= 1;
    let second = statement(1);
    let spoiled = Whole { proof: broken.as_ref(), statement: &second };
    let error = BatchError::Proof { index: 1, fault: ProofFault::NotOnCurve(ProofPoint::C) };
    assert_eq!(assemble(&key, &[whole(0, &first), spoiled]), Err(error));
}

#[test]
fn a_key_that_was_never_checked_is_reported_as_such() {
    for case in Case::of_each_form(2) {
        let (bytes, mut key) = (case.assemble(), case.key());
        key.plain_mut().ic[1][63] ^= 1;
        let batch = Batch::read(&bytes, case.layout()).unwrap();
        assert_eq!(verify_batch(&key, &batch, &case.digests()), Err(BatchError::MalformedKey));
    }
}

/// Each coordinate's second encoding x + p, in each place of a batch.
#[test]
fn coordinates_beyond_the_order_of_the_base_field_are_refused() {
    let toy = Toy::new(1);
    let [first, second] = [0, 1].map(statement);
    let digest = super::digest(&second);
    for (offset, (proof, aliased)) in toy.with_aliases(digest, Transcript::Assay) {
        let honest = toy.prove(super::digest(&first), Transcript::Assay, 1).encode();
        let batch = |second_proof| {
            let whole = [
                Whole { proof: (&honest).into(), statement: &first },
                Whole { proof: second_proof, statement: &second },
            ];
            assemble(&toy.key(), &whole)
        };
        let layout = Layout { form: Form::Committed, limbs: LIMBS };
        let verdict = |bytes: &[u8]| {
            let batch = Batch::read(bytes, layout).unwrap();
            verify_batch(&toy.key(), &batch, &batch.digests(&Scalar::from(7_u64)).unwrap())
        };
        let bytes = batch((&proof).into()).unwrap();
        assert_eq!(verdict(&bytes), Ok(()), "at {offset}");
        match batch((&aliased).into()) {
            // A coordinate of C or PoK: they are summed before anything is sent, and refused there.
            Err(error) => assert!(matches!(error, BatchError::Proof { index: 1, .. }), "{error}"),
            Ok(bytes) => assert!(verdict(&bytes).is_err(), "at {offset}"),
        }
    }
}

/// The bytes of the batch of one proof, whatever its points: `assemble` refuses a C that is none.
fn batch_of_one(proof: &Proof, statement: &Statement) -> Vec<u8> {
    let plain = proof.plain();
    let (knowledge, commitment) = match proof {
        Proof::Plain(_) => (&[][..], &[][..]),
        Proof::Committed(proof) => (&proof.knowledge[..], &proof.commitment[..]),
    };
    let limbs = statement.limbs.iter().flat_map(|limb| limb.to_be_bytes()).collect::<Vec<u8>>();
    [&[1], &plain.c[..], knowledge, &plain.a_negated, &plain.b, commitment, &statement.context, &limbs]
        .concat()
}

/// p - y: the opposite point's coordinate.
fn opposite(coordinate: &mut [u8]) {
    let mut borrow = 0;
    for (byte, modulus) in coordinate.iter_mut().zip(BASE_MODULUS).rev() {
        let difference = i16::from(modulus) - i16::from(*byte) - borrow;
        (*byte, borrow) = (difference.rem_euclid(256) as u8, i16::from(difference < 0));
    }
}

/// One proof in a batch is accepted exactly where it is accepted alone: every coordinate is set to what a reader of points may
/// take for something else, and points are negated, alone and in pairs that cancel.
#[test]
fn a_batch_of_one_accepts_what_a_single_verification_does() {
    for case in Case::of_each_form(1) {
        let (honest, key) = (case.proofs().remove(0), case.key());
        let [digest] = case.digests()[..] else { panic!("one digest") };
        let honest = honest.as_bytes().to_vec();
        let changed = |change: &dyn Fn(&mut [u8])| {
            let mut bytes = honest.clone();
            change(&mut bytes);
            let proof = Proof::from_slice(&bytes).unwrap();
            let alone = verify(&key, &proof, &digest).is_ok();
            assert_eq!(case.verdict(&batch_of_one(&proof, &case.statements[0])).is_ok(), alone);
            alone
        };
        assert!(changed(&|_| {}));
        for start in (0..honest.len()).step_by(32) {
            for flag in [0x40, 0x80, 0xc0] {
                assert!(!changed(&|bytes| bytes[start] |= flag), "{flag} at {start}");
                // The identity, by its flag.
                assert!(!changed(&|bytes| {
                    bytes[start & !63..][..64].fill(0);
                    bytes[start] = flag;
                }));
            }
            for fill in [0, 0x30, 0xff] {
                assert!(!changed(&|bytes| bytes[start..][..32].fill(fill)), "{fill} at {start}");
            }
            assert!(!changed(&|bytes| bytes[start..][..32].copy_from_slice(&BASE_MODULUS)));
            assert!(!changed(&|bytes| opposite(&mut bytes[start..][..32])), "opposite at {start}");
        }
        // e(-A, -B) = e(A, B): a proof of the same statement in other bytes, alone and in a batch.
        let negated =
            |bytes: &mut [u8]| [32, 128, 160].into_iter().for_each(|y| opposite(&mut bytes[y..][..32]));
        assert!(changed(&negated));
    }
}
