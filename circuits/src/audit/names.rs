//! The rule *Names* of [`super::unique`]: of the records that a prover may name, all but one contradict what is known.
//!
//! A tree of [`crate::layers::trees`] whose leaf is named has, with wires `s` and `l` that choose, queries `Q` of one table of computed
//! entries, and other wires `u` of known domains, the constraints
//!
//! ```text
//! l_j (l_j - 1) = 0    (sum l_j) (sum l_j - 1) = 0          at most one column, beside the one without a wire
//! B_c (sum_i w_i d_i - record_(c,j)) = 0                     for each row c, where B_c is affine in s, and the sum of all B_c is 1
//! ```
//!
//! with digits `d_i` that are `Q_i - E u_i`, or one wire. Some `B_c` is not 0, so that the bracket of its row is, with the column that `l`
//! names. For each row and column, the bracket is an equation in digits of bounded reach whose weights exceed what all smaller digits add up
//! to, within the modulus: at most one list of digits solves it. It is refuted where a digit is out of reach, and where no entry `Q` leaves
//! a `u` within its domain. If that leaves one row and column with one way to write each digit, every witness has these values.
//!
//! Entries are known, since they are functions of wires that are.

use std::collections::{BTreeSet, HashSet};

use ark_bn254::Fr;
use ark_ff::{Field, One, PrimeField, Zero};

use super::domain::{Affine, Domain, from_small, small};
use super::knowledge::{Knowledge, Reduced};
use crate::integer::divide;

/// Digits are integers within ±2^62, so that sums of a few fit in every type.
const MAX_DIGIT: i128 = 1 << 62;

/// One value for each unknown wire of a row and column.
type Solution = Vec<(usize, Fr)>;

/// The constraints of one tree.
struct Tree {
    /// What stands before the bracket, and the brackets of all words.
    rows: Vec<(Affine, Vec<Affine>)>,
    queries: BTreeSet<usize>,
}

/// A digit of the sum, with its weight.
struct Digit {
    weight: Fr,
    lo: i128,
    hi: i128,
    wires: Wires,
}

enum Wires {
    /// The digit itself.
    One(usize, Domain),
    /// `query - factor * distance`.
    Read { query: usize, distance: usize, domain: Domain, factor: i128 },
}

/// What an equation in digits says.
enum Solved {
    Refuted,
    Once(Solution),
    Unclear,
}

impl Knowledge<'_, '_> {
    /// The names rule, for every tree of every table whose entries are known; then propagates. Tells whether it learned, and
    /// `None` on a contradiction.
    pub(super) fn read_names(&mut self) -> Option<bool> {
        let mut progress = false;
        let tables = self.tables;
        for table in tables.iter() {
            if table.values.is_some() {
                continue;
            }
            let entries = self.entries(table).map(|all| all.into_iter().map(small).collect::<Option<_>>());
            let Some(Some(entries)) = entries else { continue };
            let entries: Vec<i128> = entries;
            let argument = |terms: &[(usize, Fr)]| match terms {
                &[(wire, c)] if c.is_one() && self.value[wire].is_none() => Some(wire),
                _ => None,
            };
            let queries = table.queries.iter().filter_map(|query| argument(&query.argument)).collect();
            for tree in self.trees(&queries) {
                let Some(solution) = self.only_name(&tree, &entries) else { continue };
                progress = true;
                if !solution.into_iter().all(|(wire, value)| self.set(wire, value)) || !self.propagate() {
                    return None;
                }
            }
        }
        Some(progress)
    }

    /// The constraints in which queries are read, of one tree each: those that share a wire.
    fn trees(&self, queries: &HashSet<usize>) -> Vec<Tree> {
        let rows: BTreeSet<usize> =
            queries.iter().flat_map(|&wire| self.columns.of(wire)).map(|entry| entry.row()).collect();
        let mut trees: Vec<(BTreeSet<usize>, Tree)> = Vec::new();
        for row in rows {
            let (factor, bracket) = match self.reduce(row) {
                Reduced::Product(a, b, c) if c.terms.is_empty() && c.constant.is_zero() => {
                    if b.mentions(queries) { (a, b) } else { (b, a) }
                }
                Reduced::Linear(sum) => (Affine { terms: Vec::new(), constant: Fr::one() }, sum),
                _ => continue,
            };
            if factor.mentions(queries) || !bracket.mentions(queries) {
                continue;
            }
            let factor = factor.sorted();
            let mut wires: BTreeSet<usize> =
                factor.terms.iter().chain(&bracket.terms).map(|&(wire, _)| wire).collect();
            let read = wires.iter().copied().filter(|wire| queries.contains(wire)).collect();
            let mut joined = Tree { rows: vec![(factor, vec![bracket])], queries: read };
            let (same, others): (Vec<_>, Vec<_>) =
                trees.into_iter().partition(|(known, _)| !known.is_disjoint(&wires));
            for (known, tree) in same {
                wires.extend(known);
                joined.queries.extend(tree.queries);
                for (factor, brackets) in tree.rows {
                    match joined.rows.iter_mut().find(|(other, _)| *other == factor) {
                        Some((_, words)) => words.extend(brackets),
                        None => joined.rows.push((factor, brackets)),
                    }
                }
            }
            trees = others;
            trees.push((wires, joined));
        }
        trees.into_iter().map(|(_, tree)| tree).collect()
    }

