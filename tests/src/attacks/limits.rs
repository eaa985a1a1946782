//! Variations that need not be refused, but must be what a program says of itself: other times, other numbers.

use std::rc::Rc;

use solana_instruction::Instruction;

use super::attack::{Attack, Edge, Shift};
use super::idl::Content;
use super::target::Target;
use super::variation::Variation;

/// The instruction as it was, with the clock off.
pub fn times(target: &Target<'_>) -> Vec<Variation> {
    let at = |shift: Shift| {
        let mut net = target.accepted.before.clone();
        net.set_time(net.now() + shift.seconds());
        Variation::new(
            target,
            "",
            Attack::At(shift),
            &Rc::new(net),
            target.with(&[target.instruction().clone()]),
        )
    };
    Shift::ALL.map(at).into()
}

/// Each number of the instruction's data at each edge of its type.
pub fn numbers(target: &Target<'_>) -> Vec<Variation> {
    let before = Rc::new(target.accepted.before.clone());
    let instruction = target.instruction();
    let mut all = Vec::new();
    for part in target.interface.parts(target.signature, &instruction.data) {
        let Content::Number { width, is_signed } = part.content else { continue };
        for edge in Edge::ALL {
            let mut data = instruction.data.clone();
            data[part.at..part.at + width].copy_from_slice(&edge.bytes(width, is_signed)[..width]);
            if data == instruction.data {
                continue;
            }
            let changed = target.with(&[Instruction { data, ..instruction.clone() }]);
            all.push(Variation::new(target, &part.path, Attack::Given(edge), &before, changed));
        }
    }
    all
}
