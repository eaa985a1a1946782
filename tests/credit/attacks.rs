//! Every attack that can be made from an instruction, and random bytes, against the bytecode.

use assay_credit::state::{Line, Pool};
use assay_localnet::{Localnet, record};
use assay_tests::attacks::{
    Attack, Edge, Exception, Limits, Numbers, Shift, Times, cases, check, check_limits, fuzz,
};
use solana_address::Address;

use crate::costs::every_instruction_costs_what_the_ledger_says;

/// What may go through, and why.
const EXCEPTIONS: &[Exception] = &[Exception {
    attack: Attack::Extended,
    on: &["*"],
    why: "bytes behind the arguments are read by nobody",
}];

/// What the program says of times and numbers.
const LIMITS: Limits = Limits { times: TIMES, numbers: NUMBERS };

const TIMES: &[Times] = &[];

const NUMBERS: &[Numbers] = &[];

/// Whatever went through, this holds.
fn holds(net: &Localnet, address: &Address) -> Result<(), String> {
    if let Ok(Some(pool)) = net.read::<Pool>(address) {
        return pool.invariant().map_err(|error| format!("a pool with {error:?}"));
    }
    let Ok(Some(line)) = net.read::<Line>(address) else { return Ok(()) };
    let Ok(Some(pool)) = net.read::<Pool>(&line.pool) else { return Err("a line without a pool".to_owned()) };
    line.invariant(&pool).map_err(|error| format!("a line with {error:?}"))
}

#[test]
fn every_attack_on_every_instruction_is_refused() {
    let recorded = record(every_instruction_costs_what_the_ledger_says);
    let refused = check(&assay_credit_host::IDENTITY, &recorded, EXCEPTIONS);
    let refused = refused.unwrap_or_else(|faults| panic!("{faults}"));
    println!("{refused} attacks refused");
}

#[test]
fn times_and_numbers_are_refused_where_they_must_be() {
    let recorded = record(every_instruction_costs_what_the_ledger_says);
    let refused = check_limits(&assay_credit_host::IDENTITY, &recorded, &LIMITS, holds);
    let refused = refused.unwrap_or_else(|faults| panic!("{faults}"));
    println!("{refused} times and numbers refused");
}

#[test]
fn no_bytes_crash_the_program() {
    let recorded = record(every_instruction_costs_what_the_ledger_says);
    let tally = fuzz(&assay_credit_host::IDENTITY, &recorded, cases(), 1);
    let tally = tally.unwrap_or_else(|fault| panic!("{fault}"));
    println!("{tally:#?}");
    assert!(tally.len() > 20, "random cases must get far enough to meet the program's own errors");
}
