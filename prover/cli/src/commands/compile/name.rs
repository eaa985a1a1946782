//! What a model is called that nobody named: its graph's name, or its file's where exporters call every graph the same.

use std::path::Path;

use assay_compiler::import;
use assay_interface::schema::MAX_NAME;

use crate::files;

/// The file's name without its ending, where the graph's name tells nothing.
pub fn of_file(onnx: &[u8], path: &Path) -> Option<String> {
    if files::is_standard(path) {
        return None;
    }
    // A file that is no model is refused when it is compiled.
    if import::graph_name(onnx).ok()?.is_some() {
        return None;
    }
    let stem = path.file_stem()?.to_str()?;
    let mut name: String = stem.chars().filter(|c| !c.is_control()).collect();
    while name.len() > MAX_NAME {
        name.pop();
    }
    Some(name).filter(|name| !name.is_empty())
}
