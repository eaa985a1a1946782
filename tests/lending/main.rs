//! The lending program in LiteSVM: one file an instruction, each with the happy path and what an attacker tries; what an
//! auditor found in the first version, each as an attack that is refused (`findings`); a market whose prices are feeds of rounds
//! (`on_a_feed`); and the books under random sequences of all operations.

#![allow(missing_docs)]

mod support;

mod accept_admin;
mod apply_params;
mod attacks;
mod books;
mod borrow;
mod cancel_proposal;
mod clear_by_proof;
mod close_deposit;
mod close_market;
mod close_position;
mod close_snapshot;
mod costs;
mod deposit_collateral;
mod findings;
mod flag_by_proof;
mod impair;
mod init_market;
mod keeper;
mod layout;
mod life;
mod liquidate;
mod liquidate_by_proof;
mod liquidate_end;
mod liquidate_start;
mod lower_pause;
mod network;
mod on_a_feed;
mod propose_admin;
mod propose_guardian;
mod propose_params;
mod propose_withdrawal;
mod renounce_admin;
mod repay;
mod rivals;
mod series;
mod service;
mod set_guardian;
mod set_pause;
mod snapshot;
mod socialize;
mod supply;
mod withdraw_collateral;
mod withdraw_reserves;
mod withdraw_supply;
