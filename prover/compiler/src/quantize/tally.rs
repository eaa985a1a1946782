//! Constraints by formula, for either way to prove ranges.
//!
//! By bits every proof costs what it costs. By lookup, proofs are digits of a table whose width is the best for all of
//! them together, so they are counted first: the formulas are those of `assay_circuits::gadgets::lookup::cost`.

use assay_circuits::Ranges;
use assay_circuits::gadgets::lookup::cost as lookup;

use super::graph::Rounding;
use super::interval::Interval;

/// Constraints so far.
pub(crate) struct Tally {
    ranges: Ranges,
    fixed: u64,
    demand: lookup::Demand,
    has_functions: bool,
}

impl Tally {
    pub fn new(ranges: Ranges) -> Self {
        Tally { ranges, fixed: 0, demand: lookup::Demand::default(), has_functions: false }
    }

    /// All of them, the tables included.
    pub fn constraints(&self) -> u64 {
        let queries = self.demand.constraints(self.demand.best_width());
        let is_empty = queries == 0 && !self.has_functions;
        let mask = if is_empty { 0 } else { lookup::MASK };
        let rho = if self.has_functions { lookup::RHO } else { 0 };
        self.fixed + (queries + mask + rho) as u64
    }

    /// Constraints that cost the same either way.
    pub fn add(&mut self, constraints: u64) {
        self.fixed += constraints;
    }

    /// `count` proofs that a value has `bits` bits.
    pub fn exact(&mut self, bits: u32, count: usize) {
        match self.ranges {
            Ranges::Bits => self.fixed += u64::from(bits) * count as u64,
            Ranges::Lookup => self.demand.add_exact(bits, count),
        }
    }

    /// `count` signs of differences of one interval.
    pub fn signs(&mut self, difference: Interval, count: u64) {
        if difference.lo >= 0 || difference.hi < 0 {
            return;
        }
        let magnitude = signed(difference) - 1;
        match self.ranges {
            _ if magnitude == 0 => {}
            Ranges::Bits => self.fixed += (u64::from(magnitude) + 1) * count,
            Ranges::Lookup => {
                self.fixed += count;
                self.demand.add_integer(magnitude, usize::try_from(count).unwrap_or(usize::MAX));
            }
        }
    }

    /// Rounding of accumulators, those of one shift together.
    pub fn roundings(&mut self, rounding: &Rounding, accumulators: &[Interval]) {
        let count = accumulators.len();
        let (lo, hi) = (i128::from(rounding.lo), i128::from(rounding.hi));
        if self.ranges == Ranges::Bits {
            // Neighbours often have one interval and one shift.
            let mut last: Option<(Interval, u32, u64)> = None;
            for (i, &acc) in accumulators.iter().enumerate() {
                let shift = rounding.of(i, count).shift;
                let cost = match last {
                    Some((interval, known, cost)) if interval == acc && known == shift => cost,
                    _ => clamp(acc, shift, lo, hi),
                };
                last = Some((acc, shift, cost));
                self.fixed += cost;
            }
            return;
        }
        for (shift, members) in by_shift(rounding, count) {
            let intervals =
                || members.iter().filter_map(|&i| accumulators.get(i)).map(|acc| (acc.lo, acc.hi));
            let (lo, hi) = (rounding.lo, rounding.hi);
            let table = lookup::clamp_by_table(intervals(), shift, lo, hi, self.has_functions);
            if let Some((first, last)) = table {
                self.has_functions = true;
                self.fixed += lookup::table(usize::try_from(last.abs_diff(first)).unwrap_or(0) + 1) as u64;
            }
            for interval in intervals() {
                let exceeds = quotients(interval, shift);
                let is_inside = exceeds.0 >= i128::from(lo) && exceeds.1 <= i128::from(hi);
                let is_constant = exceeds.1 <= i128::from(lo) || exceeds.0 >= i128::from(hi);
                if table.is_some() && !is_inside && !is_constant {
                    self.fixed += lookup::FUNCTION_QUERY as u64;
                    if shift > 0 {
                        self.demand.add_integer(shift, 1);
                    }
                } else {
                    self.fixed += lookup::clamp(&mut self.demand, interval, shift, lo, hi) as u64;
                }
            }
        }
    }

    /// A function of rounded accumulators, its table over `arguments`.
    pub fn function(&mut self, rounding: &Rounding, accumulators: &[Interval], arguments: &[Interval]) {
        if self.ranges == Ranges::Bits {
            self.roundings(rounding, accumulators);
            self.fixed += arguments.iter().map(|&argument| multiplex(argument)).sum::<u64>();
            return;
        }
        self.has_functions = true;
        match extended_domain(rounding, accumulators) {
            Some((lo, hi)) => {
                self.fixed += lookup::table(usize::try_from(hi.abs_diff(lo)).unwrap_or(0) + 1) as u64;
                for (shift, members) in by_shift(rounding, accumulators.len()) {
                    if shift > 0 {
                        self.demand.add_integer(shift, members.len());
                    }
                }
            }
            None => {
                self.roundings(rounding, accumulators);
                self.fixed += lookup::table(domain_entries(rounding)) as u64;
            }
        }
        self.fixed += (lookup::FUNCTION_QUERY * accumulators.len()) as u64;
    }

