//! Loop and Scan of a known number of steps: the steps, one behind the other. A loop that ends by what it computes has no circuit.
//! Reference: ONNX, "Loop" and "Scan".

use std::collections::HashSet;

use super::bodies::Body;
use super::family::{Family, OnnxOperator};
use super::scan;
use super::written::{Written, int};
use crate::import::graph::Layers;
use crate::import::node::{Node, Scope};
use crate::import::refusal::Refusal;
use crate::import::tensor;
use crate::import::value::{Kind, Value};
use crate::onnx::{GraphProto, NodeProto, TensorProto};

/// The entry of the registry.
pub(super) const FAMILY: Family = Family {
    name: "Steps",
    cost: "that of the steps",
    operators: &[
        OnnxOperator::written("Loop", written_loop)
            .remarks("the number of steps is constant, and no condition ends them before"),
        OnnxOperator::written("Scan", written_scan).remarks("of operator set 9 and newer"),
    ],
    integers: &[],
};

/// The steps of a loop.
fn written_loop(node: &Node<'_>, layers: &mut Layers, scope: &Scope<'_>) -> Result<Vec<NodeProto>, Refusal> {
    node.inputs(1..=usize::MAX, "1 or more")?;
    // Operands that are left out at the end count.
    let operands = node.proto.input.len().max(2);
    let body = Body::of(node, "body", operands, operands - 1)?;
    let steps = match node.constant(0)?.1.as_slice() {
        &[steps] => steps.max(0.0) as u64, // saturates
        other => return Err(node.mismatch(&[1], &[other.len()])),
    };
    let starts = match node.operand(1) {
        None => true,
        Some(_) => node.constant(1)?.1.first() != Some(&0.0),
    };
    let steps = if starts { usize::try_from(steps).unwrap_or(usize::MAX) } else { 0 };
    let ends = body.graph.output.first().map_or("", |output| output.name.as_str());
    if steps > 1 && !is_true(node, layers, (body.graph, scope), ends)? {
        return Err(body.wrong(
            format!("whose condition '{ends}' may end the loop"),
            "one that is true in every step, so that the number of steps is known",
        ));
    }
    body.afford(layers, steps)?;
    let inner: Vec<&str> = body.graph.input.iter().map(|input| input.name.as_str()).collect();
    let mut states: Vec<String> = node.proto.input.iter().skip(2).cloned().collect();
    let count = states.len();
    let mut lists: Vec<Vec<String>> = vec![Vec::new(); body.graph.output.len().saturating_sub(1 + count)];
    let mut written = Written::new(node, layers);
    written.paid().extend(body.constants());
    for step in 0..steps {
        if written.is_over() {
            break;
        }
        let number = written.integer(&format!("{step}/number"), step as i64); // below 2^32, by the budget
        // Within a step that is taken, the condition holds.
        let before = vec![number, written.truth(&format!("{step}/goes on"))];
        let given = inner.iter().copied().zip(before.into_iter().chain(states.iter().cloned())).collect();
        let made = body.copy(step, &given, written.paid());
        let mut made = made.into_iter().skip(1);
        states = made.by_ref().take(count).collect();
        lists.iter_mut().zip(made).for_each(|(list, element)| list.push(element));
    }
    written.results(&states);
    for (i, list) in lists.iter().enumerate().filter(|(i, _)| is_asked(node, count + i)) {
        joined(&mut written, count + i, list, 0)?;
    }
    written.finish(layers)
}

/// Whether a result is asked for.
fn is_asked(node: &Node<'_>, position: usize) -> bool {
    node.proto.output.get(position).is_some_and(|name| !name.is_empty())
}

/// A result that has an element for each step, along an axis.
fn joined(written: &mut Written<'_>, position: usize, list: &[String], axis: i64) -> Result<(), Refusal> {
    if list.is_empty() {
        return Err(written.node.bad_attribute("body", "that is never run".into(), "steps, where their results are read"));
    }
    let unsqueezed = |(step, element): (usize, &String)| {
        written.unsqueezed(element, &format!("{position} of {step}"), axis)
    };
    let elements: Vec<String> = list.iter().enumerate().map(unsqueezed).collect();
    let elements: Vec<&str> = elements.iter().map(String::as_str).collect();
    let all = written.push("Concat", &elements, &format!("{position} of all"), vec![int("axis", axis)]);
    written.result(position, &all);
    Ok(())
}

