//! The ledgers of outcomes: one row a model or test.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::{env, fs};

use crate::outcome::Outcome;

/// Outcomes by module and name, or by operator and test.
pub type Rows = BTreeMap<(String, String), Outcome>;

/// Which ledger.
#[derive(Clone, Copy, Debug)]
pub enum Ledger {
    Models,
    Nodes,
}

impl Ledger {
    fn path(self) -> PathBuf {
        let name = match self {
            Ledger::Models => "corpus.csv",
            Ledger::Nodes => "nodes.csv",
        };
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/ledger").join(name)
    }

    fn header(self) -> &'static str {
        match self {
            Ledger::Models => "module,model,outcome",
            Ledger::Nodes => "operator,test,outcome",
        }
    }

    /// The committed rows. What comes behind the second comma is the outcome.
    pub fn read(self) -> Rows {
        let path = self.path();
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let row = |line: &str| {
            let mut cells = line.splitn(3, ',');
            let (group, name, outcome) = (cells.next()?, cells.next()?, Outcome::parse(cells.next()?)?);
            Some(((group.to_owned(), name.to_owned()), outcome))
        };
        let rows = text.lines().skip(1);
        rows.map(|line| row(line).unwrap_or_else(|| panic!("the ledger's line {line:?} is not a row")))
            .collect()
    }

    /// Writes the rows.
    pub fn write(self, rows: &Rows) {
        let lines =
            rows.iter().map(|((group, name), outcome)| format!("{group},{name},{}\n", outcome.text()));
        let text = format!("{}\n{}", self.header(), lines.collect::<String>());
        fs::write(self.path(), text).unwrap();
    }

    /// Compares outcomes with the ledger. Fails with a line for each difference.
    pub fn check(self, found: &Rows) {
        let expected = self.read();
        let mut differences = Vec::new();
        for (key, outcome) in found {
            let name = format!("{} {}", key.0, key.1);
            match expected.get(key) {
                Some(expected) if expected == outcome => {}
                Some(expected) => {
                    differences.push(format!("{name}: {}\n    was: {}", outcome.text(), expected.text()));
                }
                None => differences.push(format!("{name}: {}, and has no row", outcome.text())),
            }
        }
        let missing = expected.keys().filter(|key| !found.contains_key(*key));
        differences.extend(
            missing.map(|(group, name)| format!("{group} {name} stands in the ledger and was not run")),
        );
        assert!(
            differences.is_empty(),
            "{}\nif this is meant: ASSAY_LEDGER=write, and commit the ledger",
            differences.join("\n")
        );
    }
}

/// Whether this run writes what the others compare with.
pub fn is_writing() -> bool {
    env::var("ASSAY_LEDGER").is_ok_and(|mode| mode == "write")
}
