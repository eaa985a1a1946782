//! The formulas of point addition over Fq and Fq2, eight at once, against arkworks' fields: with any representatives that
//! the documented bounds allow, edges of every limb among them. Each path runs them where the processor has it.

use ark_bn254::{Fq, Fq2};
use ark_ff::{AdditiveGroup, BigInt, BigInteger, Field, PrimeField, UniformRand};
use rand::{Rng, RngCore, SeedableRng};
use rand_chacha::ChaCha20Rng;

use super::*;
use crate::{G1Point, G2Point, avx2, avx2::Avx2, curve::sealed::Coordinates, ifma, ifma::Ifma};

/// Checks for one field, in terms of points whose coordinates are the values.
trait Suite: Coordinate {
    /// Bits of Montgomery's R.
    const R: u64;

    /// A field element whose components are edges or random.
    fn sample(rng: &mut ChaCha20Rng) -> <Self::Point as Coordinates>::Field;
    /// Adds a multiple of p, up to `most`, to the words of each component of both coordinates.
    fn blur(point: &mut Self::Point, most: u32, rng: &mut ChaCha20Rng);
}

/// Values whose Montgomery words, or limbs, are extreme.
fn component(limb: usize, rng: &mut ChaCha20Rng) -> Fq {
    let words = match rng.next_u32() % 8 {
        0 => return Fq::ZERO,
        1 => return Fq::ONE,
        2 => return -Fq::ONE,
        // All ones in some limbs.
        3 => {
            let mut words = BigInt([0; 4]);
            (0..limb * rng.gen_range(1..254 / limb))
                .for_each(|bit: usize| words.0[bit / 64] |= 1 << (bit % 64));
            words
        }
        4 => {
            let bit = rng.gen_range(0..253);
            let mut words = BigInt([0; 4]);
            words.0[bit / 64] = 1 << (bit % 64);
            words
        }
        5 => {
            let mut words = Fq::MODULUS;
            words.sub_with_borrow(&BigInt([rng.next_u64() % 1000 + 1, 0, 0, 0]));
            words
        }
        _ => return Fq::rand(rng),
    };
    Fq::new_unchecked(words)
}

fn blur(words: &mut [u64; 4], most: u32, rng: &mut ChaCha20Rng) {
    for _ in 0..rng.next_u32() % (most + 1) {
        let mut sum = BigInt(*words);
        assert!(!sum.add_with_carry(&Fq::MODULUS), "at most five times the modulus fits four words");
        *words = sum.0;
    }
}

macro_rules! suite {
    ($path:ident, $r:literal, $limb:literal) => {
        impl Suite for $path::Fq8 {
            const R: u64 = $r;

            fn sample(rng: &mut ChaCha20Rng) -> Fq {
                component($limb, rng)
            }

            fn blur(point: &mut G1Point, most: u32, rng: &mut ChaCha20Rng) {
                blur(&mut point.x, most, rng);
                blur(&mut point.y, most, rng);
            }
        }

        impl Suite for $path::Fq2x8 {
            const R: u64 = $r;

            fn sample(rng: &mut ChaCha20Rng) -> Fq2 {
                Fq2::new(component($limb, rng), component($limb, rng))
            }

            fn blur(point: &mut G2Point, most: u32, rng: &mut ChaCha20Rng) {
                point.x.iter_mut().chain(&mut point.y).for_each(|words| blur(words, most, rng));
            }
        }
    };
}

suite!(ifma, 260, 52);
suite!(avx2, 261, 29);

type FieldOf<C> = <<C as Coordinate>::Point as Coordinates>::Field;

/// Eight values with representatives of up to `most + 1` times p.
fn eight<C: Suite>(unit: C::Unit, values: &[FieldOf<C>; 8], most: u32, rng: &mut ChaCha20Rng) -> C {
    let points = values.map(|value| {
        let mut point = C::Point::from_coordinates(value, FieldOf::<C>::ZERO);
        C::blur(&mut point, most, rng);
        point
    });
    C::x(unit, points.each_ref())
}

/// The values, for representatives of at most 5.2 p.
fn values<C: Coordinate>(x: C, y: C) -> [(FieldOf<C>, FieldOf<C>); 8] {
    let mut points = [C::Point::default(); 8];
    C::write(x, y, points.each_mut());
    points.map(|point| point.canonical().coordinates())
}

