//! A table as its file labels it, and what it is arranged for.

use std::collections::{BTreeMap, BTreeSet};

use super::cell::{Cell, Reading};
use crate::model::Categories;
use crate::warning::Warning;

/// Rows of values, labelled the way their file labels them.
#[derive(Clone, Debug, PartialEq)]
pub enum Table {
    /// Columns with feature names (CSV, JSON objects).
    Columns {
        /// Feature names.
        names: Vec<String>,
        /// Rows of as many values.
        rows: Vec<Vec<Cell>>,
        /// Whether the order of the columns says anything.
        order: ColumnOrder,
    },
    /// Rows of numbers in the model's own order (`.npy`, JSON arrays).
    Rows(Vec<Vec<f64>>),
    /// The same with text in them (JSON arrays).
    Mixed(Vec<Vec<Cell>>),
    /// Rows of a CSV file that seems to have no header: nothing says in which order.
    Headerless(Vec<Vec<Cell>>),
    /// One array for each name, its first dimension counting the samples: input tensors (`.npz`, JSON by tensor), or
    /// columns.
    Tensors(Vec<(String, Vec<Vec<Cell>>)>),
    /// A list for each input tensor in the model's order, of one sample or several (JSON under the key `input_data`).
    Inputs(Vec<Vec<Cell>>),
}

/// Whether the order of a table's columns is its author's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnOrder {
    /// It is: for a model that does not name its features, it is the order of its input elements.
    Meant,
    /// It is not: JSON objects that have their keys in different orders.
    Arbitrary,
}

/// A table in the order of a model's features.
#[derive(Clone, Debug, PartialEq)]
pub struct Arranged {
    /// The samples: numbers, and the positions of categories.
    pub rows: Vec<Vec<f64>>,
    /// A name for each element: the signature's, or the table's where the signature has none of its own.
    pub names: Vec<String>,
    /// What was taken for granted.
    pub warnings: Vec<Warning>,
}

/// The names a table is matched against: a model's inputs.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Signature<'a> {
    /// Name and number of elements of each input tensor.
    pub inputs: Vec<(&'a str, usize)>,
    /// A name for each element of all inputs.
    pub features: &'a [String],
    /// Whether the model itself names its features; if not, a table's own column names stand.
    pub named: FeatureNames,
    /// The values of the elements that are text, by the element's position.
    pub categories: BTreeMap<usize, &'a Categories>,
    /// What stands for missing values of the elements that may be missing, by the element's position: a number, or NaN.
    pub missing: BTreeMap<usize, f64>,
    /// Positions of the elements that are numbers of single precision as they are, infinities among them: others are rounded to those.
    pub singles: BTreeSet<usize>,
    /// Rows of a sample: the first dimension of all inputs.
    pub batch: usize,
}

/// Where a model's feature names come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeatureNames {
    /// The model's metadata, or an earlier compilation: a table must have these columns.
    Declared,
    /// Made from tensor names: the columns of a table are taken in their order.
    Derived,
}

impl<'a> Signature<'a> {
    /// Of a model whose inputs are numbers.
    pub fn new(inputs: Vec<(&'a str, usize)>, features: &'a [String], named: FeatureNames) -> Self {
        Signature {
            inputs,
            features,
            named,
            categories: BTreeMap::new(),
            missing: BTreeMap::new(),
            singles: BTreeSet::new(),
            batch: 1,
        }
    }

    /// What the cells of a feature are read as.
    pub(super) fn reading(&self, feature: usize) -> Reading<'a> {
        let is_single = self.singles.contains(&feature);
        match (self.categories.get(&feature), self.missing.get(&feature)) {
            (Some(categories), _) => Reading::Category(categories),
            (None, Some(&missing)) if is_single => Reading::SingleOr(missing),
            (None, Some(&missing)) => Reading::NumberOr(missing),
            (None, None) if is_single => Reading::Single,
            (None, None) => Reading::Number,
        }
    }
}
