//! The verifier's accounts are read as what they are, and as nothing else.

use assay_verifier::{Model, Receipt};
use bytemuck::Zeroable;

use anchor_lang::Discriminator as _;
use assay_host::account::{AccountError, decode};
use solana_address::Address;

#[test]
fn an_account_decodes_only_as_what_it_is() {
    let receipt = Receipt { index: 7, ..Receipt::zeroed() };
    let mut data = Receipt::DISCRIMINATOR.to_vec();
    data.extend_from_slice(bytemuck::bytes_of(&receipt));
    let read = |owner: &Address, data: &[u8]| decode::<Receipt>(owner, data).map(|read| read.index);
    assert_eq!(read(&assay_verifier::ID, &data), Ok(7));
    let stranger = Address::new_from_array([9; 32]);
    let foreign = AccountError::Owner { expected: assay_verifier::ID, owner: stranger };
    assert_eq!(read(&stranger, &data), Err(foreign));
    assert_eq!(decode::<Model>(&assay_verifier::ID, &data).err(), Some(AccountError::Kind));
    let expected = data.len();
    data.push(0);
    assert_eq!(read(&assay_verifier::ID, &data), Err(AccountError::Length { expected, given: expected + 1 }));
    assert_eq!(read(&assay_verifier::ID, &[]), Err(AccountError::Kind));
}
