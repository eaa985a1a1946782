//! A cell of a table: a number, or text that may stand for a number, a category, or nothing.

use crate::model::Categories;

/// One value of a table as its file has it.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// A number.
    Number(f64),
    /// A number, or a truth value as NumPy and pandas write it, that is written in another way than the shortest one: `007`
    /// may be a name.
    Written(Box<str>),
    /// Text.
    Text(Box<str>),
}

/// What a column's cells are read as.
#[derive(Clone, Copy, Debug)]
pub(super) enum Reading<'a> {
    /// Numbers.
    Number,
    /// Numbers, of which one, or NaN, stands for what is missing: for NaN, and for a cell that is empty.
    NumberOr(f64),
    /// Numbers of single precision: the nearest one, which may be infinite.
    Single,
    /// The same, of which one, or NaN, stands for what is missing.
    SingleOr(f64),
    /// Values of a set.
    Category(&'a Categories),
}

/// A cell that is not what its column is read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Misread {
    /// No number.
    NotANumber,
    /// NaN or an infinity.
    NotFinite,
    /// No value of the set.
    NoCategory,
}

impl Cell {
    /// A cell of a text file.
    pub(super) fn of_text(text: &str) -> Cell {
        match number(text) {
            Some(number) if number.to_string() == text => Cell::Number(number),
            Some(_) => Cell::Written(text.into()),
            None => Cell::Text(text.into()),
        }
    }

    /// The number that the cell stands for.
    pub fn number(&self) -> Option<f64> {
        match self {
            Cell::Number(number) => Some(*number),
            Cell::Written(text) => number(text),
            Cell::Text(_) => None,
        }
    }

    /// What stands in the cell.
    pub fn text(&self) -> String {
        match self {
            Cell::Number(number) => number.to_string(),
            Cell::Written(text) | Cell::Text(text) => text.to_string(),
        }
    }

    /// Whether nothing stands in the cell: NaN, no text, or what pandas, spreadsheets and JSON write in its place.
    pub(super) fn is_missing(&self) -> bool {
        match self {
            Cell::Text(text) => matches!(text.as_ref(), "" | "NA" | "N/A" | "None" | "NULL" | "null"),
            cell => cell.number().is_some_and(f64::is_nan),
        }
    }

    /// The infinity that a text names: JSON has no other way.
    fn infinity(&self) -> Option<f64> {
        match self {
            Cell::Text(text) => {
                text.parse().ok().filter(|number: &f64| number.is_infinite() && !is_digit_in(text))
            }
            _ => None,
        }
    }

    /// The value that a model takes for it.
    pub(super) fn read(&self, reading: Reading<'_>) -> Result<f64, Misread> {
        match reading {
            Reading::Number => match self.number() {
                Some(number) if number.is_finite() => Ok(number),
                Some(_) => Err(Misread::NotFinite),
                None => Err(Misread::NotANumber),
            },
            Reading::Single => match self.number().or_else(|| self.infinity()) {
                Some(number) if number.is_nan() => Err(Misread::NotFinite),
                Some(number) => Ok(f64::from(number as f32)),
                None => Err(Misread::NotANumber),
            },
            Reading::NumberOr(missing) | Reading::SingleOr(missing) if self.is_missing() => Ok(missing),
            Reading::NumberOr(_) => self.read(Reading::Number),
            Reading::SingleOr(_) => self.read(Reading::Single),
            Reading::Category(categories) => {
                categories.index(&self.text()).map(|index| index as f64).ok_or(Misread::NoCategory)
            }
        }
    }
}

/// A number, or a truth value: `True` and `False` are 1 and 0.
fn number(text: &str) -> Option<f64> {
    match text {
        "True" | "true" => Some(1.0),
        "False" | "false" => Some(0.0),
        _ => text.parse().ok(),
    }
}

/// Whether a text is more than a word.
fn is_digit_in(text: &str) -> bool {
    text.contains(|letter: char| letter.is_ascii_digit())
}

impl From<f64> for Cell {
    fn from(number: f64) -> Self {
        Cell::Number(number)
    }
}
