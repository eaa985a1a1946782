//! Errors, one enum a stage: building a circuit, solving it for inputs, reading it from bytes.

use thiserror::Error;

/// An index that must exist does not: a bug of this crate, or of what changed a circuit by hand. It is an error and
/// never a default value, which would be a wrong witness or a wrong constraint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("internal error: {what} has no entry {index}, there are {len}; please report this")]
pub struct Missing {
    /// What is indexed.
    pub what: &'static str,
    /// The index.
    pub index: usize,
    /// Number of entries.
    pub len: usize,
}

/// The entry of a table that must have it.
pub fn at<'a, T>(what: &'static str, table: &'a [T], index: usize) -> Result<&'a T, Missing> {
    table.get(index).ok_or(Missing { what, index, len: table.len() })
}

/// As [`at`], to be changed.
pub fn at_mut<'a, T>(what: &'static str, table: &'a mut [T], index: usize) -> Result<&'a mut T, Missing> {
    let len = table.len();
    table.get_mut(index).ok_or(Missing { what, index, len })
}

/// The entries of a table at some indices, all of which it must have.
pub fn gather<T: Clone>(
    what: &'static str,
    table: &[T],
    indices: impl IntoIterator<Item = usize>,
) -> Result<Vec<T>, Missing> {
    indices.into_iter().map(|index| at(what, table, index).cloned()).collect()
}

