//! What a circuit with lookups commits to before its challenge is drawn.

/// The BSB22 commitment of a circuit: present exactly where it uses lookups.
///
/// The prover commits to the wires `committed`, the challenge is a hash of that commitment and of the
/// statement, and everything behind the challenge follows from both: see [`crate::gadgets::lookup`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commitment {
    /// The committed private wires, ascending, the mask included (it is the last one): every wire of
    /// every query, and the multiplicities of every table.
    pub committed: Vec<u32>,
    /// A private wire that the prover fills with a random element. It blinds the commitment, which
    /// could be opened by guessing otherwise; its one constraint is `mask * 1 = mask`.
    pub mask: u32,
    /// The challenge: instance wire 2.
    pub challenge: u32,
}
