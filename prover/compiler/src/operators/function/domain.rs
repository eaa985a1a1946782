//! Where functions have values.

use assay_circuits::layers::function::Arguments;

use crate::model::Activation;

/// The part of a domain on which the function has values.
pub(super) fn with_values(function: Activation, input_scale: i32, (lo, hi): (i64, i64)) -> (i64, i64) {
    let (least, most) = match function.arguments() {
        // On either side, as the domain is.
        Arguments::NotZero if hi < 0 => (i64::MIN, -1),
        // Those below count as 0, and have entries where a file says so.
        Arguments::AtLeastZero => (i64::MIN, i64::MAX),
        arguments => arguments.integers(input_scale),
    };
    (lo.max(least), hi.min(most))
}
