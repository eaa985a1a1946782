//! What there is to do, before anything is done.

use assay_chain::sol;
use solana_address::Address;
use solana_instruction::Instruction;

use crate::error::Result;
use crate::world::World;

/// One numbered step: it brings one part of a cluster to the wanted state.
pub trait Step {
    /// Its number. Steps go by it.
    fn number(&self) -> u16;

    /// What it is about.
    fn name(&self) -> String;

    /// What it still has to do, by the cluster as it is now. It sends nothing.
    ///
    /// # Errors
    /// The cluster has something else than was expected, which this step must not change; or cannot be asked.
    fn plan(&self, world: &World) -> Result<Plan>;

    /// What it writes that cannot be changed afterwards, or only after a time: lines that are shown below the plan where it has something to do.
    fn details(&self, _: &World) -> Vec<String> {
        Vec::new()
    }
}

/// What a step has to do.
#[derive(Debug)]
pub struct Plan {
    /// What it found, in a few words.
    pub found: String,
    /// What it has to do, in order. Nothing: the cluster has what is wanted.
    pub actions: Vec<Action>,
}

/// Something to do.
#[derive(Debug)]
pub struct Action {
    /// What, in a few words.
    pub what: String,
    /// The account that it is about.
    pub account: Address,
    /// Lamports that it takes from the payer; below zero, what it gives back.
    pub lamports: i64,
    /// SHA-256 of what it puts there, where it puts something there.
    pub digest: Option<[u8; 32]>,
    /// How it is done.
    pub work: Work,
}

/// How something is done.
#[derive(Debug, PartialEq, Eq)]
pub enum Work {
    /// By one transaction.
    Send(Vec<Instruction>),
    /// By one transaction, and no other of the same slot may be about the account.
    SendAndWait(Vec<Instruction>),
    /// By a transaction for each of these, in any order.
    SendMany(Vec<Instruction>),
    /// By nothing yet: why, and until when.
    NotYet(String),
}

impl Work {
    /// What is sent.
    pub fn calls(&self) -> &[Instruction] {
        match self {
            Self::Send(calls) | Self::SendAndWait(calls) | Self::SendMany(calls) => calls,
            Self::NotYet(_) => &[],
        }
    }

    /// In how many transactions.
    pub fn transactions(&self) -> usize {
        match self {
            Self::Send(_) | Self::SendAndWait(_) => 1,
            Self::SendMany(calls) => calls.len(),
            Self::NotYet(_) => 0,
        }
    }
}

impl Plan {
    /// The wanted state.
    pub fn nothing(found: impl Into<String>) -> Self {
        Self { found: found.into(), actions: Vec::new() }
    }
}

/// A table with a row for each action, and one for each step that has none.
pub fn table(steps: &[(&dyn Step, Plan)]) -> String {
    let mut rows = vec![["step", "account", "action", "SOL"].map(str::to_owned)];
    for (step, plan) in steps {
        let mut title = format!("{:04} {}", step.number(), step.name());
        if plan.actions.is_empty() {
            rows.push([title, String::new(), format!("nothing: {}", plan.found), String::new()]);
            continue;
        }
        for action in &plan.actions {
            let cost = match &action.work {
                Work::NotYet(_) => String::new(),
                _ => signed_sol(action.lamports),
            };
            let what = match &action.work {
                Work::NotYet(why) => format!("{}: {why}", action.what),
                _ => action.what.clone(),
            };
            rows.push([std::mem::take(&mut title), action.account.to_string(), what, cost]);
        }
    }
    let width =
        |column: usize| rows.iter().map(|row| row.get(column).map_or(0, |cell| cell.chars().count())).max();
    let widths: Vec<usize> = (0..4).map(|column| width(column).unwrap_or(0)).collect();
    let line = |row: &[String; 4]| {
        let cells = row.iter().zip(&widths).enumerate();
        let padded = cells.map(|(column, (cell, width))| match column {
            3 => format!("{cell:>width$}"),
            _ => format!("{cell:<width$}"),
        });
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(|row| format!("  {}\n", line(row))).collect()
}

/// What the steps that have something to do write for good.
pub fn details(steps: &[(&dyn Step, Plan)], world: &World) -> String {
    let of = |(step, _): &(&dyn Step, Plan)| {
        let lines = step.details(world).into_iter().map(|line| format!("    {line}\n")).collect::<String>();
        if lines.is_empty() { lines } else { format!("  {:04} {}\n{lines}", step.number(), step.name()) }
    };
    steps.iter().filter(|(_, plan)| !plan.actions.is_empty()).map(of).collect()
}

/// Lamports as SOL, with a sign where they come back.
pub fn signed_sol(lamports: i64) -> String {
    let sign = if lamports < 0 { "-" } else { "" };
    format!("{sign}{}", sol(lamports.unsigned_abs()))
}

/// Lamports of a plan, and the most that are spent at any time on the way.
pub fn costs(steps: &[(&dyn Step, Plan)]) -> (i64, i64) {
    let (mut total, mut most) = (0_i64, 0_i64);
    for action in steps.iter().flat_map(|(_, plan)| &plan.actions) {
        total = total.saturating_add(action.lamports);
        most = most.max(total);
    }
    (total, most)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Named;

    impl Step for Named {
        fn number(&self) -> u16 {
            7
        }

        fn name(&self) -> String {
            "things".into()
        }

        fn plan(&self, _: &World) -> Result<Plan> {
            Ok(Plan::nothing("it is there"))
        }
    }

    fn action(lamports: i64, work: Work) -> Action {
        Action { what: "do".into(), account: Address::default(), lamports, digest: None, work }
    }

    #[test]
    fn a_plan_has_a_row_for_each_thing() {
        let some = vec![
            action(1_500_000_000, Work::Send(Vec::new())),
            action(-500_000_000, Work::Send(Vec::new())),
            action(0, Work::NotYet("in 1 d".into())),
        ];
        let nothing: (&dyn Step, Plan) = (&Named, Plan::nothing("it is there"));
        let steps = [nothing, (&Named, Plan { found: String::new(), actions: some })];
        assert_eq!(costs(&steps), (1_000_000_000, 1_500_000_000));
        let table = table(&steps);
        let lines: Vec<&str> = table.lines().collect();
        assert_eq!(lines.len(), 5, "{table}");
        assert!(lines[1].contains("0007 things") && lines[1].ends_with("nothing: it is there"), "{table}");
        assert!(lines[2].contains("0007 things") && lines[2].ends_with("1.5"), "{table}");
        assert!(!lines[3].contains("things") && lines[3].ends_with("-0.5"), "{table}");
        assert!(lines[4].ends_with("do: in 1 d"), "{table}");
    }
}
