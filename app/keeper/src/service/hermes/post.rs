//! Instructions that bring signed prices to the accounts that price sources pin.
//!
//! The receiver's shorter way, `post_update_atomic`, checks the signatures that it is given and notes their number: a partial verification,
//! which the programs here refuse. So the whole message is written to an account of Wormhole's program and verified there, and the push
//! oracle has the receiver write each price, where it is newer. The account's address is derived from the payer's, so that nobody else
//! signs, and it is closed at the end: in one transaction of version 1, which holds all of it, its rent is never gone.

use assay_feed_interface::pyth::{PUSH_ORACLE_PROGRAM, RECEIVER_PROGRAM, push_seeds};
use sha2::{Digest as _, Sha256};
use solana_address::Address;
use solana_instruction::{AccountMeta, Instruction};

use super::update::{Priced, Update};

/// Wormhole's program, as Pyth's receiver wants it on every cluster.
pub const WORMHOLE: Address = Address::from_str_const("HDwcJBJXjL9FpJ7UBsYBtaDjsBUhuLCUYoz3zr8SWWaQ");
/// Pyth's receiver.
const RECEIVER: Address = Address::new_from_array(RECEIVER_PROGRAM);
/// Pyth's push oracle.
const PUSH_ORACLE: Address = Address::new_from_array(PUSH_ORACLE_PROGRAM);
const SYSTEM: Address = Address::from_str_const("11111111111111111111111111111111");

/// Bytes of the account before the message.
const HEADER: usize = 46;
/// What the account's address is derived by.
const SEED: &str = "assay-prices";
/// The one of the receiver's treasuries that fees go to.
const TREASURY: u8 = 0;
/// The system program's instruction that creates an account at an address derived by a seed.
const CREATE_WITH_SEED: u32 = 3;

/// Bytes of the account that a message needs while it is posted.
pub fn space(update: &Update) -> usize {
    HEADER.saturating_add(update.vaa.len())
}

/// The account of the push oracle that holds a feed's price, in this copy of the feeds.
pub fn pinned(feed: &[u8; 32], shard: u16) -> Option<Address> {
    derived(&push_seeds(&shard.to_le_bytes(), feed), &PUSH_ORACLE)
}

/// The instructions that post these prices of an update, in order, for one transaction. `rent` is what makes [`space`] bytes exempt.
/// `None` where an address cannot be derived.
pub fn instructions(
    payer: &Address,
    update: &Update,
    prices: &[&Priced],
    shard: u16,
    rent: u64,
) -> Option<Vec<Instruction>> {
    let message = Address::create_with_seed(payer, SEED, &WORMHOLE).ok()?;
    let guardians = derived(&[b"GuardianSet", &update.guardian_set.to_be_bytes()], &WORMHOLE)?;
    let (signs, written) = (AccountMeta::new_readonly(*payer, true), AccountMeta::new(message, false));
    let mut all = vec![
        create(payer, &message, update, rent),
        call(WORMHOLE, "init_encoded_vaa", &[], vec![signs.clone(), written.clone()]),
        call(
            WORMHOLE,
            "write_encoded_vaa",
            &[&0u32.to_le_bytes(), &listed(&update.vaa)?],
            vec![signs.clone(), written.clone()],
        ),
        call(
            WORMHOLE,
            "verify_encoded_vaa_v1",
            &[],
            vec![signs, written.clone(), AccountMeta::new_readonly(guardians, false)],
        ),
    ];
    for price in prices {
        all.push(push(payer, &message, price, shard)?);
    }
    all.push(call(WORMHOLE, "close_encoded_vaa", &[], vec![AccountMeta::new(*payer, true), written]));
    Some(all)
}

/// Has the receiver write a price, if it is newer than the one that is there.
fn push(payer: &Address, message: &Address, price: &Priced, shard: u16) -> Option<Instruction> {
    let path = price.path.concat();
    let steps = u32::try_from(price.path.len()).ok()?.to_le_bytes();
    let data: [&[u8]; 6] =
        [&listed(&price.message)?, &steps, &path, &[TREASURY], &shard.to_le_bytes(), &price.feed];
    let accounts = vec![
        AccountMeta::new(*payer, true),
        AccountMeta::new_readonly(RECEIVER, false),
        AccountMeta::new_readonly(*message, false),
        AccountMeta::new_readonly(derived(&[b"config"], &RECEIVER)?, false),
        AccountMeta::new(derived(&[b"treasury", &[TREASURY]], &RECEIVER)?, false),
        AccountMeta::new(pinned(&price.feed, shard)?, false),
        AccountMeta::new_readonly(SYSTEM, false),
    ];
    Some(call(PUSH_ORACLE, "update_price_feed", &data, accounts))
}