/// Why a circuit cannot be built. Every case is found before any input is known.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BuildError {
    /// An interval left the range in which witness integers are exact.
    #[error(
        "{operation}: the result lies in [{lo}, {hi}], beyond ±2^{LIMIT_BITS}, the range of witness integers; \
         use fewer bits for weights or activations, or requantize earlier"
    )]
    Overflow {
        /// The operation that overflowed.
        operation: &'static str,
        /// Lower end of the interval, saturated to `i128`.
        lo: i128,
        /// Upper end of the interval, saturated to `i128`.
        hi: i128,
    },
    /// A tree of no levels, or of more than any.
    #[error("member input in a tree of depth {depth}; it needs 1 to {max}")]
    TreeDepth {
        /// Depth given.
        depth: u8,
        /// The deepest.
        max: u8,
    },
    /// A second member input: the statement has one root and one nullifier.
    #[error("a second member input; a statement has at most one")]
    MemberTwice,
    /// A sliding window that does not fit its input.
    #[error("{operation}: the window spans {span} positions, the padded input has {padded}")]
    Window {
        /// The operation.
        operation: &'static str,
        /// Positions from the first to the last of a window.
        span: usize,
        /// Positions of the input with its padding.
        padded: usize,
    },
    /// A pooling window without a value.
    #[error("{operation}: window {window} along an axis sees nothing but padding; use less padding")]
    OnlyPadding {
        /// The operation.
        operation: &'static str,
        /// Position of the window.
        window: usize,
    },
    /// An index beyond the values that it selects from.
    #[error("{operation}: index {index} of {inputs} values")]
    Index {
        /// The operation.
        operation: &'static str,
        /// The index.
        index: usize,
        /// Number of values.
        inputs: usize,
    },
    /// A function has no entry for an argument.
    #[error("{function} of {argument}: {why}")]
    Function {
        /// The function.
        function: &'static str,
        /// The quantized argument.
        argument: i64,
        /// What is wrong, and what to do.
        why: &'static str,
    },
    /// What stands for a tree of an ensemble is none.
    #[error("tree {tree}, node {node}: {why}")]
    Tree {
        /// Position of the tree.
        tree: usize,
        /// Position of the node in it.
        node: usize,
        /// What is wrong.
        why: &'static str,
    },
    /// A slice has another length than the operation needs.
    #[error("{operation}: expected {expected} {what}, found {found}")]
    Length {
        /// The operation.
        operation: &'static str,
        /// What is counted.
        what: &'static str,
        /// Length that the operation needs.
        expected: usize,
        /// Length that was given.
        found: usize,
    },
    /// An operation got no values at all.
    #[error("{operation}: needs at least one value")]
    Empty {
        /// The operation.
        operation: &'static str,
    },
    /// A range whose lower end is above its upper end.
    #[error("{operation}: the range [{lo}, {hi}] is empty")]
    EmptyRange {
        /// The operation.
        operation: &'static str,
        /// Lower end.
        lo: i128,
        /// Upper end.
        hi: i128,
    },
    /// A number of bits outside what the operation supports.
    #[error("{operation}: {bits} bits; it supports {min} to {max}")]
    Bits {
        /// The operation.
        operation: &'static str,
        /// Bits that were asked for.
        bits: u32,
        /// Smallest supported number.
        min: u32,
        /// Largest supported number.
        max: u32,
    },
    /// The proven interval of a value is not inside the range that the operation needs.
    #[error("{operation}: value {index} is proven to lie in [{lo}, {hi}] only; [{min}, {max}] is needed")]
    NotProven {
        /// The operation.
        operation: &'static str,
        /// Position of the value.
        index: usize,
        /// Proven lower end.
        lo: i128,
        /// Proven upper end.
        hi: i128,
        /// Needed lower end.
        min: i128,
        /// Needed upper end.
        max: i128,
    },
    /// No value of the proven interval satisfies the range that is to be asserted.
    #[error(
        "range: the value lies in [{lo}, {hi}], which does not meet [{min}, {max}]: no witness could exist"
    )]
    Unsatisfiable {
        /// Proven lower end.
        lo: i128,
        /// Proven upper end.
        hi: i128,
        /// Asserted lower end.
        min: i128,
        /// Asserted upper end.
        max: i128,
    },
    /// Poseidon takes 1 to 12 elements.
    #[error("poseidon: {found} elements; a hash takes 1 to {max}")]
    PoseidonArity {
        /// Elements given.
        found: usize,
        /// Most elements of one hash.
        max: usize,
    },
    /// Weights that are declared behind something else, or a second time.
    #[error(
        "weights are declared once, and before anything else of a circuit: their wires are the first ones"
    )]
    WeightsLate,
    /// A weight that stands in its home row already.
    #[error(
        "weight {index} stands in its one row already: copy it once, and use the copy wherever it is needed"
    )]
    WeightTwice {
        /// Position among the weights.
        index: usize,
    },
    /// A value of another circuit's builder: its interval is proven there, not here.
    #[error("{operation}: the value belongs to another builder")]
    ForeignValue {
        /// The operation.
        operation: &'static str,
    },
    /// The statement names other values, or other bits, than the input was declared with.
    #[error("statement input {index} is not the declared input `{name}`: bind its values, with its bits")]
    StatementInput {
        /// Position in the statement.
        index: usize,
        /// Name of the declared input.
        name: String,
    },
    /// The digest wire was bound a second time.
    #[error("the statement is bound already: a circuit has one digest")]
    StatementBoundTwice,
    /// The digest wire occurs in no constraint, so a proof would bind nothing.
    #[error("no statement is bound: call `bind_statement` before `finish`")]
    StatementMissing,
    /// A digest that depends on no wire.
    #[error("the digest depends on no wire: a circuit needs inputs")]
    ConstantDigest,
    /// A lookup table with fewer entries than one, or more than a circuit can hold.
    #[error("lookup table: {entries} entries; a table has 1 to {max}")]
    TableSize {
        /// Entries given.
        entries: usize,
        /// Most entries.
        max: usize,
    },
    /// More wires, constraints or terms than 32-bit indices can count.
    #[error("the circuit has more than 2^32 {what}")]
    TooLarge {
        /// What overflowed.
        what: &'static str,
    },
    /// A bug of this crate.
    #[error(transparent)]
    Internal(#[from] Missing),
}

