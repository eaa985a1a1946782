//! What lookups cost, in constraints, and the width of the range table.
//!
//! | what | constraints |
//! | --- | --- |
//! | range table of width `w` | `2^w` entries and 1 |
//! | `0 <= u < 2^n` | `ceil(n / w)`, and 1 if `w` does not divide `n`: for inputs |
//! | `0 <= u < 2^n`, for what other constraints prove a small integer | `ceil(n / w)`, in [`SCALED_BITS`] bits |
//! | `0 <= u < 2^N` for an `N` from `n` to `m` | `ceil(n / w)`, and 1 if `w` times that exceeds `m` |
//! | `0 <= u`, with a known upper end of `n` bits | `ceil(n / w)` |
//! | `z = [u >= 0]` | `1 + ceil(n / w)`, for `u` within `±2^n`, in [`SCALED_BITS`] bits |
//! | function of `d` values | `d` entries and 1 |
//! | query of a function | 2 |
//! | mask, any lookup at all | 1 |
//! | rho, any function at all | [`RHO`] |
//!
//! Rounding, shifting and clamping of `x` by `s` bits to `[lo, hi]`, with quotients of `n` bits and a sign, by [`clamp`]:
//!
//! | bounds that can be exceeded | constraints, beside the digits of the remainder's `s` bits |
//! | --- | --- |
//! | none | the digits of the quotient's interval |
//! | one | 2 and the digits of `n` bits |
//! | both | 3 and the digits of the quotient and of its distance from `hi` |
//! | any, by a table ([`clamp_by_table`]) | 2, and an entry a quotient once |
//!
//! The width is the one for which the sum over the circuit is least.

use std::collections::BTreeMap;

use crate::integer::{Interval, bit_length, magnitude, quotients};
use crate::lookups::MAX_ENTRIES;
use crate::permutation::WIRES_OF_ONE_ELEMENT;

/// Largest width of the range table.
pub const MAX_WIDTH: u32 = crate::lookups::MAX_WIDTH as u32;

/// Bits that the digits of a remainder or a sign fill at most: their weights are 64-bit integers. If whole digits have more
/// bits, the proof is that of an input.
pub const SCALED_BITS: u32 = 61;

/// The constraint of the mask, once a circuit.
pub const MASK: usize = 1;

/// Constraints of rho, once a circuit: Poseidon of one element, and a wire for it.
pub const RHO: usize = WIRES_OF_ONE_ELEMENT + 1;

/// Constraints of a query of a function.
pub const FUNCTION_QUERY: usize = 2;

/// Constraints of a table, besides its queries.
pub fn table(entries: usize) -> usize {
    entries.saturating_add(1)
}

/// Queries that prove `0 <= u < 2^bits` with digits of `width` bits.
pub fn exact(bits: u32, width: u32) -> usize {
    loose(bits, width) + usize::from(!bits.is_multiple_of(width.max(1)))
}

/// Queries that prove `0 <= u` where the upper end of `u` is known and has `bits` bits.
pub fn loose(bits: u32, width: u32) -> usize {
    bits.div_ceil(width.max(1)) as usize
}

/// Queries that prove `0 <= u < 2^bits` of a small integer, or the sign of one within `±2^bits`.
pub fn integer(bits: u32, width: u32) -> usize {
    let is_scaled = bits.next_multiple_of(width.max(1)) <= SCALED_BITS;
    if is_scaled { loose(bits, width) } else { exact(bits, width) }
}

/// Queries that prove `0 <= u < 2^N` for some `N` from `bits` to `most`.
pub fn within(bits: u32, most: u32, width: u32) -> usize {
    let is_loose = bits.next_multiple_of(width.max(1)) <= most;
    if is_loose { loose(bits, width) } else { exact(bits, width) }
}

/// Constraints of `clamp(floor((x + 2^(shift-1)) / 2^shift), lo, hi)` for `x` in an interval, beside the range proofs,
/// which are added to the demand: what [`crate::gadgets::clamp::constrain`] builds.
pub fn clamp(demand: &mut Demand, interval: Interval, shift: u32, lo: i64, hi: i64) -> usize {
    let (lo, hi) = (i128::from(lo), i128::from(hi));
    let (lowest, highest) = quotients(interval, shift);
    let below = (lowest - lo, highest - lo);
    let above = (hi - highest, hi - lowest);
    if highest <= lo || lowest >= hi || lo == hi {
        return 0;
    }
    let (fixed, signs) = match (lowest < lo, highest > hi) {
        (false, false) if shift == 0 || lowest == highest => return 0,
        (false, false) => {
            demand.add_loose(bit_length(highest - lowest), 1);
            (0, vec![])
        }
        (true, false) => (2, vec![below]),
        (false, true) => (2, vec![above]),
        (true, true) => (3, vec![below, above]),
    };
    for distance in signs {
        demand.add_integer(magnitude(distance).max(1), 1);
    }
    if shift > 0 {
        demand.add_integer(shift, 1);
    }
    fixed
}

