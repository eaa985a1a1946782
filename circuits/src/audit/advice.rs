//! The advice sweep: wrong hints, with everything after them recomputed.

use ark_bn254::Fr;
use ark_ff::One;

use super::{Allowed, Columns, Escape, RANDOMNESS, Report, audited, escape, mutations, pseudorandom};
use crate::circuit::{Assignment, Circuit};
use crate::error::SolveError;
use crate::linear::Wire;
use crate::machine::Machine;
use crate::program::{Instruction, WitnessProgram};

/// Lies, one at a time, and continues honestly from there:
/// - each wire that an instruction writes gets other values;
/// - each operand that a hint or product reads is off by a little or a lot (all hints about one
///   operand are off together, so that they agree with each other);
/// - each input is out of its range;
/// - inputs, context and salts differ from those of the digest, which is kept.
///
/// Every one of these must break a constraint, unless it changes no wire. The challenge stays the
/// same: a lie that needs another challenge is not one that the prover can choose.
pub fn advice_sweep(
    circuit: &Circuit,
    assignment: &Assignment,
    allow: &[Allowed<'_>],
) -> Result<Report, SolveError> {
    let honest = super::solve(circuit, assignment)?.values;
    let audit = Audit::new(circuit, assignment, honest);
    let mut report = Report { wires: audited(circuit).len(), ..Report::default() };
    audit.wires(&mut report);
    audit.operands(&mut report);
    audit.roots(&mut report);
    Ok(report.settle(allow))
}

struct Audit<'a> {
    circuit: &'a Circuit,
    assignment: &'a Assignment,
    columns: Columns,
    /// The constraints whose last wire this is: they can be judged once it is written.
    completed: Vec<Vec<usize>>,
    honest: Vec<Fr>,
}

const OFFSETS: [i64; 12] = [1, -1, 2, -2, 3, 128, -128, 1 << 15, -(1 << 15), 1 << 24, -(1 << 31), 1 << 40];

impl<'a> Audit<'a> {
    fn new(circuit: &'a Circuit, assignment: &'a Assignment, honest: Vec<Fr>) -> Self {
        let r1cs = &circuit.r1cs;
        let mut completed = vec![Vec::new(); r1cs.num_wires()];
        for row in 0..r1cs.num_constraints() {
            let wires =
                [&r1cs.a, &r1cs.b, &r1cs.c].into_iter().flat_map(|m| m.row(row)).map(|(wire, _)| wire);
            completed[wires.max().unwrap_or(0) as usize].push(row);
        }
        Self { circuit, assignment, columns: Columns::new(r1cs), completed, honest }
    }

    fn broken(&self, row: usize, wires: &[Fr]) -> bool {
        let r1cs = &self.circuit.r1cs;
        r1cs.evaluate(&r1cs.a, row, wires) * r1cs.evaluate(&r1cs.b, row, wires)
            != r1cs.evaluate(&r1cs.c, row, wires)
    }

    /// Runs the instructions from `position` on, behind wires of which those from `start` on may be
    /// lies, and records whether a constraint breaks. It stops at the first one that does.
    fn judge_rest(
        &self,
        report: &mut Report,
        mut machine: Machine<'_>,
        mut start: usize,
        position: usize,
        change: impl Fn() -> String,
    ) {
        let mut rest = machine.instructions(position);
        let mut changed: Option<usize> = None;
        loop {
            let written = machine.elements.len();
            let differs = |wire: &usize| machine.elements.get(*wire) != self.honest.get(*wire);
            changed = changed.or_else(|| (start..written).find(differs));
            let caught = changed.is_some()
                && self.completed[start..written]
                    .iter()
                    .flatten()
                    .any(|&row| self.broken(row, &machine.elements));
            if caught {
                report.checks += 1;
                return;
            }
            let Some((&instruction, later)) = rest.split_first() else { break };
            (start, rest) = (written, later);
            machine.step(instruction, self.assignment);
        }
        if let Some(first) = changed {
            report.checks += 1;
            report.escapes.push(self.escape(first, change()));
        }
    }

    fn escape(&self, wire: usize, change: String) -> Escape {
        escape(&self.circuit.r1cs, &self.columns, wire, change)
    }

    fn wires(&self, report: &mut Report) {
        let program = &self.circuit.program;
        let mut honest = Machine::new(program, RANDOMNESS);
        for (position, &instruction) in program.instructions.iter().enumerate() {
            let start = honest.elements.len();
            honest.step(instruction, self.assignment);
            if is_root(instruction) {
                continue;
            }
            for wire in start..honest.elements.len() {
                let is_element = writes_elements(instruction)
                    || (instruction == Instruction::IsZero && wire + 1 == honest.elements.len());
                for (change, integer, element) in
                    lies(honest.integers[wire], honest.elements[wire], is_element)
                {
                    let mut machine = honest.clone();
                    machine.integers[wire] = integer;
                    machine.elements[wire] = element;
                    let change = || format!("instruction {position} ({instruction:?}): {change}");
                    self.judge_rest(report, machine, start, position + 1, change);
                }
            }
        }
    }

