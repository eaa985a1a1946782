//! The builder: wires, named constraints and the witness program grow together.
//!
//! Every wire is written by exactly one instruction, in wire order, so constraints and program
//! cannot disagree about a wire. Integer wires hold non-negative integers below 2^60: small scalars
//! are what multi-scalar multiplication is fast on, and a negative value would be a full-size one.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};

use ark_bn254::Fr;
use ark_ff::One;

use crate::bounded::Bounded;
use crate::domain::Domain;
use crate::error::{BuildError, at};
use crate::instruction::{Choice, InputTensor, Instruction, MAX_TENSOR_BITS, Table};
use crate::linear::{Lc, Wire};
use crate::lookups::{Lookups, Ranges};
use crate::program::{Combinations, WitnessProgram};
use crate::r1cs::{Block, Csr, NUM_INSTANCE, R1cs};
use crate::weights::Home;

/// An input whose range is not proven yet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Open {
    /// Position among the input tensors.
    pub(crate) tensor: usize,
    /// What the value is that the wire holds, less `offset`.
    pub(crate) domain: Domain,
    /// What the wire holds of a value that is 0.
    pub(crate) offset: i64,
}

/// Builds a [`crate::Circuit`]: declare inputs, apply layers, bind the statement, finish.
#[derive(Debug)]
pub struct Builder {
    /// Which builder a value belongs to. Never part of a circuit.
    id: u64,
    pub(crate) r1cs: R1cs,
    pub(crate) program: WitnessProgram,
    /// Positions of the coefficients in `r1cs.values`.
    values: HashMap<Fr, u32>,
    /// Positions of the coefficients in `program.constants`.
    constants: HashMap<Fr, u32>,
    scopes: Vec<String>,
    /// Values of each declared input.
    pub(crate) inputs: Vec<Vec<Bounded>>,
    /// The inputs among the wires whose ranges nobody has proven yet: [`Builder::close_all`] does.
    pub(crate) open: BTreeMap<Wire, Open>,
    pub(crate) outputs: Vec<Vec<Bounded>>,
    digest_bound: bool,
    ranges: Ranges,
    lookups: Lookups,
    /// One a weight, once it is built.
    pub(crate) homes: Vec<Option<Home>>,
    /// From then on the challenge may be read.
    pub(crate) behind_challenge: bool,
}

impl Default for Builder {
    fn default() -> Self {
        Self::new()
    }
}

impl Builder {
    /// An empty circuit, whose ranges are proven by bits.
    pub fn new() -> Self {
        Self::with_ranges(Ranges::Bits)
    }

    /// An empty circuit. The integers that it computes do not depend on how it proves ranges.
    pub fn with_ranges(ranges: Ranges) -> Self {
        static NEXT_ID: AtomicU64 = AtomicU64::new(0);
        Self {
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            r1cs: R1cs { num_instance: NUM_INSTANCE, ..R1cs::default() },
            // Wire 2 is the challenge; a circuit that turns out not to need it is renumbered.
            program: WitnessProgram { num_wires: 3, ..WitnessProgram::default() },
            values: HashMap::new(),
            constants: HashMap::new(),
            scopes: Vec::new(),
            inputs: Vec::new(),
            open: BTreeMap::new(),
            outputs: Vec::new(),
            digest_bound: false,
            ranges,
            lookups: Lookups::default(),
            homes: Vec::new(),
            behind_challenge: false,
        }
    }

    /// How ranges are proven.
    pub fn ranges(&self) -> Ranges {
        self.ranges
    }

    /// Values and declaration of each input so far.
    pub(crate) fn declared_inputs(&self) -> impl ExactSizeIterator<Item = (&[Bounded], &InputTensor)> {
        self.inputs.iter().map(Vec::as_slice).zip(&self.program.inputs)
    }

    /// Runs `build` with `name` in front of the names of the constraints that it adds.
    pub fn scope<T>(&mut self, name: &str, build: impl FnOnce(&mut Self) -> T) -> T {
        self.scopes.push(name.into());
        let result = build(self);
        self.scopes.pop();
        result
    }

    /// Constraints so far, home rows of weights included.
    pub fn num_constraints(&self) -> usize {
        let homes = if self.homes.is_empty() { 0 } else { self.homes.len() + 1 };
        self.r1cs.num_constraints() + homes
    }

    /// Whether a wire of the circuit's own exists.
    pub(crate) fn has_wires(&self) -> bool {
        self.program.num_wires > Wire::CHALLENGE.0 + 1
    }

