//! Elements as integers times what one of them is worth: what lies between DequantizeLinear and QuantizeLinear.
//!
//! A row `sum_i c_i q_i + bias` of integers `q_i` is `unit * t + bias` with an integer `t = sum_i k_i q_i` where all `c_i` are whole multiples
//! of one unit, as products of a scale of the inputs and a scale of the weights are. A sum of two integers at scales of their own has two units.

use super::operator::Ruled;
use crate::import::graph::Layers;
use crate::import::value::Tensor;
use crate::model::{Convolution, Dense, Map, Row};

/// A unit is at least this part of the largest coefficient: weights of 16 bits, and some.
const FINEST: f64 = 1.0 / (1 << 20) as f64;
/// What is left by rounding of the coefficients, as a part of the largest of them.
const NOTHING: f64 = 1.0 / (1u64 << 38) as f64;
/// The same while the unit is sought, which is known as well as the smallest coefficient only.
const NEARLY: f64 = 1.0 / (1u64 << 32) as f64;
/// Integers stay below this, so that sums are exact in double precision.
const MOST: i64 = 1 << 45;

/// The elements of a tensor in such parts.
pub(super) struct Parts {
    /// Integers: one part of each element, or two.
    pub maps: Vec<Map>,
    /// What one of each part is worth.
    pub units: Vec<[f64; 2]>,
    pub biases: Vec<f64>,
    pub ranges: Vec<[(i64, i64); 2]>,
    /// Magnitudes of all terms together, at most.
    pub sizes: Vec<f64>,
    /// Terms, where single precision may round any of them; none where it rounds each part once.
    pub terms: Vec<u32>,
    /// Whether the elements are multiples of elements of inputs that are no integers.
    pub of_inputs: bool,
}

/// A row in one part.
struct Whole {
    unit: f64,
    factors: Vec<i64>,
    range: (i64, i64),
}

impl Parts {
    /// The rows of a map in parts; `None` where they are no such thing. Sums of floats are rounded on the way, those of integers are not.
    pub fn of(layers: &Layers, map: &Map, of_floats: bool) -> Option<Parts> {
        match map {
            Map::Rows(rows) => {
                // Two integers, each rounded as it is scaled, are not one.
                let pairs = of_floats && rows.iter().all(|row| row.terms.len() == 2 && is_plain(row));
                let two = |first: bool| if first == pairs { two(layers, rows) } else { None };
                inputs(layers, rows)
                    .or_else(|| two(true))
                    .or_else(|| one(layers, rows))
                    .or_else(|| two(false))
            }
            Map::Dense(dense) => of_dense(layers, dense),
            Map::Convolution(conv) => of_convolution(layers, conv),
        }
    }
}

/// Whether single precision scales each term with one rounding.
fn is_plain(row: &Row) -> bool {
    row.bias == 0.0 && row.terms.iter().all(|&(_, c)| is_single(c))
}

fn is_single(x: f64) -> bool {
    f64::from(x as f32) == x
}

/// How often single precision may round a sum, beyond scaling its one term; and the magnitudes of all terms, at most.
fn roundings(coefficients: &[f64], ends: &[(i64, i64)], bias: f64, unit: f64) -> (u32, f64) {
    let size =
        |(c, &(lo, hi)): (&f64, &(i64, i64))| c.abs() * lo.unsigned_abs().max(hi.unsigned_abs()) as f64;
    let size = coefficients.iter().zip(ends).map(size).sum::<f64>() + bias.abs();
    let is_one =
        bias == 0.0 && matches!(coefficients, [] | [_]) && coefficients.iter().all(|&c| is_single(c));
    // Multiples of a power of two are added as they are.
    let is_dyadic = unit.to_bits() & ((1 << 52) - 1) == 0 && (bias / unit).fract() == 0.0;
    let is_exact = is_one || (is_dyadic && size / unit < (1 << 24) as f64);
    (if is_exact { 0 } else { coefficients.len() as u32 + 1 }, size)
}

