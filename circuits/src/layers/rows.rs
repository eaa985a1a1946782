//! Rows of a table of constants, each by its number: an embedding, ONNX `Gather` of constants.
//!
//! ```text
//! y_j = T[u][j]        u in [0, rows - 1]
//! ```
//!
//! *Assumes* that `u` is proven to be the number of a row ([`crate::layers::index`] proves it). The bits of `u` determine the
//! products of them, and each column is a sum of these ([`multiplex`]), so an entry is one of its column's.
//!
//! Cost a number, for `n` rows: their bits, and `n - 1 - bits` products for all columns together; of wide numbers and few
//! columns less, with indicators of the high bits and a product for each column and each value of these.

use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::case::Case;
use crate::cost::Tally;
use crate::error::BuildError;
use crate::gadgets::bits::{decompose, require};
use crate::gadgets::multiplex::Selector;
use crate::integer::{Interval, bit_length};

const OPERATION: &str = "row of a table";

/// A table of constants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    width: usize,
    values: Vec<i64>,
}

impl Table {
    /// A table of rows of `width` values, one row behind the other.
    ///
    /// # Errors
    /// There is no row, or a part of one.
    pub fn new(width: usize, values: Vec<i64>) -> Result<Self, BuildError> {
        let found = values.len();
        if width == 0 || found == 0 {
            return Err(BuildError::Empty { operation: OPERATION });
        }
        if !found.is_multiple_of(width) {
            let expected = found.next_multiple_of(width);
            return Err(BuildError::Length { operation: OPERATION, what: "values", expected, found });
        }
        Ok(Self { width, values })
    }

    /// Values of a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.values.len() / self.width
    }

    /// The rows, one behind the other.
    pub fn values(&self) -> &[i64] {
        &self.values
    }

    fn row(&self, u: i128) -> Option<&[i64]> {
        let start = usize::try_from(u).ok()?.checked_mul(self.width)?;
        self.values.get(start..start.checked_add(self.width)?)
    }

    /// The columns of the rows up to the last that `u` reaches; those that are constant have no selection.
    fn columns(&self, (lo, hi): Interval) -> Result<Columns, BuildError> {
        let last = self.rows() as i128 - 1;
        if lo < 0 || hi > last {
            let operation = OPERATION;
            return Err(BuildError::NotProven { operation, index: 0, lo, hi, min: 0, max: last });
        }
        let entries = usize::try_from(hi + 1).map_err(|_| BuildError::Empty { operation: OPERATION })?;
        let column = |j: usize| self.values.iter().skip(j).step_by(self.width).take(entries).copied();
        let all: Vec<Vec<i64>> = (0..self.width).map(|j| column(j).collect()).collect();
        let varying = all.iter().filter(|column| varies(column)).count();
        Ok(Columns { entries, high: Selector::split(entries, varying), varying, all })
    }
}

fn varies(column: &[i64]) -> bool {
    column.iter().any(|value| Some(value) != column.first())
}

struct Columns {
    entries: usize,
    /// Bits of the number that have indicators.
    high: u32,
    /// Columns that are not constant.
    varying: usize,
    all: Vec<Vec<i64>>,
}

/// Integer reference: the rows, one behind the other. Fails for a number that has none.
pub fn reference(u: &[i64], table: &Table) -> Result<Vec<i64>, BuildError> {
    let mut values = Vec::with_capacity(u.len().saturating_mul(table.width));
    for &u in u {
        let (lo, max) = (i128::from(u), table.rows() as i128 - 1);
        let none = BuildError::Unsatisfiable { lo, hi: lo, min: 0, max };
        values.extend_from_slice(table.row(lo).ok_or(none)?);
    }
    Ok(values)
}

/// The rows, one behind the other.
pub fn constrain(b: &mut Builder, u: &[Bounded], table: &Table) -> Result<Vec<Bounded>, BuildError> {
    let mut values = Vec::with_capacity(u.len().saturating_mul(table.width));
    b.scope("rows", |b| {
        for u in u {
            require(u, 0, table.rows() as i128 - 1, OPERATION)?;
            if let Some(row) = u.as_constant().and_then(|u| table.row(u)) {
                for &value in row {
                    values.push(Bounded::constant(value)?);
                }
                continue;
            }
            let columns = table.columns(u.interval())?;
            if columns.varying == 0 {
                let first = columns.all.iter().filter_map(|column| column.first());
                values.extend(first.map(|&value| Bounded::constant(value)).collect::<Result<Vec<_>, _>>()?);
                continue;
            }
            let bits = decompose(b, u)?;
            let selector = Selector::constrain(b, bits, columns.entries, columns.high)?;
            for column in &columns.all {
                values.push(selector.select(b, column)?);
            }
        }
        Ok::<_, BuildError>(())
    })?;
    Ok(values)
}

/// Adds what [`constrain`] costs for numbers of these intervals; returns those of the results.
pub fn cost(t: &mut Tally, u: &[Interval], table: &Table) -> Result<Vec<Interval>, BuildError> {
    let mut values = Vec::with_capacity(u.len().saturating_mul(table.width));
    for &u in u {
        let columns = table.columns(u)?;
        if u.0 == u.1 {
            values.extend(table.row(u.0).into_iter().flatten().map(|&value| (value.into(), value.into())));
            continue;
        }
        if columns.varying > 0 {
            let n = bit_length(columns.entries as i128 - 1) as usize;
            t.add(if n < 2 { 0 } else { n } + Selector::cost(columns.entries, columns.high));
        }
        for column in &columns.all {
            t.add(if varies(column) { Selector::cost_of_table(column, columns.high) } else { 0 });
            let (least, most) = (column.iter().min(), column.iter().max());
            let (Some(&least), Some(&most)) = (least, most) else {
                return Err(BuildError::Empty { operation: OPERATION });
            };
            values.push((least.into(), most.into()));
        }
    }
    Ok(values)
}

