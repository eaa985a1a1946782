//! Outputs that a statement cannot name as the file does: sequences of tensors, as scikit-learn's classifiers of several targets have them,
//! are an output for each tensor, named `NAME.0`, `NAME.1` and so on, and an input that is an output as well is called `NAME_output` there.

use crate::onnx::{GraphProto, ModelProto, NodeProto, ValueInfoProto};

/// Writes out the sequences among the outputs; the names of the outputs that a caller chooses, likewise.
pub(super) fn write_out(proto: &mut ModelProto, chosen: &[String]) -> Vec<String> {
    let Some(graph) = proto.graph.as_mut() else { return chosen.to_vec() };
    let outputs = std::mem::take(&mut graph.output);
    let mut names = chosen.to_vec();
    for output in outputs {
        let Some(parts) = parts(graph, &output.name) else {
            graph.output.push(output);
            continue;
        };
        let of_parts: Vec<String> = match parts.as_slice() {
            [input] if *input == output.name => vec![format!("{input}_output")],
            parts => (0..parts.len()).map(|i| format!("{}.{i}", output.name)).collect(),
        };
        let identity = |(part, name): (String, &String)| NodeProto {
            input: vec![part],
            output: vec![name.clone()],
            name: name.clone(),
            op_type: "Identity".into(),
            ..NodeProto::default()
        };
        graph.node.extend(parts.into_iter().zip(&of_parts).map(identity));
        let tensor = |name: &String| ValueInfoProto { name: name.clone(), r#type: None };
        graph.output.extend(of_parts.iter().map(tensor));
        names = names
            .into_iter()
            .flat_map(|name| if name == output.name { of_parts.clone() } else { vec![name] })
            .collect();
    }
    names
}

/// The tensors of a sequence that a node makes of them; an input itself.
fn parts(graph: &GraphProto, name: &str) -> Option<Vec<String>> {
    let is_constant = graph.initializer.iter().any(|constant| constant.name == name);
    if !is_constant && graph.input.iter().any(|input| input.name == name) {
        return Some(vec![name.to_owned()]);
    }
    let makes = |node: &&NodeProto| node.output.iter().any(|output| output == name);
    let maker = graph.node.iter().find(makes)?;
    (maker.op_type == "SequenceConstruct").then(|| maker.input.clone())
}
