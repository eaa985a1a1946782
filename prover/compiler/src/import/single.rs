//! Elements that are functions of one atom, as the file's own arithmetic computes them.
//!
//! A row says what such an element is in real numbers. A model that runs elsewhere rounds each step of it, to single precision as a rule, and
//! where a threshold is a number of the training data, which trees have, that decides which side the value is on. So the steps are kept
//! beside the row, for whoever compares: every step is monotonic, rounding included, and a condition on the result is one on the atom.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::model::Row;
use crate::onnx::{DataType, NodeProto};

/// Steps of one element, at most: of more, the row is all that is known.
const MOST_STEPS: usize = 8;

/// How wide the floats of a tensor are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Precision {
    /// Less than single precision.
    Half,
    #[default]
    Single,
    Double,
}

impl Precision {
    /// Of the elements of a tensor, where these are floats.
    pub fn of(elem_type: i32) -> Self {
        match DataType::try_from(elem_type) {
            Ok(DataType::Double) => Precision::Double,
            Ok(DataType::Float16 | DataType::Bfloat16) => Precision::Half,
            _ => Precision::Single,
        }
    }

    /// Of a node's results, by those of its operands.
    pub fn of_results(proto: &NodeProto, mut operands: impl Iterator<Item = Precision>) -> Self {
        let attribute = |name: &str| proto.attribute.iter().find(|attribute| attribute.name == name);
        match proto.op_type.as_str() {
            "Cast" => attribute("to").map_or(Precision::Single, |to| Precision::of(to.i as i32)),
            "CastLike" => operands.nth(1).unwrap_or_default(),
            // Whatever they read.
            "Scaler" | "TreeEnsemble" | "TreeEnsembleClassifier" | "TreeEnsembleRegressor" => {
                Precision::Single
            }
            "Where" => operands.nth(1).unwrap_or_default(),
            _ => operands.find(|&operand| operand != Precision::Single).unwrap_or_default(),
        }
    }

    /// The nearest number of this precision; of half precision nothing is compared.
    pub fn round(self, x: f64) -> f64 {
        if self == Precision::Double { x } else { f64::from(x as f32) }
    }
}

/// One operation on an element.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Step {
    /// `x + c`.
    Plus(f64),
    /// `x · c`.
    Times(f64),
    /// `x / c`.
    Over(f64),
}

impl Step {
    /// The same as `factor · x + offset`.
    pub fn pair(self) -> (f64, f64) {
        match self {
            Step::Plus(c) => (1.0, c),
            Step::Times(c) => (c, 0.0),
            Step::Over(c) => (1.0 / c, 0.0),
        }
    }

    fn is_neutral(self) -> bool {
        matches!(self, Step::Plus(0.0) | Step::Times(1.0) | Step::Over(1.0))
    }

    /// Of operands of this precision, which the result has as well.
    fn apply(self, x: f64, precision: Precision) -> f64 {
        let x = precision.round(x);
        // Of two numbers of single precision each is that of the double one, rounded: 53 bits are more than twice 24.
        precision.round(match self {
            Step::Plus(c) => x + precision.round(c),
            Step::Times(c) => x * precision.round(c),
            Step::Over(c) => x / precision.round(c),
        })
    }
}

/// What an element is computed from an atom by, in this order.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Recipe(Vec<(Step, Precision)>);

impl Recipe {
    #[cfg(test)]
    pub fn new(steps: &[Step]) -> Self {
        Recipe(steps.iter().map(|&step| (step, Precision::Single)).collect())
    }

    /// The element's value.
    pub fn apply(&self, x: f64) -> f64 {
        self.0.iter().fold(x, |x, &(step, precision)| step.apply(x, precision))
    }

    /// Whether it grows with the atom; else it falls.
    pub fn is_rising(&self) -> bool {
        self.0.iter().filter(|(step, _)| step.pair().0 < 0.0).count() % 2 == 0
    }

    /// Whether the element is the atom.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    fn then(&self, step: Step, precision: Precision) -> Option<Recipe> {
        if step.is_neutral() {
            return Some(self.clone());
        }
        let is_known = self.len() < MOST_STEPS && precision != Precision::Half;
        is_known.then(|| Recipe(self.0.iter().copied().chain([(step, precision)]).collect()))
    }
}

/// The elements that are computed from one atom, by what they are of it in real numbers: atom, factor and offset.
#[derive(Debug, Default)]
pub(crate) struct Singles {
    /// Whether a node of the file compares; else nothing is kept.
    is_read: bool,
    /// `None` of what two elements have in common that are computed in two ways.
    recipes: HashMap<(u32, u64, u64), Option<Arc<Recipe>>>,
    /// Atoms that are of another precision than single.
    atoms: BTreeMap<u32, Precision>,
}

impl Singles {
    /// A node of the file compares.
    pub fn are_read(&mut self) {
        self.is_read = true;
    }

    pub fn is_read(&self) -> bool {
        self.is_read
    }

    /// An element of an input has this precision.
    pub fn is_of(&mut self, atom: u32, precision: Precision) {
        if self.is_read && precision != Precision::Single {
            self.atoms.insert(atom, precision);
        }
    }

