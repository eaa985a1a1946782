//! The vector arithmetic against arkworks', with values at the top of every documented bound.

use ark_ff::{BigInt, Field, PrimeField, UniformRand, Zero};
use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;

use super::*;
use crate::ifma::modulus::{Base, Scalar};

const TOP: u64 = 84;

/// Runs a check for both fields where the processor has the instructions.
fn both(check: impl Fn(Ifma, &dyn Suite)) {
    if let Some(ifma) = Ifma::detect() {
        check(ifma, &Of::<Base>(PhantomData));
        check(ifma, &Of::<Scalar>(PhantomData));
    }
}

/// The checks of one field, so that a closure can take either.
trait Suite {
    fn products(&self, ifma: Ifma, a: &[[u64; 5]; 8], b: &[[u64; 5]; 8]);
    fn reductions(&self, ifma: Ifma, a: &[[u64; 5]; 8]);
    fn edges(&self) -> Vec<[u64; 5]>;
}

struct Of<M>(PhantomData<M>);

impl<M: Modulus> Suite for Of<M> {
    /// `mul`, `square` and the wide forms, residues and bounds.
    fn products(&self, ifma: Ifma, a: &[[u64; 5]; 8], b: &[[u64; 5]; 8]) {
        let (x, y) = (load::<M>(ifma, a), load::<M>(ifma, b));
        let product = limbs(x.mul(y));
        let loose = loose_limbs(x.mul_loose(y));
        let (square, square_loose) = (limbs(x.square()), loose_limbs(x.square_loose()));
        // x y - y y, of any sign, and x y + y y, each reduced once. The sum of the wide forms must stay below 84 p * 84 p.
        let difference = loose_limbs(x.mul_wide(y).sub(y.square_wide()).reduce_signed());
        let sum = loose_limbs(x.mul_wide(y).add(y.square_wide()).reduce());
        let r_inverse = r::<M>().inverse().unwrap();
        for lane in 0..8 {
            let (u, v) = (residue::<M>(&a[lane].map(i128::from)), residue::<M>(&b[lane].map(i128::from)));
            let (size_u, size_v) = (size::<M>(&a[lane].map(i128::from)), size::<M>(&b[lane].map(i128::from)));
            let check = |what: &str, found: &[i128; 5], expected: M::Field, bound: f64| {
                assert_eq!(residue::<M>(found), expected, "{what} of {:x?} and {:x?}", a[lane], b[lane]);
                let found = size::<M>(found);
                assert!((0.0..=bound).contains(&found), "{what}: {found} p > {bound} p");
            };
            let bound = |x: f64, y: f64| 0.01182 * x * y + 2.0;
            check("product", &normal(&product[lane]), u * v * r_inverse, bound(size_u, size_v));
            check("loose product", &loose[lane], u * v * r_inverse, bound(size_u, size_v));
            check("square", &normal(&square[lane]), u * u * r_inverse, bound(size_u, size_u));
            check("loose square", &square_loose[lane], u * u * r_inverse, bound(size_u, size_u));
            check("sum", &sum[lane], (u + v) * v * r_inverse, bound(size_u + size_v, size_v));
            assert_eq!(residue::<M>(&difference[lane]), (u - v) * v * r_inverse);
            let exact = 0.011815 * (size_u - size_v) * size_v;
            let found = size::<M>(&difference[lane]);
            assert!((exact - 0.01..=exact + 2.01).contains(&found), "difference: {found} p, exact {exact} p");
            for limb in loose[lane] {
                assert!((0..1 << 57).contains(&limb), "limb {limb:x} of a product");
            }
        }
    }

    /// `reduce`, `canonical`, conversions.
    fn reductions(&self, ifma: Ifma, a: &[[u64; 5]; 8]) {
        let x = load::<M>(ifma, a);
        let (reduced, canonical) = (limbs(x.reduce()), limbs(x.canonical()));
        let (montgomery, integers) = (words(x.pack_montgomery()), words(x.pack_integer()));
        let again = limbs(Fe8::<M>::unpack_shifted(gather(ifma, &montgomery)));
        let packed = limbs(Fe8::<M>::unpack(gather(ifma, &words(x.reduce().pack()))));
        let r_inverse = r::<M>().inverse().unwrap();
        for lane in 0..8 {
            let u = residue::<M>(&a[lane].map(i128::from));
            assert_eq!(residue::<M>(&normal(&reduced[lane])), u);
            assert!(size::<M>(&normal(&reduced[lane])) < 1.0001);
            let element = u * r_inverse;
            // The canonical value is the Montgomery form with R = 2^260, that is arkworks' form of 16 times the element.
            assert_eq!(canonical[lane], split(*M::words(&(element * M::Field::from(16u64)))));
            assert_eq!(montgomery[lane], *M::words(&element));
            assert_eq!(integers[lane], element.into_bigint().0);
            assert_eq!(residue::<M>(&normal(&again[lane])), u);
            assert_eq!(packed[lane], reduced[lane]);
        }
    }

