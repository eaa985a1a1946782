//! The order in which nodes are imported: each one behind the nodes it reads.

use std::collections::{BTreeSet, HashMap};

use super::captured::reads;
use super::refusal::Refusal;
use super::signature::node_name;
use crate::onnx::{GraphProto, NodeProto};

/// The nodes in topological order, the first in the file first where several are ready. Nodes on a cycle, or
/// behind one, are refused and left out.
pub(super) fn topological<'a>(graph: &'a GraphProto, refusals: &mut Vec<Refusal>) -> Vec<&'a NodeProto> {
    let mut makers: HashMap<&str, usize> = HashMap::new();
    for (i, node) in graph.node.iter().enumerate() {
        for output in node.output.iter().filter(|output| !output.is_empty()) {
            makers.entry(output).or_insert(i);
        }
    }
    let mut waiting: Vec<usize> = Vec::with_capacity(graph.node.len());
    let mut readers: Vec<Vec<usize>> = vec![Vec::new(); graph.node.len()];
    for (i, node) in graph.node.iter().enumerate() {
        let mut count = 0;
        for maker in reads(node).into_iter().filter_map(|name| makers.get(name)) {
            readers[*maker].push(i);
            count += 1;
        }
        waiting.push(count);
    }
    let mut ready: BTreeSet<usize> = (0..graph.node.len()).filter(|&i| waiting[i] == 0).collect();
    let mut order = Vec::with_capacity(graph.node.len());
    while let Some(i) = ready.pop_first() {
        // All three lists have an entry for each node.
        order.push(&graph.node[i]);
        for &reader in &readers[i] {
            waiting[reader] -= 1;
            if waiting[reader] == 0 {
                ready.insert(reader);
            }
        }
    }
    if order.len() < graph.node.len() {
        let nodes = graph.node.iter().zip(&waiting).filter(|&(_, &count)| count > 0);
        refusals.push(Refusal::Cycle { nodes: nodes.map(|(node, _)| node_name(node)).collect() });
    }
    order
}
