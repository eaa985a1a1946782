//! SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014): numbers that repeat on every machine, and
//! are no secrets.

/// A generator, from its seed.
pub(crate) struct SplitMix64(pub u64);

impl SplitMix64 {
    /// The next 64 bits.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// At least 0 and below 1, with 53 binary digits.
    pub fn part(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// At least 0 and below 1, with 24 binary digits.
    pub fn single_part(&mut self) -> f64 {
        (self.next() >> 40) as f64 / (1u64 << 24) as f64
    }

    /// Any of the items.
    pub fn of<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        let position = (u128::from(self.next()) * items.len() as u128) >> 64;
        items.get(usize::try_from(position).ok()?)
    }
}
