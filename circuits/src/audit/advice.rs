//! The advice sweep: wrong hints, with everything after them recomputed.

use std::ops::Range;

use ark_bn254::Fr;

use super::columns::Columns;
use super::honest::{self, RANDOMNESS, is_free};
use super::mutate::{OFFSETS, integer_mutations, mutations, pseudorandom};
use super::report::{Allowed, AuditError, Monitor, Report, Search, audited, check_witness, silent};
use super::sample::Sample;
use crate::circuit::Circuit;
use crate::error::{Missing, at_mut};
use crate::instruction::Instruction;
use crate::linear::Wire;
use crate::machine::{Machine, Offsets};
use crate::witness::{Assignment, Membership};

/// Changes one thing at a time, and continues honestly from there:
/// - each wire that an instruction writes gets other values;
/// - each operand that a hint or product reads is off by a little or a lot (all hints about one
///   operand are off together, so that they agree with each other);
/// - each input is out of its range;
/// - inputs, context, salts and membership differ from those of the digest, which is kept.
///
/// Weights stay as they are: a prover cannot change those for a proof.
///
/// Every one of these must break a constraint, unless it changes no wire. The challenge stays the
/// same: a change that needs another challenge is not one that the prover can choose.
///
/// Cost: a change is followed until a constraint breaks. In a circuit of bits that is soon; with lookups it is the sum of a
/// table, at the end, so that the whole sweep takes time quadratic in the circuit.
pub fn advice_sweep(
    circuit: &Circuit,
    assignment: &Assignment,
    allow: &[Allowed<'_>],
) -> Result<Report, AuditError> {
    let honest = honest::solve(circuit, assignment)?.values;
    check_witness(circuit, &honest)?;
    let columns = Columns::new(&circuit.r1cs);
    let mut on_progress = silent;
    let monitor = Monitor::new(&mut on_progress, 0, Search::Advice);
    Ok(advice_sweep_some(circuit, &columns, assignment, &honest, None, 0, monitor)?.settle(allow))
}

/// As [`advice_sweep`], at `count` places: wires, operands and inputs.
pub(super) fn advice_sweep_some(
    circuit: &Circuit,
    columns: &Columns<'_>,
    assignment: &Assignment,
    honest: &[Fr],
    count: Option<usize>,
    seed: u64,
    monitor: Monitor<'_>,
) -> Result<Report, AuditError> {
    let groups = operand_groups(circuit)?;
    let program = &circuit.program;
    let inputs: usize = program.inputs.iter().map(|tensor| tensor.len as usize).sum();
    let member = program.member_depth().map_or(0, usize::from);
    let member_places = if member > 0 { 2 + SCOPE_BYTES + 2 * member } else { 0 };
    let free = inputs + CONTEXT_BYTES + program.num_salts() + member_places;
    // A gadget alone has no context.
    let has_context = program.instructions.contains(&Instruction::Context);
    let member_wires = if member > 0 { 4 + 2 * member } else { 0 };
    let weights = honest::weights(circuit).count();
    let free_wires = weights + inputs + if has_context { 2 } else { 0 } + program.num_salts() + member_wires;
    let wires = circuit.r1cs.num_witness - free_wires;
    let sample = Sample::new(count, groups.len() + wires + free, seed);
    let report = Report {
        wires: audited(circuit).len(),
        tried: sample.len(),
        of: groups.len() + wires + free,
        ..Report::default()
    };
    let completed = completed(circuit);
    let sweep = Sweep { circuit, assignment, columns, completed, honest, sample, monitor, report, place: 0 };
    sweep.run(&groups)
}

/// Bytes of a context, each of which is a place.
const CONTEXT_BYTES: usize = 32;
/// Bytes of a scope, each of which is a place.
const SCOPE_BYTES: usize = 32;

/// Integer operands that are off together, and the instructions that read them.
struct Group {
    operands: Range<usize>,
    instructions: Range<usize>,
}

/// Adjacent hints about the same operand are off together; any other operand is alone.
fn operand_groups(circuit: &Circuit) -> Result<Vec<Group>, Missing> {
    let program = &circuit.program;
    let (mut groups, mut operand, mut previous_is_hint) = (Vec::<Group>::new(), 0, false);
    for (position, &instruction) in program.instructions.iter().enumerate() {
        use Instruction as I;
        let is_hint = matches!(
            instruction,
            I::Bits { .. } | I::Quotient { .. } | I::Regions { .. } | I::Limbs { .. } | I::Maximum { .. }
        );
        for _ in 0..program.integer_operands(instruction) {
            let terms = program.integers.get(operand)?;
            let mut is_same = false;
            if let Some(group) = groups.last().filter(|_| is_hint && previous_is_hint) {
                is_same = program.integers.get(group.operands.end - 1)? == terms;
            }
            match groups.last_mut() {
                Some(group) if is_same => {
                    group.operands.end = operand + 1;
                    group.instructions.end = position + 1;
                }
                _ => groups
                    .push(Group { operands: operand..operand + 1, instructions: position..position + 1 }),
            }
            operand += 1;
        }
        previous_is_hint = is_hint;
    }
    Ok(groups)
}

/// The constraints whose last wire a wire is: they can be judged once it is written.
fn completed(circuit: &Circuit) -> Vec<Vec<usize>> {
    let r1cs = &circuit.r1cs;
    let mut completed = vec![Vec::new(); r1cs.num_wires()];
    for row in 0..r1cs.num_constraints() {
        let wires = [&r1cs.a, &r1cs.b, &r1cs.c].into_iter().flat_map(|m| m.row(row)).map(|(wire, _)| wire);
        if let Some(last) = wires.max() {
            completed[last as usize].push(row);
        }
    }
    completed
}

/// What is added to the operands of a group.
#[derive(Clone, Copy)]
struct Offset {
    from: usize,
    to: usize,
    by: i64,
}

impl Offset {
    const NONE: Self = Self { from: 0, to: 0, by: 0 };
}

impl Offsets for Offset {
    fn of(self, index: usize) -> i64 {
        if (self.from..self.to).contains(&index) { self.by } else { 0 }
    }
}

struct Sweep<'a, 'm> {
    circuit: &'a Circuit,
    assignment: &'a Assignment,
    columns: &'a Columns<'a>,
    completed: Vec<Vec<usize>>,
    honest: &'a [Fr],
    sample: Sample,
    monitor: Monitor<'m>,
    report: Report,
    /// The place that comes next.
    place: usize,
}

impl Sweep<'_, '_> {
    fn run(mut self, groups: &[Group]) -> Result<Report, AuditError> {
        self.change_program(groups)?;
        self.change_choices()?;
        self.monitor.tell(self.report.tried, self.report.tried)?;
        Ok(self.report)
    }

    /// Whether the next place is tried.
    fn is_chosen(&mut self) -> Result<bool, AuditError> {
        let place = self.place;
        self.place += 1;
        if place.is_multiple_of(64) {
            // As if all were tried: a sample is spread evenly.
            let done = place as u128 * self.report.tried as u128 / self.report.of.max(1) as u128;
            self.monitor.tell(done as usize, self.report.tried)?;
        }
        Ok(self.sample.contains(place))
    }

    /// Wires and operands, along one honest run.
    fn change_program(&mut self, groups: &[Group]) -> Result<(), AuditError> {
        let program = &self.circuit.program;
        let mut machine = Machine::with_offsets(program, RANDOMNESS, Offset::NONE);
        let mut groups = groups.iter().peekable();
        for (position, &instruction) in program.instructions.iter().enumerate() {
            let before = machine.checkpoint()?;
            let start = machine.elements.len();
            while let Some(group) = groups.next_if(|group| group.instructions.start == position) {
                if !self.is_chosen()? {
                    continue;
                }
                for by in OFFSETS {
                    let Range { start: from, end: to } = group.operands;
                    machine.offsets = Offset { from, to, by };
                    let unread = Some(group.instructions.end);
                    let change = || format!("operands {from}..{to} off by {by}");
                    self.follow(&mut machine, start, position, unread, change)?;
                    machine.rewind(before)?;
                }
                machine.offsets = Offset::NONE;
            }
            machine.step(instruction, self.assignment)?;
            if is_free(instruction) {
                continue;
            }
            let behind = machine.checkpoint()?;
            for wire in start..machine.elements.len() {
                if !self.is_chosen()? {
                    continue;
                }
                let (integer, element) = (machine.integers[wire], machine.elements[wire]);
                // The inverse behind a zero test is an element.
                let is_inverse = instruction == Instruction::IsZero && wire + 1 == machine.elements.len();
                let kind = if is_inverse { Instruction::Element } else { instruction };
                for (what, other_integer, other_element) in others(kind, integer, element) {
                    machine.integers[wire] = other_integer;
                    machine.elements[wire] = other_element;
                    let change = || format!("instruction {position} ({instruction:?}): {what}");
                    self.follow(&mut machine, start, position + 1, None, change)?;
                    machine.rewind(behind)?;
                    machine.integers[wire] = integer;
                    machine.elements[wire] = element;
                }
            }
        }
        Ok(())
    }

    /// Runs the instructions from `position` on, behind wires of which those from `start` on may be
    /// changed, and records whether a constraint breaks. It stops at the first one that does, and where nothing has changed
    /// and nothing changed is read any more.
    fn follow(
        &mut self,
        machine: &mut Machine<'_, Offset>,
        mut start: usize,
        position: usize,
        unread: Option<usize>,
        change: impl Fn() -> String,
    ) -> Result<(), Missing> {
        let instructions = &self.circuit.program.instructions;
        let mut changed: Option<usize> = None;
        let mut next = position;
        loop {
            let written = machine.elements.len();
            let differs = |wire: &usize| machine.elements.get(*wire) != self.honest.get(*wire);
            changed = changed.or_else(|| (start..written).find(differs));
            if changed.is_none() && unread.is_some_and(|unread| next >= unread) {
                return Ok(());
            }
            let judged = || self.completed[start..written].iter().flatten();
            if changed.is_some() && judged().any(|&row| !self.circuit.r1cs.holds(row, &machine.elements)) {
                self.report.checks += 1;
                return Ok(());
            }
            let Some(&instruction) = instructions.get(next) else { break };
            start = written;
            machine.step(instruction, self.assignment)?;
            next += 1;
        }
        if let Some(first) = changed {
            self.report.checks += 1;
            self.record(first, &change());
        }
        Ok(())
    }

    fn record(&mut self, wire: usize, change: &str) {
        let detail = format!("no constraint notices this, followed through: {change}");
        self.report.findings.push(self.columns.finding(Search::Advice, wire, detail));
    }

    /// Inputs, context, salts and membership.
    fn change_choices(&mut self) -> Result<(), AuditError> {
        let (circuit, honest) = (self.circuit, self.assignment);
        for (tensor, declared) in circuit.program.inputs.iter().enumerate() {
            for index in 0..declared.len as usize {
                if !self.is_chosen()? {
                    continue;
                }
                let mut assignment = honest.clone();
                let value = at_mut("input tensors", &mut assignment.inputs, tensor)?;
                let value = at_mut("inputs", value, index)?;
                let (range, before) = (1i64 << declared.bits, *value);
                let outside = [before + range, before - range, range / 2, -range / 2 - 1, 1 << 40];
                for other in outside {
                    assignment.inputs[tensor][index] = other;
                    let wires = honest::run(circuit, &assignment)?;
                    self.judge(&wires, || format!("input {tensor}[{index}] = {other}, out of range"));
                }
                assignment.inputs[tensor][index] = if before == 0 { -1 } else { 0 };
                self.judge_with_digest(&assignment, || format!("input {tensor}[{index}] differs"))?;
            }
        }
        for byte in 0..CONTEXT_BYTES {
            if self.is_chosen()? {
                let mut assignment = honest.clone();
                assignment.context[byte] ^= 1;
                self.judge_with_digest(&assignment, || format!("context byte {byte} differs"))?;
            }
        }
        for salt in 0..honest.salts.len() {
            if self.is_chosen()? {
                let mut assignment = honest.clone();
                assignment.salts[salt] = pseudorandom(salt);
                self.judge_with_digest(&assignment, || format!("salt {salt} differs"))?;
            }
        }
        self.change_membership()
    }

    /// Secret, salt, scope, position and siblings.
    fn change_membership(&mut self) -> Result<(), AuditError> {
        let Some(member) = &self.assignment.member else { return Ok(()) };
        let mut changes: Vec<(String, Membership)> = vec![
            ("the secret differs".into(), Membership { secret: pseudorandom(1), ..member.clone() }),
            ("the salt of the member differs".into(), Membership { salt: pseudorandom(2), ..member.clone() }),
        ];
        for byte in 0..SCOPE_BYTES {
            let mut other = member.clone();
            other.scope[byte] ^= 1;
            changes.push((format!("scope byte {byte} differs"), other));
        }
        for level in 0..member.siblings.len() {
            let position = member.position ^ 1 << level;
            changes.push((
                format!("bit {level} of the position differs"),
                Membership { position, ..member.clone() },
            ));
            let mut other = member.clone();
            other.siblings[level] = pseudorandom(3 + level);
            changes.push((format!("sibling {level} differs"), other));
        }
        for (change, member) in changes {
            if self.is_chosen()? {
                let assignment = Assignment { member: Some(member), ..self.assignment.clone() };
                self.judge_with_digest(&assignment, || change.clone())?;
            }
        }
        Ok(())
    }

    /// Records whether a witness breaks a constraint.
    fn judge(&mut self, wires: &[Fr], change: impl Fn() -> String) {
        let Some(first) = wires.iter().zip(self.honest).position(|(new, old)| new != old) else { return };
        self.report.checks += 1;
        if self.circuit.r1cs.first_violation_of(wires).is_none() {
            self.record(first, &change());
        }
    }

    /// Another assignment under the honest digest.
    fn judge_with_digest(
        &mut self,
        assignment: &Assignment,
        change: impl Fn() -> String,
    ) -> Result<(), Missing> {
        if !self.circuit.has_statement() {
            return Ok(()); // A gadget alone may have any inputs.
        }
        let digest = Wire::DIGEST.index();
        let mut wires = honest::run(self.circuit, assignment)?;
        wires[digest] = self.honest[digest];
        self.judge(&wires, change);
        Ok(())
    }
}

/// Other values for a wire: integers that stay integers for the code behind them, or elements.
fn others(instruction: Instruction, integer: i64, element: Fr) -> Vec<(String, i64, Fr)> {
    use Instruction as I;
    if matches!(instruction, I::Poseidon { .. } | I::Product | I::Mask | I::Element | I::Fractions) {
        return mutations(element, 1).into_iter().map(|(name, value)| (name, 0, value)).collect();
    }
    let values = integer_mutations(integer).into_iter();
    values.map(|value| (format!("{value} in place of {integer}"), value, Fr::from(value))).collect()
}
