//! The tree of an issuer's epoch: whom it attests.
//!
//! The program hashes and appends, so that the tree only grows is a fact and not a promise: an issuer shows everybody one
//! tree, and no leaf changes or disappears. The account holds what the next root depends on (20 hashes and a count) and the
//! last 64 roots, any of which a proof may be for: an append does not spoil the proofs that are being made. The leaves
//! are in the events of `append_leaf`; whoever wants a path rebuilds the tree from them and compares its root.
//!
//! Who chooses what: the issuer the leaves, hence their commitments, salts and keys. It owes one key a person, the same in each
//! epoch, and a fresh random salt for each leaf. A second key is a second line for that person; a salt used twice lets
//! whoever learns both leaves see that nothing changed; a salt that is guessed lets a leaf's numbers be searched for.

use anchor_lang::prelude::*;
use assay_credit_interface::{
    epoch::{epoch_of, is_in_force, lapses_at},
    formats::{DEPTH, ROOTS},
};
use assay_interface::{
    field::Scalar,
    member::{Frontier, MemberError},
};

use crate::{
    errors::{CreditError, Rule},
    state::VERSION,
};

/// Epochs before which a tree may be made, and leaves appended: people can renew in its first second.
const AHEAD: u32 = 1;

/// A tree. 2,784 bytes after the discriminator.
#[account]
pub struct Tree {
    /// The issuer.
    pub issuer: Address,
    /// Who paid for the account, and gets it back when it is closed.
    pub payer: Address,
    /// The last complete or growing left child of each height.
    pub nodes: [[u8; 32]; DEPTH],
    /// The last roots, that of leaf n at place n mod 64; zero where there is none.
    pub roots: [[u8; 32]; ROOTS],
    /// Leaves.
    pub count: u64,
    /// The epoch.
    pub epoch: u32,
    /// Bump of this address.
    pub bump: u8,
    /// Version of this layout.
    pub version: u8,
    /// Zero.
    pub padding: [u8; 2],
    /// Zero; for later versions.
    pub reserved: [u64; 2],
}

const _: () = assert!(size_of::<Tree>() == 2_784);

/// Fails unless a tree of `epoch` may grow now: in its epoch, or in the one before.
///
/// # Errors
/// [`CreditError::WrongEpoch`].
pub fn require_growing(epoch: u32, now: i64) -> Rule<()> {
    let current = epoch_of(now).ok_or(CreditError::WrongEpoch)?;
    if (current..=current.saturating_add(AHEAD)).contains(&epoch) {
        Ok(())
    } else {
        Err(CreditError::WrongEpoch)
    }
}

impl Tree {
    /// Appends a leaf, and gives its position and the new root. 20 hashes.
    ///
    /// # Errors
    /// The epoch is over, the tree full, or the leaf zero or no field element.
    pub fn append(&mut self, leaf: [u8; 32], now: i64) -> Rule<(u64, [u8; 32])> {
        require_growing(self.epoch, now)?;
        let leaf = Scalar::from_be_bytes(leaf).map_err(|_| CreditError::NotALeaf)?;
        let position = self.count;
        let mut frontier =
            Frontier::over(&mut self.nodes, &mut self.count).map_err(|_| CreditError::InvariantViolated)?;
        let root = frontier.append(leaf).map_err(|error| match error {
            MemberError::Full(_) => CreditError::TreeFull,
            MemberError::EmptyLeaf => CreditError::NotALeaf,
            _ => CreditError::InvariantViolated,
        })?;
        let place = usize::try_from(position % ROOTS as u64).map_err(|_| CreditError::InvariantViolated)?;
        let slot = self.roots.get_mut(place).ok_or(CreditError::InvariantViolated)?;
        *slot = root.to_be_bytes();
        Ok((position, *slot))
    }

    /// Fails unless the tree is in force and the root among its last ones.
    ///
    /// # Errors
    /// [`CreditError::WrongEpoch`], or [`CreditError::StaleRoot`].
    pub fn require_root(&self, root: &[u8; 32], now: i64) -> Rule<()> {
        if !is_in_force(self.epoch, now) {
            return Err(CreditError::WrongEpoch);
        }
        // Zero is where no root is yet.
        let known = *root != [0; 32] && self.roots.contains(root);
        if known { Ok(()) } else { Err(CreditError::StaleRoot) }
    }

