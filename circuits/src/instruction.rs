//! The vocabulary of witness programs: instructions, input tensors and lookup tables.

/// Most bits of an input or output value.
pub const MAX_TENSOR_BITS: u8 = assay_interface::schema::MAX_BITS;

/// One step of the witness program. `v`, `a`, `b`, `c` are the integer linear combinations that it
/// reads, in order; it writes the next wires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instruction {
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
    /// value for a function. Writes how often each entry of each table was queried.
    Count,
    /// Receives the challenge; writes the mask of the commitment.
    Mask,
    /// Writes a field linear combination: rho, where a table has two columns.
    Element,
    /// Writes the sums of all tables. Table by table, with `e = t` for the entries of a range and
    /// `e = t + rho * f(t)` for those of a function: `multiplicity / (challenge - e)` for each entry; then,
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
}

impl Entries {
    /// Number of entries.
    pub fn len(&self) -> usize {
        match self {
            Self::Range { bits } => 1usize.wrapping_shl(u32::from(*bits)),
            Self::Function { values, .. } => values.len(),
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
            Self::Range { .. } => 1,
            Self::Function { .. } => 2,
        }
    }

    /// Position of the entry with argument `x`, if there is one.
    pub(crate) fn position(&self, x: i64) -> Option<u32> {
        let lo = match self {
            Self::Range { .. } => 0,
            Self::Function { lo, .. } => *lo,
        };
        let position = x.checked_sub(lo)?;
        u32::try_from(position).ok().filter(|&position| (position as usize) < self.len())
    }

    /// Value of a function at a position.
    pub(crate) fn value(&self, position: u32) -> Option<i64> {
        match self {
            Self::Range { .. } => None,
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

    /// Wires that the fractions take.
    pub(crate) fn fractions(&self) -> usize {
        self.entries.len().saturating_add(self.queries().saturating_mul(self.entries.columns()))
    }
}
