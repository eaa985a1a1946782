//! The vocabulary of witness programs: instructions, input tensors and lookup tables.

/// Most bits of an input or output value.
pub const MAX_TENSOR_BITS: u8 = assay_interface::schema::MAX_BITS;

/// One step of the witness program. `v`, `a`, `b`, `c` are the integer linear combinations that it
/// reads, in order; it writes the next wires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instruction {
    /// Writes the weights, signed, then their mask, which is zero until the prover fills it in. The first instruction of a
    /// program that has weights.
    Weights,
    /// Writes the next input tensor, each value offset to be non-negative: `value + 2^(bits-1)`.
    Input,
    /// Writes the context as two 128-bit integers, the high half first.
    Context,
    /// Writes the next salt.
    Salt,
    /// Writes the membership: secret, salt, both halves of the scope, each bit of the position from the lowest, each sibling
    /// from the lowest.
    Member {
        /// Depth of the tree.
        depth: u8,
    },
    /// Writes the product of two field linear combinations.
    Product,
    /// Writes bits `from`, `from + 1`, ..., `from + count - 1` of `v` in two's complement.
    Bits {
        /// Lowest bit.
        from: u8,
        /// Number of bits, one wire each.
        count: u8,
    },
    /// Writes `floor(v / 2^shift)`.
    Quotient {
        /// Bits dropped.
        shift: u8,
    },
    /// Writes `a * b + c`.
    MultiplyAdd,
    /// Writes `[v = 0]`, an integer, then `1 / v` as an element, 0 where `v = 0`.
    IsZero,
    /// Writes the largest of several combinations.
    Maximum {
        /// How many it reads.
        count: u8,
    },
    /// Writes digits of `v` in base `2^width`: digit `i` is bits `from + i * width` and on.
    Limbs {
        /// Lowest bit.
        from: u8,
        /// Bits of a digit.
        width: u8,
        /// Number of digits, one wire each.
        count: u8,
    },
    /// Writes the function of a table at `v`, less its smallest value; 0 outside its domain.
    Apply {
        /// Position in [`WitnessProgram::tables`], a function.
        table: u32,
    },
    /// Reads the entries of a [`Choice`], names its first box that holds of them, and writes that down: see there.
    Choose {
        /// Position in [`WitnessProgram::choices`](crate::WitnessProgram::choices).
        choice: u32,
    },
    /// With `h = floor(v / 2^shift)`, writes `inside = [h = 0]`, `negative = [h < 0]`, and the
    /// `tail` low bits of `h + negative * (2^tail + 1) - (1 - inside)`.
    Regions {
        /// Bits dropped.
        shift: u8,
        /// Bits of the tail, one wire each.
        tail: u8,
    },
    /// Writes the S-box wires of the hash of `arity` field linear combinations.
    Poseidon {
        /// Number of elements hashed.
        arity: u8,
        /// Where the hash itself goes.
        output: HashOutput,
    },
    /// Reads the queries of all tables, table by table: one combination for a range, argument and
    /// value for a function; of a table of combinations its entries, then a combination a query. Writes how often each entry of each table was queried.
    Count,
    /// Receives the challenge; writes the mask of the commitment.
    Mask,
    /// Writes a field linear combination: rho, where a table has two columns.
    Element,
    /// Writes the sums of all tables. Table by table, with `e = t` for the entries of a range and
    /// `e = t + rho * f(t)` for those of a function, the combinations themselves where those are the entries: `multiplicity / (challenge - e)` for each entry; then,
    /// for each query, `rho * value` (functions only) and `1 / (challenge - query)`.
    Fractions,
}

/// What becomes of a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HashOutput {
    /// It is a linear combination of the last S-box wires.
    Linear,
    /// It is the digest wire, which stands in for the last S-box wire.
    Digest,
}

/// An input tensor as the circuit declares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputTensor {
    /// Name, for messages.
    pub name: String,
    /// Number of values.
    pub len: u32,
    /// Bits of each value, signed.
    pub bits: u8,
}

/// Boxes over some integers, of which a prover names one that holds of them.
///
/// Entry `g` of `m` is an integer `e_g` with `e_g mod m = g`. A literal `k` says that `e_g >= k`, for `g = k mod m`; a box holds if all
/// its literals do, and has a worth. Box `n` stands in row `n / columns` and column `n mod columns`.
///
/// [`Instruction::Choose`] writes `[row = i]` for each row but the first, `[column = j]` for each column but the first, then for each
/// literal of the named box `e_g` and `(e_g - k) / m`, at last its worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Number of entries.
    pub(crate) entries: u32,
    /// Literals of each box.
    pub(crate) literals: u32,
    /// Boxes in a row.
    pub(crate) columns: u32,
    /// The literals of all boxes, box by box.
    pub(crate) boxes: Vec<i64>,
    /// One a box.
    pub(crate) worth: Vec<i64>,
}

