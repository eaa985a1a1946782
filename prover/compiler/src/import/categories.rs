//! What is known of text inputs: the values of each element, as the nodes that read it tell them.
//!
//! A value stands as its position in the list of all values that any node knows. An integer beyond the list, or one of a
//! value that another node brought, is to a node a value that it does not know: operators must have an answer for it, or
//! be among those for which unknown values are refused.
//!
//! A text of the graph is an element of an input, or what a [`Rewriting`] makes of one: nodes that replace texts make other texts of
//! the same values, so they cost nothing until a node reads them.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::refusal::{NodeName, Refusal};
use super::value::name_size;
use crate::model::{Categories, Unknown};

/// What becomes of the values of a text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rewriting {
    /// Values that become others.
    pub values: BTreeMap<String, String>,
    /// What any other value becomes; itself, where this is `None`.
    pub other: Option<String>,
}

impl Rewriting {
    /// What a value becomes.
    pub fn of<'a>(&'a self, value: &'a str) -> &'a str {
        self.values.get(value).or(self.other.as_ref()).map_or(value, String::as_str)
    }

    pub(super) fn size(&self) -> usize {
        let texts = self.values.iter().flat_map(|(from, to)| [from, to]).chain(&self.other);
        1 + texts.map(|text| name_size(text)).sum::<usize>()
    }
}

/// An element of a text tensor.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    /// The element of an input that it depends on, if it depends on one.
    pub atom: Option<u32>,
    pub rewriting: Arc<Rewriting>,
}

/// Texts during the walk.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    pub(super) known: KnownCategories,
    /// What texts are of elements of inputs, by number; number 0, which changes nothing, is left out.
    pub(super) rewritings: Vec<Arc<Rewriting>>,
}

/// The values of every text element so far, by atom.
#[derive(Debug, Default)]
pub(super) struct KnownCategories(BTreeMap<u32, Known>);

#[derive(Debug, Default)]
struct Known {
    names: Vec<String>,
    positions: HashMap<String, usize>,
    /// Nodes for which other values are refused, with the number of values that each takes.
    refusing: Vec<(NodeName, usize)>,
}

impl KnownCategories {
    /// Adds the values that a node knows of an element; the integer that stands for each.
    pub(super) fn read(&mut self, atom: u32, names: &[&str]) -> Vec<usize> {
        let known = self.0.entry(atom).or_default();
        let position = |name: &&str| match known.positions.get(*name) {
            Some(&position) => position,
            None => {
                known.names.push((*name).to_owned());
                let position = known.names.len() - 1;
                known.positions.insert((*name).to_owned(), position);
                position
            }
        };
        names.iter().map(position).collect()
    }

    /// Notes that a node takes none but these values of an element.
    pub(super) fn refuse_others(&mut self, node: &NodeName, atom: u32, taken: &[&str]) {
        self.read(atom, taken);
        let distinct: HashSet<&str> = taken.iter().copied().collect();
        self.0.entry(atom).or_default().refusing.push((node.clone(), distinct.len()));
    }

    /// All values of an element.
    pub(super) fn of(&self, atom: u32) -> Result<Categories, Refusal> {
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

    /// The values of an element so far; `None` where no node has read it as a text.
    pub(super) fn so_far(&self, atom: u32) -> Option<&[String]> {
        self.0.get(&atom).map(|known| known.names.as_slice())
    }
}
