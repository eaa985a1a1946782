//! Texts as the walk meets them: what nodes know of them, and what stands for them in tensors.

use std::sync::Arc;

use super::categories::Text;
use super::graph::Layers;
use super::node::Node;
use super::refusal::Refusal;
use super::value::name_size;
use crate::internal::Expected;
use crate::model::{Categories, Row};

impl Layers {
    /// The integers that stand for values of an element of a text input. Every other integer is another value.
    pub fn text_values(&mut self, node: &Node<'_>, atom: u32, names: &[&str]) -> Result<Vec<usize>, Refusal> {
        self.spend_terms(node, names.iter().map(|name| name_size(name) as u128 + 1).sum())?;
        Ok(self.texts.known.read(atom, names))
    }

    /// Notes that a node takes none but these values of an element of a text input.
    pub fn refuse_other_texts(&mut self, node: &Node<'_>, atom: u32, taken: &[&str]) -> Result<(), Refusal> {
        self.spend_terms(node, taken.iter().map(|name| name_size(name) as u128 + 1).sum())?;
        self.texts.known.refuse_others(&node.name, atom, taken);
        Ok(())
    }

    /// The values that nodes know so far of an element of an input, in the order of their integers; `None` where none has read it
    /// as a text.
    pub fn texts_so_far(&self, atom: u32) -> Option<Vec<String>> {
        self.texts.known.so_far(atom).map(<[String]>::to_vec)
    }

    /// All values of an element of a text input.
    pub fn known_categories(&self, atom: u32) -> Result<Categories, Refusal> {
        self.texts.known.of(atom)
    }

    /// What stands in a text tensor for an element.
    pub fn text_row(&mut self, node: &Node<'_>, text: Text) -> Result<Row, Refusal> {
        self.keep_units(node, text.rewriting.size())?;
        self.texts.rewritings.push(text.rewriting);
        let number = self.texts.rewritings.len() as f64;
        Ok(Row { terms: text.atom.map(|atom| (atom, 1.0)).into_iter().collect(), bias: number })
    }

    /// The element that a row of a text tensor stands for: an atom, and the number of what it became.
    pub fn text(&self, node: &Node<'_>, row: &Row) -> Result<Text, Refusal> {
        let number = row.bias as usize;
        let rewriting = match number.checked_sub(1) {
            None => Ok(Arc::default()),
            Some(place) => self.texts.rewritings.get(place).cloned().expected("a rewriting"),
        };
        let rewriting = rewriting.map_err(|error| Refusal::Internal { node: node.name.clone(), error })?;
        Ok(Text { atom: row.terms.first().map(|&(atom, _)| atom), rewriting })
    }
}
