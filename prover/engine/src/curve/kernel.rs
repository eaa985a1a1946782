//! What a backend's additions look like from outside: summands by reference, pairs of them, the kernel that adds pairs.

use bytemuck::{Pod, Zeroable};

/// A summand: a point of the slice that an [`Adder`](super::Adder) works on or of its pool, taken with a sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[repr(transparent)]
pub struct Ref(u32);

impl Ref {
    /// Bit that negates.
    pub(crate) const NEGATIVE: u32 = 1 << 31;
    /// Bit that selects the pool.
    pub(crate) const POOL: u32 = 1 << 30;
    /// More points cannot be told apart.
    pub(crate) const LIMIT: usize = 1 << 30;

    /// The point at `index` of the slice, which is below [`Ref::LIMIT`].
    #[inline]
    pub(crate) fn point(index: usize) -> Ref {
        Ref(index as u32 & (Ref::POOL - 1))
    }

    /// The point at `index` of the pool, which is below [`Ref::LIMIT`].
    #[inline]
    pub(crate) fn pool(index: usize) -> Ref {
        Ref(index as u32 & (Ref::POOL - 1) | Ref::POOL)
    }

    /// The opposite of the summand if `negative`, else the summand.
    #[inline]
    pub(crate) fn negate_if(self, negative: bool) -> Ref {
        Ref(self.0 ^ u32::from(negative) << 31)
    }

    /// Whether the point is taken with the minus sign.
    #[inline]
    pub(crate) fn is_negative(self) -> bool {
        self.0 & Ref::NEGATIVE != 0
    }

    /// Whether the point is in the pool.
    #[inline]
    pub(crate) fn is_pool(self) -> bool {
        self.0 & Ref::POOL != 0
    }

    /// Where the point is, in the slice or in the pool.
    #[inline]
    pub(crate) fn index(self) -> usize {
        (self.0 & (Ref::POOL - 1)) as usize
    }

    /// Whether all of these lie in a slice and a pool of the given lengths. Cost: a few vector instructions for each eight.
    pub(crate) fn all_within(refs: &[Ref], points: usize, pool: usize) -> bool {
        let (mut last_point, mut last_pool) = (0, 0);
        for summand in refs {
            // One past the index, in the place that the summand is of; zero in the other.
            let end = (summand.0 & (Ref::POOL - 1)) + 1;
            let in_pool = ((summand.0 & Ref::POOL) >> 30).wrapping_neg();
            last_point = last_point.max(end & !in_pool);
            last_pool = last_pool.max(end & in_pool);
        }
        last_point as usize <= points && last_pool as usize <= pool
    }
}

/// Two summands.
pub type Pair = [Ref; 2];

/// Additions of pairs, and the memory they need from call to call.
pub trait Kernel<P>: Send {
    /// Place `out + i` of the pool becomes the sum of pair i, for all i, from the last to the first of each batch.
    ///
    /// A summand may be in the pool before `out`, or at `out + i` itself: the sum then takes its place. Panics when a
    /// reference is out of bounds.
    fn add_pairs(&mut self, points: &[P], pool: &mut [P], out: usize, pairs: &[Pair]);
}
