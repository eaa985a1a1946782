//! Products of variables: `y = clamp(floor((sum_k x[a_k] * x[b_k] + 2^(s-1)) / 2^s), lo, hi)`, one rounding behind the sum.
//!
//! One form holds elementwise products, squares, and products of matrices with batches and broadcasting: pairs of places in
//! the inputs where a left matrix `[rows, inner]` and a right one `[inner, columns]` begin, row-major. An elementwise product is
//! a list of pairs of matrices of one element; a value that is broadcast occurs in several pairs, and is there once.
//!
//! ```text
//! x[a_k] * x[b_k] = w_k - w_(k-1) + l_k        l_k the smallest product, w_0 = 0
//! ```
//!
//! so `w_k` is the sum of `k` products less their smallest values: not negative by the intervals of the factors, and one
//! wire however long the sum. Nothing but intervals is relied upon: `w_k` is below 2^60, so it is that integer.
//!
//! Cost: one constraint a product, none where a factor is a constant; then a requantization a result.

use crate::bounded::{Bounded, limited, narrow};
use crate::builder::Builder;
use crate::case::Case;
use crate::cost::Tally;
use crate::error::{BuildError, at};
use crate::integer::{self, Interval, sum, times};
use crate::layers::requantize::{self, Requantize};

/// Which values are multiplied, and how results are rounded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    /// Where the left and the right matrix of each product begin.
    pub pairs: Vec<(u32, u32)>,
    /// Rows of each left matrix.
    pub rows: u32,
    /// Columns of each left matrix, rows of each right one.
    pub inner: u32,
    /// Columns of each right matrix.
    pub columns: u32,
    /// Rounding of the sums.
    pub rounding: Requantize,
}

const OPERATION: &str = "product";

impl Product {
    /// Products of single values.
    pub fn elementwise(pairs: Vec<(u32, u32)>, rounding: Requantize) -> Self {
        Self { pairs, rows: 1, inner: 1, columns: 1, rounding }
    }

    /// Number of results, saturated.
    pub fn len(&self) -> usize {
        self.pairs.len().saturating_mul(self.rows as usize).saturating_mul(self.columns as usize)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Fails unless every place exists, and there is something to multiply.
    pub fn check(&self, inputs: usize) -> Result<(), BuildError> {
        let size = |rows: u32, columns: u32| u64::from(rows) * u64::from(columns);
        let (left, right) = (size(self.rows, self.inner), size(self.inner, self.columns));
        if self.pairs.is_empty() || left == 0 || right == 0 {
            return Err(BuildError::Empty { operation: OPERATION });
        }
        let ends = self.pairs.iter().flat_map(|&(a, b)| [(a, left), (b, right)]);
        let last = ends.map(|(place, size)| u64::from(place).saturating_add(size - 1)).max().unwrap_or(0);
        match usize::try_from(last) {
            Ok(last) if last < inputs => Ok(()),
            _ => {
                let index = usize::try_from(last).unwrap_or(usize::MAX);
                Err(BuildError::Index { operation: OPERATION, index, inputs })
            }
        }
    }

    /// Calls `dot` with the places of both factors of each product, for one result after the other.
    fn each<T>(
        &self,
        inputs: usize,
        mut dot: impl FnMut(&[(usize, usize)]) -> Result<T, BuildError>,
    ) -> Result<Vec<T>, BuildError> {
        self.check(inputs)?;
        let (rows, inner, columns) = (self.rows as usize, self.inner as usize, self.columns as usize);
        let mut results = Vec::with_capacity(self.len().min(1 << 24));
        let mut places = Vec::with_capacity(inner.min(1 << 20));
        for &(a, b) in &self.pairs {
            let (a, b) = (a as usize, b as usize);
            for (row, column) in (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column))) {
                places.clear();
                places.extend((0..inner).map(|k| (a + row * inner + k, b + k * columns + column)));
                results.push(dot(&places)?);
            }
        }
        Ok(results)
    }
}

