//! Tables for models of a fixed batch: a row of the table is a sample, or so many rows are one.

use super::arrange;
use super::error::CalibrationError;
use super::table::{Arranged, FeatureNames, Signature, Table};
use crate::model::batch;

/// The samples of a table: of rows of all features, or of as many rows as the batch has.
pub(super) fn arrange(table: &Table, signature: &Signature<'_>) -> Result<Arranged, CalibrationError> {
    let whole = arrange::arrange(table, signature);
    match (&whole, signature.batch) {
        (Ok(_), _) | (Err(_), ..=1) => whole,
        // What is wrong with rows of a batch says nothing where the rows are samples.
        (Err(_), batch) => by_row(table, signature, batch).unwrap_or(whole),
    }
}

/// As many rows as the batch has are a sample; `None` where the table's rows are not those of a batch.
fn by_row(
    table: &Table,
    signature: &Signature<'_>,
    batch: usize,
) -> Option<Result<Arranged, CalibrationError>> {
    let of_row = |len: usize| len.checked_div(batch);
    let inputs: Vec<(&str, usize)> =
        signature.inputs.iter().map(|&(name, len)| Some((name, of_row(len)?))).collect::<Option<_>>()?;
    let lengths: Vec<usize> = inputs.iter().map(|(_, len)| *len).collect();
    // The elements of the first row, in the order of the sample.
    let mut first = Vec::new();
    let mut start = 0;
    for &(_, len) in &signature.inputs {
        first.extend(start..start + of_row(len)?);
        start += len;
    }
    let features: Vec<String> = match signature.named {
        FeatureNames::Declared => {
            let name = |&at: &usize| Some(signature.features.get(at)?.strip_suffix("[0]")?.to_owned());
            first.iter().map(name).collect::<Option<_>>()?
        }
        FeatureNames::Derived => {
            let names = inputs.iter().flat_map(|(name, len)| {
                (0..*len).map(move |i| if *len == 1 { (*name).to_owned() } else { format!("{name}[{i}]") })
            });
            names.collect()
        }
    };
    let mut of_a_row = Signature::new(inputs, &features, signature.named);
    let known = first.iter().enumerate().filter_map(|(at, of)| Some((at, *signature.categories.get(of)?)));
    of_a_row.categories = known.collect();
    let missing = first.iter().enumerate().filter_map(|(at, of)| Some((at, *signature.missing.get(of)?)));
    of_a_row.missing = missing.collect();
    of_a_row.singles =
        first.iter().enumerate().filter(|(_, of)| signature.singles.contains(of)).map(|(at, _)| at).collect();
    let Arranged { rows, names, warnings } = arrange::arrange(table, &of_a_row).ok()?;
    if rows.len() % batch != 0 {
        return Some(Err(CalibrationError::Batch { rows: rows.len(), batch }));
    }
    let samples = rows.chunks_exact(batch).map(|rows| batch::sample(rows, &lengths)).collect();
    Some(Ok(Arranged { rows: samples, names: batch::names(&names, batch, &lengths), warnings }))
}