    /// The values of a tree's wires, if one row and column is all that is not refuted.
    fn only_name(&mut self, tree: &Tree, entries: &[i128]) -> Option<Solution> {
        let none = Affine { terms: Vec::new(), constant: Fr::zero() };
        let negated = tree.rows.iter().fold(none, |sum, (factor, _)| sum.scaled_minus(Fr::one(), factor));
        if !negated.terms.is_empty() || negated.constant != -Fr::one() {
            return None;
        }
        self.columns_of(tree).iter().find_map(|columns| self.only_name_by(tree, columns, entries))
    }

    /// As [`Self::only_name`], where so many wires choose the column.
    fn only_name_by(&mut self, tree: &Tree, columns: &BTreeSet<usize>, entries: &[i128]) -> Option<Solution> {
        let names = std::iter::once(None).chain(columns.iter().copied().map(Some));
        let mut only = None;
        for named in names {
            for (_, words) in &tree.rows {
                if !self.goes_on() {
                    return None;
                }
                match self.solve_words(words, tree, (columns, named), entries) {
                    Solved::Refuted => {}
                    Solved::Once(mut solution) if only.is_none() => {
                        let bit = |&wire: &usize| (wire, Fr::from(Some(wire) == named));
                        solution.extend(columns.iter().map(bit));
                        only = Some(solution);
                    }
                    _ => return None,
                }
            }
        }
        only
    }

    /// Wires that may choose a column: bits of which constraints say that at most one is 1. Where a single bit could as well be a digit,
    /// each is tried: whichever leads to one solution, it is the one.
    fn columns_of(&self, tree: &Tree) -> Vec<BTreeSet<usize>> {
        let terms = tree.rows.iter().flat_map(|(_, words)| words).flat_map(|word| &word.terms);
        let wires: BTreeSet<usize> = terms.map(|&(wire, _)| wire).collect();
        let rows = wires.iter().flat_map(|&wire| self.columns.of(wire)).map(|entry| entry.row());
        let sums = rows.collect::<BTreeSet<usize>>().into_iter().filter_map(|row| match self.reduce(row) {
            Reduced::Bit(sum) if sum.constant.is_zero() && sum.terms.iter().all(|(_, c)| c.is_one()) => {
                Some(sum.terms.iter().map(|&(wire, _)| wire).collect::<BTreeSet<usize>>())
            }
            _ => None,
        });
        let sums: BTreeSet<BTreeSet<usize>> = sums.filter(|sum| sum.is_subset(&wires)).collect();
        let is_bit = |&wire: &usize| sums.contains(&BTreeSet::from([wire]));
        let mut columns: Vec<_> = sums.iter().filter(|sum| sum.iter().all(is_bit)).cloned().collect();
        columns.push(BTreeSet::new());
        columns.sort_by_key(|sum| std::cmp::Reverse(sum.len()));
        columns
    }

    /// The equations of all words of a record.
    fn solve_words(
        &self,
        words: &[Affine],
        tree: &Tree,
        columns: (&BTreeSet<usize>, Option<usize>),
        entries: &[i128],
    ) -> Solved {
        let mut solution = Vec::new();
        let mut is_unclear = false;
        for word in words {
            match self.solve_word(word, tree, columns, entries) {
                Some(Solved::Refuted) => return Solved::Refuted,
                Some(Solved::Once(more)) => solution.extend(more),
                Some(Solved::Unclear) | None => is_unclear = true,
            }
        }
        if is_unclear { Solved::Unclear } else { Solved::Once(solution) }
    }

