//! Second phase: from the sums of a window's buckets, `sum_b b B_b`, bit by bit.
//!
//! With `C^0_b = B_b` and `C^(k+1)_j = C^k_(2j) + C^k_(2j+1)`, the sum over the buckets whose number has bit k is
//! `S_k = sum of C^k_j over odd j`, and `sum_b b B_b = sum_k 2^k S_k`. All of these sums are lists for the [`Adder`], so that no
//! step waits for a single addition. Cost: two additions a bucket. The sums S_k of all windows then meet in one pass of
//! doublings.

use super::Point;
use crate::curve::{Adder, List, Ref};

/// The sums S_k of some windows, each of `per_window` buckets, a power of two: those of the first window, from k = 0, then
/// those of the second, and so on. Bucket b is at b - 1 of its window; one without points is the identity.
pub(super) fn bit_sums<P: Point>(adder: &mut Adder<P>, buckets: &[P], per_window: usize) -> Vec<P> {
    let bits = per_window.trailing_zeros() as usize + 1;
    let windows = buckets.len() / per_window.max(1);
    adder.reset(0, 2 * buckets.len());

    // C^k_j of window w is at `w * width + j`; j = 0 is never wanted. Bucket 2^(bits - 1) is the only one with the top bit.
    let mut width = per_window;
    let mut level: Vec<Option<Ref>> = Vec::with_capacity(windows * width);
    let mut wanted: Vec<Vec<Ref>> = vec![Vec::new(); windows * bits];
    for (window, buckets) in buckets.chunks_exact(per_window).enumerate() {
        let first = window * per_window;
        let summand = |index: usize| (buckets[index] != P::default()).then_some(Ref::point(first + index));
        level.push(None);
        level.extend((0..per_window - 1).map(summand));
        wanted[window * bits + bits - 1].extend(summand(per_window - 1));
    }
    for k in 0..bits - 1 {
        for (window, sums) in level.chunks_exact(width).enumerate() {
            wanted[window * bits + k].extend(sums.iter().skip(1).step_by(2).flatten());
        }
        level = level
            .chunks_exact(2)
            .enumerate()
            .map(|(j, pair)| match (pair[0], pair[1]) {
                _ if j % (width / 2) == 0 => None,
                (Some(even), Some(odd)) => Some(adder.add(even, odd)),
                (even, odd) => even.or(odd),
            })
            .collect();
        width /= 2;
        adder.compute(buckets);
    }

    let mut lists = Vec::with_capacity(wanted.len());
    let mut summands = Vec::with_capacity(buckets.len());
    for wanted in &wanted {
        lists.push(List { start: summands.len(), len: wanted.len() });
        summands.extend_from_slice(wanted);
    }
    adder.sum_lists(buckets, &mut summands, &mut lists.clone());
    lists
        .iter()
        .map(|list| if list.len > 0 { adder.get(buckets, summands[list.start]) } else { P::default() })
        .collect()
}
