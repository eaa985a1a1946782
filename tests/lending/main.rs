//! The lending program in LiteSVM: one file an instruction, each with the happy path and what an attacker tries; and the
//! books under random sequences of all of them.

#![allow(missing_docs)]

mod support;

mod accept_admin;
mod apply_params;
mod attacks;
mod books;
mod borrow;
mod cancel_params;
mod costs;
mod deposit_collateral;
mod init_market;
mod layout;
mod liquidate;
mod liquidate_by_proof;
mod observe;
mod propose_admin;
mod propose_params;
mod repay;
mod set_pause;
mod snapshot;
mod supply;
mod withdraw_collateral;
mod withdraw_supply;
