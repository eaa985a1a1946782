//! What a decision is for.

use std::{fmt, str::FromStr};

use thiserror::Error;

use crate::hex;

/// The 32 bytes that bind a statement to its use: an account, a nonce, a purpose, or a hash of them.
///
/// A verifier that asks for a context accepts no proof that was made for another one. [`Context::NONE`] is all zeros: such
/// a proof says nothing about where it may be used.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Context(pub [u8; 32]);

/// A text that is no context.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0:?} is not a context: 32 bytes as 64 hexadecimal digits")]
pub struct ContextError(pub String);

impl Context {
    /// All zeros.
    pub const NONE: Context = Context([0; 32]);
}

impl From<[u8; 32]> for Context {
    fn from(bytes: [u8; 32]) -> Context {
        Context(bytes)
    }
}

impl FromStr for Context {
    type Err = ContextError;

    /// 64 hexadecimal digits, with or without `0x`.
    fn from_str(text: &str) -> Result<Context, ContextError> {
        hex::parse_32(text).map(Context).ok_or_else(|| ContextError(text.into()))
    }
}

impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(&self.0))
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Context({self})")
    }
}