/// The largest number of which all coefficients are whole multiples, and which ones.
fn unit(coefficients: &[f64]) -> Option<(f64, Vec<i64>)> {
    let largest =
        coefficients.iter().copied().fold(0.0f64, |most, c| if c.abs() > most.abs() { c } else { most });
    if largest == 0.0 {
        return Some((1.0, vec![0; coefficients.len()]));
    }
    let mut unit = largest.abs();
    for c in coefficients {
        let mut rest = c.abs();
        while rest > NEARLY * largest.abs() {
            (unit, rest) = (rest, (unit - rest * (unit / rest).round()).abs());
            if unit < FINEST * largest.abs() {
                return None;
            }
        }
    }
    let unit = largest.abs() / (largest.abs() / unit).round();
    let factors: Vec<i64> = coefficients.iter().map(|c| (c / unit).round() as i64).collect();
    let is_whole =
        |(c, &factor): (&f64, &i64)| (c - factor as f64 * unit).abs() <= 16.0 * NOTHING * largest.abs();
    coefficients.iter().zip(&factors).all(is_whole).then_some((unit, factors))
}

/// The unit of coefficients of integers with these ends, and the ends of their sum, or of a part of it.
fn whole(coefficients: &[f64], ends: &[(i64, i64)]) -> Option<Whole> {
    let (unit, factors) = unit(coefficients)?;
    let (mut lo, mut hi) = (0i64, 0i64);
    for (&factor, &(a, b)) in factors.iter().zip(ends) {
        let (a, b) = (factor.checked_mul(a)?, factor.checked_mul(b)?);
        // A kernel does not meet what lies beyond an edge.
        (lo, hi) = (lo.checked_add(a.min(b).min(0))?, hi.checked_add(a.max(b).max(0))?);
    }
    (lo >= -MOST && hi <= MOST).then_some(Whole { unit, factors, range: (lo, hi) })
}

fn ends(layers: &Layers, atoms: impl Iterator<Item = u32>) -> Option<Vec<(i64, i64)>> {
    atoms.map(|atom| layers.integers.ends(atom)).collect()
}

fn is_unit(row: &Row) -> bool {
    matches!(row.terms.as_slice(), &[(_, c)] if c.abs() == 1.0)
}

/// Single elements of inputs that are no integers, each times a factor.
fn inputs(layers: &Layers, rows: &[Row]) -> Option<Parts> {
    let is_input = |atom: u32| layers.maker(atom).is_none() && layers.integers.ends(atom).is_none();
    let row = |row: &Row| match row.terms.as_slice() {
        &[(atom, factor)] if is_input(atom) => {
            Some((Row { terms: vec![(atom, factor.signum())], bias: 0.0 }, factor.abs()))
        }
        _ => None,
    };
    let (atoms, units): (Vec<Row>, Vec<f64>) =
        rows.iter().map(row).collect::<Option<Vec<_>>>()?.into_iter().unzip();
    Some(Parts {
        maps: vec![Map::Rows(atoms)],
        units: units.into_iter().map(|unit| [unit, 0.0]).collect(),
        biases: rows.iter().map(|row| row.bias).collect(),
        ranges: vec![[(0, 0); 2]; rows.len()],
        sizes: vec![f64::INFINITY; rows.len()],
        terms: rows.iter().map(|row| u32::from(!(row.bias == 0.0 && is_unit(row)))).collect(),
        of_inputs: true,
    })
}

fn one(layers: &Layers, rows: &[Row]) -> Option<Parts> {
    let (mut map, mut units, mut ranges) = (Vec::with_capacity(rows.len()), Vec::new(), Vec::new());
    let (mut sizes, mut counts) = (Vec::new(), Vec::new());
    for row in rows {
        let coefficients: Vec<f64> = row.terms.iter().map(|&(_, c)| c).collect();
        let ends = ends(layers, row.terms.iter().map(|&(atom, _)| atom))?;
        let found = whole(&coefficients, &ends)?;
        let (count, size) = roundings(&coefficients, &ends, row.bias, found.unit);
        sizes.push(size);
        counts.push(count);
        let terms = row.terms.iter().zip(&found.factors).map(|(&(atom, _), &factor)| (atom, factor as f64));
        map.push(Row { terms: terms.filter(|&(_, factor)| factor != 0.0).collect(), bias: 0.0 });
        units.push([found.unit, 0.0]);
        ranges.push([found.range, (0, 0)]);
    }
    let biases = rows.iter().map(|row| row.bias).collect();
    Some(Parts { maps: vec![Map::Rows(map)], units, biases, ranges, sizes, terms: counts, of_inputs: false })
}

