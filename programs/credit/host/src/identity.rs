//! What the credit program is.

use assay_host::Identity;

/// Its names, address and IDL.
pub const IDENTITY: Identity = Identity {
    name: "credit",
    id: assay_credit::ID,
    library: "assay_credit",
    idl: include_str!("../../../idl/assay_credit.json"),
};
