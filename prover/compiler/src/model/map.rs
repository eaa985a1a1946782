//! Affine maps: how each row of a layer depends on the atoms.
//!
//! A map is kept in the form that the model gives it: a dense matrix, a convolution, or rows one by one for everything
//! that is neither (branches that are joined, sums of two layers). So a convolution takes the memory of its kernel, and
//! not that of the matrix that it stands for.
//!
//! Import makes every map whole: as many coefficients as its sizes say. To ask for a row that it does not have is a bug of
//! the caller's, and panics; an atom that a sample lacks gives NaN, never a number.

use assay_circuits::layers::window::Window;

/// An affine map onto one element: `bias + Σ coefficient · atom`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    /// Atom and coefficient, ascending by atom, without repetition and without zeros.
    pub terms: Vec<(u32, f64)>,
    /// The constant.
    pub bias: f64,
}

impl Row {
    /// The element `atom` itself.
    pub fn atom(atom: u32) -> Self {
        Row { terms: vec![(atom, 1.0)], bias: 0.0 }
    }

    /// A constant.
    pub fn constant(bias: f64) -> Self {
        Row { terms: Vec::new(), bias }
    }

    /// The atom, if this row is one atom unchanged.
    pub fn as_atom(&self) -> Option<u32> {
        match self.terms.as_slice() {
            &[(atom, 1.0)] if self.bias == 0.0 => Some(atom),
            _ => None,
        }
    }

    /// `factor · self + offset`.
    pub fn scaled(&self, factor: f64, offset: f64) -> Row {
        let terms =
            self.terms.iter().map(|&(atom, c)| (atom, c * factor)).filter(|&(_, c)| c != 0.0).collect();
        Row { terms, bias: self.bias * factor + offset }
    }

    /// `self + factor · other`.
    pub fn plus_scaled(&self, other: &Row, factor: f64) -> Row {
        let mut terms = Vec::with_capacity(self.terms.len() + other.terms.len());
        let (mut left, mut right) = (self.terms.iter().peekable(), other.terms.iter().peekable());
        loop {
            let (atom, coefficient) = match (left.peek(), right.peek()) {
                (None, None) => break,
                (Some(&&(a, c)), Some(&&(b, d))) if a == b => {
                    left.next();
                    right.next();
                    (a, c + factor * d)
                }
                (Some(&&(a, c)), None) => {
                    left.next();
                    (a, c)
                }
                (Some(&&(a, c)), Some(&&(b, _))) if a < b => {
                    left.next();
                    (a, c)
                }
                (_, Some(&&(b, d))) => {
                    right.next();
                    (b, factor * d)
                }
            };
            if coefficient != 0.0 {
                terms.push((atom, coefficient));
            }
        }
        Row { terms, bias: self.bias + factor * other.bias }
    }

    /// Whether every number in the row is finite.
    pub fn is_finite(&self) -> bool {
        self.bias.is_finite() && self.terms.iter().all(|(_, c)| c.is_finite())
    }

    /// The row's value on atom values, summed in order.
    pub fn evaluate(&self, atoms: &[f64]) -> f64 {
        self.terms.iter().fold(self.bias, |sum, &(atom, c)| sum + c * atoms[atom as usize])
    }
}

/// A dense matrix over some atoms: `y_r = bias_r + Σ_c w[r, c] · x[columns_c]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Dense {
    /// The atom of each column; no atom occurs twice.
    pub columns: Vec<u32>,
    /// `rows · columns` coefficients, row-major.
    pub w: Vec<f64>,
    /// One constant a row.
    pub bias: Vec<f64>,
}

/// A convolution of the `[channels, height, width]` atoms that begin at `first`; padding is zero. Its rows are the
/// outputs `[filters, height, width]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Convolution {
    /// The first atom of the input.
    pub first: u32,
    /// Input channels and the two axes.
    pub window: Window,
    /// Output channels.
    pub filters: usize,
    /// Groups: filter `o` sees the input channels of group `o / (filters / groups)` only.
    pub groups: usize,
    /// `[filters, channels / groups, kernel height, kernel width]`, row-major.
    pub w: Vec<f64>,
    /// One constant a filter.
    pub bias: Vec<f64>,
}

impl Convolution {
    /// Each channel through its own kernel of equal coefficients 1: what sums the windows of a pooling, or, for a kernel
    /// of one position, changes nothing.
    pub fn ones(first: u32, window: Window) -> Self {
        let channels = window.channels;
        Convolution {
            first,
            window,
            filters: channels,
            groups: channels,
            w: vec![1.0; channels * window.size()],
            bias: vec![0.0; channels],
        }
    }

    /// Output positions of one filter.
    pub fn positions(&self) -> usize {
        let (height, width) = self.window.output();
        height * width
    }

    /// Coefficients of one filter.
    pub fn filter_len(&self) -> usize {
        self.group_channels() * self.window.size()
    }

