//! Scalars as signs and magnitudes, sorted into two classes by their length.

use ark_bn254::Fr;
use ark_ff::{BigInt, BigInteger, BigInteger256, PrimeField, Zero};
use rayon::prelude::*;

use super::window::{self, Histogram, Plan};
use crate::curve::Ref;

/// Scalars that one task reads at a time.
const CHUNK: usize = 1 << 12;

/// Where the scalars of a sum come from.
pub trait Scalars: Sync {
    /// How many there are.
    fn count(&self) -> usize;

    /// The scalar at `index`, below [`Scalars::count`], as an integer: little-endian words. Any integer of 256 bits will do;
    /// it counts modulo the group's order.
    fn integer(&self, index: usize) -> [u64; 4];
}

impl Scalars for [Fr] {
    fn count(&self) -> usize {
        self.len()
    }

    fn integer(&self, index: usize) -> [u64; 4] {
        // Most values of a witness are zero or one, and the conversion is a multiplication.
        self.get(index).filter(|scalar| !scalar.is_zero()).map_or([0; 4], |scalar| scalar.into_bigint().0)
    }
}

impl Scalars for [[u64; 4]] {
    fn count(&self) -> usize {
        self.len()
    }

    fn integer(&self, index: usize) -> [u64; 4] {
        self.get(index).copied().unwrap_or_default()
    }
}

impl Scalars for [BigInteger256] {
    fn count(&self) -> usize {
        self.len()
    }

    fn integer(&self, index: usize) -> [u64; 4] {
        self.get(index).map_or([0; 4], |scalar| scalar.0)
    }
}

/// Some of the scalars, named by their indices: scalar i is `values[wires[i]]`, and zero where there is no such value.
#[derive(Debug)]
pub struct Selected<'a, S: ?Sized> {
    /// What is selected from.
    pub values: &'a S,
    /// Which values, in which order.
    pub wires: &'a [u32],
}

impl<S: Scalars + ?Sized> Scalars for Selected<'_, S> {
    fn count(&self) -> usize {
        self.wires.len()
    }

    fn integer(&self, index: usize) -> [u64; 4] {
        match self.wires.get(index) {
            Some(&wire) if (wire as usize) < self.values.count() => self.values.integer(wire as usize),
            _ => [0; 4],
        }
    }
}

/// Scalars, ready for sums: made once, they serve any number of point lists.
///
/// A scalar s above half the order r stands for `-(r - s)`, so that small negative integers stay small. Zeros are dropped.
/// The others form two classes, short ones and long ones, each with the window width that costs it least.
#[derive(Debug)]
pub struct Prepared {
    /// Scalars, zeros included.
    pub(super) count: usize,
    /// `|s_i| + bias`, the bias that of the scalar's class: see [`Plan::bias`].
    pub(super) magnitudes: Vec<[u64; 4]>,
    /// Scalars of few bits, and all others.
    pub(super) classes: [Class; 2],
}

/// Scalars that share their windows.
#[derive(Debug)]
pub(super) struct Class {
    /// Index and sign of each scalar, by ascending index.
    pub(super) scalars: Vec<Ref>,
    /// How they are cut into digits.
    pub(super) plan: Plan,
}

/// Bit length of a magnitude, and its sign in the highest bit.
type Length = u16;
const NEGATIVE: Length = 1 << 15;

