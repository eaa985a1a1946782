//! The verifier program in LiteSVM: one file an instruction, each with the happy path and what an attacker tries.

#![allow(missing_docs)]

mod support;

mod accept_authority;
mod activate;
mod batch;
mod costs;
mod cpi;
mod digest;
mod examples;
mod forgeries;
mod layout;
mod propose_authority;
mod record;
mod register;
mod resume;
mod retire;
mod security_txt;
mod suspend;
mod verify;
