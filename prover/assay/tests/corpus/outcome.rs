//! What became of a model, as the ledger has it.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Most characters of a reason.
const LONGEST: usize = 220;

/// What became of a model or a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Compiled, proven, and right.
    Passes,
    /// Refused, as it is to be.
    RightlyRefused(String),
    /// Refused, and users would expect it to work.
    Refused(String),
    /// Taken, and wrong.
    Fails(String),
}

/// Why something does not pass.
#[derive(Debug)]
pub enum Trouble {
    Refused(String),
    Fails(String),
}

impl Outcome {
    /// Of a trial; a panic is a failure.
    pub fn of(trial: impl FnOnce() -> Result<(), Trouble>) -> Outcome {
        match catch_unwind(AssertUnwindSafe(trial)) {
            Ok(Ok(())) => Outcome::Passes,
            Ok(Err(Trouble::Refused(message))) => Outcome::Refused(reason(&message)),
            Ok(Err(Trouble::Fails(message))) => Outcome::Fails(reason(&message)),
            Err(panic) => Outcome::Fails(reason(&format!("panics: {}", said(&*panic)))),
        }
    }

    /// As a ledger's cell.
    pub fn text(&self) -> String {
        match self {
            Outcome::Passes => "passes".into(),
            Outcome::RightlyRefused(reason) => format!("rightly refused: {reason}"),
            Outcome::Refused(reason) => format!("refused: {reason}"),
            Outcome::Fails(reason) => format!("fails: {reason}"),
        }
    }

    /// From a ledger's cell.
    pub fn parse(text: &str) -> Option<Outcome> {
        let (kind, reason) = text.split_once(": ").unwrap_or((text, ""));
        let reason = reason.to_owned();
        match kind {
            "passes" => Some(Outcome::Passes),
            "rightly refused" => Some(Outcome::RightlyRefused(reason)),
            "refused" => Some(Outcome::Refused(reason)),
            "fails" => Some(Outcome::Fails(reason)),
            _ => None,
        }
    }

    /// Why it does not pass.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Outcome::Passes => None,
            Outcome::RightlyRefused(reason) | Outcome::Refused(reason) | Outcome::Fails(reason) => {
                Some(reason)
            }
        }
    }
}

fn said(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no text")
}

/// A message in one line: of a list of problems the first, and how many more there are.
fn reason(message: &str) -> String {
    let problems: Vec<&str> = message.split("\n  - ").collect();
    let line = match problems[..] {
        [_, only] => only.to_owned(),
        [_, first, ref rest @ ..] => format!("{first} (and {} more)", rest.len()),
        _ => message.to_owned(),
    };
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_lines() {
        assert_eq!(reason("two found:\n  - a\n b\n  - c"), "a b (and 1 more)");
        assert_eq!(reason("one found:\n  - a"), "a");
        assert_eq!(reason(&"x".repeat(400)).len(), LONGEST + 3);
    }

    #[test]
    fn outcomes_survive_writing() {
        let all = [
            Outcome::Passes,
            Outcome::Refused("a: b, c".into()),
            Outcome::RightlyRefused("no".into()),
            Outcome::of(|| panic!("at {}", 1)),
        ];
        for outcome in all {
            assert_eq!(Outcome::parse(&outcome.text()), Some(outcome));
        }
    }
}
