//! Normalization of groups: mean and deviation taken out, or the root mean square.

use std::any::Any;
use std::sync::Arc;

use assay_circuits::cost::{Interval, Tally};
use assay_circuits::layers::layer_norm::{self, Center, Normalization};
use assay_circuits::{Bounded, BuildError, Builder};

use super::family::{Encoded, Family, Shape};
use super::operator::{
    Argument, ArgumentFormat, Domain, Formats, IntegerOperator, Operator, ResultScale, Sink, Takes,
};
use crate::bytes::{ReadError, Reader};
use crate::model::Groups;
use crate::number::{pow2, quantize, signed_range};
use crate::quantize::certify::range::Range;
use crate::quantize::certify::rule::{Given, Rule};
use crate::quantize::error::{Feasible, PlanError};

/// Bits of its arguments, at most.
const MAX_DOMAIN_BITS: u32 = 12;
const TAG: u8 = 5;

/// The entry of the registry: [`super::normalization`] has the nodes that this is made of.
pub(super) const FAMILY: Family = Family {
    name: "Deviations over their root mean square",
    cost: "two products an element, an inverse square root a group",
    operators: &[],
    integers: &[Encoded { tag: TAG, read }],
};

/// `(x_i - mean) / sqrt(variance + epsilon)` of each group, or the same about zero; 0 where all elements are the mean, or zero.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct LayerNorm {
    /// What the deviations are from.
    pub center: Center,
    /// The groups.
    pub groups: Groups,
    /// What is added to the variance.
    pub epsilon: f64,
}

impl Operator for LayerNorm {
    fn name(&self) -> &'static str {
        "layer norm"
    }

    fn arguments(&self) -> Vec<Argument> {
        vec![Argument { len: self.len(), takes: Takes::rounded(MAX_DOMAIN_BITS) }]
    }

    fn len(&self) -> usize {
        self.groups.count() * self.groups.length
    }

    fn apply(&self, x: &[f64]) -> Vec<f64> {
        self.groups.mapped(x, |group| {
            let count = group.len().max(1) as f64;
            let mean = match self.center {
                Center::Mean => group.iter().sum::<f64>() / count,
                Center::Zero => 0.0,
            };
            let variance = group.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / count;
            let deviation = (variance + self.epsilon).sqrt();
            group.iter_mut().for_each(|x| *x = if deviation > 0.0 { (*x - mean) / deviation } else { 0.0 });
        })
    }

    /// That of the normalization over the domain; where there is none, the plan is not feasible.
    fn result_scale(&self, arguments: &[ArgumentFormat]) -> ResultScale {
        let normalization = match arguments {
            [ArgumentFormat::Rounded(domain)] => normalization(self, *domain),
            _ => None,
        };
        ResultScale::Fixed(normalization.map_or(0, |normalization| normalization.scale as i32)) // at most 60
    }

    fn quantize(&self, formats: &Formats<'_>) -> Result<Arc<dyn IntegerOperator>, PlanError> {
        let (domain, _) = formats.one_rounded()?;
        let normalization = normalization(self, *domain).feasible()?;
        Ok(Arc::new(Integers { groups: self.groups, normalization }))
    }

    /// Whatever the rows are, results are bounded: by `sqrt(n)`, the float model's too. Where rows may be all equal there is no better bound.
    fn certify(&self, given: &Given<'_>) -> Option<Vec<Rule>> {
        let float = Range::around((self.groups.length as f64).sqrt()).widened(pow2(-40));
        let is_known = given.rows.iter().all(|row| row.float.is_finite() && !row.may_miss);
        let rule = |&value: &Range| Rule::constant(float.minus(value), value);
        is_known.then(|| given.results.iter().map(rule).collect())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// The parameters of a layer normalization over a domain; `None` where the plan is not feasible.
fn normalization(norm: &LayerNorm, domain: Domain) -> Option<Normalization> {
    let (lo, hi) = signed_range(domain.bits);
    let length = u32::try_from(norm.groups.length).ok()?;
    let shape = Normalization::about(norm.center, length, lo, hi, 1).ok()?;
    // In units of 2^v / n^3, or 2^v / n about zero, at the square of the domain's scale.
    let count = f64::from(length);
    let units = match norm.center {
        Center::Mean => count * count * count,
        Center::Zero => count,
    };
    let unit = norm.epsilon * units * pow2(2 * domain.scale - shape.variance_shift as i32);
    let units = quantize(unit, 0).filter(|&units| units < 1 << 40)?;
    Normalization::about(norm.center, length, lo, hi, units.max(1)).ok()
}

#[derive(Debug)]
struct Integers {
    groups: Groups,
    normalization: Normalization,
}

impl IntegerOperator for Integers {
    fn holds_parameters(&self) -> bool {
        false
    }

    fn kind(&self) -> &'static str {
        "layer norm"
    }

    fn len(&self) -> usize {
        self.groups.count() * self.groups.length
    }

    fn reference(&self, x: &[i64]) -> Result<Vec<i64>, BuildError> {
        self.groups.back_in_place(layer_norm::reference(&self.groups.in_order(x)?, &self.normalization)?)
    }

    fn constrain(&self, b: &mut Builder, x: &[Bounded]) -> Result<Vec<Bounded>, BuildError> {
        self.groups.back_in_place(layer_norm::constrain(b, &self.groups.in_order(x)?, &self.normalization)?)
    }

    fn cost(&self, t: &mut Tally, x: &[Interval]) -> Result<Vec<Interval>, BuildError> {
        self.groups.back_in_place(layer_norm::cost(t, &self.groups.in_order(x)?, &self.normalization)?)
    }

    fn intervals(&self, x: &[Interval]) -> Result<Vec<Interval>, BuildError> {
        let bound = i128::from(self.normalization.bound()?);
        Ok(vec![(-bound, bound); x.len()])
    }

    fn tag(&self) -> u8 {
        TAG
    }

    fn write(&self, out: &mut dyn Sink) {
        out.bytes(&[match self.normalization.center {
            Center::Mean => 0,
            Center::Zero => 1,
        }]);
        self.groups.write(out);
        out.bytes(&self.normalization.epsilon.to_le_bytes());
    }
}

fn read(reader: &mut Reader<'_>, shape: &Shape<'_>) -> Result<Arc<dyn IntegerOperator>, ReadError> {
    let (len, (lo, hi)) = shape.one_rounded()?;
    let center = match reader.byte()? {
        0 => Center::Mean,
        1 => Center::Zero,
        other => return Err(ReadError::Step(other)),
    };
    let groups = Groups::read(reader, len)?;
    let epsilon = i64::from_le_bytes(reader.fixed()?);
    let length = u32::try_from(groups.length)
        .map_err(|_| ReadError::Index { what: "length of a normalization", index: groups.length })?;
    let normalization = Normalization::about(center, length, lo, hi, epsilon).map_err(ReadError::Layer)?;
    if normalization.epsilon != epsilon || i64::from(normalization.scale) != i64::from(shape.scale) {
        let index = normalization.scale as usize;
        return Err(ReadError::Index { what: "scale of a normalization", index });
    }
    Ok(Arc::new(Integers { groups, normalization }))
}
