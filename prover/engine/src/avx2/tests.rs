//! The vector arithmetic against arkworks', with limbs and values at the top of every documented bound.

use ark_bn254::{Fq, Fr};
use ark_ff::{Field, UniformRand};
use rand::{Rng, RngCore, SeedableRng};
use rand_chacha::ChaCha20Rng;

use super::{field::*, limbs::split, *};
use crate::vector::modulus::{Base, Modulus, Scalar};

/// Limbs of an [`Fe8`] stay below this.
const TOP: u64 = (1 << 29) + (1 << 6);

/// The element that limbs stand for, as an integer.
fn value<M: Modulus>(limbs: &[u64; 9]) -> M::Field {
    let radix = M::Field::from(1u64 << 29);
    limbs.iter().rev().fold(M::Field::from(0u64), |sum, limb| sum * radix + M::Field::from(*limb))
}

/// Limbs at their edges, and random ones. The top limb bounds the value: below `top p / 2^232`.
fn limbs<M: Modulus>(top: u64, rng: &mut ChaCha20Rng) -> [u64; 9] {
    let kind = rng.next_u32() % 4;
    let mut limbs = std::array::from_fn(|_| match kind {
        0 => TOP - 1,
        1 => rng.gen_range(0..2) * (TOP - 1),
        _ => rng.gen_range(0..TOP),
    });
    let most = top * (M::WORDS[3] >> 40);
    limbs[8] = if kind == 0 { most } else { rng.gen_range(0..=most) };
    limbs
}

fn fe8<M: Modulus>(avx2: Avx2, eight: &[[u64; 9]; 8]) -> Fe8<M> {
    Fe8::load(avx2, &Block::new(eight))
}

fn limbs_of<M: Modulus>(vector: Fe8<M>) -> [[u64; 9]; 8] {
    let mut block = Block::new(&[[0; 9]; 8]);
    vector.store(&mut block);
    block.limbs()
}

/// Compiled with the instructions, as kernels are.
#[target_feature(enable = "avx2")]
fn compute<M: Modulus>([a, b, c, d]: [Fe8<M>; 4]) -> [Fe8<M>; 8] {
    let loose = a.loose().add(b.loose()).shift_left::<2>();
    [
        a.mul(b),
        a.square(),
        Fe8::dot(a, b, c, d),
        loose.carry(),
        loose.carry().unique(),
        a.loose().sub::<31, 6>(b.loose()).carry(),
        a.loose().sub::<30, 6>(b.loose()).reduce(),
        a.loose().reduce(),
    ]
}

fn check<M: Modulus>(avx2: Avx2, seed: u64) {
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let over_r = M::Field::from(2u64).pow([261]).inverse().unwrap();
    for round in 0..20_000 {
        // The last factor is as large as a sum of differences, the others as large as a difference.
        let operands: [[[u64; 9]; 8]; 4] = std::array::from_fn(|operand| {
            let top = if operand == 3 { 160 } else { 5 };
            std::array::from_fn(|_| limbs::<M>(top, &mut rng))
        });
        // SAFETY: an `Avx2` exists, so the processor has the features.
        let results = unsafe { compute::<M>(operands.map(|eight| fe8(avx2, &eight))) }.map(limbs_of);
        for lane in 0..8 {
            let [a, b, c, d] = operands.map(|eight| value::<M>(&eight[lane]));
            let sum = (a + b) * M::Field::from(4u64);
            let expected =
                [a * b * over_r, a.square() * over_r, (a * b + c * d) * over_r, sum, sum, a - b, a - b, a];
            for (which, (result, expected)) in results.iter().zip(expected).enumerate() {
                let limbs = &result[lane];
                assert_eq!(value::<M>(limbs), expected, "operation {which}, round {round}, lane {lane}");
                let is_unique = !matches!(which, 3 | 5);
                let limit = if is_unique { 1 << 29 } else { TOP };
                assert!(limbs[..8].iter().all(|limb| *limb < limit), "operation {which}: {limbs:?}");
                // In multiples of p, from the top limb: it misses less than one part in a million.
                let bound = match which {
                    0 | 1 => 2.2,
                    2 => 2.2 + 0.006 * 5.0 * 160.0,
                    6 | 7 => 1.0002,
                    _ => continue,
                };
                let found = limbs[8] as f64 / (M::WORDS[3] >> 40) as f64;
                assert!(found <= bound, "operation {which}: {found} p");
            }
        }
    }
}

