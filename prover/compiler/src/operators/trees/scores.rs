//! From the sums of trees to scores and labels: what onnxruntime makes of base values, of two classes of which leaves name one, and of
//! post transforms.

use std::sync::Arc;

use super::ensemble::RealEnsemble;
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::{Kind, Tensor};
use crate::model::{Activation, Groups, Row};
use crate::operators::argmax::ArgMax;
use crate::operators::function;
use crate::operators::softmax::Softmax;

/// What is applied to scores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Transform {
    None,
    Logistic,
    Softmax,
}

impl Transform {
    /// By its name in the old operators, or its number in `TreeEnsemble`.
    pub fn read(node: &Node<'_>, is_named: Named) -> Result<Self, Refusal> {
        let name = match is_named {
            Named::ByText => node.text("post_transform")?.unwrap_or_else(|| "NONE".into()),
            Named::ByNumber => match node.int("post_transform", 0)? {
                0 => "NONE".into(),
                1 => "SOFTMAX".into(),
                2 => "LOGISTIC".into(),
                3 => "SOFTMAX_ZERO".into(),
                4 => "PROBIT".into(),
                other => other.to_string(),
            },
        };
        match name.as_str() {
            "NONE" => Ok(Self::None),
            "LOGISTIC" => Ok(Self::Logistic),
            "SOFTMAX" => Ok(Self::Softmax),
            _ => Err(node.bad_attribute(
                "post_transform",
                name,
                "NONE, LOGISTIC and SOFTMAX; apply others to the scores outside of the model",
            )),
        }
    }

    /// Scores of samples, `[samples, outputs]`.
    pub fn apply(self, node: &Node<'_>, layers: &mut Layers, scores: Tensor) -> Result<Tensor, Refusal> {
        match self {
            Self::None => Ok(scores),
            Self::Logistic => function::apply(node, &scores, layers, Activation::Sigmoid),
            Self::Softmax => {
                let axis = scores.shape.len().saturating_sub(1);
                let groups = node.groups(&scores, axis)?;
                let shape = scores.shape.clone();
                layers.apply(node, Arc::new(Softmax(groups)), &[&scores], shape)
            }
        }
    }
}

/// How a transform is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Named {
    ByText,
    ByNumber,
}

/// How the sums of a classifier's trees are read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Reading {
    /// A sum a class; the label is the first class of the largest.
    Largest,
    /// A sum a class of two; the label is 1 if the second is positive.
    SecondPositive,
    /// One sum, the probability of the second class: all weights are positive.
    Probability,
    /// One sum `s`, and the scores are `-s` and `s`: the label is 1 if `s` is positive.
    Opposite,
}

impl Reading {
    /// How onnxruntime reads sums of `classes` classes; gives the ensemble the base values that it adds.
    ///
    /// `bases` are those of the file. The ensemble has a sum a class; afterwards one only, where one is read.
    pub fn new(node: &Node<'_>, ensemble: &mut RealEnsemble, bases: &[f64]) -> Result<Self, Refusal> {
        let classes = ensemble.base.len();
        let named = ensemble.named();
        let bad_bases = |allowed| node.bad_attribute("base_values", format!("{} numbers", bases.len()), allowed);
        if classes > 2 {
            if bases.len() > classes {
                return Err(bad_bases("one for each class, or none"));
            }
            ensemble.base.iter_mut().zip(bases).for_each(|(slot, base)| *slot = *base);
            return Ok(Self::Largest);
        }
        let of_first = || ensemble.weights().any(|(output, _)| output == 0);
        let is_second_named = named.contains(&1);
        match *bases {
            // Both classes have sums of their own.
            [] if is_second_named && of_first() => Ok(ensemble.opposite().unwrap_or(Self::SecondPositive)),
            [base] if is_second_named && of_first() => {
                ensemble.base = vec![base, 0.0];
                Ok(ensemble.opposite().unwrap_or(Self::SecondPositive))
            }
            // The leaves name one class: its sum decides.
            [] | [_] if !is_second_named => {
                ensemble.keep(0, bases.first().copied().unwrap_or(0.0));
                let all_positive = ensemble.weights().all(|(_, weight)| weight >= 0.0);
                Ok(if all_positive { Self::Probability } else { Self::Opposite })
            }
            _ => Err(bad_bases(
                "none or one, for two classes: what two, or one beside weights of the second class alone, mean is not defined",
            )),
        }
    }

    /// Scores before the transform, `[samples, classes]`, and labels as positions in the list of classes, `[samples]`.
    pub fn read(
        self,
        node: &Node<'_>,
        layers: &mut Layers,
        sums: &Tensor,
        transform: Transform,
    ) -> Result<(Tensor, Tensor), Refusal> {
        let samples = sums.shape.first().copied().unwrap_or(1);
        let rows = layers.rows(node, sums)?;
        let of_sample = |sample: usize, column: usize| {
            node.expected(rows.get(sample * sums.len() / samples.max(1) + column)).cloned()
        };
        // The label is the second of two scores where it is larger.
        let threshold = if self == Self::Probability { 0.5 } else { 0.0 };
        let column = usize::from(self == Self::SecondPositive);
        let mut label = Vec::new();
        if self != Self::Largest {
            for sample in 0..samples {
                label.extend([Row::constant(threshold), of_sample(sample, column)?]);
            }
        }
        let (compared, length) = match self {
            Self::Largest => (sums.clone(), sums.len() / samples.max(1)),
            _ => (Tensor::new(vec![samples, 2], label).with_trail(sums.trail.clone()), 2),
        };
        let groups = Groups { outer: samples, length, inner: 1 };
        let label = layers.apply(node, Arc::new(ArgMax(groups)), &[&compared], vec![samples])?;
        let pairs = |one: &Tensor, first: &dyn Fn(&Row) -> Row| {
            let rows = one.rows();
            let pairs = rows.iter().flat_map(|row| [first(row), row.clone()]).collect();
            Tensor::new(vec![samples, 2], pairs).with_trail(one.trail.clone())
        };
        let complement = |row: &Row| row.scaled(-1.0, 1.0);
        let scores = match (self, transform) {
            (Self::Largest | Self::SecondPositive, transform) => transform.apply(node, layers, sums.clone())?,
            // No transform is applied to these.
            (Self::Probability, _) => pairs(sums, &complement),
            (Self::Opposite, Transform::Logistic) => {
                let second = transform.apply(node, layers, sums.clone())?;
                pairs(&second, &complement)
            }
            (Self::Opposite, _) => pairs(sums, &|row| row.scaled(-1.0, 0.0)),
        };
        Ok((scores, label.of_kind(Kind::Integer)))
    }
}

impl RealEnsemble {
    /// Outputs that leaves name.
    fn named(&self) -> std::collections::BTreeSet<u32> {
        self.weights().map(|(output, _)| output).collect()
    }

    /// Keeps one output of several.
    fn keep(&mut self, output: u32, base: f64) {
        for values in self.leaves_mut() {
            values.retain(|&(named, _)| named == output);
            values.iter_mut().for_each(|(named, _)| *named = 0);
        }
        self.base = vec![base];
    }

    /// Where the two sums are opposite, the second alone.
    fn opposite(&mut self) -> Option<Reading> {
        let is_opposite = |values: &Vec<(u32, f64)>| match values.as_slice() {
            [] => true,
            &[(0, first), (1, second)] => first == -second,
            _ => false,
        };
        let bases = matches!(*self.base, [first, second] if first == -second);
        if !(bases && self.leaves().all(is_opposite)) {
            return None;
        }
        self.keep(1, self.base.last().copied().unwrap_or(0.0));
        Some(Reading::Opposite)
    }
}
