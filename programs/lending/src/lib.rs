//! A lending market whose early liquidations are opened by a proven risk score.
#![allow(unsafe_code)] // the entrypoint that `#[program]` generates

use anchor_lang::prelude::*;

declare_id!("AssayLending11111111111111111111111111111111");

/// The lending program's instructions.
#[program]
pub mod assay_lending {
    use super::*;

    /// Checks that the program answers.
    pub fn ping(_ctx: &mut Context<Ping>) -> Result<()> {
        Ok(())
    }
}

/// Accounts of `ping`.
#[derive(Accounts)]
pub struct Ping {
    /// Any signer.
    pub signer: Signer,
}
