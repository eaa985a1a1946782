//! What the feed program is.

use assay_host::Identity;

/// Its names, address and IDL.
pub const IDENTITY: Identity = Identity {
    name: "feed",
    id: assay_feed::ID,
    library: "assay_feed",
    idl: include_str!("../../../idl/assay_feed.json"),
};
