//! Attention (operator sets 23 to 25), as the nodes that it stands for: products of matrices, a mask, a softmax. Reference: ONNX,
//! "Attention", with its erratum of version 1.23: a query that may look at no key gives zeros.

use super::family::{Family, OnnxOperator};
use super::written::{Written, int};
use crate::import::graph::Layers;
use crate::import::node::{Node, Scope};
use crate::import::refusal::Refusal;
use crate::import::value::{Kind, Value};
use crate::onnx::{DataType, NodeProto};

/// Operands of a node.
const MASK: usize = 3;
const PAST_KEYS: usize = 4;
const PAST_VALUES: usize = 5;
const LENGTHS: usize = 6;

/// Largest mask of positions that no query may look at.
const MAX_MASK: usize = 1 << 22;

/// The entry of the registry.
pub(super) const FAMILY: Family = Family {
    name: "Attention",
    cost: "that of two products of matrices and a softmax; of `softcap`, a table for each score",
    operators: &[OnnxOperator::written("Attention", written_out).remarks(
        "heads of keys and values that divide those of queries, caches, windows, all results; lengths (`nonpad_kv_seqlen`) that are constant",
    )],
    integers: &[],
};

/// Queries, keys or values by heads: `[batch, heads, length, width]`.
struct ByHeads {
    name: String,
    dims: [usize; 4],
}

impl ByHeads {
    fn of(written: &mut Written<'_>, position: usize, attribute: &'static str) -> Result<Self, Refusal> {
        let node = written.node;
        let (name, tensor) = (written.operand(position)?, node.tensor(position)?);
        match *tensor.shape.as_slice() {
            [batch, heads, length, width] => {
                Ok(ByHeads { name: name.to_owned(), dims: [batch, heads, length, width] })
            }
            [batch, length, all] => {
                let given = node.int(attribute, 0)?;
                let heads = usize::try_from(given).ok().filter(|&heads| heads > 0 && all % heads == 0);
                let heads = heads.ok_or_else(|| {
                    node.bad_attribute(
                        attribute,
                        given.to_string(),
                        "a number that divides the last dimension",
                    )
                })?;
                let dims = [batch, heads, length, all / heads];
                let apart = written.reshaped(
                    name,
                    &format!("heads of {position}"),
                    &[batch, length, heads, all / heads],
                );
                Ok(ByHeads {
                    name: written.transposed(&apart, &format!("{position} by heads"), &[0, 2, 1, 3]),
                    dims,
                })
            }
            _ => Err(Refusal::Rank {
                node: node.name.clone(),
                shape: tensor.shape.as_slice().into(),
                allowed: "3 or 4",
            }),
        }
    }

    /// With what a cache holds in front; returns how much that is.
    fn behind(&mut self, written: &mut Written<'_>, position: usize) -> Result<usize, Refusal> {
        if written.node.operand(position).is_none() {
            return Ok(0);
        }
        let (name, cached) = (written.operand(position)?, written.node.tensor(position)?);
        let [batch, heads, length, width] = self.dims;
        let &[_, _, past, _] = cached.shape.as_slice() else {
            return Err(written.node.mismatch(&cached.shape, &self.dims));
        };
        if cached.shape != [batch, heads, past, width] {
            return Err(written.node.mismatch(&cached.shape, &self.dims));
        }
        let joined = written.push(
            "Concat",
            &[name, &self.name],
            &format!("{position} and present"),
            vec![int("axis", 2)],
        );
        *self = ByHeads { name: joined, dims: [batch, heads, past + length, width] };
        Ok(past)
    }

    /// Each head as often as there are queries for it: `[h0, h0, h1, h1, ...]`.
    fn repeated(&mut self, written: &mut Written<'_>, name: &str, of_queries: usize) -> Result<(), Refusal> {
        let heads = self.dims[1];
        if heads == 0 || !of_queries.is_multiple_of(heads) {
            let found = format!("{heads} for {of_queries} heads of queries");
            return Err(written.node.bad_attribute(
                "kv_num_heads",
                found,
                "a number that divides that of queries",
            ));
        }
        if heads < of_queries {
            let times = of_queries / heads;
            let places = written.integers(
                &format!("heads of {name}"),
                (0..of_queries).map(|head| (head / times) as i64).collect(),
            );
            self.name = written.push(
                "Gather",
                &[&self.name, &places],
                &format!("{name} for queries"),
                vec![int("axis", 1)],
            );
            self.dims[1] = of_queries;
        }
        Ok(())
    }
}

/// Which keys a query may look at, whatever the values are: `[batch, queries, keys]`.
struct Seen {
    dims: [usize; 3],
    is_seen: Vec<bool>,
}

