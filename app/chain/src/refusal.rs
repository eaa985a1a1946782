//! Why a transaction was refused: by whom, by which name, and what to do about it.

use std::fmt;
use std::sync::LazyLock;

use assay_host::errors::{ErrorTable, ProgramError};
use assay_verifier_host::IDENTITY;
use serde_json::Value;
use solana_address::Address;

use crate::text::clean;

/// The system program, which creates accounts and moves SOL.
const SYSTEM: Address = Address::from_str_const("11111111111111111111111111111111");

/// The verifier's errors by number. Its IDL is part of this program, and a test reads it.
static ERRORS: LazyLock<ErrorTable> = LazyLock::new(|| ErrorTable::of(&[IDENTITY]).unwrap_or_default());

/// A refused transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Position of the instruction that failed; `None` where the runtime refused the transaction as a whole.
    pub instruction: Option<u64>,
    /// The program that failed, if one did.
    pub program: Option<Address>,
    /// The number that it returned, if it did.
    pub number: Option<u32>,
    /// The name of the error: the program's own, or the runtime's.
    pub name: String,
    /// What is wrong, in a sentence.
    pub message: String,
    /// What the programs logged.
    pub logs: Vec<String>,
}

impl Refusal {
    /// What a server's `err` says. `programs` are those of the transaction's instructions, for servers that send no logs. Its words are
    /// cleaned: nothing in them is hidden or long.
    pub fn read(error: &Value, logs: &[String], programs: &[Address]) -> Self {
        let (instruction, inner) = match error.get("InstructionError").and_then(Value::as_array) {
            Some(parts) => (parts.first().and_then(Value::as_u64), parts.get(1).unwrap_or(&Value::Null)),
            None => (None, error),
        };
        let of_instruction = || {
            let position = usize::try_from(instruction?).ok()?;
            programs.get(position).copied()
        };
        let program = instruction.and_then(|_| failed(logs).or_else(of_instruction));
        let number =
            inner.get("Custom").and_then(Value::as_u64).and_then(|number| u32::try_from(number).ok());
        let named = number.and_then(|number| of_program(program, number));
        let (name, message) = match (named, number) {
            (Some(error), _) => (error.name.clone(), error.message.clone()),
            (None, Some(1)) if program == Some(SYSTEM) => {
                ("InsufficientFunds".into(), transfer(logs).unwrap_or_else(|| NO_SOL.into()))
            }
            (None, Some(number)) => {
                ("Custom".into(), format!("a program returned the error number {number}"))
            }
            (None, None) => {
                let name = runtime_name(inner);
                let message =
                    runtime(&name).map_or_else(|| clean(&inner.to_string()), |(message, _)| message.into());
                (clean(&name), message)
            }
        };
        let logs = logs.iter().map(|line| clean(line)).collect();
        Self { instruction, program, number, name, message, logs }
    }

    /// What to do about it, where that is known.
    pub fn remedy(&self) -> Option<String> {
        let known = match self.number {
            Some(_) if self.name == "InsufficientFunds" => Some(SEND_SOL),
            Some(number) => of_program(self.program, number).and_then(|error| remedy(&error.name)),
            None => runtime(&self.name).map(|(_, remedy)| remedy),
        };
        known.map(str::to_owned).or_else(|| {
            let last = self.logs.iter().rev().take(4).rev().cloned().collect::<Vec<_>>();
            (!last.is_empty()).then(|| format!("the programs' last words: {}", last.join(" | ")))
        })
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the transaction was refused: {}", self.name)?;
        if let Some(number) = self.number {
            write!(f, " ({number})")?;
        }
        write!(f, ": {}", self.message)
    }
}

impl std::error::Error for Refusal {}

/// The program that failed first: a caller fails after what it called.
fn failed(logs: &[String]) -> Option<Address> {
    let program = |line: &String| {
        let (program, rest) = line.strip_prefix("Program ")?.split_once(' ')?;
        rest.starts_with("failed").then(|| program.parse().ok()).flatten()
    };
    logs.iter().find_map(program)
}

/// The verifier's error with a number, unless another program returned it.
fn of_program(program: Option<Address>, number: u32) -> Option<&'static ProgramError> {
    let (owner, error) = ERRORS.by_code(number)?;
    program.is_none_or(|program| program == *owner).then_some(error)
}

