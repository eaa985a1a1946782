//! Named leaves: the prover says which leaf of a tree is reached, and proves that all its bounds hold.
//!
//! With features `x_f` of `[lo_f, hi_f]`, the quantities `z_g`, one for each side on which a feature is bounded, are `x_f - lo_f` or
//! `hi_f - x_f`: integers of `[0, 2^b)`. A bound is `z_g >= t`. A box of a tree ([`super::boxes`]) has at most `q` of them; written with `E`,
//! the number of quantities, as `k_i = g_i + E t_i`, and padded with the bound `z_0 >= 0` that always holds. Its *record*, a constant of
//! the field, is `sum_i B^i k_i + B^q v` with its worth `v >= 0`, taken from the least one of the tree. With boxes in rows and columns:
//!
//! ```text
//! l_j (l_j - 1) = 0,  (1 - sum l_j) (sum l_j) = 0                        one column, of all but the first by l_j
//! s_c (sum_i B^i (Q_i - E u_i) + B^q v - sum_j l_j record_(c,j)) = 0     for each row c, with sum s_c = 1
//! Q_i in {g + E z_g}      0 <= u_i < 2^N      0 <= v < 2^M               lookups; N >= b and M for which v has room
//! ```
//!
//! Where a record is too long for a field element, it is several words, each with a constraint a row.
//!
//! # Soundness
//!
//! `l` has one 1, so that `sum_j l_j record_(c,j)` is the record of one column `j` in each row `c`. Some `s_c` is not 0 since their sum is
//! 1, and they need be nothing else: in that row the bracket is 0, so what stands before it *is* the record of box `(c, j)`; of several
//! words, all are, since `s_c` and `l` are the same.
//!
//! *Digits are unique.* By the table `Q_i = g + E z_g` for some `g`, an integer of `[0, E 2^b)`, since features have proven intervals. By its
//! range `E u_i` is in `[0, E (2^N - 1)]`. So `Q_i - E u_i` lies in `[-E (2^N - 1), E 2^b)`, and so do all `k` in use, which
//! are at most `E 2^b + E - 1` with the bound `2^b` that never holds: at most `B = E (2^b + 2^N)` consecutive integers. Sums of
//! `q` such digits and `v B^q` are different integers of an interval of `B^q 2^M` at most, and that is no larger than the modulus: different
//! in the field. So digits and worth are those of the box that is named.
//!
//! *Bounds hold.* `Q_i - E u_i = g_i + E t_i` modulo `E` says that `Q_i` is the entry of `g_i`: entries are different modulo `E`. Then
//! `u_i = z_(g_i) - t_i` is not negative: `z_(g_i) >= t_i`. All bounds of the box hold; boxes of a tree are a partition, so that there
//! is one box that can be named, and `v` is its worth. A place behind the last box holds the bound `z_0 >= 2^b`, which never holds.
//! Records of other trees do not occur in a tree's constraints.
//!
//! *The witness is unique.* Entries differ modulo `E`, so that each query counts for one of them, and so do the multiplicities.
//!
//! # Cost
//!
//! Of a tree with `L` boxes in `R` rows and `C` columns: `R` a word and `C`, about `2 sqrt(L)`; a query a bound and one a digit of `u`; a range
//! proof of the worth. Once: an entry for each quantity, and 1. It does not depend on the number of thresholds.
//!
//! No row needs an indicator: that some row agrees is enough. Records of paths are folklore.

use std::collections::BTreeMap;

use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, One, PrimeField};

use super::affine::{OPERATION, narrow};
use super::boxes::{Bound, Leaf};
use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::cost::Tally;
use crate::error::{BuildError, at};
use crate::gadgets::lookup::digits::assert_within;
use crate::instruction::Choice;
use crate::integer::{Interval, LIMIT_BITS, bit_length};
use crate::linear::{Lc, Wire};

/// A digit that the range table is likely to have: widths that are multiples of it need no query for their last digit.
const USUAL_DIGIT: u32 = 8;
/// Bits by which a range may be loose, at most.
const MAX_SLACK: u32 = 15;

/// A tree whose leaf is named.
#[derive(Clone, Debug)]
pub(super) struct NamedTree {
    pub(super) boxes: Vec<Leaf>,
    /// The least worth; its wire holds what a box has more.
    pub(super) least: i64,
    /// The largest of that.
    pub(super) span: i64,
}

impl NamedTree {
    /// Bounds of the box that has most.
    fn bounds(&self) -> usize {
        self.boxes.iter().map(|leaf| leaf.bounds.len()).max().unwrap_or(0)
    }