    /// Whether the statement is bound.
    pub(crate) fn has_digest(&self) -> bool {
        self.digest_bound
    }

    /// Claims the digest wire.
    pub(crate) fn claim_digest(&mut self) -> Result<(), BuildError> {
        if std::mem::replace(&mut self.digest_bound, true) {
            return Err(BuildError::StatementBoundTwice);
        }
        Ok(())
    }

    /// Declares an output tensor.
    pub(crate) fn output(&mut self, values: &[Bounded]) -> Result<(), BuildError> {
        values.iter().try_for_each(|value| self.check_owner("output", value))?;
        self.outputs.push(values.to_vec());
        Ok(())
    }

    /// What is to be looked up.
    pub(crate) fn lookups(&mut self) -> &mut Lookups {
        &mut self.lookups
    }

    /// Id of this builder, which owns its values.
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// A wire that the caller has proven to hold an integer of `[0, hi]`.
    pub(crate) fn proven(&self, wire: Wire, hi: i64) -> Bounded {
        Bounded::proven_wire(self.id, wire, hi)
    }

    /// A table of these entries, to be queried. Where two entries can be equal, a witness may share their count between both: whoever wants
    /// multiplicities to be unique sees to it that entries differ.
    pub(crate) fn combinations(&mut self, entries: &[Bounded]) -> Result<usize, BuildError> {
        entries.iter().try_for_each(|entry| self.check_owner("table of combinations", entry))?;
        Ok(self.lookups.combinations(entries))
    }

    /// Asks for a wire of this builder to have the value of one of the entries of such a table.
    pub(crate) fn query_combinations(&mut self, table: usize, wire: Wire) -> Result<(), BuildError> {
        if wire.0 >= self.program.num_wires {
            return Err(BuildError::ForeignValue { operation: "query of combinations" });
        }
        let scope = self.scopes();
        self.lookups.query_combinations(scope, table, wire)
    }

    /// The table of a function of this builder.
    pub(crate) fn table_of(&mut self, function: usize) -> Result<u32, BuildError> {
        self.lookups.use_function(function, &mut self.program.tables)
    }

    /// Whether a function is looked up already, so that rho is paid for.
    pub(crate) fn has_functions(&self) -> bool {
        !self.program.tables.is_empty()
    }

    /// The scopes that new constraints are named after.
    pub(crate) fn scopes(&self) -> String {
        self.scopes.join("/")
    }

    /// The tables of the circuit.
    pub(crate) fn tables(&mut self) -> &mut Vec<Table> {
        &mut self.program.tables
    }

    /// One new wire for an integer.
    pub(crate) fn integer_wire(&mut self) -> Result<Wire, BuildError> {
        let wire = Wire(self.program.num_wires);
        self.program.num_wires =
            self.program.num_wires.checked_add(1).ok_or(BuildError::TooLarge { what: "wires" })?;
        Ok(wire)
    }

    /// One new wire for a field element.
    pub(crate) fn element_wire(&mut self) -> Result<Wire, BuildError> {
        self.integer_wire()
    }

    /// Fails on a value of another builder.
    pub(crate) fn check_owner(&self, operation: &'static str, value: &Bounded) -> Result<(), BuildError> {
        if value.owner().is_none_or(|owner| owner == self.id) {
            return Ok(());
        }
        Err(BuildError::ForeignValue { operation })
    }

    /// The next wire, as an integer that the caller proves to be in `[0, hi]`.
    pub(crate) fn bounded_wire(&mut self, hi: i64) -> Result<Bounded, BuildError> {
        Ok(Bounded::proven_wire(self.id, self.integer_wire()?, hi))
    }

    /// Appends an instruction and the integer combinations that it reads.
    pub(crate) fn instruct(
        &mut self,
        instruction: Instruction,
        operands: &[&Bounded],
    ) -> Result<(), BuildError> {
        debug_assert_eq!(operands.len(), self.program.integer_operands(instruction));
        operands.iter().try_for_each(|operand| self.check_owner("instruction", operand))?;
        if instruction == Instruction::Salt {
            self.program.salts += 1;
        }
        self.program.instructions.push(instruction);
        operands.iter().try_for_each(|operand| push_integer(&mut self.program.integers, operand))
    }