impl Choice {
    /// Rows of boxes; the last may be shorter.
    pub(crate) fn rows(&self) -> usize {
        self.worth.len().div_ceil((self.columns as usize).max(1))
    }

    /// Wires that naming a box writes.
    pub(crate) fn wires(&self) -> usize {
        let names = self.rows().saturating_sub(1) + (self.columns as usize).saturating_sub(1);
        names + 2 * self.literals as usize + 1
    }

    /// The literals of a box.
    pub(crate) fn literals_of(&self, index: usize) -> &[i64] {
        let literals = self.literals as usize;
        let start = index.saturating_mul(literals);
        self.boxes.get(start..start.saturating_add(literals)).unwrap_or_default()
    }

    /// The first box that holds of the entries; the first of all where none does: no witness follows from it.
    pub(crate) fn first(&self, entries: &[i64]) -> usize {
        let holds = |&k: &i64| self.entry(k, entries) >= k;
        (0..self.worth.len()).find(|&index| self.literals_of(index).iter().all(holds)).unwrap_or(0)
    }

    /// The entry that a literal is about.
    pub(crate) fn entry(&self, k: i64, entries: &[i64]) -> i64 {
        let position = k.rem_euclid(i64::from(self.entries).max(1));
        usize::try_from(position).ok().and_then(|position| entries.get(position)).copied().unwrap_or(0)
    }
}

/// A lookup table of a circuit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// What it holds.
    pub(crate) entries: Entries,
    /// Number of queries.
    pub(crate) queries: u32,
}

/// What a lookup table holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entries {
    /// The integers of `[0, 2^bits)`.
    Range {
        /// Bits of the largest entry.
        bits: u8,
    },
    /// The pairs `(lo + i, values[i])`.
    Function {
        /// Start of the domain.
        lo: i64,
        /// Values, of which the smallest is 0.
        values: Vec<i64>,
    },
    /// The values of integer combinations of wires, all of which the commitment binds.
    Combinations {
        /// How many.
        count: u32,
    },
}

impl Entries {
    /// Number of entries.
    pub fn len(&self) -> usize {
        match self {
            Self::Range { bits } => 1usize.wrapping_shl(u32::from(*bits)),
            Self::Function { values, .. } => values.len(),
            Self::Combinations { count } => *count as usize,
        }
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether it maps arguments to values.
    pub fn is_function(&self) -> bool {
        matches!(self, Self::Function { .. })
    }

    /// Integer combinations that a query reads.
    pub(crate) fn columns(&self) -> usize {
        match self {
            Self::Range { .. } | Self::Combinations { .. } => 1,
            Self::Function { .. } => 2,
        }
    }

    /// Integer combinations that are read before the queries: the entries, unless they are constants.
    pub(crate) fn operands(&self) -> usize {
        match self {
            Self::Range { .. } | Self::Function { .. } => 0,
            Self::Combinations { count } => *count as usize,
        }
    }

    /// Position of the entry with argument `x`, if there is one; none of what is no constant.
    pub(crate) fn position(&self, x: i64) -> Option<u32> {
        let lo = match self {
            Self::Range { .. } => 0,
            Self::Function { lo, .. } => *lo,
            Self::Combinations { .. } => return None,
        };
        let position = x.checked_sub(lo)?;
        u32::try_from(position).ok().filter(|&position| (position as usize) < self.len())
    }

    /// Value of a function at a position.
    pub(crate) fn value(&self, position: u32) -> Option<i64> {
        match self {
            Self::Range { .. } | Self::Combinations { .. } => None,
            Self::Function { values, .. } => values.get(position as usize).copied(),
        }
    }
}

impl Table {
    /// What it holds.
    pub fn entries(&self) -> &Entries {
        &self.entries
    }

    /// Number of queries.
    pub fn queries(&self) -> usize {
        self.queries as usize
    }

    /// Integer combinations that [`Instruction::Count`] reads for it.
    pub(crate) fn operands(&self) -> usize {
        self.entries.operands().saturating_add(self.queries().saturating_mul(self.entries.columns()))
    }

    /// Wires of full size: queries, `rho * value`, and fractions of entries, of which no more differ from 0 than there are queries.
    pub(crate) fn full_size(&self) -> usize {
        let queries = self.queries().saturating_mul(self.entries.columns());
        self.entries.len().min(self.queries()).saturating_add(queries)
    }

    /// Wires that the fractions take.
    pub(crate) fn fractions(&self) -> usize {
        self.entries.len().saturating_add(self.queries().saturating_mul(self.entries.columns()))
    }
}