    fn group_channels(&self) -> usize {
        self.window.channels / self.groups.max(1)
    }

    /// Calls `term(element, tap)` for every input element that output `row` reads: its position in the input and the
    /// position of its coefficient in `w`. Padding is left out.
    pub fn for_each_tap(&self, row: usize, mut term: impl FnMut(usize, usize)) {
        let (height, width) = (self.window.height, self.window.width);
        let (positions, columns) = (self.positions().max(1), width.output().max(1));
        let (filter, y, x) = (row / positions, row % positions / columns, row % columns);
        let group = filter / (self.filters / self.groups.max(1)).max(1);
        let channels = self.group_channels();
        let mut tap = filter * self.filter_len();
        for channel in group * channels..(group + 1) * channels {
            for i in 0..height.kernel {
                let line = height.position(y, i);
                for j in 0..width.kernel {
                    if let (Some(line), Some(column)) = (line, width.position(x, j)) {
                        term((channel * height.input + line) * width.input + column, tap);
                    }
                    tap += 1;
                }
            }
        }
    }
}

/// The affine map of a layer.
#[derive(Clone, Debug, PartialEq)]
pub enum Map {
    /// Each row on its own.
    Rows(Vec<Row>),
    /// A dense matrix.
    Dense(Dense),
    /// A convolution.
    Convolution(Convolution),
}

impl Map {
    /// Number of rows.
    pub fn rows(&self) -> usize {
        match self {
            Map::Rows(rows) => rows.len(),
            Map::Dense(dense) => dense.bias.len(),
            Map::Convolution(conv) => conv.filters * conv.positions(),
        }
    }

    /// Number of channels: runs of rows of equal length that share their coefficients, and so a scale.
    pub fn channels(&self) -> usize {
        match self {
            Map::Convolution(conv) => conv.filters,
            _ => self.rows(),
        }
    }

    /// Coefficients that are stored.
    pub fn parameters(&self) -> usize {
        match self {
            Map::Rows(rows) => rows.iter().map(|row| row.terms.len()).sum(),
            Map::Dense(dense) => dense.w.len(),
            Map::Convolution(conv) => conv.w.len(),
        }
    }

    /// Terms of all rows together: multiplications of one evaluation.
    pub fn terms(&self) -> usize {
        match self {
            Map::Convolution(conv) => conv.positions().saturating_mul(conv.w.len()),
            _ => self.parameters(),
        }
    }

    /// Terms of a row, at most.
    pub fn row_terms(&self, row: usize) -> usize {
        match self {
            Map::Rows(rows) => rows.get(row).map_or(0, |row| row.terms.len()),
            Map::Dense(dense) => dense.columns.len(),
            Map::Convolution(conv) => conv.filter_len(),
        }
    }

    /// Calls `term(atom, coefficient)` for every term of a row, in the map's order.
    pub fn for_each_term(&self, row: usize, mut term: impl FnMut(u32, f64)) {
        match self {
            Map::Rows(rows) => {
                rows[row].terms.iter().for_each(|&(atom, c)| term(atom, c));
            }
            Map::Dense(dense) => {
                let width = dense.columns.len();
                let w = &dense.w[row * width..(row + 1) * width];
                dense.columns.iter().zip(w).for_each(|(&atom, &c)| term(atom, c));
            }
            Map::Convolution(conv) => {
                conv.for_each_tap(row, |element, tap| term(conv.first + element as u32, conv.w[tap]));
            }
        }
    }

    /// The constant of a row.
    pub fn bias(&self, row: usize) -> f64 {
        match self {
            Map::Rows(rows) => rows[row].bias,
            Map::Dense(dense) => dense.bias[row],
            Map::Convolution(conv) => conv.bias[row / conv.positions().max(1)],
        }
    }

    /// A row on its own, its terms ascending and without zeros.
    pub fn row(&self, row: usize) -> Row {
        if let Map::Rows(rows) = self {
            return rows[row].clone();
        }
        let mut terms = Vec::new();
        self.for_each_term(row, |atom, c| {
            if c != 0.0 {
                terms.push((atom, c));
            }
        });
        terms.sort_unstable_by_key(|&(atom, _)| atom);
        Row { terms, bias: self.bias(row) }
    }

    /// The values of all rows on atom values; each sum runs in the map's order, from the constant.
    pub fn evaluate(&self, atoms: &[f64]) -> Vec<f64> {
        match self {
            Map::Rows(rows) => rows.iter().map(|row| row.evaluate(atoms)).collect(),
            Map::Dense(dense) => {
                let x: Vec<f64> = dense.columns.iter().map(|&atom| atoms[atom as usize]).collect();
                let rows = dense.w.chunks_exact(x.len().max(1)).zip(&dense.bias);
                rows.map(|(w, &bias)| w.iter().zip(&x).fold(bias, |sum, (w, x)| sum + w * x)).collect()
            }
            Map::Convolution(_) => (0..self.rows())
                .map(|row| {
                    let mut sum = self.bias(row);
                    self.for_each_term(row, |atom, c| sum += c * atoms[atom as usize]);
                    sum
                })
                .collect(),
        }
    }

