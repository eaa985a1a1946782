//! Text inputs: the values that a model knows.

/// The values of a text input, each standing as its position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Categories {
    /// The known values.
    pub names: Vec<String>,
    /// What becomes of any other value.
    pub unknown: Unknown,
}

/// What becomes of a value that a model does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// It is refused.
    Refused,
    /// It stands as the number of known values: the model has an answer for it.
    Taken,
}

impl Categories {
    /// The integer that stands for a text, or `None` where it is refused.
    pub fn index(&self, text: &str) -> Option<usize> {
        let known = self.names.iter().position(|name| name == text);
        known.or_else(|| (self.unknown == Unknown::Taken).then_some(self.names.len()))
    }

    /// The largest integer that stands for a text.
    pub fn last(&self) -> usize {
        match self.unknown {
            Unknown::Refused => self.names.len().saturating_sub(1),
            Unknown::Taken => self.names.len(),
        }
    }
}
