//! If: one of two graphs. Where the condition is known at import, as it is where exporters ask about shapes, its nodes stand in the graph in
//! the place of the node; else those of both do, and one of their results is chosen. Reference: ONNX, "If".

use std::collections::HashMap;

use super::bodies::Body;
use super::family::{Family, OnnxOperator};
use super::written::{Written, int};
use crate::import::graph::Layers;
use crate::import::node::{Node, Scope};
use crate::import::refusal::Refusal;
use crate::onnx::NodeProto;

/// The entry of the registry.
pub(super) const FAMILY: Family = Family {
    name: "Branches",
    cost: "that of the branch that is taken; where the condition varies, that of both, and a product an element of the results",
    operators: &[OnnxOperator::written("If", written_out)
        .remarks("where the condition varies, results of one shape in both branches")],
    integers: &[],
};

/// The nodes of the branch that is taken, or those of both and a choice, names with that of the first result in front.
fn written_out(node: &Node<'_>, layers: &mut Layers, _: &Scope<'_>) -> Result<Vec<NodeProto>, Refusal> {
    node.inputs(1..=1, "1")?;
    let condition = node.tensor(0)?;
    if condition.len() != 1 {
        return Err(node.mismatch(&[1], &condition.shape));
    }
    let outputs = node.proto.output.len();
    let branch = |attribute| {
        let body = Body::of(node, attribute, 0, outputs)?;
        if body.graph.output.len() != outputs {
            return Err(body.wrong("of other results", "a graph without inputs, of as many results"));
        }
        Ok(body)
    };
    let copy = |layers: &mut Layers, body: &Body<'_>, written: &mut Written<'_>| {
        body.afford(layers, 1)?;
        written.paid().extend(body.constants());
        Ok::<_, Refusal>(body.copy(0, &HashMap::new(), written.paid()))
    };
    let mut written = Written::new(node, layers);
    if let Some(known) = condition.as_constants() {
        let body = branch(if known.contains(&0.0) { "else_branch" } else { "then_branch" })?;
        let made = copy(layers, &body, &mut written)?;
        written.results(&made);
        return written.finish(layers);
    }
    let (yes, no) = (branch("then_branch")?, branch("else_branch")?);
    let (yes, no) = (copy(layers, &yes, &mut written)?, copy(layers, &no, &mut written)?);
    let asks = written.reshaped(written.operand(0)?, "condition", &[]);
    for (position, (yes, no)) in yes.iter().zip(&no).enumerate() {
        // Joined, they must have one shape, which a choice would not ask of them.
        let (yes, no) = (
            written.unsqueezed(yes, &format!("yes {position}"), 0),
            written.unsqueezed(no, &format!("no {position}"), 0),
        );
        let both = written.push("Concat", &[&yes, &no], &format!("both {position}"), vec![int("axis", 0)]);
        let yes = written.element(&both, &format!("then {position}"), 0, 0);
        let no = written.element(&both, &format!("else {position}"), 1, 0);
        let chosen = written.push("Where", &[&asks, &yes, &no], &format!("chosen {position}"), vec![]);
        written.result(position, &chosen);
    }
    written.finish(layers)
}
