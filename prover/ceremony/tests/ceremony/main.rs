//! Ceremonies of small circuits: what comes out of them, and what is refused.

mod attacks;
mod common;
mod folder;
mod oracle;
mod phase1;
mod ptau;