    /// Names a box that holds of these entries; the wires that say which, and what it is: see [`Choice`]. Nothing is proven of them.
    pub(crate) fn choose(&mut self, choice: Choice, entries: &[Bounded]) -> Result<Vec<Wire>, BuildError> {
        let position = u32::try_from(self.program.choices.len());
        let position = position.map_err(|_| BuildError::TooLarge { what: "choices" })?;
        let wires = choice.wires();
        self.program.choices.push(choice);
        self.instruct(Instruction::Choose { choice: position }, &entries.iter().collect::<Vec<_>>())?;
        (0..wires).map(|_| self.integer_wire()).collect()
    }

    /// Appends an instruction and integer combinations that are no [`Bounded`]: the queries of all
    /// tables, which need no interval.
    pub(crate) fn instruct_raw<'a>(
        &mut self,
        instruction: Instruction,
        operands: impl IntoIterator<Item = &'a [(Wire, i64)]>,
    ) -> Result<(), BuildError> {
        self.program.instructions.push(instruction);
        let integers = &mut self.program.integers;
        operands.into_iter().try_for_each(|operand| {
            integers.terms.extend(operand.iter().map(|&(wire, c)| (wire.0, c)));
            close(integers)
        })
    }

    /// Appends an instruction and the field combinations that it reads.
    pub(crate) fn instruct_elements(
        &mut self,
        instruction: Instruction,
        operands: &[Lc],
    ) -> Result<(), BuildError> {
        // A wire that does not exist yet; the digest, which is known last; the challenge, too early.
        let unknown = |&(wire, _): &(Wire, Fr)| {
            let early = wire == Wire::CHALLENGE && !self.behind_challenge;
            wire.0 >= self.program.num_wires || wire == Wire::DIGEST || early
        };
        if operands.iter().any(|operand| operand.terms().iter().any(unknown)) {
            return Err(BuildError::ForeignValue { operation: "poseidon" });
        }
        self.program.instructions.push(instruction);
        for operand in operands {
            for &(wire, c) in operand.terms() {
                let index = intern(&mut self.constants, &mut self.program.constants, c)?;
                self.program.elements.terms.push((wire.0, index));
            }
            close(&mut self.program.elements)?;
        }
        Ok(())
    }

    /// Adds the constraint `a * b = c` under the name of the current scopes and `equation`.
    pub(crate) fn enforce(&mut self, equation: &str, a: &Lc, b: &Lc, c: &Lc) -> Result<(), BuildError> {
        self.name_constraint(equation)?;
        self.push_sides([a, b, c])
    }

    fn push_sides(&mut self, sides: [&Lc; 3]) -> Result<(), BuildError> {
        let matrices = [&mut self.r1cs.a, &mut self.r1cs.b, &mut self.r1cs.c];
        matrices
            .into_iter()
            .zip(sides)
            .try_for_each(|(matrix, lc)| push_row(matrix, lc, &mut self.values, &mut self.r1cs.values))
    }

    /// The combination is 0 or 1: `x * x = x` for one wire, else `x * (x - 1) = 0`, which writes a long
    /// combination twice and not three times.
    pub(crate) fn enforce_bit(&mut self, equation: &str, x: &Lc) -> Result<(), BuildError> {
        match x.terms() {
            [_] => self.enforce(equation, x, x, x),
            _ => self.enforce(equation, x, &x.minus(&Lc::constant(Fr::one())), &Lc::zero()),
        }
    }

    /// A new wire, proven to be 0 or 1. An instruction must write it.
    pub(crate) fn bit_wire(&mut self, equation: &str) -> Result<Bounded, BuildError> {
        let bit = self.bounded_wire(1)?;
        self.enforce_bit(equation, &bit.to_lc())?;
        Ok(bit)
    }

    /// A new wire `w = a * b + c`, of which the caller has proven that it lies in `[0, hi]`.
    pub(crate) fn product_wire(
        &mut self,
        equation: &str,
        a: &Bounded,
        b: &Bounded,
        c: &Bounded,
        hi: i64,
    ) -> Result<Bounded, BuildError> {
        self.instruct(Instruction::MultiplyAdd, &[a, b, c])?;
        let product = self.bounded_wire(hi)?;
        self.enforce(equation, &a.to_lc(), &b.to_lc(), &product.to_lc().minus(&c.to_lc()))?;
        Ok(product)
    }

    /// As [`Builder::enforce`], under the name of other scopes than the current ones.
    pub(crate) fn enforce_in(
        &mut self,
        scopes: &str,
        equation: &str,
        [a, b, c]: [&Lc; 3],
    ) -> Result<(), BuildError> {
        let outer = std::mem::take(&mut self.scopes);
        if !scopes.is_empty() {
            self.scopes.push(scopes.into());
        }
        let result = self.enforce(equation, a, b, c);
        self.scopes = outer;
        result
    }

    /// Takes all constraints out, to put them back behind others.
    pub(crate) fn take_rows(&mut self) -> R1cs {
        self.values = HashMap::new();
        std::mem::take(&mut self.r1cs)
    }

    /// Adds a constraint under its full name.
    pub(crate) fn put_row(&mut self, name: String, [a, b, c]: &[Lc; 3]) -> Result<(), BuildError> {
        self.start_block(name)?;
        self.push_sides([a, b, c])
    }

    /// Adds all constraints of a system whose blocks name each of them. Coefficients are numbered anew.
    pub(crate) fn put_rows(&mut self, rows: &R1cs) -> Result<(), BuildError> {
        let ends = rows.blocks.iter().skip(1).map(|block| block.start as usize);
        for (block, end) in rows.blocks.iter().zip(ends.chain([rows.num_constraints()])) {
            self.start_block(block.name.clone())?;
            for row in block.start as usize..end {
                for (matrix, from) in
                    [(&mut self.r1cs.a, &rows.a), (&mut self.r1cs.b, &rows.b), (&mut self.r1cs.c, &rows.c)]
                {
                    for (wire, coefficient) in from.row(row) {
                        let value = *at("coefficients", &rows.values, coefficient as usize)?;
                        matrix.col.push(wire);
                        matrix.coeff.push(intern(&mut self.values, &mut self.r1cs.values, value)?);
                    }
                    end_row(matrix)?;
                }
            }
        }
        Ok(())
    }

    fn name_constraint(&mut self, equation: &str) -> Result<(), BuildError> {
        let length = self.scopes.iter().map(|s| s.len() + 1).sum::<usize>() + equation.len();
        let mut name = String::with_capacity(length);
        for scope in &self.scopes {
            name.push_str(scope);
            name.push('/');
        }
        name.push_str(equation);
        self.start_block(name)
    }

    /// The next constraint has this name.
    fn start_block(&mut self, name: String) -> Result<(), BuildError> {
        let start = u32::try_from(self.r1cs.num_constraints())
            .map_err(|_| BuildError::TooLarge { what: "constraints" })?;
        if self.r1cs.blocks.last().is_none_or(|block| block.name != name) {
            self.r1cs.blocks.push(Block { name, start });
        }
        Ok(())
    }
}