    /// Queries of a function over arguments that are in its domain.
    pub fn queries(&mut self, domain: Interval, count: u64) {
        match self.ranges {
            Ranges::Bits => self.fixed += multiplex(domain) * count,
            Ranges::Lookup => {
                self.has_functions = true;
                let entries = usize::try_from(domain.hi - domain.lo + 1).unwrap_or(usize::MAX);
                self.fixed += lookup::table(entries) as u64 + lookup::FUNCTION_QUERY as u64 * count;
            }
        }
    }
}

/// Accumulators by what is dropped from them.
pub(crate) fn by_shift(rounding: &Rounding, count: usize) -> std::collections::BTreeMap<u32, Vec<usize>> {
    let mut groups: std::collections::BTreeMap<u32, Vec<usize>> = Default::default();
    for i in 0..count {
        groups.entry(rounding.of(i, count).shift).or_default().push(i);
    }
    groups
}

/// All quotients that the accumulators can have, if a table of a clamped function over them costs less than clamping them
/// first: then rounding, clamping and function are one query.
pub(crate) fn extended_domain(rounding: &Rounding, accumulators: &[Interval]) -> Option<(i64, i64)> {
    let count = accumulators.len();
    let ends = accumulators.iter().enumerate().map(|(i, acc)| {
        let (lo, hi) = quotients((acc.lo, acc.hi), rounding.of(i, count).shift);
        Interval { lo, hi }
    });
    let all = ends.reduce(Interval::union)?;
    let entries = usize::try_from(all.hi - all.lo + 1).ok()?;
    // A clamp costs three constraints and four digits, or so.
    let saved = 7 * count;
    let fits = entries <= (1 << 20) && entries.saturating_sub(domain_entries(rounding)) <= saved;
    fits.then_some((i64::try_from(all.lo).ok()?, i64::try_from(all.hi).ok()?))
}

fn domain_entries(rounding: &Rounding) -> usize {
    usize::try_from(rounding.hi.abs_diff(rounding.lo)).unwrap_or(usize::MAX - 1) + 1
}

/// Quotients of an interval.
fn quotients((lo, hi): (i128, i128), shift: u32) -> (i128, i128) {
    let half = (1i128 << shift) >> 1;
    ((lo + half) >> shift, (hi + half) >> shift)
}

pub(crate) fn bit_length(value: i128) -> u32 {
    i128::BITS - value.max(0).leading_zeros()
}

/// Bits of a value with its sign.
pub(crate) fn signed(v: Interval) -> u32 {
    bit_length(v.hi).max(bit_length(-v.lo - 1)) + 1
}

/// A value of a table by the bits of its argument, about: see `assay_circuits::gadgets::multiplex`.
fn multiplex(argument: Interval) -> u64 {
    let n = u64::from(bit_length(argument.hi - argument.lo));
    let (high, low) = (n / 2, n - n / 2);
    n + (1u64 << low.min(32)).saturating_sub(low + 1) + (2u64 << high.min(32)).saturating_sub(high + 1)
}

/// Rounding by `shift` bits and clamping to `[min, max]`, by bits: see `assay_circuits::gadgets::clamp`.
pub(crate) fn clamp(acc: Interval, shift: u32, min: i128, max: i128) -> u64 {
    let half = (1i128 << shift) >> 1;
    let (lowest, highest) = ((acc.lo + half) >> shift, (acc.hi + half) >> shift);
    if highest <= min || lowest >= max || min == max {
        return 0;
    }
    let offset = half - (min << shift);
    let v = Interval { lo: acc.lo + offset, hi: acc.hi + offset };
    let bits = match (lowest < min, highest > max) {
        (false, false) if shift == 0 || lowest == highest => 0,
        (false, false) => shift + bit_length(highest - lowest),
        (true, false) => signed(v) + 1,
        (false, true) => {
            let top = ((max + 1) << shift) - 1 - half;
            signed(Interval { lo: top - acc.hi, hi: top - acc.lo }) + 1
        }
        (true, true) => {
            let span = max - min;
            if (span + 1) & span != 0 {
                let above = v.hi >> shift;
                signed(v) + 1 + signed(Interval { lo: span - above, hi: span }) + 1
            } else {
                let k = shift + bit_length(span);
                let fits = |&j: &u32| v.lo >= -(1i128 << (k + j)) && v.hi < (1i128 << (k + j)) + (1i128 << k);
                let tail = (0..60).find(fits).unwrap_or(60);
                k + tail + 3 + u32::from(tail > 0)
            }
        }
    };
    u64::from(bits)
}