impl Prepared {
    /// Reads the first `count` scalars. Cost: one field multiplication each, unless they come as integers.
    pub(super) fn new<S: Scalars + ?Sized>(scalars: &S, count: usize) -> Prepared {
        let count = count.min(scalars.count());
        let mut magnitudes = vec![[0; 4]; count];
        let mut lengths: Vec<Length> = vec![0; count];
        let histogram = magnitudes
            .par_chunks_mut(CHUNK)
            .zip(lengths.par_chunks_mut(CHUNK))
            .enumerate()
            .map(|(chunk, (magnitudes, lengths))| {
                let mut histogram = Histogram::default();
                for (i, (magnitude, length)) in magnitudes.iter_mut().zip(lengths).enumerate() {
                    let (value, negative) = signed(scalars.integer(chunk * CHUNK + i));
                    let bits = value.num_bits();
                    histogram.count(bits as usize);
                    *magnitude = value.0;
                    *length = bits as Length | if negative { NEGATIVE } else { 0 };
                }
                histogram
            })
            .reduce(Histogram::default, Histogram::merge);

        let (longest_short, plans) = window::plans(&histogram);
        let class = |plan: Plan, holds: &(dyn Fn(usize) -> bool + Sync)| {
            let mut scalars = Vec::with_capacity(plan.scalars);
            for (index, length) in lengths.iter().enumerate() {
                if holds(usize::from(length & !NEGATIVE)) {
                    scalars.push(Ref::point(index).negate_if(length & NEGATIVE != 0));
                }
            }
            Class { scalars, plan }
        };
        let [short, long] = plans;
        let (short, long) = rayon::join(
            || class(short, &|bits| bits > 0 && bits <= longest_short),
            || class(long, &|bits| bits > longest_short),
        );
        let biases = [short.plan.bias(), long.plan.bias()];
        magnitudes.par_chunks_mut(CHUNK).zip(lengths.par_chunks(CHUNK)).for_each(|(magnitudes, lengths)| {
            for (magnitude, length) in magnitudes.iter_mut().zip(lengths) {
                let is_long = usize::from(length & !NEGATIVE) > longest_short;
                let mut sum = BigInt(*magnitude);
                sum.add_with_carry(&biases[usize::from(is_long)]);
                *magnitude = sum.0;
            }
        });
        Prepared { count, magnitudes, classes: [short, long] }
    }

    /// Scalars, zeros included.
    pub fn count(&self) -> usize {
        self.count
    }
}

/// The integer nearest to zero that is congruent to `integer` modulo the order: its magnitude, and whether it is negative.
pub(crate) fn signed(integer: [u64; 4]) -> (BigInteger256, bool) {
    let mut magnitude = BigInt(integer);
    while magnitude >= Fr::MODULUS {
        magnitude.sub_with_borrow(&Fr::MODULUS); // at most five times
    }
    if magnitude <= Fr::MODULUS_MINUS_ONE_DIV_TWO {
        return (magnitude, false);
    }
    let mut opposite = Fr::MODULUS;
    opposite.sub_with_borrow(&magnitude);
    (opposite, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_read_modulo_the_order_with_a_sign() {
        let one = BigInt([1, 0, 0, 0]);
        let mut order = Fr::MODULUS;
        assert_eq!(signed([0; 4]), (BigInt([0; 4]), false));
        assert_eq!(signed(order.0), (BigInt([0; 4]), false));
        order.sub_with_borrow(&one);
        assert_eq!(signed(order.0), (one, true));
        let half = Fr::MODULUS_MINUS_ONE_DIV_TWO;
        assert_eq!(signed(half.0), (half, false));
        let mut above = half;
        above.add_with_carry(&one);
        assert_eq!(signed(above.0), (half, true));
        let all_ones = [u64::MAX; 4];
        let (magnitude, negative) = signed(all_ones);
        let value = Fr::from_bigint(magnitude).unwrap();
        let expected = Fr::from_le_bytes_mod_order(&[u8::MAX; 32]);
        assert_eq!(if negative { -value } else { value }, expected);
    }

    #[test]
    fn missing_wires_count_as_zero() {
        let values = [Fr::from(5u64), Fr::from(6u64)];
        let selected = Selected { values: &values[..], wires: &[1, 7, 0] };
        let read: Vec<u64> = (0..4).map(|i| selected.integer(i)[0]).collect();
        assert_eq!((selected.count(), read), (3, vec![6, 0, 5, 0]));
    }
}
