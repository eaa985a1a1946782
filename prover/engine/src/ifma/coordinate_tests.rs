//! The formulas of point addition over Fq and Fq2, eight at once, against arkworks' fields: with any representatives that
//! the documented bounds allow, edges of every limb among them.

use ark_bn254::{Fq, Fq2};
use ark_ff::{AdditiveGroup, BigInt, BigInteger, Field, PrimeField, UniformRand};
use rand::{Rng, RngCore, SeedableRng};
use rand_chacha::ChaCha20Rng;

use super::*;
use crate::curve::sealed::Coordinates;

/// Checks for one field, in terms of points whose coordinates are the values.
trait Suite: Coordinate {
    /// A field element whose components are edges or random.
    fn sample(rng: &mut ChaCha20Rng) -> <Self::Point as Coordinates>::Field;
    /// Adds a multiple of p, up to `most`, to the words of each component of both coordinates.
    fn blur(point: &mut Self::Point, most: u32, rng: &mut ChaCha20Rng);
}

/// Values whose Montgomery words, or limbs, are extreme.
fn component(rng: &mut ChaCha20Rng) -> Fq {
    let words = match rng.next_u32() % 8 {
        0 => return Fq::ZERO,
        1 => return Fq::ONE,
        2 => return -Fq::ONE,
        // All ones in some limbs of 52 bits.
        3 => {
            let mut words = BigInt([0; 4]);
            (0..52 * rng.gen_range(1..5)).for_each(|bit: usize| words.0[bit / 64] |= 1 << (bit % 64));
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

impl Suite for Fq8 {
    fn sample(rng: &mut ChaCha20Rng) -> Fq {
        component(rng)
    }

    fn blur(point: &mut G1Point, most: u32, rng: &mut ChaCha20Rng) {
        blur(&mut point.x, most, rng);
        blur(&mut point.y, most, rng);
    }
}

impl Suite for Fq2x8 {
    fn sample(rng: &mut ChaCha20Rng) -> Fq2 {
        Fq2::new(component(rng), component(rng))
    }

    fn blur(point: &mut G2Point, most: u32, rng: &mut ChaCha20Rng) {
        point.x.iter_mut().chain(&mut point.y).for_each(|words| blur(words, most, rng));
    }
}

type FieldOf<C> = <<C as Coordinate>::Point as Coordinates>::Field;

/// Eight values with representatives of up to `most + 1` times p.
fn eight<C: Suite>(ifma: Ifma, values: &[FieldOf<C>; 8], most: u32, rng: &mut ChaCha20Rng) -> C {
    let points = values.map(|value| {
        let mut point = C::Point::from_coordinates(value, FieldOf::<C>::ZERO);
        C::blur(&mut point, most, rng);
        point
    });
    C::x(ifma, points.each_ref())
}

/// The values, for representatives of at most 5.2 p.
fn values<C: Coordinate>(x: C, y: C) -> [(FieldOf<C>, FieldOf<C>); 8] {
    let mut points = [C::Point::default(); 8];
    C::write(x, y, points.each_mut());
    points.map(|point| point.canonical().coordinates())
}

fn check<C: Suite>(ifma: Ifma, seed: u64) {
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let rng = &mut rng;
    let sixteenth = FieldOf::<C>::from(16u64).inverse().unwrap();
    let three = FieldOf::<C>::from(3u64);
    for _ in 0..3_000 {
        let [a, b, c, d]: [[FieldOf<C>; 8]; 4] =
            std::array::from_fn(|_| std::array::from_fn(|_| C::sample(rng)));
        let (x, y) = (eight::<C>(ifma, &a, 4, rng), eight::<C>(ifma, &b, 4, rng));
        let (small_x, small_y) = (eight::<C>(ifma, &a, 0, rng), eight::<C>(ifma, &b, 0, rng));
        // Words are forms with R = 2^256, and the product divides by 2^260.
        let product = values(x.mul(y), small_x.mul(y));
        // 64 times the inverse, for a weight of 262 in place of 256.
        let inverse = values(x.inverse_quarter(), small_x.inverse_quarter());
        let mask = rng.next_u32() as Mask;
        let difference = values(
            C::reduce(C::difference(small_x.sum(), small_y.negate_where(mask)).sum()),
            C::reduce(C::double(small_x.negate_where(mask)).sum()),
        );
        let tangent = small_x.tangent().mul(C::one(ifma));
        let tangent = values(tangent, tangent);
        // A slope has weight 258: four times the value.
        let four_c = c.map(|value| value.double().double());
        let slope = eight::<C>(ifma, &four_c, 2, rng);
        let y1 = eight::<C>(ifma, &d, 0, rng).negate_where(mask);
        let (x3, y3) = C::third_point(slope, small_x, small_y, y1);
        let third = values(x3, y3);
        let selected = values(small_x.select(mask, small_y), C::zero(ifma));
        for i in 0..8 {
            let negate = |value: FieldOf<C>| if mask >> i & 1 == 1 { -value } else { value };
            assert_eq!(product[i], (a[i] * b[i] * sixteenth, a[i] * b[i] * sixteenth));
            let expected = a[i].inverse().unwrap_or_default() * FieldOf::<C>::from(64u64);
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
fn check_zeros<C: Suite>(ifma: Ifma, seed: u64) {
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
        let (x, y) = (eight::<C>(ifma, &a, 0, &mut rng), eight::<C>(ifma, &b, 0, &mut rng));
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

#[test]
fn formulas_are_arkworks_formulas() {
    let Some(ifma) = Ifma::detect() else {
        return eprintln!("not tested: this processor lacks AVX-512 IFMA");
    };
    check::<Fq8>(ifma, 1);
    check::<Fq2x8>(ifma, 2);
    check_zeros::<Fq8>(ifma, 3);
    check_zeros::<Fq2x8>(ifma, 4);
}
