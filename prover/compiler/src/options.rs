//! What a caller may decide about a compilation.

use std::collections::{BTreeMap, BTreeSet};

use assay_interface::member::MAX_DEPTH;

/// Widest margin: a thousand times the data's range.
const MAX_MARGIN: f64 = 1e3;
/// Largest size of a dimension.
const MAX_SIZE: usize = u32::MAX as usize;

/// An integer format: signed integers of `bits` bits, each standing for `q · 2^-scale`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    /// Bits of an element, 1 to 32.
    pub bits: u8,
    /// Binary scale.
    pub scale: i8,
}

impl Format {
    /// The interval of real numbers that the format represents.
    pub fn range(self) -> (f64, f64) {
        let (lo, hi) = crate::number::signed_range(u32::from(self.bits));
        self.reals(lo, hi)
    }

    /// The same of an element that may be missing, for which the least integer is no number.
    pub fn numbers(self) -> (f64, f64) {
        let (lo, hi) = crate::number::signed_range(u32::from(self.bits));
        self.reals(lo + 1, hi)
    }

    fn reals(self, lo: i64, hi: i64) -> (f64, f64) {
        let scale = i32::from(self.scale);
        (crate::number::dequantize(lo, scale), crate::number::dequantize(hi, scale))
    }
}

/// How a circuit proves that integers are in their ranges.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strategy {
    /// The one with the smaller product of proving time and compute units, both estimated: see [`crate::strategy`].
    #[default]
    Auto,
    /// A constraint a bit: a plain Groth16 proof.
    Bits,
    /// Digits in tables: fewer constraints, and a proof with a commitment.
    Lookup,
}

/// An input whose commitment sits in a leaf of a tree: see `assay_interface::member`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberInput {
    /// Name of the input.
    pub name: String,
    /// Depth of the tree, 1 to 32.
    pub depth: u8,
}

/// Inputs whose float32 numbers are taken as they are, each by its order key (`assay_interface::float32`), and not rounded to a grid: every
/// branch of a tree is then the one that the float model takes, for every value. Only tree ensembles, and what moves elements, may read
/// such an input; 32 bits of each feature that a tree asks for are range-checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ExactFloats {
    /// None: all are rounded.
    #[default]
    None,
    /// All inputs of floats.
    All,
    /// The inputs of these names, one at least.
    Inputs(BTreeSet<String>),
}

impl ExactFloats {
    /// Whether an input is asked for.
    pub fn is_asked(&self, input: &str) -> bool {
        match self {
            ExactFloats::None => false,
            ExactFloats::All => true,
            ExactFloats::Inputs(names) => names.contains(input),
        }
    }
}

/// The width at which hidden results saturate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Widths {
    /// So wide that none does for any input of the domain, as far as that is certain and costs less than a tenth of the constraints.
    #[default]
    Certified,
    /// So wide that none does on the calibration data and rows made of it.
    Calibrated,
}

/// Where a model's weights are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Weights {
    /// Constants of the circuit: whoever has it has the weights, and other weights are another circuit with keys of its own.
    #[default]
    Fixed,
    /// Wires of the circuit, which a commitment fixes once for many proofs: the circuit is that of an architecture and says nothing of the
    /// weights, and keys serve every model of it. See [`crate::committed`].
    Committed,
}

/// Options of [`compile`](crate::compile).
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// Largest absolute error of any output against the float model, over the calibration data. Where an output is
    /// an ArgMax, it bounds the error of the scores that are compared.
    pub max_error: f64,
    /// Largest absolute error of any output that is certified for every input of the domain whose numbers are integers of the input format;
    /// where an output is an ArgMax, of the scores that are compared. An output of which no certificate says anything keeps to `max_error`
    /// only, with a warning. Nothing is demanded if absent.
    pub max_error_certified: Option<f64>,
    /// How wide results are. A certified error is reached with what widths it takes.
    pub widths: Widths,
    /// Where no format keeps to `max_error`: the part of what the outputs vary by over the calibration data that is allowed in its place,
    /// with a warning. Of several real outputs, the one that varies least counts. 0 allows nothing else. A compiled model records the error
    /// that was allowed, and not this.
    pub of_range: f64,
    /// Name of the model in its schema, at most 32 bytes; the ONNX graph's name if absent.
    pub name: Option<String>,
    /// Format of every input, where callers hold the inputs as integers already; chosen by calibration if absent.
    pub input_format: Option<Format>,
    /// Inputs of float32 numbers that are not rounded.
    pub exact_floats: ExactFloats,
    /// Format of every real output; chosen by calibration if absent. Results outside it saturate.
    pub output_format: Option<Format>,
    /// Domain of single features, `min` and `max`; an infinite end is one that is not declared. What is not declared is the range of the
    /// calibration data, or, with a fixed input format, all that the format represents.
    pub domains: BTreeMap<String, (f64, f64)>,
    /// Part of its span by which the range of the calibration data is wider on either side, where it is a feature's domain; not across zero,
    /// where all values are on one side of it.
    pub margin: f64,
    /// Features that may be missing, beside those of which the calibration data misses some.
    pub missing: BTreeSet<String>,
    /// Names of the inputs whose values the statement commits to and does not show.
    pub commit: Vec<String>,
    /// The input, if any, of which the statement shows neither values nor commitment: it shows the root of a tree that
    /// holds the commitment, and the owner's nullifier.
    pub member: Option<MemberInput>,
    /// A decision threshold: the report counts elements of real outputs about which the integer model and the float
    /// model disagree whether they are at least this much.
    pub threshold: Option<f64>,
    /// Most decisions over the calibration data that may differ from the float model's: elements of real outputs on
    /// another side of `threshold`, other indices of an ArgMax, and other answers of a comparison. If absent, any number of the former, and
    /// of those that the model itself makes one in 1,000, over the calibration data and rows made of it, with a
    /// warning where no format keeps to that.
    pub max_flips: Option<u32>,
    /// How ranges are proven.
    pub ranges: Strategy,
    /// Where the weights are.
    pub weights: Weights,
    /// Sizes of dimensions that the file leaves free, by their symbol (`time`), or by input and position (`x:1`).
    pub shapes: BTreeMap<String, usize>,
    /// Names of the outputs that are proven, and of inner tensors that are to be outputs; all of the graph's outputs if
    /// there is none. What no chosen output needs is left out, supported or not.
    pub outputs: Vec<String>,
}