#[test]
fn arithmetic_is_arkworks_arithmetic() {
    let Some(avx2) = Avx2::detect() else {
        return eprintln!("not tested: this processor lacks AVX2");
    };
    check::<Base>(avx2, 1);
    check::<Scalar>(avx2, 2);
}

#[test]
fn words_come_back_and_inverses_are_arkworks_inverses() {
    let Some(avx2) = Avx2::detect() else {
        return eprintln!("not tested: this processor lacks AVX2");
    };
    #[target_feature(enable = "avx2")]
    fn compute<M: Modulus>(avx2: Avx2, words: &[[u64; 4]; 8]) -> [[[u64; 4]; 8]; 3] {
        let vector = Fe8::<M>::unpack(avx2, words.each_ref());
        let mut packed = [[0; 4]; 8];
        vector.pack(packed.each_mut());
        [packed, vector.canonical(), vector.invert().canonical()]
    }
    fn check<M: Modulus>(avx2: Avx2, random: impl Fn(&mut ChaCha20Rng) -> M::Field) {
        let mut rng = ChaCha20Rng::seed_from_u64(3);
        for round in 0..2_000 {
            let mut elements: [M::Field; 8] = std::array::from_fn(|_| random(&mut rng));
            elements[round % 8] = M::Field::from(0u64);
            elements[(round + 3) % 8] = -M::Field::ONE;
            let words = elements.each_ref().map(|element| *M::words(element));
            // SAFETY: an `Avx2` exists, so the processor has the features.
            let [packed, canonical, inverse] = unsafe { compute::<M>(avx2, &words) };
            assert_eq!((packed, canonical), (words, words));
            let expected = elements.map(|element| element.inverse().unwrap_or(M::Field::from(0u64)));
            assert_eq!(inverse, expected.each_ref().map(|element| *M::words(element)));
            // Any words at all pass through.
            let words: [[u64; 4]; 8] = std::array::from_fn(|_| std::array::from_fn(|_| rng.next_u64()));
            // SAFETY: as above.
            let [packed, canonical, _] = unsafe { compute::<M>(avx2, &words) };
            assert_eq!(packed, words);
            for (words, canonical) in words.iter().zip(canonical) {
                assert_eq!(value::<M>(&split(*words)), value::<M>(&split(canonical)));
                assert!(ark_ff::BigInt(canonical) < ark_ff::BigInt(M::WORDS));
            }
        }
    }
    check::<Base>(avx2, Fq::rand);
    check::<Scalar>(avx2, Fr::rand);
}

#[test]
fn lanes_and_masks_keep_their_order() {
    let Some(avx2) = Avx2::detect() else {
        return eprintln!("not tested: this processor lacks AVX2");
    };
    let eight: [[u64; 9]; 8] =
        std::array::from_fn(|lane| std::array::from_fn(|limb| (10 * lane + limb) as u64));
    let other = eight.map(|limbs| limbs.map(|limb| limb + 100));
    for mask in 0..=u8::MAX {
        let (a, b) = (fe8::<Base>(avx2, &eight), fe8::<Base>(avx2, &other));
        let chosen = limbs_of(a.select(mask, b));
        for lane in 0..8 {
            assert_eq!(chosen[lane], if mask >> lane & 1 == 1 { other[lane] } else { eight[lane] });
        }
        assert_eq!(a.select(mask, fe8(avx2, &[[0; 9]; 8])).equals_multiple(0), mask);
        assert_eq!(fe8::<Base>(avx2, &chosen).lowest_limb_equals(chosen[5][0]), 1 << 5);
    }
}