    /// Values whose limbs, or whose distance to a multiple of p, are extreme; all at most 84 p.
    fn edges(&self) -> Vec<[u64; 5]> {
        let ones = LIMB_MASK;
        let mut edges = vec![
            [0; 5],
            [1, 0, 0, 0, 0],
            [ones, 0, 0, 0, 0],
            [ones, ones, ones, ones, 0],
            [0, 0, 0, 0, multiple(M::P, TOP)[4]],
            [ones, ones, ones, ones, multiple(M::P, TOP)[4] - 1],
            [1 << 51; 5].map(|limb: u64| limb.min(multiple(M::P, 40)[4])),
            M::ONE,
            M::ONE_256,
        ];
        for k in [1, 2, 3, 5, 16, 42, TOP - 1, TOP] {
            let [low, rest @ ..] = multiple(M::P, k);
            for low in [low - 1, low, low + 1] {
                if (k, low) != (TOP, multiple(M::P, TOP)[0] + 1) {
                    edges.push([low, rest[0], rest[1], rest[2], rest[3]]);
                }
            }
        }
        edges
    }
}

fn load<M: Modulus>(ifma: Ifma, lanes: &[[u64; 5]; 8]) -> Fe8<M> {
    Fe8::load(ifma, &block(lanes))
}

fn block(lanes: &[[u64; 5]; 8]) -> Block {
    let mut block = Block::zeroed();
    for (lane, limbs) in lanes.iter().enumerate() {
        for (row, limb) in block.0.iter_mut().zip(limbs) {
            row[lane] = *limb;
        }
    }
    block
}

fn columns(block: &Block) -> [[u64; 5]; 8] {
    std::array::from_fn(|lane| block.0.map(|row| row[lane]))
}

/// Limbs of a value that says it is normalized, which is checked.
fn limbs<M: Modulus>(x: Fe8<M>) -> [[u64; 5]; 8] {
    let mut block = Block::zeroed();
    x.store(&mut block);
    let lanes = columns(&block);
    assert!(lanes.iter().flatten().all(|limb| *limb <= LIMB_MASK), "limbs past 52 bits: {lanes:x?}");
    lanes
}

fn loose_limbs<M: Modulus>(x: Loose<M>) -> [[i128; 5]; 8] {
    let mut block = Block::zeroed();
    x.store(&mut block);
    columns(&block).map(|lane| lane.map(|limb| i128::from(limb.cast_signed())))
}

fn normal(limbs: &[u64; 5]) -> [i128; 5] {
    limbs.map(i128::from)
}

fn words(lanes: [Lanes; 4]) -> [[u64; 4]; 8] {
    let mut words = [[0; 4]; 8];
    Lanes::scatter(lanes, words.each_mut());
    words
}

fn gather(ifma: Ifma, words: &[[u64; 4]; 8]) -> [Lanes; 4] {
    Lanes::gather(ifma, words.each_ref())
}

/// `2^260` in the field.
fn r<M: Modulus>() -> M::Field {
    M::Field::from(2u64).pow([260])
}

/// `sum limb_i 2^(52 i)` in the field.
fn residue<M: Modulus>(limbs: &[i128; 5]) -> M::Field {
    let base = M::Field::from(1u64 << 52);
    limbs.iter().rev().fold(M::Field::zero(), |sum, limb| sum * base + M::Field::from(*limb))
}

/// `sum limb_i 2^(52 i) / p`, rounded.
fn size<M: Modulus>(limbs: &[i128; 5]) -> f64 {
    let value =
        |limbs: &[i128; 5]| limbs.iter().rev().fold(0.0, |sum, limb| sum * 2f64.powi(52) + *limb as f64);
    value(limbs) / value(&normal(&M::P))
}