const NO_SOL: &str = "the payer has too little SOL";
const SEND_SOL: &str =
    "send SOL to the payer; on a test cluster `solana airdrop 1` does; --fee-payer names another key file";

/// What the system program logs of a transfer that cannot be made.
fn transfer(logs: &[String]) -> Option<String> {
    let (has, needs) =
        logs.iter().find_map(|line| line.split_once("insufficient lamports ")?.1.split_once(", need "))?;
    let sol = |text: &str| text.trim().parse().ok().map(crate::amount::sol);
    Some(format!("the payer has {} SOL left, and a new account takes {}", sol(has)?, sol(needs)?))
}

/// The variant's name of an error of the runtime's: a text, or an object with one field.
fn runtime_name(error: &Value) -> String {
    match error {
        Value::String(name) => name.clone(),
        Value::Object(fields) => fields.keys().next().cloned().unwrap_or_default(),
        other => other.to_string(),
    }
}

/// What the runtime's own errors mean, and what to do.
fn runtime(name: &str) -> Option<(&'static str, &'static str)> {
    Some(match name {
        "AccountNotFound" => ("the payer has no SOL on this cluster", SEND_SOL),
        "InsufficientFundsForFee" | "InsufficientFundsForRent" => (NO_SOL, SEND_SOL),
        "BlockhashNotFound" => (
            "the server does not know the transaction's blockhash",
            "run the command again, or use another server (--url)",
        ),
        "AlreadyProcessed" => {
            ("this transaction was executed before", "run the command again: it looks at what is done")
        }
        "ProgramAccountNotFound" | "InvalidProgramForExecution" | "UnsupportedProgramId" => (
            "the verifier program is not on this cluster",
            "is it the right cluster (--url)? `cargo xtask localnet` has the programs",
        ),
        "UnsupportedVersion" => (
            "the cluster takes no transaction of this version",
            "a statement with fewer limbs fits an older one: `assay compile --commit INPUT`",
        ),
        "ComputationalBudgetExceeded" | "ProgramFailedToComplete" => (
            "the program took more compute units than the transaction may",
            "run the command again: the limit comes from a simulation",
        ),
        "MissingRequiredSignature" => {
            ("a signature is missing", "--keypair names the key file of who may do this")
        }
        _ => return None,
    })
}

/// What to do about the errors of the verifier's that these commands can meet.
const REMEDIES: &[(&[&str], &str)] = &[
    (&["NotAuthority"], "`assay model show` names the authority: its key file is --keypair"),
    (&["NotAuthorityNorGuardian"], "`assay model show` names both: the key file of either is --keypair"),
    (&["GuardianIsAuthority"], "--guardian names another address"),
    (
        &["ModelExists"],
        "`assay model list` shows the models there; a closed one cannot come back, and needs another key",
    ),
    (&["NotProposed", "NotSuspended"], "`assay model show` says what the model is"),
    (&["TimelockRunning"], "`assay model show` says from when it can be activated"),
    (&["ProposalLapsed"], "`assay model resume` proposes it again, with a new timelock"),
    (&["ModelProposed"], "`assay model activate` when its timelock has passed"),
    (
        &["ModelSuspended"],
        "`assay model resume` proposes it again, and a timelock passes before it is active",
    ),
    (&["ModelRetired"], "that is for good: register another model"),
    (&["TimelockRange"], "--timelock is between 1d and 30d"),
    (&["Transcript", "SetupKind"], "--transcript-hash is for a ceremony's key, and for no other"),
    (
        &[
            "KeyLength",
            "KeyIdentity",
            "KeyNotCanonical",
            "KeyNotOnCurve",
            "KeyNotInSubgroup",
            "KeyGammaEqualsDelta",
            "KeyGammaOppositeDelta",
            "KeyInputPoints",
            "KeyBetaRelated",
            "KeyCompressed",
            "KeySigmaRelated",
        ],
        "the key is unsound: `assay setup` makes another",
    ),
    (&["SchemaMalformed"], "compile the model again, with this version of assay"),
    (
        &["SchemaTooLong", "TooManyLimbs"],
        "`assay inspect MODEL.assay` says what takes the room, and how to make some",
    ),
    (
        &["LimbCount", "LimbNotCanonical", "ProofForm", "ProofLength", "ProofInvalid", "ProofIdentity"],
        "`assay verify` says whether the proof is valid, and `assay model show --vk` whether the model has its key",
    ),
    (
        &["ModelVersion", "Invariant"],
        "another version of the program wrote the account: use the assay of that version",
    ),
];