    /// Fails while the tree is in force, or will be. An epoch that is over never returns, so neither does a closed tree.
    ///
    /// # Errors
    /// [`CreditError::WrongEpoch`].
    pub fn require_closable(&self, now: i64) -> Rule<()> {
        if now >= lapses_at(self.epoch) { Ok(()) } else { Err(CreditError::WrongEpoch) }
    }

    /// What must hold after every instruction. Checked last.
    ///
    /// # Errors
    /// [`CreditError::InvariantViolated`].
    pub fn invariant(&self) -> Rule<()> {
        let sound = self.version == VERSION && self.count <= 1 << DEPTH;
        if sound { Ok(()) } else { Err(CreditError::InvariantViolated) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_credit_interface::epoch::{EPOCH_SECONDS, OVERLAP_SECONDS, starts_at};
    use assay_interface::member::Tree as AllLeaves;
    use bytemuck::Zeroable;

    const EPOCH: u32 = 680;

    fn tree() -> Box<Tree> {
        Box::new(Tree { epoch: EPOCH, version: VERSION, ..Tree::zeroed() })
    }

    fn leaf(number: u64) -> [u8; 32] {
        let mut bytes = [0; 32];
        bytes[24..].copy_from_slice(&number.to_be_bytes());
        bytes
    }

    #[test]
    fn roots_are_those_of_the_whole_tree_and_the_last_64_count() {
        let (mut tree, now) = (tree(), starts_at(EPOCH));
        let mut whole = AllLeaves::new(DEPTH as u8).unwrap();
        let mut roots = Vec::new();
        for number in 1..=70 {
            let (position, root) = tree.append(leaf(number), now).unwrap();
            let expected = whole.append(Scalar::from_be_bytes(leaf(number)).unwrap()).unwrap();
            assert_eq!((position, root), (number - 1, expected.to_be_bytes()));
            roots.push(root);
        }
        for (index, root) in roots.iter().enumerate() {
            let expected = if index < 6 { Err(CreditError::StaleRoot) } else { Ok(()) };
            assert_eq!(tree.require_root(root, now), expected, "{index}");
        }
        tree.invariant().unwrap();
    }

    #[test]
    fn an_unused_place_is_no_root() {
        let tree = tree();
        assert_eq!(tree.require_root(&[0; 32], starts_at(EPOCH)), Err(CreditError::StaleRoot));
    }

    #[test]
    fn leaves_come_in_the_epoch_or_the_one_before_and_are_field_elements() {
        let mut tree = tree();
        let start = starts_at(EPOCH);
        for now in [start - EPOCH_SECONDS - 1, start + EPOCH_SECONDS, -1, i64::MAX] {
            assert_eq!(tree.append(leaf(1), now), Err(CreditError::WrongEpoch));
        }
        for bad in [[0; 32], [0xff; 32]] {
            assert_eq!(tree.append(bad, start), Err(CreditError::NotALeaf));
        }
        tree.append(leaf(1), start - EPOCH_SECONDS).unwrap();
        tree.append(leaf(1), start + EPOCH_SECONDS - 1).unwrap();
        assert_eq!(tree.count, 2);
    }

    #[test]
    fn a_full_tree_takes_no_more() {
        let mut tree = tree();
        tree.count = 1 << DEPTH;
        assert_eq!(tree.append(leaf(1), starts_at(EPOCH)), Err(CreditError::TreeFull));
        tree.count += 1;
        assert_eq!(tree.append(leaf(1), starts_at(EPOCH)), Err(CreditError::InvariantViolated));
    }

    #[test]
    fn a_tree_counts_until_three_days_after_its_epoch_and_closes_then() {
        let mut tree = tree();
        let start = starts_at(EPOCH);
        let (_, root) = tree.append(leaf(1), start).unwrap();
        let last = start + EPOCH_SECONDS + OVERLAP_SECONDS - 1;
        assert_eq!([start, last].map(|now| tree.require_root(&root, now)), [Ok(()); 2]);
        assert_eq!(
            [start - 1, last + 1].map(|now| tree.require_root(&root, now)),
            [Err(CreditError::WrongEpoch); 2]
        );
        assert_eq!(tree.require_closable(last), Err(CreditError::WrongEpoch));
        assert_eq!(tree.require_closable(last + 1), Ok(()));
    }
}
