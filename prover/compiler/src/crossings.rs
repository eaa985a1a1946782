//! How many rows take another branch of a tree or a comparison because a feature is rounded, and what makes them take the model's.

/// Rows that take another branch than in the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crossings {
    /// How many.
    pub rows: usize,
    /// Of so many that were tried.
    pub of: usize,
    /// What rounds no feature that is compared, where that is known.
    pub remedy: Option<Remedy>,
}

/// How a model's features can be compared as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// By the option.
    Option,
    /// By the option, once the model has inputs of `float32` in place of other floats.
    SinglePrecision,
    /// By the option for some inputs, once what is computed with otherwise comes in inputs of its own.
    OwnInputs,
}

impl Remedy {
    /// What to do.
    pub fn text(self) -> &'static str {
        match self {
            Remedy::Option => "--exact-floats rounds no feature, so that every branch is the model's",
            Remedy::SinglePrecision => {
                "export the model with float32 inputs (train and export with columns of float32), and --exact-floats rounds none, so that \
                 every branch is the model's"
            }
            Remedy::OwnInputs => {
                "give the features that are compared an input of float32 of their own, which nothing else reads, and --exact-floats=INPUT \
                 rounds none of them"
            }
        }
    }
}

impl Crossings {
    /// In a sentence.
    pub(crate) fn text(&self, rows: &str) -> String {
        let take = if self.rows == 1 { "takes" } else { "take" };
        format!("{} of {} {rows} {take} another branch because a feature is rounded", self.rows, self.of)
    }
}
