//! What is accepted and should be looked at: a table that may be misread, a result that is likely not what its owner wants.
//!
//! Warnings are values: whoever shows them decides where and how.

use std::borrow::Cow;

use serde::ser::{Serialize, SerializeStruct, Serializer};

use crate::crossings::Crossings;
use crate::quantize::QuantizeError;

/// Something to look at before a table, or a model, is trusted.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Warning {
    /// A CSV file whose first row is numbers: it is taken as a sample, and the columns in the model's order.
    NoHeader {
        /// The features, in the order that the columns were taken for.
        features: Vec<String>,
    },
    /// A model that does not name its features: the columns are taken in their order, and name them.
    ColumnsByPosition {
        /// The columns.
        columns: Vec<String>,
    },
    /// A single array of another name than the model's single input: it is taken for that.
    OtherArray {
        /// Name of the array.
        array: String,
        /// The input.
        input: String,
    },
    /// A first column that counts the rows was left out.
    IndexColumn {
        /// Its name, which may be empty.
        column: String,
    },
    /// Columns that are no feature of the model were left out.
    IgnoredColumns {
        /// Their names.
        columns: Vec<String>,
    },
    /// The float reference engine cannot run the model: no independent engine was consulted.
    Unchecked {
        /// Why it cannot.
        reason: String,
    },
    /// Rows made of the calibration data were left out of the search: with them the demands could not be met.
    GivenRowsOnly {
        /// How many rows.
        made: usize,
        /// What could not be met.
        unmet: QuantizeError,
    },
    /// More of the model's own decisions differ than one in 1,000: no format keeps them.
    Labels {
        /// How many.
        unmet: QuantizeError,
    },
    /// The error that was asked for cannot be met, and a larger one was allowed, in proportion to the outputs.
    InProportion {
        /// The error that was asked for.
        max_error: f64,
        /// The one that was allowed.
        allowed: f64,
        /// How much the output that varies least varies over the calibration data.
        range: f64,
    },
    /// An output of which no certificate says that it keeps to the error that was asked for: the calibration data says so.
    Uncertified {
        /// Name of the output.
        output: String,
        /// The error that was asked for.
        max_error: f64,
        /// Why no certificate is of use.
        reason: String,
    },
    /// Rows like those of the calibration data that take another branch of a tree or a comparison than in the model.
    Crossings(Crossings),
    /// All samples are equal: nothing about the model's behaviour is known.
    OneSample {
        /// Samples, all equal.
        samples: usize,
    },
    /// A row that alone makes a feature's numbers coarse: all others are much smaller, and have as many bits less.
    CoarseByRow {
        /// The feature.
        feature: String,
        /// The row, counted from 1.
        row: usize,
        /// Its number.
        value: f64,
        /// The largest magnitude of all other rows.
        others: f64,
    },
    /// Features whose declared domain is a single value: every other value is refused.
    ConstantFeatures {
        /// Their names.
        features: Vec<String>,
    },
    /// A layer gives the same integers for every sample.
    ConstantLayer {
        /// ONNX nodes of the layer.
        layer: String,
        /// What the float model does there.
        float: FloatBehaviour,
    },
    /// An output is the same integers for every sample.
    ConstantOutput {
        /// Its name.
        output: String,
        /// What the float model does there.
        float: FloatBehaviour,
    },
    /// The error is a large part of what the output varies by.
    LargeError {
        /// Name of the output.
        output: String,
        /// Largest error.
        max_error: f64,
        /// How much the output varies over the calibration data.
        range: f64,
    },
    /// The schema has no room in an account on chain: the model cannot be registered.
    LongSchema {
        /// Bytes of the schema.
        bytes: usize,
        /// Most bytes.
        limit: usize,
        /// What takes them.
        takes: String,
        /// How to make it shorter.
        remedy: String,
    },
    /// A statement has no room in a transaction: the model cannot be registered.
    ManyLimbs {
        /// Limbs of a statement.
        limbs: usize,
        /// Most limbs.
        limit: usize,
        /// What takes them.
        takes: String,
        /// How to need fewer.
        remedy: String,
    },
}

/// What the float model does where the integer model is constant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FloatBehaviour {
    /// Its values vary, by at most this much: rounding removed it.
    Varies(f64),
    /// It is constant too.
    Constant,
}

