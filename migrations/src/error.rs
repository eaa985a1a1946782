//! Why a migration stopped: what is wrong, and what to do about it.

use std::fmt;

use assay_host::errors::ErrorTable;

/// The result of a part of a migration.
pub type Result<T> = std::result::Result<T, Stop>;

/// A migration stopped. What was sent stays, and the next run goes on from there.
#[derive(Debug)]
pub struct Stop {
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub remedy: Option<String>,
}

impl Stop {
    /// Something is not as it must be.
    pub fn new(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { what: what.into(), remedy: Some(remedy.into()) }
    }

    /// The same, with what it is about before it.
    #[must_use]
    pub fn about(mut self, subject: impl fmt::Display) -> Self {
        self.what = format!("{subject}: {}", self.what);
        self
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for Stop {}

impl From<assay_chain::Error> for Stop {
    fn from(error: assay_chain::Error) -> Self {
        // The library knows the verifier's errors by name; here are all programs'.
        let named = error.refusal().filter(|refusal| refusal.name == "Custom").and_then(|refusal| {
            let table = ErrorTable::of(&assay_programs::identities()).ok()?;
            let (program, found) = table.by_code(refusal.number?)?;
            let is_theirs = refusal.program.is_none_or(|refuser| refuser == *program);
            is_theirs.then(|| format!("{} ({}): {}", found.name, found.code, found.message))
        });
        let what = match named {
            Some(named) => format!("the transaction was refused: {named}"),
            None => error.to_string(),
        };
        // The library's hints name the options of `assay`.
        let ours = |hint: String| hint.replace("--url", "cluster.url").replace("--fee-payer", "--keypair");
        Self { what, remedy: error.hint().map(ours) }
    }
}

#[cfg(test)]
mod tests {
    use assay_chain::refusal::Refusal;
    use serde_json::json;

    use super::*;

    #[test]
    fn hints_name_what_there_is_here() {
        let url = assay_chain::settings::url("moonnet").unwrap_err();
        let hint = Stop::from(url).remedy.unwrap();
        assert!(hint.starts_with("cluster.url localhost") && !hint.contains("--url"), "{hint}");
    }

    #[test]
    fn every_programs_errors_have_names() {
        for (program, number, name) in [
            (assay_lending_host::ID, 7016, "WrongModel"),
            (assay_feed_host::ID, 9003, "NotPinned"),
            (assay_verifier_host::ID, 6035, "KeyGammaEqualsDelta"),
        ] {
            let error = json!({ "InstructionError": [0, { "Custom": number }] });
            let refusal = Box::new(Refusal::read(&error, &[], &[program]));
            let stop = Stop::from(assay_chain::Error::Refused(refusal));
            assert!(stop.what.contains(name), "{stop}");
        }
    }
}
