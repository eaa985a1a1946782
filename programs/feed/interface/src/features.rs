//! The anomaly filter's 32 inputs: four values of each of eight sources, as the program computes them for one round.
//!
//! The training script has the same formula (`models/anomaly-filter/features.py`); `tests/features.rs` compares the two on the raw
//! inputs and results that it wrote. Integers only, and no input makes it panic.
//!
//! | # of a source | name | value | `2^m` |
//! | --- | --- | --- | --- |
//! | 0 | `deviation` | (price - median) / median, the median of the sources that are there | 512 |
//! | 1 | `move` | (price - last) / last, the feed's last published price; 0 before there is one | 32 |
//! | 2 | `confidence` | confidence / price | 512 |
//! | 3 | `lag` | seconds from the minute to the update, at most 255 | a second is 2^-6 |
//!
//! A source that is not there has 0, 0, 0 and the least lag that the format holds. The program takes the median exactly and at
//! no constraint; a network could only approximate it.
//!
//! Cost: three divisions of 64 bits a source, and a sort of eight.

use crate::{
    arithmetic::{change, median, quantize, ratio, signed},
    formats::FEATURES,
    quote::{MAX_SOURCES, Quote, Quotes},
};

/// Values of a source.
pub const VALUES: usize = 4;

/// Number of features: the length of the model's input tensor.
pub const COUNT: usize = MAX_SOURCES * VALUES;

/// Names of a source's values, in tensor order; the ONNX model and `calibration.csv` carry them with the source's number.
pub const NAMES: [&str; VALUES] = ["deviation", "move", "confidence", "lag"];

/// Base-2 logarithms of the multipliers of the first three.
const MULTIPLIERS: [u8; 3] = [9, 5, 9];

/// Greatest lag that counts, seconds.
const MAX_LAG: u16 = 255;

/// A second in the format's units.
const SECOND: i16 = 64;

/// A source that is not there.
const ABSENT: [i16; VALUES] = [0, 0, 0, -(1 << (FEATURES.bits - 1))];

/// The features of a round, given the feed's last published price (zero for none).
pub fn compute(quotes: &Quotes, last: u64) -> [i16; COUNT] {
    let middle = median_price(quotes);
    let mut features = [0; COUNT];
    for (values, quote) in features.as_chunks_mut().0.iter_mut().zip(quotes) {
        *values = middle.filter(|_| quote.is_present()).map_or(ABSENT, |middle| of(quote, middle, last));
    }
    features
}

/// The median of the prices that are there; `None` of none.
pub fn median_price(quotes: &Quotes) -> Option<u64> {
    let mut room = [0; MAX_SOURCES];
    let mut count = 0;
    for (slot, quote) in room.iter_mut().zip(quotes.iter().filter(|quote| quote.is_present())) {
        *slot = quote.price;
        count += 1;
    }
    median(room.split_at_mut(count).0)
}

fn of(quote: &Quote, middle: u64, last: u64) -> [i16; VALUES] {
    let [deviation, moved, confidence] = MULTIPLIERS;
    [
        quantize(change(middle, quote.price), deviation),
        if last == 0 { 0 } else { quantize(change(last, quote.price), moved) },
        quantize(signed(ratio(quote.confidence, quote.price)), confidence),
        i16::try_from(quote.lag.min(MAX_LAG)).map_or(i16::MAX, |lag| SECOND * lag),
    ]
}