fn check<C: Suite>(unit: C::Unit, seed: u64) {
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let rng = &mut rng;
    let two = FieldOf::<C>::from(2u64);
    let over_r = two.pow([C::R - 256]).inverse().unwrap();
    let three = FieldOf::<C>::from(3u64);
    for _ in 0..3_000 {
        let [a, b, c, d]: [[FieldOf<C>; 8]; 4] =
            std::array::from_fn(|_| std::array::from_fn(|_| C::sample(rng)));
        let (x, y) = (eight::<C>(unit, &a, 4, rng), eight::<C>(unit, &b, 4, rng));
        let (small_x, small_y) = (eight::<C>(unit, &a, 0, rng), eight::<C>(unit, &b, 0, rng));
        // Words are forms with 2^256, and the product divides by R.
        let product = values(x.mul(y), small_x.mul(y));
        // The slope's inverse has a weight of R's bits and two, in place of 256.
        let inverse = values(x.invert_for_slope(), small_x.invert_for_slope());
        let mask = rng.next_u32() as Mask;
        let difference = values(
            C::reduce(C::difference(small_x.sum(), small_y.negate_where(mask)).sum()),
            C::reduce(C::double(small_x.negate_where(mask)).sum()),
        );
        let tangent = small_x.tangent().mul(C::one(unit));
        let tangent = values(tangent, tangent);
        // A slope has weight 258: four times the value.
        let four_c = c.map(|value| value.double().double());
        let slope = eight::<C>(unit, &four_c, 2, rng);
        let y1 = eight::<C>(unit, &d, 0, rng).negate_where(mask);
        let (x3, y3) = C::third_point(slope, small_x, small_y, y1);
        let third = values(x3, y3);
        let selected = values(small_x.select(mask, small_y), C::zero(unit));
        for i in 0..8 {
            let negate = |value: FieldOf<C>| if mask >> i & 1 == 1 { -value } else { value };
            assert_eq!(product[i], (a[i] * b[i] * over_r, a[i] * b[i] * over_r));
            let expected = a[i].inverse().unwrap_or_default() * two.pow([C::R + 2 - 256]);
            assert_eq!(inverse[i], (expected, expected));
            assert_eq!(difference[i], (a[i] - negate(b[i]), negate(a[i]).double()));
            assert_eq!(tangent[i].0, three * a[i].square());
            let x3 = c[i].square() - a[i] - b[i];
            assert_eq!(third[i], (x3, c[i] * (a[i] - x3) - negate(d[i])));
            assert_eq!(selected[i].0, if mask >> i & 1 == 1 { b[i] } else { a[i] });
        }
    }
}

/// Zeros are found under every multiple of p, and only zeros.
fn check_zeros<C: Suite>(unit: C::Unit, seed: u64) {
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    for round in 0..2_000 {
        let mut a: [FieldOf<C>; 8] = std::array::from_fn(|_| C::sample(&mut rng));
        let mut b: [FieldOf<C>; 8] = std::array::from_fn(|_| C::sample(&mut rng));
        let lane = round % 8;
        match round % 3 {
            0 => a[lane] = b[lane],
            1 => a[lane] = FieldOf::<C>::ZERO,
            _ => b[lane] = FieldOf::<C>::ZERO,
        }
        let mask = |of: &dyn Fn(usize) -> bool| (0..8).fold(0, |mask: Mask, i| mask | Mask::from(of(i)) << i);
        let (x, y) = (eight::<C>(unit, &a, 0, &mut rng), eight::<C>(unit, &b, 0, &mut rng));
        let (equal, zero_a, zero_b) = (
            mask(&|i| a[i] == b[i]),
            mask(&|i| a[i] == FieldOf::<C>::ZERO),
            mask(&|i| b[i] == FieldOf::<C>::ZERO),
        );
        assert_eq!((x.is_empty(), y.is_empty()), (zero_a, zero_b));
        let difference = C::difference(x.sum(), y.sum());
        assert_eq!(difference.is_zero(), equal);
        let special = C::may_be_special(difference, x, y);
        assert_eq!(special & (equal | zero_a | zero_b), equal | zero_a | zero_b);
        for signs in [0, 0xff, 0b1010_0110] {
            let sum = C::difference(x.sum(), y.negate_where(signs));
            assert_eq!(sum.is_zero(), mask(&|i| a[i] == if signs >> i & 1 == 1 { -b[i] } else { b[i] }));
        }
    }
}

fn check_path<G1: Suite, G2: Suite<Unit = G1::Unit>>(unit: Option<G1::Unit>) {
    let Some(unit) = unit else {
        return eprintln!("not tested: this processor lacks the instructions");
    };
    check::<G1>(unit, 1);
    check::<G2>(unit, 2);
    check_zeros::<G1>(unit, 3);
    check_zeros::<G2>(unit, 4);
}

#[test]
fn formulas_are_arkworks_formulas() {
    check_path::<ifma::Fq8, ifma::Fq2x8>(Ifma::detect());
    check_path::<avx2::Fq8, avx2::Fq2x8>(Avx2::detect());
}