fn remedy(name: &str) -> Option<&'static str> {
    REMEDIES.iter().find(|(names, _)| names.contains(&name)).map(|(_, remedy)| *remedy)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const VERIFIER: &str = "AVr5RWTqtrW1qMaUQ9B6LqbGBP2LQ4gvtpxgHugwPkzN";

    fn lines(lines: &[&str]) -> Vec<String> {
        lines.iter().map(|line| (*line).to_owned()).collect()
    }

    #[test]
    fn a_programs_error_has_the_programs_name() {
        let logs = lines(&[
            "Program ComputeBudget111111111111111111111111111111 success",
            &format!("Program {VERIFIER} failed: custom program error: 0x177a"),
        ]);
        let refusal = Refusal::read(&json!({ "InstructionError": [1, { "Custom": 6010 }] }), &logs, &[]);
        assert_eq!(
            (refusal.instruction, refusal.number, refusal.name.as_str()),
            (Some(1), Some(6010), "ModelExists")
        );
        let text = refusal.to_string();
        assert!(
            text.starts_with("the transaction was refused: ModelExists (6010): This model is registered"),
            "{text}"
        );
        assert!(refusal.remedy().unwrap().contains("assay model list"));
    }

    #[test]
    fn a_number_of_another_program_is_not_given_a_name() {
        let other = Address::new_from_array([3; 32]);
        let error = json!({ "InstructionError": [0, { "Custom": 6010 }] });
        let refusal = Refusal::read(&error, &[], &[other]);
        assert_eq!((refusal.name.as_str(), refusal.program), ("Custom", Some(other)));
        assert_eq!(refusal.remedy(), None);
        let unknown = Refusal::read(&error, &[], &[]);
        assert_eq!(unknown.name, "ModelExists");
    }

    #[test]
    fn too_little_sol_in_all_its_forms() {
        let logs = lines(&[
            &format!("Program {VERIFIER} invoke [1]"),
            "Program 11111111111111111111111111111111 invoke [2]",
            "Transfer: insufficient lamports 1000000000, need 11414400",
            "Program 11111111111111111111111111111111 failed: custom program error: 0x1",
            &format!("Program {VERIFIER} failed: custom program error: 0x1"),
        ]);
        let refusal = Refusal::read(&json!({ "InstructionError": [1, { "Custom": 1 }] }), &logs, &[]);
        assert_eq!(refusal.message, "the payer has 1 SOL left, and a new account takes 0.0114144");
        for error in [
            json!("AccountNotFound"),
            json!("InsufficientFundsForFee"),
            json!({ "InsufficientFundsForRent": { "account_index": 0 } }),
        ] {
            let refusal = Refusal::read(&error, &[], &[]);
            assert_eq!((refusal.instruction, refusal.remedy().as_deref()), (None, Some(SEND_SOL)), "{error}");
            assert!(refusal.message.contains("SOL"), "{error}");
        }
    }

    #[test]
    fn what_nobody_foresaw_is_shown_as_it_came() {
        for error in
            [json!("Soon"), json!({ "Soon": [1] }), json!(7), json!({}), json!({ "InstructionError": [] })]
        {
            let refusal = Refusal::read(&error, &lines(&["Program log: alas"]), &[]);
            assert!(refusal.remedy().unwrap().contains("alas"), "{error}");
            assert!(refusal.to_string().starts_with("the transaction was refused: "), "{error}");
        }
    }

    #[test]
    fn remedies_are_for_errors_that_the_program_has() {
        assert!(ERRORS.by_code(6000).is_some(), "the IDL was read");
        let known: Vec<&str> =
            ERRORS.of_program(&assay_verifier_host::ID).map(|error| error.name.as_str()).collect();
        for name in REMEDIES.iter().flat_map(|(names, _)| *names) {
            assert!(known.contains(name), "{name} is no error of the program's");
        }
    }
}
