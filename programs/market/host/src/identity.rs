//! What the market program is.

use assay_host::Identity;

/// Its names, address and IDL.
pub const IDENTITY: Identity = Identity {
    name: "market",
    id: assay_market::ID,
    library: "assay_market",
    idl: include_str!("../../../idl/assay_market.json"),
};
