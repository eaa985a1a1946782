//! The backward pass: the largest that an affine form of values and errors can be over the domain.
//!
//! A form is `sum a d + sum b v + c` over *atoms*, elements of the inputs and results of layers: `v` is the integer, as a real number, and
//! `d` what the float model's value is more. A layer's rows are `y = W^ v + b^` and `e = W d + (W - W^) v + (b - b^)`, so a form over rows
//! becomes one over what they read, exactly; and results give way to lines above them in terms of rows, where their coefficient is
//! positive, and below them where it is negative. From the last layer to the first, a form over the inputs is left, at least as large as
//! the first (Zhang et al., "Efficient neural network robustness certification with general activation functions", 2018; here over pairs).
//!
//! The arithmetic is in `f64`: what each sum may have lost is bounded by the magnitudes that it was made of, and added.

use super::pairs::Pairs;
use super::range::{EPSILON, Range};
use super::rule::{Line, Rule};

/// What is known of an atom or a row: the integer, and the float model's less that.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    pub error: Range,
    pub value: Range,
}

/// A layer whose rules are known.
pub(super) struct Solved {
    pub pairs: Pairs,
    /// What its rows can be.
    pub rows: Vec<Known>,
    /// One behind the other: the rules of each, over the results of the one before, or the rows.
    pub stages: Vec<Stage>,
    /// Its results among the atoms.
    pub first: usize,
}

/// The rules of a step of a layer.
pub(super) struct Stage {
    pub rules: Vec<Rule>,
    /// What their results can be.
    pub known: Vec<Known>,
    /// Whether their own error is that of an operator: of the entries of a table, say.
    pub is_operator: bool,
}

/// Coefficients of errors and of values.
#[derive(Clone, Debug, Default)]
pub(super) struct Coefficients {
    pub error: Vec<f64>,
    pub value: Vec<f64>,
}

impl Coefficients {
    pub fn zeros(len: usize) -> Self {
        Coefficients { error: vec![0.0; len], value: vec![0.0; len] }
    }
}

/// A constant that is summed, with what its sum may have lost.
#[derive(Clone, Copy, Debug, Default)]
struct Constant {
    sum: f64,
    lost: f64,
}

impl Constant {
    fn add(&mut self, x: f64) {
        self.sum += x;
        self.lost += EPSILON * (self.sum.abs() + x.abs());
    }

    fn most(&self) -> f64 {
        let most = self.sum + self.lost * (1.0 + 1e-9);
        match most {
            _ if most.is_nan() => f64::INFINITY,
            // Of nothing.
            0.0 if self.lost == 0.0 => 0.0,
            _ => most.next_up(),
        }
    }
}

/// A form over atoms.
#[derive(Clone, Debug)]
pub(super) struct Form {
    pub atoms: Coefficients,
    constant: Constant,
}

/// The largest that a coefficient makes of a range.
fn most(coefficient: f64, range: Range) -> f64 {
    match coefficient {
        c if c > 0.0 => c * range.hi,
        c if c < 0.0 => c * range.lo,
        0.0 => 0.0,
        _ => f64::INFINITY,
    }
}

/// Where a magnitude is nothing, however large what it multiplies.
fn scaled(magnitude: f64, by: f64) -> f64 {
    if magnitude == 0.0 { 0.0 } else { magnitude * by }
}

impl Form {
    /// No atoms.
    pub fn empty(atoms: usize) -> Form {
        Form { atoms: Coefficients::zeros(atoms), constant: Constant::default() }
    }

    /// The largest that it can be.
    fn most(&self, atoms: &[Known]) -> f64 {
        let mut constant = self.constant;
        let (mut sum, mut magnitude, mut count) = (0.0f64, 0.0f64, 1.0);
        for ((&error, &value), known) in self.atoms.error.iter().zip(&self.atoms.value).zip(atoms) {
            for term in [most(error, known.error), most(value, known.value)] {
                if term != 0.0 {
                    sum += term;
                    magnitude += term.abs();
                    count += 1.0;
                }
            }
        }
        constant.add(sum);
        constant.lost += count * EPSILON * magnitude;
        constant.most()
    }

