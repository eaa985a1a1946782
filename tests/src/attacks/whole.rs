//! Variations of an instruction as a whole: its data, how often it comes, and what stands beside it in its transaction.

use std::rc::Rc;

use assay_host::compute_budget;
use solana_instruction::Instruction;

use super::attack::Attack;
use super::target::{Target, unlimited};
use super::variation::Variation;

/// What is tried on the data of `target`, and by sending it again.
pub fn variations(target: &Target<'_>) -> Vec<Variation> {
    let before = Rc::new(target.accepted.before.clone());
    let instruction = target.instruction();
    let case = |attack, replacement: &[Instruction]| {
        Variation::new(target, "", attack, &before, target.with(replacement))
    };
    let with_data =
        |attack, data: &[u8]| case(attack, &[Instruction { data: data.to_vec(), ..instruction.clone() }]);
    let lengths = 0..instruction.data.len();
    let truncated = lengths.map(|length| with_data(Attack::Truncated, &instruction.data[..length]));
    let mut all: Vec<Variation> = truncated.collect();
    all.push(with_data(Attack::Extended, &[&instruction.data[..], &[0]].concat()));
    all.push(case(Attack::Repeated, &[instruction.clone(), instruction.clone()]));

    let mut after = target.accepted.before.clone();
    let (sent, payer) = (&target.accepted.instructions, target.accepted.payer);
    after.send_unsigned(sent, &payer).expect_ok();
    let replayed = Variation::new(target, "", Attack::Replayed, &Rc::new(after), sent.clone());
    all.push(replayed.paid_by(payer));
    all.extend(within(target));
    all.extend(beside_the_earlier(target));
    all
}

/// The transaction without its other instructions of this program, and backwards.
fn within(target: &Target<'_>) -> Vec<Variation> {
    let sent = calls(&target.accepted.instructions);
    let program = target.instruction().program_id;
    if sent.iter().filter(|instruction| instruction.program_id == program).count() < 2 {
        return Vec::new();
    }
    let before = Rc::new(target.accepted.before.clone());
    let alone = vec![target.instruction().clone()];
    let backwards = sent.into_iter().rev().collect();
    [(Attack::Alone, alone), (Attack::Reversed, backwards)]
        .map(|(attack, instructions)| Variation::new(target, "", attack, &before, unlimited(instructions)))
        .into()
}

/// One transaction out of this one and the one before it, if both change one account of the program's: whoever sends chooses what
/// comes together, and in which order. The clock stands as it did for the earlier one.
fn beside_the_earlier(target: &Target<'_>) -> Vec<Variation> {
    let Some(earlier) = target.earlier else { return Vec::new() };
    let program = target.instruction().program_id;
    let of_earlier = earlier.instructions.iter().filter(|instruction| instruction.program_id == program);
    let Some(name) = of_earlier.clone().filter_map(|call| target.interface.of(&call.data)).next_back() else {
        return Vec::new();
    };
    let is_shared = of_earlier.flat_map(|call| &call.accounts).any(|meta| {
        let is_ours = |account: solana_account::Account| account.owner == program;
        meta.is_writable
            && target.instruction().accounts.contains(meta)
            && target.accepted.before.account(&meta.pubkey).is_some_and(is_ours)
    });
    if !is_shared || name.name == target.signature.name {
        return Vec::new();
    }
    let (first, second) = (calls(&earlier.instructions), calls(&target.accepted.instructions));
    let before = Rc::new(earlier.before.clone());
    let orders = [
        (Attack::Ahead, [&second[..], &first[..]].concat()),
        (Attack::Joined, [&first[..], &second[..]].concat()),
        (Attack::Around, [&first[..], &second[..], &first[..]].concat()),
    ];
    orders.map(|(attack, calls)| Variation::new(target, &name.name, attack, &before, unlimited(calls))).into()
}

/// What a transaction asks for, its compute budget aside.
fn calls(instructions: &[Instruction]) -> Vec<Instruction> {
    let calls = instructions.iter().filter(|instruction| instruction.program_id != compute_budget::ID);
    calls.cloned().collect()
}
