//! Trees of few different conditions as tables: oblivious trees (CatBoost's) above all, which ask the same on each level.
//!
//! The conditions on one feature split its values into `r` cells, of which exactly one holds `x`: a tree is a table over the cells of
//! its features. With the features in two halves,
//!
//! ```text
//! s_c = [high cells = c]        s_c (T_c(low) - min T_c) = w_c        y = sum_c w_c + s_c min T_c
//! ```
//!
//! where `T_c` and `s_c` are linear in the products of cell indicators of different features. Indicators of one feature cost nothing:
//! with one condition a feature this is [`crate::gadgets::multiplex`] over `n` given bits (16 products for 6), with fewer features less.
//!
//! Soundness: `s_c` is 1 for exactly one `c`, so `y` is an entry of the table.

use std::collections::{BTreeMap, BTreeSet};

use super::affine::{Affine, Value, overflow};
use super::dag::{Dag, Vertex};
use super::planner::Planner;
use super::set::Set;
use crate::error::BuildError;

/// Most entries of a table.
const MAX_ENTRIES: usize = 4096;
/// Most features of a table: every way to halve them is tried.
const MAX_FEATURES: usize = 10;

/// A feature of a table, and its cells; the first reaches below all.
struct Axis {
    feature: u32,
    cells: Vec<Set>,
}

/// A tree as a table.
pub(super) struct Table {
    low: Vec<Axis>,
    high: Vec<Axis>,
    /// The cell of the first axis varies fastest, the low half's before the high half's.
    values: Vec<i64>,
}

impl Table {
    /// The table of a subtree; `None` if it would be large.
    pub(super) fn new(dag: &Dag, root: u32) -> Result<Option<Self>, BuildError> {
        let Some((conditions, branches)) = conditions(dag, root)? else { return Ok(None) };
        let mut axes = Vec::with_capacity(conditions.len());
        for (feature, sets) in conditions {
            let mut cells = vec![Set::all()];
            for set in &sets {
                let parts = cells.iter().flat_map(|cell| [cell.difference(set), cell.intersection(set)]);
                cells = parts.filter(|cell| !cell.is_empty()).collect();
            }
            cells.sort_by_key(|cell| !cell.is_unbounded_below());
            axes.push(Axis { feature, cells });
        }
        if entries(&axes) > MAX_ENTRIES {
            return Ok(None);
        }
        let (low, high, products) = halves(axes);
        // Selects take less than a product a branch: a table that takes more is not made.
        if products >= branches {
            return Ok(None);
        }
        let (low_entries, all) = (entries(&low), entries(&low).saturating_mul(entries(&high)));
        let mut values = Vec::with_capacity(all);
        for entry in 0..all {
            let mut cells = BTreeMap::new();
            place(&low, entry % low_entries.max(1), &mut cells);
            place(&high, entry / low_entries.max(1), &mut cells);
            values.push(value(dag, root, &cells)?);
        }
        Ok(Some(Self { low, high, values }))
    }

    /// Its value, by the products of the module's head.
    pub(super) fn plan(&self, planner: &mut Planner<'_>) -> Result<Value, BuildError> {
        let low = monomials(planner, &self.low)?;
        let high = monomials(planner, &self.high)?;
        let mut total = Affine::default();
        let mut rests = Vec::with_capacity(high.len());
        for (c, part) in self.values.chunks_exact(low.len().max(1)).enumerate() {
            let (Some(&least), Some(&most)) = (part.iter().min(), part.iter().max()) else { continue };
            rests.push(least);
            let unit: Vec<i64> = (0..high.len()).map(|i| i64::from(i == c)).collect();
            let indicator = combination(&high, &self.high, unit)?;
            let rest = part.iter().map(|&value| value.checked_sub(least)).collect::<Option<Vec<i64>>>();
            let form = combination(&low, &self.low, rest.ok_or_else(overflow)?)?;
            let rest = Value { form, interval: (0, i128::from(most) - i128::from(least)) };
            total.add(&planner.product("[high = c] * T_c(low) = w_c", &indicator, &rest)?, 1)?;
        }
        total.add(&combination(&high, &self.high, rests)?, 1)?;
        planner.check(&total)?;
        let end = |end: Option<&i64>| end.copied().map_or(0, i128::from);
        Ok(Value { form: total, interval: (end(self.values.iter().min()), end(self.values.iter().max())) })
    }
}

/// The conditions of each feature.
type Conditions = BTreeMap<u32, BTreeSet<Set>>;