    /// Constraints, about: the layout of records is not known yet.
    pub(super) fn estimate(&self) -> usize {
        grid(self.boxes.len(), 1).cost + 3 * self.bounds() + 3
    }
}

/// Named trees over the same features.
#[derive(Debug)]
pub(super) struct Named {
    /// Features and sides that are bounded: [`Bound::AtLeast`] with the least value, [`Bound::AtMost`] with the largest, from which they count.
    quantities: Vec<Bound>,
    /// All are below `2^bits`.
    bits: u32,
    trees: Vec<(NamedTree, Layout)>,
}

/// How the records of a tree are laid out.
#[derive(Clone, Copy, Debug)]
struct Layout {
    literals: usize,
    words: usize,
    /// Bits of distances, at most.
    distance: u32,
    /// Bits of the worth, and at most.
    worth: (u32, u32),
    grid: Grid,
}

#[derive(Clone, Copy, Debug)]
struct Grid {
    rows: usize,
    columns: usize,
    cost: usize,
}

/// The rows and columns with the fewest constraints.
fn grid(boxes: usize, words: usize) -> Grid {
    let of = |columns: usize| {
        let rows = boxes.div_ceil(columns).max(1);
        Grid { rows, columns, cost: (rows * words).saturating_add(selectors(columns)) }
    };
    let most = boxes.isqrt().saturating_mul(2 * words + 2).clamp(1, boxes.max(1));
    (1..=most).map(of).min_by_key(|grid| grid.cost).unwrap_or(of(1))
}

/// Constraints that make one of so many columns.
fn selectors(columns: usize) -> usize {
    if columns > 2 { columns } else { columns.saturating_sub(1) }
}

impl Named {
    /// For features of these intervals.
    pub(super) fn new(trees: Vec<NamedTree>, x: &[Interval]) -> Result<Self, BuildError> {
        let mut quantities = Vec::new();
        for bound in trees.iter().flat_map(|tree| &tree.boxes).flat_map(|leaf| &leaf.bounds) {
            quantities.push(quantity(bound, x)?);
        }
        quantities.sort_unstable();
        quantities.dedup();
        let mut bits = 1;
        for bound in &quantities {
            let (lo, hi) = *at("features", x, feature(bound))?;
            bits = bits.max(bit_length(hi - lo));
        }
        let count = quantities.len().max(1) as u64;
        let laid_out = trees.into_iter().map(|tree| Ok((Layout::new(&tree, count, bits)?, tree)));
        let laid_out = laid_out.map(|tree: Result<_, BuildError>| tree.map(|(layout, tree)| (tree, layout)));
        Ok(Self { quantities, bits, trees: laid_out.collect::<Result<_, _>>()? })
    }

    /// Adds what [`Named::constrain`] costs.
    pub(super) fn cost(&self, t: &mut Tally) {
        if self.trees.is_empty() {
            return;
        }
        for (_, layout) in &self.trees {
            t.add(layout.grid.cost);
            t.within(self.bits, layout.distance, layout.literals);
            t.within(layout.worth.0, layout.worth.1, 1);
        }
        t.combinations(self.quantities.len(), self.trees.iter().map(|(_, layout)| layout.literals).sum());
    }

    /// What each tree's leaf is worth, from its least worth.
    pub(super) fn constrain(&self, b: &mut Builder, x: &[Bounded]) -> Result<Vec<Bounded>, BuildError> {
        if self.trees.is_empty() {
            return Ok(Vec::new());
        }
        b.scope("named", |b| {
            let count = i64::try_from(self.quantities.len());
            let count = count.map_err(|_| BuildError::TooLarge { what: "quantities" })?;
            let mut entries = Vec::with_capacity(self.quantities.len());
            for (g, bound) in (0i64..).zip(&self.quantities) {
                let x = at("features", x, feature(bound))?;
                entries.push(match *bound {
                    Bound::AtLeast(_, lo) => {
                        x.add_const(lo.saturating_neg())?.mul_const(count)?.add_const(g)?
                    }
                    Bound::AtMost(_, hi) => x.sub_from_const(hi)?.mul_const(count)?.add_const(g)?,
                });
            }
            let positions: BTreeMap<(usize, bool), (i64, i64)> = (0i64..)
                .zip(&self.quantities)
                .map(|(g, bound)| (side(bound), (g, threshold(bound))))
                .collect();
            let table = b.combinations(&entries)?;
            let trees = self.trees.iter();
            trees.map(|(tree, layout)| self.name(b, (tree, layout), &positions, &entries, table)).collect()
        })
    }

