//! A tree rebuilt from the program's events: for holders who want their path, and for whoever audits an issuer.
//!
//! The account holds no leaves, so they come from the events of `append_leaf`, from whoever keeps logs. Nobody need be trusted with
//! that: each event says the root after its leaf, the program computed it, and [`Follower::check`] compares the end with
//! the account. A leaf that is missing, added or changed gives another root.

use anchor_lang::Discriminator;
use assay_credit::{events::LeafAppended, state::Tree};
use assay_credit_interface::formats::{DEPTH, ROOTS};
use assay_interface::{
    field::{FieldError, Scalar},
    member::{self, MemberError},
};
use solana_address::Address;
use thiserror::Error;

/// One tree, followed.
#[derive(Clone, Debug)]
pub struct Follower {
    address: Address,
    tree: member::Tree,
}

/// A leaf's place in the tree as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// Its position.
    pub position: u32,
    /// Siblings, the lowest first.
    pub siblings: Vec<Scalar>,
    /// The root that they lead to.
    pub root: Scalar,
}

/// Why events and tree do not fit.
#[derive(Debug, Error)]
pub enum FollowError {
    /// An event is missing, or one came twice.
    #[error("the event of leaf {given} came where that of leaf {expected} was due")]
    Gap {
        /// Position that is due.
        expected: u64,
        /// Position given.
        given: u64,
    },
    /// The event's root is not the one that its leaf gives.
    #[error("leaf {0} gives another root than its event says")]
    Root(u64),
    /// The account says something else than the events.
    #[error("the account has {account} leaves, or another last root than the {events} of the events give")]
    Account {
        /// Leaves that the account counts.
        account: u64,
        /// Leaves of the events.
        events: u64,
    },
    /// A leaf that no event had.
    #[error("the leaf is not in the tree")]
    Unknown,
    /// Bytes that are no event.
    #[error("the event of an appended leaf is malformed")]
    Malformed,
    /// A leaf or root that is no field element.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// The tree is full, or a leaf is zero.
    #[error(transparent)]
    Member(#[from] MemberError),
}

impl Follower {
    /// A tree's follower, before its first leaf.
    ///
    /// # Errors
    /// Never for the program's depth.
    pub fn new(address: Address) -> Result<Self, FollowError> {
        let depth = u8::try_from(DEPTH).map_err(|_| MemberError::Depth(DEPTH))?;
        Ok(Self { address, tree: member::Tree::new(depth)? })
    }

    /// Takes an event that the program logged; those of other kinds and of other trees pass by.
    ///
    /// # Errors
    /// The event does not fit what came before.
    pub fn take(&mut self, event: &[u8]) -> Result<(), FollowError> {
        let Some(body) = event.strip_prefix(LeafAppended::DISCRIMINATOR) else { return Ok(()) };
        let event = decode(body).ok_or(FollowError::Malformed)?;
        if event.tree != self.address {
            return Ok(());
        }
        let expected = self.tree.leaves().len() as u64;
        if event.position != expected {
            return Err(FollowError::Gap { expected, given: event.position });
        }
        let leaf = Scalar::from_be_bytes(event.leaf)?;
        let mut grown = self.tree.clone();
        if grown.append(leaf)?.to_be_bytes() != event.root {
            return Err(FollowError::Root(expected));
        }
        self.tree = grown;
        Ok(())
    }

    /// Compares what the events gave with the account.
    ///
    /// # Errors
    /// [`FollowError::Account`].
    pub fn check(&self, account: &Tree) -> Result<(), FollowError> {
        let events = self.tree.leaves().len() as u64;
        let last = events.checked_sub(1).map(|last| usize::try_from(last % ROOTS as u64).ok());
        let is_root = match last {
            None => true,
            Some(place) => {
                place.and_then(|place| account.roots.get(place)) == Some(&self.tree.root().to_be_bytes())
            }
        };
        if account.count == events && is_root {
            Ok(())
        } else {
            Err(FollowError::Account { account: account.count, events })
        }
    }

    /// A leaf's path now.
    ///
    /// # Errors
    /// [`FollowError::Unknown`].
    pub fn path(&self, leaf: Scalar) -> Result<Path, FollowError> {
        let position =
            self.tree.leaves().iter().position(|known| *known == leaf).ok_or(FollowError::Unknown)?;
        let position = u32::try_from(position).map_err(|_| FollowError::Unknown)?;
        Ok(Path { position, siblings: self.tree.path(position)?, root: self.tree.root() })
    }
}

/// The event's fields, in order and with nothing behind them.
fn decode(body: &[u8]) -> Option<LeafAppended> {
    let (tree, rest) = body.split_first_chunk::<32>()?;
    let (position, rest) = rest.split_first_chunk::<8>()?;
    let (leaf, root) = rest.split_first_chunk::<32>()?;
    Some(LeafAppended {
        tree: Address::new_from_array(*tree),
        position: u64::from_le_bytes(*position),
        leaf: *leaf,
        root: root.try_into().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use anchor_lang::Event as _;

    use super::*;

    const TREE: Address = Address::new_from_array([1; 32]);

    fn scalar(number: u8) -> Scalar {
        let mut bytes = [0; 32];
        bytes[31] = number;
        Scalar::from_be_bytes(bytes).unwrap()
    }

    /// The bytes of an event, as the program logs it.
    fn event(tree: Address, position: u64, leaf: Scalar, root: Scalar) -> Vec<u8> {
        LeafAppended { tree, position, leaf: leaf.to_be_bytes(), root: root.to_be_bytes() }.data()
    }

    fn root_of(leaves: &[Scalar]) -> Scalar {
        member::Tree::from_leaves(DEPTH as u8, leaves).unwrap().root()
    }

    #[test]
    fn paths_lead_to_the_root_and_other_events_pass_by() {
        let mut follower = Follower::new(TREE).unwrap();
        let leaves = [scalar(5), scalar(6), scalar(7)];
        for (position, leaf) in leaves.into_iter().enumerate() {
            let root = root_of(&leaves[..=position]);
            follower.take(&event(Address::new_from_array([2; 32]), 9, leaf, root)).unwrap();
            follower.take(b"another event").unwrap();
            follower.take(&event(TREE, position as u64, leaf, root)).unwrap();
        }
        for leaf in leaves {
            let Path { position, siblings, root } = follower.path(leaf).unwrap();
            assert_eq!(member::root_of_path(leaf, position, &siblings), Ok(root));
            assert_eq!(root, root_of(&leaves));
        }
        assert!(matches!(follower.path(scalar(8)), Err(FollowError::Unknown)));
    }

    #[test]
    fn a_missing_or_changed_leaf_is_noticed() {
        let mut follower = Follower::new(TREE).unwrap();
        let root = root_of(&[scalar(5)]);
        assert!(matches!(
            follower.take(&event(TREE, 1, scalar(5), root)),
            Err(FollowError::Gap { expected: 0, given: 1 })
        ));
        assert!(matches!(follower.take(&event(TREE, 0, scalar(6), root)), Err(FollowError::Root(0))));
        let whole = event(TREE, 0, scalar(5), root);
        assert!(matches!(follower.take(&whole[..whole.len() - 1]), Err(FollowError::Malformed)));
        follower.take(&whole).unwrap();
    }
}