impl Default for Options {
    /// An error of at most 0.01; everything else by calibration.
    fn default() -> Self {
        Options {
            max_error: 0.01,
            max_error_certified: None,
            widths: Widths::Certified,
            of_range: 0.0,
            name: None,
            input_format: None,
            exact_floats: ExactFloats::None,
            output_format: None,
            domains: BTreeMap::new(),
            margin: 0.0,
            missing: BTreeSet::new(),
            commit: Vec::new(),
            member: None,
            threshold: None,
            max_flips: None,
            ranges: Strategy::Auto,
            weights: Weights::Fixed,
            shapes: BTreeMap::new(),
            outputs: Vec::new(),
        }
    }
}

/// An option that cannot be followed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum OptionError {
    /// The error bound is zero, negative or no number.
    #[error("max error {0} is not a positive number")]
    MaxError(f64),
    /// The margin is negative or no number.
    #[error("margin {0} is not a number from 0 to {MAX_MARGIN}")]
    Margin(f64),
    /// The part of a range is none.
    #[error("{0} of an output's range cannot be allowed as an error: a part is from 0 to 1")]
    OfRange(f64),
    /// The threshold is no number.
    #[error("threshold {0} is not a finite number")]
    Threshold(f64),
    /// Flips are bounded, and nothing is decided.
    #[error(
        "at most {0} decisions may differ, and nothing is decided: give a threshold, or a model with an ArgMax"
    )]
    NoDecision(u32),
    /// A width that statements do not carry.
    #[error("{what} format: {bits} bits, 2 to 32 are supported")]
    Bits {
        /// `input` or `output`.
        what: &'static str,
        /// Bits asked for.
        bits: u8,
    },
    /// A scale beyond those supported.
    #[error("{what} format: scale {scale}, -60 to 60 are supported")]
    Scale {
        /// `input` or `output`.
        what: &'static str,
        /// Scale asked for.
        scale: i8,
    },
    /// An input that is to be taken exactly and that the model does not have.
    #[error("input '{0}' is to be taken exactly, and the model has no such input (inputs: {1})")]
    UnknownExact(String, String),
    /// Inputs by name, and none named.
    #[error("inputs are to be taken exactly, and none is named")]
    NoExact,
    /// Numbers that are not to be rounded, and a format to round them to.
    #[error("inputs are to be taken exactly, and an input format rounds all of them: give one or the other")]
    ExactFormat,
    /// A committed input that the model does not have.
    #[error("input '{0}' is to be committed, and the model has no such input (inputs: {1})")]
    UnknownCommit(String, String),
    /// Joined columns of which a part is to be committed.
    #[error(
        "'{0}' is to be committed, and holds not all columns of its kind: give --commit {1} as well, or name the columns to be hidden"
    )]
    PartlyCommitted(String, String),
    /// A member input that the model does not have.
    #[error("input '{0}' is to be a member of a tree, and the model has no such input (inputs: {1})")]
    UnknownMember(String, String),
    /// An input that is to be committed and a member.
    #[error("input '{0}' is to be committed and a member of a tree: a member's commitment is in the tree")]
    CommittedMember(String),
    /// A tree of no levels, or of more than any.
    #[error("a tree of depth {0}, 1 to {MAX_DEPTH} are supported")]
    TreeDepth(u8),
    /// A domain for a feature that the model does not have.
    #[error("a domain is declared for '{0}', and the model has no such feature (features: {1})")]
    UnknownDomain(String, String),
    /// A feature that is to be missing, and that the model does not have.
    #[error("'{0}' may be missing, and the model has no such feature (features: {1})")]
    UnknownMissing(String, String),
    /// A feature that is to be missing, and is no real number.
    #[error(
        "'{0}' may be missing, and is an integer, a truth value or a text in the model, which are never missing"
    )]
    WholeMissing(String),
    /// A dimension of no elements, or of more than any.
    #[error("dimension '{name}' is to be {size}: 1 to {MAX_SIZE} are supported")]
    Size {
        /// Name of the dimension.
        name: String,
        /// Size asked for.
        size: usize,
    },
    /// A domain that is empty or not finite.
    #[error("the domain of '{feature}' is [{min}, {max}]")]
    Domain {
        /// Feature.
        feature: String,
        /// Its minimum.
        min: f64,
        /// Its maximum.
        max: f64,
    },
    /// Integers that do not fit an input's bits.
    #[error(
        "'{feature}' is an integer input of domain [{min}, {max}], which takes more than 32 bits: declare a narrower \
         domain, or let the model take it as a float or in larger units"
    )]
    WideInteger {
        /// Feature.
        feature: String,
        /// Its minimum.
        min: f64,
        /// Its maximum.
        max: f64,
    },
    /// A domain beyond what the fixed input format represents.
    #[error(
        "the domain [{min}, {max}] of '{feature}' is not inside [{low}, {high}], which the input format represents"
    )]
    DomainFormat {
        /// Feature.
        feature: String,
        /// Its minimum.
        min: f64,
        /// Its maximum.
        max: f64,
        /// Smallest representable value.
        low: f64,
        /// Largest representable value.
        high: f64,
    },
}

