//! What a model is called that nobody named: its graph's name, or its file's where exporters call every graph the same.

use std::path::Path;

use assay_compiler::import;
use assay_interface::schema::MAX_NAME;

use crate::files;

/// Names that exporters give to every graph.
const GENERIC: [&str; 10] = [
    "",
    "graph",
    "main",
    "main_graph",
    "model",
    "onnx_graph",
    "tf2onnx",
    "torch-jit-export",
    "torch_jit",
    "torch_jit_export",
];

/// The file's name without its ending, where the graph's name tells nothing.
pub fn of_file(onnx: &[u8], path: &Path) -> Option<String> {
    let graph = import::graph_name(onnx).ok()?;
    if !is_generic(&graph) || files::is_standard(path) {
        return None;
    }
    let stem = path.file_stem()?.to_str()?;
    let mut name: String = stem.chars().filter(|c| !c.is_control()).collect();
    while name.len() > MAX_NAME {
        name.pop();
    }
    Some(name).filter(|name| !name.is_empty())
}

/// Whether a graph's name says nothing about the model. scikit-learn's exporter draws 32 hexadecimal digits.
fn is_generic(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let drawn = name.len() == 32 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    drawn || GENERIC.contains(&lower.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generic_names() {
        for name in ["", "main_graph", "Model", "torch_jit", "0123456789abcdef0123456789ABCDEF"] {
            assert!(is_generic(name), "{name}");
        }
        for name in ["liquidation-risk", "model2", "0123456789abcdef"] {
            assert!(!is_generic(name), "{name}");
        }
    }
}
