//! Support vector machines: sums of kernels of the features and support vectors.
//!
//! ```text
//! linear   v · x                     poly      (gamma v · x + coef0)^degree
//! rbf      exp(-gamma |x - v|^2)     sigmoid   tanh(gamma v · x + coef0)
//! ```
//!
//! `|x - v|^2 = |x|^2 - 2 v · x + |v|^2`, so of all support vectors the squares of the features are the only products of
//! variables, and each vector is one function of an affine map. A linear kernel is an affine map altogether.

use super::compose::{affine_rows, beside, call, features, int, sizes, weighted_sums};
use super::labels::{Classes, complemented};
use super::post::Transform;
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::{Kind, Tensor, Value};
use crate::model::Activation;
use crate::operators::{argmax, comparison, function, power, product};

/// A kernel with its parameters.
#[derive(Clone, Copy, Debug)]
enum Kernel {
    Linear,
    Poly { gamma: f64, coef0: f64, degree: f64 },
    Rbf { gamma: f64 },
    Sigmoid { gamma: f64, coef0: f64 },
}

impl Kernel {
    fn read(node: &Node<'_>) -> Result<Kernel, Refusal> {
        let (gamma, coef0, degree) = match node.floats("kernel_params")?.as_deref() {
            None | Some([]) => (0.0, 0.0, 0.0),
            // Its fraction is not read.
            Some(&[gamma, coef0, degree]) => (gamma, coef0, degree.trunc()),
            Some(other) => {
                let found = format!("{} numbers", other.len());
                return Err(node.bad_attribute("kernel_params", found, "gamma, coef0 and degree"));
            }
        };
        Ok(match node.text("kernel_type")?.as_deref() {
            None | Some("LINEAR") => Kernel::Linear,
            Some("POLY") => Kernel::Poly { gamma, coef0, degree },
            Some("RBF") => Kernel::Rbf { gamma },
            Some("SIGMOID") => Kernel::Sigmoid { gamma, coef0 },
            Some(other) => {
                return Err(node.bad_attribute("kernel_type", other.into(), "LINEAR, POLY, RBF or SIGMOID"));
            }
        })
    }

    /// Of each row of features, and each of `count` support vectors: `[N, count]`.
    fn apply(
        self,
        node: &Node<'_>,
        layers: &mut Layers,
        x: &Tensor,
        vectors: &[f64],
        count: usize,
    ) -> Result<Tensor, Refusal> {
        let (_, width) = sizes(node, x)?;
        let inner = |layers: &mut Layers, gamma: f64, coef0: f64| {
            let w: Vec<f64> = vectors.iter().map(|v| gamma * v).collect();
            affine_rows(node, layers, x, &w, &vec![coef0; count])
        };
        match self {
            Kernel::Linear => inner(layers, 1.0, 0.0),
            Kernel::Sigmoid { gamma, coef0 } => {
                let inner = inner(layers, gamma, coef0)?;
                function::apply(node, &inner, layers, Activation::Tanh)
            }
            Kernel::Poly { gamma, coef0, degree } => {
                let inner = inner(layers, gamma, coef0)?;
                let exponent = Tensor::constants(vec![], vec![degree]);
                call(node, layers, (&power::FAMILY, "Pow"), &[&inner, &exponent], &[])
            }
            Kernel::Rbf { gamma } => {
                let squares = call(node, layers, (&product::FAMILY, "Mul"), &[x, x], &[])?;
                let both = beside(node, layers, &[x, &squares])?;
                let (mut w, mut bias) = (Vec::with_capacity(2 * vectors.len()), Vec::with_capacity(count));
                for vector in vectors.chunks_exact(width.max(1)) {
                    w.extend(vector.iter().map(|v| 2.0 * gamma * v));
                    w.extend(std::iter::repeat_n(-gamma, width));
                    bias.push(-gamma * vector.iter().map(|v| v * v).sum::<f64>());
                }
                let exponents = affine_rows(node, layers, &both, &w, &bias)?;
                function::apply(node, &exponents, layers, Activation::Exp)
            }
        }
    }
}

