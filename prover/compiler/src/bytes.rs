//! Writing and reading the payload of a compiled model: little-endian, every length checked before it is believed, and
//! whatever follows from a few bytes (tables, the places of a kernel, constraints) spent from a budget before it is made.

use assay_interface::scales::Scales;

use crate::budget::{Budget, OverBudget};

/// The payload of a `.assay` file is malformed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The bytes end inside a field.
    #[error("the compiled model ends too early, at byte {0}")]
    Truncated(usize),
    /// Bytes follow the last field.
    #[error("{0} bytes follow the compiled model")]
    Trailing(usize),
    /// A count above what the format allows.
    #[error("the compiled model has {found} {what}, at most {limit} are allowed")]
    Limit {
        /// What is counted.
        what: &'static str,
        /// The limit.
        limit: usize,
        /// The count.
        found: usize,
    },
    /// A count that contradicts another part of the file.
    #[error("the compiled model has {found} {what}, expected {expected}")]
    Count {
        /// What is counted.
        what: &'static str,
        /// Expected count.
        expected: usize,
        /// Count found.
        found: usize,
    },
    /// An index of something that does not exist or may not be read there.
    #[error("{what} {index} does not exist, is repeated, or may not be read")]
    Index {
        /// What is indexed.
        what: &'static str,
        /// The index.
        index: usize,
    },
    /// More work than a file of this length may ask for.
    #[error("the compiled model {0}")]
    Budget(#[from] OverBudget),
    /// Options of the compilation that no compilation takes.
    #[error("the options that the model was compiled with are malformed")]
    Options,
    /// A name that is not UTF-8.
    #[error("a name is not UTF-8")]
    Text,
    /// An unknown kind of feature, map, step or function.
    #[error("unknown kind of feature, map, step or function: {0}")]
    Step(u8),
    /// Integers that are stored in more bytes than they need, or in a number of bytes that no integer has.
    #[error("integers of {0} bytes each, which is not the fewest that hold them")]
    Width(u8),
    /// Parameters of a layer that its definition refuses.
    #[error("a layer is not sound: {0}")]
    Layer(assay_circuits::BuildError),
    /// A requantization that drops too many bits.
    #[error("a requantization drops {0} bits")]
    Shift(u8),
    /// Formats of weights that no registration circuit proves.
    #[error("weights of {weight_bits} bits with biases of {bias_bits}")]
    WeightFormat {
        /// Bits of a weight.
        weight_bits: u8,
        /// Bits of a bias.
        bias_bits: u8,
    },
    /// A softmax whose probabilities would have a negative scale.
    #[error("probabilities have scale {0}")]
    Scale(i8),
    /// A clamp with an empty or too wide range.
    #[error("a layer clamps to [{lo}, {hi}]")]
    Clamp {
        /// Lower bound.
        lo: i64,
        /// Upper bound.
        hi: i64,
    },
    /// An output whose scale differs from its layer's.
    #[error("an output has scale {schema}, its layer {graph}")]
    OutputScale {
        /// Scale in the schema.
        schema: Scales,
        /// Scale in the graph.
        graph: i8,
    },
    /// A feature's domain that is empty, not finite, or more than the circuit asserts.
    #[error("feature '{0}' has an empty domain, one that is not finite, or one beyond its format")]
    Domain(String),
    /// A feature name that occurs twice.
    #[error("feature '{0}' is listed twice")]
    Feature(String),
    /// Inputs of the ONNX file that are not those of the schema, or columns of them.
    #[error("input '{0}' of the ONNX file does not fit the schema, or nothing is joined")]
    FileInput(String),
    /// A claim about an output's decisions that no compilation makes of it.
    #[error(
        "what is claimed of the decisions of output '{0}' does not fit it, or the threshold among the options"
    )]
    Decision(String),
    /// Names of classes that do not fit an output.
    #[error("the names of classes of output '{0}' do not fit it")]
    Classes(String),
}

/// Collects bytes.
#[derive(Default)]
pub(crate) struct Writer(Vec<u8>);

impl Writer {
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// A count or index; every count of a compiled model fits 32 bits.
    pub fn count(&mut self, count: usize) {
        self.bytes(&u32::try_from(count).expect("a count of a compiled model fits 32 bits").to_le_bytes());
    }

    pub fn text(&mut self, text: &str) {
        self.count(text.len());
        self.bytes(text.as_bytes());
    }

    /// Signed integers in the fewest bytes that hold all of them, the number of bytes before them.
    pub fn integers(&mut self, values: &[i64]) {
        let width = width(values);
        self.bytes(&[width]);
        self.0.reserve(values.len() * usize::from(width));
        for value in values {
            self.0.extend(value.to_le_bytes().into_iter().take(usize::from(width)));
        }
    }

