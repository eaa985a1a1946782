//! The sixteen inputs of the liquidation-risk model, computed from accounts alone.
//!
//! A lending program calls [`compute`] on what it owns or has checked itself: the position, the reserve, a
//! price update, and its ring buffer of hourly closes. The training script repeats this arithmetic bit for
//! bit (`models/liquidation-risk/features.py`; `tests/it/features.rs` compares the two), so the network sees on
//! chain exactly what it was trained on. Integers only; no input can make it panic.
//!
//! # Arithmetic
//!
//! Every feature starts as a ratio in units of 2^-20. `ratio` divides 64-bit integers: both operands are
//! first shifted right together until they fit 44 bits (a relative error below 2^-39 for every ratio under
//! the cap), the quotient is rounded down and capped at 16. A signed ratio is the ratio of the magnitude with the
//! sign put back. The feature is then
//!
//! `q = clamp(floor((v * 2^(12 + m) + 2^19) / 2^20), -2^14, 2^14 - 1)`
//!
//! where `m` is the feature's own multiplier exponent, from the table. The network's real-valued input is
//! `q * 2^-12`, in [-4, 4): the value times `2^m`.
//!
//! | # | name | value (before the multiplier) | `2^m` | saturates at |
//! | --- | --- | --- | --- | --- |
//! | 0 | `ltv` | debt / collateral | 2 | 2 |
//! | 1 | `threshold_distance` | threshold - ltv | 8 | +-50 % |
//! | 2 | `drop_to_liquidation` | 1 - ltv / threshold: the fall of the price that makes the position liquidatable | 8 | +-50 % |
//! | 3 | `volatility_24h` | sqrt(sum of the 24 squared hourly returns) | 16 | 25 % a day |
//! | 4 | `volatility_6h` | sqrt(4 * sum of the last 6 squared hourly returns), also a day's | 16 | 25 % a day |
//! | 5 | `downside_volatility_24h` | as 3, over the negative returns only | 16 | 25 % a day |
//! | 6 | `drawdown_24h` | (highest close - price) / highest close | 16 | 25 % |
//! | 7 | `run_up_24h` | (price - lowest close) / lowest close | 16 | 25 % |
//! | 8 | `return_1h` | price / close 1 hour ago - 1 | 32 | +-12.5 % |
//! | 9 | `return_6h` | price / close 6 hours ago - 1 | 16 | +-25 % |
//! | 10 | `return_24h` | price / close 24 hours ago - 1 | 16 | +-25 % |
//! | 11 | `worst_hour_24h` | the least of the 24 hourly returns | 32 | +-12.5 % |
//! | 12 | `confidence` | confidence / price | 128 | 3.1 % |
//! | 13 | `ema_gap` | (price - ema) / ema | 32 | +-12.5 % |
//! | 14 | `utilization` | borrowed / supplied | 2 | 2 |
//! | 15 | `buffer_in_volatilities` | drop to liquidation / volatility of a day: how many daily moves away | 1/4 | +-16 |
//!
//! # Cost
//!
//! 24 divisions for the returns, 12 more, three integer square roots: all on 64 bits, where the runtime has a
//! native divide. No 128-bit division.

use thiserror::Error;

use crate::formats::FEATURES;

/// Number of features: the length of the model's input tensor.
pub const COUNT: usize = 16;

/// Hourly closes that a computation needs: 24 returns, and the current price last.
pub const WINDOW: usize = 25;

/// Names of the features in tensor order; the ONNX model and `calibration.csv` carry the same ones.
pub const NAMES: [&str; COUNT] = [
    "ltv",
    "threshold_distance",
    "drop_to_liquidation",
    "volatility_24h",
    "volatility_6h",
    "downside_volatility_24h",
    "drawdown_24h",
    "run_up_24h",
    "return_1h",
    "return_6h",
    "return_24h",
    "worst_hour_24h",
    "confidence",
    "ema_gap",
    "utilization",
    "buffer_in_volatilities",
];

/// Base-2 logarithms of the multipliers, in tensor order.
pub const MULTIPLIERS: [i8; COUNT] = [1, 3, 3, 4, 4, 4, 4, 4, 5, 4, 4, 5, 7, 5, 1, -2];

/// Fractional bits of an intermediate ratio.
const FRACTION: u32 = 20;

