//! What becomes of scores: `post_transform`.

use super::compose::{call, columns, int, sizes, weighted_sums};
use super::labels::complemented;
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::{Data, Tensor};
use crate::model::Activation;
use crate::operators::{function, masked};

/// A transform of rows of scores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Transform {
    None,
    Logistic,
    Softmax,
    /// The quantile of the normal distribution.
    Probit,
}

impl Transform {
    pub fn read(node: &Node<'_>) -> Result<Transform, Refusal> {
        Ok(match node.text("post_transform")?.as_deref() {
            None | Some("NONE") => Transform::None,
            Some("LOGISTIC") => Transform::Logistic,
            Some("SOFTMAX") => Transform::Softmax,
            Some("PROBIT") => Transform::Probit,
            // SOFTMAX_ZERO jumps where a score is exactly zero, which rounding would decide.
            Some(other) => {
                let allowed = "NONE, LOGISTIC, SOFTMAX or PROBIT";
                return Err(node.bad_attribute("post_transform", other.into(), allowed));
            }
        })
    }

    /// The rows, transformed.
    pub fn apply(self, node: &Node<'_>, layers: &mut Layers, scores: &Tensor) -> Result<Tensor, Refusal> {
        let (_, width) = sizes(node, scores)?;
        match self {
            Transform::None => Ok(scores.clone()),
            Transform::Probit => function::apply(node, scores, layers, Activation::Probit),
            // e^b / (e^a + e^b) = 1 / (1 + e^(a - b))
            Transform::Softmax if width == 2 => {
                let margin = weighted_sums(node, layers, scores, &[-1.0, 1.0])?;
                let second = function::apply(node, &margin, layers, Activation::Sigmoid)?;
                complemented(node, layers, &second)
            }
            Transform::Softmax => {
                call(node, layers, (&masked::FAMILY, "Softmax"), &[scores], &[int("axis", -1)])
            }
            // 1 / (1 + e^s) = 1 - 1 / (1 + e^-s)
            Transform::Logistic if width == 2 && are_opposite(node, layers, scores)? => {
                let second = columns(node, layers, scores, &[1])?;
                let second = function::apply(node, &second, layers, Activation::Sigmoid)?;
                complemented(node, layers, &second)
            }
            Transform::Logistic => function::apply(node, scores, layers, Activation::Sigmoid),
        }
    }
}

/// Whether the two scores of each row are each other's negatives, whatever the inputs.
fn are_opposite(node: &Node<'_>, layers: &mut Layers, scores: &Tensor) -> Result<bool, Refusal> {
    let sums = weighted_sums(node, layers, scores, &[1.0, 1.0])?;
    Ok(matches!(&sums.data, Data::Constants(sums) if sums.iter().all(|&sum| sum == 0.0)))
}
