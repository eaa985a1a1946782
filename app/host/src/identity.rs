//! What a program is: its names, its address, its interface.

use solana_address::Address;

/// A program, as far as it takes to deploy it and to name its errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Its short name: of its folder, of its rows in the ledger of costs, and of `--only`.
    pub name: &'static str,
    /// Its address.
    pub id: Address,
    /// Name of its library: that of the compiled file, without `.so`.
    pub library: &'static str,
    /// Its interface description (IDL), as JSON: instructions, accounts, errors.
    pub idl: &'static str,
}
