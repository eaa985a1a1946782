//! What becomes of a file before its nodes are imported: sizes for free dimensions, functions and sequences written out, outputs chosen
//! and what they need kept, external tensors fetched. The result is a file that says the same with nothing left to
//! resolve, for import and for the float engine alike.

mod external;
mod infinite;
mod inline;
mod needed;
pub(super) mod problem;
mod quantized;
mod sequences;
mod shapes;

use super::file::decode;
use super::refusal::{ImportError, Refusal};
use crate::onnx::ModelProto;
use crate::options::Options;
use crate::source::Source;

/// The model in a source, as the options ask for it.
pub(crate) fn prepare(source: &Source<'_>, options: &Options) -> Result<ModelProto, ImportError> {
    let mut proto = decode(source.bytes)?;
    let mut refusals: Vec<Refusal> = Vec::new();
    let Some(graph) = proto.graph.as_mut() else { return Err(ImportError::NoGraph) };
    shapes::set(graph, &options.shapes, &mut refusals);
    inline::functions(&mut proto, source.bytes.len(), &mut refusals);
    let outputs = sequences::write_out(&mut proto, &options.outputs);
    if let Some(graph) = proto.graph.as_mut() {
        infinite::fold(graph);
        quantized::note_types(graph);
    }
    needed::keep(&mut proto, &outputs, &mut refusals);
    external::fetch(&mut proto, source, &mut refusals);
    if refusals.is_empty() { Ok(proto) } else { Err(ImportError::Refused(refusals)) }
}

/// Names of the files that a model's tensors lie in, beside the ONNX file: paths from its folder, with `/`.
///
/// # Errors
/// The bytes are no ONNX model, or a name leads out of the folder.
pub fn external_files(onnx: &[u8]) -> Result<std::collections::BTreeSet<String>, ImportError> {
    external::names(&mut decode(onnx)?)
}
