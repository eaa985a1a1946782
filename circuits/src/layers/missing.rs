//! Missing values: whether an integer is the code of one, and the same integers with a number in its place.
//!
//! ```text
//! m = [x = code]        y = x + m * (fill - code)
//! ```
//!
//! `m` is a bit and `m = 1` only where `x = code`, so `y` is `fill` there and `x` elsewhere: linear, without a product.
//!
//! *Assumes* that the code is the least integer of `x`'s interval, which bounds `y`; any other code is sound, and costs range proofs later.
//!
//! Cost: 3 constraints a value ([`crate::gadgets::zero`]); none of what cannot be missing.

use crate::bounded::{Bounded, limited};
use crate::builder::Builder;
use crate::case::Case;
use crate::cost::Tally;
use crate::error::BuildError;
use crate::gadgets::zero;
use crate::integer::{Interval, sum};

const OPERATION: &str = "missing values";

/// What is asked of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// 1 where it is missing, else 0.
    Flag,
    /// This number where it is missing, else itself.
    Filled(i64),
}

/// A value that may be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Question {
    /// The integer that says that it is missing, if it may be.
    pub code: Option<i64>,
    /// What is asked of it.
    pub answer: Answer,
}

/// Integer reference.
///
/// # Errors
/// [`BuildError::Length`] for another number of values than of questions.
pub fn reference(x: &[i64], questions: &[Question]) -> Result<Vec<i64>, BuildError> {
    check(x, questions)?;
    let one = |(&x, question): (&i64, &Question)| match (question.answer, question.code == Some(x)) {
        (Answer::Flag, missing) => i64::from(missing),
        (Answer::Filled(fill), true) => fill,
        (Answer::Filled(_), false) => x,
    };
    Ok(x.iter().zip(questions).map(one).collect())
}

/// The answers.
///
/// # Errors
/// As [`reference`]; [`BuildError::Overflow`] where numbers leave 60 bits.
pub fn constrain(b: &mut Builder, x: &[Bounded], questions: &[Question]) -> Result<Vec<Bounded>, BuildError> {
    check(x, questions)?;
    let one = |b: &mut Builder, (x, question): (&Bounded, &Question)| {
        let Some(code) = question.code else {
            return if question.answer == Answer::Flag { Bounded::constant(0) } else { Ok(x.clone()) };
        };
        let flag = zero::is_equal(b, x, &Bounded::constant(code)?)?;
        let Answer::Filled(fill) = question.answer else { return Ok(flag) };
        let (lo, hi) = filled(x.interval(), code, fill);
        let difference = fill.checked_sub(code).ok_or(overflow(lo, hi))?;
        Ok(Bounded::combine(OPERATION, &[(x, 1), (&flag, difference)], 0)?.proven(lo, hi))
    };
    b.scope("missing", |b| x.iter().zip(questions).map(|each| one(b, each)).collect())
}

/// Adds what [`constrain`] costs for values of these intervals; returns those of the answers.
///
/// # Errors
/// As [`constrain`].
pub fn cost(t: &mut Tally, x: &[Interval], questions: &[Question]) -> Result<Vec<Interval>, BuildError> {
    check(x, questions)?;
    let mut answers = Vec::with_capacity(x.len());
    for (&x, question) in x.iter().zip(questions) {
        answers.push(match (question.code, question.answer) {
            (None, Answer::Flag) => (0, 0),
            (None, Answer::Filled(_)) => x,
            (Some(code), answer) => {
                let flag = zero::cost(t, sum(x, (-i128::from(code), -i128::from(code))));
                match answer {
                    Answer::Flag => flag,
                    Answer::Filled(fill) => limited(OPERATION, filled(x, code, fill))?,
                }
            }
        });
    }
    Ok(answers)
}

/// What is left of an interval once a number stands for the code.
fn filled((lo, hi): Interval, code: i64, fill: i64) -> Interval {
    let (code, fill) = (i128::from(code), i128::from(fill));
    if code < lo || code > hi {
        return (lo, hi);
    }
    if (lo, hi) == (code, code) {
        return (fill, fill);
    }
    let lo = if lo == code { lo + 1 } else { lo };
    let hi = if hi == code { hi - 1 } else { hi };
    (lo.min(fill), hi.max(fill))
}

fn check<T>(x: &[T], questions: &[Question]) -> Result<(), BuildError> {
    let (expected, found) = (questions.len(), x.len());
    if expected == found {
        return Ok(());
    }
    Err(BuildError::Length { operation: OPERATION, what: "values", expected, found })
}

fn overflow(lo: i128, hi: i128) -> BuildError {
    BuildError::Overflow { operation: OPERATION, lo, hi }
}

/// The least integer of 12 bits as the code.
const fn of_12_bits(answer: Answer) -> Question {
    Question { code: Some(-2048), answer }
}

/// What audits and ledger see of it.
pub(crate) const CASES: &[Case] = &[
    Case::new("whether 2 values of 12 bits are missing", 2, 12, |b, x| {
        constrain(b, x, &[of_12_bits(Answer::Flag); 2])
    }),
    Case::new("2 values of 12 bits, filled where they are missing", 2, 12, |b, x| {
        constrain(b, x, &[of_12_bits(Answer::Filled(77)), of_12_bits(Answer::Filled(-2047))])
    }),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{all, assert_costs, assert_every_constraint_is_needed, check, gadget_with_bounds};

    /// The least integer, another one, one beyond the interval and none as the code; numbers inside and outside of the interval in its place.
    #[test]
    fn all_values_of_one_to_six_bits() -> Result<(), BuildError> {
        for bits in [1u8, 2, 3, 6] {
            let half = 1i64 << (bits - 1);
            for code in [Some(-half), Some(0), Some(half - 1), Some(5 * half), None] {
                let answers = [0, 1, -half, half - 1, -3 * half, 5 * half].map(Answer::Filled);
                for answer in [Answer::Flag].into_iter().chain(answers) {
                    let questions = [Question { code, answer }];
                    let build = |b: &mut Builder, x: &[Bounded]| constrain(b, x, &questions);
                    let (circuit, bounds) = gadget_with_bounds(1, bits, build)?;
                    check(&circuit, &bounds, all(bits).map(|x| vec![x]), |x| {
                        reference(x, &questions).unwrap_or_default()
                    });
                    assert_costs(1, bits, build, |t, x| {
                        assert_eq!(cost(t, x, &questions), Ok(bounds.clone()), "{questions:?}");
                    })?;
                }
            }
        }
        Ok(())
    }

    #[test]
    fn each_constraint_is_needed() -> Result<(), BuildError> {
        let questions = [of_12_bits(Answer::Filled(7))];
        let (circuit, _) = gadget_with_bounds(1, 12, |b, x| constrain(b, x, &questions))?;
        assert_every_constraint_is_needed(&circuit, &[vec![-2048], vec![3]]);
        Ok(())
    }

    #[test]
    fn lists_of_other_lengths_are_refused() {
        let expected = BuildError::Length { operation: OPERATION, what: "values", expected: 1, found: 2 };
        assert_eq!(reference(&[1, 2], &[of_12_bits(Answer::Flag)]), Err(expected));
    }
}
