//! The one list of programs.
//!
//! Whatever goes over all programs takes them from here: the local runtime deploys them, errors get their names from
//! their IDLs, keepers open their strategies, the ledger of costs has a row for each of their instructions, the demonstration
//! shows them. To add one: its folder under `programs/`, its crates in the workspace, and a line in
//! [`ALL`]. `cargo test -p assay-programs` names what an entry lacks.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

use assay_credit_host::Credit;
use assay_feed_host::Feed;
use assay_host::{Identity, Program};
use assay_lending_host::Lending;
use assay_market_host::Market;
use assay_verifier_host::Verifier;

/// Every program.
pub const ALL: &[&dyn Program] = &[&Verifier, &Feed, &Lending, &Market, &Credit];

/// What each of them is, to deploy them and to name their errors.
pub fn identities() -> Vec<Identity> {
    ALL.iter().map(|program| program.identity()).collect()
}

/// The program of this name.
pub fn by_name(name: &str) -> Option<&'static dyn Program> {
    ALL.iter().find(|program| program.identity().name == name).copied()
}
