//! What comes first, what is not worth it, and what strangers cannot make dear.

use assay_host::strategy::Strategy as _;
use assay_keeper::{Conclusion, Config, PAYS_TOO_LITTLE};
use assay_lending_host::{Rules, strategy::SAFE};
use solana_address::Address;

use crate::support::*;

/// Updates are anybody's to post, as many as they like: what a safe position costs does not grow with them.
#[test]
fn a_safe_position_is_decided_on_without_a_list_of_updates() {
    let mut chain = chain_with(3_000);
    chain.lists_nothing = true;
    let report = keeper(live()).check(&mut chain, &position_address()).unwrap();
    assert_eq!(report.conclusion, Conclusion::LeftAlone(SAFE));
}

#[test]
fn of_many_positions_those_that_owe_most_come_first() {
    let mut chain = chain_with(3_000);
    let owing = |byte: u8| keys().position(&Address::new_from_array([byte; 32]));
    for (byte, debt) in [(60, 0), (61, 9_000_000), (62, 4_000_000_000), (63, 0)] {
        chain.put(owing(byte), &position(debt));
    }
    let targets = strategy(Rules::ProofAndRule).targets(&chain).unwrap();
    assert_eq!(targets[2..5], [owing(62), position_address(), owing(61)]);
    assert_eq!(targets.len(), 7);
    // Where the market is no market, there is a mistake, and not nothing to do.
    chain.accounts.remove(&keys().market);
    assert_eq!(strategy(Rules::ProofAndRule).targets(&chain).unwrap_err().reason, "missing market");
}

/// What a proof opens is worth what it was before the snapshot, so that it comes in its turn.
#[test]
fn a_proof_is_worth_what_it_opens() {
    let mut chain = chain_with(8_450);
    let dry = || keeper(Config::default());
    let before = dry().check(&mut chain, &position_address()).unwrap();
    assert_eq!(before.conclusion, Conclusion::Would("snapshot"));
    let snapshot = snapshot_of(&mut chain);
    chain.put(snapshot_address(&snapshot), &snapshot);
    let after = dry().check(&mut chain, &position_address()).unwrap();
    assert_eq!(after.conclusion, Conclusion::Would("prove"));
    // A fifth of the debt, at a quarter of a percent.
    assert_eq!((before.gain, after.gain), (Some(4_225_000), Some(4_225_000)));
    chain.pays = false;
    let left = keeper(live()).check(&mut chain, &position_address()).unwrap();
    assert_eq!(left.conclusion, Conclusion::LeftAlone(PAYS_TOO_LITTLE));
    assert!(left.proof.is_none() && chain.sent.is_empty());
}
