//! What is accepted and its owner should know: a misreading that cannot be excluded, or a result that says little.
//!
//! Warnings are values: whoever shows them decides where and how.

use std::fmt;

use serde::ser::{Serialize, SerializeStruct, Serializer};

/// Something to look at before a model is trusted.
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
    /// A first column that counts the rows was left out.
    IndexColumn {
        /// Its name, which may be empty.
        column: String,
    },
    /// One sample, or several that are equal: how the model behaves is not known.
    OneSample,
    /// Features with one value in all samples: no other value will be in their domain.
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
    /// A short name that scripts may compare.
    pub fn code(&self) -> &'static str {
        match self {
            Warning::NoHeader { .. } => "no-header",
            Warning::ColumnsByPosition { .. } => "columns-by-position",
            Warning::IndexColumn { .. } => "index-column",
            Warning::OneSample => "one-sample",
            Warning::ConstantFeatures { .. } => "constant-features",
            Warning::ConstantLayer { .. } => "constant-layer",
            Warning::ConstantOutput { .. } => "constant-output",
            Warning::LargeError { .. } => "large-error",
        }
    }

    /// What to do about it.
    pub fn remedy(&self) -> &'static str {
        match self {
            Warning::NoHeader { .. } => "add a row of feature names",
            Warning::ColumnsByPosition { .. } => {
                "check the order, or export the model with `feature_names` in its metadata"
            }
            Warning::IndexColumn { .. } => "remove the column, or name it after the feature that it is",
            Warning::OneSample => "calibrate with samples that vary as real inputs do",
            Warning::ConstantFeatures { .. } => {
                "calibrate with samples in which they vary, or declare their domains"
            }
            Warning::ConstantLayer { float: FloatBehaviour::Varies(_), .. }
            | Warning::ConstantOutput { float: FloatBehaviour::Varies(_), .. }
            | Warning::LargeError { .. } => {
                "allow a smaller error, or bound the decisions that may flip; if the output format is fixed, choose a \
                 finer one"
            }
            Warning::ConstantLayer { float: FloatBehaviour::Constant, .. }
            | Warning::ConstantOutput { float: FloatBehaviour::Constant, .. } => {
                "check that the samples vary as real inputs do, and that the model was trained"
            }
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Warning::NoHeader { features } => write!(
                f,
                "the first row is numbers, so there is no header: it is taken as a sample, and the columns as {}",
                names(features)
            ),
            Warning::ColumnsByPosition { columns } => write!(
                f,
                "the model does not name its features: the columns are taken in their order, {}",
                names(columns)
            ),
            Warning::IndexColumn { column } => {
                write!(f, "column '{column}' counts the rows and is no feature: it is left out")
            }
            Warning::OneSample => write!(
                f,
                "the calibration data is one sample, or one sample again and again: the domain of each feature without a \
                 declared one is one point, and nothing is known about the model on other values"
            ),
            Warning::ConstantFeatures { features } => write!(
                f,
                "{} {} one value in all samples: no other will be in the domain, unless one is declared",
                names(features),
                if features.len() == 1 { "has" } else { "have" }
            ),
            Warning::ConstantLayer { layer, float: FloatBehaviour::Varies(range) } => write!(
                f,
                "layer '{layer}' gives the same integers for every sample, while the float model's values vary by up to \
                 {range:.3e}: rounding removed what it computes"
            ),
            Warning::ConstantLayer { layer, float: FloatBehaviour::Constant } => {
                write!(
                    f,
                    "layer '{layer}' gives the same values for every sample, in the float model as well"
                )
            }
            Warning::ConstantOutput { output, float: FloatBehaviour::Varies(range) } => write!(
                f,
                "output '{output}' is the same for every sample, while the float model's varies by up to {range:.3e}: \
                 a proof of it says nothing about its inputs"
            ),
            Warning::ConstantOutput { output, float: FloatBehaviour::Constant } => {
                write!(f, "output '{output}' is the same for every sample, in the float model as well")
            }
            Warning::LargeError { output, max_error, range } => write!(
                f,
                "the largest error of output '{output}', {max_error:.3e}, is {:.0}% of the {range:.3e} by which it varies",
                100.0 * max_error / range
            ),
        }
    }
}

/// For scripts: code, text and remedy.
impl Serialize for Warning {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Warning", 3)?;
        out.serialize_field("code", self.code())?;
        out.serialize_field("text", &self.to_string())?;
        out.serialize_field("remedy", self.remedy())?;
        out.end()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_that_are_serialized() {
        let all = [
            Warning::NoHeader { features: vec![] },
            Warning::ColumnsByPosition { columns: vec![] },
            Warning::IndexColumn { column: String::new() },
            Warning::OneSample,
            Warning::ConstantFeatures { features: vec![] },
            Warning::ConstantLayer { layer: String::new(), float: FloatBehaviour::Constant },
            Warning::ConstantOutput { output: String::new(), float: FloatBehaviour::Varies(1.0) },
            Warning::LargeError { output: String::new(), max_error: 1.0, range: 2.0 },
        ];
        for warning in all {
            let json = serde_json::to_value(&warning).unwrap();
            assert_eq!(json.get("code").and_then(|code| code.as_str()), Some(warning.code()));
        }
    }

    #[test]
    fn long_lists_are_cut() {
        let features = (0..20).map(|i| format!("f{i}")).collect();
        let text = Warning::ConstantFeatures { features }.to_string();
        assert!(text.starts_with("f0, f1, f2, f3, f4, f5, f6, f7 and 12 more have one value"), "{text}");
    }
}
