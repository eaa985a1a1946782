//! The price header: a checked price as every application reads it, wherever it came from.

/// Prices are in units of 10^-8 USD.
pub const PRICE_DECIMALS: u32 = 8;

/// A price that somebody checked: all amounts in units of 10^-8 USD, price and average above zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price {
    /// The price, rounded down.
    pub price: u64,
    /// Half-width of its confidence interval, rounded up.
    pub confidence: u64,
    /// Its exponential moving average, rounded down.
    pub ema: u64,
    /// When it was published, Unix seconds.
    pub publish_time: i64,
}

impl Price {
    /// The low end of the confidence interval: what collateral is surely worth.
    pub const fn low(&self) -> u64 {
        self.price.saturating_sub(self.confidence)
    }

    /// The high end of the confidence interval: what a debt may cost.
    pub const fn high(&self) -> u64 {
        self.price.saturating_add(self.confidence)
    }
}