    fn name(
        &self,
        b: &mut Builder,
        (tree, layout): (&NamedTree, &Layout),
        positions: &BTreeMap<(usize, bool), (i64, i64)>,
        entries: &[Bounded],
        table: usize,
    ) -> Result<Bounded, BuildError> {
        let small = |n: usize| u32::try_from(n).map_err(|_| BuildError::TooLarge { what: "boxes" });
        let count = self.quantities.len() as i64;
        let literals = layout.literals;
        let (mut boxes, mut worth) = (Vec::new(), Vec::with_capacity(tree.boxes.len()));
        for leaf in &tree.boxes {
            for bound in &leaf.bounds {
                let &(g, end) =
                    positions.get(&side(bound)).ok_or(BuildError::Empty { operation: OPERATION })?;
                boxes.push(g + count * (threshold(bound) - end).abs());
            }
            boxes.extend(std::iter::repeat_n(0, literals - leaf.bounds.len()));
            worth.push(leaf.worth - tree.least);
        }
        let choice = Choice {
            entries: small(entries.len())?,
            literals: small(literals)?,
            columns: small(layout.grid.columns)?,
            boxes,
            worth,
        };
        let records = self.records(&choice, layout)?;
        let mut wires = b.choose(choice, entries)?.into_iter();
        let one = Lc::constant(Fr::one());
        let mut take = |n: usize| wires.by_ref().take(n).collect::<Vec<Wire>>();
        let (rows, columns) = (take(layout.grid.rows - 1), take(layout.grid.columns - 1));
        let read = take(2 * literals + 1);
        for &column in &columns {
            b.enforce_bit("a column is named or not", &Lc::wire(column))?;
        }
        let sum = |wires: &[Wire]| Lc::from_terms(wires.iter().map(|&wire| (wire, Fr::one())).collect());
        if columns.len() > 1 {
            b.enforce_bit("at most one is", &sum(&columns))?;
        }
        let (most, factor) = ((1i64 << layout.distance) - 1, -Fr::from(count));
        let mut digits = Vec::with_capacity(literals);
        for pair in read.chunks_exact(2) {
            let &[entry, distance] = pair else { continue };
            b.query_combinations(table, entry)?;
            let distance_from = b.proven(distance, most);
            assert_within(b, &distance_from, self.bits, layout.distance)?;
            digits.push(Lc::from_terms(vec![(entry, Fr::one()), (distance, factor)]));
        }
        let worth = b.proven(*at("worth", &read, 2 * literals)?, tree.span);
        let (bits, at_most) = layout.worth;
        assert_within(b, &worth, bits, at_most)?;
        digits.push(worth.to_lc());
        let named = std::iter::once(one.minus(&sum(&rows))).chain(rows.iter().map(|&row| Lc::wire(row)));
        let base = self.base(layout);
        let words: Vec<Lc> = layout
            .split(&digits)
            .map(|digits| digits.iter().rev().fold(Lc::zero(), |sum, digit| sum.scaled(base).plus(digit)))
            .collect();
        for (row, is_named) in named.enumerate() {
            for (word, read) in words.iter().enumerate() {
                let record = |column: usize| -> Result<Fr, BuildError> {
                    let position = row * layout.grid.columns + column;
                    Ok(*at("words", at("records", &records, position)?, word)?)
                };
                let first = record(0)?;
                let mut terms = vec![(Wire::ONE, -first)];
                for (column, &wire) in (1..).zip(&columns) {
                    terms.push((wire, first - record(column)?));
                }
                let difference = read.plus(&Lc::from_terms(terms));
                // The name on the B side, whose wires enter the sum in G2: nearly all are 0.
                b.enforce("named * (what is read - record) = 0", &difference, &is_named, &Lc::zero())?;
            }
        }
        Ok(worth)
    }

    /// `B`.
    fn base(&self, layout: &Layout) -> Fr {
        Fr::from(base(self.quantities.len().max(1) as u64, self.bits, layout.distance).unwrap_or(0))
    }

    /// The words of the record of each place in the grid.
    fn records(&self, choice: &Choice, layout: &Layout) -> Result<Vec<Vec<Fr>>, BuildError> {
        let base = self.base(layout);
        let word =
            |digits: &[i64]| digits.iter().rev().fold(Fr::ZERO, |sum, &digit| sum * base + Fr::from(digit));
        let mut records = Vec::with_capacity(layout.grid.rows * layout.grid.columns);
        for (index, &worth) in choice.worth.iter().enumerate() {
            let digits: Vec<i64> = choice.literals_of(index).iter().copied().chain([worth]).collect();
            records.push(layout.split(&digits).map(word).collect());
        }
        // The bound that never holds: a tree that branches has one.
        let mut never = vec![0i64; layout.literals + 1];
        *never.first_mut().ok_or(BuildError::Empty { operation: OPERATION })? =
            i64::from(choice.entries) << self.bits;
        let never: Vec<Fr> = layout.split(&never).map(word).collect();
        records.resize(layout.grid.rows * layout.grid.columns, never);
        Ok(records)
    }
}