impl Options {
    /// Names of the options in which others differ.
    pub fn differences(&self, other: &Options) -> Vec<&'static str> {
        // All fields by name: one that is added must be compared.
        let Options {
            max_error,
            max_error_certified,
            widths,
            // What a model was compiled to is an error.
            of_range: _,
            name,
            input_format,
            exact_floats,
            output_format,
            domains,
            margin,
            missing,
            commit,
            member,
            threshold,
            max_flips,
            ranges,
            weights,
            shapes,
            outputs,
        } = self;
        let differ = [
            ("max error", *max_error != other.max_error),
            ("certified max error", *max_error_certified != other.max_error_certified),
            ("widths", *widths != other.widths),
            ("name", *name != other.name),
            ("input format", *input_format != other.input_format),
            ("exact floats", *exact_floats != other.exact_floats),
            ("output format", *output_format != other.output_format),
            ("domains", *domains != other.domains),
            ("margin", *margin != other.margin),
            ("missing", *missing != other.missing),
            ("commit", *commit != other.commit),
            ("member", *member != other.member),
            ("threshold", *threshold != other.threshold),
            ("max flips", *max_flips != other.max_flips),
            ("ranges", *ranges != other.ranges),
            ("weights", *weights != other.weights),
            ("shapes", *shapes != other.shapes),
            ("outputs", *outputs != other.outputs),
        ];
        differ.into_iter().filter(|(_, differ)| *differ).map(|(name, _)| name).collect()
    }

    /// Checks what does not depend on the model.
    pub(crate) fn check(&self) -> Result<(), OptionError> {
        for max_error in [Some(self.max_error), self.max_error_certified].into_iter().flatten() {
            if !(max_error > 0.0 && max_error.is_finite()) {
                return Err(OptionError::MaxError(max_error));
            }
        }
        if !(0.0..=MAX_MARGIN).contains(&self.margin) {
            return Err(OptionError::Margin(self.margin));
        }
        if !(0.0..1.0).contains(&self.of_range) {
            return Err(OptionError::OfRange(self.of_range));
        }
        if let Some(threshold) = self.threshold.filter(|threshold| !threshold.is_finite()) {
            return Err(OptionError::Threshold(threshold));
        }
        if let Some(MemberInput { name, depth }) = &self.member {
            if !(1..=MAX_DEPTH).contains(depth) {
                return Err(OptionError::TreeDepth(*depth));
            }
            if self.commit.contains(name) {
                return Err(OptionError::CommittedMember(name.clone()));
            }
        }
        if let Some((name, &size)) = self.shapes.iter().find(|(_, size)| !(1..=MAX_SIZE).contains(*size)) {
            return Err(OptionError::Size { name: name.clone(), size });
        }
        match (&self.exact_floats, self.input_format) {
            (ExactFloats::None, _) => {}
            (ExactFloats::Inputs(names), _) if names.is_empty() => return Err(OptionError::NoExact),
            (_, Some(_)) => return Err(OptionError::ExactFormat),
            (_, None) => {}
        }
        for (what, format) in [("input", self.input_format), ("output", self.output_format)] {
            let Some(Format { bits, scale }) = format else { continue };
            if !(2..=32).contains(&bits) {
                return Err(OptionError::Bits { what, bits });
            }
            if !(-60..=60).contains(&scale) {
                return Err(OptionError::Scale { what, scale });
            }
        }
        Ok(())
    }
}