/// A value of at most 84 p: an edge, near a multiple of p, or any.
fn sample(rng: &mut impl Rng, edges: &[[u64; 5]], p: &[u64; 5]) -> [u64; 5] {
    match rng.gen_range(0..4) {
        0 => edges[rng.gen_range(0..edges.len())],
        1 => {
            let mut limbs = multiple(*p, rng.gen_range(0..TOP));
            limbs[0] = (limbs[0] + rng.gen_range(0..1 << 20)) & LIMB_MASK;
            limbs
        }
        _ => {
            let top = multiple(*p, TOP)[4];
            let limb = |rng: &mut dyn rand::RngCore| match rng.gen_range(0..8) {
                0 => 0,
                1 => LIMB_MASK,
                _ => rng.gen_range(0..=LIMB_MASK),
            };
            [limb(rng), limb(rng), limb(rng), limb(rng), rng.gen_range(0..top)]
        }
    }
}

#[test]
fn products_and_reductions_of_all_pairs_of_edges() {
    both(|ifma, field| {
        let edges = field.edges();
        for x in &edges {
            field.reductions(ifma, &[*x; 8]);
            for chunk in edges.chunks(8) {
                let mut y = [*x; 8];
                y[..chunk.len()].copy_from_slice(chunk);
                field.products(ifma, &[*x; 8], &y);
            }
        }
    });
}

#[test]
fn products_and_reductions_of_samples() {
    both(|ifma, field| {
        let mut rng = ChaCha20Rng::seed_from_u64(52);
        let edges = field.edges();
        for _ in 0..5_000 {
            let mut draw = || std::array::from_fn(|_| sample(&mut rng, &edges, &Base::P));
            let (a, b) = (draw(), draw());
            field.products(ifma, &a, &b);
            field.reductions(ifma, &a);
        }
    });
}

proptest! {
    #![proptest_config(ProptestConfig { rng_algorithm: prop::test_runner::RngAlgorithm::ChaCha, failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    /// Any limbs at all below 2^52, shrunk when one fails.
    #[test]
    fn products_of_any_limbs(
        a in prop::array::uniform8(prop::array::uniform5(0..=LIMB_MASK)),
        b in prop::array::uniform8(prop::array::uniform5(0..=LIMB_MASK)),
    ) {
        // Random top limbs pass 84 p rarely; masked to 84 p here, for the bounds assume it.
        let top = |mut lanes: [[u64; 5]; 8]| {
            lanes.iter_mut().for_each(|limbs| limbs[4] = limbs[4].min(multiple(Scalar::P, TOP)[4] - 1));
            lanes
        };
        both(|ifma, field| {
            field.products(ifma, &top(a), &top(b));
            field.reductions(ifma, &top(a));
        });
    }
}

/// `reduce_small` over its whole range, both ends included, with limbs of both signs.
#[test]
fn small_values_are_reduced_from_both_signs() {
    fn check<M: Modulus>(ifma: Ifma) {
        let mut rng = ChaCha20Rng::seed_from_u64(53);
        for round in 0..5_000 {
            let mut draw = || -> [[u64; 5]; 8] {
                std::array::from_fn(|lane| match (round + lane) % 5 {
                    0 => [0; 5],
                    1 => multiple(M::P, 1),
                    2 => split(*M::words(&-M::Field::from(1u64))),
                    _ => split(*M::words(&M::Field::rand(&mut rng))),
                })
            };
            // a + b + c + d + 0.99 p < 5 p and -(b + c + d) >= -3 p.
            let [a, b, c, d] = [draw(), draw(), draw(), draw()].map(|lanes| load::<M>(ifma, &lanes).loose());
            let positive = a.add(b).add(c).add(d);
            let negative = a.sub(a).sub(b).sub(c).sub(d);
            let mixed = a.sub(b).add(c).sub(d);
            for value in [positive, negative, mixed] {
                let (before, after) = (loose_limbs(value), limbs(value.reduce_small()));
                for lane in 0..8 {
                    let (before, after) = (before[lane], normal(&after[lane]));
                    assert_eq!(residue::<M>(&before), residue::<M>(&after));
                    assert!((0.0..1.06).contains(&size::<M>(&after)), "{} p", size::<M>(&after));
                }
            }
        }
    }
    if let Some(ifma) = Ifma::detect() {
        check::<Base>(ifma);
        check::<Scalar>(ifma);
    }
}

