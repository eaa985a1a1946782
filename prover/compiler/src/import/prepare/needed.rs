//! The outputs that a caller asks for, and what they need: all else is left out before anything of it is imported, so
//! that an operator which is not supported is no obstacle in a branch that nobody reads.

use std::collections::{HashMap, HashSet};

use crate::import::captured::reads;
use crate::import::refusal::Refusal;
use crate::onnx::{GraphProto, ModelProto, ValueInfoProto};

/// Keeps the chosen outputs (all of them where none is chosen) and what they are computed from. A chosen name may be any
/// tensor of the graph. Inputs that nothing reads any more go with the outputs that were not chosen, unless the
/// metadata names the elements of all inputs.
pub(super) fn keep(proto: &mut ModelProto, chosen: &[String], refusals: &mut Vec<Refusal>) {
    let names_features = proto.metadata_props.iter().any(|entry| entry.key == "feature_names");
    let Some(graph) = proto.graph.as_mut() else { return };
    choose(graph, chosen, refusals);
    // Old files list initializers among the inputs: what is a constant stays one, whether it is kept or not.
    let constants: HashSet<String> = graph.initializer.iter().map(|tensor| tensor.name.clone()).collect();
    graph.input.retain(|input| !constants.contains(&input.name));

    let read = needed(graph);
    let mut is_needed = read.nodes.iter();
    graph.node.retain(|_| is_needed.next() == Some(&true));
    graph.initializer.retain(|tensor| read.tensors.contains(&tensor.name));
    graph
        .sparse_initializer
        .retain(|sparse| sparse.values.as_ref().is_none_or(|values| read.tensors.contains(&values.name)));
    if !chosen.is_empty() && !names_features {
        graph.input.retain(|input| read.tensors.contains(&input.name));
    }
}

fn choose(graph: &mut GraphProto, chosen: &[String], refusals: &mut Vec<Refusal>) {
    if chosen.is_empty() {
        return;
    }
    let all = std::mem::take(&mut graph.output);
    let made: HashSet<&String> = graph.node.iter().flat_map(|node| &node.output).collect();
    for name in chosen {
        if graph.output.iter().any(|output| output.name == *name) {
            continue; // asked for twice
        }
        let declared = all.iter().find(|output| output.name == *name).cloned();
        let inner = || made.contains(name).then(|| ValueInfoProto { name: name.clone(), r#type: None });
        match declared.or_else(inner).filter(|_| !name.is_empty()) {
            Some(output) => graph.output.push(output),
            None => {
                let outputs = all.iter().map(|output| output.name.clone()).collect();
                refusals.push(Refusal::UnknownOutput { name: name.clone(), outputs });
            }
        }
    }
}

/// What the outputs are computed from.
struct Needed {
    /// For each node, whether it is.
    nodes: Vec<bool>,
    tensors: HashSet<String>,
}

fn needed(graph: &GraphProto) -> Needed {
    // A name that is made twice is refused later: both nodes stay for that.
    let mut makers: HashMap<&str, Vec<usize>> = HashMap::new();
    for (i, node) in graph.node.iter().enumerate() {
        for output in node.output.iter().filter(|output| !output.is_empty()) {
            makers.entry(output).or_default().push(i);
        }
    }
    let mut nodes = vec![false; graph.node.len()];
    let mut tensors: HashSet<String> = HashSet::new();
    let mut waiting: Vec<&str> = graph.output.iter().map(|output| output.name.as_str()).collect();
    while let Some(name) = waiting.pop() {
        if name.is_empty() || !tensors.insert(name.to_owned()) {
            continue;
        }
        for &maker in makers.get(name).into_iter().flatten() {
            let (Some(is_needed), Some(node)) = (nodes.get_mut(maker), graph.node.get(maker)) else {
                continue;
            };
            if !std::mem::replace(is_needed, true) {
                waiting.extend(reads(node));
            }
        }
    }
    Needed { nodes, tensors }
}
