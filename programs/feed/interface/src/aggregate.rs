//! From quotes to one price: which quotes count, and the median of those.
//!
//! ```text
//! accepted   there, score >= threshold, and |price - median of those there| <= max distance
//! price      median of the accepted
//! confidence max(half their range, the median of their confidences)
//! ema        the median of their averages, of those that have one
//! ```
//!
//! A proof gives scores, never a price: **whatever the model says, the price lies between two accepted quotes**, so a wrong
//! model, or one that an attacker plays, can only choose among the sources. With a quorum of more than half, at least one
//! accepted source is sound as long as fewer than a quorum lie, and the median lies in the sound ones' range as long as the sound
//! ones are more than half of the accepted.
//!
//! The fixed distance is a second judge that needs no proof. Where the model is weaker than it (two sources off to either side, a
//! minority each elsewhere: `models/anomaly-filter/REPORT.md`), it refuses what the model lets through; and it bounds what a minority
//! gains by pushing sound sources out.

use crate::{
    arithmetic::median,
    features::median_price,
    limbs::Scores,
    quote::{MAX_SOURCES, Quote, Quotes},
};

/// Basis points in a whole.
pub const BASIS_POINTS: u128 = 10_000;

/// What a quote must satisfy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Filter {
    /// Least score.
    pub threshold: i16,
    /// Greatest distance from the median of those there, basis points of it.
    pub max_distance_bps: u16,
}

/// A set of sources: bit i is source i.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mask(pub u8);

impl Mask {
    /// How many.
    pub const fn count(self) -> u32 {
        self.0.count_ones()
    }

    /// Whether source `place` is one of them.
    pub const fn contains(self, place: usize) -> bool {
        place < MAX_SOURCES && self.0 >> place & 1 == 1
    }

    /// The sources of which `is_one` holds.
    fn of(quotes: &Quotes, mut is_one: impl FnMut(usize, &Quote) -> bool) -> Self {
        let places = quotes.iter().enumerate().filter(|(place, quote)| is_one(*place, quote));
        Self(places.fold(0, |mask, (place, _)| mask | 1 << place))
    }
}

/// The sources that are there.
pub fn all_present(quotes: &Quotes) -> Mask {
    Mask::of(quotes, |_, quote| quote.is_present())
}

/// The sources that count, given their scores.
pub fn accepted(quotes: &Quotes, scores: &Scores, filter: &Filter) -> Mask {
    let Some(middle) = median_price(quotes) else { return Mask(0) };
    Mask::of(quotes, |place, quote| {
        let is_sound = scores.get(place).is_some_and(|score| *score >= filter.threshold);
        quote.is_present() && is_sound && is_near(quote.price, middle, filter.max_distance_bps)
    })
}

/// A price made of several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Aggregate {
    /// The median, 1e-8 USD.
    pub price: u64,
    /// Half-width of the interval, 1e-8 USD.
    pub confidence: u64,
    /// Median of the moving averages, 1e-8 USD; zero where there is none.
    pub ema: u64,
}

impl Aggregate {
    /// Whether the interval is at most so many basis points of the price.
    pub fn is_certain(&self, max_bps: u16) -> bool {
        u128::from(self.confidence) * BASIS_POINTS <= u128::from(self.price) * u128::from(max_bps)
    }
}

/// The price of the sources of a mask; `None` where none of them is there.
pub fn aggregate(quotes: &Quotes, mask: Mask) -> Option<Aggregate> {
    let chosen = || {
        let places = quotes.iter().enumerate().filter(move |(place, _)| mask.contains(*place));
        places.map(|(_, quote)| quote).filter(|quote| quote.is_present())
    };
    let price = median_of(chosen().map(|quote| quote.price))?;
    let confidence = median_of(chosen().map(|quote| quote.confidence))?;
    let lowest = chosen().map(|quote| quote.price).min()?;
    let highest = chosen().map(|quote| quote.price).max()?;
    let averages = chosen().map(|quote| quote.ema).filter(|ema| *ema > 0);
    Some(Aggregate {
        price,
        confidence: confidence.max((highest - lowest).div_ceil(2)),
        ema: median_of(averages).unwrap_or(0),
    })
}

/// Whether a price is at most so many basis points of `middle` away from it.
fn is_near(price: u64, middle: u64, bps: u16) -> bool {
    u128::from(price.abs_diff(middle)) * BASIS_POINTS <= u128::from(middle) * u128::from(bps)
}

fn median_of(values: impl Iterator<Item = u64>) -> Option<u64> {
    let mut room = [0; MAX_SOURCES];
    let mut count = 0;
    for (slot, value) in room.iter_mut().zip(values) {
        *slot = value;
        count += 1;
    }
    median(room.split_at_mut(count).0)
}

#[cfg(test)]
mod tests;