/// `sum_j coefficient_j K(v_j, x) + rho`; of one class its sign, with 1 where that is positive and -1 where it is not.
pub(super) fn regressor(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(1..=1, "1")?;
    let x = features(node, 0)?;
    let (_, width) = sizes(node, &x)?;
    if Transform::read(node)? != Transform::None {
        let found = node.text("post_transform")?.unwrap_or_default();
        return Err(node.bad_attribute("post_transform", found, "NONE"));
    }
    let coefficients = node.floats("coefficients")?.unwrap_or_default();
    let rho = node.floats("rho")?.and_then(|rho| rho.first().copied()).unwrap_or(0.0);
    let supports = node.int("n_supports", 0)?;
    let sum = if supports == 0 {
        // Coefficients of the features.
        affine_rows(node, layers, &x, &coefficients, &[rho])?
    } else {
        let (vectors, count) = support_vectors(node, width)?;
        if coefficients.len() != count || supports != count as i64 {
            let found = format!("{} for {count} support vectors", coefficients.len());
            return Err(node.bad_attribute("coefficients", found, "one for each support vector"));
        }
        let kernels = Kernel::read(node)?.apply(node, layers, &x, &vectors, count)?;
        let sum = weighted_sums(node, layers, &kernels, &coefficients)?;
        layers.affine(node, &sum, |_| Some((1.0, rho)))?
    };
    if node.int("one_class", 0)? == 0 {
        return Ok(sum.into());
    }
    let is_positive = positive(node, layers, &sum)?;
    Ok(layers.affine(node, &is_positive, |_| Some((2.0, -1.0)))?.of_kind(Kind::Real).into())
}

fn positive(node: &Node<'_>, layers: &mut Layers, x: &Tensor) -> Result<Tensor, Refusal> {
    let zero = Tensor::constants(vec![], vec![0.0]);
    call(node, layers, (&comparison::FAMILY, "Greater"), &[x, &zero], &[])
}

fn support_vectors(node: &Node<'_>, width: usize) -> Result<(Vec<f64>, usize), Refusal> {
    let vectors = node.floats("support_vectors")?.unwrap_or_default();
    let count = vectors.len() / width.max(1);
    if count == 0 || count * width != vectors.len() {
        let found = format!("{} numbers for {width} features", vectors.len());
        return Err(node.bad_attribute("support_vectors", found, "one for each feature and vector"));
    }
    Ok((vectors, count))
}

/// Label and scores: a decision for each pair of classes, `i` against `j > i`, positive for `i`; the label has the most of them,
/// the first of equals.
///
/// Of two classes the scores are `-f` and `f`, as onnxruntime writes them, or with `prob_a` and `prob_b` the probabilities `1 / (1 +
/// e^(a f + b))` and its complement, which the iteration of libsvm comes to.
pub(super) fn classifier(node: &Node<'_>, layers: &mut Layers) -> Result<Vec<Value>, Refusal> {
    let x = features(node, 0)?;
    let classes = Classes::read(node, "classlabels_ints", "classlabels_strings")?;
    let transform = Transform::read(node)?;
    let decisions = decisions(node, layers, &x, classes.len())?;
    let label = label(node, layers, &decisions, &classes)?;
    let of_two = classes.len() == 2;
    let (a, b) = (node.floats("prob_a")?.unwrap_or_default(), node.floats("prob_b")?.unwrap_or_default());
    let scores = match (a.as_slice(), b.as_slice()) {
        ([], _) if !of_two => transform.apply(node, layers, &decisions)?,
        ([], _) => match transform {
            Transform::None => {
                let negated = layers.affine(node, &decisions, |_| Some((-1.0, 0.0)))?;
                beside(node, layers, &[&negated, &decisions])?
            }
            Transform::Logistic => {
                let second = transform.apply(node, layers, &decisions)?;
                complemented(node, layers, &second)?
            }
            Transform::Softmax => complemented(node, layers, &decisions)?,
            Transform::Probit => {
                let found = "PROBIT of a decision".to_owned();
                return Err(node.bad_attribute("post_transform", found, "NONE, LOGISTIC or SOFTMAX"));
            }
        },
        (&[a], &[b]) if of_two => {
            let exponent = layers.affine(node, &decisions, |_| Some((a, b)))?;
            let second = function::apply(node, &exponent, layers, Activation::Sigmoid)?;
            let both = complemented(node, layers, &second)?;
            transform.apply(node, layers, &both)?
        }
        _ => {
            let found = format!("probabilities of {} classes", classes.len());
            let allowed = "absent, or of two classes: export the decision function (raw_scores), or ask for the label alone";
            return Err(node.bad_attribute("prob_a", found, allowed));
        }
    };
    Ok(vec![label.into(), scores.into()])
}

