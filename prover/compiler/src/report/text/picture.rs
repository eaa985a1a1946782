//! A histogram in characters.

use crate::report::histogram::Histogram;

/// Lines of the bars.
const HEIGHT: usize = 4;
/// An eighth of a line, two, ...
const BLOCKS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The bars of a histogram above an axis with three numbers, in at most `width` columns (34 at least). The part of the
/// axis whose numbers are in `band` is drawn heavier.
pub(super) fn lines(
    histogram: &Histogram,
    band: Option<(f64, f64)>,
    labels: [String; 3],
    width: usize,
) -> Vec<String> {
    let bins = histogram.counts.len();
    // Neighbouring bins are joined until the bars fit.
    let joined =
        (0..).map(|k| 1 << k).find(|joined| bins / joined + 2 <= width.max(34)).expect("one bar fits");
    let counts: Vec<usize> = histogram.counts.chunks(joined).map(|bins| bins.iter().sum()).collect();
    let highest = counts.iter().copied().max().unwrap_or(0).max(1);
    // In eighths of a line; what is there at all is seen.
    let heights: Vec<usize> = counts.iter().map(|&count| (count * HEIGHT * 8).div_ceil(highest)).collect();
    let mut lines: Vec<String> = (0..HEIGHT)
        .rev()
        .map(|line| {
            let block = |height: &usize| BLOCKS[height.saturating_sub(8 * line).min(8)];
            std::iter::once(' ').chain(heights.iter().map(block)).collect()
        })
        .collect();
    let step = (histogram.high - histogram.low) / counts.len().max(1) as f64;
    let axis = (0..counts.len()).map(|at| {
        let middle = histogram.low + (at as f64 + 0.5) * step;
        if band.is_some_and(|(low, high)| (low..=high).contains(&middle)) { '━' } else { '─' }
    });
    lines.push(std::iter::once('└').chain(axis).chain(std::iter::once('┘')).collect());
    let [low, middle, high] = labels;
    let columns = counts.len() + 2;
    let right = columns.saturating_sub(low.chars().count() + high.chars().count());
    lines.push(format!("{low}{middle:^right$}{high}"));
    lines
}
