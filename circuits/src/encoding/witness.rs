//! Bytes of a witness: every wire's value, then the outputs as integers.

use super::bytes::{Reader, Writer};
use crate::error::DecodeError;
use crate::r1cs::NUM_INSTANCE;
use crate::witness::Witness;

const TAG: &[u8; 8] = b"assaywit";
const VERSION: u16 = 1;

impl Witness {
    /// The canonical encoding.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut w = Writer::default();
        w.bytes(TAG);
        w.bytes(&VERSION.to_le_bytes());
        w.elements(&self.values);
        w.count(self.outputs.len());
        for tensor in &self.outputs {
            w.count(tensor.len());
            tensor.iter().for_each(|&value| w.i64(value));
        }
        w.0
    }

    /// Reads a witness. Whether it satisfies a circuit, ask [`crate::R1cs::first_violation`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut r = Reader { rest: bytes };
        r.header("witness", TAG, VERSION..=VERSION)?;
        let values = r.elements("witness values")?;
        if values.len() < NUM_INSTANCE {
            let (what, expected, found) =
                ("instance wires of a witness", NUM_INSTANCE as u64, values.len() as u64);
            return Err(DecodeError::Mismatch { what, expected, found });
        }
        let outputs =
            r.items("output tensors", 4, |r, _| r.items("output values", 8, |r, _| r.i64("output values")))?;
        r.finish()?;
        Ok(Self { values, outputs, positions: Vec::new() })
    }
}
