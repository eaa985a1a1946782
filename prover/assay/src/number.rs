//! The numbers that integers stand for.

use assay_interface::{float32, schema::TensorSchema};
use serde::{Serialize, Serializer};

/// The number that integer `q` stands for at `scale`.
pub fn real(q: i64, scale: i8) -> f64 {
    q as f64 * (-f64::from(scale)).exp2() // exact: q has at most 32 bits
}

/// The number that integer `q` of an element stands for, at its scale or as the order key of a float32 number; `None` where it is no key.
fn number(q: i64, scale: Option<i8>) -> Option<f64> {
    match scale {
        Some(scale) => Some(real(q, scale)),
        None => float32::number(q).map(f64::from),
    }
}

/// The position of the first integer that stands for no number, and does not say that its element is missing.
pub(crate) fn no_number(schema: &TensorSchema, integers: &[i64]) -> Option<usize> {
    let mut each = integers.iter().zip(schema.each_scale()).enumerate();
    let found =
        each.find(|&(element, (&q, scale))| number(q, scale).is_none() && !schema.is_missing(element, q));
    found.map(|(element, _)| element)
}

/// The numbers that a tensor's integers stand for; NaN where one says that its element is missing, or is no number's.
pub fn reals(schema: &TensorSchema, integers: &[i64]) -> Vec<f64> {
    let real = |(element, (&q, scale))| match schema.is_missing(element, q) {
        true => f64::NAN,
        false => number(q, scale).unwrap_or(f64::NAN),
    };
    integers.iter().zip(schema.each_scale()).enumerate().map(real).collect()
}

/// What an integer stands for, where `code` says that there is nothing.
pub(crate) fn shown(q: i64, scale: Option<i8>, code: Option<i64>) -> String {
    match number(q, scale) {
        _ if code == Some(q) => "missing".into(),
        Some(number) => number.to_string(),
        None => "no number".into(),
    }
}

/// A number as JSON has it: `null` of one that is missing, a text of an infinity.
pub(crate) struct Number(pub f64);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            f64::INFINITY => serializer.serialize_str("Infinity"),
            f64::NEG_INFINITY => serializer.serialize_str("-Infinity"),
            number => serializer.serialize_f64(number),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_values() {
        assert_eq!(real(-3, 3), -0.375);
        assert_eq!(real(5, -2), 20.0);
        assert_eq!(real(i64::from(i32::MIN), 31), -1.0);
    }
}
