//! The ledger of what each instruction costs: `ledger/compute-units.csv`, one row an instruction.
//!
//! Tests measure and compare. An instruction without a row fails, and so does a row that nothing measures, a cost that
//! moved by more than [`TOLERANCE_PERCENT`], or a transaction of another size. Where a change is meant, run the tests
//! with `ASSAY_LEDGER=write` and commit the difference.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::{env, fs};

/// Compilers of different releases differ by less than this; on one machine a test measures the same every time.
pub const TOLERANCE_PERCENT: u64 = 3;

const HEADER: &str = "program,instruction,compute_units,transaction_bytes";

/// What one instruction cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Compute units of the transaction.
    pub compute_units: u64,
    /// Bytes of the transaction.
    pub transaction_bytes: usize,
}

type Rows = BTreeMap<(String, String), Cost>;

/// Compares what the instructions of `program` cost with the ledger, or writes it down.
///
/// # Errors
/// One line for each difference.
pub fn check(program: &str, measured: &[(&str, Cost)]) -> Result<(), String> {
    let path = path();
    // Tests of several programs may write at once, each its own rows: one after the other.
    let guard =
        fs::File::open(path.parent().unwrap_or(&path)).and_then(|folder| folder.lock().map(|()| folder));
    let _guard = guard.map_err(|error| format!("{}: {error}", path.display()))?;
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut rows = parse(&text)?;
    let measured: Rows =
        measured.iter().map(|(name, cost)| ((program.to_owned(), (*name).to_owned()), *cost)).collect();
    if env::var_os("ASSAY_LEDGER").is_some_and(|mode| mode == "write") {
        rows.retain(|(owner, _), _| owner != program);
        rows.extend(measured);
        return fs::write(&path, format(&rows)).map_err(|error| format!("{}: {error}", path.display()));
    }
    rows.retain(|(owner, _), _| owner == program);
    let differences = differences(&rows, &measured);
    if differences.is_empty() {
        return Ok(());
    }
    Err(format!("{}\nif this is meant: ASSAY_LEDGER=write, and commit the ledger", differences.join("\n")))
}

/// What the ledger says that an instruction of `program` costs.
///
/// # Errors
/// There is no such row, or no ledger.
pub fn row(program: &str, instruction: &str) -> Result<Cost, String> {
    let path = path();
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let key = (program.to_owned(), instruction.to_owned());
    parse(&text)?.remove(&key).ok_or_else(|| format!("the ledger has no row of {program}'s {instruction}"))
}

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("ledger/compute-units.csv")
}

fn parse(text: &str) -> Result<Rows, String> {
    let mut rows = Rows::new();
    for line in text.lines().filter(|line| *line != HEADER && !line.is_empty()) {
        let row = match line.split(',').collect::<Vec<_>>()[..] {
            [program, name, units, bytes] => {
                units.parse().ok().zip(bytes.parse().ok()).map(|(compute_units, transaction_bytes)| {
                    ((program.to_owned(), name.to_owned()), Cost { compute_units, transaction_bytes })
                })
            }
            _ => None,
        };
        let (key, cost) = row.ok_or_else(|| format!("the ledger's line {line:?} is not a row"))?;
        rows.insert(key, cost);
    }
    Ok(rows)
}

fn format(rows: &Rows) -> String {
    let lines = rows.iter().map(|((program, name), cost)| {
        format!("{program},{name},{},{}\n", cost.compute_units, cost.transaction_bytes)
    });
    format!("{HEADER}\n{}", lines.collect::<String>())
}

fn differences(ledger: &Rows, measured: &Rows) -> Vec<String> {
    let missing = ledger
        .keys()
        .filter(|key| !measured.contains_key(*key))
        .map(|(program, name)| format!("{program} {name} stands in the ledger and was not measured"));
    let changed = measured.iter().filter_map(|(key, cost)| {
        let (program, name) = key;
        let Some(expected) = ledger.get(key) else {
            return Some(format!("{program} {name} costs {cost:?} and has no row"));
        };
        let slack = expected.compute_units * TOLERANCE_PERCENT / 100;
        let is_near = expected.compute_units.abs_diff(cost.compute_units) <= slack;
        let is_same = is_near && expected.transaction_bytes == cost.transaction_bytes;
        (!is_same).then(|| format!("{program} {name} costs {cost:?}, in the ledger {expected:?}"))
    });
    missing.chain(changed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Rows {
        parse(text).unwrap()
    }

    #[test]
    fn rows_survive_writing() {
        let text = format!("{HEADER}\nlending,borrow,5000,400\nverifier,record,93000,640\n");
        assert_eq!(format(&rows(&text)), text);
    }

    #[test]
    fn the_ledger_is_in_order() {
        let text = fs::read_to_string(path()).unwrap();
        assert_eq!(format(&rows(&text)), text, "a merge left rows out of order: ASSAY_LEDGER=write");
    }

    #[test]
    fn a_line_that_is_no_row_is_refused() {
        assert_eq!(parse("a,b,c,1").unwrap_err(), "the ledger's line \"a,b,c,1\" is not a row");
        assert!(parse("a,b,1").is_err());
    }

    #[test]
    fn each_kind_of_difference_is_found() {
        let ledger = rows("v,a,1000,10\nv,b,1000,10\nv,c,1000,10\nv,d,1000,10\n");
        let measured = rows("v,a,1030,10\nv,b,1031,10\nv,c,1000,11\nv,e,1,1\n");
        let found = differences(&ledger, &measured);
        let names: Vec<&str> = found.iter().map(|line| &line[..3]).collect();
        assert_eq!(names, ["v d", "v b", "v c", "v e"]);
    }
}
