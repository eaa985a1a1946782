//! What a round's proof says: its context, inputs and scores, as the program rebuilds them.

use assay_feed::state::Round;
use assay_feed_interface::{Interval, RoundId, Scores, context, features::COUNT};
use solana_address::Address;

/// Which minute a round is, Unix seconds / 60; `None` for an account that is none of the program's.
pub fn minute(round: &Round) -> Option<u32> {
    Interval::Minute.index(round.at)
}

/// The context of a proof of the round of `minute`, at `address`, that `prover` brings.
pub fn round_context(feed: &Address, address: &Address, minute: u32, prover: &Address) -> [u8; 32] {
    context(&RoundId {
        program: assay_feed::ID.to_bytes(),
        feed: feed.to_bytes(),
        round: address.to_bytes(),
        minute,
        prover: prover.to_bytes(),
    })
}

/// The model's inputs for a sealed round.
pub fn inputs(features: &[i16; COUNT]) -> Vec<Vec<i64>> {
    vec![features.map(i64::from).to_vec()]
}

/// The model's outputs as scores; `None` where they are none.
pub fn scores(outputs: &[Vec<i64>]) -> Option<Scores> {
    let [output] = outputs else { return None };
    let mut scores: Scores = [0; _];
    if output.len() != scores.len() {
        return None;
    }
    for (score, value) in scores.iter_mut().zip(output) {
        *score = i16::try_from(*value).ok()?;
    }
    Some(scores)
}