/// 1 as an intermediate ratio.
const ONE: i64 = 1 << FRACTION;

/// Largest intermediate ratio, 16: above every saturation point, and its square times 24 fits 64 bits.
const RATIO_CAP: u64 = 16 << FRACTION;

/// Hundredths of a percent in one.
const BASIS_POINTS: u16 = 10_000;

/// What the features are computed from. Every price has the same unit, here 1e-8 USD; so have both values.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// Hourly closes of the collateral's price, oldest first; the last one is the current price.
    pub closes: &'a [u64; WINDOW],
    /// Confidence interval of the current price.
    pub confidence: u64,
    /// Exponential moving average of the price.
    pub ema: u64,
    /// Value of the position's collateral.
    pub collateral_value: u128,
    /// Value of the position's debt.
    pub debt_value: u128,
    /// LTV at which the position becomes liquidatable, in basis points: 1 to 10,000.
    pub liquidation_threshold_bps: u16,
    /// Borrowed amount of the debt reserve.
    pub borrowed: u128,
    /// Supplied amount of the debt reserve (cash and loans), in the unit of `borrowed`.
    pub supplied: u128,
}

/// Inputs that have no features. Each is a state that the lending program must not score.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FeatureError {
    /// A close in the window is zero: a slot of the ring buffer was never written.
    #[error("close {0} of {WINDOW} is zero; the price history is not complete yet")]
    EmptyClose(usize),
    /// The moving average is zero.
    #[error("the moving average of the price is zero")]
    EmptyEma,
    /// The position holds no collateral value.
    #[error("the position has no collateral value, so it has no loan-to-value ratio")]
    NoCollateral,
    /// The liquidation threshold is zero or above 100 %.
    #[error("liquidation threshold of {0} basis points is outside 1 to 10000")]
    Threshold(u16),
}

/// Computes the sixteen features, in the order of [`NAMES`].
///
/// # Errors
///
/// [`FeatureError`] if a price is missing, the position has no collateral, or the threshold is no ratio. Any
/// other value, however extreme, saturates.
pub fn compute(inputs: &Inputs<'_>) -> Result<[i16; COUNT], FeatureError> {
    let threshold = inputs.liquidation_threshold_bps;
    if threshold == 0 || threshold > BASIS_POINTS {
        return Err(FeatureError::Threshold(threshold));
    }
    if inputs.collateral_value == 0 {
        return Err(FeatureError::NoCollateral);
    }
    if inputs.ema == 0 {
        return Err(FeatureError::EmptyEma);
    }
    let history = History::new(inputs.closes)?;
    let [.., day_ago_6, _, _, _, _, hour_ago, price] = *inputs.closes;
    let [day_ago, ..] = *inputs.closes;

    // Divisions are unsigned throughout: the runtime's signed one is a routine, not an instruction.
    let ltv = ratio_wide(inputs.debt_value, inputs.collateral_value);
    let limit = signed((u64::from(threshold) << FRACTION) / u64::from(BASIS_POINTS));
    let drop = ONE - signed(ltv * u64::from(BASIS_POINTS) / u64::from(threshold));
    let ltv = signed(ltv);
    let volatility = root(history.squares);
    let utilization =
        if inputs.borrowed == 0 { 0 } else { signed(ratio_wide(inputs.borrowed, inputs.supplied)) };

    let values = [
        ltv,
        limit - ltv,
        drop,
        volatility,
        root(4 * history.recent_squares),
        root(history.negative_squares),
        -change(history.high, price),
        change(history.low, price),
        change(hour_ago, price),
        change(day_ago_6, price),
        change(day_ago, price),
        history.worst,
        signed(ratio(inputs.confidence, price)),
        change(inputs.ema, price),
        utilization,
        in_volatilities(drop, volatility),
    ];
    let mut features = [0i16; COUNT];
    for ((feature, value), multiplier) in features.iter_mut().zip(values).zip(MULTIPLIERS) {
        *feature = quantize(value, multiplier);
    }
    Ok(features)
}

/// One pass over the closes.
struct History {
    high: u64,
    low: u64,
    /// Sums of squared hourly returns, in units of 2^-40: all, the last six, the negative ones. Below 2^53.
    squares: i64,
    recent_squares: i64,
    negative_squares: i64,
    worst: i64,
}

