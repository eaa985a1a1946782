//! A line chart of prices over lanes of marks, one column an hour, for a fixed-width terminal.
//!
//! ```text
//!   113.7 ┤╮
//!   107.4 ┤╰──╮╭─╮
//!   101.2 ┤   ╰╯ ╰─
//!         └────────
//!   Ada    ··░▒▼▼··
//! ```

use std::fmt::Write as _;

/// Columns before the plot: the price axis, or a lane's label.
const MARGIN: usize = 20;

/// Most hours that fit 100 columns, of which the page indents by 3.
pub const MAX_HOURS: usize = 100 - 3 - MARGIN;

/// One row below the chart.
pub struct Lane {
    /// What the row is about; cut to the margin.
    pub label: String,
    /// One mark an hour, each a single column; it may carry colours.
    pub marks: Vec<String>,
}

/// The chart's lines: `height` rows of prices and the axis.
pub fn prices(prices: &[f64], height: usize) -> Vec<String> {
    let Some((&first, _)) = prices.split_first() else { return Vec::new() };
    let low = prices.iter().copied().fold(first, f64::min);
    let high = prices.iter().copied().fold(first, f64::max);
    let steps = height.saturating_sub(1).max(1);
    let unit = if high > low { (high - low) / steps as f64 } else { 1.0 };
    // Row 0 is the top. The quotient lies in 0..=steps, so the cast is exact after rounding.
    let row_of = |price: f64| steps - (((price - low) / unit).round() as usize).min(steps);
    let rows: Vec<usize> = prices.iter().map(|&price| row_of(price)).collect();

    let mut grid = vec![vec![' '; prices.len()]; steps + 1];
    let mut put = |row: usize, column: usize, mark: char| grid[row][column] = mark;
    let mut before = row_of(first);
    for (column, &row) in rows.iter().enumerate() {
        if row == before {
            put(row, column, '─');
        } else {
            let (leave, arrive) = if row > before { ('╮', '╰') } else { ('╯', '╭') };
            put(before, column, leave);
            put(row, column, arrive);
            for between in before.min(row) + 1..before.max(row) {
                put(between, column, '│');
            }
        }
        before = row;
    }

    let width = MARGIN - 2;
    let mut lines = Vec::with_capacity(steps + 2);
    for (row, cells) in grid.iter().enumerate() {
        let price = low + unit * (steps - row) as f64;
        let plot: String = cells.iter().collect();
        lines.push(format!("{price:>width$.1} ┤{}", plot.trim_end()));
    }
    lines.push(format!("{:>width$} └{}", "", "─".repeat(prices.len())));
    lines
}

/// The hours of the axis: a label at every twelfth column.
pub fn hours(count: usize) -> String {
    const EVERY: usize = 12;
    let mut line = " ".repeat(MARGIN);
    for hour in (0..count).step_by(EVERY) {
        let label = format!("+{hour}h");
        let room = EVERY.min(count - hour);
        if label.len() <= room {
            // Writing to a String cannot fail.
            let _ = write!(line, "{label:<room$}");
        }
    }
    line.trim_end().to_owned()
}

impl Lane {
    /// The lane as a line.
    pub fn render(&self) -> String {
        let width = MARGIN - 1;
        let label: String = self.label.chars().take(width).collect();
        format!("{label:<width$} {}", self.marks.concat())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fall_and_a_rise() {
        let lines = prices(&[3.0, 3.0, 1.0, 1.0, 2.0], 3);
        let plots: Vec<&str> = lines.iter().map(|line| line.trim_start()).collect();
        assert_eq!(plots, ["3.0 ┤──╮", "2.0 ┤  │ ╭", "1.0 ┤  ╰─╯", "└─────"]);
        assert!(lines.iter().all(|line| line.chars().take(MARGIN).count() == MARGIN));
    }

    #[test]
    fn flat_and_missing_prices_are_drawn() {
        assert_eq!(prices(&[], 5), Vec::<String>::new());
        assert_eq!(prices(&[7.0; 4], 3).iter().filter(|line| line.contains("────")).count(), 2);
        assert_eq!(prices(&[7.0], 0).len(), 3);
    }

    #[test]
    fn lanes_stand_under_the_plot() {
        let lane =
            Lane { label: "a name longer than the margin".into(), marks: vec!["x".into(), "y".into()] };
        assert_eq!(lane.render(), "a name longer than  xy");
        assert_eq!(hours(26), "                    +0h         +12h");
        assert_eq!(hours(30), "                    +0h         +12h        +24h");
        assert!(hours(MAX_HOURS).chars().count() <= 100);
    }
}
