//! Scalars as signs and magnitudes, sorted into two classes by their length; the long ones perhaps in halves.

use ark_bn254::Fr;
use ark_ff::{BigInt, BigInteger, BigInteger256, PrimeField, Zero};
use rayon::prelude::*;

use super::{
    halves,
    window::{self, Histogram, MAX_BITS, Plan},
};
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
        let scalar = self[index];
        if scalar.is_zero() { [0; 4] } else { scalar.into_bigint().0 }
    }
}

impl Scalars for [[u64; 4]] {
    fn count(&self) -> usize {
        self.len()
    }

    fn integer(&self, index: usize) -> [u64; 4] {
        self[index]
    }
}

impl Scalars for [BigInteger256] {
    fn count(&self) -> usize {
        self.len()
    }

    fn integer(&self, index: usize) -> [u64; 4] {
        self[index].0
    }
}

/// Some of the scalars, named by their indices: scalar i is `values[wires[i]]`. Panics when read at a wire that has no value.
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
        self.values.integer(self.wires[index] as usize)
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
    /// Scalars of few bits, and all others.
    pub(super) classes: [Class; 2],
}

/// Scalars that share their windows.
#[derive(Debug)]
pub(super) struct Class {
    /// How they are cut into digits.
    pub(super) plan: Plan,
    /// Which scalars these are, ascending.
    pub(super) indices: Vec<u32>,
    /// `|s_i| + bias` of each, or `|k| + bias` of both its halves, two words each: see [`Plan::bias`].
    pub(super) magnitudes: Vec<[u64; 4]>,
    /// [`Plan::summands`] of each, with the scalar's sign or its half's: its point, or point 2 j and its image 2 j + 1 of a
    /// list with the points of scalar j of the class.
    pub(super) summands: Vec<Ref>,
}

/// Part of a [`Class`], to be filled.
struct Part<'a> {
    indices: &'a mut [u32],
    magnitudes: &'a mut [[u64; 4]],
    summands: &'a mut [Ref],
    /// Place of the first in the class.
    first: usize,
}

impl Prepared {
    /// Reads the first `count` scalars, twice. Cost: two field multiplications each, unless they come as integers.
    pub(super) fn new<S: Scalars + ?Sized>(scalars: &S, count: usize) -> Prepared {
        let count = count.min(scalars.count());
        let mut lengths: Vec<u8> = vec![0; count];
        let histogram = lengths
            .par_chunks_mut(CHUNK)
            .enumerate()
            .map(|(chunk, lengths)| {
                let mut histogram = Histogram::default();
                for (i, length) in lengths.iter_mut().enumerate() {
                    *length = length_of(scalars.integer(chunk * CHUNK + i));
                    histogram.count(usize::from(*length));
                }
                histogram
            })
            .reduce(Histogram::default, Histogram::merge);
        let (longest_short, [short, long], _) = window::plans(&histogram);
        let classes = [
            Class::new(scalars, &lengths, short, |bits| bits > 0 && bits <= longest_short),
            Class::new(scalars, &lengths, long, |bits| bits > longest_short),
        ];
        Prepared { count, classes }
    }

    /// Scalars, zeros included.
    pub fn count(&self) -> usize {
        self.count
    }
}

impl Class {
    /// The scalars whose length the class holds.
    fn new<S: Scalars + ?Sized>(
        scalars: &S,
        lengths: &[u8],
        plan: Plan,
        holds: impl Fn(usize) -> bool + Sync,
    ) -> Class {
        let held = |lengths: &[u8]| lengths.iter().filter(|bits| holds(usize::from(**bits))).count();
        let counts: Vec<usize> = lengths.par_chunks(CHUNK).map(held).collect();
        let count = counts.iter().sum();
        let mut class = Class {
            plan,
            indices: vec![0; count],
            magnitudes: bytemuck::zeroed_vec(count),
            summands: bytemuck::zeroed_vec(plan.summands() * count),
        };
        let mut rest = Part {
            indices: &mut class.indices,
            magnitudes: &mut class.magnitudes,
            summands: &mut class.summands,
            first: 0,
        };
        let mut parts = Vec::with_capacity(counts.len());
        for count in counts {
            let (indices, more_indices) = rest.indices.split_at_mut(count);
            let (magnitudes, more_magnitudes) = rest.magnitudes.split_at_mut(count);
            let (summands, more_summands) = rest.summands.split_at_mut(plan.summands() * count);
            let first = rest.first;
            parts.push(Part { indices, magnitudes, summands, first });
            rest = Part {
                indices: more_indices,
                magnitudes: more_magnitudes,
                summands: more_summands,
                first: first + count,
            };
        }
        let bias = plan.bias();
        parts.into_par_iter().zip(lengths.par_chunks(CHUNK)).enumerate().for_each(
            |(chunk, (part, lengths))| {
                let mut held = lengths.iter().enumerate().filter(|(_, bits)| holds(usize::from(**bits)));
                let places = part
                    .indices
                    .iter_mut()
                    .zip(part.magnitudes)
                    .zip(part.summands.chunks_mut(plan.summands()));
                for (place, ((slot, magnitude), summands)) in places.enumerate() {
                    let Some(index) = held.next().map(|(i, _)| chunk * CHUNK + i) else { break };
                    *slot = index as u32;
                    let (value, negative) = signed(scalars.integer(index));
                    match summands {
                        [summand, image] => {
                            let place = 2 * (part.first + place);
                            let [k1, k2] = halves::halve(&value.0);
                            *summand = Ref::point(place).negate_if(negative != (k1 < 0));
                            *image = Ref::point(place + 1).negate_if(negative != (k2 < 0));
                            let bias = u128::from(bias.0[0]) | u128::from(bias.0[1]) << 64;
                            let [k1, k2] = [k1, k2].map(|half| half.unsigned_abs() + bias);
                            *magnitude = [k1 as u64, (k1 >> 64) as u64, k2 as u64, (k2 >> 64) as u64];
                        }
                        summands => {
                            summands.fill(Ref::point(index).negate_if(negative));
                            let mut sum = value;
                            sum.add_with_carry(&bias);
                            *magnitude = sum.0;
                        }
                    }
                }
            },
        );
        class
    }

    /// How many of the scalars have a point among the first `points`.
    pub(super) fn within(&self, points: usize) -> usize {
        self.indices.partition_point(|index| (*index as usize) < points)
    }
}

/// Bits of the magnitude of [`signed`], or of nearly all magnitudes where that needs no more than a look at the highest word.
fn length_of(integer: [u64; 4]) -> u8 {
    const LEAST: u64 = 1 << 58;
    const MOST: u64 = Fr::MODULUS.0[3] - LEAST;
    // 2^250 from zero and from r at least.
    if (LEAST..MOST).contains(&integer[3]) { MAX_BITS as u8 } else { signed(integer).0.num_bits() as u8 }
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
    #[should_panic(expected = "out of bounds")]
    fn a_missing_wire_is_no_zero() {
        let values = [Fr::from(5u64), Fr::from(6u64)];
        let selected = Selected { values: &values[..], wires: &[1, 7, 0] };
        assert_eq!((selected.count(), selected.integer(0)[0], selected.integer(2)[0]), (3, 6, 5));
        selected.integer(1);
    }
}
