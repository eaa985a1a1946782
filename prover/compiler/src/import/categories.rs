//! What is known of text inputs: the values of each element, as the nodes that read it tell them.
//!
//! A value stands as its position in the list of all values that any node knows. An integer beyond the list, or one of a
//! value that another node brought, is to a node a value that it does not know: operators must have an answer for it, or
//! be among those for which unknown values are refused.

use std::collections::{BTreeMap, HashMap};

use super::refusal::{NodeName, Refusal};
use crate::model::{Categories, Unknown};

/// The values of every text element so far, by atom.
#[derive(Debug, Default)]
pub(crate) struct KnownCategories(BTreeMap<u32, Known>);

#[derive(Debug, Default)]
struct Known {
    names: Vec<String>,
    positions: HashMap<String, usize>,
    /// Nodes for which other values are refused, with the number of values that each knows.
    refusing: Vec<(NodeName, usize)>,
}

impl KnownCategories {
    /// Adds the values that a node knows of an element; the integer that stands for each.
    pub fn read(&mut self, node: &NodeName, atom: u32, names: &[String], unknown: Unknown) -> Vec<usize> {
        let known = self.0.entry(atom).or_default();
        let position = |name: &String| {
            *known.positions.entry(name.clone()).or_insert_with(|| {
                known.names.push(name.clone());
                known.names.len() - 1
            })
        };
        let positions: Vec<usize> = names.iter().map(position).collect();
        if unknown == Unknown::Refused {
            let distinct: std::collections::HashSet<usize> = positions.iter().copied().collect();
            known.refusing.push((node.clone(), distinct.len()));
        }
        positions
    }

    /// All values of an element.
    pub fn of(&self, atom: u32) -> Result<Categories, Refusal> {
        let Some(known) = self.0.get(&atom) else {
            return Ok(Categories { names: Vec::new(), unknown: Unknown::Taken });
        };
        // A value that one node refuses and another knows would have to be refused as well.
        if let Some((node, _)) = known.refusing.iter().find(|(_, count)| *count != known.names.len()) {
            return Err(Refusal::CategoriesDiffer { node: node.clone() });
        }
        let unknown = if known.refusing.is_empty() { Unknown::Taken } else { Unknown::Refused };
        Ok(Categories { names: known.names.clone(), unknown })
    }
}