impl Seen {
    /// None where all are seen.
    fn of(node: &Node<'_>, [batch, queries, keys]: [usize; 3], past: usize) -> Result<Option<Self>, Refusal> {
        let is_causal = match node.int("is_causal", 0)? {
            0 => false,
            1 => true,
            other => return Err(node.bad_attribute("is_causal", other.to_string(), "0 or 1")),
        };
        let side = |attribute| {
            let width = node.int(attribute, -1)?;
            match width {
                -1.. => Ok(usize::try_from(width).ok()), // -1: no end
                _ => Err(node.bad_attribute(attribute, width.to_string(), "a number of positions, or -1")),
            }
        };
        let (left, right) = (side("left_window_size")?, side("right_window_size")?);
        let lengths = match node.operand(LENGTHS) {
            Some(_) if node.operand(PAST_KEYS).is_some() => {
                return Err(node.bad_attribute(
                    "nonpad_kv_seqlen",
                    "beside a cache".into(),
                    "one of the two",
                ));
            }
            Some(_) => Some(node.constant(LENGTHS)?.1),
            None => None,
        };
        if !is_causal && left.is_none() && right.is_none() && lengths.is_none() {
            return Ok(None);
        }
        let batch = if lengths.is_some() { batch } else { 1 };
        let size = batch.saturating_mul(queries).saturating_mul(keys);
        if size > MAX_MASK {
            return Err(node.bad_attribute(
                "is_causal",
                "with so many positions".into(),
                "at most 2^22 scores in all",
            ));
        }
        let mut is_seen = Vec::with_capacity(size);
        for of_batch in 0..batch {
            let length = match &lengths {
                None => None,
                Some(lengths) => {
                    let length = lengths.get(of_batch).filter(|length| (0.0..=keys as f64).contains(*length));
                    Some(*length.ok_or_else(|| {
                        let found = format!("{lengths:?}");
                        node.bad_attribute(
                            "nonpad_kv_seqlen",
                            found,
                            "a length for each of the batch, of the keys at most",
                        )
                    })? as usize)
                }
            };
            for query in 0..queries {
                // The place among the keys is that behind the cached ones, and may lie before the first.
                let at = (query + length.unwrap_or(past)) as i64 - length.map_or(0, |_| queries as i64);
                is_seen.extend((0..keys).map(|key| {
                    let ahead = key as i64 - at;
                    length.is_none_or(|length| key < length)
                        && (!is_causal || ahead <= 0)
                        && left.is_none_or(|left| -ahead <= left as i64)
                        && right.is_none_or(|right| ahead <= right as i64)
                }));
            }
        }
        Ok(Some(Seen { dims: [batch, queries, keys], is_seen }))
    }

    /// 1 for each query that sees a key, else 0; none where all do.
    fn factors(&self, written: &mut Written<'_>) -> Option<String> {
        let sees: Vec<bool> =
            self.is_seen.chunks(self.dims[2].max(1)).map(|keys| keys.contains(&true)).collect();
        let values = sees.iter().map(|&sees| if sees { 1.0 } else { 0.0 }).collect();
        let [batch, queries, _] = self.dims.map(|dim| dim as i64);
        sees.contains(&false).then(|| written.floats("seeing", vec![batch, 1, queries, 1], values))
    }

    /// What is added to the scores: a query without keys sees them all, and is weighed with nothing behind the softmax.
    fn added(&self, written: &mut Written<'_>) -> String {
        let [batch, queries, keys] = self.dims.map(|dim| dim as i64);
        let of_query = |seen: &[bool]| -> Vec<f32> {
            let is_blind = !seen.contains(&true);
            seen.iter().map(|&is_seen| if is_seen || is_blind { 0.0 } else { f32::NEG_INFINITY }).collect()
        };
        let values = self.is_seen.chunks(self.dims[2].max(1)).flat_map(of_query).collect();
        written.floats("seen", vec![batch, 1, queries, keys], values)
    }
}

/// The scores with the mask that is an operand, and of one of truth values that mask; one that is shorter than the keys lets none
/// behind its end be seen.
fn masked(written: &mut Written<'_>, scores: &str, keys: usize) -> Result<(String, Option<String>), Refusal> {
    let node = written.node;
    if node.operand(MASK).is_none() {
        return Ok((scores.to_owned(), None));
    }
    let (mut mask, tensor) = (written.operand(MASK)?.to_owned(), node.tensor(MASK)?);
    let is_truth = matches!(node.operand(MASK), Some(Value::Tensor(tensor)) if tensor.kind == Kind::Bool);
    if let [around @ .., length] = tensor.shape.as_slice()
        && *length < keys
        && *length != 1
    {
        let mut dims = around.to_vec();
        dims.push(keys - length);
        check_size(node, &dims)?;
        let count = dims.iter().product();
        let dims: Vec<i64> = dims.into_iter().map(|dim| dim as i64).collect();
        let rest = match is_truth {
            true => written.truths("rest of mask", dims, vec![false; count]),
            false => written.floats("rest of mask", dims, vec![f32::NEG_INFINITY; count]),
        };
        mask = written.push("Concat", &[&mask, &rest], "whole mask", vec![int("axis", -1)]);
    }
    Ok(match is_truth {
        true => {
            let low = written.floats("low", vec![], vec![f32::NEG_INFINITY]);
            (written.push("Where", &[&mask, scores, &low], "masked", vec![]), Some(mask))
        }
        false => (written.push("Add", &[scores, &mask], "masked", vec![]), None),
    })
}

