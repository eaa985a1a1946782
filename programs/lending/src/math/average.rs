//! The utilization that features see: a moving average over ten minutes.
//!
//! `average += (value - average) * min(dt, 600) / 600`, for a value that held for `dt` seconds: an exponential average whose
//! step is linear. Within one second nothing counts, whatever is moved back and forth; who wants to move the average by half
//! must hold the books there for some seven minutes, at the market's own interest and risk.

/// Seconds after which a constant value has replaced the average.
pub const AVERAGING_SECONDS: u64 = 600;

/// The average after `value` held for `seconds`; both in parts per billion.
pub fn follow(average: u64, value: u64, seconds: u64) -> u64 {
    let weight = seconds.min(AVERAGING_SECONDS);
    let distance = average.abs_diff(value);
    // A distance is at most 10^9 for a utilization; a larger one saturates.
    let step = distance.saturating_mul(weight) / AVERAGING_SECONDS;
    if value >= average { average.saturating_add(step) } else { average.saturating_sub(step) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_moment_moves_little_and_ten_minutes_all() {
        assert_eq!(follow(600_000_000, 900_000_000, 0), 600_000_000);
        assert_eq!(follow(600_000_000, 900_000_000, 1), 600_500_000);
        assert_eq!(follow(600_000_000, 0, 300), 300_000_000);
        assert_eq!(follow(600_000_000, 900_000_000, 600), 900_000_000);
        assert_eq!(follow(600_000_000, 900_000_000, u64::MAX), 900_000_000);
    }

    proptest! {
        #[test]
        fn the_average_stays_between(average in 0u64..=1_000_000_000, value in 0u64..=1_000_000_000, seconds: u64) {
            let after = follow(average, value, seconds);
            prop_assert!((average.min(value)..=average.max(value)).contains(&after));
        }

        #[test]
        fn no_input_panics(average: u64, value: u64, seconds: u64) {
            let _ = follow(average, value, seconds);
        }
    }
}
