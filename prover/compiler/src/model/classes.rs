//! What a classifier's classes are called. A proof is of numbers: a label that is a text stands as its position in the
//! list of classes, and a map from classes to scores as the scores in that order. The names are the model file's, beside
//! the schema and not in it: no statement commits to them.

/// The names of classes, for one output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClassNames {
    /// Names of the values 0, 1, 2, ...: the output is a label.
    Values(Vec<String>),
    /// Names of the elements: the output is a score for each class.
    Elements(Vec<String>),
}

impl ClassNames {
    /// The names, in the order of what they name.
    pub fn names(&self) -> &[String] {
        match self {
            ClassNames::Values(names) | ClassNames::Elements(names) => names,
        }
    }
}
