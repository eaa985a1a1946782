//! The ledger of constraint counts, `circuits/ledger.csv`. A count that changes, a case without a row
//! and a row without a case fail. `ASSAY_LEDGER=write cargo test --release -p assay-circuits ledger`
//! writes the file anew; its diff belongs in the commit that changed the counts.

use crate::common;
use std::path::PathBuf;

const HEADER: &str = "case,constraints,witness wires,nonzeros,coefficients,instructions";

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("ledger.csv")
}

fn rows() -> Result<Vec<String>, Box<dyn std::error::Error>> {
    let rows = common::cases()?.into_iter().map(|case| {
        let s = case.circuit.stats();
        // Names hold commas, never quotes.
        format!(
            "\"{}\",{},{},{},{},{}",
            case.name, s.constraints, s.witness, s.nonzeros, s.coefficients, s.instructions
        )
    });
    Ok(rows.collect())
}

#[test]
fn counts_equal_the_ledger() -> Result<(), Box<dyn std::error::Error>> {
    let rows = rows()?;
    if std::env::var("ASSAY_LEDGER").is_ok_and(|mode| mode == "write") {
        std::fs::write(path(), format!("{HEADER}\n{}\n", rows.join("\n")))?;
    }
    let text = std::fs::read_to_string(path())?;
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some(HEADER));
    let ledger: Vec<&str> = lines.collect();
    let update = "if this is meant, run with ASSAY_LEDGER=write and commit the diff";
    for row in &rows {
        assert!(ledger.contains(&row.as_str()), "not in circuits/ledger.csv: {row}\n{update}");
    }
    for line in &ledger {
        assert!(rows.iter().any(|row| row == line), "no case has this row: {line}\n{update}");
    }
    assert_eq!(ledger.len(), rows.len(), "a row occurs twice; {update}");
    Ok(())
}
