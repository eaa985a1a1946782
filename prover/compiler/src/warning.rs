//! What is accepted and its owner should know: a misreading that cannot be excluded, or a result that says little.
//!
//! Warnings are values: whoever shows them decides where and how.

use std::fmt;

use serde::Serialize;

/// Something to look at before a model is trusted.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "code", rename_all = "kebab-case")]
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
    /// A domain from one sample alone: no other value will be in it.
    OneSample,
    /// Features with one value in all samples: no other value will be in their domain.
    ConstantFeatures {
        /// Their names.
        features: Vec<String>,
    },
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
                "one sample is no range of values: the domain of each feature without a declared one is one point"
            ),
            Warning::ConstantFeatures { features } => write!(
                f,
                "{} {} one value in all samples: no other will be in the domain, unless one is declared",
                names(features),
                if features.len() == 1 { "has" } else { "have" }
            ),
        }
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
