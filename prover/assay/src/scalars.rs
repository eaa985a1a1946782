//! Elements of the field: drawn, and read from text.

use assay_interface::field::Scalar;
use rand::{CryptoRng, RngCore};

use crate::hex;

/// A uniformly random field element: a secret, or a salt. By rejection: one draw in four or so is above the field's order.
pub fn draw_scalar(rng: &mut (impl RngCore + CryptoRng)) -> Scalar {
    loop {
        let mut bytes = [0; 32];
        rng.fill_bytes(&mut bytes);
        let [first, ..] = &mut bytes;
        *first &= 0x3f;
        if let Ok(scalar) = Scalar::from_be_bytes(bytes) {
            return scalar;
        }
    }
}

/// An element of the field from 64 hexadecimal digits, with or without `0x`; `None` at the field's order and above.
pub fn parse_scalar(text: &str) -> Option<Scalar> {
    hex::parse_32(text).and_then(|bytes| Scalar::from_be_bytes(bytes).ok())
}