/// Integer reference. Fails on places that do not exist, and where a sum leaves 64 bits.
pub fn reference(x: &[i64], p: &Product) -> Result<Vec<i64>, BuildError> {
    p.each(x.len(), |places| {
        let mut sum = 0i128;
        for &(a, b) in places {
            let (a, b) = (*at("inputs", x, a)?, *at("inputs", x, b)?);
            sum = sum.saturating_add(i128::from(a) * i128::from(b));
        }
        Ok(requantize::reference(narrow(OPERATION, sum)?, p.rounding))
    })
}

/// The rounded products.
pub fn constrain(b: &mut Builder, x: &[Bounded], p: &Product) -> Result<Vec<Bounded>, BuildError> {
    b.scope("product", |b| {
        let sums = p.each(x.len(), |places| dot(b, x, places))?;
        requantize::constrain(b, &sums, p.rounding)
    })
}

/// The sum of some products.
fn dot(b: &mut Builder, x: &[Bounded], places: &[(usize, usize)]) -> Result<Bounded, BuildError> {
    // Products with constants; the others, less their smallest values; those.
    let (mut linear, mut products, mut least) = (Bounded::constant(0)?, Bounded::constant(0)?, 0i128);
    for &(place, other) in places {
        let (left, right) = (at("inputs", x, place)?, at("inputs", x, other)?);
        match (left.as_constant(), right.as_constant()) {
            (Some(factor), _) => linear = linear.add(&right.mul_const(narrow(OPERATION, factor)?)?)?,
            (_, Some(factor)) => linear = linear.add(&left.mul_const(narrow(OPERATION, factor)?)?)?,
            (None, None) => {
                let (lo, hi) = limited(OPERATION, ends(left.interval(), right.interval(), place == other))?;
                let most = limited(OPERATION, (0, products.hi().saturating_add(hi - lo)))?.1;
                let rest = Bounded::combine(OPERATION, &[(&products, 1)], narrow(OPERATION, -lo)?)?;
                products = b.product_wire("x * y", left, right, &rest, narrow(OPERATION, most)?)?;
                least = limited(OPERATION, (least + lo, least + lo))?.0;
            }
        }
    }
    Bounded::combine(OPERATION, &[(&linear, 1), (&products, 1)], narrow(OPERATION, least)?)
}

/// The interval of a product; `same` says that both factors are one value.
fn ends(x: Interval, y: Interval, same: bool) -> Interval {
    if same { integer::square(x) } else { integer::product(x, y) }
}

/// Adds what [`constrain`] costs for values of these intervals; returns those of the results.
pub fn cost(t: &mut Tally, x: &[Interval], p: &Product) -> Result<Vec<Interval>, BuildError> {
    let is_constant = |x: Interval| x.0 == x.1;
    let sums = p.each(x.len(), |places| {
        let (mut total, mut span) = ((0, 0), 0i128);
        for &(place, other) in places {
            let (left, right) = (*at("inputs", x, place)?, *at("inputs", x, other)?);
            let product = if is_constant(left) {
                times(right, left.0)
            } else if is_constant(right) {
                times(left, right.0)
            } else {
                t.add(1);
                let product = limited(OPERATION, ends(left, right, place == other))?;
                span = limited(OPERATION, (0, span.saturating_add(product.1 - product.0)))?.1;
                product
            };
            total = limited(OPERATION, sum(total, product))?;
        }
        Ok(total)
    })?;
    Ok(requantize::cost(t, &sums, p.rounding))
}

