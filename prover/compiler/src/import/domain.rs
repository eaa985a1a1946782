//! Domains of operators.

/// The default ONNX domain, which files spell as the empty string as well.
pub(crate) const ONNX: &str = "ai.onnx";
/// The domain of classical machine learning operators.
pub(crate) const ONNX_ML: &str = "ai.onnx.ml";
/// The domain of the operators that onnxruntime's optimizer writes.
pub(crate) const MICROSOFT: &str = "com.microsoft";
