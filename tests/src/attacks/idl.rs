//! What an IDL says of a program's instructions, as far as attacks need it.

use serde::Deserialize;

/// A program's instructions.
#[derive(Deserialize)]
pub struct Interface {
    #[serde(rename = "instructions")]
    pub signatures: Vec<Signature>,
}

/// One instruction.
#[derive(Deserialize)]
pub struct Signature {
    pub name: String,
    pub discriminator: Vec<u8>,
    pub accounts: Vec<Role>,
}

/// One of its accounts.
#[derive(Deserialize)]
pub struct Role {
    pub name: String,
}

impl Interface {
    pub fn parse(idl: &str) -> Self {
        serde_json::from_str(idl).expect("a committed IDL")
    }

    /// The instruction that some data call.
    pub fn of(&self, data: &[u8]) -> Option<&Signature> {
        self.signatures.iter().find(|signature| data.starts_with(&signature.discriminator))
    }
}