/// What audits and ledger see of it.
pub(crate) const CASES: &[Case] = &[
    Case::new("row of 10 of 3 values", 1, 6, |b, x| {
        let table = Table::new(3, (0..30).map(|i| i * i % 29 - 14).collect())?;
        let u = crate::gadgets::range::constrain(b, &x[0], 0, 9)?;
        constrain(b, &[u], &table)
    })
    .within(0, 9),
    Case::new("row of 250 of 2 values", 1, 9, |b, x| {
        let table = Table::new(2, (0..500).map(|i| i * i % 251).collect())?;
        let u = crate::gadgets::range::constrain(b, &x[0], 0, 249)?;
        constrain(b, &[u], &table)
    })
    .within(0, 249),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gadgets::range;
    use crate::integer::meet;
    use crate::testing::{
        all, assert_costs, assert_every_constraint_is_needed, check, check_both, gadget, gadget_with_bounds,
    };

    fn table(rows: i64, width: i64) -> Result<Table, BuildError> {
        let value = |i: i64| (i * i * 37 + i * 11) % 1009 - 500;
        Table::new(width as usize, (0..rows * width).map(value).collect())
    }

    #[test]
    fn all_numbers_of_tables_of_every_length() -> Result<(), BuildError> {
        for rows in (1..=40).chain([63, 64, 65, 100, 127, 128]) {
            for width in [1, 2, 5] {
                let table = table(rows, width)?;
                let build = |b: &mut Builder, x: &[Bounded]| {
                    let u = range::constrain(b, &x[0], 0, rows - 1)?;
                    constrain(b, &[u], &table)
                };
                let (circuit, bounds) = gadget_with_bounds(1, 8, build)?;
                let some = (0..rows).step_by(if rows > 20 { 7 } else { 1 }).chain([rows - 1]);
                let expected = |x: &[i64]| reference(x, &table).unwrap_or_default();
                check(&circuit, &bounds, some.map(|x| vec![x]), expected);
                assert_costs(1, 8, build, |t, x| {
                    let u = range::cost(t, x[0], 0, rows - 1);
                    assert_eq!(u, meet(x[0], (0, i128::from(rows) - 1)));
                    assert_eq!(cost(t, &[u], &table), Ok(bounds.clone()), "{rows} rows of {width}");
                })?;
            }
        }
        Ok(())
    }

    #[test]
    fn several_numbers_and_few_of_many_rows() -> Result<(), BuildError> {
        let table = table(20, 3)?;
        let build = |b: &mut Builder, x: &[Bounded]| {
            // Beside each other, and only rows 3 to 10.
            constrain(b, &[x[0].add_const(4)?, x[0].add_const(7)?], &table)
        };
        let expected = |x: &[i64]| reference(&[x[0] + 4, x[0] + 7], &table).unwrap_or_default();
        check_both(1, 3, build, all(3).map(|x| vec![x]).collect::<Vec<_>>(), expected)?;
        // A column that does not vary costs nothing, nor does a number that is known.
        let constant = Table::new(2, vec![7, -1, 7, -1, 7, -1])?;
        let circuit = gadget(1, 1, |b, x| {
            let known = constrain(b, &[Bounded::constant(2)?], &table)?;
            let same = constrain(b, &[x[0].add_const(1)?], &constant)?;
            Ok([known, same].concat())
        })?;
        assert_eq!(circuit.stats().constraints, gadget(1, 1, |_, x| Ok(x.to_vec()))?.stats().constraints);
        Ok(())
    }

    #[test]
    fn every_constraint_is_needed() -> Result<(), BuildError> {
        for (bits, width) in [(3, 3), (2, 1), (1, 2)] {
            let half = 1i64 << (bits - 1);
            let table = table(2 * half, width)?;
            let circuit = gadget(1, bits, |b, x| constrain(b, &[x[0].add_const(half)?], &table))?;
            assert_every_constraint_is_needed(&circuit, &all(bits).map(|x| vec![x]).collect::<Vec<_>>());
        }
        Ok(())
    }

    #[test]
    fn other_numbers_and_no_tables_are_refused() -> Result<(), BuildError> {
        let table = table(7, 2)?;
        assert!(matches!(reference(&[7], &table), Err(BuildError::Unsatisfiable { .. })));
        assert!(matches!(reference(&[-1], &table), Err(BuildError::Unsatisfiable { .. })));
        let refused = gadget(1, 4, |b, x| constrain(b, x, &table)).map(|_| ());
        assert!(matches!(refused, Err(BuildError::NotProven { .. })), "{refused:?}");
        assert!(matches!(Table::new(2, vec![1; 3]), Err(BuildError::Length { .. })));
        assert!(matches!(Table::new(2, Vec::new()), Err(BuildError::Empty { .. })));
        assert!(matches!(Table::new(0, vec![1]), Err(BuildError::Empty { .. })));
        Ok(())
    }

    /// Rows for an embedding of 1,000 categories of 16 values.
    #[test]
    fn an_embedding_costs_a_product_a_row() -> Result<(), BuildError> {
        let table = table(1000, 16)?;
        let mut tally = Tally::new(crate::lookups::Ranges::Bits);
        cost(&mut tally, &[(0, 999)], &table)?;
        assert!(tally.constraints() < 1000, "{}", tally.constraints());
        Ok(())
    }
}
