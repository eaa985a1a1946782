//! How a command ended: what a shell sees of it.

/// Exit code of a question that was answered with no: an invalid proof, a failed audit, a rebuild that differs.
pub const NO: u8 = 1;
/// Exit code of what could not be done as asked: a file that cannot be read, an option that makes no sense.
pub const MISTAKE: u8 = 2;
/// Exit code of what no user can be expected to correct: a full disk, a broken device, a bug.
pub const UNEXPECTED: u8 = 3;

/// The table of exit codes, as the help has it.
pub const TABLE: &str = "\
Exit codes:
  0    done; what was checked is valid
  1    the question was answered, with no: an invalid proof, a failed audit, a different rebuild
  2    the question could not be answered: a file that cannot be read, an argument that is wrong
  3    unexpected: the machine failed (a full disk), or there is a bug in assay
  130  interrupted (128 + the signal's number)";

/// How a command that ran to its end came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Done; what was checked is valid.
    Valid,
    /// What was checked is not valid, and stdout says why.
    Invalid,
}

impl Outcome {
    /// The exit code.
    pub fn exit_code(self) -> u8 {
        match self {
            Outcome::Valid => 0,
            Outcome::Invalid => NO,
        }
    }
}