    /// Whether every number of the map is finite.
    pub fn is_finite(&self) -> bool {
        let finite = |values: &[f64]| values.iter().all(|value| value.is_finite());
        match self {
            Map::Rows(rows) => rows.iter().all(Row::is_finite),
            Map::Dense(dense) => finite(&dense.w) && finite(&dense.bias),
            Map::Convolution(conv) => finite(&conv.w) && finite(&conv.bias),
        }
    }

    /// Calls `read` with every atom that the map reads, some of them several times.
    pub fn for_each_atom(&self, mut read: impl FnMut(u32)) {
        match self {
            Map::Rows(rows) => rows.iter().flat_map(|row| &row.terms).for_each(|&(atom, _)| read(atom)),
            Map::Dense(dense) => dense.columns.iter().for_each(|&atom| read(atom)),
            Map::Convolution(conv) => (0..conv.window.inputs() as u32).for_each(|i| read(conv.first + i)),
        }
    }

    /// The same map with its atoms numbered anew; `renumber` keeps the order of the atoms.
    pub(crate) fn renumbered(&self, renumber: impl Fn(u32) -> u32) -> Map {
        match self {
            Map::Rows(rows) => {
                let row = |row: &Row| Row {
                    terms: row.terms.iter().map(|&(atom, c)| (renumber(atom), c)).collect(),
                    bias: row.bias,
                };
                Map::Rows(rows.iter().map(row).collect())
            }
            Map::Dense(dense) => Map::Dense(Dense {
                columns: dense.columns.iter().map(|&atom| renumber(atom)).collect(),
                ..dense.clone()
            }),
            Map::Convolution(conv) => {
                Map::Convolution(Convolution { first: renumber(conv.first), ..conv.clone() })
            }
        }
    }

    /// `factor_r · row_r + offset_r` for every row, or `None` where rows of one filter are to differ.
    pub(crate) fn scaled(&self, factor: impl Fn(usize) -> f64, offset: impl Fn(usize) -> f64) -> Option<Map> {
        match self {
            Map::Rows(rows) => Some(Map::Rows(
                rows.iter().enumerate().map(|(r, row)| row.scaled(factor(r), offset(r))).collect(),
            )),
            Map::Dense(dense) => {
                let mut scaled = dense.clone();
                let width = dense.columns.len().max(1);
                for (r, w) in scaled.w.chunks_exact_mut(width).enumerate() {
                    let factor = factor(r);
                    w.iter_mut().for_each(|w| *w *= factor);
                }
                for (r, bias) in scaled.bias.iter_mut().enumerate() {
                    *bias = *bias * factor(r) + offset(r);
                }
                Some(Map::Dense(scaled))
            }
            Map::Convolution(conv) => {
                let positions = conv.positions().max(1);
                let uniform = |value: &dyn Fn(usize) -> f64| {
                    (0..conv.filters * positions)
                        .all(|r| value(r).to_bits() == value(r / positions * positions).to_bits())
                };
                if !(uniform(&factor) && uniform(&offset)) {
                    return None;
                }
                let mut scaled = conv.clone();
                for (filter, w) in scaled.w.chunks_exact_mut(conv.filter_len().max(1)).enumerate() {
                    let factor = factor(filter * positions);
                    w.iter_mut().for_each(|w| *w *= factor);
                }
                for (filter, bias) in scaled.bias.iter_mut().enumerate() {
                    *bias = *bias * factor(filter * positions) + offset(filter * positions);
                }
                Some(Map::Convolution(scaled))
            }
        }
    }

    /// The same map of atoms that are `factor` times as small: its coefficients by atom times the factor. `None` for a
    /// convolution, whose coefficients belong to several atoms.
    pub(crate) fn with_columns_scaled(&self, factor: impl Fn(u32) -> f64) -> Option<Map> {
        match self {
            Map::Rows(rows) => {
                let row = |row: &Row| Row {
                    terms: row.terms.iter().map(|&(atom, c)| (atom, c * factor(atom))).collect(),
                    bias: row.bias,
                };
                Some(Map::Rows(rows.iter().map(row).collect()))
            }
            Map::Dense(dense) => {
                let factors: Vec<f64> = dense.columns.iter().map(|&atom| factor(atom)).collect();
                let mut scaled = dense.clone();
                for row in scaled.w.chunks_exact_mut(factors.len().max(1)) {
                    row.iter_mut().zip(&factors).for_each(|(w, factor)| *w *= factor);
                }
                Some(Map::Dense(scaled))
            }
            Map::Convolution(_) => None,
        }
    }
}
