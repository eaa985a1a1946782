//! A model as its exporter wrote it: an ONNX file, and the files beside it that hold its large tensors.
//!
//! A compilation reads no file system: whoever calls it brings the bytes. [`external_files`](crate::import::external_files)
//! says which files a model names; each lies in the model's folder, or below it, and where a name points outside, or is
//! no name, import refuses the model. Bringing no other file than these, through no link that leads out of the folder, is
//! what a caller that opens files owes (`assay::OnnxFile::open` does).

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

/// An ONNX file with the files that hold its tensors.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OnnxFile {
    /// The ONNX file.
    pub bytes: Vec<u8>,
    /// Contents of the files beside it, by the names that the model gives them: paths from the model's folder, with `/`.
    pub external: BTreeMap<String, Vec<u8>>,
}

/// A borrowed [`OnnxFile`], or the bytes of an ONNX file that holds all of its tensors.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) external: Option<&'a BTreeMap<String, Vec<u8>>>,
}

/// What a digest of several files begins with. Its first byte is of a wire type that protobuf does not have, so that it
/// is the digest of no ONNX file.
const SEVERAL: &[u8] = b"onnx with external data, v1\0";

impl Source<'_> {
    /// The digest that names the model's source.
    ///
    /// Of a file without external data it is its SHA-256. Else the external bytes are the model as much as the file is:
    /// it is the SHA-256 of `onnx with external data, v1` and a zero, the SHA-256 of the ONNX file, and for each other
    /// file, ascending by name, the length of its name (u64, little-endian), its name, and its SHA-256.
    pub fn digest(&self) -> [u8; 32] {
        let of_onnx: [u8; 32] = Sha256::digest(self.bytes).into();
        let Some(external) = self.external.filter(|files| !files.is_empty()) else { return of_onnx };
        let mut hash = Sha256::new();
        hash.update(SEVERAL);
        hash.update(of_onnx);
        for (name, contents) in external {
            hash.update((name.len() as u64).to_le_bytes());
            hash.update(name);
            hash.update(Sha256::digest(contents));
        }
        hash.finalize().into()
    }
}

impl<'a> From<&'a OnnxFile> for Source<'a> {
    fn from(file: &'a OnnxFile) -> Self {
        Source { bytes: &file.bytes, external: Some(&file.external) }
    }
}

impl<'a> From<&'a [u8]> for Source<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Source { bytes, external: None }
    }
}

impl<'a> From<&'a Vec<u8>> for Source<'a> {
    fn from(bytes: &'a Vec<u8>) -> Self {
        Source { bytes, external: None }
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Source<'a> {
    fn from(bytes: &'a [u8; N]) -> Self {
        Source { bytes, external: None }
    }
}

impl From<Vec<u8>> for OnnxFile {
    fn from(bytes: Vec<u8>) -> Self {
        OnnxFile { bytes, external: BTreeMap::new() }
    }
}

#[cfg(test)]
mod tests {
    use prost::Message;

    use super::*;
    use crate::onnx::ModelProto;

    #[test]
    fn a_digest_of_several_files_is_that_of_no_model() {
        assert!(ModelProto::decode(SEVERAL).is_err());
    }
}