impl Warning {
    /// A stable name for scripts.
    pub fn code(&self) -> &'static str {
        match self {
            Warning::NoHeader { .. } => "no-header",
            Warning::ColumnsByPosition { .. } => "columns-by-position",
            Warning::OtherArray { .. } => "other-array",
            Warning::IndexColumn { .. } => "index-column",
            Warning::IgnoredColumns { .. } => "ignored-columns",
            Warning::Unchecked { .. } => "unchecked",
            Warning::GivenRowsOnly { .. } => "given-rows-only",
            Warning::Labels { .. } => "labels",
            Warning::InProportion { .. } => "in-proportion",
            Warning::Uncertified { .. } => "uncertified",
            Warning::Crossings(_) => "crossings",
            Warning::OneSample { .. } => "one-sample",
            Warning::CoarseByRow { .. } => "coarse-by-row",
            Warning::ConstantFeatures { .. } => "constant-features",
            Warning::ConstantLayer { .. } => "constant-layer",
            Warning::ConstantOutput { .. } => "constant-output",
            Warning::LargeError { .. } => "large-error",
            Warning::LongSchema { .. } => "long-schema",
            Warning::ManyLimbs { .. } => "many-limbs",
        }
    }

    /// What is wrong.
    pub fn text(&self) -> String {
        match self {
            Warning::NoHeader { features } => format!(
                "the first row is numbers, so there is no header: it is taken as a sample, and the columns as {}",
                names(features)
            ),
            Warning::ColumnsByPosition { columns } => format!(
                "the model does not name its features: the columns are taken in their order, {}",
                names(columns)
            ),
            Warning::OtherArray { array, input } => {
                format!("array '{array}' is taken for '{input}', the model's only input")
            }
            Warning::IndexColumn { column } => {
                format!("column '{column}' counts the rows and is no feature: it is left out")
            }
            Warning::IgnoredColumns { columns } => match columns.as_slice() {
                [column] => format!("column '{column}' is no feature of the model: it is left out"),
                columns => {
                    format!("columns {} are no features of the model: they are left out", listed(columns))
                }
            },
            Warning::Unchecked { reason } => {
                format!("no independent engine was consulted about what the model computes: {reason}")
            }
            Warning::GivenRowsOnly { made, unmet } => format!(
                "the calibration data meets the demands, and {made} rows made of it (its features combined anew) do not: {}",
                unmet.shortly()
            ),
            Warning::Labels { unmet } => unmet.to_string(),
            Warning::InProportion { max_error, allowed, range } => format!(
                "no format keeps to an error of {max_error}: {allowed} was allowed in its place, {:.1e} of the {range:.3e} by which the \
                 output varies",
                allowed / range
            ),
            Warning::Uncertified { output, max_error, reason } => format!(
                "the error of output '{output}' is at most {max_error} on the calibration data, and not certified for other inputs: {reason}"
            ),
            Warning::Crossings(crossings) => format!(
                "{}: what they give is as far off as the branches are apart",
                crossings.text(
                    "rows like those of the calibration data (each number moved towards its neighbour)"
                )
            ),
            Warning::OneSample { samples: 1 } => "the calibration data is a single sample".into(),
            Warning::OneSample { samples } => {
                format!("all {samples} samples of the calibration data are equal")
            }
            Warning::CoarseByRow { feature, row, value, others } => format!(
                "row {row} of the calibration data has {value} for '{feature}', of which all other rows are at most {others}: the integers have \
                 room for it, and {:.0} bits less for the others",
                (value.abs() / others).log2()
            ),
            Warning::ConstantFeatures { features } => {
                let (names, has) = match features.as_slice() {
                    [feature] => (format!("feature '{feature}'"), "has a domain"),
                    features => (format!("features {}", listed(features)), "have domains"),
                };
                format!("{names} {has} of a single value: every other value will be refused")
            }
            Warning::ConstantLayer { layer, float: FloatBehaviour::Varies(range) } => format!(
                "layer '{layer}' gives the same integers for every sample, while the float model's values vary by up to \
                 {range:.3e}: rounding removed what it computes"
            ),
            Warning::ConstantLayer { layer, float: FloatBehaviour::Constant } => {
                format!("layer '{layer}' gives the same values for every sample, in the float model as well")
            }
            Warning::ConstantOutput { output, float: FloatBehaviour::Varies(range) } => format!(
                "output '{output}' is the same for every sample, while the float model's varies by up to {range:.3e}: \
                 a proof of it says nothing about its inputs"
            ),
            Warning::ConstantOutput { output, float: FloatBehaviour::Constant } => {
                format!("output '{output}' is the same for every sample, in the float model as well")
            }
            Warning::LargeError { output, max_error, range } => format!(
                "the largest error of output '{output}', {max_error:.3e}, is {:.0}% of the {range:.3e} by which it varies",
                100.0 * max_error / range
            ),
            Warning::LongSchema { bytes, limit, takes, .. } => format!(
                "the schema has {bytes} bytes, and a program on chain registers at most {limit}: {takes}"
            ),
            Warning::ManyLimbs { limbs, limit, takes, .. } => format!(
                "a statement has {limbs} limbs, and a program on chain registers models of at most {limit}: {takes}"
            ),
        }
    }

    /// What to do.
    pub fn remedy(&self) -> Cow<'static, str> {
        let remedy = match self {
            Warning::LongSchema { remedy, .. } | Warning::ManyLimbs { remedy, .. } => {
                return remedy.clone().into();
            }
            Warning::NoHeader { .. } => "put the names of the features in the first row",
            Warning::ColumnsByPosition { .. } => {
                "compare the order with the model's input, or name the features in the ONNX metadata (`feature_names`)"
            }
            Warning::OtherArray { .. } => "call the array as the model calls its input",
            Warning::IndexColumn { .. } => "save the table without its index (pandas: index=False)",
            Warning::IgnoredColumns { .. } => {
                "if they are to count, the model has to take them; else save the table without them"
            }
            Warning::Unchecked { .. } => "compare a few outputs with another engine's",
            Warning::GivenRowsOnly { .. } => {
                "expect larger errors on inputs unlike the calibration data, or allow a larger error; more samples show what to expect"
            }
            Warning::Labels { .. } => {
                "act on the scores with a margin of the error, in place of the decision, or calibrate with rows that are not on the border \
                 between two decisions; a bound of your own on the decisions that differ refuses such a model"
            }
            Warning::InProportion { .. } => {
                "act on the output with a margin of this error; for a smaller one, bring features and outputs to similar sizes inside the model \
                 (a scaler costs nothing), and name the largest error that you take"
            }
            Warning::Uncertified { .. } => {
                "take it for an estimate: inputs unlike the calibration data may be further off, by as much as the search in the report found, \
                 or more; narrower domains of features may make a certificate possible"
            }
            Warning::Crossings(Crossings { remedy: Some(remedy), .. }) => remedy.text(),
            Warning::Crossings(_) => {
                "a smaller error asks for finer features, of which fewer rows take another branch"
            }
            Warning::OneSample { .. } => "calibrate with samples that vary as real inputs do",
            Warning::CoarseByRow { .. } => {
                "if the row is a mistake, leave it out: errors become smaller, or fewer constraints do"
            }
            Warning::ConstantFeatures { .. } => {
                "calibrate with samples in which they vary, or declare their domains"
            }
            Warning::ConstantLayer { float: FloatBehaviour::Varies(_), .. }
            | Warning::ConstantOutput { float: FloatBehaviour::Varies(_), .. }
            | Warning::LargeError { .. } => {
                "allow a smaller error, or bound the decisions that may flip; if the output format is fixed, choose a finer one"
            }
            Warning::ConstantLayer { float: FloatBehaviour::Constant, .. }
            | Warning::ConstantOutput { float: FloatBehaviour::Constant, .. } => {
                "check that the samples vary as real inputs do, and that the model was trained"
            }
        };
        remedy.into()
    }
}

/// Names for a message: the first eight, and how many are left.
pub(crate) fn names(all: &[String]) -> String {
    const SHOWN: usize = 8;
    match all.get(..SHOWN) {
        Some(first) if all.len() > SHOWN => format!("{} and {} more", first.join(", "), all.len() - SHOWN),
        _ => all.join(", "),
    }
}

/// At most four names.
fn listed(names: &[String]) -> String {
    const MOST: usize = 4;
    let mut listed = names.iter().take(MOST).map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ");
    if names.len() > MOST {
        listed.push_str(&format!(" and {} more", names.len() - MOST));
    }
    listed
}

impl std::fmt::Display for Warning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text())
    }
}

impl Serialize for Warning {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Warning", 3)?;
        out.serialize_field("code", self.code())?;
        out.serialize_field("text", &self.text())?;
        out.serialize_field("remedy", &self.remedy())?;
        out.end()
    }
}
