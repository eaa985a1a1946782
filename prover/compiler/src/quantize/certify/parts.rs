//! Where a bound comes from: the error that each row and result adds, times what of it can reach the output.
//!
//! Unrolled, an output's error is `sum J_l e_l`: the errors that layer l adds, by its weights, its rounding, its tables and its clamping,
//! times the slopes behind it. Enclosures of the J by intervals give each summand's largest; their sum is no bound that is used, for the
//! backward pass has a smaller one, but it says what would make that smaller.

use super::pass::{Solved, Stage};
use super::range::Range;
use super::solve::Net;

/// Of a layer, parts of the sum of all: each from 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Parts {
    /// Weights and constants that were rounded.
    pub weights: f64,
    /// Results and arguments that were rounded.
    pub rounding: f64,
    /// What operators add: entries of tables, say.
    pub tables: f64,
    /// Clamping to a format's integers.
    pub saturation: f64,
}

impl Parts {
    fn sum(&self) -> f64 {
        self.weights + self.rounding + self.tables + self.saturation
    }
}

/// The parts of one element of what a layer gives after its first `stages`; and of each layer those of its rows, by their weights.
pub(super) fn of(net: &Net, layer: usize, stages: usize, element: usize) -> (Vec<Parts>, Vec<Vec<f64>>) {
    let mut parts = vec![Parts::default(); net.layers.len()];
    let mut of_rows: Vec<Vec<f64>> = net.weights.iter().map(|weights| vec![0.0; weights.len()]).collect();
    let mut slopes = vec![Range::ZERO; net.atoms.len()];
    for (position, solved) in net.layers.iter().enumerate().take(layer + 1).rev() {
        let Some(of_layer) = parts.get_mut(position) else { continue };
        let mut current = match position == layer {
            true => {
                let len = solved
                    .stages
                    .get(..stages)
                    .and_then(<[Stage]>::last)
                    .map_or(solved.rows.len(), |s| s.rules.len());
                let one = |at: usize| if at == element { Range::new(1.0, 1.0) } else { Range::ZERO };
                (0..len).map(one).collect::<Vec<_>>()
            }
            false => {
                let len = solved.stages.last().map_or(solved.rows.len(), |stage| stage.rules.len());
                slopes.get(solved.first..solved.first + len).unwrap_or_default().to_vec()
            }
        };
        let stages = if position == layer { stages } else { solved.stages.len() };
        for (at, stage) in solved.stages.iter().enumerate().take(stages).rev() {
            current = through(stage, &current, len_before(solved, at), of_layer);
        }
        let weights = net.weights.get(position).map_or(&[][..], Vec::as_slice);
        let of_rows = of_rows.get_mut(position).map_or(&mut [][..], Vec::as_mut_slice);
        for (row, ((slope, weight), of_row)) in current.iter().zip(weights).zip(of_rows).enumerate() {
            if *slope == Range::ZERO {
                continue;
            }
            *of_row = slope.magnitude() * weight;
            of_layer.weights += *of_row;
            solved.pairs.for_each(row, |atom, w, _| {
                if let Some(sum) = slopes.get_mut(atom) {
                    *sum = sum.plus(slope.times(Range::new(w, w)));
                }
            });
        }
    }
    let total: f64 = parts.iter().map(Parts::sum).sum();
    let share = |x: &mut f64| *x = if total > 0.0 && total.is_finite() { *x / total } else { 0.0 };
    for of_layer in &mut parts {
        let Parts { weights, rounding, tables, saturation } = of_layer;
        [weights, rounding, tables, saturation].into_iter().for_each(share);
    }
    of_rows.iter_mut().flatten().for_each(share);
    (parts, of_rows)
}

fn len_before(solved: &Solved, stage: usize) -> usize {
    let before = stage.checked_sub(1).and_then(|before| solved.stages.get(before));
    before.map_or(solved.rows.len(), |before| before.rules.len())
}

/// The slopes in front of a stage; its own errors go to the parts.
fn through(stage: &Stage, slopes: &[Range], len: usize, parts: &mut Parts) -> Vec<Range> {
    let mut found = vec![Range::ZERO; len];
    for (rule, slope) in stage.rules.iter().zip(slopes) {
        if *slope == Range::ZERO {
            continue;
        }
        let (own, cut) = (rule.own.magnitude(), rule.cut.magnitude());
        let kept = slope.magnitude() * (own - cut).max(0.0);
        if stage.is_operator {
            parts.tables += kept
        } else {
            parts.rounding += kept
        }
        parts.saturation += slope.magnitude() * cut;
        for &(row, gain) in &rule.gains {
            if let Some(sum) = found.get_mut(row) {
                *sum = sum.plus(slope.times(gain));
            }
        }
    }
    found
}