/// Sums of at most two integers, whatever they are worth.
fn two(layers: &Layers, rows: &[Row]) -> Option<Parts> {
    let mut maps = [Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len())];
    let (mut units, mut ranges, mut sizes) = (Vec::new(), Vec::new(), Vec::new());
    for row in rows {
        let ends = ends(layers, row.terms.iter().map(|&(atom, _)| atom))?;
        if row.terms.len() > 2 {
            return None;
        }
        let (mut of_row, mut range) = ([0.0; 2], [(0, 0); 2]);
        for (part, map) in maps.iter_mut().enumerate() {
            let Some((&(atom, c), &(lo, hi))) = row.terms.get(part).zip(ends.get(part)) else {
                map.push(Row::constant(0.0));
                continue;
            };
            map.push(Row { terms: vec![(atom, c.signum())], bias: 0.0 });
            *of_row.get_mut(part)? = c.abs();
            *range.get_mut(part)? = if c < 0.0 { (-hi, -lo) } else { (lo, hi) };
        }
        let coefficients: Vec<f64> = row.terms.iter().map(|&(_, c)| c).collect();
        sizes.push(roundings(&coefficients, &ends, row.bias, 1.0).1);
        units.push(of_row);
        ranges.push(range);
    }
    let terms = rows.iter().map(|row| if is_plain(row) { 0 } else { 3 }).collect();
    let biases = rows.iter().map(|row| row.bias).collect();
    Some(Parts { maps: maps.map(Map::Rows).into(), units, biases, ranges, sizes, terms, of_inputs: false })
}

fn of_dense(layers: &Layers, dense: &Dense) -> Option<Parts> {
    let ends = ends(layers, dense.columns.iter().copied())?;
    let found: Vec<Whole> = dense
        .w
        .chunks_exact(dense.columns.len().max(1))
        .map(|row| whole(row, &ends))
        .collect::<Option<_>>()?;
    let w = found.iter().flat_map(|row| &row.factors).map(|&factor| factor as f64).collect();
    let map = Dense { columns: dense.columns.clone(), w, bias: vec![0.0; dense.bias.len()] };
    let rows = dense.w.chunks_exact(dense.columns.len().max(1)).zip(&dense.bias).zip(&found);
    let counted = rows.map(|((row, &bias), found)| roundings(row, &ends, bias, found.unit));
    let (terms, sizes) = counted.unzip();
    Some(Parts {
        maps: vec![Map::Dense(map)],
        units: found.iter().map(|row| [row.unit, 0.0]).collect(),
        biases: dense.bias.clone(),
        ranges: found.iter().map(|row| [row.range, (0, 0)]).collect(),
        sizes,
        terms,
        of_inputs: false,
    })
}

fn of_convolution(layers: &Layers, conv: &Convolution) -> Option<Parts> {
    let atoms = conv.first..conv.first.checked_add(u32::try_from(conv.window.inputs()).ok()?)?;
    let all = ends(layers, atoms)?;
    let hull = all.into_iter().reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))?;
    let len = conv.filter_len().max(1);
    let ends = vec![hull; len];
    let found: Vec<Whole> = conv.w.chunks_exact(len).map(|taps| whole(taps, &ends)).collect::<Option<_>>()?;
    let w = found.iter().flat_map(|filter| &filter.factors).map(|&factor| factor as f64).collect();
    let map = Convolution { w, bias: vec![0.0; conv.filters], ..conv.clone() };
    let positions = conv.positions();
    let each = |of: &dyn Fn(usize) -> Option<f64>| -> Option<Vec<f64>> {
        (0..conv.filters).flat_map(|filter| std::iter::repeat_n(of(filter), positions)).collect()
    };
    let units = each(&|filter| found.get(filter).map(|found| found.unit))?;
    let biases = each(&|filter| conv.bias.get(filter).copied())?;
    let ranges =
        found.iter().flat_map(|found| std::iter::repeat_n([found.range, (0, 0)], positions)).collect();
    let units = units.into_iter().map(|unit| [unit, 0.0]).collect();
    let counted = conv.w.chunks_exact(len).zip(&conv.bias).zip(&found);
    let counted = counted.map(|((taps, &bias), found)| roundings(taps, &ends, bias, found.unit));
    let (terms, sizes) = counted.flat_map(|counted| std::iter::repeat_n(counted, positions)).unzip();
    Some(Parts { maps: vec![Map::Convolution(map)], units, biases, ranges, sizes, terms, of_inputs: false })
}

