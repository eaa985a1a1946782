//! The graph's outputs.

use std::collections::{HashSet, VecDeque};

use super::refusal::Refusal;
use super::value::{Tensor, Value};
use super::{Walk, classes};
use crate::model::{ClassNames, LayerFunction, Output};
use crate::onnx::GraphProto;
use crate::operators;
use crate::options::Options;

impl Walk {
    /// The graph's outputs; one that is not the result of a layer becomes a linear layer, and each tensor of a sequence is one of its own.
    pub(super) fn outputs(&mut self, graph: &GraphProto, options: &Options) -> Vec<Output> {
        if graph.output.is_empty() {
            self.refusals.push(Refusal::NoOutputs);
        }
        let mut outputs = Vec::new();
        let mut seen = HashSet::new();
        let makers = classes::Makers::of(graph);
        let mut waiting: VecDeque<(String, Option<Option<Value>>)> = VecDeque::new();
        for output in &graph.output {
            waiting.push_back((output.name.clone(), self.values.get(&output.name).cloned()));
        }
        // Those that depend on no input, with their places among the others.
        let mut constants: Vec<(usize, String, Tensor)> = Vec::new();
        while let Some((name, value)) = waiting.pop_front() {
            // One that is listed twice is one.
            if !seen.insert(name.clone()) {
                continue;
            }
            let tensor = match value {
                None => {
                    self.refusals.push(Refusal::UnconnectedOutput { output: name });
                    continue;
                }
                Some(None) => continue,
                Some(Some(Value::Tensor(tensor))) if !tensor.is_constant() => tensor,
                Some(Some(Value::Tensor(tensor))) if !tensor.shape.contains(&0) => {
                    constants.push((outputs.len(), name, tensor));
                    continue;
                }
                Some(Some(Value::Sequence(parts))) => {
                    let parts = parts.into_iter().enumerate().rev();
                    parts.for_each(|(i, part)| waiting.push_front((format!("{name}.{i}"), Some(Some(part)))));
                    continue;
                }
                Some(Some(Value::Categories(text))) if !text.is_constant() => {
                    let classes = makers.classes(&name, &text.shape);
                    let shown = self.named(&name, "output", |node, layers| {
                        operators::texts::positions(
                            node,
                            layers,
                            &text,
                            classes.as_ref().map(ClassNames::names),
                        )
                    });
                    let Some(shown) = self.record(shown) else { continue };
                    shown
                }
                // The names of classes: they say nothing about an input, and are no numbers.
                Some(Some(Value::Strings { .. }))
                    if graph.output.len() > 1 && !options.outputs.contains(&name) =>
                {
                    continue;
                }
                Some(Some(_)) => {
                    self.constants.push(Refusal::ConstantOutput { output: name });
                    continue;
                }
            };
            let shown = self.layers.exact.check_output(&name, &tensor);
            let shown = shown.and_then(|()| self.layers.missing.check_output(&name, &tensor));
            if self.record(shown).is_some() {
                let classes = makers.classes(&name, &tensor.shape);
                outputs.extend(self.output(name, &tensor, classes));
            }
        }
        if outputs.is_empty() {
            // A proof would say nothing.
            let refused = constants.into_iter().map(|(_, output, _)| Refusal::ConstantOutput { output });
            self.constants.extend(refused);
        } else {
            for (before, (place, name, tensor)) in constants.into_iter().enumerate() {
                if let Some(output) = self.output(name, &tensor, None) {
                    outputs.insert((place + before).min(outputs.len()), output);
                }
            }
        }
        if outputs.is_empty() && self.refusals.is_empty() && self.constants.is_empty() {
            self.refusals.push(Refusal::NoOutputs);
        }
        outputs
    }

    fn output(&mut self, name: String, tensor: &Tensor, classes: Option<ClassNames>) -> Option<Output> {
        if let Some(layer) = self.layers.owner(tensor) {
            return Some(Output { name, shape: tensor.shape.clone(), layer, classes });
        }
        let title = if tensor.trail.is_empty() { name.clone() } else { tensor.trail.join(" + ") };
        let pushed = self.layers.push_named(title, tensor, LayerFunction::Linear, tensor.shape.clone());
        let pushed = self.record(pushed)?;
        let layer = self.layers.owner(&pushed)?;
        Some(Output { name, shape: tensor.shape.clone(), layer, classes })
    }
}