impl History {
    fn new(closes: &[u64; WINDOW]) -> Result<Self, FeatureError> {
        const RECENT: usize = WINDOW - 6;
        let [first, later @ ..] = closes;
        if *first == 0 {
            return Err(FeatureError::EmptyClose(0));
        }
        let mut history = Self {
            high: *first,
            low: *first,
            squares: 0,
            recent_squares: 0,
            negative_squares: 0,
            worst: i64::MAX,
        };
        let mut previous = *first;
        for (index, &close) in (1..).zip(later) {
            if close == 0 {
                return Err(FeatureError::EmptyClose(index));
            }
            let change = change(previous, close);
            let square = change * change;
            history.squares += square;
            if index >= RECENT {
                history.recent_squares += square;
            }
            if change < 0 {
                history.negative_squares += square;
            }
            history.worst = history.worst.min(change);
            history.high = history.high.max(close);
            history.low = history.low.min(close);
            previous = close;
        }
        Ok(history)
    }
}

/// `numerator / denominator` in units of 2^-20, rounded down, at most [`RATIO_CAP`]. A denominator that is zero,
/// or that vanishes beside a numerator of more than 44 bits, gives the cap.
fn ratio(numerator: u64, denominator: u64) -> u64 {
    let excess = FRACTION.saturating_sub((numerator | denominator).leading_zeros());
    match ((numerator >> excess) << FRACTION).checked_div(denominator >> excess) {
        Some(quotient) => quotient.min(RATIO_CAP),
        None => RATIO_CAP,
    }
}

/// [`ratio`] of 128-bit operands, shifted right together until they fit 64 bits.
fn ratio_wide(numerator: u128, denominator: u128) -> u64 {
    let excess = u64::BITS.saturating_sub((numerator | denominator).leading_zeros());
    ratio(low_half(numerator >> excess), low_half(denominator >> excess))
}

/// The low 64 bits; its callers have shifted the high ones out.
fn low_half(value: u128) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX)
}

/// A ratio as a signed number: at most [`RATIO_CAP`], so it always fits.
fn signed(ratio: u64) -> i64 {
    i64::try_from(ratio).unwrap_or(i64::MAX)
}

/// `(to - from) / from` in units of 2^-20, rounded toward zero.
fn change(from: u64, to: u64) -> i64 {
    let magnitude = signed(ratio(to.abs_diff(from), from));
    if to < from { -magnitude } else { magnitude }
}

/// Square root, rounded down, of a sum of squares in units of 2^-40: the result is in units of 2^-20.
fn root(squares: i64) -> i64 {
    signed(squares.unsigned_abs().isqrt())
}

/// `drop / volatility`, both in units of 2^-20, rounded toward zero; a price that has not moved is any number of
/// volatilities away.
fn in_volatilities(drop: i64, volatility: i64) -> i64 {
    let count = match (drop.unsigned_abs() << FRACTION).checked_div(volatility.unsigned_abs()) {
        Some(count) => signed(count.min(RATIO_CAP)),
        None if drop == 0 => 0,
        None => signed(RATIO_CAP),
    };
    if drop < 0 { -count } else { count }
}

/// Scales a value in units of 2^-20 by `2^multiplier` into units of 2^-12, rounding halves up, and saturates.
fn quantize(value: i64, multiplier: i8) -> i16 {
    const LIMIT: i64 = 1 << (FEATURES.bits - 1);
    let shift = SHIFT_WITHOUT_MULTIPLIER - i32::from(multiplier);
    let half = 1i64 << (shift - 1);
    let scaled = ((value + half) >> shift).clamp(-LIMIT, LIMIT - 1);
    i16::try_from(scaled).unwrap_or(i16::MAX)
}

/// Bits that [`quantize`] drops when the multiplier is 1.
const SHIFT_WITHOUT_MULTIPLIER: i32 = 8;

const _: () = {
    assert!(SHIFT_WITHOUT_MULTIPLIER == (FRACTION - FEATURES.scale.unsigned_abs() as u32).cast_signed());
    let mut feature = 0;
    while feature < COUNT {
        assert!((MULTIPLIERS[feature] as i32) < SHIFT_WITHOUT_MULTIPLIER, "quantize only shifts right");
        feature += 1;
    }
};

#[cfg(test)]
mod tests;
