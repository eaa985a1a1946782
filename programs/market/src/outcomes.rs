//! The outcomes' mints: addresses of the program's own, and the accounts that come behind an instruction's, one pair an outcome.

use anchor_lang::{create_program_address, prelude::*};
use anchor_spl::token::TokenCpiExt;
use assay_market_interface::seeds::OUTCOME;

use crate::{
    authority::Authority,
    errors::MarketError,
    state::{MAX_OUTCOMES, Question},
};

/// Checks that an account is the mint of an outcome: its address says so, and only this program can create it there.
///
/// # Errors
/// [`MarketError::WrongOutcomeMint`].
pub fn require_mint(question: &Account<Question>, index: u8, mint: &Address) -> Result<()> {
    let bump = question.mint_bumps.get(usize::from(index)).filter(|_| index < question.mints);
    let bump = [*bump.ok_or(MarketError::WrongOutcomeMint)?];
    let seeds: [&[u8]; 4] = [OUTCOME, question.address().as_ref(), &[index], &bump];
    let expected = create_program_address(&seeds, &crate::ID).map_err(|_| MarketError::WrongOutcomeMint)?;
    if *mint == expected { Ok(()) } else { Err(MarketError::WrongOutcomeMint.into()) }
}

/// The accounts behind an instruction's own, `[mint, the owner's token account]` for each outcome in order, all of them.
///
/// The token program checks the token account: of that mint, and for a burn that the owner signed for it.
///
/// # Errors
/// [`MarketError::WrongOutcomeMint`].
pub fn pairs<'a>(
    question: &Account<Question>,
    accounts: &'a mut [AccountView],
) -> Result<impl Iterator<Item = &'a mut [AccountView; 2]>> {
    let count = usize::from(question.terms.outcomes);
    if count > MAX_OUTCOMES || accounts.len() != 2 * count {
        return Err(MarketError::WrongOutcomeMint.into());
    }
    let (pairs, _) = accounts.as_chunks_mut::<2>();
    for ([mint, _], index) in pairs.iter().zip(0..) {
        require_mint(question, index, mint.address())?;
    }
    Ok(pairs.iter_mut())
}

/// Mints `amount` of an outcome to a token account, signed by the question.
///
/// # Errors
/// The token program's.
pub fn mint_to(
    token_program: &Program<Token>,
    question: &Account<Question>,
    authority: &Authority,
    [mint, account]: &mut [AccountView; 2],
    amount: u64,
) -> Result<()> {
    token_program.mint_to(mint, account, question, &[&authority.seeds()], amount)
}