/// The conditions of a subtree and the number of its branches; `None` if there are so many that a table will not pay.
fn conditions(dag: &Dag, root: u32) -> Result<Option<(Conditions, usize)>, BuildError> {
    let mut conditions = Conditions::new();
    let mut branches = 0;
    let (mut open, mut seen) = (vec![root], BTreeSet::from([root]));
    while let Some(subtree) = open.pop() {
        if let Vertex::Branch { feature, set, yes, no } = dag.vertex(subtree)? {
            branches += 1;
            conditions.entry(*feature).or_default().insert(set.clone());
            // Thresholds make one cell more than there are of them.
            let cells = conditions.values().fold(1usize, |n, sets| n.saturating_mul(sets.len() + 1));
            if conditions.len() > MAX_FEATURES || cells > MAX_ENTRIES {
                return Ok(None);
            }
            open.extend([*yes, *no].into_iter().filter(|&child| seen.insert(child)));
        }
    }
    Ok(Some((conditions, branches)))
}

/// Combinations of the cells of some axes.
fn entries(axes: &[Axis]) -> usize {
    axes.iter().fold(1usize, |n, axis| n.saturating_mul(axis.cells.len()))
}

/// The two halves for which the products are fewest, and how many these are at most.
fn halves(axes: Vec<Axis>) -> (Vec<Axis>, Vec<Axis>, usize) {
    let sizes: Vec<usize> = axes.iter().map(|axis| axis.cells.len()).collect();
    let cost = |mask: usize| {
        let half = |is_high: usize| {
            let chosen = sizes.iter().enumerate().filter(move |(i, _)| mask >> i & 1 == is_high);
            let (all, single) = chosen.fold((1, 0), |(all, single), (_, &r)| (all * r, single + r - 1));
            (all, all - single - 1)
        };
        let ((_, low), (combinations, high)) = (half(0), half(1));
        low + high + if mask == 0 { 0 } else { combinations }
    };
    let best = (0..1usize << sizes.len()).min_by_key(|&mask| cost(mask)).unwrap_or(0);
    let (mut low, mut high) = (Vec::new(), Vec::new());
    for (i, axis) in axes.into_iter().enumerate() {
        if best >> i & 1 == 1 { high.push(axis) } else { low.push(axis) }
    }
    (low, high, cost(best))
}

/// The cells of an entry.
fn place<'a>(axes: &'a [Axis], mut entry: usize, cells: &mut BTreeMap<u32, &'a Set>) {
    for axis in axes {
        let count = axis.cells.len().max(1);
        if let Some(cell) = axis.cells.get(entry % count) {
            cells.insert(axis.feature, cell);
        }
        entry /= count;
    }
}

/// The leaf for values of these cells.
fn value(dag: &Dag, root: u32, cells: &BTreeMap<u32, &Set>) -> Result<i64, BuildError> {
    let mut subtree = root;
    loop {
        match dag.vertex(subtree)? {
            Vertex::Leaf(value) => return Ok(*value),
            Vertex::Branch { feature, set, yes, no } => {
                let cell = cells.get(feature).ok_or(BuildError::Empty { operation: "a tree's table" })?;
                // A cell is inside of each condition, or outside.
                subtree = if cell.intersection(set).is_empty() { *no } else { *yes };
            }
        }
    }
}

/// The products of the indicators of one cell of each axis, a first cell counting as 1.
fn monomials(planner: &mut Planner<'_>, axes: &[Axis]) -> Result<Vec<Affine>, BuildError> {
    let mut all = vec![Affine::constant(1)];
    for axis in axes {
        let before = all.clone();
        for cell in axis.cells.iter().skip(1) {
            let indicator = Affine::indicator(axis.feature, cell);
            for (position, product) in before.iter().enumerate() {
                all.push(match position {
                    0 => indicator.clone(),
                    _ => {
                        let value = Value { form: product.clone(), interval: (0, 1) };
                        planner.product("product of indicators", &indicator, &value)?
                    }
                });
            }
        }
    }
    Ok(all)
}

/// The function of the cells with these values, over their monomials: along each axis, what a cell's value exceeds the first one's by.
fn combination(monomials: &[Affine], axes: &[Axis], mut values: Vec<i64>) -> Result<Affine, BuildError> {
    let mut stride = 1;
    for axis in axes {
        for block in values.chunks_exact_mut(stride * axis.cells.len()) {
            let (first, others) = block.split_at_mut(stride);
            for cell in others.chunks_exact_mut(stride) {
                for (value, base) in cell.iter_mut().zip(first.iter()) {
                    *value = value.checked_sub(*base).ok_or_else(overflow)?;
                }
            }
        }
        stride *= axis.cells.len();
    }
    let mut form = Affine::default();
    monomials.iter().zip(values).try_for_each(|(monomial, c)| form.add(monomial, c))?;
    Ok(form)
}