    fn operands(&self, report: &mut Report) {
        let program = &self.circuit.program;
        let mut operand = 0;
        // Adjacent hints about the same operand lie together.
        let mut groups: Vec<Vec<usize>> = Vec::new();
        let mut previous_is_hint = false;
        for &instruction in &program.instructions {
            let is_hint = matches!(
                instruction,
                Instruction::Bits { .. }
                    | Instruction::Quotient { .. }
                    | Instruction::Regions { .. }
                    | Instruction::Limbs { .. }
                    | Instruction::Maximum { .. }
            );
            for _ in 0..program.integer_operands(instruction) {
                let same = |group: &Vec<usize>| {
                    group
                        .last()
                        .is_some_and(|&last| program.integers.get(last) == program.integers.get(operand))
                };
                match groups.last_mut() {
                    Some(group) if is_hint && previous_is_hint && same(group) => group.push(operand),
                    _ => groups.push(vec![operand]),
                }
                operand += 1;
            }
            previous_is_hint = is_hint;
        }
        for group in groups {
            for offset in OFFSETS {
                let lying = with_offset(program, &group, offset);
                let change = || format!("operands {group:?} off by {offset}");
                let machine = Machine::new(&lying, RANDOMNESS);
                let start = machine.elements.len();
                self.judge_rest(report, machine, start, 0, change);
            }
        }
    }

    fn roots(&self, report: &mut Report) {
        let program = &self.circuit.program;
        for (tensor, declared) in program.inputs.iter().enumerate() {
            for index in 0..declared.len as usize {
                let honest = self.assignment.inputs[tensor][index];
                let range = 1i64 << declared.bits;
                for lie in [honest + range, honest - range, range / 2, -range / 2 - 1, 1 << 40] {
                    let mut assignment = self.assignment.clone();
                    assignment.inputs[tensor][index] = lie;
                    let wires = run_unchecked(program, &assignment);
                    self.judge_whole(report, &wires, || {
                        format!("input {tensor}[{index}] = {lie}, out of range")
                    });
                }
                let mut assignment = self.assignment.clone();
                assignment.inputs[tensor][index] = if honest == 0 { -1 } else { 0 };
                self.judge_with_digest(report, &assignment, format!("input {tensor}[{index}] differs"));
            }
        }
        for byte in 0..32 {
            let mut assignment = self.assignment.clone();
            assignment.context[byte] ^= 1;
            self.judge_with_digest(report, &assignment, format!("context byte {byte} differs"));
        }
        for salt in 0..self.assignment.salts.len() {
            let mut assignment = self.assignment.clone();
            assignment.salts[salt] = pseudorandom(salt);
            self.judge_with_digest(report, &assignment, format!("salt {salt} differs"));
        }
    }

    /// Records whether a witness breaks a constraint.
    fn judge_whole(&self, report: &mut Report, wires: &[Fr], change: impl Fn() -> String) {
        let Some(first) = wires.iter().zip(&self.honest).position(|(new, old)| new != old) else { return };
        report.checks += 1;
        if self.circuit.r1cs.first_violation_of(wires).is_none() {
            report.escapes.push(self.escape(first, change()));
        }
    }

    /// Another assignment under the honest digest.
    fn judge_with_digest(&self, report: &mut Report, assignment: &Assignment, change: String) {
        if !self.circuit.has_statement() {
            return; // A gadget alone may have any inputs.
        }
        let digest = Wire::DIGEST.index();
        let mut wires = run_unchecked(&self.circuit.program, assignment);
        wires[digest] = self.honest[digest];
        self.judge_whole(report, &wires, || change.clone());
    }
}

fn writes_elements(instruction: Instruction) -> bool {
    use Instruction as I;
    matches!(instruction, I::Poseidon { .. } | I::Mask | I::Element | I::Fractions)
}

fn is_root(instruction: Instruction) -> bool {
    matches!(instruction, Instruction::Input | Instruction::Context | Instruction::Salt)
}

/// Other values for one wire: integers that stay integers for the code after them, or elements.
fn lies(integer: i64, element: Fr, is_element: bool) -> Vec<(String, i64, Fr)> {
    if is_element {
        return mutations(element, 1).into_iter().map(|(name, value)| (name, 0, value)).collect();
    }
    let mut values: Vec<i64> = OFFSETS.iter().map(|offset| integer.wrapping_add(*offset)).collect();
    values.extend([0, 1, 1i64.wrapping_sub(integer), integer.wrapping_neg(), integer << 1, integer ^ 1]);
    let to_element = |value: i64| if value == 1 { Fr::one() } else { Fr::from(value) };
    values
        .into_iter()
        .map(|value| (format!("{value} in place of {integer}"), value, to_element(value)))
        .collect()
}

/// The program with the constant of some operands changed.
fn with_offset(program: &WitnessProgram, operands: &[usize], offset: i64) -> WitnessProgram {
    let mut lying = program.clone();
    lying.integers = Default::default();
    for i in 0..program.integers.len() {
        let mut terms = program.integers.get(i).to_vec();
        if operands.contains(&i) {
            match terms.first_mut() {
                Some((0, constant)) => *constant = constant.wrapping_add(offset),
                _ => terms.insert(0, (0, offset)),
            }
        }
        lying.integers.terms.extend(terms);
        lying.integers.ptr.push(u32::try_from(lying.integers.terms.len()).unwrap_or(u32::MAX));
    }
    lying
}

fn run_unchecked(program: &WitnessProgram, assignment: &Assignment) -> Vec<Fr> {
    let mut machine = Machine::new(program, RANDOMNESS);
    for &instruction in &program.instructions {
        machine.step(instruction, assignment);
    }
    machine.elements
}
