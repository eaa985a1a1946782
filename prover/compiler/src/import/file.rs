//! The bytes of an ONNX file as messages.

use prost::Message;

use super::refusal::ImportError;
use crate::onnx::ModelProto;

/// Reads the protobuf message.
pub(crate) fn decode(onnx: &[u8]) -> Result<ModelProto, ImportError> {
    ModelProto::decode(onnx).map_err(|error| ImportError::NotOnnx(error.to_string()))
}
