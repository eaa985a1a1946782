//! What the sources of a feed say of one minute.

use bytemuck::{Pod, Zeroable};

use crate::Price;

/// Most sources of a feed.
pub const MAX_SOURCES: usize = 8;

/// A source's final price of a minute, or nothing. 32 bytes.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
pub struct Quote {
    /// The price, 1e-8 USD; zero where the source has none, which is a rejected one whatever its score.
    pub price: u64,
    /// Half-width of its confidence interval, 1e-8 USD.
    pub confidence: u64,
    /// Its exponential moving average, 1e-8 USD; zero where there is none.
    pub ema: u64,
    /// Seconds from the minute to its publish time.
    pub lag: u16,
    /// Zero.
    pub padding: [u8; 6],
}

/// The quotes of a round, in the order of the feed's sources. Places beyond their number hold [`Quote::ABSENT`].
pub type Quotes = [Quote; MAX_SOURCES];

impl Quote {
    /// No quote.
    pub const ABSENT: Self = Self { price: 0, confidence: 0, ema: 0, lag: 0, padding: [0; 6] };

    /// A final price of the minute `at`, Unix seconds.
    pub fn of(price: &Price, at: i64) -> Self {
        let lag = u16::try_from(price.publish_time.saturating_sub(at)).unwrap_or(u16::MAX);
        Self { price: price.price, confidence: price.confidence, ema: price.ema, lag, padding: [0; 6] }
    }

    /// Whether the source has a price.
    pub const fn is_present(&self) -> bool {
        self.price > 0
    }
}

/// How many sources have a price.
pub fn present(quotes: &Quotes) -> usize {
    quotes.iter().filter(|quote| quote.is_present()).count()
}
