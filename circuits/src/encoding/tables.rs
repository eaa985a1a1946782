//! Bytes of lookup tables.

use super::bytes::{Reader, Writer};
use crate::error::DecodeError;
use crate::instruction::{Choice, Entries, Table};
use crate::lookups::{MAX_WIDTH, is_function};

const RANGE: u8 = 0;
const FUNCTION: u8 = 1;
const COMBINATIONS: u8 = 2;

pub(super) fn write_tables(w: &mut Writer, tables: &[Table]) {
    w.count(tables.len());
    for table in tables {
        w.u32(table.queries);
        match &table.entries {
            Entries::Range { bits } => w.bytes(&[RANGE, *bits]),
            Entries::Function { lo, values } => {
                w.u8(FUNCTION);
                w.i64(*lo);
                w.count(values.len());
                values.iter().for_each(|&value| w.i64(value));
            }
            Entries::Combinations { count } => {
                w.u8(COMBINATIONS);
                w.u32(*count);
            }
        }
    }
}

pub(super) fn read_tables(r: &mut Reader<'_>) -> Result<Vec<Table>, DecodeError> {
    let count = r.count("lookup tables", 4 + 1 + 1)?;
    let mut tables = Vec::with_capacity(count);
    for _ in 0..count {
        let queries = r.u32("queries of a table")?;
        let entries = match r.u8("kind of a table")? {
            RANGE => {
                let bits = r.u8("bits of a range table")?;
                if !(1..=MAX_WIDTH).contains(&bits) {
                    let (value, min, max) = (bits.into(), 1, MAX_WIDTH.into());
                    return Err(DecodeError::Range { field: "bits of a range table", value, min, max });
                }
                Entries::Range { bits }
            }
            FUNCTION => {
                let lo = r.i64("domain of a table")?;
                let values = r.items("values of a table", 8, |r, _| r.i64("values of a table"))?;
                // As the builder makes them: the smallest value is 0, and nothing overflows.
                if !is_function(lo, &values) {
                    return Err(DecodeError::NotCanonical {
                        field: "values of a table",
                        rule: "from 0 to 2^60, over a domain within that",
                    });
                }
                Entries::Function { lo, values }
            }
            COMBINATIONS => Entries::Combinations { count: r.u32("entries of a table")? },
            kind => {
                return Err(DecodeError::Range {
                    field: "kind of a table",
                    value: kind.into(),
                    min: RANGE.into(),
                    max: COMBINATIONS.into(),
                });
            }
        };
        let order = |entries: &Entries| match entries {
            Entries::Function { .. } => 0,
            Entries::Combinations { .. } => 1,
            Entries::Range { .. } => 2,
        };
        let rank = order(&entries);
        let is_behind = tables.last().is_some_and(|t: &Table| order(&t.entries) > rank.min(1));
        if queries == 0 || entries.is_empty() || is_behind {
            return Err(DecodeError::NotCanonical {
                field: "lookup tables",
                rule: "each is queried, functions come first, then combinations, one range at most",
            });
        }
        tables.push(Table { entries, queries });
    }
    if tables.is_empty() {
        return Err(DecodeError::NotCanonical { field: "lookup tables", rule: "version 2 has one" });
    }
    Ok(tables)
}

pub(super) fn write_choices(w: &mut Writer, choices: &[Choice]) {
    w.count(choices.len());
    for choice in choices {
        w.u32(choice.entries);
        w.u32(choice.literals);
        w.u32(choice.columns);
        w.count(choice.worth.len());
        choice.worth.iter().for_each(|&worth| w.i64(worth));
        w.count(choice.boxes.len());
        choice.boxes.iter().for_each(|&k| w.i64(k));
    }
}

/// Boxes stand in at least one row, and no more of them are claimed than there are bytes.
pub(super) fn read_choices(r: &mut Reader<'_>) -> Result<Vec<Choice>, DecodeError> {
    let choices = r.items("choices", 5 * 4, |r, _| {
        let (entries, literals) = (r.u32("entries of a choice")?, r.u32("literals of a box")?);
        let columns = r.u32("columns of boxes")?;
        let worth = r.items("boxes", 8, |r, _| r.i64("worth of a box"))?;
        let boxes = r.items("literals", 8, |r, _| r.i64("literal"))?;
        let is_full = worth.len().checked_mul(literals as usize) == Some(boxes.len());
        let is_grid = columns >= 1 && columns as usize <= worth.len();
        // No literal is about an entry that is not there.
        if !is_full || !is_grid || entries == 0 {
            let rule = "boxes of one number of literals, in full rows but the last, over some entries";
            return Err(DecodeError::NotCanonical { field: "choices", rule });
        }
        Ok(Choice { entries, literals, columns, boxes, worth })
    })?;
    if choices.is_empty() {
        return Err(DecodeError::NotCanonical { field: "choices", rule: "version 3 has one" });
    }
    Ok(choices)
}
