//! Several outputs from one integer: `P - sum_k 2^(s k) lo_k = sum_k 2^(s k) u_k`, output `k = lo_k + u_k`.
//!
//! `P` is the sum over the trees of packed leaves, an integer, and equals `sum_k 2^(s k) S_k` with each `S_k - lo_k` in `[0, 2^s)`. The digits
//! `u_k`, `k >= 1`, are advice, each proven to be in `[0, 2^s)`; what they leave of `P` is `u_0`, proven likewise. Digits are unique, and
//! all together below 2^61: so `u_k = S_k - lo_k`, which also proves its interval.
//!
//! Cost: a range proof of `s` bits a digit.

use super::affine::narrow;
use super::plan::Packed;
use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::cost::Tally;
use crate::error::BuildError;
use crate::gadgets::lookup::digits::{assert_integer_width, assert_width};
use crate::instruction::Instruction;
use crate::integer::Interval;

/// The outputs of a packed sum.
pub(super) fn constrain(b: &mut Builder, sum: &Bounded, packed: &Packed) -> Result<Vec<Bounded>, BuildError> {
    let width = packed.width;
    let mut least = 0i128;
    for (slot, &(lo, _)) in (0u32..).zip(&packed.slots) {
        least += lo << (width * slot).min(64);
    }
    let rest = sum.add_const(narrow(-least)?)?;
    b.scope("unpack", |b| {
        let small = |n: u32| u8::try_from(n).map_err(|_| BuildError::TooLarge { what: "digits" });
        let count = u32::try_from(packed.slots.len()).map_err(|_| BuildError::TooLarge { what: "digits" })?;
        let (from, count) = (small(width)?, small(count.saturating_sub(1))?);
        b.instruct(Instruction::Limbs { from, width: from, count }, &[&rest])?;
        let mut digits = Vec::with_capacity(packed.slots.len());
        let mut parts = vec![];
        for (slot, &(lo, hi)) in (1u32..).zip(packed.slots.iter().skip(1)) {
            let digit = b.bounded_wire(narrow(hi - lo)?)?;
            parts.push((digit.clone(), 1i64 << (width * slot).min(62)));
            digits.push(digit);
        }
        for digit in &digits {
            assert_width(b, digit, width)?;
        }
        let terms = parts.iter().map(|(digit, weight)| (digit, -weight));
        let lowest =
            Bounded::combine("unpack", &std::iter::once((&rest, 1)).chain(terms).collect::<Vec<_>>(), 0)?;
        assert_integer_width(b, &lowest, width)?;
        let all = std::iter::once(&lowest).chain(&digits).zip(&packed.slots);
        all.map(|(digit, &(lo, hi))| Ok(digit.add_const(narrow(lo)?)?.proven(lo, hi))).collect()
    })
}

/// Adds what [`constrain`] costs for a sum of an interval; returns those of the outputs.
pub(super) fn cost(t: &mut Tally, sum: Interval, packed: &Packed) -> Result<Vec<Interval>, BuildError> {
    t.exact(packed.width, packed.slots.len().saturating_sub(1));
    t.integer(packed.width);
    // The lowest digit is what the others leave.
    let mut lowest = sum;
    for (slot, &(lo, hi)) in (0u32..).zip(&packed.slots) {
        let weight = 1i128 << (packed.width * slot).min(64);
        lowest = (
            lowest.0 - weight * if slot == 0 { 0 } else { hi },
            lowest.1 - weight * if slot == 0 { 0 } else { lo },
        );
    }
    let mut outputs = packed.slots.clone();
    if let Some(first) = outputs.first_mut() {
        *first = (first.0.max(lowest.0), first.1.min(lowest.1));
    }
    Ok(outputs)
}
