//! Some of many, at random but the same for the same seed.

use std::collections::BTreeSet;

/// Which of `of` places are tried.
pub(super) struct Sample {
    /// `None`: all of them.
    chosen: Option<BTreeSet<usize>>,
    of: usize,
}

impl Sample {
    /// `count` of them, each set of so many as likely as any other, by Floyd's method; all of them if there are no more.
    pub(super) fn new(count: Option<usize>, of: usize, seed: u64) -> Self {
        let Some(count) = count.filter(|&count| count < of) else { return Self { chosen: None, of } };
        let mut chosen = BTreeSet::new();
        let mut state = seed;
        for last in of - count..of {
            let pick = (split_mix(&mut state) % (last as u64 + 1)) as usize;
            if !chosen.insert(pick) {
                chosen.insert(last);
            }
        }
        Self { chosen: Some(chosen), of }
    }

    pub(super) fn contains(&self, place: usize) -> bool {
        self.chosen.as_ref().is_none_or(|chosen| chosen.contains(&place))
    }

    /// How many are tried.
    pub(super) fn len(&self) -> usize {
        self.chosen.as_ref().map_or(self.of, BTreeSet::len)
    }
}

/// SplitMix64: <https://doi.org/10.1145/2714064.2660195>.
fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_has_its_size_and_follows_its_seed() {
        for (count, of) in [(0, 0), (0, 5), (1, 5), (4, 5), (5, 5), (9, 5), (100, 10_000)] {
            let sample = |seed| {
                let sample = Sample::new(Some(count), of, seed);
                (0..of).filter(|&place| sample.contains(place)).collect::<Vec<_>>()
            };
            assert_eq!(sample(7).len(), count.min(of));
            assert_eq!(sample(7), sample(7));
            assert_eq!(Sample::new(Some(count), of, 7).len(), count.min(of));
        }
        let hits = (0..1000).filter(|&seed| Sample::new(Some(1), 10, seed).contains(3)).count();
        assert!((50..150).contains(&hits), "{hits}");
    }
}