    pub fn finish(self) -> Vec<u8> {
        self.0
    }
}

/// The fewest of 1, 2, 4 and 8 bytes that hold all values.
fn width(values: &[i64]) -> u8 {
    // The bits that differ from the sign.
    let bits = values.iter().map(|&value| 65 - (value ^ (value >> 63)).leading_zeros()).max().unwrap_or(1);
    match bits {
        ..=8 => 1,
        9..=16 => 2,
        17..=32 => 4,
        _ => 8,
    }
}

/// Units that any compiled model may ask for. A unit is a value or a term of a linear map; see the weights below. The
/// models of this repository take 3,000 to 46,000 (`budgets.rs`).
const BASE: u64 = 1 << 24;
/// Units for each byte. LeNet by bits takes 1.3 million, 15 a byte. ResNet-20 on pictures of 32 x 32 would take 300: 41
/// million multiplications and some five million constraints for 270 thousand weights of a byte. Twice as many may, since what a hostile file costs grows with it.
const PER_BYTE: u64 = 600;
/// Units of the largest file: about 7 GiB. That is six times ResNet-20, and sixty times a million constraints.
const MOST: u64 = 1 << 29;
/// Units of a table's entry, which is enclosed to 80 bits.
pub(crate) const ENTRY: u64 = 16;
/// Units of a constraint, which takes about 100 bytes and is hashed.
pub(crate) const CONSTRAINT: u64 = 8;

/// Takes bytes apart.
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    position: usize,
    budget: Budget,
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Reader { bytes, position: 0, budget: Budget::new(bytes.len(), BASE, PER_BYTE).at_most(MOST) }
    }

    /// Spends units of work, which stand for `what`.
    pub fn spend(&mut self, what: &'static str, units: impl TryInto<u64>) -> Result<(), ReadError> {
        Ok(self.budget.spend(what, units)?)
    }

    pub fn take(&mut self, count: usize) -> Result<&'a [u8], ReadError> {
        let end = self.position.checked_add(count);
        let taken = end.and_then(|end| self.bytes.get(self.position..end));
        let taken = taken.ok_or(ReadError::Truncated(self.bytes.len()))?;
        self.position += count;
        Ok(taken)
    }

    /// `count` elements of `size` bytes.
    pub fn array(&mut self, count: usize, size: usize) -> Result<&'a [u8], ReadError> {
        self.take(count.checked_mul(size).ok_or(ReadError::Truncated(self.bytes.len()))?)
    }

    /// `count` signed integers of at most `most` bytes each.
    pub fn integers(&mut self, count: usize, most: u8) -> Result<Vec<i64>, ReadError> {
        let found = self.byte()?;
        if ![1, 2, 4, 8].contains(&found) || found > most {
            return Err(ReadError::Width(found));
        }
        let bytes = self.array(count, usize::from(found))?;
        let values: Vec<i64> = bytes
            .chunks_exact(usize::from(found))
            .map(|bytes| {
                let mut word = [0; 8];
                word.iter_mut().zip(bytes).for_each(|(slot, byte)| *slot = *byte);
                let unused = 64 - 8 * u32::from(found);
                i64::from_le_bytes(word) << unused >> unused
            })
            .collect();
        if width(&values) == found { Ok(values) } else { Err(ReadError::Width(found)) }
    }

    pub fn fixed<const N: usize>(&mut self) -> Result<[u8; N], ReadError> {
        let position = self.position;
        self.take(N)?.try_into().map_err(|_| ReadError::Truncated(position))
    }

    pub fn byte(&mut self) -> Result<u8, ReadError> {
        self.fixed().map(|[byte]| byte)
    }

    pub fn count(&mut self, what: &'static str, limit: usize) -> Result<usize, ReadError> {
        let found = u32::from_le_bytes(self.fixed()?) as usize;
        if found > limit { Err(ReadError::Limit { what, limit, found }) } else { Ok(found) }
    }

    pub fn text(&mut self) -> Result<String, ReadError> {
        let length = self.count("bytes in a name", 1 << 16)?;
        String::from_utf8(self.take(length)?.to_vec()).map_err(|_| ReadError::Text)
    }

    /// Whether all bytes have been read.
    pub fn is_empty(&self) -> bool {
        self.position == self.bytes.len()
    }

    /// Refuses bytes that are left; what is left of the budget.
    pub fn finish(self) -> Result<Budget, ReadError> {
        match self.bytes.len() - self.position {
            0 => Ok(self.budget),
            rest => Err(ReadError::Trailing(rest)),
        }
    }
}