impl Layout {
    fn new(tree: &NamedTree, count: u64, bits: u32) -> Result<Self, BuildError> {
        let too_large = BuildError::TooLarge { what: "records" };
        let literals = tree.bounds();
        let worth = bit_length(tree.span.into()).max(1);
        // The words hold bounds as evenly as can be, the last one the worth as well.
        let fits = |words: usize, distance: u32, worth: u32| {
            let full = literals.div_ceil(words);
            let last = literals.checked_sub((words - 1) * full);
            let room = |digits| Some(room(base(count, bits, distance)?, digits));
            room(full) >= Some(0) && last.and_then(room) >= Some(worth.into())
        };
        let words = (1..=literals + 1).find(|&words| fits(words, bits, worth)).ok_or(too_large.clone())?;
        let round = |bits: u32| bits.next_multiple_of(USUAL_DIGIT);
        let options =
            [(round(bits), round(worth)), (round(bits), worth), (bits, round(worth)), (bits, worth)];
        let mut best = options.into_iter().find(|&(n, m)| fits(words, n, m)).ok_or(too_large)?;
        while best.0 < bits + MAX_SLACK && fits(words, best.0 + 1, best.1) {
            best.0 += 1;
        }
        while best.1 < worth + MAX_SLACK && fits(words, best.0, best.1 + 1) {
            best.1 += 1;
        }
        let grid = grid(tree.boxes.len(), words);
        Ok(Self { literals, words, distance: best.0, worth: (worth, best.1), grid })
    }

    /// The digits of each word, the worth behind the last bound.
    fn split<'a, T>(&self, digits: &'a [T]) -> impl Iterator<Item = &'a [T]> + use<'a, T> {
        let (full, words) = (self.literals.div_ceil(self.words), self.words);
        (0..words).map(move |word| {
            let start = (word * full).min(digits.len());
            let end = if word + 1 == words { digits.len() } else { (start + full).min(digits.len()) };
            digits.get(start..end).unwrap_or_default()
        })
    }
}

/// `E (2^b + 2^N)`, if all that is read stays within what witness integers hold.
fn base(count: u64, bits: u32, distance: u32) -> Option<u64> {
    let fits = bits.max(distance).checked_add(1)? + bit_length(count.into()) < LIMIT_BITS;
    if fits { count.checked_mul((1 << bits) + (1 << distance)) } else { None }
}

/// Bits that a field element has room for above `digits` digits; negative if it does not hold these.
fn room(base: u64, digits: usize) -> i64 {
    let mut rest = Fr::MODULUS.0;
    for _ in 0..digits {
        let mut remainder = 0u128;
        for limb in rest.iter_mut().rev() {
            let value = (remainder << 64) | u128::from(*limb);
            *limb = (value / u128::from(base.max(1))) as u64;
            remainder = value % u128::from(base.max(1));
        }
    }
    let bits = (0i64..)
        .zip(&rest)
        .map(|(i, limb)| if *limb == 0 { 0 } else { 64 * i + 64 - i64::from(limb.leading_zeros()) });
    bits.max().unwrap_or(0) - 1
}

fn feature(bound: &Bound) -> usize {
    let (Bound::AtLeast(feature, _) | Bound::AtMost(feature, _)) = *bound;
    feature as usize
}

fn threshold(bound: &Bound) -> i64 {
    let (Bound::AtLeast(_, t) | Bound::AtMost(_, t)) = *bound;
    t
}

/// Feature and side.
fn side(bound: &Bound) -> (usize, bool) {
    (feature(bound), matches!(bound, Bound::AtLeast(..)))
}

/// What a bound bounds: its feature from the end of the interval on.
fn quantity(bound: &Bound, x: &[Interval]) -> Result<Bound, BuildError> {
    let (lo, hi) = *at("features", x, feature(bound))?;
    Ok(match *bound {
        Bound::AtLeast(feature, _) => Bound::AtLeast(feature, narrow(lo)?),
        Bound::AtMost(feature, _) => Bound::AtMost(feature, narrow(hi)?),
    })
}