    /// `None` where the equation is not of the form above.
    fn solve_word(
        &self,
        word: &Affine,
        tree: &Tree,
        (columns, named): (&BTreeSet<usize>, Option<usize>),
        entries: &[i128],
    ) -> Option<Solved> {
        let mut target = -word.constant;
        let mut read = Vec::with_capacity(word.terms.len());
        for &(wire, c) in &word.terms {
            match columns.contains(&wire) {
                true if named == Some(wire) => target -= c,
                true => {}
                false => read.push((wire, c)),
            }
        }
        let digits = self.digits_of(&read, tree, entries)?;
        // Each digit from its least: an integer below the modulus, as `ratios` makes sure of.
        for digit in &digits {
            target -= digit.weight * from_small(digit.lo);
        }
        let mut limbs = target.into_bigint().0;
        let mut solution = Vec::with_capacity(read.len());
        for (digit, ratio) in digits.iter().zip(ratios(&digits)?) {
            let value = match ratio {
                Some(ratio) => divide(&mut limbs, ratio),
                None => match limbs {
                    [value, 0, 0, 0] => value,
                    _ => return Some(Solved::Refuted),
                },
            };
            let span = u64::try_from(digit.hi - digit.lo).ok()?;
            if value > span {
                return Some(Solved::Refuted);
            }
            let value = digit.lo + i128::from(value);
            let mut ways = digit.wires.ways(value, entries);
            match (ways.next(), ways.next()) {
                (None, _) => return Some(Solved::Refuted),
                (Some(way), None) => solution.extend(way),
                _ => return Some(Solved::Unclear),
            }
        }
        Some(Solved::Once(solution))
    }

    /// The digits, the smallest weight first, which is 1.
    fn digits_of(&self, read: &[(usize, Fr)], tree: &Tree, entries: &[i128]) -> Option<Vec<Digit>> {
        let (least, most) = (*entries.iter().min()?, *entries.iter().max()?);
        let (queries, mut others): (Vec<_>, Vec<_>) =
            read.iter().copied().partition(|(wire, _)| tree.queries.contains(wire));
        let mut digits = Vec::with_capacity(read.len());
        for (query, weight) in queries {
            let inverse = weight.inverse()?;
            let factor = |c: Fr| small(-c * inverse).filter(|&factor| factor > 0);
            let nearest = (0..others.len()).filter_map(|i| Some((factor(others[i].1)?, i))).min()?;
            let (factor, position) = nearest;
            let (distance, _) = others.swap_remove(position);
            let domain = self.domain[distance]?;
            let (lo, hi) = (
                least.checked_sub(factor.checked_mul(domain.max())?)?,
                most.checked_sub(factor.checked_mul(domain.start)?)?,
            );
            let wires = Wires::Read { query, distance, domain, factor };
            digits.push(Digit { weight, lo, hi, wires });
        }
        for (wire, weight) in others {
            let domain = self.domain[wire]?;
            digits.push(Digit {
                weight,
                lo: domain.start,
                hi: domain.max(),
                wires: Wires::One(wire, domain),
            });
        }
        digits.sort_by_key(|digit| digit.weight.into_bigint());
        let is_small = |digit: &Digit| -MAX_DIGIT < digit.lo && digit.hi < MAX_DIGIT;
        (digits.first()?.weight.is_one() && digits.iter().all(is_small)).then_some(digits)
    }
}

impl Wires {
    /// All ways to write a digit.
    fn ways(&self, value: i128, entries: &[i128]) -> impl Iterator<Item = Solution> {
        let one = match *self {
            Wires::One(wire, domain) if domain.contains(value) => Some(vec![(wire, from_small(value))]),
            _ => None,
        };
        let read = match *self {
            Wires::Read { query, distance, domain, factor } => {
                let way = move |&entry: &i128| {
                    let rest = entry - value;
                    let fits = rest % factor == 0 && domain.contains(rest / factor);
                    fits.then(|| vec![(query, from_small(entry)), (distance, from_small(rest / factor))])
                };
                Some(entries.iter().filter_map(way))
            }
            Wires::One(..) => None,
        };
        one.into_iter().chain(read.into_iter().flatten())
    }
}

impl Affine {
    fn mentions(&self, wires: &HashSet<usize>) -> bool {
        self.terms.iter().any(|(wire, _)| wires.contains(wire))
    }

    fn sorted(mut self) -> Self {
        self.terms.sort_unstable_by_key(|&(wire, _)| wire);
        self
    }
}

/// By what the weight of each digit is smaller than the next one's, if no sum of these digits, each from its least, is another's or reaches
/// the modulus. Nothing is refuted before that is known of all of them: what wraps may have any digits.
fn ratios(digits: &[Digit]) -> Option<Vec<Option<u64>>> {
    let next = digits.iter().skip(1).map(Some).chain([None]);
    let ratio = |(digit, next): (&Digit, Option<&Digit>)| {
        let span = u64::try_from(digit.hi - digit.lo).ok()?;
        match next {
            Some(next) => {
                let ratio =
                    small(next.weight * digit.weight.inverse()?).and_then(|r| u64::try_from(r).ok())?;
                (ratio > span && fits(digit.weight, ratio)).then_some(Some(ratio))
            }
            None => fits(digit.weight, span.checked_add(1)?).then_some(None),
        }
    };
    digits.iter().zip(next).map(ratio).collect()
}

/// Whether `weight * parts` is at most the modulus.
fn fits(weight: Fr, parts: u64) -> bool {
    let mut rest = Fr::MODULUS.0;
    divide(&mut rest, parts);
    weight.into_bigint().0.iter().rev().le(rest.iter().rev())
}
