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
    let order = Order::of(node)?;
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
            flat.checked_div(behind)?.checked_rem(*dims.get(axis)?)
        };
        let (channel, y, x) = (index(1)?, index(2)?, index(3)?);
        let within = y % block * block + x % block;
        let source = match order {
            Order::DepthFirst => within * channels + channel,
            Order::ChannelFirst => channel * area + within,
        };
        let indices = [index(0)?, source, y / block, x / block];
        Some(Source::at(indices.iter().zip(&of).map(|(index, stride)| index * stride).sum()))
    })
}

/// `[N, C, H, W]` to `[N, C · b², H / b, W / b]`, the way back.
pub(super) fn space_to_depth(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    let ([n, c, h, w], block) = picture(node)?;
    if h % block != 0 || w % block != 0 {
        return Err(block_size(node, block));
    }
    let order = Order::of(node)?;
    let (area, of) = (block.saturating_mul(block), strides(&[n, c, h, w]));
    let to = vec![n, c.saturating_mul(block).saturating_mul(block), h / block, w / block];
    let dims = to.clone();
    moved(node, layers, &[0], to, 0.0, |flat| {
        let part = |axis: usize, index: usize| match axis {
            0 => Some(index * of.first()?),
            1 => {
                let (channel, within) = match order {
                    Order::DepthFirst => (index.checked_rem(c)?, index.checked_div(c)?),
                    Order::ChannelFirst => (index.checked_div(area)?, index.checked_rem(area)?),
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

/// In which order a block's elements and the picture's channels make up the many channels.
#[derive(Clone, Copy)]
enum Order {
    /// `DCR`, the default: all channels of the first element of a block, then those of the second.
    DepthFirst,
    /// `CRD`: all elements of the block of the first channel, then those of the second.
    ChannelFirst,
}

impl Order {
    fn of(node: &Node<'_>) -> Result<Order, Refusal> {
        match node.text("mode")?.as_deref() {
            None | Some("DCR") => Ok(Order::DepthFirst),
            Some("CRD") => Ok(Order::ChannelFirst),
            Some(other) => Err(node.bad_attribute("mode", other.into(), "DCR or CRD")),
        }
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