/// The domain of a table of `clamp(q, lo, hi)` over the quotients of all intervals that exceed a bound, if the table
/// costs less than what it saves: its entries, and rho unless a function is there already, against signs with digits
/// of 8 bits.
pub fn clamp_by_table(
    intervals: impl IntoIterator<Item = Interval>,
    shift: u32,
    lo: i64,
    hi: i64,
    has_rho: bool,
) -> Option<(i64, i64)> {
    const WIDTH: u32 = 8;
    let (mut saved, mut domain) = (0usize, None::<Interval>);
    for interval in intervals {
        let (lowest, highest) = quotients(interval, shift);
        let (min, max) = (i128::from(lo), i128::from(hi));
        if highest <= min || lowest >= max || (lowest >= min && highest <= max) {
            continue;
        }
        let mut demand = Demand::default();
        let signs = clamp(&mut demand, interval, shift, lo, hi) + demand.queries(WIDTH);
        let remainder = integer(shift, WIDTH);
        saved += signs.saturating_sub(remainder + FUNCTION_QUERY);
        domain = Some(domain.map_or((lowest, highest), |(l, h)| (l.min(lowest), h.max(highest))));
    }
    let (lowest, highest) = domain?;
    let entries = usize::try_from(highest - lowest + 1).ok().filter(|&n| n <= MAX_ENTRIES)?;
    let cost = table(entries) + if has_rho { 0 } else { RHO };
    let domain = (i64::try_from(lowest).ok()?, i64::try_from(highest).ok()?);
    (cost < saved).then_some(domain)
}

/// The range proofs of a circuit, counted by kind and width.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Demand {
    exact: BTreeMap<u32, usize>,
    integer: BTreeMap<u32, usize>,
    loose: BTreeMap<u32, usize>,
    within: BTreeMap<(u32, u32), usize>,
}

impl Demand {
    /// `count` more proofs that a value is in `[0, 2^bits)`.
    pub fn add_exact(&mut self, bits: u32, count: usize) {
        *self.exact.entry(bits).or_default() += count;
    }

    /// `count` more proofs of `bits` bits about what is a small integer already: remainders and signs.
    pub fn add_integer(&mut self, bits: u32, count: usize) {
        *self.integer.entry(bits).or_default() += count;
    }

    /// `count` more proofs that a value with a known upper end of `bits` bits is not negative.
    pub fn add_loose(&mut self, bits: u32, count: usize) {
        *self.loose.entry(bits).or_default() += count;
    }

    /// `count` more proofs of `0 <= u < 2^N` for some `N` from `bits` to `most`.
    pub fn add_within(&mut self, bits: u32, most: u32, count: usize) {
        *self.within.entry((bits, most)).or_default() += count;
    }

    /// Whether nothing is to be proven.
    pub fn is_empty(&self) -> bool {
        let within = self.within.values();
        let mut counts =
            self.exact.values().chain(self.integer.values()).chain(self.loose.values()).chain(within);
        counts.all(|&count| count == 0)
    }

    /// Queries with digits of `width` bits.
    pub fn queries(&self, width: u32) -> usize {
        let of = |proofs: &BTreeMap<u32, usize>, queries: fn(u32, u32) -> usize| {
            let each = proofs.iter().map(|(&bits, &count)| count.saturating_mul(queries(bits, width)));
            each.fold(0, usize::saturating_add)
        };
        let within =
            self.within.iter().map(|(&(bits, most), &count)| count.saturating_mul(within(bits, most, width)));
        of(&self.exact, exact)
            .saturating_add(within.fold(0, usize::saturating_add))
            .saturating_add(of(&self.integer, integer))
            .saturating_add(of(&self.loose, loose))
    }

    /// Constraints of table and queries with digits of `width` bits; none if nothing is to be proven.
    pub fn constraints(&self, width: u32) -> usize {
        if self.is_empty() { 0 } else { self.queries(width).saturating_add(table(1 << width.min(MAX_WIDTH))) }
    }

    /// The width with the fewest constraints; of equals, the smallest table.
    pub fn best_width(&self) -> u32 {
        (1..=MAX_WIDTH).min_by_key(|&width| self.constraints(width)).unwrap_or(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amortized(bits: u32, count: usize) -> (u32, f64) {
        let mut demand = Demand::default();
        demand.add_exact(bits, count);
        let width = demand.best_width();
        (width, demand.constraints(width) as f64 / count as f64)
    }

    #[test]
    fn the_width_follows_the_number_of_checks() {
        let widths = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000].map(|count| amortized(16, count).0);
        assert_eq!(widths, [2, 4, 4, 8, 8, 16, 16]);
        assert!(widths.is_sorted());
        // Per check: 17 and more by bits.
        assert!(amortized(16, 10_000).1 < 2.03);
        assert!(amortized(16, 1_000_000).1 < 1.07);
        assert!(amortized(16, 100_000).1 < 1.66);
        assert!(amortized(26, 100_000).1 < 2.09);
    }

    #[test]
    fn nothing_costs_nothing() {
        let mut demand = Demand::default();
        assert!(demand.is_empty());
        assert_eq!(demand.constraints(demand.best_width()), 0);
        demand.add_loose(9, 0);
        assert!(demand.is_empty());
    }

    #[test]
    fn a_width_that_does_not_divide_costs_a_query() {
        assert_eq!((exact(16, 8), exact(15, 8), exact(8, 8), exact(3, 8)), (2, 3, 1, 2));
        assert_eq!((loose(16, 8), loose(15, 8), loose(17, 8), loose(3, 8)), (2, 2, 3, 1));
        // Whole digits of 57 bits and more leave 61.
        assert_eq!((integer(16, 8), integer(15, 8), integer(56, 8), integer(57, 8)), (2, 2, 7, 9));
    }
}