/// Sums, differences, multiples, selection, and the tests for zero.
#[test]
fn sums_are_sums() {
    fn check<M: Modulus>(ifma: Ifma) {
        let mut rng = ChaCha20Rng::seed_from_u64(54);
        for _ in 0..2_000 {
            let mut draw = || -> [M::Field; 8] { std::array::from_fn(|_| M::Field::rand(&mut rng)) };
            let (a, b) = (draw(), draw());
            let [x, y] = [a, b].map(|elements| Fe8::<M>::load(ifma, &Fe8::<M>::block(&elements)));
            let montgomery = |value: Fe8<M>| words(value.pack_montgomery()).map(M::element);
            assert_eq!(montgomery(x.loose().add(y.loose()).carry()), std::array::from_fn(|i| a[i] + b[i]));
            let difference = x.loose().sub(y.loose()).add_multiple(1).carry_signed();
            assert_eq!(montgomery(difference), std::array::from_fn(|i| a[i] - b[i]));
            assert_eq!(
                montgomery(x.select(0b0101_1100, y)),
                std::array::from_fn(|i| if 0b0101_1100 >> i & 1 == 1 { b[i] } else { a[i] })
            );
            let zero = x.loose().sub(x.select(0b1000_0001, y).loose()).add_multiple(3).carry_signed();
            assert_eq!(zero.equals_multiple(3), 0b0111_1110);
            assert_eq!(zero.equals_multiple(2), 0);
        }
        let one = words(Fe8::<M>::one(ifma).pack_integer());
        assert_eq!(one, [[1, 0, 0, 0]; 8]);
        assert_eq!(words(Fe8::<M>::zero(ifma).pack_integer()), [[0; 4]; 8]);
    }
    if let Some(ifma) = Ifma::detect() {
        check::<Base>(ifma);
        check::<Scalar>(ifma);
    }
}

#[test]
fn inverses_of_eight_with_zeros_among_them() {
    fn check<M: Modulus>(ifma: Ifma) {
        let mut rng = ChaCha20Rng::seed_from_u64(55);
        for zeros in 0..=255u8 {
            let elements: [M::Field; 8] = std::array::from_fn(|i| {
                if zeros >> i & 1 == 1 { M::Field::zero() } else { M::Field::rand(&mut rng) }
            });
            let inverted = Fe8::<M>::load(ifma, &Fe8::<M>::block(&elements)).invert();
            let found = words(inverted.pack_montgomery()).map(M::element);
            assert_eq!(found, elements.map(|element| element.inverse().unwrap_or_default()));
        }
    }
    if let Some(ifma) = Ifma::detect() {
        check::<Base>(ifma);
        check::<Scalar>(ifma);
    }
}

/// Words that are no reduced element keep their value: edges of the packing's shifts.
#[test]
fn words_are_unpacked_bit_for_bit() {
    let Some(ifma) = Ifma::detect() else { return };
    let mut rng = ChaCha20Rng::seed_from_u64(56);
    for bit in 0..256 {
        let mut elements: [[u64; 4]; 8] = std::array::from_fn(|_| std::array::from_fn(|_| rng.r#gen()));
        elements[0] = [0; 4];
        elements[0][bit / 64] = 1 << (bit % 64);
        elements[1] = [u64::MAX; 4];
        let plain = Fe8::<Scalar>::unpack(gather(ifma, &elements));
        assert_eq!(limbs(plain), elements.map(split));
        assert_eq!(words(plain.pack()), elements);
        let shifted = limbs(Fe8::<Scalar>::unpack_shifted(gather(ifma, &elements)));
        for (limbs, element) in shifted.iter().zip(elements) {
            let top = element[3] >> 60;
            let mut integer = BigInt(element);
            integer <<= 4;
            let mut expected = split(integer.0);
            expected[4] |= top << 48;
            assert_eq!(*limbs, expected);
        }
    }
    let rows: [[u64; 8]; 8] = std::array::from_fn(|_| std::array::from_fn(|_| rng.r#gen()));
    let transposed = Lanes::transpose(rows.each_ref().map(|row| Lanes::load(ifma, row)));
    for (i, lanes) in transposed.into_iter().enumerate() {
        let mut row = [0; 8];
        lanes.store(&mut row);
        assert_eq!(row, std::array::from_fn(|j| rows[j][i]));
    }
}
