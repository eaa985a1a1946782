//! Split: parts of a tensor along an axis, one result each.

use super::axes::{list, shape};
use super::moves::{Source, moved, product};
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::Value;

/// The sizes are an attribute before operator set 13, a constant operand since; without them the parts are equal, or, with
/// `num_outputs`, equal but for the last.
pub(super) fn split(node: &Node<'_>, layers: &mut Layers) -> Result<Vec<Value>, Refusal> {
    let from = shape(node, 0)?;
    let axis = node.axis(node.int("axis", 0)?, &from, from.len())?;
    let (size, results) = (from[axis], node.proto.output.len());
    let sizes = if node.opset < 13 {
        node.inputs(1..=1, "1")?;
        node.ints("split")?
    } else {
        node.inputs(1..=2, "1 or 2")?;
        list(node, 1)?
    };
    let sizes: Vec<usize> = match (sizes, node.optional_int("num_outputs")?) {
        (Some(sizes), _) => {
            let size = |&size: &i64| usize::try_from(size).ok();
            let wrong = || node.bad_attribute("split", format!("{sizes:?}"), "sizes that add up to the axis");
            sizes.iter().map(size).collect::<Option<_>>().ok_or_else(wrong)?
        }
        (None, Some(parts)) => {
            let parts = usize::try_from(parts).ok().filter(|&parts| parts == results);
            let wrong = || node.bad_attribute("num_outputs", format!("{parts:?}"), "the number of results");
            let chunk = size.div_ceil(parts.ok_or_else(wrong)?.max(1));
            (0..results).map(|part| size.saturating_sub(part * chunk).min(chunk)).collect()
        }
        (None, None) if results > 0 && size % results == 0 => vec![size / results; results],
        (None, None) => {
            return Err(node.bad_attribute(
                "split",
                "absent".into(),
                "sizes, where the axis has no equal parts",
            ));
        }
    };
    if sizes.len() != results
        || sizes.iter().try_fold(0usize, |sum, &part| sum.checked_add(part)) != Some(size)
    {
        return Err(node.bad_attribute(
            "split",
            format!("{sizes:?}"),
            "a size for each result, the axis in all",
        ));
    }
    let behind = product(&from[axis + 1..]);
    let mut start = 0;
    let mut parts = Vec::with_capacity(results);
    for part in sizes {
        let first = start;
        let mut to = from.clone();
        to[axis] = part;
        parts.push(moved(node, layers, &[0], to, 0.0, |flat| {
            let (slice, inner) = (flat.checked_div(behind)?, flat.checked_rem(behind)?);
            let (outer, index) = (slice.checked_div(part)?, slice.checked_rem(part)?);
            Some(Source::at((outer * size + first + index) * behind + inner))
        })?);
        start += part;
    }
    Ok(parts)
}