/// `[N, n (n - 1) / 2]`.
fn decisions(node: &Node<'_>, layers: &mut Layers, x: &Tensor, classes: usize) -> Result<Tensor, Refusal> {
    let (_, width) = sizes(node, x)?;
    let (vectors, count) = support_vectors(node, width)?;
    let sizes = node.ints("vectors_per_class")?.unwrap_or_default();
    let sizes: Option<Vec<usize>> = sizes.into_iter().map(|size| usize::try_from(size).ok()).collect();
    let sizes = sizes.unwrap_or_default();
    let coefficients = node.floats("coefficients")?.unwrap_or_default();
    let rho = node.floats("rho")?.unwrap_or_default();
    let pairs: Vec<(usize, usize)> =
        (0..classes).flat_map(|i| (i + 1..classes).map(move |j| (i, j))).collect();
    let total = sizes.iter().fold(0usize, |sum, &size| sum.saturating_add(size));
    let fits = classes > 1
        && sizes.len() == classes
        && total == count
        && coefficients.len() == (classes - 1) * count
        && rho.len() == pairs.len();
    if !fits {
        let found = format!(
            "{} for {classes} classes, {count} support vectors, {} numbers of them and {} rho",
            coefficients.len(),
            sizes.len(),
            rho.len()
        );
        let allowed = "a row for each class but one, a vector count for each class, and rho for each pair";
        return Err(node.bad_attribute("coefficients", found, allowed));
    }
    let start = |class: usize| sizes.iter().take(class).sum::<usize>();
    let kernels = Kernel::read(node)?.apply(node, layers, x, &vectors, count)?;
    // The vectors of class i against class j have row j - 1 (or j, where j < i) of the coefficients.
    let mut weights = Vec::with_capacity(pairs.len() * count);
    for &(i, j) in &pairs {
        let of_class = |class: usize| start(class)..start(class + 1);
        weights.extend((0..count).map(|v| {
            let row = if of_class(i).contains(&v) {
                j - 1
            } else if of_class(j).contains(&v) {
                i
            } else {
                return 0.0;
            };
            coefficients.get(row * count + v).copied().unwrap_or(0.0)
        }));
    }
    affine_rows(node, layers, &kernels, &weights, &rho)
}

fn label(
    node: &Node<'_>,
    layers: &mut Layers,
    decisions: &Tensor,
    classes: &Classes,
) -> Result<Tensor, Refusal> {
    let (rows, _) = sizes(node, decisions)?;
    let wins = positive(node, layers, decisions)?;
    let count = classes.len();
    let index = if count == 2 {
        layers.affine(node, &wins, |_| Some((-1.0, 1.0)))?
    } else {
        let pairs: Vec<(usize, usize)> =
            (0..count).flat_map(|i| (i + 1..count).map(move |j| (i, j))).collect();
        // Won as the first of a pair, or not lost as the second.
        let weight = |class: usize, &(i, j): &(usize, usize)| match class {
            _ if class == i => 1.0,
            _ if class == j => -1.0,
            _ => 0.0,
        };
        let weights: Vec<f64> =
            (0..count).flat_map(|class| pairs.iter().map(move |pair| weight(class, pair))).collect();
        let bias: Vec<f64> = (0..count).map(|class| class as f64).collect();
        let votes = affine_rows(node, layers, &wins, &weights, &bias)?;
        call(node, layers, (&argmax::FAMILY, "ArgMax"), &[&votes], &[int("axis", 1), int("keepdims", 0)])?
    };
    classes.label(node, layers, &index.with_shape(vec![rows]))
}
