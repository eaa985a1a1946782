//! An update of the oracle, out of an account that passed every check of which bytes cannot tell: its owner.

use anchor_lang::prelude::*;
use assay_feed_interface::{
    Observed,
    pyth::{PriceUpdate, RECEIVER_PROGRAM},
};

use crate::errors::FeedError;

const RECEIVER: Address = Address::new_from_array(RECEIVER_PROGRAM);

/// Reads a price account of Pyth's receiver: owned by it, fully verified, of this feed, expressible.
///
/// The receiver writes what Wormhole's guardians signed, so whoever brings the account chooses among signed updates and
/// writes none.
///
/// # Errors
/// An error of its own for each check.
pub fn load(account: &AccountView, feed_id: &[u8; 32]) -> Result<Observed> {
    if !account.owned_by(&RECEIVER) {
        return Err(FeedError::PriceOwner.into());
    }
    let data = account.try_borrow()?;
    let update = PriceUpdate::decode(&data).map_err(FeedError::from)?;
    let price = update.checked(feed_id).map_err(FeedError::from)?;
    Ok(Observed { price, previous_publish_time: update.previous_publish_time })
}
