//! Blocks of a picture into channels and back: DepthToSpace and SpaceToDepth.

use super::axes::shape;
use super::moves::{Source, moved, position, strides};
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::Value;

/// `[N, C, H, W]` to `[N, C / b², H · b, W · b]`. The channels of a block are its rows, then its columns, then the channels of the
/// result (`DCR`), or the channels of the result first (`CRD`).
pub(super) fn depth_to_space(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    let ([n, c, h, w], block) = picture(node)?;
    let depth_first = is_depth_first(node)?;
    let area = block.saturating_mul(block);
    if c % area != 0 {
        return Err(block_size(node, block));
    }
    let (channels, of) = (c / area, strides(&[n, c, h, w]));
    let to = vec![n, channels, h * block, w * block];
    let dims = to.clone();
    moved(node, layers, &[0], to, 0.0, |flat| {
        let index = |axis: usize| {
            let behind: usize = dims.iter().skip(axis + 1).product();
            Some(flat.checked_div(behind)?.checked_rem(*dims.get(axis)?)?)
        };
        let (channel, y, x) = (index(1)?, index(2)?, index(3)?);
        let within = y % block * block + x % block;
        let source = if depth_first { within * channels + channel } else { channel * area + within };
        let indices = [index(0)?, source, y / block, x / block];
        Some(Source::at(indices.iter().zip(&of).map(|(index, stride)| index * stride).sum()))
    })
}

/// `[N, C, H, W]` to `[N, C · b², H / b, W / b]`: the rows of a block, then its columns, then the channels (`DCR`), or the channels
/// first (`CRD`, since operator set 28).
pub(super) fn space_to_depth(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    let ([n, c, h, w], block) = picture(node)?;
    if h % block != 0 || w % block != 0 {
        return Err(block_size(node, block));
    }
    let depth_first = is_depth_first(node)?;
    let (of, area) = (strides(&[n, c, h, w]), block.saturating_mul(block));
    let to = vec![n, c.saturating_mul(block).saturating_mul(block), h / block, w / block];
    let dims = to.clone();
    moved(node, layers, &[0], to, 0.0, |flat| {
        let part = |axis: usize, index: usize| match axis {
            0 => Some(index * of.first()?),
            1 => {
                let (channel, within) = match depth_first {
                    true => (index.checked_rem(c)?, index.checked_div(c)?),
                    false => (index / area, index % area),
                };
                let (row, column) = (within / block, within % block);
                Some(channel * of.get(1)? + row * of.get(2)? + column)
            }
            2 => Some(index * block * of.get(2)?),
            _ => Some(index * block),
        };
        position(flat, &dims, part).map(Source::at)
    })
}

fn is_depth_first(node: &Node<'_>) -> Result<bool, Refusal> {
    match node.text("mode")?.as_deref() {
        None | Some("DCR") => Ok(true),
        Some("CRD") => Ok(false),
        Some(other) => Err(node.bad_attribute("mode", other.into(), "DCR or CRD")),
    }
}

fn picture(node: &Node<'_>) -> Result<([usize; 4], usize), Refusal> {
    node.arity(1..=1, "1")?;
    let shape = shape(node, 0)?;
    let block = node.int("blocksize", 0)?;
    let size = usize::try_from(block).ok().filter(|&size| size > 0);
    let size = size.ok_or_else(|| node.bad_attribute("blocksize", block.to_string(), "1 or more"))?;
    match shape.as_slice() {
        &[n, c, h, w] => Ok(([n, c, h, w], size)),
        _ => Err(Refusal::Rank { node: node.name.clone(), shape: shape.as_slice().into(), allowed: "4" }),
    }
}

fn block_size(node: &Node<'_>, block: usize) -> Refusal {
    node.bad_attribute("blocksize", block.to_string(), "one that divides what is split")
}
