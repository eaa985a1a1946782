//! The advice sweep: wrong hints, with everything after them recomputed.

use ark_bn254::Fr;
use ark_ff::{One, Zero};

use super::{Allowed, Columns, Escape, Report, escape, mutations, pseudorandom};
use crate::circuit::{Assignment, Circuit};
use crate::error::SolveError;
use crate::linear::Wire;
use crate::program::{Instruction, Machine, WitnessProgram};

/// Lies, one at a time, and continues honestly from there:
/// - each wire that an instruction writes gets other values;
/// - each operand that a hint or product reads is off by a little or a lot (all hints about one
///   operand are off together, so that they agree with each other);
/// - each input is out of its range;
/// - inputs, context and salts differ from those of the digest, which is kept.
///
/// Every one of these must break a constraint, unless it changes no wire.
pub fn advice_sweep(
    circuit: &Circuit,
    assignment: &Assignment,
    allow: &[Allowed<'_>],
) -> Result<Report, SolveError> {
    let program = &circuit.program;
    let honest = program.run(assignment)?.values;
    let audit = Audit { circuit, assignment, columns: Columns::new(&circuit.r1cs), honest };
    let mut report = Report { wires: audit.honest.len().saturating_sub(1), ..Report::default() };
    audit.wires(&mut report);
    audit.operands(&mut report);
    audit.roots(&mut report);
    Ok(report.settle(allow))
}

struct Audit<'a> {
    circuit: &'a Circuit,
    assignment: &'a Assignment,
    columns: Columns,
    honest: Vec<Fr>,
}

const OFFSETS: [i64; 12] = [1, -1, 2, -2, 3, 128, -128, 1 << 15, -(1 << 15), 1 << 24, -(1 << 31), 1 << 40];

impl Audit<'_> {
    /// Records whether `wires`, if it differs from the honest witness, breaks a constraint.
    fn judge(&self, report: &mut Report, wires: &[Fr], change: impl Fn() -> String) {
        let Some(first) = wires.iter().zip(&self.honest).position(|(new, old)| new != old) else {
            return;
        };
        report.checks += 1;
        let r1cs = &self.circuit.r1cs;
        // The constraints of the first changed wire are the likeliest to break: look there first.
        let broken = |row: usize| {
            r1cs.evaluate(&r1cs.a, row, wires) * r1cs.evaluate(&r1cs.b, row, wires)
                != r1cs.evaluate(&r1cs.c, row, wires)
        };
        let caught = self.columns.of(first).iter().any(|entry| broken(entry.row))
            || r1cs.first_violation_of(wires).is_some();
        if !caught {
            report.escapes.push(self.escape(first, change()));
        }
    }

    fn escape(&self, wire: usize, change: String) -> Escape {
        escape(&self.circuit.r1cs, &self.columns, wire, change)
    }

    fn wires(&self, report: &mut Report) {
        let program = &self.circuit.program;
        let mut honest = Machine::new(program);
        for (position, &instruction) in program.instructions.iter().enumerate() {
            let start = honest.elements.len();
            honest.step(instruction, self.assignment);
            if is_root(instruction) {
                continue;
            }
            for wire in start..honest.elements.len() {
                let is_element = matches!(instruction, Instruction::Poseidon { .. })
                    || (instruction == Instruction::IsZero && wire + 1 == honest.elements.len());
                for (change, integer, element) in
                    lies(honest.integers[wire], honest.elements[wire], is_element)
                {
                    let mut machine = honest.clone();
                    machine.integers[wire] = integer;
                    machine.elements[wire] = element;
                    for &later in &program.instructions[position + 1..] {
                        machine.step(later, self.assignment);
                    }
                    let change = || format!("instruction {position} ({instruction:?}): {change}");
                    self.judge(report, &machine.elements, change);
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
                Instruction::Bits { .. } | Instruction::Quotient { .. } | Instruction::Regions { .. }
            );
            for _ in 0..instruction.integer_operands() {
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
                let mut machine = Machine::new(&lying);
                for &instruction in &lying.instructions {
                    machine.step(instruction, self.assignment);
                }
                self.judge(report, &machine.elements, || format!("operands {group:?} off by {offset}"));
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
                    self.judge(report, &wires, || format!("input {tensor}[{index}] = {lie}, out of range"));
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

    /// Another assignment under the honest digest.
    fn judge_with_digest(&self, report: &mut Report, assignment: &Assignment, change: String) {
        let digest = Wire::DIGEST.index();
        if self.columns.of(digest).is_empty() {
            return; // A gadget alone, without a statement.
        }
        let mut wires = run_unchecked(&self.circuit.program, assignment);
        wires[digest] = self.honest[digest];
        self.judge(report, &wires, || change.clone());
    }
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
    let mut machine = Machine::new(program);
    for &instruction in &program.instructions {
        machine.step(instruction, assignment);
    }
    if machine.elements.is_empty() {
        machine.elements.push(Fr::zero());
    }
    machine.elements
}
