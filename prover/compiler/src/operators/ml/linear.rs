//! LinearClassifier and LinearRegressor: scores are affine functions of the features.

use super::compose::{affine_rows, features, sizes};
use super::labels::{Classes, best, complemented};
use super::post::Transform;
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::{Tensor, Value};

/// Label and scores. One row of coefficients is that of the second of two classes: its score is `s`, the other's `1 - s`, or with
/// `LOGISTIC` the two probabilities.
pub(super) fn classifier(node: &Node<'_>, layers: &mut Layers) -> Result<Vec<Value>, Refusal> {
    let x = features(node, 0)?;
    let classes = Classes::read(node, "classlabels_ints", "classlabels_strings")?;
    let transform = Transform::read(node)?;
    let scores = scores(node, layers, &x, None)?;
    let (_, rows) = sizes(node, &scores)?;
    if rows != classes.len() && (rows, classes.len()) != (1, 2) {
        let found = format!("{rows} rows for {} classes", classes.len());
        return Err(node.bad_attribute(
            "coefficients",
            found,
            "a row for each class, or one for two classes",
        ));
    }
    let index = best(node, layers, &scores)?;
    let label = classes.label(node, layers, &index)?;
    let scores = match (rows, transform) {
        (1, Transform::Logistic) => {
            let second = transform.apply(node, layers, &scores)?;
            complemented(node, layers, &second)?
        }
        (1, _) => complemented(node, layers, &scores)?,
        _ => transform.apply(node, layers, &scores)?,
    };
    Ok(vec![label.into(), scores.into()])
}

/// `targets` scores. Of one target, the text of ONNX has transforms that onnxruntime leaves out: they are refused.
pub(super) fn regressor(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(1..=1, "1")?;
    let x = features(node, 0)?;
    let targets = node.int("targets", 1)?;
    let Some(count) = usize::try_from(targets).ok().filter(|&count| count > 0) else {
        return Err(node.bad_attribute("targets", targets.to_string(), "a number of targets"));
    };
    let transform = Transform::read(node)?;
    if count == 1 && matches!(transform, Transform::Logistic | Transform::Softmax) {
        let found = format!("{transform:?} of one target");
        return Err(node.bad_attribute("post_transform", found, "NONE; add Sigmoid behind the node"));
    }
    let scores = scores(node, layers, &x, Some(count))?;
    transform.apply(node, layers, &scores).map(Value::from)
}

/// `x · coefficients + intercepts`, one column for each row of coefficients.
fn scores(node: &Node<'_>, layers: &mut Layers, x: &Tensor, rows: Option<usize>) -> Result<Tensor, Refusal> {
    let (_, width) = sizes(node, x)?;
    let coefficients = node.floats("coefficients")?.unwrap_or_default();
    let rows = rows.unwrap_or_else(|| coefficients.len() / width.max(1));
    if rows == 0 || coefficients.len() != rows.saturating_mul(width) {
        let found = format!("{} numbers for {width} features", coefficients.len());
        return Err(node.bad_attribute("coefficients", found, "one for each feature and row"));
    }
    let intercepts =
        node.floats("intercepts")?.filter(|all| !all.is_empty()).unwrap_or_else(|| vec![0.0; rows]);
    if intercepts.len() != rows {
        let found = format!("{} numbers for {rows} rows", intercepts.len());
        return Err(node.bad_attribute("intercepts", found, "one for each row of coefficients"));
    }
    affine_rows(node, layers, x, &coefficients, &intercepts)
}