/// What holds of either.
pub(super) fn hull(known: &mut Ruled, other: Ruled) {
    for (known, (lo, hi)) in known.ranges.iter_mut().zip(other.ranges) {
        *known = (known.0.min(lo), known.1.max(hi));
    }
    known.size = known.size.max(other.size);
    known.roundings = known.roundings.max(other.roundings);
}

/// Integers that were rounded before, without what stands for zero.
pub(in crate::operators) struct Centered {
    pub integers: Tensor,
    pub zero: f64,
    /// Of all of them.
    pub ends: (i64, i64),
}

/// The elements as such, where they have one zero point.
pub(in crate::operators) fn centered(layers: &Layers, x: &Tensor) -> Option<Centered> {
    let rows = x.as_rows()?;
    let zero = rows.first()?.bias;
    let (mut integers, mut ends) = (Vec::with_capacity(rows.len()), (0, 0));
    for row in rows {
        let &[(atom, 1.0)] = row.terms.as_slice() else { return None };
        let (lo, hi) = layers.integers.ends(atom).filter(|_| row.bias == zero)?;
        ends = (ends.0.min(lo), ends.1.max(hi));
        integers.push(Row::atom(atom));
    }
    let integers = Tensor::new(x.shape.clone(), integers).with_trail(x.trail.clone());
    Some(Centered { integers, zero, ends })
}

/// Factors that are integers, each tensor with one unit.
pub(in crate::operators) struct Factors {
    pub integers: Vec<Tensor>,
    /// What a product of them is worth.
    pub unit: f64,
    /// Magnitude of a product, at most.
    pub most: i64,
}

/// The factors of products as integers: all are integers times what one of them is worth, as DequantizeLinear gives them. One that stands
/// alone is squared.
pub(in crate::operators) fn factors(layers: &Layers, arguments: &[&Tensor]) -> Option<Factors> {
    let mut integers = Vec::with_capacity(arguments.len());
    let (mut unit, mut most) = (1.0, 1i64);
    for argument in arguments {
        let rows = argument.as_rows()?;
        let &[(_, of_first)] = rows.first()?.terms.as_slice() else { return None };
        let (mut elements, mut largest) = (Vec::with_capacity(rows.len()), 0);
        for row in rows {
            let &[(atom, factor)] = row.terms.as_slice() else { return None };
            // What stands for zero, of an input.
            let zero = (row.bias / factor).round();
            if factor != of_first || (row.bias - zero * factor).abs() > NOTHING * factor.abs() {
                return None;
            }
            let (lo, hi) = layers.integers.ends(atom)?;
            let (lo, hi) = (lo.checked_add(zero as i64)?, hi.checked_add(zero as i64)?);
            largest = largest.max(lo.saturating_neg()).max(hi);
            elements.push(Row { terms: vec![(atom, 1.0)], bias: zero });
        }
        integers.push(Tensor::new(argument.shape.clone(), elements).with_trail(argument.trail.clone()));
        let times = if arguments.len() == 1 { 2 } else { 1 };
        for _ in 0..times {
            (unit, most) = (unit * of_first, most.checked_mul(largest)?);
        }
    }
    Some(Factors { integers, unit, most })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_the_largest_common_measure() {
        let (x, w) = (f64::from(0.0213f32), f64::from(0.00171f32));
        let weights = [-127.0, 3.0, 0.0, 64.0, 127.0, -32_000.0];
        let (found, factors) = unit(&weights.map(|k| k * (x * w))).unwrap();
        assert!((found / (x * w) - 1.0).abs() < 1e-12);
        assert_eq!(factors, [-127, 3, 0, 64, 127, -32_000]);
        assert_eq!(unit(&[0.5, -1.5, 0.25]).unwrap(), (0.25, vec![2, -6, 1]));
        assert_eq!(unit(&[0.0, 0.0]).unwrap().1, [0, 0]);
        // Scales that have nothing to do with each other.
        assert_eq!(unit(&[f64::from(0.0213f32), f64::from(0.0171f32)]), None);
        assert_eq!(unit(&[std::f64::consts::PI, 1.0]), None);
    }
}