/// Bits of input and output values.
pub(crate) fn check_tensor_bits(operation: &'static str, bits: u8) -> Result<(), BuildError> {
    if (1..=MAX_TENSOR_BITS).contains(&bits) {
        return Ok(());
    }
    Err(BuildError::Bits { operation, bits: bits.into(), min: 1, max: MAX_TENSOR_BITS.into() })
}

pub(crate) fn push_integer(combinations: &mut Combinations<i64>, value: &Bounded) -> Result<(), BuildError> {
    combinations.terms.extend(value.terms().iter().map(|&(wire, c)| (wire.0, c)));
    close(combinations)
}

fn close<T>(combinations: &mut Combinations<T>) -> Result<(), BuildError> {
    let end = u32::try_from(combinations.terms.len())
        .map_err(|_| BuildError::TooLarge { what: "terms of the witness program" })?;
    combinations.ptr.push(end);
    Ok(())
}

fn intern(map: &mut HashMap<Fr, u32>, values: &mut Vec<Fr>, value: Fr) -> Result<u32, BuildError> {
    let next = u32::try_from(values.len()).map_err(|_| BuildError::TooLarge { what: "coefficients" })?;
    Ok(*map.entry(value).or_insert_with(|| {
        values.push(value);
        next
    }))
}

fn push_row(
    matrix: &mut Csr,
    lc: &Lc,
    map: &mut HashMap<Fr, u32>,
    values: &mut Vec<Fr>,
) -> Result<(), BuildError> {
    for &(wire, c) in lc.terms() {
        matrix.col.push(wire.0);
        matrix.coeff.push(intern(map, values, c)?);
    }
    end_row(matrix)
}

fn end_row(matrix: &mut Csr) -> Result<(), BuildError> {
    let end =
        u32::try_from(matrix.col.len()).map_err(|_| BuildError::TooLarge { what: "nonzero entries" })?;
    matrix.row_ptr.push(end);
    Ok(())
}