/// 1 for each query that may look at a key, by a mask of truth values that may be inputs, else 0.
fn seeing(written: &mut Written<'_>, mask: &str, seen: Option<&Seen>) -> String {
    let mut flags = written.push("Cast", &[mask], "flags", vec![int("to", DataType::Float as i64)]);
    if let Some(seen) = seen {
        let [batch, queries, keys] = seen.dims.map(|dim| dim as i64);
        let values = seen.is_seen.iter().map(|&is_seen| if is_seen { 1.0 } else { 0.0 }).collect();
        let places = written.floats("seen places", vec![batch, 1, queries, keys], values);
        flags = written.push("Mul", &[&flags, &places], "seen flags", vec![]);
    }
    let last = written.integers("last axis", vec![-1]);
    written.push("ReduceMax", &[&flags, &last], "any seen", vec![int("keepdims", 1)])
}

fn check_size(node: &Node<'_>, dims: &[usize]) -> Result<(), Refusal> {
    match dims.iter().try_fold(1usize, |size, &dim| size.checked_mul(dim)) {
        Some(size) if size <= MAX_MASK => Ok(()),
        _ => Err(node.bad_attribute("attn_mask", format!("{dims:?}"), "at most 2^22 scores in all")),
    }
}

fn written_out(node: &Node<'_>, layers: &mut Layers, _: &Scope<'_>) -> Result<Vec<NodeProto>, Refusal> {
    node.inputs(3..=7, "3 to 7: queries, keys, values, a mask, two caches, lengths")?;
    let shown = node.int("qk_matmul_output_mode", 0)?;
    if !(0..=3).contains(&shown) {
        return Err(node.bad_attribute("qk_matmul_output_mode", shown.to_string(), "0 to 3"));
    }
    let softcap = node.float("softcap", 0.0)?;
    if !(softcap >= 0.0 && softcap.is_finite()) {
        return Err(node.bad_attribute("softcap", softcap.to_string(), "0, for none, or a positive number"));
    }
    if node.operand(PAST_KEYS).is_some() != node.operand(PAST_VALUES).is_some() {
        return Err(node.bad_attribute(
            "past_key",
            "without the other".into(),
            "caches of both, keys and values",
        ));
    }
    let mut written = Written::new(node, layers);
    let queries = ByHeads::of(&mut written, 0, "q_num_heads")?;
    let mut keys = ByHeads::of(&mut written, 1, "kv_num_heads")?;
    let mut values = ByHeads::of(&mut written, 2, "kv_num_heads")?;
    let past = keys.behind(&mut written, PAST_KEYS)?;
    values.behind(&mut written, PAST_VALUES)?;
    written.result(1, &keys.name);
    written.result(2, &values.name);
    let [batch, heads, ahead, width] = queries.dims;
    keys.repeated(&mut written, "keys", heads)?;
    values.repeated(&mut written, "values", heads)?;
    let behind = keys.dims[2];

    let turned = written.transposed(&keys.name, "turned", &[0, 1, 3, 2]);
    let products = written.push("MatMul", &[&queries.name, &turned], "products", vec![]);
    let scale = match node.optional_float("scale")? {
        Some(scale) => scale,
        None => 1.0 / (width as f64).sqrt(),
    };
    let scale = written.floats("scale", vec![], vec![scale as f32]);
    let mut scores = written.push("Mul", &[&products, &scale], "scaled", vec![]);
    let mut steps = vec![scores.clone()];
    if softcap != 0.0 {
        let cap = written.floats("cap", vec![], vec![softcap as f32]);
        let small = written.push("Div", &[&scores, &cap], "by the cap", vec![]);
        let bent = written.push("Tanh", &[&small], "bent", vec![]);
        scores = written.push("Mul", &[&bent, &cap], "capped", vec![]);
    }
    steps.push(scores.clone());
    let (with_mask, truths) = masked(&mut written, &scores, behind)?;
    scores = with_mask;
    let seen = Seen::of(node, [batch, ahead, behind], past)?;
    if let Some(seen) = &seen {
        let mask = seen.added(&mut written);
        scores = written.push("Add", &[&scores, &mask], "seen scores", vec![]);
    }
    steps.push(scores.clone());
    let mut weights = written.push("Softmax", &[&scores], "weights", vec![int("axis", -1)]);
    let factors = match (truths, &seen) {
        (Some(truths), seen) => Some(seeing(&mut written, &truths, seen.as_ref())),
        (None, Some(seen)) => seen.factors(&mut written),
        (None, None) => None,
    };
    if let Some(factors) = factors {
        weights = written.push("Mul", &[&weights, &factors], "weights of those who see", vec![]);
    }
    steps.push(weights.clone());
    let mut result = written.push("MatMul", &[&weights, &values.name], "sums", vec![]);
    if node.tensor(0)?.shape.len() == 3 {
        let turned = written.transposed(&result, "by positions", &[0, 2, 1, 3]);
        let joined = heads.saturating_mul(values.dims[3]); // refused with the product's shape where it is too large
        result = written.reshaped(&turned, "joined", &[batch, ahead, joined]);
    }
    written.result(0, &result);
    if let Some(step) = steps.get(shown as usize) {
        written.result(3, step);
    }
    written.finish(layers)
}