/// What audits and ledger see of it.
pub(crate) const CASES: &[Case] = &[
    Case::new("products of 3 pairs of 8 bits, to 8", 4, 8, |b, x| {
        let pairs = vec![(0, 1), (2, 3), (3, 3)];
        constrain(b, x, &Product::elementwise(pairs, Requantize::signed(8, 8)))
    }),
    Case::new("product of 2x3 and 3x2 of 6 bits, to 8", 12, 6, |b, x| {
        let rounding = Requantize::signed(5, 8);
        constrain(b, x, &Product { pairs: vec![(0, 6)], rows: 2, inner: 3, columns: 2, rounding })
    }),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{
        all, all_pairs, assert_costs, assert_every_constraint_is_needed, check, check_both, check_values,
        forge, gadget, gadget_with_bounds,
    };
    use proptest::prelude::*;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    const AS_IT_IS: Requantize = Requantize { shift: 0, lo: -(1 << 40), hi: 1 << 40 };

    fn expected(p: &Product) -> impl Fn(&[i64]) -> Vec<i64> {
        move |x| reference(x, p).unwrap_or_default()
    }

    #[test]
    fn all_pairs_of_one_to_five_bits() -> Result<(), BuildError> {
        for bits in 1..=5u8 {
            for rounding in [AS_IT_IS, Requantize::signed(2, 4)] {
                let p = Product::elementwise(vec![(0, 1), (1, 1)], rounding);
                let build = |b: &mut Builder, x: &[Bounded]| constrain(b, x, &p);
                let (circuit, bounds) = gadget_with_bounds(2, bits, build)?;
                check(&circuit, &bounds, all_pairs(bits), expected(&p));
                assert_costs(2, bits, build, |t, x| assert_eq!(cost(t, x, &p), Ok(bounds.clone())))?;
            }
        }
        Ok(())
    }

    #[test]
    fn all_pairs_of_eight_bits() -> Result<(), BuildError> {
        let p = Product::elementwise(vec![(0, 1)], Requantize::signed(7, 8));
        check_values(&gadget(2, 8, |b, x| constrain(b, x, &p))?, all_pairs(8), expected(&p));
        assert_eq!(reference(&[127, -128], &p)?, [-127]);
        assert_eq!(reference(&[-128, -128], &p)?, [127]);
        Ok(())
    }

    #[test]
    fn a_square_is_not_negative() -> Result<(), BuildError> {
        let p = Product::elementwise(vec![(0, 0)], AS_IT_IS);
        let (circuit, bounds) = gadget_with_bounds(1, 8, |b, x| constrain(b, x, &p))?;
        assert_eq!((circuit.stats().constraints, &bounds), (8 + 1, &vec![(0, 1 << 14)]));
        check(&circuit, &bounds, all(8).map(|x| vec![x]), |x| vec![x[0] * x[0]]);
        Ok(())
    }

    #[test]
    fn matrices_with_batches_and_broadcasting() -> Result<(), BuildError> {
        // Two left matrices of 2 x 3, one right one of 3 x 2 for both.
        let rounding = Requantize::signed(4, 7);
        let p = Product { pairs: vec![(0, 12), (6, 12)], rows: 2, inner: 3, columns: 2, rounding };
        let build = |b: &mut Builder, x: &[Bounded]| constrain(b, x, &p);
        let mut rng = ChaCha8Rng::seed_from_u64(20);
        let mut inputs = vec![vec![-32; 18], vec![31; 18], [vec![-32; 12], vec![31; 6]].concat()];
        inputs.extend((0..30).map(|i| (0..18).map(|_| rng.gen_range(-32..32i64) >> (i % 5)).collect()));
        let by_hand = |x: &[i64]| {
            let mut y = Vec::new();
            for (batch, i, j) in (0..2).flat_map(|b| (0..2).flat_map(move |i| (0..2).map(move |j| (b, i, j))))
            {
                let sum: i64 = (0..3).map(|k| x[6 * batch + 3 * i + k] * x[12 + 2 * k + j]).sum();
                y.push(((sum + 8) >> 4).clamp(-64, 63));
            }
            y
        };
        for x in &inputs {
            assert_eq!(reference(x, &p)?, by_hand(x));
        }
        check_both(18, 6, build, inputs, expected(&p))?;
        let (_, bounds) = gadget_with_bounds(18, 6, build)?;
        assert_costs(18, 6, build, |t, x| assert_eq!(cost(t, x, &p), Ok(bounds.clone())))
    }

    #[test]
    fn constants_are_free() -> Result<(), BuildError> {
        let p = Product { inner: 2, ..Product::elementwise(vec![(0, 2)], AS_IT_IS) };
        let build = |b: &mut Builder, x: &[Bounded]| {
            constrain(b, &[x[0].clone(), Bounded::constant(3)?, Bounded::constant(-5)?, x[1].clone()], &p)
        };
        let (circuit, bounds) = gadget_with_bounds(2, 4, build)?;
        assert_eq!(circuit.stats().constraints, 8);
        check(&circuit, &bounds, all_pairs(4), |x| vec![-5 * x[0] + 3 * x[1]]);
        assert_costs(2, 4, build, |t, x| {
            assert_eq!(cost(t, &[x[0], (3, 3), (-5, -5), x[1]], &p), Ok(bounds.clone()));
        })
    }

    #[test]
    fn every_constraint_is_needed_and_a_wrong_product_is_caught() -> Result<(), BuildError> {
        let p = Product { inner: 2, ..Product::elementwise(vec![(0, 2)], Requantize::signed(3, 5)) };
        let circuit = gadget(4, 4, |b, x| constrain(b, x, &p))?;
        let inputs = [vec![1, 2, 3, 4], vec![-8, -8, -8, -8], vec![7, 7, -8, 7], vec![-8, 7, 7, -8]];
        assert_every_constraint_is_needed(&circuit, &inputs);
        let p = Product::elementwise(vec![(0, 1)], AS_IT_IS);
        let circuit = gadget(2, 4, |b, x| constrain(b, x, &p))?;
        let y = crate::linear::Wire(circuit.r1cs.num_wires() as u32 - 1);
        assert_eq!(forge(&circuit, &[3, 5], &[(y, crate::testing::one())]), "product/x * y");
        Ok(())
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let build = |p: &Product, bits| gadget(2, bits, |b, x| constrain(b, x, p)).map(|_| ());
        let p = Product::elementwise(vec![(0, 1)], AS_IT_IS);
        assert_eq!(build(&p, 8), Ok(()));
        let overflow = |b: &mut Builder, x: &[Bounded]| {
            constrain(b, &[x[0].mul_const(1 << 27)?, x[1].mul_const(1 << 4)?], &p)
        };
        assert!(matches!(gadget(2, 32, overflow), Err(BuildError::Overflow { operation: OPERATION, .. })));
        let mut t = Tally::new(crate::Ranges::Bits);
        let wide = cost(&mut t, &[(-(1 << 58), 1 << 58), (-(1 << 35), 1 << 35)], &p);
        assert!(matches!(wide, Err(BuildError::Overflow { .. })));
        for (p, index) in [
            (Product::elementwise(vec![(0, 2)], AS_IT_IS), 2),
            (Product { inner: 2, ..Product::elementwise(vec![(0, 1)], AS_IT_IS) }, 2),
            (Product { columns: 2, ..Product::elementwise(vec![(1, 1)], AS_IT_IS) }, 2),
        ] {
            let refused = BuildError::Index { operation: OPERATION, index, inputs: 2 };
            assert_eq!(build(&p, 8), Err(refused.clone()));
            assert_eq!(reference(&[1, 2], &p), Err(refused));
        }
        let none = Product::elementwise(Vec::new(), AS_IT_IS);
        assert_eq!(build(&none, 8), Err(BuildError::Empty { operation: OPERATION }));
        assert_eq!(reference(&[i64::MAX, 3], &p).ok(), None);
    }

    proptest! {
        #![proptest_config(crate::testing::property(128))]
        #[test]
        fn wide_values(
            x in prop::array::uniform4(prop_oneof![-(1i64 << 23)..1 << 23, Just(-(1 << 23)), Just((1 << 23) - 1)]),
            shift in 0..30u32,
        ) {
            let p = Product { inner: 2, ..Product::elementwise(vec![(0, 2)], Requantize::signed(shift, 24)) };
            let (circuit, bounds) = gadget_with_bounds(4, 24, |b, x| constrain(b, x, &p))?;
            check(&circuit, &bounds, [x.to_vec()], expected(&p));
        }
    }
}
