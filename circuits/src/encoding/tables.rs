//! Bytes of lookup tables.

use super::bytes::{Reader, Writer};
use crate::error::DecodeError;
use crate::instruction::{Entries, Table};
use crate::lookups::{MAX_WIDTH, is_function};

const RANGE: u8 = 0;
const FUNCTION: u8 = 1;

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
            kind => {
                return Err(DecodeError::Range {
                    field: "kind of a table",
                    value: kind.into(),
                    min: RANGE.into(),
                    max: FUNCTION.into(),
                });
            }
        };
        let behind_range = tables.last().is_some_and(|t: &Table| t.entries.columns() == 1);
        if queries == 0 || behind_range {
            return Err(DecodeError::NotCanonical {
                field: "lookup tables",
                rule: "each is queried, functions come first, one range at most",
            });
        }
        tables.push(Table { entries, queries });
    }
    if tables.is_empty() {
        return Err(DecodeError::NotCanonical { field: "lookup tables", rule: "version 2 has one" });
    }
    Ok(tables)
}