    /// Adds what a form over the rows of a layer is over what they read.
    pub fn add_rows(&mut self, pairs: &Pairs, rows: &Coefficients, atoms: &[Known]) {
        let mut magnitudes = Coefficients::zeros(self.atoms.error.len());
        let mut count = 3.0;
        for (row, (&a, &b)) in rows.error.iter().zip(&rows.value).enumerate() {
            if a == 0.0 && b == 0.0 {
                continue;
            }
            count += 1.0;
            let (bias, integer) = pairs.bias(row);
            self.constant.add(a * (bias - integer));
            self.constant.add(b * integer);
            let (atoms, magnitudes) = (&mut self.atoms, &mut magnitudes);
            pairs.for_each(row, |atom, w, q| {
                let (of_error, of_value) = (a * w, a * (w - q) + b * q);
                if let (Some(error), Some(size)) = (atoms.error.get_mut(atom), magnitudes.error.get_mut(atom))
                {
                    *error += of_error;
                    *size += of_error.abs();
                }
                if let (Some(value), Some(size)) = (atoms.value.get_mut(atom), magnitudes.value.get_mut(atom))
                {
                    *value += of_value;
                    *size += (a * (w - q)).abs() + (b * q).abs();
                }
            });
        }
        let of = |sizes: &[f64], sums: &[f64], range: fn(&Known) -> Range| {
            let each = sizes.iter().zip(sums).zip(atoms).filter(|((size, _), _)| **size != 0.0);
            each.map(|((size, sum), known)| scaled(2.0 * size + sum.abs(), range(known).magnitude()))
                .sum::<f64>()
        };
        let lost = of(&magnitudes.error, &self.atoms.error, |known| known.error)
            + of(&magnitudes.value, &self.atoms.value, |known| known.value);
        self.constant.lost += 1.01 * count * EPSILON * lost;
    }

    /// Puts lines over the results of a stage in their place: a form over what the stage reads is left.
    fn through(&mut self, stage: &Stage, results: &Coefficients, inputs: &[Known]) -> Coefficients {
        let mut found = Coefficients::zeros(inputs.len());
        let mut sizes = Coefficients::zeros(inputs.len());
        let mut add = |coefficient: f64, line: &Line, constant: &mut Constant| {
            constant.add(coefficient * line.constant);
            for term in &line.terms {
                let slots = [
                    (&mut found.error, &mut sizes.error, term.error),
                    (&mut found.value, &mut sizes.value, term.value),
                ];
                for (slots, sizes, slope) in slots {
                    if let (Some(slot), Some(size)) = (slots.get_mut(term.row), sizes.get_mut(term.row)) {
                        *slot += coefficient * slope;
                        *size += (coefficient * slope).abs();
                    }
                }
            }
        };
        for ((rule, &a), &b) in stage.rules.iter().zip(&results.error).zip(&results.value) {
            for (coefficient, enclosure) in [(a, &rule.error), (b, &rule.value)] {
                match coefficient {
                    c if c > 0.0 => add(c, &enclosure.above, &mut self.constant),
                    c if c < 0.0 => add(c, &enclosure.below, &mut self.constant),
                    0.0 => {}
                    // What is no number bounds nothing.
                    c => self.constant.add(c),
                }
            }
        }
        let of = |sizes: &[f64], range: fn(&Known) -> Range| {
            let each = sizes.iter().zip(inputs);
            each.map(|(size, known)| scaled(*size, range(known).magnitude())).sum::<f64>()
        };
        let lost = of(&sizes.error, |known| known.error) + of(&sizes.value, |known| known.value);
        let count = results.error.len() as f64 + 3.0;
        self.constant.lost += 1.01 * count * EPSILON * lost;
        found
    }

    /// Adds a form over the results of the first stages of a layer, `stages` of them.
    pub fn add_results(&mut self, layer: &Solved, stages: usize, results: Coefficients, atoms: &[Known]) {
        let mut form = results;
        for (position, stage) in layer.stages.iter().enumerate().take(stages).rev() {
            let inputs = match position.checked_sub(1).and_then(|before| layer.stages.get(before)) {
                Some(before) => &before.known,
                None => &layer.rows,
            };
            form = self.through(stage, &form, inputs);
        }
        self.add_rows(&layer.pairs, &form, atoms);
    }

    /// The largest that it can be: the least that is found on the way to the inputs. What is left of the form then stays.
    pub fn largest(&mut self, layers: &[Solved], atoms: &[Known]) -> f64 {
        let mut least = self.most(atoms);
        for layer in layers.iter().rev() {
            let len = layer.stages.last().map_or(layer.rows.len(), |stage| stage.rules.len());
            let range = layer.first..layer.first + len;
            let mut taken = Coefficients::zeros(len);
            let mut reads = false;
            for (from, to) in
                [(&mut self.atoms.error, &mut taken.error), (&mut self.atoms.value, &mut taken.value)]
            {
                let Some(from) = from.get_mut(range.clone()) else { return f64::INFINITY };
                reads |= from.iter().any(|&coefficient| coefficient != 0.0);
                from.swap_with_slice(to);
            }
            if reads {
                self.add_results(layer, layer.stages.len(), taken, atoms);
                least = least.min(self.most(atoms));
            }
        }
        least
    }
}