/// Why a circuit has no witness for an assignment.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SolveError {
    /// Another number of input tensors than the circuit has.
    #[error("the circuit takes {expected} input tensors, found {found}")]
    TensorCount {
        /// Tensors of the circuit.
        expected: usize,
        /// Tensors given.
        found: usize,
    },
    /// A tensor of another length.
    #[error("input `{name}`: expected {expected} values, found {found}")]
    TensorLength {
        /// Name of the tensor.
        name: String,
        /// Its length.
        expected: usize,
        /// Length given.
        found: usize,
    },
    /// A value that its bits cannot hold.
    #[error(
        "input `{name}`, value {index}: {value} is outside [{lo}, {hi}], the range of {bits}-bit integers"
    )]
    InputRange {
        /// Name of the tensor.
        name: String,
        /// Position in the tensor.
        index: usize,
        /// The value.
        value: i64,
        /// Smallest value allowed.
        lo: i64,
        /// Largest value allowed.
        hi: i64,
        /// Bits of the tensor.
        bits: u8,
    },
    /// Another number of weights than the circuit has.
    #[error(
        "the circuit has {expected} weights, {found} were given: give those that were committed to, in their order"
    )]
    WeightCount {
        /// Weights of the circuit.
        expected: usize,
        /// Weights given.
        found: usize,
    },
    /// A weight that its bits cannot hold.
    #[error(
        "weights `{name}`, value {index}: {value} is outside [{lo}, {hi}], the range of {bits}-bit integers"
    )]
    WeightRange {
        /// Name of the tensor.
        name: String,
        /// Position in the tensor.
        index: usize,
        /// The value.
        value: i64,
        /// Smallest value allowed.
        lo: i64,
        /// Largest value allowed.
        hi: i64,
        /// Bits of the tensor.
        bits: u8,
    },
    /// Another number of salts than committed inputs.
    #[error("the circuit commits to {expected} inputs, one salt each; found {found} salts")]
    SaltCount {
        /// Committed inputs of the circuit.
        expected: usize,
        /// Salts given.
        found: usize,
    },
    /// No membership for a member input.
    #[error("the circuit has an input that is a member of a tree of depth {depth}: a membership is missing")]
    MemberMissing {
        /// Depth of the tree.
        depth: u8,
    },
    /// A membership, and no member input.
    #[error("a membership was given, and no input of the circuit is a member of a tree")]
    MemberUnexpected,
    /// A path of another length than the tree's depth.
    #[error("{found} siblings of a path in a tree of depth {depth}; it has one a level")]
    PathLength {
        /// Depth of the tree.
        depth: u8,
        /// Siblings given.
        found: usize,
    },
    /// A position that the tree does not have.
    #[error("position {position} in a tree of depth {depth}, which has positions 0 to 2^{depth} - 1")]
    Position {
        /// The position.
        position: u32,
        /// Depth of the tree.
        depth: u8,
    },
    /// The witness to complete has another number of wires than the circuit.
    #[error("the circuit has {expected} wires, the witness {found}: it belongs to another circuit")]
    WitnessLength {
        /// Wires of the circuit.
        expected: usize,
        /// Wires of the witness.
        found: usize,
    },
    /// The challenge equals a table entry or a query, so that a fraction has no value.
    #[error("the challenge is the value of a lookup: commit again with another mask")]
    ChallengeInTable,
    /// A bug of this crate.
    #[error(transparent)]
    Internal(#[from] Missing),
}

