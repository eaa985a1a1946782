//! What the lending program is.

use assay_host::Identity;

/// Its names, address and IDL.
pub const IDENTITY: Identity = Identity {
    name: "lending",
    id: assay_lending::ID,
    library: "assay_lending",
    idl: include_str!("../../../idl/assay_lending.json"),
};
