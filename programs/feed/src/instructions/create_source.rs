//! `create_source`: the source of one price account of Pyth's push oracle. Anyone may, once.
//!
//! The caller names feed and shard; the program derives the oracle's address from them and compares. So the pinned account
//! is one that only the push oracle has written to, for updates newer than the stored one, and the feed id is that of its
//! address: nobody can pin an account of their own, nor another feed's under this feed's name. Shards are sponsors' copies of
//! a feed, which anyone may push to; who picks a source picks the shard, by the source's address.
//!
//! The oracle's account need not exist yet. The address of the source cannot be taken: an address that holds
//! lamports is created like any other, and one that holds data can be of this program only.

use anchor_lang::{find_program_address, prelude::*};
use assay_feed_interface::{
    Kind, PriceV1,
    pyth::{PUSH_ORACLE_PROGRAM, push_seeds},
    seeds::SOURCE,
};

use crate::{errors::FeedError, events::SourceCreated, state::Source};

/// Accounts of `create_source`.
#[derive(Accounts)]
pub struct CreateSource {
    /// 0. `[signer, writable]` Pays the rent, for good.
    #[account(mut)]
    pub payer: Signer,
    /// 1. `[writable]` The source, which must not exist.
    #[account(init, payer = payer, seeds = [SOURCE, &[Kind::Pyth as u8], pinned], bump)]
    pub source: Account<Source>,
    /// 2. `[]` The account to copy.
    pub pinned: UncheckedAccount,
    /// 3. `[]` The system program.
    pub system_program: Program<System>,
}

impl CreateSource {
    fn validate(&self, shard: u16, feed_id: &[u8; 32]) -> Result<()> {
        let oracle = Address::new_from_array(PUSH_ORACLE_PROGRAM);
        let (expected, _) = find_program_address(&push_seeds(&shard.to_le_bytes(), feed_id), &oracle);
        if *self.pinned.address() == expected { Ok(()) } else { Err(FeedError::WrongPinnedAccount.into()) }
    }
}

/// Creates the source, without a price.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<CreateSource>, shard: u16, feed_id: &[u8; 32]) -> Result<()> {
    ctx.accounts.validate(shard, feed_id)?;
    let bump = ctx.bumps.source;
    let CreateSource { payer, source, pinned, .. } = &mut ctx.accounts;
    source.header.version = PriceV1::VERSION;
    source.header.kind = Kind::Pyth as u8;
    source.header.bump = bump;
    source.feed_id = *feed_id;
    source.pinned = *pinned.address();
    source.payer = *payer.address();
    emit!(SourceCreated {
        source: *source.address(),
        kind: Kind::Pyth as u8,
        feed_id: *feed_id,
        pinned: *pinned.address(),
    });
    Ok(())
}