/// Whether a tensor of a loop's body is a condition that is always true: it follows from none but such ones.
fn is_true(
    node: &Node<'_>,
    layers: &mut Layers,
    (graph, scope): (&GraphProto, &Scope<'_>),
    name: &str,
) -> Result<bool, Refusal> {
    // Whatever it is cast to, one is true; what another number is cast to may not be.
    let holds = |value: &Value| match value {
        Value::Tensor(tensor) => {
            let is_bool = tensor.kind == Kind::Bool;
            matches!(tensor.as_constants(), Some(&[value]) if value == 1.0 || (is_bool && value != 0.0))
        }
        _ => false,
    };
    let of = |constant: &TensorProto| tensor::read(constant, "").is_ok_and(|value| holds(&value));
    let size = graph.node.iter().map(|node| 1 + node.output.len()).sum::<usize>();
    let size = 1 + size + graph.initializer.len() + graph.input.len();
    // With the node that reads it, which the one that makes it comes before.
    let (mut seen, mut waiting) = (HashSet::new(), vec![(name, graph.node.len())]);
    while let Some((name, reader)) = waiting.pop() {
        let goes_on = graph.input.get(1).is_some_and(|input| input.name == name);
        if goes_on || !seen.insert(name) {
            continue;
        }
        layers.spend_work(node, size as u128)?;
        let maker = graph.node.iter().position(|node| node.output.iter().any(|output| output == name));
        let maker = maker.and_then(|at| Some((at, graph.node.get(at)?)));
        let constant = graph.initializer.iter().find(|constant| constant.name == name);
        let is_true = match (constant, maker) {
            (Some(constant), _) => of(constant),
            (None, Some((at, maker))) => match (maker.op_type.as_str(), maker.input.as_slice()) {
                ("Identity" | "Cast", operands @ [_]) | ("And", operands @ [_, _]) => {
                    waiting.extend(operands.iter().map(|operand| (operand.as_str(), at)));
                    at < reader
                }
                ("Constant", _) => {
                    maker.attribute.iter().find_map(|attribute| attribute.t.as_ref()).is_some_and(of)
                }
                _ => false,
            },
            (None, None) => {
                let is_input = graph.input.iter().any(|input| input.name == name);
                !is_input && scope.value(name).is_some_and(holds)
            }
        };
        if !is_true {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The steps of a scan; those of one that changes no state are taken at once, where that is possible.
fn written_scan(node: &Node<'_>, layers: &mut Layers, _: &Scope<'_>) -> Result<Vec<NodeProto>, Refusal> {
    if let Some(at_once) = scan::at_once(node, layers) {
        return at_once.finish(layers);
    }
    let body = Body::of(node, "body", node.operands.len(), 0)?;
    if node.opset < 9 {
        return Err(body.wrong("that of operator set 8", "that of operator set 9 and newer: export the model with one"));
    }
    let lists = usize::try_from(node.int("num_scan_inputs", 0)?).ok().filter(|&lists| lists > 0);
    let states = lists.and_then(|lists| node.operands.len().checked_sub(lists));
    let count = states.filter(|&states| states <= body.graph.output.len());
    let count = count.ok_or_else(|| body.wrong("without lists, or with fewer outputs than states", "lists and states"))?;
    let of = |attribute, position: usize| {
        Ok::<_, Refusal>(node.ints(attribute)?.and_then(|all| all.get(position).copied()).unwrap_or(0))
    };
    let mut steps = None;
    let mut axes = Vec::new();
    for list in count..node.operands.len() {
        let shape = node.value(list)?.shape();
        let axis = node.axis(of("scan_input_axes", list - count)?, shape, shape.len())?;
        let size = shape.get(axis).copied().unwrap_or(0);
        if *steps.get_or_insert(size) != size {
            return Err(body.wrong("with lists of different lengths", "lists of one length"));
        }
        axes.push((axis as i64, of("scan_input_directions", list - count)? != 0));
    }
    let steps = steps.unwrap_or(0);
    body.afford(layers, steps)?;
    let inner: Vec<&str> = body.graph.input.iter().map(|input| input.name.as_str()).collect();
    let mut written = Written::new(node, layers);
    let mut states = (0..count).map(|i| written.operand(i).map(str::to_owned)).collect::<Result<Vec<_>, _>>()?;
    let mut made_lists: Vec<Vec<String>> = vec![Vec::new(); body.graph.output.len() - count];
    written.paid().extend(body.constants());
    for step in 0..steps {
        if written.is_over() {
            break;
        }
        let mut given: Vec<String> = states.clone();
        for (i, &(axis, is_reversed)) in axes.iter().enumerate() {
            let place = if is_reversed { steps - 1 - step } else { step };
            let list = written.operand(count + i)?;
            given.push(written.element(list, &format!("{step}/element {i}"), place as i64, axis));
        }
        let made = body.copy(step, &inner.iter().copied().zip(given).collect(), written.paid());
        let mut made = made.into_iter();
        states = made.by_ref().take(count).collect();
        made_lists.iter_mut().zip(made).for_each(|(list, element)| list.push(element));
    }
    written.results(&states);
    for (i, mut list) in made_lists.into_iter().enumerate().filter(|(i, _)| is_asked(node, count + i)) {
        if of("scan_output_directions", i)? != 0 {
            list.reverse();
        }
        joined(&mut written, count + i, &list, of("scan_output_axes", i)?)?;
    }
    written.finish(layers)
}