    pub fn precision(&self, atom: u32) -> Precision {
        self.atoms.get(&atom).copied().unwrap_or_default()
    }

    /// How an element is computed of its one atom, if that is known.
    pub fn of(&self, row: &Row) -> Option<Arc<Recipe>> {
        let &[(atom, _)] = row.terms.as_slice() else { return None };
        if self.precision(atom) == Precision::Half {
            return None;
        }
        match (self.recipes.get(&key(row)?), row.as_atom()) {
            (Some(known), _) => known.clone(),
            (None, Some(_)) => Some(Arc::default()),
            (None, None) => None,
        }
    }

    /// An element was computed from another by this step; its units of memory.
    pub fn record(&mut self, (from, step, precision): (&Row, Step, Precision), to: &Row) -> usize {
        let Some(key) = key(to) else { return 0 };
        let recipe = self.of(from).and_then(|recipe| recipe.then(step, precision)).map(Arc::new);
        let is_new = !self.recipes.contains_key(&key);
        // What is an atom again, but for rounding, is not the atom.
        let known = if is_new && to.as_atom().is_none() { recipe.clone() } else { self.of(to) };
        let size = 4 + recipe.as_ref().map_or(0, |recipe| recipe.len());
        self.recipes.insert(key, recipe.filter(|recipe| known.as_ref() == Some(recipe)));
        size
    }
}

/// The one atom of a row, its factor and its offset; zero has one sign.
fn key(row: &Row) -> Option<(u32, u64, u64)> {
    match row.terms.as_slice() {
        &[(atom, factor)] => Some((atom, factor.to_bits(), (row.bias + 0.0).to_bits())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: 0.1f + 0.2f, 0.1f · 3, and 1 / 3 are these numbers of single precision.
    #[test]
    fn each_step_is_rounded() {
        let of = |step: Step, x: f32| step.apply(f64::from(x), Precision::Single) as f32;
        assert_eq!(of(Step::Plus(f64::from(0.2f32)), 0.1), 0.3);
        assert_eq!(of(Step::Times(3.0), 0.1).to_bits(), 0x3e99_999a);
        assert_eq!(of(Step::Over(3.0), 1.0).to_bits(), 0x3eaa_aaab);
        assert_eq!(of(Step::Plus(1e8), 3.0), 1e8);
        for x in (1..2000).map(|i| (i as f32).sqrt() - 20.0) {
            for c in [0.1f32, -3.7, 1e-3, 12_345.6] {
                let c64 = f64::from(c);
                assert_eq!(of(Step::Plus(c64), x), x + c);
                assert_eq!(of(Step::Times(c64), x), x * c);
                assert_eq!(of(Step::Over(c64), x), x / c);
            }
        }
    }

    #[test]
    fn what_is_computed_in_two_ways_is_not_known() {
        let mut singles = Singles::default();
        let x = Row::atom(3);
        let step = |singles: &mut Singles, from: &Row, step: Step| {
            let (factor, offset) = step.pair();
            let to = from.scaled(factor, offset);
            singles.record((from, step, Precision::Single), &to);
            to
        };
        let doubled = step(&mut singles, &x, Step::Times(2.0));
        let first = step(&mut singles, &doubled, Step::Plus(1.0));
        assert_eq!(singles.of(&first).unwrap().0.len(), 2);
        // The same steps again are the same function.
        let again = step(&mut singles, &doubled, Step::Plus(1.0));
        assert!(again == first && singles.of(&first).is_some());
        let moved = step(&mut singles, &x, Step::Plus(0.5));
        let second = step(&mut singles, &moved, Step::Times(2.0));
        assert!(first == second && singles.of(&first).is_none());
        // Behind what is not known nothing is.
        let next = step(&mut singles, &second, Step::Times(3.0));
        assert!(singles.of(&next).is_none());
        // Neutral steps leave an element what it is; others that come back to it do not.
        let same = step(&mut singles, &x, Step::Times(1.0));
        assert!(same == x && singles.of(&x).unwrap().is_empty());
        let far = step(&mut singles, &x, Step::Plus(1e8));
        let back = step(&mut singles, &far, Step::Plus(-1e8));
        assert!(back == x && singles.of(&x).is_none());
    }

    #[test]
    fn long_chains_and_half_precision_are_not_known() {
        let mut singles = Singles::default();
        singles.are_read();
        let mut row = Row::atom(0);
        for count in 1..=MOST_STEPS + 1 {
            let next = row.scaled(1.5, 0.0);
            singles.record((&row, Step::Times(1.5), Precision::Single), &next);
            row = next;
            assert_eq!(singles.of(&row).is_some(), count <= MOST_STEPS);
        }
        singles.is_of(1, Precision::Half);
        assert!(singles.of(&Row::atom(1)).is_none());
        let (x, twice) = (Row::atom(2), Row::atom(2).scaled(2.0, 0.0));
        singles.record((&x, Step::Times(2.0), Precision::Half), &twice);
        assert!(singles.of(&twice).is_none());
    }
}