/// Why the weights of a constraint system do not stand where a commitment to them needs them: see [`crate::Weights`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum WeightsError {
    /// Wires that are not ascending private ones.
    #[error("weight {index} is wire {wire}: weights are private wires of the system, ascending")]
    Wire {
        /// Position among the weights.
        index: usize,
        /// The wire.
        wire: u32,
    },
    /// No weight at all, or no mask.
    #[error("{0} wires: there is at least one weight, and the mask behind it")]
    Count(usize),
    /// A weight that does not stand in its home row with the coefficient 1.
    #[error(
        "weight {index}, wire {wire}, does not stand in A of constraint {index}, its home row, with coefficient 1"
    )]
    Home {
        /// Position among the weights, and its home row.
        index: usize,
        /// The wire.
        wire: u32,
    },
    /// A weight that stands anywhere else.
    #[error(
        "weight {index}, wire {wire}, stands in {matrix} of constraint {row} as well: it may stand in its home row alone"
    )]
    Elsewhere {
        /// Position among the weights.
        index: usize,
        /// The wire.
        wire: u32,
        /// The matrix.
        matrix: &'static str,
        /// The constraint.
        row: usize,
    },
    /// A mask whose value matters.
    #[error(
        "constraint {0} holds the weights' mask and something else: the mask may be anything, so nothing may depend on it"
    )]
    Mask(usize),
    /// A weight that lookups commit to as well.
    #[error(
        "weight {index}, wire {wire}, is among the wires that lookups commit to: it would be free in every proof"
    )]
    Committed {
        /// Position among the weights.
        index: usize,
        /// The wire.
        wire: u32,
    },
}

/// Why bytes are not a circuit or a witness.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// The bytes start with another tag.
    #[error("not the bytes of a {what}")]
    Tag {
        /// What was to be read.
        what: &'static str,
    },
    /// A version that this code does not know.
    #[error("{what} version {found}; this program reads versions up to {supported}")]
    Version {
        /// What was to be read.
        what: &'static str,
        /// Version found.
        found: u16,
        /// Newest version supported.
        supported: u16,
    },
    /// The bytes end inside a field.
    #[error("truncated: {field} needs {needed} bytes, {left} are left")]
    Truncated {
        /// Field that was being read.
        field: &'static str,
        /// Bytes it needs.
        needed: u64,
        /// Bytes left.
        left: usize,
    },
    /// Bytes remain after the last field.
    #[error("{left} bytes follow the end")]
    Trailing {
        /// Bytes left.
        left: usize,
    },
    /// An index beyond what it indexes.
    #[error("{field}: index {index} is not below {limit}")]
    Index {
        /// Field that holds the index.
        field: &'static str,
        /// The index.
        index: u64,
        /// Bound that it must stay below.
        limit: u64,
    },
    /// A field element at or above the modulus.
    #[error("{field}: element {index} is not below the field's modulus")]
    NotCanonicalElement {
        /// Field that holds the element.
        field: &'static str,
        /// Its position.
        index: usize,
    },
    /// The same circuit has another, canonical encoding.
    #[error("{field}: not the canonical encoding ({rule})")]
    NotCanonical {
        /// The field.
        field: &'static str,
        /// The rule that is broken.
        rule: &'static str,
    },
    /// A number outside its range.
    #[error("{field}: {value} is outside [{min}, {max}]")]
    Range {
        /// The field.
        field: &'static str,
        /// The value.
        value: u64,
        /// Smallest value allowed.
        min: u64,
        /// Largest value allowed.
        max: u64,
    },
    /// A name that is not UTF-8.
    #[error("{field}: not UTF-8")]
    Utf8 {
        /// The field.
        field: &'static str,
    },
    /// An unknown instruction.
    #[error("instruction {position}: unknown operation {operation}")]
    UnknownInstruction {
        /// Position in the program.
        position: usize,
        /// Operation byte.
        operation: u8,
    },
    /// Weights that do not stand where a commitment to them needs them.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// Two counts that must agree do not.
    #[error("{what}: {found}, expected {expected}")]
    Mismatch {
        /// What is counted.
        what: &'static str,
        /// Count that follows from the rest of the bytes.
        expected: u64,
        /// Count found.
        found: u64,
    },
    /// A bug of this crate.
    #[error(transparent)]
    Internal(#[from] Missing),
}
use crate::integer::LIMIT_BITS;