fn create(payer: &Address, message: &Address, update: &Update, rent: u64) -> Instruction {
    let seed = (SEED.len() as u64).to_le_bytes();
    let space = (space(update) as u64).to_le_bytes();
    let parts: [&[u8]; 7] = [
        &CREATE_WITH_SEED.to_le_bytes(),
        payer.as_ref(),
        &seed,
        SEED.as_bytes(),
        &rent.to_le_bytes(),
        &space,
        WORMHOLE.as_ref(),
    ];
    let accounts = vec![AccountMeta::new(*payer, true), AccountMeta::new(*message, false)];
    Instruction { program_id: SYSTEM, accounts, data: parts.concat() }
}

/// An instruction of a program made with Anchor.
fn call(program_id: Address, name: &str, arguments: &[&[u8]], accounts: Vec<AccountMeta>) -> Instruction {
    let digest = Sha256::digest(format!("global:{name}"));
    let mut data: Vec<u8> = digest.iter().copied().take(8).collect();
    data.extend(arguments.concat());
    Instruction { program_id, accounts, data }
}

/// Bytes behind their number.
fn listed(bytes: &[u8]) -> Option<Vec<u8>> {
    Some([&u32::try_from(bytes.len()).ok()?.to_le_bytes(), bytes].concat())
}

fn derived(seeds: &[&[u8]], program: &Address) -> Option<Address> {
    Address::try_find_program_address(seeds, program).map(|(address, _)| address)
}

#[cfg(test)]
mod tests {
    use super::super::update::tests::{message, update};
    use super::*;

    /// The first bytes of instructions and the sponsors' account for SOL in dollars are as their programs publish them.
    #[test]
    fn instructions_are_those_of_the_published_interfaces() {
        let read = Update::read(&update(&[message(1, 5, 10), message(2, 6, 10)])).unwrap();
        let payer = Address::new_from_array([9; 32]);
        let prices: Vec<&Priced> = read.prices.iter().collect();
        let all = instructions(&payer, &read, &prices, 1, 77).unwrap();
        let [create, init, write, verify, first, second, close] = &all[..] else { panic!("{}", all.len()) };
        for (instruction, program, start) in [
            (create, SYSTEM, [3, 0, 0, 0, 9, 9, 9, 9]),
            (init, WORMHOLE, [209, 193, 173, 25, 91, 202, 181, 218]),
            (close, WORMHOLE, [48, 221, 174, 198, 231, 7, 152, 38]),
            (first, PUSH_ORACLE, [28, 9, 93, 150, 86, 153, 188, 115]),
            (second, PUSH_ORACLE, [28, 9, 93, 150, 86, 153, 188, 115]),
        ] {
            assert_eq!((instruction.program_id, &instruction.data[..8]), (program, &start[..]));
        }
        let sol = "ef0d8b6fda2ceba41da15d4095d1da392a0d2f8ed0c6c7bc0f4cfac8c280b56d";
        let sol: Vec<u8> =
            (0..32).map(|at| u8::from_str_radix(&sol[2 * at..2 * at + 2], 16).unwrap()).collect();
        let account = pinned(&sol.try_into().unwrap(), 0).unwrap();
        assert_eq!(account.to_string(), "7UVimffxr9ow1uXYxsr4LHAcV58mLzhmwaeKvJ1pjLiE");
        // The message goes over whole, and each price with its own path.
        assert_eq!(&write.data[8..12], &[0; 4]);
        assert_eq!(write.data[16..], read.vaa);
        assert_eq!(first.data[12..97], read.prices[0].message);
        let tail = [&2u32.to_le_bytes()[..], &[1; 20], &[2; 20], &[0, 1, 0], &[1; 32]].concat();
        assert_eq!(first.data[97..], tail);
        // Only the payer signs.
        let signers = all.iter().flat_map(|one| &one.accounts).filter(|account| account.is_signer);
        assert!(signers.clone().count() > 0 && signers.clone().all(|signer| signer.pubkey == payer));
        assert_eq!(verify.accounts.len(), 3);
        let bytes: usize = all.iter().map(|one| one.data.len()).sum();
        assert!(bytes < 2_000, "{bytes} bytes do not fit a transaction");
    }
}
