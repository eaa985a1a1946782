//! The credit program in LiteSVM: one file an instruction, each with the happy path and what an attacker tries.

#![allow(missing_docs)]

mod support;

mod append_leaf;
mod apply_terms;
mod attacks;
mod books;
mod cancel_proposal;
mod close_deposit;
mod close_pool;
mod close_tree;
mod costs;
mod create_issuer;
mod create_pool;
mod create_tree;
mod draw;
mod lower_pause;
mod mark_default;
mod open_line_by_proof;
mod propose_terms;
mod propose_withdrawal;
mod renew_by_proof;
mod renounce_admin;
mod repay;
mod set_pause;
mod start_issuer;
mod stop_issuer;
mod supply;
mod thief;
mod withdraw_reserves;
mod withdraw_supply;
mod write_off;
